"""A git repository with N Terraform modules, to see how the cost of one change grows with what it does not touch.

    python benchmarks/make_modules.py N DIR [--change root|library|data|none]

Modules come in blocks of five: one library and four root modules, three of which call it; every fourth library calls
the library of the block before. So the number of root modules that one change reaches is the same for every N. The
change (default: ``root``) is staged and not committed, as pre-commit would see it:

* ``root``: a managed policy is detached from a user in one root module;
* ``library``: the same in a library (its three callers lose it);
* ``data``: a line goes from a ``users.yaml`` that one root module reads;
* ``none``: only a README changed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

_LIBRARY = """\
variable "name" {
  type = string
}

resource "aws_iam_user" "this" {
  name = var.name
}

resource "aws_iam_user_policy_attachment" "this" {
  user       = aws_iam_user.this.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
"""
_ATTACHMENT = _LIBRARY[_LIBRARY.index('resource "aws_iam_user_policy_attachment"') :]

_OUTPUTS = """\
output "arn" {
  value = aws_iam_user.this.arn
}
"""

_ROOT = """\
terraform {
  backend "s3" {
    bucket = "state"
    key    = "team-%(number)d"
  }
}

locals {
  users = yamldecode(file("${path.module}/users.yaml"))
}

resource "aws_iam_user" "each" {
  for_each = toset(local.users)
  name     = each.value
}

resource "aws_iam_user_policy_attachment" "each" {
  for_each   = aws_iam_user.each
  user       = each.value.name
  policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
}
"""

_CALL = """
module "%(name)s" {
  source = "%(source)s"
  name   = "%(name)s"
}
"""


def library_path(block: int) -> str:
    """Folder of the library of a block; fifty blocks share a parent."""
    return f"modules/area-{block // 50:03d}/library-{block:05d}"


def root_path(block: int, number: int) -> str:
    """Folder of a root module."""
    return f"teams/team-{block // 10:04d}/service-{block:05d}-{number}"


def modules(count: int) -> dict[str, str]:
    """Every file of a repository with ``count`` modules."""
    files = {"README.md": "# Modules\n"}
    for index in range(count):
        block, number = divmod(index, 5)
        if number == 0:
            folder = library_path(block)
            call = ""
            if block % 4 == 3:
                name = f"library-{block - 1:05d}"
                call = _CALL % {"name": name, "source": f"../../area-{(block - 1) // 50:03d}/{name}"}
            files[f"{folder}/main.tf"] = _LIBRARY + call
            files[f"{folder}/outputs.tf"] = _OUTPUTS
            continue
        folder = root_path(block, number)
        files[f"{folder}/main.tf"] = _ROOT % {"number": index}
        files[f"{folder}/users.yaml"] = "- alice\n- bob\n"
        if number < 4:
            name = f"library-{block:05d}"
            files[f"{folder}/calls.tf"] = _CALL % {"name": name, "source": f"../../../{library_path(block)}"}
    return files


def changed(kind: str, files: dict[str, str]) -> dict[str, str]:
    """The files that the change writes."""
    block = 1
    if kind == "root":
        path = f"{root_path(block, 1)}/main.tf"
        return {path: files[path].replace("for_each   = aws_iam_user.each", "for_each   = {}")}
    if kind == "library":
        path = f"{library_path(block)}/main.tf"
        return {path: files[path].replace(_ATTACHMENT, "")}
    if kind == "data":
        return {f"{root_path(block, 1)}/users.yaml": "- alice\n"}
    return {"README.md": "# Modules of many teams\n"}


def write(top: Path, files: dict[str, str]) -> None:
    """Write files below ``top``."""
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def git(top: Path, *args: str) -> None:
    """Run git in ``top`` without this machine's configuration."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "core.autocrlf=false")
    subprocess.run(["git", *identity, *args], cwd=top, env=env, check=True)


def make(count: int, top: Path, change: str = "root") -> None:
    """Make the repository at ``top`` (must not exist, or be empty) with one commit and one staged change."""
    if count < 10:
        raise SystemExit("make_modules: N must be at least 10")
    top.mkdir(parents=True, exist_ok=True)
    if any(top.iterdir()):
        raise SystemExit(f"make_modules: {top} is not empty")
    files = modules(count)
    write(top, files)
    git(top, "init", "--quiet", "--initial-branch=main")
    git(top, "add", ".")
    git(top, "commit", "--quiet", "-m", f"{count} modules")
    write(top, changed(change, files))
    git(top, "add", ".")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description="Make a git repository with N Terraform modules and one staged change."
    )
    parser.add_argument("count", type=int, metavar="N")
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--change", choices=("root", "library", "data", "none"), default="root")
    arguments = parser.parse_args()
    make(arguments.count, arguments.directory, arguments.change)


if __name__ == "__main__":
    main()
