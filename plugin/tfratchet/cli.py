"""The entry point. ``tfratchet diff`` with well-formed options runs without typer; everything else is ``app.py``.

pre-commit runs ``tfratchet diff`` on every commit, and importing typer (with pydantic, from 0.26 on) takes longer than
comparing a small repository does. So ``quick.py`` reads the common command lines itself.
"""

from __future__ import annotations

import gc
import sys

from tfratchet.guard import EXIT_INTERRUPTED, guarded


def tune() -> None:
    """Set up this process for one run: the collector of cycles looks rarely.

    Nearly everything that an evaluation makes lives to its end; looking through it again and again took a third of the
    time (31,000 lines: 20,000 lines/s with Python's own thresholds, 30,000 with these).
    """
    gc.set_threshold(100_000, 20, 20)


def main() -> None:
    """Entry point of the console script."""
    tune()
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
