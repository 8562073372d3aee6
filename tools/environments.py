"""Makes the virtual environments that the Makefile needs, and says clearly what is missing when it cannot.

    python3 tools/environments.py core|dev|hcl2|pmapper

Runs with nothing but Python 3.10+. An environment is made when it is missing, kept when it is there, and brought up to
date when its stamp is older than ``pyproject.toml`` (the Makefile decides that).
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# python-hcl2 and the parser of Checkov both install the module `hcl2` and break each other; principalmapper pins old
# releases. Both are only oracles of tests, each in an environment of its own.
ENVIRONMENTS = {
    "core": (".venv", ["-e", "."]),
    "dev": (".venv", ["-e", ".[dev]"]),
    "hcl2": (".venv-hcl2", ["python-hcl2==8.1.4"]),
    "pmapper": (".venv-pmapper", ["principalmapper==1.1.5"]),
}


def fail(message: str) -> None:
    """End with one clear message."""
    sys.exit(f"\n{message}")


def create(folder: Path) -> Path:
    """The interpreter of the environment in ``folder``, which is made when it is missing or does not run."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if (
        python.exists()
        and subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    ):
        return python
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        fail(
            f"{sys.executable} has no venv module (or no ensurepip), so no environment can be made.\n"
            "On Debian and Ubuntu: apt install python3-venv. Or name another Python: make PYTHON=/path/to/python3 ..."
        )
    print(f"making {folder.name} with Python {sys.version.split()[0]}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", folder], capture_output=True, text=True, check=False
    )
    if done.returncode:
        fail(f"could not make {folder.name}:\n{(done.stdout + done.stderr).strip()}")
    return python


def install(python: Path, name: str, packages: list[str]) -> None:
    """Run pip, quietly; show its last words when it fails."""
    print(
        f"installing {' '.join(p for p in packages if p != '-e')} into {name} (the first time takes a while)",
        flush=True,
    )
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *packages]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-15:])
        fail(
            f"{tail}\n\npip could not install what {name} needs (above: its last words).\n"
            "It needs a package index: check the network, or the settings of pip (pip config list, a proxy)."
        )


def main() -> None:
    """Make the environments named on the command line."""
    if sys.version_info < (3, 10):
        found = f"{sys.executable} is {sys.version.split()[0]}"
        fail(f"tfratchet needs Python 3.10 or newer; {found}. Try: make PYTHON=python3.12 ...")
    names = sys.argv[1:]
    if not names or any(n not in ENVIRONMENTS for n in names):
        fail(f"usage: environments.py {'|'.join(ENVIRONMENTS)}")
    for name in names:
        folder, packages = ENVIRONMENTS[name]
        install(create(ROOT / folder), folder, packages)


if __name__ == "__main__":
    main()
