"""The hook ``tfratchet-checkov``, run by the real pre-commit on a real repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from scanning import ROOT, environment

import gitrepo

GOOD = 'resource "aws_iam_user" "eve" {\n  name = "eve"\n}\n'
BAD = GOOD.replace('"eve"\n}', '"eve"\n  force_destroy = true\n}')


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> gitrepo.Repo:
    """A repository that holds the hook file as it is now."""
    repo = gitrepo.make_repo(tmp_path_factory.mktemp("hooks"), "tfratchet")
    repo.commit("hooks", {".pre-commit-hooks.yaml": (ROOT / ".pre-commit-hooks.yaml").read_text()})
    return repo


def test_the_hook_stops_a_bad_commit_and_lets_others_pass(hooks: gitrepo.Repo, tmp_path: Path) -> None:
    # ``language: system`` takes the tfratchet and Checkov of this environment; installing Checkov takes minutes.
    hook = {"id": "tfratchet-checkov", "language": "system", "additional_dependencies": []}
    hook["args"] = ["--", "--framework", "terraform", "--check", "CKV_TFR_106", "--compact", "--quiet"]
    source = {"repo": str(hooks.path), "rev": hooks.git("rev-parse", "HEAD"), "hooks": [hook]}
    repo = gitrepo.make_repo(tmp_path)
    repo.commit("base", {".pre-commit-config.yaml": yaml.safe_dump({"repos": [source]}), "main.tf": GOOD})
    env = environment() | gitrepo.environment(repo.path.parent) | {"PRE_COMMIT_HOME": str(tmp_path / "cache")}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def pre_commit() -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "pre_commit", "run", "--color", "never"]
        repo.stage()
        return subprocess.run(argv, cwd=repo.path, env=env, capture_output=True, text=True, check=False)

    repo.write({"main.tf": BAD})
    bad = pre_commit()
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "CKV_TFR_106" in bad.stdout
    assert "File: /main.tf:1-4" in bad.stdout

    repo.write({"main.tf": GOOD.replace("eve", "ann")})
    good = pre_commit()
    assert good.returncode == 0, good.stdout + good.stderr
    assert "Passed" in good.stdout

    repo.write({"main.tf": GOOD, "notes.txt": "nothing that Terraform reads"})
    other = pre_commit()
    assert other.returncode == 0
    assert "(no files to check)Skipped" in other.stdout


def test_the_hook_installs_checkov_beside_tfratchet() -> None:
    (hook,) = [
        h for h in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()) if h["id"] == "tfratchet-checkov"
    ]
    assert hook["language"] == "python"
    assert hook["entry"] == "tfratchet scan"
    assert hook["args"][0] == "--"
    assert hook["additional_dependencies"] == ["checkov>=3.3.30"]
    assert hook["pass_filenames"] is False
