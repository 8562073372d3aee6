"""Reports: one module an output format, found by name. Each has ``render(outcome, options) -> str``.

To add a format: write ``report/NAME.py`` with that function and add one line to ``FORMATS``.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tfratchet.model import Finding, Severity

if TYPE_CHECKING:
    from tfratchet.pipeline import Outcome
    from tfratchet.rules.base import RuleInfo

FORMATS: dict[str, str] = {
    "text": "tfratchet.report.text",
    "json": "tfratchet.report.json",
    "sarif": "tfratchet.report.sarif",
    "github": "tfratchet.report.github",
    "markdown": "tfratchet.report.markdown",
    "html": "tfratchet.report.html",
    "junit": "tfratchet.report.junit",
    "gitlab": "tfratchet.report.gitlab",
}
"""Name of the format → module."""
TELLS_MORE = frozenset({"json", "markdown", "html"})
"""The formats that ask for ``Result.more``, which takes its time."""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What a report may be told. A format takes what it needs."""

    color: bool = False
    """ANSI colours; only where the output is a terminal or the user asked for them."""
    width: int = 100
    """Columns of the terminal."""
    quiet: bool = False
    """Findings only: no notes, no closing line when there is nothing to say."""
    fail_on: Severity | None = Severity.MEDIUM
    """None: findings never fail the run."""
    rules: Mapping[str, RuleInfo] = field(default_factory=dict)
    """The rules by id: for titles, reasons, references, help."""
    command: str = "diff"
    """The command that made the report (``diff``, ``plan``, ``audit``)."""


def render(name: str, outcome: Outcome, options: ReportOptions) -> str:
    """The report of ``outcome`` in format ``name`` (a key of ``FORMATS``), with a final newline."""
    module = importlib.import_module(FORMATS[name])
    text: str = module.render(outcome, options)
    return text


def at_or_above(findings: Iterable[Finding], fail_on: Severity | None) -> list[Finding]:
    """The findings that fail the run: at or above the threshold and not suppressed."""
    if fail_on is None:
        return []
    return [f for f in findings if f.suppressed is None and f.severity >= fail_on]


def exit_code(outcome: Outcome, fail_on: Severity | None) -> int:
    """0 nothing at or above the threshold, 1 findings, 2 something could not be analysed (also beside findings)."""
    if outcome.result.errors:
        return 2
    return 1 if at_or_above(outcome.result.findings, fail_on) else 0


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in the order of every report: severity, then certainty, rule, root, place, address."""

    def key(finding: Finding) -> tuple[object, ...]:
        side = finding.head or finding.base
        place = side.location if side else None
        return (
            -finding.severity,
            finding.certainty.value,  # "certain" before "possible"
            finding.rule,
            finding.root,
            finding.variant or "",
            (place.file, place.line) if place else ("", 0),
            finding.address,
            finding.message,
        )

    return sorted(findings, key=key)
