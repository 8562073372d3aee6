"""``tfratchet init``: the files, and what it refuses. ``test_tf_init`` has the real Terraform."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import gitrepo
from tfratchet.configfile import from_file
from tfratchet.errors import UserError
from tfratchet.initialise import source
from tfratchet.initialise.run import Request, run
from tfratchet.initialise.source import choose, parse
from tfratchet.report.finish import vocabulary

BREAK_GLASS = ("arn:aws:iam::*:role/break-glass", "arn:aws:iam::*:role/terraform-apply")
SOURCE = "git::https://example.com/tfratchet.git//terraform/baseline?ref=v0.1.0"


def init(top: Path, **changes: Any) -> list[str]:
    said: list[str] = []
    run(Request(**{"directory": str(top), "break_glass": BREAK_GLASS, "source": SOURCE, **changes}), said.append)
    return said


def files(top: Path) -> set[str]:
    return {path.relative_to(top).as_posix() for path in top.rglob("*") if path.is_file()}


def test_files(tmp_path: Path) -> None:
    said = init(tmp_path)
    expected = {
        "baseline/main.tf",
        "baseline/.gitignore",
        "tfratchet.toml",
        ".pre-commit-config.yaml",
        ".github/workflows/tfratchet.yml",
    }
    assert files(tmp_path) == expected
    assert SOURCE in (tmp_path / "baseline" / "main.tf").read_text()
    assert any(line.startswith("  1. ") for line in said)
    hook = (tmp_path / ".pre-commit-config.yaml").read_text()
    assert "repo: https://example.com/tfratchet.git\n    rev: v0.1.0" in hook
    assert "git+https://example.com/tfratchet.git@v0.1.0" in (tmp_path / ".github/workflows/tfratchet.yml").read_text()


def test_gitlab_where_it_is_used(tmp_path: Path) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text("stages: [test]\n")
    said = "\n".join(init(tmp_path))
    assert ".github/workflows/tfratchet.yml" not in files(tmp_path)
    assert (tmp_path / ".gitlab-ci.yml").read_text() == "stages: [test]\n"
    assert ".gitlab-ci.yml exists already" in said
    assert "tfratchet diff --base FETCH_HEAD" in said


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    own = {".pre-commit-config.yaml": "repos: []\n", "tfratchet.toml": 'fail_on = "low"\n'}
    for name, text in own.items():
        (tmp_path / name).write_text(text)
    said = "\n".join(init(tmp_path, ci="none"))
    assert {name: (tmp_path / name).read_text() for name in own} == own
    assert "id: tfratchet" in said


def test_a_root_module_that_exists_stops_it(tmp_path: Path) -> None:
    (tmp_path / "baseline").mkdir()
    (tmp_path / "baseline" / "other.tf").write_text("# mine\n")
    with pytest.raises(UserError, match="exists already; nothing was written"):
        init(tmp_path)
    assert files(tmp_path) == {"baseline/other.tf"}


def test_twice(tmp_path: Path) -> None:
    init(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    with pytest.raises(UserError, match=r"baseline/main\.tf exists already"):
        init(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"break_glass": ()}, "--break-glass"),
        ({"break_glass": ("*",)}, "no ARN"),
        ({"break_glass": ("arn:aws:iam::*:role/*",)}, "no ARN"),
        ({"name": 'x"'}, "--name"),
        ({"region": "mars"}, "--region"),
        ({"root": "../elsewhere"}, "--root"),
        ({"root": "/tmp/x"}, "--root"),
        ({"root": "."}, "--root"),
        ({"log_bucket": "UPPER"}, "--log-bucket"),
        ({"profile": "x"}, "--from-account"),
        ({"role_arn": "arn:aws:iam::123456789012:role/x"}, "--from-account"),
        ({"source": None}, "where the modules come from"),
        ({"source": "git::https://example.com/x.git//terraform/baseline"}, "not pinned"),
        ({"source": 'git::https://example.com/x"$(id)".git//terraform/baseline?ref=v1'}, "not pinned"),
        ({"source": "someone/baseline/aws"}, "needs a version"),
        ({"source": "https://example.com/x.zip"}, "no source of a module"),
        ({"directory": "/nonexistent"}, "no such folder"),
    ],
)
def test_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        init(tmp_path, **changes)
    assert message in str(caught.value)
    assert files(tmp_path) == set()


def test_ssh_source() -> None:
    found = parse("git::git@example.com:team/tfratchet.git//terraform/baseline?ref=0a1b2c3d")
    assert found.repository == "git@example.com:team/tfratchet.git"
    assert found.requirement == "tfratchet @ git+ssh://git@example.com/team/tfratchet.git@0a1b2c3d"


def test_configuration_is_read_by_tfratchet(tmp_path: Path) -> None:
    init(tmp_path)
    config = from_file(str(tmp_path / "tfratchet.toml"), vocabulary())
    assert tuple(config.break_glass) == BREAK_GLASS


def pipeline_command(top: Path, ci: str) -> list[str]:
    """The line of the pipeline that compares."""
    if ci == "gitlab":
        lines = yaml.safe_load((top / ".gitlab-ci.yml").read_text())["tfratchet"]["script"]
    else:
        workflow = yaml.safe_load((top / ".github" / "workflows" / "tfratchet.yml").read_text())
        lines = [step["run"] for step in workflow["jobs"]["diff"]["steps"] if "run" in step]
    (line,) = (line for line in lines if line.startswith("tfratchet diff"))
    return line.replace('"$BASE"', "main").replace("FETCH_HEAD", "main").split()


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_pipeline_stops_a_weaker_baseline(tmp_path: Path, ci: str) -> None:
    """What init wrote is committed, somebody weakens it, and the pipeline's own command line says so."""
    policy = 'resource "aws_iam_account_password_policy" "this" {\n  minimum_password_length = %d\n}\n'
    repo = gitrepo.make_repo(tmp_path, "repository")
    init(repo.path, ci=ci)
    repo.commit("baseline", {"more/main.tf": policy % 16})
    repo.git("checkout", "-q", "-b", "change")
    repo.commit("weaker", {"more/main.tf": policy % 8})
    command = [sys.executable, "-m", *pipeline_command(repo.path, ci)]
    env = gitrepo.environment(tmp_path)
    done = subprocess.run(command, cwd=repo.path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "TFR202" in done.stdout


def test_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tfratchet", "init", str(tmp_path), "--source", SOURCE, "--ci", "none"]
    command += [part for arn in BREAK_GLASS for part in ("--break-glass", arn)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "written   baseline/main.tf" in done.stdout
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "exists already; nothing was written" in again.stderr


def test_a_folder_as_source_is_read_from_the_root_module(tmp_path: Path) -> None:
    """``./modules`` seen from the top of the repository is ``../modules`` for Terraform, and nothing is written."""
    (tmp_path / "modules" / "baseline").mkdir(parents=True)
    command = [sys.executable, "-m", "tfratchet", "init", "--ci", "none", "--break-glass", BREAK_GLASS[0], "--source"]
    done = subprocess.run([*command, "./modules/baseline"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith("(give ../modules/baseline)\n")
    assert not (tmp_path / "baseline").exists()
    done = subprocess.run([*command, "../modules/baseline"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert 'source = "../modules/baseline"' in (tmp_path / "baseline" / "main.tf").read_text()


def test_where_this_installation_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed by pip from git: the modules of that commit."""
    record = {"url": "https://example.com/tfratchet.git", "vcs_info": {"vcs": "git", "commit_id": "0a1b2c3d"}}

    class Installed:
        def read_text(self, name: str) -> str:
            return json.dumps(record)

    monkeypatch.setattr(source, "distribution", lambda name: Installed())
    assert choose(None).text == "git::https://example.com/tfratchet.git//terraform/baseline?ref=0a1b2c3d"
