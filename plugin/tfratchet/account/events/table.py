"""The report of ``tfratchet events`` for people at a terminal: one entry a call, worst first."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from tfratchet.account.events.event import Event
from tfratchet.account.events.judge import Judged, short
from tfratchet.model import Certainty, Finding, Severity
from tfratchet.pipeline import Outcome
from tfratchet.report import ReportOptions
from tfratchet.report.escape import printable

_STYLES = {
    "critical": "1;37;41",
    "high": "1;31",
    "medium": "1;33",
    "low": "1;34",
    "bold": "1",
    "dim": "2",
    "good": "1;32",
    "bad": "1;31",
}
_SEVERITY, _TIME = 10, 22
_INDENT = " " * _SEVERITY


def render(outcome: Outcome, options: ReportOptions, judged: Sequence[Judged]) -> str:
    """The table and its closing lines. ``judged``: in order, with the findings as they were before acceptances were
    marked.
    """
    by_finding: Mapping[str, Judged] = {j.finding.fingerprint: j for j in judged}
    writer = _Writer(options)
    open_findings = [f for f in outcome.result.findings if f.suppressed is None]
    accepted = [f for f in outcome.result.findings if f.suppressed is not None]
    if open_findings:
        writer.heading()
    for finding in open_findings:
        writer.entry(finding, by_finding[finding.fingerprint])
    if not options.quiet:
        for finding in accepted:
            reason = finding.suppressed.reason if finding.suppressed else ""
            writer.line(
                f"{writer.style('dim', 'accepted')}  {printable(f'{finding.rule} {finding.message}: {reason}')}"
            )
        for note in dict.fromkeys(outcome.result.notes):
            writer.line(f"{writer.style('dim', 'note:')} {printable(note.message)}")
        writer.summary(open_findings, len(accepted), len(set(outcome.result.errors)), outcome.scope)
    return "".join(f"{line}\n" for line in writer.lines)


class _Writer:
    def __init__(self, options: ReportOptions) -> None:
        self.options = options
        self.width = min(max(options.width, 60), 140)
        self.lines: list[str] = []

    def style(self, name: str, text: str) -> str:
        return f"\x1b[{_STYLES[name]}m{text}\x1b[0m" if self.options.color and text else text

    def line(self, text: str) -> None:
        self.lines.append(text.rstrip())

    def heading(self) -> None:
        self.line(self.style("dim", f"{'severity':{_SEVERITY}}{'time (UTC)':{_TIME}}{'call':24}target"))

    def entry(self, finding: Finding, judged: Judged) -> None:
        event = judged.events[0]
        level = str(finding.severity)
        possible = " (possible)" if finding.certainty is Certainty.POSSIBLE else ""
        lead = self.style(level, level) + " " * (_SEVERITY - len(level))
        self.line(f"{lead}{event.when:{_TIME}}{self.style('bold', f'{_call(event):23}')} {printable(_target(event))}")
        who = f"{finding.rule}{possible}  {_who(event)}"
        self.wrapped(who)
        for remark in judged.remarks:
            self.wrapped(f"{' ' * 8}{remark}")

    def wrapped(self, text: str) -> None:
        plain = printable(text)
        inner = len(plain) - len(plain.lstrip())
        self.lines += textwrap.wrap(
            plain.strip(),
            self.width,
            initial_indent=_INDENT + " " * inner,
            subsequent_indent=_INDENT + " " * max(inner, 8),
            break_long_words=False,
            break_on_hyphens=False,
        )

    def summary(self, findings: Sequence[Finding], accepted: int, errors: int, scope: str) -> None:
        if self.lines:
            self.line("")
        counts = {level: sum(f.severity is level for f in findings) for level in sorted(Severity, reverse=True)}
        verdict = ", ".join(self.style(str(level), f"{n:,} {level}") for level, n in counts.items() if n)
        verdict = verdict or self.style("bold" if errors else "good", "nothing found")
        if accepted:
            verdict += f", {accepted} accepted"
        if errors:
            word = "error" if errors == 1 else "errors"
            verdict += ", " + self.style("bad", f"{errors:,} {word}: not everything was read")
        self.line(verdict)
        self.line(self.style("dim", printable(f"looked at {scope}")))


def _call(event: Event) -> str:
    return event.name


def _target(event: Event) -> str:
    target = event.target
    if event.name == "ConsoleLogin":
        return str(event.actor)
    text = str(target)
    if target.group:
        text += f", group {target.group}"
    if target.policy:
        text += f", policy {short(target.policy)}"
    return text


def _who(event: Event) -> str:
    mfa = {True: ", with MFA", False: ", without MFA", None: ""}[event.actor.mfa]
    parts = [f"{event.actor}{f' from {event.ip}' if event.ip else ''} by {event.via}{mfa}"]
    parts += [p for p in (event.account and f"account {event.account}", event.region) if p]
    return ", ".join(parts)
