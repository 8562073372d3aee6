"""Builds ``demo/``: a git repository with a secure baseline and a change that weakens it; shows what tfratchet says.

Everything stays on this machine: no AWS account, no Terraform program, no network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "demo"

BASE = {
    "main.tf": """\
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}
""",
    "users.tf": """\
locals {
  users = toset(["alice", "bob", "carol"])
}

resource "aws_iam_user" "this" {
  for_each = local.users
  name     = each.key
}

resource "aws_iam_user_policy_attachment" "mfa" {
  for_each   = local.users
  user       = aws_iam_user.this[each.key].name
  policy_arn = aws_iam_policy.require_mfa.arn
}

resource "aws_iam_user_policy_attachment" "read" {
  for_each   = local.users
  user       = aws_iam_user.this[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
""",
    "mfa.tf": """\
resource "aws_iam_policy" "require_mfa" {
  name   = "require-mfa"
  policy = data.aws_iam_policy_document.require_mfa.json
}

data "aws_iam_policy_document" "require_mfa" {
  statement {
    sid    = "DenyAllButSelfServiceWithoutMfa"
    effect = "Deny"
    not_actions = [
      "iam:CreateVirtualMFADevice",
      "iam:EnableMFADevice",
      "iam:GetUser",
      "iam:ListMFADevices",
      "iam:ListVirtualMFADevices",
      "iam:ResyncMFADevice",
      "sts:GetSessionToken",
    ]
    resources = ["*"]

    condition {
      test     = "BoolIfExists"
      variable = "aws:MultiFactorAuthPresent"
      values   = ["false"]
    }
  }
}
""",
    "password.tf": """\
resource "aws_iam_account_password_policy" "this" {
  minimum_password_length        = 20
  require_uppercase_characters   = true
  require_lowercase_characters   = true
  require_numbers                = true
  require_symbols                = true
  max_password_age               = 90
  password_reuse_prevention      = 24
  allow_users_to_change_password = true
}
""",
    "trail.tf": """\
resource "aws_cloudtrail" "this" {
  name                          = "audit"
  s3_bucket_name                = "example-audit-logs"
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
}
""",
}

# What somebody might do in a hurry; none of it looks like much in review.
EDITS = [
    (
        "users.tf",
        'resource "aws_iam_user_policy_attachment" "mfa" {\n  for_each   = local.users\n',
        'resource "aws_iam_user_policy_attachment" "mfa" {\n  for_each   = setsubtract(local.users, ["bob"])\n',
    ),
    ("password.tf", "minimum_password_length        = 20", "minimum_password_length        = 8"),
    ("trail.tf", "  enable_log_file_validation    = true\n", ""),
]


def run(*command: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run in ``demo/``, with a git that sees no configuration of this machine."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_PAGER": "cat"}
    for role in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{role}_NAME": "Demo", f"GIT_{role}_EMAIL": "demo@example.com"}
        env[f"GIT_{role}_DATE"] = "2026-01-05T09:00:00Z"
    return subprocess.run(command, cwd=DEMO, env=env, text=True, check=False, **more)


def build() -> None:
    """The repository with the baseline committed, and the edits in the working tree."""
    if DEMO.exists():
        shutil.rmtree(DEMO)
    DEMO.mkdir()
    for name, text in BASE.items():
        (DEMO / name).write_text(text, encoding="utf-8")
    for command in (
        ("init", "--quiet"),
        ("symbolic-ref", "HEAD", "refs/heads/main"),
        ("add", "."),
        ("commit", "--quiet", "--no-verify", "--message", "A secure baseline"),
    ):
        run("git", *command).check_returncode()
    for name, old, new in EDITS:
        path = DEMO / name
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise SystemExit(f"the demo no longer fits its own files: {name}")
        path.write_text(text.replace(old, new), encoding="utf-8")


README = ROOT / "README.md"
MARKS = ("<!-- demo: written by `make docs` -->\n", "<!-- /demo -->")


def output(color: str) -> str:
    """What a person sees: the change, and the report about it. Fails unless tfratchet finds the weakenings."""
    build()
    change = run("git", "diff", "--unified=0", f"--color={color}", capture_output=True)
    change.check_returncode()
    report = run(sys.executable, "-m", "tfratchet", "diff", "--color", color, capture_output=True)
    missing = [rule for rule in ("TFR101", "TFR202", "TFR405") if rule not in report.stdout]
    if report.returncode != 1 or missing:
        print(report.stdout + report.stderr)
        sys.exit(f"the demo expects exit code 1, got {report.returncode}; findings that are missing: {missing}")
    return f"$ git diff --unified=0\n{change.stdout}\n$ tfratchet diff\n{report.stdout}{report.stderr}"


def readme() -> str:
    """The text of README.md with the output of now."""
    text = README.read_text(encoding="utf-8")
    start, end = text.index(MARKS[0]) + len(MARKS[0]), text.index(MARKS[1])
    return f"{text[:start]}```console\n{output('never')}```\n{text[end:]}"


def main() -> None:
    """Show the demo; with ``--readme`` write it into README.md."""
    if sys.argv[1:] == ["--readme"]:
        README.write_text(readme(), encoding="utf-8")
        return
    color = "always" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else "never"
    print("demo/ is a git repository with a secure baseline. Somebody changed it:\n")
    print(output(color))
    print("Exit code 1: findings. The change would not pass pre-commit or a pull request.")
    print("Try it yourself: cd demo, edit, ../.venv/bin/tfratchet diff")


if __name__ == "__main__":
    main()
