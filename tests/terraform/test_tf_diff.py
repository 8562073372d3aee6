"""``tfratchet diff`` between the baseline as it is applied and a weaker one: exactly the differences, and none back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tf_harness

import gitrepo

CALL = "  log_bucket_name ="
MODULE = "module.baseline.module."
GUARD = MODULE + "mfa.aws_iam_policy.deny_without_mfa"
PASSWORD = MODULE + "password_policy.aws_iam_account_password_policy.this"
TRAIL = MODULE + "cloudtrail.aws_cloudtrail.this"

# File, old, new; and what diff must say: rule and address.
Edit = tuple[str, str, str]
Expected = set[tuple[str, str]]
WEAKENINGS: dict[str, tuple[list[Edit], Expected]] = {
    "arguments of the call": (
        [
            (
                "live/main.tf",
                CALL,
                "  minimum_password_length      = 10\n  max_password_age             = 180\n"
                "  allow_weaker_password_policy = true\n"
                '  cloudtrail = { insight_types = ["ApiCallRateInsight"] }\n'
                '  guard = { disabled_alarms = ["vpc-changes"] }\n' + CALL,
            )
        ],
        {
            ("TFR202", PASSWORD),
            ("TFR207", PASSWORD),
            ("TFR413", TRAIL),
            ("TFR415", MODULE + 'guard.aws_cloudwatch_log_metric_filter.this["vpc-changes"]'),
        },
    ),
    "edits of the modules": (
        [
            (
                "modules/mfa-enforcement/main.tf",
                'Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }',
                'Condition = { Bool = { "aws:MultiFactorAuthPresent" = "false" } }',
            ),
            (
                "modules/cloudtrail/main.tf",
                "enable_log_file_validation    = true",
                "enable_log_file_validation    = false",
            ),
        ],
        {("TFR301", GUARD), ("TFR405", TRAIL)},
    ),
    "a group without MFA": (
        [("live/main.tf", CALL, '  groups_without_mfa = ["administrators"]\n' + CALL)],
        {
            ("TFR104", MODULE + 'access_keys.aws_iam_group_policy_attachment.keys["administrators"]'),
            ("TFR104", MODULE + 'mfa.aws_iam_group_policy_attachment.deny_without_mfa["administrators"]'),
            ("TFR104", MODULE + 'mfa.aws_iam_group_policy_attachment.self_service["administrators"]'),
        },
    ),
}


def live(target: Path) -> Path:
    """The minimal example as a root module of somebody's repository, the modules beside it."""
    for name in ("modules", "baseline"):
        shutil.copytree(tf_harness.TERRAFORM / name, target / name, ignore=shutil.ignore_patterns("examples", "tests"))
    shutil.copytree(tf_harness.TERRAFORM / "examples" / "minimal", target / "live")
    for file in (target / "live").glob("*.tf"):
        file.write_text(file.read_text().replace("../../baseline", "../baseline"))
    return target


def diff(base: Path, head: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tfratchet", "diff", "--base-dir", str(base), "--head-dir", str(head)]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["errors"] == []
    return report


@pytest.mark.parametrize("name", WEAKENINGS)
def test_exactly_the_differences(tmp_path: Path, name: str) -> None:
    edits, expected = WEAKENINGS[name]
    base, head = live(tmp_path / "base"), live(tmp_path / "head")
    for file, old, new in edits:
        text = (head / file).read_text()
        assert text.count(old) == 1
        (head / file).write_text(text.replace(old, new))
    assert {(f["rule"], f["address"]) for f in diff(base, head)["findings"]} == expected
    assert diff(head, base)["findings"] == [], "tightening is no finding"


def test_the_baseline_goes(tmp_path: Path) -> None:
    """Without the call everything is gone, and each family says so."""
    base, head = live(tmp_path / "base"), live(tmp_path / "head")
    text = (head / "live" / "main.tf").read_text()
    (head / "live" / "main.tf").write_text(text[: text.index('module "baseline"')])
    (head / "live" / "outputs.tf").unlink()
    rules = {finding["rule"] for finding in diff(base, head)["findings"]}
    assert {"TFR201", "TFR401"} <= rules
    assert diff(head, base)["findings"] == []


@pytest.fixture(scope="module")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> gitrepo.Repo:
    """What ``tfratchet init`` writes, committed: a call of the baseline from a pinned source in git."""
    top = tmp_path_factory.mktemp("adopted")
    modules = gitrepo.make_repo(top, "tfratchet.git")
    shutil.copytree(tf_harness.TERRAFORM, modules.path / "terraform", ignore=shutil.ignore_patterns(".terraform*"))
    modules.git("add", "--all")
    modules.git("commit", "-q", "-m", "modules")
    modules.git("tag", "v0.1.0")
    repo = gitrepo.make_repo(top, "infrastructure")
    command = [sys.executable, "-m", "tfratchet", "init", str(repo.path), "--break-glass", "arn:aws:iam::*:role/rescue"]
    command += ["--source", f"git::file://{modules.path}//terraform/baseline?ref=v0.1.0"]
    subprocess.run(command, check=True, capture_output=True)
    repo.git("add", "--all")
    repo.git("commit", "-q", "-m", "baseline")
    return repo


def found(repo: gitrepo.Repo, old: str, new: str) -> Expected:
    """What diff says of this edit of the call."""
    main = repo.path / "baseline" / "main.tf"
    before = main.read_text()
    assert before.count(old) == 1
    main.write_text(before.replace(old, new))
    try:
        command = [sys.executable, "-m", "tfratchet", "diff", "--format", "json"]
        env = gitrepo.environment(repo.path.parent)
        done = subprocess.run(command, cwd=repo.path, env=env, capture_output=True, text=True, check=False)
        return {(f["rule"], f["address"]) for f in json.loads(done.stdout)["findings"]}
    finally:
        main.write_text(before)


def test_the_call_that_init_writes(adopted: gitrepo.Repo) -> None:
    """Even where nobody downloaded the modules, the loss of the baseline is told, and a weaker argument."""
    text = (adopted.path / "baseline" / "main.tf").read_text()
    call = text[text.index('module "baseline"') :]
    assert {rule for rule, _ in found(adopted, call, "")} == {"TFR201", "TFR401", "TFR411", "TFR415", "TFR504"}
    weaker = "  minimum_password_length = 10\n  groups = {\n"
    assert found(adopted, "  groups = {\n", weaker) == {("TFR202", "module.baseline")}


@pytest.mark.terraform
def test_downloaded_modules_are_read(
    adopted: gitrepo.Repo, terraform_program: str, terraform_env: dict[str, str]
) -> None:
    """After ``terraform get``, as in the pipeline that init writes, diff sees what an argument does inside."""
    env = terraform_env | {"GIT_CONFIG_GLOBAL": os.devnull}
    root = adopted.path / "baseline"
    subprocess.run([terraform_program, "get"], cwd=root, env=env, check=True, capture_output=True)
    assert adopted.git("status", "--porcelain") == "", "init ignores what get downloads"
    edit = '  groups_without_mfa = ["baseline-readers"]\n  groups = {\n'
    place = MODULE + "mfa.aws_iam_group_policy_attachment.deny_without_mfa"
    assert ("TFR104", f'{place}["baseline-readers"]') in found(adopted, "  groups = {\n", edit)
