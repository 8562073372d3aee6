"""The content of a plan file as text. A binary plan is shown by ``terraform`` (or ``tofu``) itself.

This is the one place where tfratchet runs Terraform. Showing a plan makes no request and changes nothing, but it starts
the providers of the initialised directory, for their schemas. Who does not want that hands over the JSON.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile

from tfratchet.errors import UserError
from tfratchet.sources.plan.document import decode

PROGRAMS = ("terraform", "tofu")
STDIN = "-"
LIMIT = 1024 * 1024 * 1024
"""Bytes of the largest plan that is read."""

_ZIP = b"PK\x03\x04"


def content(path: str, label: str, directory: str) -> str:
    """The JSON text of the plan in the file ``path`` (``-``: standard input).

    ``directory``: where ``terraform init`` was run, for a binary plan. Raises UserError when the file cannot be read,
    or when it is a binary plan that cannot be shown.
    """
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(LIMIT + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(LIMIT + 1)
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=label) from None
    if len(data) > LIMIT:
        raise UserError(f"is larger than {LIMIT // 1024**2} MiB", where=label)
    if data.startswith(_ZIP):
        data = _shown(path, data, label, directory)
    return decode(data, label)


def _shown(path: str, data: bytes, label: str, directory: str) -> bytes:
    programs = [p for p in PROGRAMS if shutil.which(p)]
    if not programs:
        raise UserError(
            "is a binary plan, and neither terraform nor tofu is on PATH to show it",
            where=label,
            hint="hand over the output of `terraform show -json FILE`",
        )
    if path != STDIN:
        return _show(programs, os.path.abspath(path), label, directory)
    with tempfile.TemporaryDirectory(prefix="tfratchet-") as folder:
        # A plan may hold secrets: the folder is readable by its owner alone, and goes at once.
        file = os.path.join(folder, "plan")
        with open(file, "wb") as handle:
            handle.write(data)
        return _show(programs, file, label, directory)


def _show(programs: list[str], file: str, label: str, directory: str) -> bytes:
    said = ""
    for program in programs:
        try:
            done = subprocess.run(
                [program, "show", "-json", "-no-color", file],
                cwd=directory,
                env={**os.environ, "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            said = said or f"{program} cannot be started: {error.strerror}"
            continue
        if done.returncode == 0:
            return done.stdout
        lines = [line.strip(" │╷╵\t") for line in done.stderr.decode("utf-8", "replace").splitlines()]
        said = said or f"`{program} show` says: {' '.join(line for line in lines if line)[:300]}"
    raise UserError(
        f"is a binary plan that could not be shown; {said}",
        where=label,
        hint=f"run where `terraform init` was run (now: {directory}), or say where with --source DIR",
    )
