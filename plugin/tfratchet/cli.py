"""The command line: finds the command, runs it, and turns whatever goes wrong into one clear line and an exit code.

Exit codes of every command: 0 nothing to report, 1 findings at or above the threshold, 2 something could not be done.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tfratchet.commands import COMMANDS, CONTEXT, command_app, examples
from tfratchet.errors import UserError

EXIT_ERROR = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it
EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE

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

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().make_context(*args, **kwargs)
        except _CLICK_ERROR as error:
            raise _failed(_usage(error), error) from None

    def invoke(self, ctx: Any) -> Any:
        # Everything a command can end with passes here; typer itself would use exit code 1, which means "findings".
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _close_quietly()
            raise typer.Exit(EXIT_BROKEN_PIPE) from None
        except KeyboardInterrupt:
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except UserError as error:
            raise _failed(f"error: {error}", error) from None
        except typer.Abort:
            raise _failed("aborted", None) from None
        except typer.Exit:
            raise
        except _CLICK_ERROR as error:
            raise _failed(_usage(error), error) from None
        except MemoryError as error:
            raise _failed("error: out of memory", error) from None
        except Exception as error:  # noqa: BLE001 (the last resort: one line instead of a traceback)
            text = " ".join(str(error).split())
            line = (
                f"internal error: {type(error).__name__}: {text}" if text else f"internal error: {type(error).__name__}"
            )
            hint = "this is a defect of tfratchet: please report it with the traceback that 'tfratchet --debug' shows"
            raise _failed(f"{line}\n{hint}", error) from None
        return result


def _failed(text: str, error: BaseException | None) -> typer.Exit:
    """Show ``text`` on stderr (with the traceback under ``--debug``) and give the exit to raise."""
    from tfratchet.report.escape import printable

    if error is not None and _debug():
        import traceback

        sys.stderr.write("".join(traceback.format_exception(error)))
    for line in text.split("\n"):
        sys.stderr.write(f"tfratchet: {printable(line)}\n")
    return typer.Exit(EXIT_ERROR)


def _usage(error: Any) -> str:
    """One line for an option or argument that is wrong, with where to read on."""
    command = error.ctx.command_path if getattr(error, "ctx", None) else "tfratchet"
    return f"error: {' '.join(error.format_message().split())} (see '{command} --help')"


def _debug() -> bool:
    return os.environ.get("TFRATCHET_DEBUG", "") not in ("", "0")


def _close_quietly() -> None:
    """Whoever read our output has gone: point stdout at nothing, or Python complains once more when it ends."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)


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


def main() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        # File names may hold bytes that are no UTF-8, and a terminal may know only ASCII: never die of that.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        typer.main.get_command(app)(prog_name="tfratchet")
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


__all__ = ["app", "command_app", "main"]
