"""Runs Checkov with the checks of tfratchet: finds them, looks whether Checkov can run, and hands everything on."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tfratchet.errors import UserError

OLDEST = (3, 3, 30)
"""The Checkov that the checks are tested with; older ones lack what they use."""

_INSTALL = "pip install 'tfratchet[checkov]'"
# Not "python -m checkov.main": that puts the working directory, which may be the scanned tree, in front of sys.path.
_RUN = (
    "import sys; sys.path[:] = [p for p in sys.path if p]; sys.argv[0] = 'checkov'; import warnings; "
    "warnings.simplefilter('ignore', SyntaxWarning); from checkov.main import Checkov; sys.exit(Checkov().run())"
)
_CONFIG_NAMES = (".checkov.yaml", ".checkov.yml")


def checks_folder() -> Path:
    """The folder of our checks. Raises UserError when the installation lacks it."""
    spec = importlib.util.find_spec("tfratchet_checks")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(folder) / "__init__.py").is_file():
            return Path(folder)
    raise UserError("the checks are not installed beside tfratchet", hint="install tfratchet again")


def require_checkov() -> None:
    """Look whether Checkov can run here, without importing it. Raises UserError that says what to do."""
    if importlib.util.find_spec("checkov") is None:
        raise UserError("Checkov is not installed in the environment of tfratchet", hint=_INSTALL)
    try:
        version = importlib.metadata.version("checkov")
    except importlib.metadata.PackageNotFoundError:
        version = ""
    numbers = tuple(int(n) for n in re.findall(r"\d+", version)[:3])
    if numbers and numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise UserError(f"Checkov {version} is too old, the checks need {oldest} or newer", hint=_INSTALL)
    _require_its_parser()


def _require_its_parser() -> None:
    """Checkov's parser and python-hcl2 both install a module ``hcl2``; the one that was installed last wins."""
    spec = importlib.util.find_spec("hcl2")
    text = ""
    if spec is not None and spec.origin and os.path.isfile(spec.origin):
        text = Path(spec.origin).read_text(encoding="utf-8", errors="replace")
    if "START_LINE" in text:
        return
    if spec is None:
        raise UserError("Checkov's parser (bc-python-hcl2) is not installed", hint=_INSTALL)
    raise UserError(
        "Checkov cannot start: python-hcl2 has overwritten the module hcl2, which Checkov needs in the form of "
        "bc-python-hcl2",
        hint="pip uninstall -y python-hcl2 && pip install --force-reinstall --no-deps bc-python-hcl2, or install "
        "python-hcl2 in an environment of its own",
    )


def command(paths: Sequence[str], options: Sequence[str], checks: Path) -> list[str]:
    """The arguments for Checkov: our checks, what to scan, and ``options`` as they are.

    Raises UserError for paths that do not exist or that Checkov cannot take together, and for options and settings
    under which Checkov would leave our checks out.
    """
    if _given(options, "--external-checks-git"):
        raise UserError(
            "with --external-checks-git Checkov loads no other checks, so those of tfratchet would be left out",
            hint="clone that repository and pass --external-checks-dir",
        )
    named = _given(options, "-d", "--directory", "-f", "--file")
    if paths and named:
        raise UserError("what to scan is given twice", where=" ".join(paths), hint="leave -d and -f to tfratchet scan")
    settings = _settings(paths, options)
    if "external-checks-git" in settings:
        raise UserError(
            "external-checks-git in Checkov's configuration file would leave the checks of tfratchet out",
            where=settings["external-checks-git"],
        )
    if "external-checks-dir" in settings:
        sys.stderr.write(
            f"tfratchet: {settings['external-checks-dir']}: external-checks-dir is not used, as the command line names "
            "a folder; to load that one too, pass it after --\n"
        )
    arguments = ["--external-checks-dir", str(checks)]
    if not (os.environ.get("BC_API_KEY") or "bc-api-key" in settings or _given(options, "--bc-api-key")):
        arguments.append("--skip-download")  # only guidelines and severities of its own platform would be fetched
    if not (named or (not paths and {"directory", "file"} & settings.keys())):
        arguments += _targets(paths or ["."])
    return [*arguments, *options]


def run(arguments: Iterable[str]) -> int:
    """Run the Checkov of this environment; its output goes where ours goes. Returns its exit code."""
    done = subprocess.run([sys.executable, "-c", _RUN, *arguments], check=False)
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


def _targets(paths: Sequence[str]) -> list[str]:
    missing = [p for p in paths if not os.path.exists(p)]
    if missing:
        raise UserError("no such file or folder", where=missing[0])
    folders = [p for p in paths if os.path.isdir(p)]
    files = [p for p in paths if p not in folders]
    if folders and files:
        raise UserError("Checkov scans either folders or files in one run", where=" ".join(paths), hint="run it twice")
    return [a for p in paths for a in ("-d" if folders else "-f", p)]


def _given(options: Sequence[str], *names: str) -> bool:
    return any(o in names or o.split("=", 1)[0] in names for o in options)


def _settings(paths: Sequence[str], options: Sequence[str]) -> dict[str, str]:
    """The keys that Checkov's configuration files set, each with its file; files are found as Checkov finds them."""
    files: list[Path] = []
    for position, option in enumerate(options):
        name, equals, value = option.partition("=")
        if name == "--config-file":
            files.append(Path(value if equals else next(iter(options[position + 1 :]), "")))
    folders = [Path(p) for p in paths or ["."] if os.path.isdir(p)]
    files += [folder / name for folder in (*folders, Path.cwd(), Path.home()) for name in _CONFIG_NAMES]
    found: dict[str, str] = {}
    for file in files:
        if file.is_file():
            for key in _keys(file):
                found.setdefault(key, str(file))
    return found


def _keys(file: Path) -> list[str]:
    import yaml

    try:
        data: Any = yaml.safe_load(file.read_text(encoding="utf-8", errors="replace"))
    except yaml.YAMLError:
        return []  # Checkov itself says what is wrong with it
    return [str(k).replace("_", "-").lstrip("-") for k, v in data.items() if v] if isinstance(data, dict) else []
