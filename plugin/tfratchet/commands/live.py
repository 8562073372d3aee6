"""Options that the commands on a live account have in common: how to get into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from tfratchet.account.session import Account

ProfileOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--profile", metavar="NAME", help="A profile of the AWS configuration files."),
]
RegionOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--region",
        metavar="REGION",
        help="The region to ask. [default: the profile's or environment's, else us-east-1]",
    ),
]
RoleOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--role-arn", metavar="ARN", help="Assume this role first (its account is the one looked at)."),
]


def open_account(profile: str | None, region: str | None, role_arn: str | None) -> Account:
    """The account that these options name. Raises UserError when it cannot be opened, or boto3 is not installed."""
    from tfratchet.account.session import Access, connect

    return connect(Access(profile, region, role_arn))
