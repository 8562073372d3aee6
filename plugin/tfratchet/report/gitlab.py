"""GitLab Code Quality: a JSON list that a merge request shows in its widget and beside the changed lines.

Format: "Code quality report format" in GitLab's documentation of Code Quality. No byte order mark, unique fingerprints,
paths relative to the repository without ``./``.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from tfratchet.model import Certainty, Finding, Problem, Severity
from tfratchet.report import ReportOptions, worst_first
from tfratchet.report.escape import printable
from tfratchet.report.places import anchor, numbered

if TYPE_CHECKING:
    from tfratchet.pipeline import Outcome

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
}


def render(outcome: Outcome, options: ReportOptions) -> str:  # noqa: ARG001 (every format has the same signature)
    """The list; accepted findings are not in it, errors of the run are. ASCII, and without ``<``."""
    result = outcome.result
    findings = worst_first(f for f in result.findings if f.suppressed is None)
    entries = [_error(problem) for problem in dict.fromkeys(result.errors)]
    entries += [_entry(finding, key) for finding, key in numbered(findings)]
    return json.dumps(entries, indent=2).replace("<", "\\u003c") + "\n"


def _entry(finding: Finding, key: str) -> dict[str, Any]:
    place = anchor(finding)
    possible = " (possible)" if finding.certainty is Certainty.POSSIBLE else ""
    before = finding.base.value if finding.base else "not there"
    after = finding.head.value if finding.head else "gone"
    text = f"{finding.message}{possible} [{finding.address}: {before} → {after}]"
    # The widget compares fingerprints of two branches; the first of a kind keeps the plain one.
    fingerprint = key.removesuffix(":1")
    return _item(finding.rule, text, fingerprint, _SEVERITIES[finding.severity], place.file, place.line)


def _error(problem: Problem) -> dict[str, Any]:
    place = problem.location
    file, line = (place.file, place.line) if place else (".", None)
    parts = "\x1f".join((problem.kind, problem.message, file))
    fingerprint = hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    if line is not None:
        fingerprint += f":{line}"
    return _item("tfratchet-error", f"could not compare: {problem.message}", fingerprint, "blocker", file, line)


def _item(check: str, text: str, fingerprint: str, severity: str, file: str, line: int | None) -> dict[str, Any]:
    return {
        "type": "issue",
        "check_name": printable(check),
        "description": printable(text),
        "categories": ["Security"],
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": printable(file.removeprefix("./")), "lines": {"begin": max(line or 1, 1)}},
    }
