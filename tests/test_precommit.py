"""The hook, run by the real pre-commit on a real repository: it installs this project as a user's machine would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import gitrepo

ROOT = Path(__file__).resolve().parents[1]

USERS = """\
resource "aws_iam_user" "bob" {
  name = "bob"
}

resource "aws_iam_user_policy_attachment" "bob" {
  user       = aws_iam_user.bob.name
  policy_arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
}
"""
DETACHED = USERS[: USERS.index("\nresource", 1)]
PASSWORD = 'resource "aws_iam_account_password_policy" "this" {\n  minimum_password_length = %d\n}\n'


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> gitrepo.Repo:
    """The project as it is now, committed into a repository of its own: pre-commit installs commits."""
    repo = gitrepo.make_repo(tmp_path_factory.mktemp("project"), "tfratchet")
    wanted = ["plugin", "checks", "pyproject.toml", "LICENSE", "README.md", ".pre-commit-hooks.yaml", ".gitignore"]
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *wanted],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    files = {n: (ROOT / n).read_bytes() for n in names.split("\0") if n and (ROOT / n).is_file()}
    repo.commit("the project", files)
    return repo


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps its environments."""
    return tmp_path_factory.mktemp("pre-commit")


def pre_commit(repo: gitrepo.Repo, home: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    env = gitrepo.environment(repo.path.parent) | {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"}
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *argv], cwd=repo.path, env=env, capture_output=True, text=True, check=False
    )


def test_try_repo_stops_a_bad_commit(snapshot: gitrepo.Repo, home: Path, tmp_path: Path) -> None:
    repo = gitrepo.make_repo(tmp_path)
    repo.commit("base", {"iam/users.tf": USERS, "iam/password.tf": PASSWORD % 20})
    repo.write({"iam/users.tf": DETACHED, "iam/password.tf": PASSWORD % 8})
    repo.stage()
    done = pre_commit(repo, home, "try-repo", str(snapshot.path), "tfratchet", "--verbose")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "- exit code: 1" in done.stdout
    assert "TFR101" in done.stdout
    assert "TFR202" in done.stdout
    assert "iam/password.tf:2" in done.stdout


def test_an_installed_hook_stops_a_bad_commit_and_lets_a_good_one_pass(
    snapshot: gitrepo.Repo, home: Path, tmp_path: Path
) -> None:
    repo = gitrepo.make_repo(tmp_path)
    config = (
        f"repos:\n- repo: {snapshot.path}\n  rev: {snapshot.git('rev-parse', 'HEAD')}\n  hooks:\n  - id: tfratchet\n"
    )
    first = {".pre-commit-config.yaml": config, "users.tf": USERS, "password.tf": PASSWORD % 20}
    base = repo.commit("base", first)
    done = pre_commit(repo, home, "install", "--install-hooks")
    assert done.returncode == 0, done.stdout + done.stderr

    def commit(files: dict[str, str]) -> subprocess.CompletedProcess[str]:
        repo.write(files)
        repo.stage()
        env = gitrepo.environment(repo.path.parent) | {"PRE_COMMIT_HOME": str(home)}
        env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
        argv = ["git", "commit", "--message", "a change"]
        return subprocess.run(argv, cwd=repo.path, env=env, capture_output=True, text=True, check=False)

    bad = commit({"password.tf": PASSWORD % 8})
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "TFR202" in bad.stdout + bad.stderr
    assert repo.git("rev-parse", "HEAD") == base

    good = commit({"password.tf": PASSWORD % 24, "notes.txt": "longer"})
    assert good.returncode == 0, good.stdout + good.stderr
    assert repo.git("rev-parse", "HEAD") != base

    other = commit({"notes.txt": "nothing that Terraform reads"})
    assert other.returncode == 0, other.stdout + other.stderr
