"""SARIF 2.1.0 for GitHub code scanning, Azure DevOps, editors (OASIS standard, sections named below)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import tfratchet
from tfratchet.model import Certainty, Finding, Location, Problem, Severity
from tfratchet.report import ReportOptions, worst_first
from tfratchet.report.escape import printable
from tfratchet.report.places import anchor, numbered
from tfratchet.report.wording import Wording, wording

if TYPE_CHECKING:
    from tfratchet.pipeline import Outcome
    from tfratchet.rules.base import RuleInfo

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
# GitHub sorts alerts by this number: over 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, 0.1 to 3.9 low.
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def render(outcome: Outcome, options: ReportOptions) -> str:
    """One SARIF log with one run. ASCII, and without ``<``: it cannot end a script element that it is put into."""
    return json.dumps(document(outcome, options), indent=2).replace("<", "\\u003c") + "\n"


def document(outcome: Outcome, options: ReportOptions) -> dict[str, Any]:
    """The log as plain data."""
    result = outcome.result
    findings = worst_first(result.findings)
    rules = [_rule(rule) for rule in options.rules.values()]
    known = set(options.rules)
    for finding in findings:
        if finding.rule not in known:
            known.add(finding.rule)
            rules.append({"id": finding.rule, "shortDescription": {"text": _text(finding.title)}})
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "tfratchet", "semanticVersion": tfratchet.__version__, "rules": rules}},
        "automationDetails": {"id": f"tfratchet/{options.command}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not result.errors,
                "toolExecutionNotifications": [
                    *_notifications(result.errors, "error"),
                    *_notifications(result.notes, "note"),
                ],
            }
        ],
        "results": [
            _result(finding, key, index[finding.rule], wording(options.command)) for finding, key in numbered(findings)
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: RuleInfo) -> dict[str, Any]:
    from tfratchet.pages import docstring, page

    tags = ["security", rule.family, *(str(r) for r in rule.references)]
    text = docstring(rule)
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": text.split("\n")[0] or rule.title},
        # Text of our own rules, not of the analysed tree; only "text" may be shown where Markdown is not known.
        "help": {"text": text or rule.title, "markdown": page(rule)},
        "defaultConfiguration": {"enabled": not rule.group, "level": _LEVELS[rule.severity]},
        "properties": {"tags": list(dict.fromkeys(tags)), "security-severity": _SCORES[rule.severity]},
    }


def _result(finding: Finding, key: str, index: int, words: Wording) -> dict[str, Any]:
    text = finding.message
    if finding.certainty is Certainty.POSSIBLE:
        text += f" (possible: depends on {', '.join(finding.depends_on)})" if finding.depends_on else " (possible)"
    before = finding.base.value if finding.base else "not there"
    after = finding.head.value if finding.head else "gone"
    sides = f"{words.before.title()}: {_text(before)}. {words.after.title()}: {_text(after)}."
    place = anchor(finding)
    physical: dict[str, Any] = {"artifactLocation": _artifact(place.file)}
    if place.line is not None:
        physical["region"] = {"startLine": place.line}
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.address:
        name = printable(finding.address)
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"}]
    found: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{_text(text.rstrip('.'))}. {sides}"},
        "locations": [location],
        # Section 3.27.17. GitHub reads no other key than primaryLocationLineHash, whose own value changes with lines.
        "partialFingerprints": {"tfratchet/v1": finding.fingerprint, "primaryLocationLineHash": key},
        # Section 3.27.23: an empty list says "not suppressed"; either every result has the list or none.
        "suppressions": _suppressions(finding),
        "properties": {
            "severity": str(finding.severity),
            "certainty": str(finding.certainty),
            "root": printable(finding.root),
            "security-severity": _SCORES[finding.severity],
        },
    }
    if finding.variant:
        found["properties"]["variant"] = printable(finding.variant)
    if finding.fix:
        found["properties"]["fix"] = printable(finding.fix)
    if finding.base is not None and finding.base.location is not None:
        found["relatedLocations"] = [
            {
                "id": 1,
                "physicalLocation": _physical(finding.base.location),
                "message": {"text": f"{'before the change' if words.change else words.before}: {_text(before)}"},
            }
        ]
    return found


def _suppressions(finding: Finding) -> list[dict[str, str]]:
    accepted = finding.suppressed
    if accepted is None:
        return []
    until = f" (until {accepted.expires})" if accepted.expires else ""
    kind = "inSource" if accepted.by == "comment" else "external"
    return [{"kind": kind, "status": "accepted", "justification": printable(accepted.reason + until)}]


def _notifications(problems: Iterable[Problem], level: str) -> list[dict[str, Any]]:
    found = []
    for problem in dict.fromkeys(problems):
        item: dict[str, Any] = {
            "level": level,
            "message": {"text": _text(problem.message)},
            "descriptor": {"id": problem.kind},
        }
        if problem.location is not None:
            item["locations"] = [{"physicalLocation": _physical(problem.location)}]
        found.append(item)
    return found


def _physical(location: Location) -> dict[str, Any]:
    return {"artifactLocation": _artifact(location.file), "region": {"startLine": max(location.line, 1)}}


def _artifact(path: str) -> dict[str, str]:
    """A path of the tree as a relative URI (section 3.4.3): every byte that is no plain character is encoded."""
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = path.encode("utf-8", "backslashreplace")
    return {"uri": quote(raw, safe="/"), "uriBaseId": "%SRCROOT%"}


def _text(text: str) -> str:
    """Plain message text: no embedded link ``[text](place)``, no placeholder ``{0}`` (sections 3.11.5 and 3.11.6)."""
    text = printable(text.rstrip(". ") or text).replace("](", "] (")
    return _PLACEHOLDER.sub(r"{{\1}}", text)
