"""JUnit XML, which every CI server shows as test results: one suite a root module, one case a finding."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # only written here, never parsed
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfratchet.model import Certainty, Finding, Problem
from tfratchet.report import ReportOptions, at_or_above, worst_first
from tfratchet.report.escape import printable
from tfratchet.report.places import anchor
from tfratchet.report.wording import Wording, wording

if TYPE_CHECKING:
    from tfratchet.pipeline import Outcome

# What XML 1.0 cannot hold (section 2.2) and ``printable`` leaves as it is.
_NO_XML = re.compile("[\ufffe\uffff]")


def render(outcome: Outcome, options: ReportOptions) -> str:
    """The document. A finding below the threshold passes, an accepted one is skipped, an error of the run is an error.

    A run without any finding and error has one passed case: servers take a file without cases for a broken one.
    """
    findings = worst_first(outcome.result.findings)
    bad = set(at_or_above(findings, options.fail_on))
    suites: dict[str, list[ET.Element]] = {}
    for problem in dict.fromkeys(outcome.result.errors):
        suites.setdefault("tfratchet", []).append(_error(problem))
    for finding in findings:
        name = f"{finding.root} with {finding.variant}" if finding.variant else finding.root
        suites.setdefault(_clean(name), []).append(_case(finding, finding in bad, wording(options.command)))
    if not suites:
        said = f"{outcome.base.label} against {outcome.head.label}: nothing is taken away"
        suites["tfratchet"] = [ET.Element("testcase", classname="tfratchet", name=_clean(said), time="0")]
    top = ET.Element("testsuites", {"name": "tfratchet", **_numbers([c for cases in suites.values() for c in cases])})
    for name, cases in suites.items():
        suite = ET.SubElement(top, "testsuite", {"name": name, **_numbers(cases)})
        suite.extend(cases)
    ET.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n"


def _numbers(cases: Sequence[ET.Element]) -> dict[str, str]:
    def holding(tag: str) -> str:
        return str(sum(case.find(tag) is not None for case in cases))

    return {
        "tests": str(len(cases)),
        "failures": holding("failure"),
        "errors": holding("error"),
        "skipped": holding("skipped"),
        "time": "0",
    }


def _case(finding: Finding, bad: bool, words: Wording) -> ET.Element:
    place = anchor(finding)
    about = {"classname": finding.rule, "name": f"{finding.title}: {finding.address or finding.root}", "time": "0"}
    if place.line is not None:
        about |= {"file": place.file, "line": str(place.line)}
    case = ET.Element("testcase", {key: _clean(value) for key, value in about.items()})
    accepted = finding.suppressed
    if accepted is not None:
        until = f", until {accepted.expires}" if accepted.expires else ""
        ET.SubElement(case, "skipped", message=_clean(f"accepted: {accepted.reason} ({accepted.by}{until})"))
    elif bad:
        failure = ET.SubElement(case, "failure", type=str(finding.severity), message=_clean(finding.message))
        failure.text = _story(finding, words)
    else:
        ET.SubElement(case, "system-out").text = _story(finding, words)
    return case


def _error(problem: Problem) -> ET.Element:
    where = f"{problem.location}: " if problem.location else ""
    case = ET.Element(
        "testcase", classname="tfratchet", name=_clean(f"could not compare {where}".rstrip(": ")), time="0"
    )
    ET.SubElement(case, "error", type=_clean(problem.kind), message=_clean(where + problem.message))
    return case


def _story(finding: Finding, words: Wording) -> str:
    certainty = "" if finding.certainty is Certainty.CERTAIN else ", possible"
    lines = [f"{finding.severity}{certainty}: {finding.message}"]
    for name, side, absent in ((words.before, finding.base, "not there"), (words.after, finding.head, "gone")):
        place = f" ({side.location})" if side and side.location else ""
        lines.append(f"{name}: {side.value if side else absent}{place}")
    if finding.depends_on:
        lines.append(f"depends on: {', '.join(finding.depends_on)}")
    if finding.fix:
        lines.append(f"fix: {finding.fix}")
    lines.append(f"fingerprint: {finding.fingerprint}")
    return "\n".join(_clean(line) for line in lines)


def _clean(text: str) -> str:
    """``text`` on one line, of characters that XML can hold; ElementTree escapes the rest."""
    return _NO_XML.sub(lambda m: f"\\u{ord(m[0]):04x}", printable(text))
