"""``tfratchet init``: start to use the baseline."""

from __future__ import annotations

import enum
from typing import Annotated, Optional

import typer

from tfratchet.commands import command_app, examples

app = command_app()


class Ci(str, enum.Enum):
    """Values of ``--ci``."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


@app.command(
    short_help="Write a root module that calls the baseline.",
    epilog=examples(
        "tfratchet init --break-glass 'arn:aws:iam::*:role/break-glass' \\",
        "               --break-glass 'arn:aws:iam::*:role/terraform'",
        "                                           a new root module in ./baseline",
        "tfratchet init --from-account --profile prod --region eu-central-1 --break-glass ...",
        "                                           take over what the account has",
    ),
)
def init(
    directory: Annotated[str, typer.Argument(metavar="DIR", help="Top of the repository.")] = ".",
    break_glass: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--break-glass",
            metavar="ARN",
            help="A role or user that the guards let pass: break-glass, and the role that runs Terraform. Needed; "
            "may be repeated.",
        ),
    ] = None,
    root: Annotated[str, typer.Option("--root", metavar="DIR", help="Where the root module goes.")] = "baseline",
    name: Annotated[str, typer.Option("--name", help="Prefix of the names of everything.")] = "baseline",
    region: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--region",
            metavar="NAME",
            help="Home region of the trail. [default: with --from-account the profile's, else us-east-1]",
            show_default=False,
        ),
    ] = None,
    log_bucket: Annotated[
        str, typer.Option("--log-bucket", metavar="NAME", help="Name of the log bucket to make.", show_default=False)
    ] = "",
    source: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--source",
            metavar="SOURCE",
            help="Where the module comes from, pinned: git::URL//terraform/baseline?ref=TAG. [default: the commit that "
            "tfratchet was installed from]",
            show_default=False,
        ),
    ] = None,
    ci: Annotated[
        Optional[Ci],  # noqa: UP045
        typer.Option(
            "--ci",
            help="Pipeline to write. [default: gitlab where there is a .gitlab-ci.yml, else github]",
            show_default=False,
        ),
    ] = None,
    from_account: Annotated[
        bool, typer.Option("--from-account", help="Look at the account (read-only) and import what it holds.")
    ] = False,
    profile: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--profile", metavar="NAME", help="A profile of the AWS configuration files, for --from-account."),
    ] = None,
    role_arn: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--role-arn", metavar="ARN", help="Assume this role first, for --from-account."),
    ] = None,
) -> None:
    """Write a root module that calls the baseline, and the settings beside it.

    Never overwrites a file: what exists already is left alone, and what should be in it is shown.
    """
    from tfratchet.initialise.run import Request, run

    run(
        Request(
            directory=directory,
            break_glass=tuple(break_glass or ()),
            root=root,
            name=name,
            region=region,
            log_bucket=log_bucket,
            source=source,
            ci=ci.value if ci else None,
            from_account=from_account,
            profile=profile,
            role_arn=role_arn,
        ),
        typer.echo,
    )
