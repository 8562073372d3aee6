"""GitHub workflow annotations: ``::error file=...::message`` lines that the runner shows beside the changed lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfratchet.model import Certainty, Finding, Severity
from tfratchet.report import ReportOptions, worst_first
from tfratchet.report.escape import printable
from tfratchet.report.places import anchor
from tfratchet.report.wording import Wording, wording

if TYPE_CHECKING:
    from tfratchet.pipeline import Outcome

_COMMANDS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}


def render(outcome: Outcome, options: ReportOptions) -> str:
    """One command a line: errors of the run first (GitHub shows ten of a kind a step), then findings, worst first.

    Accepted findings get none. A last line, which is no command, says how many there are.
    """
    result = outcome.result
    findings = worst_first(f for f in result.findings if f.suppressed is None)
    lines = []
    for problem in dict.fromkeys(result.errors):
        place = problem.location
        lines.append(
            _command("error", place.file if place else "", place.line if place else None, "could not compare")
            + data(problem.message)
        )
    lines += [_annotation(finding, wording(options.command)) for finding in findings]
    if not options.quiet or lines:
        lines.append(f"tfratchet: {len(findings) or 'no'} finding{'' if len(findings) == 1 else 's'}")
    return "".join(f"{line}\n" for line in lines)


def _annotation(finding: Finding, names: Wording) -> str:
    place = anchor(finding)
    title = f"{finding.rule} {finding.severity}: {finding.title}"
    if finding.certainty is Certainty.POSSIBLE:
        title += " (possible)"
    before = finding.base.value if finding.base else "not there"
    if finding.base is not None and finding.base.location is not None:
        before += f" ({finding.base.location})"
    parts = [
        finding.message,
        *([] if place.line is not None or finding.address in finding.message else [f"at: {finding.address}"]),
        f"{names.before}: {before}",
        f"{names.after}: {finding.head.value if finding.head else 'gone'}",
        *([f"depends on: {', '.join(finding.depends_on)}"] if finding.depends_on else []),
        *([f"fix: {finding.fix}"] if finding.fix else []),
    ]
    # A line of base is another line in head: then the file alone is named.
    line = None if place.in_base else place.line
    text = "%0A".join(data(part) for part in parts)  # the only line breaks are ours
    # What is wrong in an account or a plan may stand in no file: a folder cannot be annotated.
    file = place.file if place.line is not None else ""
    return _command(_COMMANDS[finding.severity], file, line, title) + text


def _command(name: str, file: str, line: int | None, title: str) -> str:
    values = {"file": file, "line": str(line) if line else "", "title": title}
    return f"::{name} " + ",".join(f"{key}={value(text)}" for key, text in values.items() if text) + "::"


def data(text: str) -> str:
    """The message of a command. After ``printable`` no line break is left: nothing can start a command of its own."""
    text = printable(text).replace("%", "%25")
    return text.replace("##[", "## [")  # the old form of commands, which the runner finds anywhere in a line


def value(text: str) -> str:
    """The value of a property: a colon or comma would end it."""
    return data(text).replace(":", "%3A").replace(",", "%2C")
