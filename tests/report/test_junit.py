"""JUnit XML, read back with a parser."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import fakes
from tfratchet.model import Certainty, Location, Problem, Severity, Side, Suppression
from tfratchet.report import ReportOptions, render

HOSTILE = "a</failure></script>\"'&|`x`]]>\n::error::b\r\x1b[2J\x00 \u202e\udcff\ufffe\uffff"


def suites(*args: Any, fail_on: Severity | None = Severity.MEDIUM, **more: Any) -> ET.Element:
    report = render("junit", fakes.outcome(*args, **more), ReportOptions(fail_on=fail_on))
    assert report.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    top = ET.fromstring(report.encode())
    assert top.tag == "testsuites"
    for box in (top, *top):
        cases = list(box.iter("testcase"))
        assert box.get("tests") == str(len(cases))
        for tag, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert box.get(name) == str(sum(c.find(tag) is not None for c in cases))
    return top


def only(element: ET.Element | None) -> ET.Element:
    assert element is not None
    return element


def test_a_finding_in_full() -> None:
    finding = fakes.finding()
    top = suites([finding])
    assert [s.get("name") for s in top] == ["."]
    case = only(top.find("testsuite/testcase"))
    assert case.attrib == {
        "classname": "TFR101",
        "name": 'policy detached from user: aws_iam_user_policy_attachment.mfa["bob"]',
        "time": "0",
        "file": "users.tf",
        "line": "4",
    }
    failure = only(case.find("failure"))
    assert failure.attrib == {"type": "high", "message": "bob stays and no longer has require-mfa"}
    assert (failure.text or "").splitlines() == [
        "high: bob stays and no longer has require-mfa",
        "before: require-mfa (users.tf:12)",
        "after: not attached (users.tf:4)",
        "fix: Put the attachment back.",
        f"fingerprint: {finding.fingerprint}",
    ]


def test_one_suite_a_root_module() -> None:
    top = suites([fakes.finding(root="a"), fakes.finding(root="b", variant="p.tfvars"), fakes.finding(root="a")])
    assert {s.get("name"): s.get("tests") for s in top} == {"a": "2", "b with p.tfvars": "1"}


def test_below_the_threshold_passes_accepted_is_skipped_error_is_error() -> None:
    accepted = fakes.finding(address="x", suppressed=Suppression("ticket 1", "2027-01-31", "comment"))
    low = fakes.finding(severity=Severity.LOW, certainty=Certainty.POSSIBLE, depends_on=("var.x",), head=None)
    top = suites([accepted, low], errors=[Problem("syntax", "broken", Location("a.tf", 3))])
    assert (top.get("tests"), top.get("failures"), top.get("errors"), top.get("skipped")) == ("3", "0", "1", "1")
    assert only(top.find(".//skipped")).get("message") == "accepted: ticket 1 (comment, until 2027-01-31)"
    assert only(top.find(".//error")).attrib == {"type": "syntax", "message": "a.tf:3: broken"}
    story = only(top.find(".//system-out")).text or ""
    assert story.startswith("low, possible: ")
    assert "after: gone\ndepends on: var.x\n" in story


def test_never_means_never() -> None:
    assert suites([fakes.finding(severity=Severity.CRITICAL)], fail_on=None).get("failures") == "0"


def test_nothing_found_is_one_passed_case() -> None:
    top = suites()
    assert (top.get("tests"), top.get("failures")) == ("1", "0")
    assert only(top.find(".//testcase")).get("name") == "HEAD against WORKTREE: nothing is taken away"


def test_text_of_the_tree_stays_text() -> None:
    place = Location(HOSTILE, 3)
    more = {
        "title": HOSTILE,
        "message": HOSTILE,
        "base": Side(HOSTILE, place),
        "head": Side(HOSTILE, place),
        "root": HOSTILE,
        "variant": HOSTILE,
        "fix": HOSTILE,
        "depends_on": (HOSTILE,),
    }
    findings = [
        fakes.finding(address=HOSTILE, **more),
        fakes.finding(address=f"b{HOSTILE}", **more, suppressed=Suppression(HOSTILE, HOSTILE, HOSTILE)),
        fakes.finding(address=f"c{HOSTILE}", **more, severity=Severity.LOW),
    ]
    top = suites(findings, errors=[Problem(HOSTILE, HOSTILE, place)])
    assert len(list(top.iter())) == 1 + 2 + 4 + 4
    for element in top.iter():
        for text in (*element.attrib.values(), element.text or ""):
            assert set("".join(c for c in text if not c.isprintable())) <= {"\n"}
            assert not any(line.startswith("::") for line in text.splitlines())
    message = only(top.find(".//failure")).get("message") or ""
    assert message.startswith("a</failure></script>\"'&|`x`]]>\\n::error::b\\x0d\\x1b[2J\\x00 ")
