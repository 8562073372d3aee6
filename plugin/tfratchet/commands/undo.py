"""``tfratchet undo``: take back what a run of ``remediate`` did."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from tfratchet.commands import command_app, examples
from tfratchet.commands.live import ProfileOption, RegionOption, RoleOption
from tfratchet.commands.remediate import (
    ApplyOption,
    PlanFormat,
    PlanFormatOption,
    ProtectOption,
    YesOption,
)
from tfratchet.commands.shared import Color, ColorOption, QuietOption, TodayOption

app = command_app()


@app.command(
    epilog=examples(
        "tfratchet undo JOURNAL            what would be taken back? (changes nothing)",
        "tfratchet undo JOURNAL --apply    take it back, after a question",
    )
)
def undo(
    journal: Annotated[str, typer.Argument(metavar="JOURNAL", help="The journal that remediate has named.")],
    apply: ApplyOption = False,
    yes: YesOption = False,
    protect: ProtectOption = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    role_arn: RoleOption = None,
    config: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--config", metavar="FILE", help="Use this configuration file. [default: the one here]"),
    ] = None,
    format_name: PlanFormatOption = PlanFormat.TABLE,
    color: ColorOption = Color.AUTO,
    quiet: QuietOption = False,
    day: TodayOption = None,
) -> None:
    """Take back what a run of remediate did, last act first.

    An act is left alone, and told, when the account is no longer as the act left it: somebody has changed it since.
    A deleted access key cannot come back. What is undone is written to the same journal; a second undo does nothing.

    Exit code: 0 nothing to undo or all undone, 1 something to undo (dry run) or not all undone, 2 could not be done.
    """
    from tfratchet.account.remedy.command import Consent
    from tfratchet.account.remedy.command import undo as run
    from tfratchet.account.remedy.request import Request
    from tfratchet.account.remedy.show import Show
    from tfratchet.account.session import Access
    from tfratchet.report.finish import today

    request = Request(access=Access(profile, region, role_arn), protect=protect or (), config=config, today=today(day))
    show = Show(as_json=format_name is PlanFormat.JSON, color=color.value, quiet=quiet)
    consent = Consent(apply, yes, lambda question: typer.confirm(question, err=True))
    raise typer.Exit(run(request, consent, show, journal))
