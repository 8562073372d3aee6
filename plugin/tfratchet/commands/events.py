"""``tfratchet events``: who detached what, when, from where?"""

from __future__ import annotations

import enum
from typing import Annotated, Optional

import typer

from tfratchet.commands import command_app, examples
from tfratchet.commands.live import ProfileOption, RoleOption
from tfratchet.commands.shared import (
    Color,
    ColorOption,
    FailOnOption,
    FormatOption,
    OutputOption,
    QuietOption,
    TodayOption,
)

app = command_app()

EPILOG = examples(
    "tfratchet events                                    the last 7 days, from CloudTrail's event history",
    "tfratchet events --since 90d --only detach          who took a policy, a group or a boundary off whom",
    "tfratchet events --source infra/                    and which line of Terraform declares it",
    "tfratchet events logs/ --user alice                 from a folder of log files (.json.gz)",
    "tfratchet events s3://my-trail-logs --since 2d      from a bucket",
    "tfratchet events - < event.json                     an event of EventBridge or CloudTrail",
    "tfratchet events --engine athena --database security --since 365d",
    "tfratchet events s3://my-trail-logs --print-ddl --account 123456789012 --region us-east-1",
)


class Engine(str, enum.Enum):
    """Values of ``--engine``."""

    AUTO = "auto"
    DUCKDB = "duckdb"
    ATHENA = "athena"


def _list(*names: str, metavar: str, text: str) -> typer.models.OptionInfo:
    found: typer.models.OptionInfo = typer.Option(*names, metavar=metavar, help=text, show_default=False)
    return found


@app.command(short_help="Say who took a protection away, when, and from where.", epilog=EPILOG)
def events(
    logs: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            metavar="LOGS",
            help="A folder or file of CloudTrail logs, s3://BUCKET/PREFIX, or - for standard input. "
            "[default: CloudTrail's event history]",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        Optional[str],  # noqa: UP045
        _list("--since", metavar="TIME", text="From then on: 24h, 7d, a day, a time (UTC). [default: 7d; files: all]"),
    ] = None,
    until: Annotated[Optional[str], _list("--until", metavar="TIME", text="Before then.")] = None,  # noqa: UP045
    only: Annotated[
        str, typer.Option("--only", metavar="GROUP", help="Only these calls: detach, all, or a group (cloudtrail).")
    ] = "all",
    event: Annotated[
        Optional[list[str]],  # noqa: UP045
        _list("--event", metavar="NAME", text="Only this call (DetachUserPolicy); may be repeated."),
    ] = None,
    user: Annotated[
        Optional[list[str]],  # noqa: UP045
        _list("--user", metavar="NAME", text="Only calls about or by this user, group or role; may be repeated."),
    ] = None,
    include_terraform: Annotated[
        bool,
        typer.Option(
            "--include-terraform/--no-include-terraform",
            help="Also calls that say they come from Terraform. Anybody can say that. [default: on]",
            show_default=False,
        ),
    ] = True,
    source: Annotated[
        Optional[str],  # noqa: UP045
        _list("--source", metavar="DIR", text="Say which Terraform in this folder declares what was taken away."),
    ] = None,
    source_rev: Annotated[
        Optional[str],  # noqa: UP045
        _list("--source-rev", metavar="REV", text="That folder as it is in this git revision, not as it is on disk."),
    ] = None,
    account: Annotated[
        Optional[list[str]],  # noqa: UP045
        _list("--account", metavar="ID", text="Only this account of an organization's logs; may be repeated."),
    ] = None,
    region: Annotated[
        Optional[list[str]],  # noqa: UP045
        _list("--region", metavar="REGION", text="Only this region (and that of IAM's events); may be repeated."),
    ] = None,
    all_regions: Annotated[bool, typer.Option("--all-regions", help="Ask the event history of every region.")] = False,
    log_bucket: Annotated[
        Optional[list[str]],  # noqa: UP045
        _list("--log-bucket", metavar="NAME", text="A bucket that holds logs; may be repeated."),
    ] = None,
    break_glass: Annotated[
        Optional[list[str]],  # noqa: UP045
        _list("--break-glass", metavar="PATTERN", text="Mark calls by this principal (name or ARN pattern)."),
    ] = None,
    engine: Annotated[Engine, typer.Option("--engine", help="Who reads the logs: this machine, or Amazon Athena.")] = (
        Engine.AUTO
    ),
    database: Annotated[str, typer.Option("--database", metavar="NAME", help="Athena's database.")] = "",
    table: Annotated[str, typer.Option("--table", metavar="NAME", help="Athena's table.")] = "cloudtrail_logs",
    workgroup: Annotated[str, typer.Option("--workgroup", metavar="NAME", help="Athena's workgroup.")] = "",
    output_location: Annotated[
        str,
        typer.Option("--output-location", metavar="S3-URL", help="Where Athena writes, if the workgroup does not say."),
    ] = "",
    athena_region: Annotated[
        str, typer.Option("--athena-region", metavar="REGION", help="Where Athena is, if not in the profile's region.")
    ] = "",
    organization: Annotated[
        str, typer.Option("--organization", metavar="ID", help="--print-ddl: it is this organization's trail.")
    ] = "",
    print_ddl: Annotated[
        bool, typer.Option("--print-ddl", help="Print the statement that makes Athena's table.")
    ] = False,
    print_query: Annotated[bool, typer.Option("--print-query", help="Print the query for Athena; ask nobody.")] = False,
    profile: ProfileOption = None,
    role_arn: RoleOption = None,
    config: Annotated[
        Optional[str],  # noqa: UP045
        _list(
            "--config",
            metavar="FILE",
            text="Use this configuration file. [default: the one in --source, else here]",
        ),
    ] = None,
    format_name: FormatOption = "text",
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    color: ColorOption = Color.AUTO,
    quiet: QuietOption = False,
    day: TodayOption = None,
) -> None:
    """Say who took a protection away in an account, when, from where, and by what.

    Reads CloudTrail: its event history of 90 days, log files in a folder or bucket, or events on standard input.

    Exit code: 0 nothing at or above --fail-on, 1 findings, 2 something could not be read.
    """
    from tfratchet.account.events.arguments import EventsArguments
    from tfratchet.account.events.run import run

    code = run(
        EventsArguments(
            logs=logs,
            engine=engine.value,
            database=database,
            table=table,
            workgroup=workgroup,
            output_location=output_location,
            athena_region=athena_region,
            print_ddl=print_ddl,
            print_query=print_query,
            organization=organization,
            since=since,
            until=until,
            events=event or (),
            users=user or (),
            only=only,
            terraform=include_terraform,
            accounts=account or (),
            regions=region or (),
            every_region=all_regions,
            profile=profile,
            role_arn=role_arn,
            log_buckets=log_bucket or (),
            break_glass=break_glass or (),
            source=source,
            source_rev=source_rev,
            config=config,
            format_name=format_name,
            output=output or (),
            fail_on=fail_on.value if fail_on else None,
            color=color.value,
            quiet=quiet,
            day=day,
        )
    )
    raise typer.Exit(code)
