"""Options that several commands have in common, and how a command that compares ends: report, errors, exit code."""

from __future__ import annotations

import enum
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tfratchet.errors import UserError
from tfratchet.model import Severity
from tfratchet.report import FORMATS, ReportOptions, exit_code, render
from tfratchet.report.escape import printable

if TYPE_CHECKING:
    from tfratchet.configfile import Vocabulary
    from tfratchet.pipeline import Outcome
    from tfratchet.rules.base import Rule


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
    str, typer.Option("--format", "-f", help=f"What to print: {', '.join(FORMATS)}.", show_default=True)
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
    typer.Option("--config", metavar="FILE", help="Use this configuration as it is, instead of the one in base."),
]
IncludeOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--include", metavar="GROUP", help="Switch an optional group of rules on (roles); may be repeated."),
]
TodayOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--today", metavar="DAY", hidden=True, help="The day that acceptances expire against."),
]


def today(option: str | None) -> date:
    """The day of this run: ``--today``, else ``SOURCE_DATE_EPOCH`` (reproducible runs), else the clock's."""
    if option is not None:
        try:
            return date.fromisoformat(option)
        except ValueError:
            raise UserError(f"'{option}' is no day such as 2027-01-31", where="--today") from None
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        try:
            return datetime.fromtimestamp(int(epoch), timezone.utc).date()
        except (ValueError, OverflowError, OSError):
            raise UserError(f"'{epoch}' is no number of seconds", where="SOURCE_DATE_EPOCH") from None
    return datetime.now().astimezone().date()


def rules_by_id() -> dict[str, Rule]:
    """Every rule there is, by id."""
    from tfratchet.rules import all_rules

    return {rule.id: rule for rule in all_rules()}


def vocabulary() -> Vocabulary:
    """The names that a configuration may use."""
    from tfratchet.configfile import Vocabulary
    from tfratchet.controls import floor_types

    rules = rules_by_id()
    return Vocabulary(
        rules=frozenset(rules),
        families=frozenset(rule.family for rule in rules.values()),
        groups=frozenset(rule.group for rule in rules.values() if rule.group),
        floors=floor_types(),
    )


def known_format(name: str, option: str) -> str:
    """``name`` when it is a format; else UserError with the nearest one."""
    if name in FORMATS:
        return name
    import difflib

    close = difflib.get_close_matches(name, FORMATS, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(FORMATS)}"
    raise UserError(f"unknown format '{name}'", where=option, hint=hint)


def outputs(options: Sequence[str] | None) -> list[tuple[str, Path]]:
    """The (format, file) pairs of ``--output``."""
    pairs = []
    for text in options or ():
        name, equals, file = text.partition("=")
        if not equals or not file:
            raise UserError(f"'{text}' is not FORMAT=FILE", where="--output", hint="for example --output json=out.json")
        pairs.append((known_format(name, "--output"), Path(file)))
    return pairs


def wants_color(choice: Color) -> bool:
    """Whether stdout gets colours: only a terminal that has not been told otherwise (https://no-color.org)."""
    if choice is not Color.AUTO:
        return choice is Color.ALWAYS
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def finish(
    outcome: Outcome,
    *,
    format_name: str,
    files: Sequence[tuple[str, Path]],
    fail_on: str,
    color: Color,
    quiet: bool,
    rules: Mapping[str, Rule],
    command: str,
) -> None:
    """Print the report on stdout and the errors on stderr, write the files, and end with the exit code."""
    threshold = None if fail_on == FailOn.NEVER.value else Severity[fail_on.upper()]
    options = ReportOptions(
        color=wants_color(color),
        width=shutil.get_terminal_size((100, 24)).columns,
        quiet=quiet,
        fail_on=threshold,
        rules=rules,
        command=command,
    )
    sys.stdout.write(render(format_name, outcome, options))
    sys.stdout.flush()
    for problem in dict.fromkeys(outcome.result.errors):
        where = f"{problem.location}: " if problem.location else ""
        sys.stderr.write(f"tfratchet: error: {printable(where + problem.message)}\n")
    for name, path in files:
        plain = ReportOptions(quiet=quiet, fail_on=threshold, rules=rules, command=command)
        text = render(name, outcome, plain)
        try:
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise UserError(f"cannot write the report: {error.strerror}", where=str(path)) from None
    raise typer.Exit(exit_code(outcome, threshold))
