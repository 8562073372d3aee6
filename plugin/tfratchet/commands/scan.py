"""``tfratchet scan``: Checkov with the checks of tfratchet."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import typer

from tfratchet.commands import PlainCommand, command_app, examples

app = command_app()

_OPTIONS = "tfratchet.scan.options"


class _HandsOn(PlainCommand):
    """Keeps what stands behind ``--`` for Checkov, as it is."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        own, options = args, []
        if "--" in args:
            at = args.index("--")
            own, options = args[:at], args[at + 1 :]
        ctx.meta[_OPTIONS] = options
        return super().parse_args(ctx, own)


@app.command(
    short_help="Run Checkov with the checks of tfratchet.",
    cls=_HandsOn,
    options_metavar="[OPTIONS]",
    epilog=examples(
        "tfratchet scan                                    this folder",
        "tfratchet scan infra/ -- --compact --quiet        with options of Checkov",
        "tfratchet scan -- --check 'CKV_TFR_*'             only the checks of tfratchet",
        "tfratchet scan plan.json                          the JSON form of a Terraform plan",
        "tfratchet scan -- --output sarif --soft-fail",
    ),
)
def scan(
    ctx: typer.Context,
    paths: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="PATH", help="Folders, or files (.tf, plan .json). [default: .]", show_default=False),
    ] = None,
    checks: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--checks", metavar="DIR", help="Use this copy of the checks (a signed one, say)."),
    ] = None,
) -> None:
    """Run Checkov with the checks of tfratchet: is the configuration bad as it is?

    What stands behind -- goes to Checkov as it is. Its report formats, exit codes, comments (checkov:skip=ID:reason),
    baseline and configuration file work as ever. Nothing is downloaded, unless you give Checkov an API key.
    """
    from pathlib import Path

    from tfratchet.errors import UserError
    from tfratchet.scan import checks_folder, command, require_checkov, run

    require_checkov()
    if checks is not None and not Path(checks).is_dir():
        raise UserError("no such folder", where=checks)
    folder = Path(checks) if checks is not None else checks_folder()
    raise typer.Exit(run(command(paths or [], ctx.meta[_OPTIONS], folder)))
