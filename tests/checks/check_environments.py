"""Small environments for tests of loading: the packages of this one, without some, or with one of them overwritten."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import scanning


def site_packages() -> Path:
    """The site-packages folder that Checkov is installed in."""
    import importlib.util

    spec = importlib.util.find_spec("checkov")
    assert spec is not None, "Checkov is needed: pip install -e '.[dev]'"
    assert spec.origin is not None
    return Path(spec.origin).parents[1]


def environment(folder: Path, *, without: tuple[str, ...] = (), instead: dict[str, Path] | None = None) -> Path:
    """A folder for PYTHONPATH with links to all packages, but for those whose name begins with one of ``without``."""
    folder.mkdir()
    replaced = instead or {}
    for entry in site_packages().iterdir():
        # Without .pth files: those of an editable installation lead back to this project.
        if entry.suffix == ".pth" or entry.name.startswith(without or ("\0",)) or entry.name in replaced:
            continue
        (folder / entry.name).symlink_to(entry)
    for name, path in replaced.items():
        (folder / name).symlink_to(path)
    return folder


def bare_python(folder: Path) -> Path:
    """The interpreter of a new, empty virtual environment."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin" / "python"


def run(python: Path, packages: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run an interpreter that sees only ``packages``."""
    env = scanning.environment() | {"PYTHONPATH": str(packages), "PYTHONNOUSERSITE": "1"}
    command = [str(python), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=cwd, timeout=300)


def overwritten_hcl2(folder: Path, python_hcl2: Path) -> Path:
    """The module ``hcl2`` as it is when python-hcl2 is installed after bc-python-hcl2: its files win."""
    shutil.copytree(site_packages() / "hcl2", folder)
    shutil.copytree(python_hcl2, folder, dirs_exist_ok=True)
    return folder
