"""``tfratchet remediate``: put right what the audit and drift find, after showing it and asking."""

from __future__ import annotations

import enum
from typing import Annotated, Optional

import typer

from tfratchet.commands import command_app, examples
from tfratchet.commands.live import ProfileOption, RegionOption, RoleOption
from tfratchet.commands.shared import BaselineOption, Color, ColorOption, QuietOption, TodayOption

app = command_app()


class Origin(str, enum.Enum):
    """Values of ``--from``."""

    AUDIT = "audit"
    DRIFT = "drift"


class PlanFormat(str, enum.Enum):
    """Values of ``--format``."""

    TABLE = "table"
    JSON = "json"


ApplyOption = Annotated[
    bool, typer.Option("--apply", help="Make the changes, after a question. Without it: a dry run.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="With --apply: do not ask.")]
ProtectOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--protect", metavar="WHO", help="Never touch this principal (name or ARN, with *); may be repeated."),
]
SettingsOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--config", metavar="FILE", help="Use this configuration file. [default: the one of the source, else here]"
    ),
]
PlanFormatOption = Annotated[PlanFormat, typer.Option("--format", "-f", help="How to show the plan and the results.")]


@app.command(
    short_help="Put right what audit and drift find, after asking.",
    epilog=examples(
        "tfratchet remediate                                what would be put right? (changes nothing)",
        "tfratchet remediate --only TFR601,TFR614 --apply   these findings of the audit, after a question",
        "tfratchet remediate --from drift --source infra/prod --apply",
        "tfratchet remediate --force-password-reset all     everybody sets a new password",
        "tfratchet remediate --create-mfa-device bob --seed-dir ./seeds --apply",
        "tfratchet remediate --resume JOURNAL --apply       go on after an interruption",
    ),
)
def remediate(
    origin: Annotated[
        Optional[list[Origin]],  # noqa: UP045
        typer.Option(
            "--from",
            help="Whose findings; may be repeated. [default: audit, with --source drift too]",
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--only", metavar="RULES", help="Only findings of these rules (TFR601,TFR614)."),
    ] = None,
    source: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--source", metavar="PATH", help="Folder of configuration, or a state: what drift compares with."),
    ] = None,
    var_file: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--var-file", metavar="FILE", help="Use the variables in this file; may be repeated."),
    ] = None,
    var: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--var", metavar="NAME=VALUE", help="Set a variable; may be repeated."),
    ] = None,
    guard: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--mfa-guard-arn", metavar="ARN", help="The policy that users without MFA get. [default: found]"),
    ] = None,
    force_reset: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--force-password-reset", metavar="USER|all", help="A new password at the next sign-in; may be repeated."
        ),
    ] = None,
    mfa_device: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--create-mfa-device", metavar="USER", help="Make a virtual MFA device; may be repeated."),
    ] = None,
    seed_dir: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--seed-dir", metavar="DIR", help="Where seeds of MFA devices are written (mode 0600)."),
    ] = None,
    delete_after: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--delete-inactive-keys-after",
            metavar="DAYS",
            help="Delete access keys that have been inactive this long. Cannot be undone.",
        ),
    ] = None,
    protect: ProtectOption = None,
    max_changes: Annotated[
        int, typer.Option("--max-changes", metavar="N", help="Refuse a plan with more changes.")
    ] = 25,
    apply: ApplyOption = False,
    yes: YesOption = False,
    journal: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--journal", metavar="FILE", help="Where to write the journal. [default: in the state folder]"),
    ] = None,
    resume: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--resume", metavar="JOURNAL", help="Go on with this run: nothing is done twice."),
    ] = None,
    profile: ProfileOption = None,
    region: RegionOption = None,
    role_arn: RoleOption = None,
    config: SettingsOption = None,
    baseline: BaselineOption = None,
    format_name: PlanFormatOption = PlanFormat.TABLE,
    color: ColorOption = Color.AUTO,
    quiet: QuietOption = False,
    day: TodayOption = None,
    print_policy: Annotated[
        bool, typer.Option("--print-iam-policy", help="Print the IAM policy that --apply and undo need beside audit's.")
    ] = False,
) -> None:
    """Put right what audit and drift find in a live account: plan, show, confirm, journal, act, check again.

    Changes nothing without --apply. Never touches the caller, root, or break-glass principals (break_glass in
    tfratchet.toml, --protect). Each act is in the journal before it is made: tfratchet undo JOURNAL takes it back.

    Exit code: 0 nothing to do or all done and green, 1 something to do (dry run) or not green, 2 could not be done.
    """
    if print_policy:
        from tfratchet.account.remedy.policy import policy_text

        typer.echo(policy_text())
        return
    from tfratchet.account.drift.run import assignments
    from tfratchet.account.remedy.command import Consent
    from tfratchet.account.remedy.command import remediate as run
    from tfratchet.account.remedy.command import resume as run_on
    from tfratchet.account.remedy.request import Request
    from tfratchet.account.remedy.show import Show
    from tfratchet.account.remedy.wishes import Wishes
    from tfratchet.account.session import Access
    from tfratchet.errors import UserError
    from tfratchet.report.finish import today

    request = Request(
        access=Access(profile, region, role_arn),
        origins=frozenset(o.value for o in origin or ()),
        only=[r.strip().upper() for text in only or () for r in text.split(",") if r.strip()],
        sources=source or (),
        var_files=var_file or (),
        variables=assignments(var or []),
        wishes=Wishes(force_reset or (), mfa_device or (), seed_dir, delete_after),
        guard=guard,
        protect=protect or (),
        max_changes=max_changes,
        config=config,
        baseline=baseline,
        today=today(day),
    )
    show = Show(as_json=format_name is PlanFormat.JSON, color=color.value, quiet=quiet)
    consent = Consent(apply, yes, lambda question: typer.confirm(question, err=True))
    if resume is not None:
        if journal is not None or origin or only or request.wishes:
            raise UserError("--resume goes on with the plan of the journal, and takes no other", where=resume)
        raise typer.Exit(run_on(request, consent, show, resume))
    raise typer.Exit(run(request, consent, show, journal))
