"""The typer application: finds the command by its name, imports its module, runs it."""

from __future__ import annotations

import importlib
import os
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tfratchet.commands import COMMANDS, CONTEXT, examples
from tfratchet.guard import EXIT_ERROR, failed, guarded

# Typer makes the exceptions of click (or of its own copy of it) public only in part; the rest are bases of this one.
_USAGE_ERROR: type[Any] = typer.BadParameter.__bases__[0]
_CLICK_ERROR: type[Any] = _USAGE_ERROR.__bases__[0]


class LazyGroup(TyperGroup):
    """Imports the module of a command only when that command is asked for; see ``tfratchet.commands``."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = typer.main.get_command(importlib.import_module(module).app)
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else " 'tfratchet --help' lists the commands."
            raise _USAGE_ERROR(f"No such command '{args[0]}'.{hint}", ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        super(TyperGroup, self).format_help(ctx, formatter)  # plain text with every typer

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().make_context(*args, **kwargs)
        except _CLICK_ERROR as error:
            raise typer.Exit(failed(_usage(error), error)) from None

    def invoke(self, ctx: Any) -> Any:
        # typer itself would end with 1 on many errors, which means "findings" here.
        def call() -> int | None:
            result = super(LazyGroup, self).invoke(ctx)
            return result if isinstance(result, int) else None

        try:
            code = guarded(call, passing=(typer.Exit, typer.Abort, _CLICK_ERROR))
        except _CLICK_ERROR as error:
            raise typer.Exit(failed(_usage(error), error)) from None
        except typer.Abort:
            raise typer.Exit(failed("aborted")) from None
        if code:
            raise typer.Exit(code)


def _usage(error: Any) -> str:
    """One line for an option or argument that is wrong, with where to read on."""
    command = error.ctx.command_path if getattr(error, "ctx", None) else "tfratchet"
    message = error.format_message().replace("Value error, ", "")  # a word of pydantic's
    return f"error: {message} (see '{command} --help')"


def _version(value: bool) -> None:
    if value:
        from tfratchet import __version__

        typer.echo(f"tfratchet {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    context_settings=CONTEXT,
    epilog=examples(
        "tfratchet diff                             what did I change since the last commit?",
        "tfratchet diff --base origin/main --merge-base --head HEAD",
        "                                           what does this branch take away?",
        "tfratchet explain TFR101                   what does this finding mean?",
        "tfratchet --install-completion             complete commands and options in this shell",
    ),
)


@app.callback()
def _root(
    ctx: typer.Context,
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with every error.")] = False,
) -> None:
    """Says what a Terraform change takes away from an AWS account's security baseline, before it merges."""
    if debug:
        os.environ["TFRATCHET_DEBUG"] = "1"
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help(), err=True)
        raise typer.Exit(EXIT_ERROR)  # nothing was compared: never a clean run


def start() -> None:
    """Run the command line in ``sys.argv``; ends with ``SystemExit``."""
    typer.main.get_command(app)(prog_name="tfratchet")
