"""``tfratchet drift``: is the account as the configuration declares it?"""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from tfratchet.commands import command_app, examples
from tfratchet.commands.live import ProfileOption, RegionOption, RoleOption
from tfratchet.commands.shared import (
    BaselineOption,
    Color,
    ColorOption,
    ExpiresOption,
    FailOnOption,
    FormatOption,
    OutputOption,
    OwnerOption,
    QuietOption,
    ReasonOption,
    TodayOption,
    WriteBaselineOption,
)

app = command_app()


@app.command(
    short_help="Compare what is declared with what a live account has.",
    epilog=examples(
        "tfratchet drift infra/prod                       the configuration in this folder",
        "tfratchet drift infra/prod --var-file prod.tfvars --profile prod",
        "terraform show -json | tfratchet drift -         a state: nothing in it is unknown",
        "tfratchet drift infra/prod --all                 also what nobody declares",
    ),
)
def drift(
    paths: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(
            metavar="PATH",
            help="Folders of configuration, or states (terraform show -json, terraform.tfstate; - is standard input). "
            "Together they describe one account. [default: .]",
            show_default=False,
        ),
    ] = None,
    var_file: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--var-file", metavar="FILE", help="Use the variables in this file; may be repeated."),
    ] = None,
    var: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--var", metavar="NAME=VALUE", help="Set a variable; may be repeated."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is declared nowhere, of everybody in the account.")
    ] = False,
    profile: ProfileOption = None,
    region: RegionOption = None,
    role_arn: RoleOption = None,
    config: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--config", metavar="FILE", help="Use this configuration file. [default: the one of the first folder]"
        ),
    ] = None,
    baseline: BaselineOption = None,
    write_baseline: WriteBaselineOption = None,
    reason: ReasonOption = None,
    owner: OwnerOption = None,
    expires: ExpiresOption = None,
    format_name: FormatOption = "text",
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    color: ColorOption = Color.AUTO,
    quiet: QuietOption = False,
    day: TodayOption = None,
) -> None:
    """Compare what is declared with what the account has: attachments, memberships, password policy, trails.

    Read-only. Declared and not there is always told; there and not declared is told of what the configuration manages.

    Exit code: 0 nothing at or above --fail-on, 1 drift, 2 something could not be compared.
    """
    from tfratchet.account.accepting import Known, acceptance
    from tfratchet.account.drift.run import PARTS, Sources, assignments, settings_of
    from tfratchet.account.drift.run import drift as run
    from tfratchet.progress import Progress
    from tfratchet.report.finish import finish, known_format, outputs, rules_by_id, today

    known_format(format_name, "--format")
    files = outputs(output or [])
    declared = Sources(paths or ["."], var_file or (), assignments(var or [])).read()
    settings, loaded = settings_of(declared, config, today(day))
    accept = acceptance(loaded, settings.today, Known(baseline, write_baseline, reason, owner, expires))

    from tfratchet.account.collect import collect
    from tfratchet.commands.live import open_account

    account = open_account(profile, region, role_arn)
    with Progress("reading the account", quiet=quiet) as progress:
        facts = collect(account, PARTS, progress)
    outcome = accept(run(facts, declared, settings, everything=everything))
    raise typer.Exit(
        finish(
            outcome,
            format_name=format_name,
            files=files,
            fail_on=fail_on.value if fail_on else loaded.config.fail_on,
            color=color.value,
            quiet=quiet,
            rules=rules_by_id(),
            command="drift",
        )
    )
