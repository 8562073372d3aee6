"""tools/chromium.sh: finds a browser, installs one where that needs no password, or says what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "tools" / "chromium.sh"
SHELL = shutil.which("sh")

pytestmark = pytest.mark.skipif(SHELL is None, reason="no shell")


def program(folder: Path, name: str, text: str = "exit 0") -> None:
    (folder / name).write_text(f"#!{SHELL}\n{text}\n")
    (folder / name).chmod(0o755)


def run(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """The script, on a machine that has nothing but what lies in ``folder``."""
    for name in ("mktemp", "rm", "tail"):
        found = shutil.which(name)
        assert found is not None
        if not (folder / name).exists():
            (folder / name).symlink_to(found)
    assert SHELL is not None
    return subprocess.run(
        [SHELL, SCRIPT],
        env={"PATH": str(folder), "TMPDIR": os.environ.get("TMPDIR", "/tmp"), **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])
def test_what_is_there_is_found(tmp_path: Path, name: str) -> None:
    program(tmp_path, name)
    done = run(tmp_path)
    assert (done.returncode, done.stdout) == (0, f"Chromium: {tmp_path / name}\n")


def test_a_name_given_goes_first(tmp_path: Path) -> None:
    program(tmp_path, "chromium")
    program(tmp_path, "mine")
    assert run(tmp_path, TFRATCHET_CHROMIUM=str(tmp_path / "mine")).stdout == f"Chromium: {tmp_path / 'mine'}\n"


def test_it_is_installed_for_root(tmp_path: Path) -> None:
    program(tmp_path, "id", "echo 0")
    made = f'echo > "{tmp_path}/chromium" && "$CHMOD" +x "{tmp_path}/chromium"'
    program(tmp_path, "apt-get", f'echo "$*" >> "{tmp_path}/asked"\ncase "$*" in *install*) {made};; esac')
    done = run(tmp_path, CHMOD=shutil.which("chmod") or "")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"Chromium: {tmp_path / 'chromium'}\n")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0] == "update"
    assert asked[1].startswith("install --yes")


def test_an_installation_that_does_not_work_shows_its_last_words(tmp_path: Path) -> None:
    program(tmp_path, "id", "echo 0")
    program(tmp_path, "apt-get", "echo no network\nexit 100")
    done = run(tmp_path)
    assert done.returncode == 0
    assert "no network" in done.stderr
    assert "apt-get install chromium" in done.stderr


@pytest.mark.parametrize(("required", "code"), [("0", 0), ("1", 1)])
def test_without_the_right_to_install_it_says_what_to_do(tmp_path: Path, required: str, code: int) -> None:
    program(tmp_path, "id", "echo 1000")
    program(tmp_path, "apt-get", "exit 3")
    done = run(tmp_path, TFRATCHET_REQUIRE_ALL=required)
    assert done.returncode == code
    assert "TFRATCHET_CHROMIUM=" in done.stderr
