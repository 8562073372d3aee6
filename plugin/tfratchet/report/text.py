"""The report for people at a terminal: grouped by root module, worst first, compact, with a closing line to trust."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tfratchet.model import Certainty, Finding, Problem, Severity, Side
from tfratchet.report import ReportOptions, worst_first
from tfratchet.report.escape import printable
from tfratchet.report.wording import wording

if TYPE_CHECKING:
    from tfratchet.pipeline import Compared, Outcome

_STYLES = {
    "critical": "1;37;41",
    "high": "1;31",
    "medium": "1;33",
    "low": "1;34",
    "bold": "1",
    "dim": "2",
    "address": "36",
    "base": "31",
    "head": "32",
    "good": "1;32",
    "bad": "1;31",
}
_INDENT = " " * 10  # as wide as "critical" and two spaces: everything of a finding stands below its rule id
_LOCATION_WIDTH = 44  # a longer location is not cut; only its value moves to the right
_MIN_WIDTH, _MAX_WIDTH = 60, 120


def render(outcome: Outcome, options: ReportOptions) -> str:
    """The report. Never contains a control character of the analysed tree."""
    return _Writer(outcome, options).text()


class _Writer:
    def __init__(self, outcome: Outcome, options: ReportOptions) -> None:
        self.outcome = outcome
        self.options = options
        self.width = min(max(options.width, _MIN_WIDTH), _MAX_WIDTH)
        self.lines: list[str] = []

    def text(self) -> str:
        result = self.outcome.result
        open_findings = worst_first(f for f in result.findings if f.suppressed is None)
        for (root, variant), findings in _groups(open_findings):
            if root != "." or variant:
                where = printable(root) + (f" with {printable(variant)}" if variant else "")
                self.lines += [self.style("bold", where), ""]
            for finding in findings:
                self.finding(finding)
        if not self.options.quiet:
            self.accepted(worst_first(f for f in result.findings if f.suppressed is not None))
            self.notes(result.notes)
            self.summary(open_findings)
        return "".join(f"{line}\n" for line in self.lines)

    def style(self, name: str, text: str) -> str:
        return f"\x1b[{_STYLES[name]}m{text}\x1b[0m" if self.options.color and text else text

    def wrapped(self, text: str, label: str = "") -> None:
        """A paragraph below the rule id, behind a dim label."""
        lead = f"{label}  " if label else ""
        lines = textwrap.wrap(
            printable(text),
            max(self.width - len(_INDENT) - len(lead), 20),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for i, line in enumerate(lines):
            start = self.style("dim", lead) if i == 0 else " " * len(lead)
            self.lines.append(f"{_INDENT}{start}{line}")

    def finding(self, finding: Finding) -> None:
        level = str(finding.severity)
        title = finding.title + (" (possible)" if finding.certainty is Certainty.POSSIBLE else "")
        head = self.style(level, level) + " " * (len(_INDENT) - len(level))
        self.lines.append(f"{head}{self.style('bold', finding.rule)}  {self.style('bold', printable(title))}")
        if finding.address:
            self.lines.append(_INDENT + self.style("address", printable(finding.address)))
        self.wrapped(finding.message)
        self.sides(finding.base, finding.head)
        if finding.depends_on:
            self.wrapped(", ".join(finding.depends_on), "depends on")
        rule = self.options.rules.get(finding.rule)
        if rule is not None:
            from tfratchet.pages import why

            self.wrapped(why(rule), "why")
        if finding.fix:
            self.wrapped(finding.fix, "fix")
        self.lines.append("")

    def sides(self, base: Side | None, head: Side | None) -> None:
        places = [printable(str(s.location)) if s and s.location else "" for s in (base, head)]
        width = min(max(map(len, places)), _LOCATION_WIDTH)
        words = wording(self.options.command)
        signs = words.signs
        styles = ("base", "head") if words.change else ("head", "base")  # red is what is wrong
        lead = _INDENT[:-2] if words.change else _INDENT
        for sign, name, side, place, absent in (
            (signs[0], styles[0], base, places[0], "not there"),
            (signs[1], styles[1], head, places[1], "gone"),
        ):
            value = printable(side.value) if side else absent
            line = f"{place.ljust(width)}  {value}".strip() if width else value
            if width and not place:
                line = " " * (width + 2) + value
            self.lines.append(f"{lead}{self.style(name, f'{sign} {line}')}")

    def accepted(self, findings: Sequence[Finding]) -> None:
        if not findings:
            return
        self.lines.append(self.style("bold", "accepted"))
        for finding in findings:
            accepted = finding.suppressed
            if accepted is not None:
                until = f", until {accepted.expires}" if accepted.expires else ""
                case = f" with {finding.variant}" if finding.variant else ""
                text = f"{finding.rule} {finding.address}{case}: {accepted.reason} ({accepted.by}{until})"
                self.lines.append(f"  {self.style('dim', str(finding.severity))} {printable(text)}")
        self.lines.append("")

    def notes(self, notes: Iterable[Problem]) -> None:
        seen = dict.fromkeys(notes)
        for note in seen:
            where = f"{note.location}: " if note.location else ""
            self.lines.append(f"{self.style('dim', 'note:')} {printable(where + note.message)}")
        if seen:
            self.lines.append("")

    def summary(self, findings: Sequence[Finding]) -> None:
        result, counted = self.outcome.result, self.outcome.statistics
        counts = {level: sum(f.severity is level for f in findings) for level in sorted(Severity, reverse=True)}
        found = ", ".join(self.style(str(level), f"{n} {level}") for level, n in counts.items() if n)
        accepted = len(result.findings) - len(findings)
        verdict = found or self.style("good" if not result.errors else "bold", "nothing found")
        if accepted:
            verdict += f", {accepted} accepted"
        not_everything = f"not everything was {wording(self.options.command).looked}"
        if result.errors:
            verdict += ", " + self.style("bad", f"{_count(len(result.errors), 'error')}: {not_everything}")
        self.lines.append(verdict)
        if self.outcome.scope:
            self.lines.append(self.style("dim", printable(f"looked at {self.outcome.scope}")))
            return
        compared = f"compared {_side(self.outcome.base)} with {_side(self.outcome.head)}: "
        if counted.roots == 0:
            compared += f"{_count(counted.changed, 'changed file')}, none of which any root module reads"
        else:
            compared += f"{_count(counted.roots, 'root module')}, {_count(counted.resources, 'resource')}"
            if counted.calls:
                compared += f", {_count(counted.calls, 'module call')} not looked into"
            unknown = counted.unknown
            compared += f"; {_count(unknown, 'value') if unknown else 'no value'} could not be known" if unknown else ""
        self.lines.append(self.style("dim", compared))


def _groups(findings: Iterable[Finding]) -> list[tuple[tuple[str, str | None], list[Finding]]]:
    """Findings by root and variant; the group with the worst finding first."""
    groups: dict[tuple[str, str | None], list[Finding]] = {}
    for finding in findings:  # worst first already
        groups.setdefault((finding.root, finding.variant), []).append(finding)
    return list(groups.items())


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _side(side: Compared) -> str:
    commit = f" ({side.commit[:9]})" if side.commit and not side.commit.startswith(side.label) else ""
    return printable(side.label) + commit
