"""The commands, one module each. A module is imported only when its command runs (or when help lists it).

How to add a command ``tfratchet frobnicate``:

1. Write ``commands/frobnicate.py``::

       from tfratchet.commands import command_app

       app = command_app()

       @app.command(epilog=examples("tfratchet frobnicate infra/   frobnicates one folder"))
       def frobnicate(...) -> None:
           '''One line that `tfratchet --help` shows.'''
           from tfratchet.frob import frob      # whatever is heavy is imported here, not at the top
           ...

2. Add one line to ``COMMANDS`` below.

The top of a command's module imports only typer and light modules of tfratchet: pre-commit runs on every commit, and
``--help`` and shell completion import every command. What the user can put right is raised as ``UserError``; the exit
code is given by ``raise typer.Exit(code)``: 0 nothing at or above the threshold, 1 findings, 2 could not do it.
``commands/shared.py`` has the options that commands have in common; ``report/finish.py`` prints the report of those
that compare, and gives their exit code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand

_Function = TypeVar("_Function", bound=Callable[..., Any])

COMMANDS: dict[str, str] = {
    "diff": "tfratchet.commands.diff",
    "plan": "tfratchet.commands.plan",
    "audit": "tfratchet.commands.audit",
    "drift": "tfratchet.commands.drift",
    "remediate": "tfratchet.commands.remediate",
    "undo": "tfratchet.commands.undo",
    "events": "tfratchet.commands.events",
    "explain": "tfratchet.commands.explain",
    "scan": "tfratchet.commands.scan",
    "init": "tfratchet.commands.init",
    "checks-dir": "tfratchet.commands.checks_dir",
    "rules-docs": "tfratchet.commands.rules_docs",
}
"""Name of the command → its module, in the order of ``tfratchet --help``."""

CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


_PYTHON_TYPE = re.compile(r"<list\[(.*)\]>$| <str>$")


class PlainCommand(TyperCommand):
    """A command whose help is plain text with every typer: old ones use rich whenever it is installed.

    New ones write Python's types beside the names (``PATH <list[str]>``); those are taken out.
    """

    def format_help(self, ctx: Any, formatter: Any) -> None:
        write = formatter.write_dl

        def write_dl(rows: Any, *args: Any, **kwargs: Any) -> None:
            plain = [(name.replace(" <list[str]>", ""), text) for name, text in rows]
            write([(_PYTHON_TYPE.sub(_choices, name), text) for name, text in plain], *args, **kwargs)

        formatter.write_dl = write_dl
        super(TyperCommand, self).format_help(ctx, formatter)


def _choices(match: re.Match[str]) -> str:
    return f"<{match[1]}>" if match[1] else ""


class CommandApp(typer.Typer):
    """A typer app for one command."""

    def command(self, name: str | None = None, **kwargs: Any) -> Callable[[_Function], _Function]:
        """As typer's, with plain help."""
        return super().command(name, **{"cls": PlainCommand, **kwargs})


def command_app() -> CommandApp:
    """A typer app for one command, set up like all the others: plain help text, no rich, no traceback hook."""
    return CommandApp(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=CONTEXT,
    )


def examples(*lines: str) -> str:
    """An epilog with examples, one a line, kept as they are written."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
