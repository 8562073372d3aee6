"""The report for programs; its shape is described by ``docs/report.schema.json`` and changes only with its version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tfratchet.model import Finding, Problem, Severity, Side
from tfratchet.more import Gain
from tfratchet.report import ReportOptions, exit_code, worst_first

if TYPE_CHECKING:
    from tfratchet.pipeline import Compared, Outcome

SCHEMA_VERSION = 1


def render(outcome: Outcome, options: ReportOptions) -> str:
    """One JSON document, ASCII only: control characters of the analysed tree arrive as escapes."""
    return json.dumps(document(outcome, options), indent=2) + "\n"


def document(outcome: Outcome, options: ReportOptions) -> dict[str, Any]:
    """The report as plain data."""
    result, counted = outcome.result, outcome.statistics
    findings = worst_first(result.findings)
    live = [f for f in findings if f.suppressed is None]
    more = result.more()
    return {
        "schema_version": SCHEMA_VERSION,
        "base": _compared(outcome.base),
        "head": _compared(outcome.head),
        "findings": [finding(f) for f in findings],
        "gains": [_gain(g) for g in more.gains],
        "notes": [_problem(p) for p in dict.fromkeys([*result.notes, *more.notes])],
        "errors": [_problem(p) for p in dict.fromkeys(result.errors)],
        "summary": {
            "findings": len(live),
            "suppressed": len(findings) - len(live),
            "by_severity": {str(s): sum(f.severity is s for f in live) for s in sorted(Severity, reverse=True)},
            "fail_on": str(options.fail_on) if options.fail_on else "never",
            "exit_code": exit_code(outcome, options.fail_on),
            "roots": counted.roots,
            "resources": counted.resources,
            "opaque_calls": counted.calls,
            "unknown_values": counted.unknown,
            "files_read": counted.files,
            "files_changed": counted.changed,
        },
    }


def finding(item: Finding) -> dict[str, Any]:
    """One finding."""
    accepted = item.suppressed
    return {
        "rule": item.rule,
        "title": item.title,
        "family": item.family,
        "severity": str(item.severity),
        "certainty": str(item.certainty),
        "address": item.address,
        "message": item.message,
        "base": _side(item.base),
        "head": _side(item.head),
        "root": item.root,
        "variant": item.variant,
        "fix": item.fix,
        "depends_on": list(item.depends_on),
        "fingerprint": item.fingerprint,
        "suppressed": None
        if accepted is None
        else {"reason": accepted.reason, "expires": accepted.expires, "by": accepted.by},
    }


def _gain(gain: Gain) -> dict[str, Any]:
    place = gain.location
    return {
        "kind": gain.kind,
        "text": gain.text,
        "rule": gain.rule,
        "address": gain.address,
        "root": gain.root,
        "variant": gain.variant,
        "file": place.file if place else None,
        "line": place.line if place else None,
    }


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    place = side.location
    return {"value": side.value, "file": place.file if place else None, "line": place.line if place else None}


def _problem(problem: Problem) -> dict[str, Any]:
    place = problem.location
    return {
        "kind": problem.kind,
        "message": problem.message,
        "file": place.file if place else None,
        "line": place.line if place else None,
    }


def _compared(side: Compared) -> dict[str, Any]:
    return {"label": side.label, "commit": side.commit}
