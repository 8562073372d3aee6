"""How a command that compares ends: report on stdout, errors on stderr, files, exit code. And what leads there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

from tfratchet.errors import UserError
from tfratchet.model import Severity
from tfratchet.report import FORMATS, ReportOptions, exit_code, render
from tfratchet.report.escape import printable

if TYPE_CHECKING:
    from tfratchet.configfile import Vocabulary
    from tfratchet.pipeline import Outcome
    from tfratchet.rules.base import RuleInfo


def today(option: str | None) -> date:
    """The day of this run: ``--today``, else ``SOURCE_DATE_EPOCH`` (reproducible runs), else the clock's."""
    if option is not None:
        return day_of(option, "--today")
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        try:
            return datetime.fromtimestamp(int(epoch), timezone.utc).date()
        except (ValueError, OverflowError, OSError):
            raise UserError(f"'{epoch}' is no number of seconds", where="SOURCE_DATE_EPOCH") from None
    return datetime.now().astimezone().date()


def day_of(text: str, option: str) -> date:
    """The day that ``option`` says. Raises UserError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"'{text}' is no day such as 2027-01-31", where=option) from None


def rules_by_id() -> dict[str, RuleInfo]:
    """Every rule there is, by id."""
    from tfratchet.rules import every_rule

    return {rule.id: rule for rule in every_rule()}


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


def known_groups(names: Sequence[str]) -> None:
    """Raises UserError when ``--include`` names a group of rules that does not exist."""
    known = vocabulary().groups if names else frozenset()
    for name in names:
        if name not in known:
            hint = f"known: {', '.join(sorted(known))}"
            raise UserError(f"unknown group '{name}'", where="--include", hint=hint)


def known_format(name: str, option: str) -> str:
    """``name`` when it is a format; else UserError with the nearest one."""
    if name in FORMATS:
        return name
    import difflib

    close = difflib.get_close_matches(name, FORMATS, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(FORMATS)}"
    raise UserError(f"unknown format '{name}'", where=option, hint=hint)


def outputs(options: Sequence[str]) -> list[tuple[str, str]]:
    """The (format, file) pairs of ``--output``."""
    pairs = []
    for text in options:
        name, equals, file = text.partition("=")
        if not equals or not file:
            raise UserError(f"'{text}' is not FORMAT=FILE", where="--output", hint="for example --output json=out.json")
        pairs.append((known_format(name, "--output"), file))
    return pairs


def wants_color(choice: str) -> bool:
    """Whether stdout gets colours: only a terminal that has not been told otherwise (https://no-color.org)."""
    if choice != "auto":
        return choice == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _width() -> int:
    try:
        return int(os.environ.get("COLUMNS", "")) or 100
    except ValueError:
        pass
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 100
    except (OSError, ValueError):
        return 100


def finish(
    outcome: Outcome,
    *,
    format_name: str,
    files: Sequence[tuple[str, str]],
    fail_on: str,
    color: str,
    quiet: bool,
    rules: Mapping[str, RuleInfo],
    command: str,
    text: Callable[[Outcome, ReportOptions], str] | None = None,
) -> int:
    """Print the report on stdout and the errors on stderr, write the files, and give the exit code.

    ``fail_on``: a severity or ``never``. ``files``: what ``outputs`` gave. ``text``: how the command writes its report
    for people, where that is not the usual one. Raises UserError when a file cannot be written.
    """
    threshold = None if fail_on == "never" else Severity[fail_on.upper()]
    options = ReportOptions(
        color=wants_color(color),
        width=_width(),
        quiet=quiet,
        fail_on=threshold,
        rules=rules,
        command=command,
    )

    def written(name: str, told: ReportOptions) -> str:
        return text(outcome, told) if text is not None and name == "text" else render(name, outcome, told)

    sys.stdout.write(written(format_name, options))
    sys.stdout.flush()
    for problem in dict.fromkeys(outcome.result.errors):
        where = f"{problem.location}: " if problem.location else ""
        sys.stderr.write(f"tfratchet: error: {printable(where + problem.message)}\n")
    for name, path in files:
        plain = ReportOptions(quiet=quiet, fail_on=threshold, rules=rules, command=command)
        report = written(name, plain)
        try:
            with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as handle:
                handle.write(report)
        except OSError as error:
            raise UserError(f"cannot write the report: {error.strerror}", where=path) from None
    return exit_code(outcome, threshold)
