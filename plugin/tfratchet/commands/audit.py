"""``tfratchet audit``: is a live account as it should be?"""

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
    short_help="Say what is wrong in a live account. Read-only.",
    epilog=examples(
        "tfratchet audit                                     the account of the environment's credentials",
        "tfratchet audit --profile prod --format markdown",
        "tfratchet audit --role-arn arn:aws:iam::123456789012:role/tfratchet-audit",
        "tfratchet audit --org --org-role tfratchet-audit    every account of the organization",
        "tfratchet audit --print-iam-policy                  the least that it must be allowed",
        "tfratchet audit --write-baseline known.json --reason 'ticket 4711' --owner platform",
    ),
)
def audit(
    profile: ProfileOption = None,
    region: RegionOption = None,
    role_arn: RoleOption = None,
    org: Annotated[
        bool, typer.Option("--org", help="Audit every account of the organization, by a role in it.")
    ] = False,
    org_role: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--org-role",
            metavar="NAME",
            help="Name of that role. [default: OrganizationAccountAccessRole]",
            show_default=False,
        ),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Ask about every user: AWS's credential report may be four hours old."),
    ] = False,
    print_iam_policy: Annotated[
        bool, typer.Option("--print-iam-policy", help="Print the policy that the audit needs, and stop.")
    ] = False,
    config: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--config", metavar="FILE", help="Use this configuration file. [default: the one here]"),
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
    """Say what is wrong in a live account: passwords, MFA, access keys, policies, trails, alarms.

    Read-only: it calls nothing but what --print-iam-policy lists. What it is not allowed to read is an error (exit 2),
    beside the findings of everything else.

    Exit code: 0 nothing at or above --fail-on, 1 findings, 2 something could not be looked at.
    """
    from tfratchet.errors import UserError

    if org_role is not None and not org:
        raise UserError("is for --org", where="--org-role")
    if print_iam_policy:
        from tfratchet.account.permissions import DEFAULT_ORG_ROLE, audit_policy

        typer.echo(audit_policy(org_role=(org_role or DEFAULT_ORG_ROLE) if org else None), nl=False)
        return
    from tfratchet.account.accepting import Known, acceptance, settings_of
    from tfratchet.report.finish import finish, known_format, outputs, rules_by_id, today

    known_format(format_name, "--format")
    files = outputs(output or [])
    settings, loaded = settings_of(config, today(day))
    accounts: set[str] = set()
    known = Known(baseline, write_baseline, reason, owner, expires)
    accept = acceptance(loaded, settings.today, known, accounts.__contains__)
    from tfratchet.account.auditrun import audit_account, audit_organization
    from tfratchet.account.permissions import DEFAULT_ORG_ROLE
    from tfratchet.commands.live import open_account
    from tfratchet.progress import Progress

    with Progress("opening the account", quiet=quiet) as progress:
        account = open_account(profile, region, role_arn)
        if org:
            audited = audit_organization(account, org_role or DEFAULT_ORG_ROLE, settings, progress, fresh=fresh)
        else:
            audited = audit_account(account, settings, progress, fresh=fresh)
    accounts.update(facts.account for facts in audited.accounts)
    outcome = accept(audited.outcome())
    raise typer.Exit(
        finish(
            outcome,
            format_name=format_name,
            files=files,
            fail_on=fail_on.value if fail_on else loaded.config.fail_on,
            color=color.value,
            quiet=quiet,
            rules=rules_by_id(),
            command="audit",
        )
    )
