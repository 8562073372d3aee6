"""GitLab Code Quality."""

from __future__ import annotations

import json
from typing import Any

import pytest

import fakes
from tfratchet.model import Certainty, Location, Problem, Severity, Side, Suppression
from tfratchet.report import ReportOptions, render

HOSTILE = "a</script>|`x`\n::error::b\r\x1b[2J \u202e\udcff"


def entries(*args: Any, **more: Any) -> list[dict[str, Any]]:
    report = render("gitlab", fakes.outcome(*args, **more), ReportOptions())
    assert report.isascii()
    got = json.loads(report)
    assert isinstance(got, list)
    for entry in got:  # what GitLab requires
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert entry["location"]["lines"]["begin"] >= 1
        assert entry["location"]["path"]
        assert entry["description"]
        assert entry["check_name"]
    assert len({entry["fingerprint"] for entry in got}) == len(got)
    return got


def test_a_finding_in_full() -> None:
    finding = fakes.finding()
    assert entries([finding]) == [
        {
            "type": "issue",
            "check_name": "TFR101",
            "description": "bob stays and no longer has require-mfa "
            '[aws_iam_user_policy_attachment.mfa["bob"]: require-mfa → not attached]',
            "categories": ["Security"],
            "fingerprint": finding.fingerprint,
            "severity": "critical",
            "location": {"path": "users.tf", "lines": {"begin": 4}},
        }
    ]


@pytest.mark.parametrize(
    ("severity", "wanted"),
    [
        (Severity.CRITICAL, "blocker"),
        (Severity.HIGH, "critical"),
        (Severity.MEDIUM, "major"),
        (Severity.LOW, "minor"),
    ],
)
def test_severities(severity: Severity, wanted: str) -> None:
    assert entries([fakes.finding(severity=severity)])[0]["severity"] == wanted


def test_fingerprints_are_unique_and_the_first_keeps_its_own() -> None:
    finding = fakes.finding()
    twin = fakes.finding(title="another title")
    assert [e["fingerprint"] for e in entries([finding, twin])] == [finding.fingerprint, f"{finding.fingerprint}:2"]


def test_what_is_gone_and_what_has_no_place() -> None:
    gone, nowhere = entries([fakes.finding(head=None), fakes.finding(head=None, base=None, root="infra")])
    assert (gone["location"]["path"], gone["location"]["lines"]["begin"]) == ("users.tf", 12)
    assert gone["description"].endswith("require-mfa → gone]")
    assert (nowhere["location"]["path"], nowhere["location"]["lines"]["begin"]) == ("infra", 1)


def test_accepted_findings_are_not_told_and_errors_are() -> None:
    accepted = fakes.finding(suppressed=Suppression("ok", None, "config"))
    problems = [Problem("syntax", "broken", Location("a.tf", 3)), Problem("syntax", "broken", Location("a.tf", 4))]
    got = entries([accepted], errors=[*problems, Problem("limit", "too deep"), problems[0]])
    assert [(e["check_name"], e["severity"]) for e in got] == [("tfratchet-error", "blocker")] * 3
    assert [e["location"]["path"] for e in got] == ["a.tf", "a.tf", "."]


def test_nothing_found_is_an_empty_list() -> None:
    assert entries() == []


def test_a_possible_finding_says_so() -> None:
    assert "require-mfa (possible) [" in entries([fakes.finding(certainty=Certainty.POSSIBLE)])[0]["description"]


def test_text_of_the_tree_stays_text() -> None:
    place = Location(HOSTILE, 3)
    nasty = fakes.finding(
        rule=HOSTILE, address=HOSTILE, message=HOSTILE, base=Side(HOSTILE, place), head=Side(HOSTILE, place)
    )
    outcome = fakes.outcome([nasty], errors=[Problem(HOSTILE, HOSTILE, place)])
    report = render("gitlab", outcome, ReportOptions())
    assert report.isascii()
    assert "<" not in report
    assert not any(line.lstrip().startswith("::") for line in report.splitlines())
    for entry in json.loads(report):
        assert entry["check_name"].isprintable()
        for text in (entry["description"], entry["location"]["path"]):
            assert text.isprintable()
            assert "</script>|`x`\\n::error::b" in text
