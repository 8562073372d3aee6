"""Turns whatever a command ends with into an exit code and, where something is wrong, one clear line on stderr.

Exit codes of every command: 0 nothing to report, 1 findings at or above the threshold, 2 something could not be done.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from tfratchet.errors import UserError
from tfratchet.report.escape import printable
from tfratchet.sources.tree import TreeError

EXIT_ERROR = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it
EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE

_DEFECT = "this is a defect of tfratchet: please report it with the traceback that 'tfratchet --debug' shows"


def guarded(command: Callable[[], int | None], *, passing: tuple[type[BaseException], ...] = ()) -> int:
    """Run ``command`` and give the exit code: its own, or the one of what went wrong, which has then been told.

    A reader who closes the pipe, and Ctrl-C, end the run quietly. Exceptions in ``passing`` are left alone.
    """
    try:
        code = command()
        sys.stdout.flush()
    except passing:
        raise
    except BrokenPipeError:
        # Whoever read our output has gone. Point stdout at nothing, or Python complains once more when it ends.
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
        os.close(devnull)
        return EXIT_BROKEN_PIPE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except UserError as error:
        return failed(f"error: {error}", error)
    except TreeError as error:
        return failed(f"error: {error}", error)
    except OSError as error:
        # A full disk behind stdout, a file that must not be read: no defect, and the system's own words say it.
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else "cannot go on: "
        return failed(f"error: {where}{error.strerror or error}", error)
    except MemoryError as error:
        return failed("error: out of memory", error)
    except Exception as error:  # noqa: BLE001 (the last resort: one line instead of a traceback)
        return failed(f"internal error: {_described(error)}\n{_DEFECT}", error)
    return code or 0


def failed(text: str, error: BaseException | None = None) -> int:
    """Show ``text`` on stderr (after the traceback under ``--debug``); gives the exit code."""
    if error is not None and os.environ.get("TFRATCHET_DEBUG", "") not in ("", "0"):
        import traceback

        sys.stderr.write("".join(traceback.format_exception(error)))
    first, *rest = text.rsplit("\n", 1) if text.endswith(_DEFECT) else [text]
    for line in (" ".join(first.split()), *rest):
        sys.stderr.write(f"tfratchet: {printable(line)}\n")
    return EXIT_ERROR


def _described(error: Exception) -> str:
    name, text = type(error).__name__, str(error).strip()
    return f"{name}: {text}" if text else name
