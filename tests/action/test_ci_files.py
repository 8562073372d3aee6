"""The files that CI systems read: valid against their published schemas, and nothing in them that could be abused."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from actionrun import ACTION, ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-actions", ROOT / "action.yml"),
        ("vendor.gitlab-ci", ROOT / "ci" / "gitlab.yml"),
        *(("vendor.github-workflows", file) for file in WORKFLOWS),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_schemas(schema: str, file: Path) -> None:
    argv = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pre_commit_takes_the_hooks() -> None:
    argv = [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_step_interpolates_into_its_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"], step["id"]
        assert "uses" not in step  # nothing from elsewhere runs in the action
        for value in step["env"].values():
            assert re.fullmatch(r"\$\{\{ (inputs|steps)\.[\w.-]+ \}\}", value)
    for file in WORKFLOWS:
        for job in yaml.safe_load(file.read_text())["jobs"].values():
            for step in job["steps"]:
                assert "${{" not in step.get("run", ""), file


def test_every_input_reaches_a_step_and_every_output_comes_from_one() -> None:
    used = {value for step in ACTION["runs"]["steps"] for value in step["env"].values()}
    for name in ACTION["inputs"]:
        assert f"${{{{ inputs.{name} }}}}" in used, name
    ids = [step["id"] for step in ACTION["runs"]["steps"]]
    for name, declared in ACTION["outputs"].items():
        found = re.fullmatch(r"\$\{\{ steps\.([\w-]+)\.outputs\.([\w-]+) \}\}", declared["value"])
        assert found is not None
        assert found[1] in ids, name


def test_the_token_goes_only_where_it_is_needed() -> None:
    steps = {s["id"] for s in ACTION["runs"]["steps"] if "${{ inputs.token }}" in s["env"].values()}
    assert steps == {"range", "code-scanning", "comment"}


def test_the_scripts_of_the_steps_are_there() -> None:
    for step in ACTION["runs"]["steps"]:
        found = re.search(r'"\$GITHUB_ACTION_PATH/(action/[\w.]+)"', step["run"])
        assert found is not None
        assert (ROOT / found[1]).is_file()


def test_actions_of_others_are_pinned_by_commit() -> None:
    for file in WORKFLOWS:
        for used in re.findall(r"uses: (\S+)", file.read_text()):
            assert used == "./" or re.search(r"@[0-9a-f]{40}$", used), used


def test_workflows_have_no_permission_that_is_not_asked_for() -> None:
    for file in WORKFLOWS:
        workflow = yaml.safe_load(file.read_text())
        assert workflow["permissions"] == {}
        assert all("permissions" in job for job in workflow["jobs"].values())
        assert "pull_request_target" not in workflow[True]  # YAML reads "on" as true


def test_inputs_and_outputs_are_documented() -> None:
    page = (ROOT / "docs" / "ci.md").read_text()
    for name in (*ACTION["inputs"], *ACTION["outputs"]):
        assert f"`{name}`" in page, name


@pytest.mark.parametrize(
    ("size", "there", "shown"), [(1000, 0, True), (1024 * 1024, 0, False), (1000, 1024 * 1024, False)]
)
def test_a_summary_that_github_would_not_show_is_told(tmp_path: Path, size: int, there: int, shown: bool) -> None:
    (tmp_path / "report.md").write_text("é" * (size // 2))
    (tmp_path / "summary").write_text("x" * there)
    env = {**os.environ, "TFRATCHET_WORK": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    argv = [sys.executable, "-E", "-s", str(ROOT / "action" / "summary.py")]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
    assert ("é" in (tmp_path / "summary").read_text()) is shown
    assert done.stdout.startswith("::notice") is not shown


def test_a_job_that_compared_nothing_does_not_pass(tmp_path: Path) -> None:
    env = {**os.environ, "TFRATCHET_WORK": str(tmp_path)}
    argv = [sys.executable, "-E", "-s", str(ROOT / "action" / "verdict.py")]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "::error title=tfratchet::nothing was compared\n")
