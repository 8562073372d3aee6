"""``tfratchet checks-dir``: where the Checkov checks are."""

from __future__ import annotations

import typer

from tfratchet.commands import command_app, examples

app = command_app()


@app.command(
    short_help="Print the folder of the Checkov checks.",
    epilog=examples(
        'checkov -d . --external-checks-dir "$(tfratchet checks-dir)"',
        'cp -R "$(tfratchet checks-dir)" checks/     a copy for a machine without tfratchet',
    ),
)
def checks_dir() -> None:
    """Print the folder of the Checkov checks, for --external-checks-dir."""
    from tfratchet.scan import checks_folder

    typer.echo(checks_folder())
