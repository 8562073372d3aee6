"""Installing as CI systems do: the action's first step, GitLab's job as its template says, the image's folder."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import githubapi
import pytest
import yaml
from actionrun import ROOT, Job
from githubapi import GitHub
from gitlabapi import GitLab
from pulls import PASSWORD, USERS, Origin

import gitrepo
import tfratchet

TEMPLATE: dict[str, Any] = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
BAD = {"iam/users.tf": USERS}


def copied() -> list[str]:
    """What the Dockerfile copies from the project."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return [word for line in lines for word in line.split()[:-1]]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with exactly the files that the image is built from."""
    folder = tmp_path_factory.mktemp("source")
    for name in copied():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheels(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tfratchet and all that it needs, as wheels, so that the installations below take seconds."""
    folder = tmp_path_factory.mktemp("wheels")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--quiet", "--wheel-dir", str(folder), str(source)], check=True)
    subprocess.run([*pip, "wheel", "--quiet", "--wheel-dir", str(folder), "hatchling>=1.21"], check=True)
    return folder


def from_wheels(folder: Path) -> dict[str, str]:
    """The environment in which pip takes everything from that folder, also what it builds with."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": os.devnull, "PIP_NO_COMPILE": "1"}


# -- the image (no engine runs in these tests: the image itself is never built here)


def test_the_image_copies_what_is_there_and_dockerignore_lets_it_pass() -> None:
    assert set(copied()) == {"pyproject.toml", "README.md", "LICENSE", "plugin", "checks"}
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    assert allowed == set(copied())
    assert not any(fnmatch.fnmatch(name, rule) for name in copied() for rule in rules[1:] if rule[0] != "!")


def test_the_image_runs_as_nobody_and_finds_git_and_tfratchet() -> None:
    last = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    user = re.search(r"^USER (\d+):(\d+)$", last, re.MULTILINE)
    assert user is not None
    assert int(user[1]) >= 1000
    assert "install --yes --no-install-recommends git" in last
    assert "safe.directory '*'" in last
    assert 'ENTRYPOINT ["tfratchet"]' in last
    path = re.search(r'PATH="([^:]+)/bin:\$PATH"', last)
    assert path is not None
    assert f"COPY --from=build {path[1]} {path[1]}" in last
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(set(stages)) == 1  # a moved environment needs the same interpreter at the same place


def test_the_files_of_the_image_install(source: Path, wheels: Path, tmp_path: Path) -> None:
    line = re.search(r"RUN (python -m venv \S+ \\\n .*install.*)$", DOCKERFILE, re.MULTILINE)
    assert line is not None
    place = tmp_path / "opt"
    script = line[1].replace("/opt/tfratchet", str(place)).replace("\\\n", "")
    env = gitrepo.environment(tmp_path) | from_wheels(wheels)
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    subprocess.run(["sh", "-ec", script], cwd=source, env=env, check=True)
    done = subprocess.run([place / "bin" / "tfratchet", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"tfratchet {tfratchet.__version__}\n"
    repo = gitrepo.make_repo(tmp_path)
    repo.commit("base", {"main.tf": PASSWORD % 20})
    repo.write({"main.tf": PASSWORD % 8})
    argv = [place / "bin" / "tfratchet", "diff"]
    found = subprocess.run(argv, cwd=repo.path, env=env, capture_output=True, text=True, check=False)
    assert (found.returncode, "TFR202" in found.stdout) == (1, True)


# -- the action's own installation


def test_the_action_installs_itself_once_a_job(
    source: Path, wheels: Path, origin: Origin, github: GitHub, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "action", source / "action", dirs_exist_ok=True)
    origin.push(BAD)
    workspace = origin.checkout(tmp_path / "clone")
    temp = tmp_path / "runner temp"  # self-hosted runners have such names
    temp.mkdir()
    env = {**from_wheels(wheels), "GITHUB_ACTION_PATH": str(source)}
    job = Job(workspace, temp, "pull_request", origin.payload(), api=github.url, env=env)
    done = job.run()
    assert done.code == 1, done.log
    assert f"tfratchet {tfratchet.__version__}" in done.log
    assert (len(github.comments), len(github.uploads)) == (1, 1)
    stamp = (temp / "tfratchet-venv" / "tfratchet-installed-from").stat().st_mtime_ns
    assert job.run().code == 1
    assert (temp / "tfratchet-venv" / "tfratchet-installed-from").stat().st_mtime_ns == stamp
    assert len(list(temp.glob("tfratchet-run.*"))) == 2  # each use has reports of its own


def test_an_old_python_is_told(origin: Origin, tmp_path: Path) -> None:
    origin.push(BAD)
    workspace = origin.checkout(tmp_path / "clone")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "cat", "mktemp"):
        (tools / name).symlink_to(shutil.which(name) or "")
    for name in ("python", "python3"):
        (tools / name).write_text("#!/bin/sh\nexit 1\n")
        (tools / name).chmod(0o755)
    job = Job(workspace, tmp_path, "pull_request", origin.payload(), env={"PATH": str(tools)})
    done = job.run()
    assert (done.code, done.ran) == (2, ["install"])
    assert any("no Python 3.10 or newer" in command for command in done.commands)


# -- GitLab


class Merge:
    """A merge request pipeline: the script of the template, line by line in one shell, as a runner does."""

    def __init__(self, origin: Origin, workspace: Path, wheels: Path, **variables: str) -> None:
        self.workspace = workspace
        env = gitrepo.environment(workspace.parent) | from_wheels(wheels)
        env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
        env |= {
            "CI": "true",
            "CI_COMMIT_SHA": origin.head,
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": origin.fork_point,
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_PROJECT_ID": "12",
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "TFRATCHET_INSTALL": "tfratchet",
            "TFRATCHET_OPTIONS": "",
            "no_proxy": "*",
        }
        self.env = env | variables

    def already_installed(self, folder: Path) -> Merge:
        """With a python3 that makes the environment in no time: what pip does is looked at in one test."""
        place, tools = folder / "place", folder / "tools"
        (place / "bin").mkdir(parents=True)
        tools.mkdir()
        own = f'#!/bin/sh\ncase "$*" in *"-m pip"*) exit 0 ;; esac\nexec {sys.executable} "$@"\n'
        made = f'#!/bin/sh\n[ "$1 $2 $3" = "-I -m venv" ] && rmdir "$4" && ln -s {place} "$4"\n'
        for file, text in ((place / "bin" / "python", own), (tools / "python3", made)):
            file.write_text(text)
            file.chmod(0o755)
        self.env["PATH"] = f"{tools}{os.pathsep}{self.env['PATH']}"
        return self

    def run(self) -> subprocess.CompletedProcess[str]:
        script = "\n".join(TEMPLATE["tfratchet"]["script"])
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=self.workspace,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )

    def artifact(self, kind: str) -> Any:
        return json.loads((self.workspace / TEMPLATE["tfratchet"]["artifacts"]["reports"][kind]).read_text())


def test_a_merge_request(origin: Origin, wheels: Path, tmp_path: Path) -> None:
    origin.push(BAD)
    workspace = origin.checkout(tmp_path / "clone", "refs/pull/7/head")  # shallow, although the template asks for all
    (workspace / "tfratchet").mkdir()
    (workspace / "tfratchet" / "__init__.py").write_text("raise SystemExit('taken from the clone')")
    merge = Merge(origin, workspace, wheels, TFRATCHET_OPTIONS="--fail-on high iam")
    done = merge.run()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "TFR101" in done.stdout
    assert [(e["check_name"], e["location"]["path"]) for e in merge.artifact("codequality")] == [
        ("TFR101", "iam/users.tf")
    ]
    for name in TEMPLATE["tfratchet"]["artifacts"]["paths"]:
        assert (workspace / name).stat().st_size > 0
    assert 'name="tfratchet' in (workspace / "tfratchet.xml").read_text()


def test_a_pipeline_for_merged_results_looks_at_the_branch(origin: Origin, tmp_path: Path) -> None:
    origin.push({"iam/password.tf": PASSWORD % 24})
    workspace = origin.checkout(tmp_path / "clone")
    merged = origin.repo.git("rev-parse", "refs/pull/7/merge")
    merge = Merge(origin, workspace, tmp_path, CI_COMMIT_SHA=merged, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=origin.head)
    done = merge.already_installed(tmp_path).run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert merge.artifact("codequality") == []


def test_the_job_posts_its_note(origin: Origin, tmp_path: Path) -> None:
    origin.push(BAD)
    workspace = origin.checkout(tmp_path / "clone", "refs/pull/7/head")
    with githubapi.serve(GitLab()) as server:
        merge = Merge(
            origin,
            workspace,
            tmp_path,
            CI_API_V4_URL=server.url,
            CI_JOB_NAME_SLUG="tfratchet",
            TFRATCHET_NOTE_TOKEN="secret",
        ).already_installed(tmp_path)
        for _ in range(2):
            done = merge.run()
            assert done.returncode == 1, done.stdout + done.stderr
        assert len(server.notes) == 1
        assert "TFR101" in server.notes[0]["body"]


def test_the_default_branch_has_an_empty_report_to_compare_with(origin: Origin, tmp_path: Path) -> None:
    workspace = origin.checkout(tmp_path / "clone", "refs/heads/main")
    merge = Merge(origin, workspace, tmp_path, CI_MERGE_REQUEST_DIFF_BASE_SHA="")
    assert merge.run().returncode == 0
    assert merge.artifact("codequality") == []


def test_what_to_install_must_be_said(origin: Origin, tmp_path: Path) -> None:
    workspace = origin.checkout(tmp_path / "clone", "refs/heads/main")
    done = Merge(origin, workspace, tmp_path, TFRATCHET_INSTALL="").run()
    assert done.returncode == 2
    assert "TFRATCHET_INSTALL" in done.stderr
    assert TEMPLATE["variables"]["TFRATCHET_INSTALL"]["value"] == ""
