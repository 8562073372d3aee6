"""The entry point. ``tfratchet diff`` with well-formed options runs without typer; everything else is ``app.py``.

pre-commit runs ``tfratchet diff`` on every commit, and importing typer (with pydantic, from 0.26 on) takes longer than
comparing a small repository does. So ``quick.py`` reads the common command lines itself.
"""

from __future__ import annotations

import sys

from tfratchet.guard import EXIT_INTERRUPTED, guarded


def main() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        # File names may hold bytes that are no UTF-8, and a terminal may know only ASCII: never die of that.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        from tfratchet.quick import parse

        arguments = parse(sys.argv[1:])
        if arguments is not None:
            from tfratchet.diffrun import run

            sys.exit(guarded(lambda: run(arguments)))
        from tfratchet.app import start

        start()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
