"""What makes the environments: clear words when something is missing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def environments(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import environments as module

    return module


def test_pip_that_fails_is_told_with_its_last_words(environments: ModuleType, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho ERROR: no matching distribution; exit 1\n")
    python.chmod(0o755)
    with pytest.raises(SystemExit) as ended:
        environments.install(python, ".venv", ["nothing"])
    message = str(ended.value.code)
    assert "ERROR: no matching distribution" in message
    assert "pip could not install what .venv needs" in message
    assert "check the network" in message


def test_a_python_without_venv_is_told(
    environments: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        environments.create(tmp_path / ".venv-x")


def test_an_old_python_is_told(environments: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 0))
    with pytest.raises(SystemExit, match=r"tfratchet needs Python 3\.10 or newer"):
        environments.main()


def test_an_environment_that_runs_is_kept(environments: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / ".venv-x"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    (folder / "mark").touch()
    assert environments.create(folder) == folder / "bin" / "python"
    assert (folder / "mark").exists()


@pytest.mark.parametrize("target", ["demo", "test", "lint", "types", "docs", "docs-check", "bench"])
def test_targets_are_made_of_what_is_there(target: str) -> None:
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True)
    scripts = [w for w in done.stdout.split() if w.endswith(".py")]
    assert [s for s in scripts if not (ROOT / s).exists()] == []


def test_ci_is_a_script_that_stops_at_the_first_failure() -> None:
    script = ROOT / ".ci" / "run"
    subprocess.run(["bash", "-n", script], check=True)
    text = script.read_text()
    assert "set -euo pipefail" in text
    assert "TFRATCHET_REQUIRE_ALL=1" in text
    for target in ("lint", "types", "docs-check", "test"):
        assert target in text
