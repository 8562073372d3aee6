"""Options that several commands have in common. How such a command ends: ``tfratchet.report.finish``."""

from __future__ import annotations

import enum
from typing import Annotated, Optional

import typer

from tfratchet.report import FORMATS


class FailOn(str, enum.Enum):
    """Values of ``--fail-on``."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    NEVER = "never"


class Color(str, enum.Enum):
    """Values of ``--color``."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


# Typer reads these at run time, on Python 3.10 too: Optional[...] rather than "... | None".
FormatOption = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        help=f"What to print: {', '.join(FORMATS)}.",
        autocompletion=lambda: list(FORMATS),
        show_default=True,
    ),
]
OutputOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--output", "-o", metavar="FORMAT=FILE", help="Write a report to a file as well; may be repeated."),
]
FailOnOption = Annotated[
    Optional[FailOn],  # noqa: UP045
    typer.Option("--fail-on", help="Exit with 1 from this severity on. [default: medium]", show_default=False),
]
ColorOption = Annotated[Color, typer.Option("--color", help="Colours: on a terminal, always or never.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print findings and errors only.")]
ConfigOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--config", metavar="FILE", help="Use this configuration file. [default: the one in base]"),
]
IncludeOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--include", metavar="GROUP", help="Switch an optional group of rules on (roles); may be repeated."),
]
BaselineOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--baseline", metavar="FILE", help="Accept the known findings in FILE."),
]
WriteBaselineOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--write-baseline",
        metavar="FILE",
        help="Accept what is found now: write it to FILE, keep its entries that still match.",
    ),
]
ReasonOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--reason", metavar="TEXT", help="Why, for new entries of --write-baseline."),
]
OwnerOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--owner", metavar="NAME", help="Who answers for them."),
]
ExpiresOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--expires", metavar="DAY", help="The last day on which they hold."),
]
TodayOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--today", metavar="DAY", hidden=True, help="The day that acceptances expire against."),
]
