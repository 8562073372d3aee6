"""What every step of the action shares: its inputs, outputs, messages, and the folder of this run.

Only the standard library, and only what the runner documents: variables ``GITHUB_*`` and ``RUNNER_TEMP``, files for
outputs and the summary, workflow commands on stdout. Inputs come as variables ``INPUT_*``: an expression in a script
would run what it holds.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
ZERO = re.compile(r"0+")


class StepError(Exception):
    """Something that the user can put right; told as an error of the run."""


def env(name: str, default: str = "") -> str:
    """A variable without surrounding blanks."""
    return os.environ.get(name, "").strip() or default


def needed(name: str) -> str:
    """A variable that must be there."""
    value = env(name)
    if not value:
        raise StepError(f"{name} is not set: this script is a step of the action, see docs/ci.md")
    return value


def switched_on(name: str, default: bool) -> bool:
    """An input that is ``true`` or ``false``."""
    value = env(name).lower()
    if value in ("", "true", "false"):
        return default if not value else value == "true"
    raise StepError(f"the input {name.removeprefix('INPUT_').lower().replace('_', '-')} must be true or false")


def lines(name: str) -> list[str]:
    """An input with one item a line. An item cannot pose as an option."""
    items = [line.strip() for line in os.environ.get(name, "").splitlines() if line.strip()]
    for item in items:
        if item.startswith("-"):
            raise StepError(f"{item!r} of the input {name.removeprefix('INPUT_').lower()} starts with '-'")
    return items


def work() -> Path:
    """The folder of this run, made by the first step."""
    return Path(needed("TFRATCHET_WORK"))


def event() -> dict[str, Any]:
    """The payload of the event that started the workflow."""
    path = env("GITHUB_EVENT_PATH")
    if not path:
        return {}
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    return data if isinstance(data, dict) else {}


def at(data: Any, *path: str) -> Any:
    """The value at a path of nested objects, or None."""
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return data


def repository_folder() -> Path:
    """Where the repository is checked out."""
    return Path(env("GITHUB_WORKSPACE", ".")) / env("INPUT_WORKING_DIRECTORY", ".")


def state() -> dict[str, Any]:
    """What ``find_range`` found."""
    found: dict[str, Any] = json.loads((work() / "range.json").read_text(encoding="utf-8"))
    return found


def output(name: str, value: object) -> None:
    """Set an output of the step."""
    path = env("GITHUB_OUTPUT")
    if path:
        end = f"end-{secrets.token_hex(8)}"  # nothing in the value can end it early
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{name}<<{end}\n{value}\n{end}\n")


def say(text: str) -> None:
    """A line of the log that is no command, whatever it holds."""
    sys.stdout.write(f"{_harmless(text)}\n")
    sys.stdout.flush()


def command(name: str, text: str) -> None:
    """A workflow command: ``notice``, ``warning``, ``error``."""
    data = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace("##[", "## [")
    sys.stdout.write(f"::{name} title=tfratchet::{data}\n")
    sys.stdout.flush()


def _harmless(text: str) -> str:
    return re.sub(r"^(\s*)::", r"\1: :", text.replace("##[", "## ["), flags=re.MULTILINE)


@contextmanager
def quoted(title: str) -> Iterator[None]:
    """A folded part of the log in which no line is a command. The word that ends it cannot be guessed."""
    word = secrets.token_hex(16)
    sys.stdout.write(f"::group::{title}\n::stop-commands::{word}\n")
    try:
        yield
    finally:
        sys.stdout.write(f"\n::{word}::\n::endgroup::\n")
        sys.stdout.flush()


def step(function: Callable[[], int | None]) -> None:
    """Run a step; what the user can put right is one error in the log and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = function()
    except StepError as error:
        command("error", str(error))
        sys.exit(2)
    sys.exit(code or 0)
