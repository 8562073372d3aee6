"""``tfratchet rules-docs``: writes ``docs/rules/`` from the rule classes, or checks that it is up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tfratchet.commands import command_app, examples
from tfratchet.errors import UserError

app = command_app()


@app.command(
    hidden=True,
    epilog=examples(
        "tfratchet rules-docs docs/rules           write the pages",
        "tfratchet rules-docs docs/rules --check   exit with 1 when they are out of date",
    ),
)
def rules_docs(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where the pages stand.")],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; say what is out of date.")] = False,
) -> None:
    """Write the pages of the rules, or check them (for the developers of tfratchet)."""
    from tfratchet.pages import pages, stale
    from tfratchet.rules import every_rule

    wanted = pages(every_rule())
    if check:
        problems = stale(directory, wanted)
        for problem in problems:
            typer.echo(problem, err=True)
        if problems:
            typer.echo(f"run: tfratchet rules-docs {directory}", err=True)
        raise typer.Exit(1 if problems else 0)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for old in directory.glob("*.md"):
            if old.name not in wanted:
                old.unlink()
        for name, content in wanted.items():
            (directory / name).write_text(content, encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write: {error.strerror}", where=str(directory)) from None
    typer.echo(f"{len(wanted)} pages written to {directory}")
