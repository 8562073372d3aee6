"""The words of reports on a live account: wanted and is, not before and after; no file where there is none."""

from __future__ import annotations

import pytest

from tfratchet.compare import Result
from tfratchet.model import Finding, Location, Problem, Side
from tfratchet.pipeline import Compared, Outcome, Statistics
from tfratchet.report import FORMATS, ReportOptions, render
from tfratchet.report.wording import wording
from tfratchet.rules.live.audit import RootKeys

FOUND: Finding = RootKeys().found("arn:aws:iam::1:root", "Root has keys.", "no keys", "two keys", root="1")


def report(name: str, command: str, *findings: Finding, errors: tuple[Problem, ...] = (), scope: str = "") -> str:
    outcome = Outcome(
        Compared("the floors"), Compared("account 1"), Result(findings, (), errors), Statistics(roots=1), scope
    )
    return render(name, outcome, ReportOptions(command=command))


@pytest.mark.parametrize("name", ["text", "github", "markdown", "junit", "sarif", "html"])
def test_sides_of_a_finding(name: str) -> None:
    audit, diff = report(name, "audit", FOUND).lower(), report(name, "diff", FOUND).lower()
    assert "wanted" in audit
    assert "wanted" not in diff
    assert "after:" not in audit


def test_text_stands_in_columns() -> None:
    assert "          wanted  no keys\n          is      two keys\n" in report("text", "audit", FOUND)
    assert "        - no keys\n        + two keys\n" in report("text", "diff", FOUND)


def test_what_was_looked_at() -> None:
    scope = "account 1 as <root>: 3 users"
    assert "looked at account 1 as <root>: 3 users" in report("text", "audit", scope=scope)
    assert "Looked at account 1 as" in report("markdown", "audit", scope=scope)
    assert "<root>" not in report("markdown", "audit", scope=scope)
    assert "Looked at account 1 as &lt;root&gt;" in report("html", "audit", scope=scope)
    assert "compared" not in report("text", "audit", scope=scope)


@pytest.mark.parametrize("name", ["text", "markdown"])
def test_errors(name: str) -> None:
    broken = (Problem("unread", "no"),)
    assert "not everything was looked at" in report(name, "audit", errors=broken)
    assert "not everything was compared" in report(name, "diff", errors=broken)


def test_a_verdict_without_findings_names_no_change() -> None:
    assert "✅ tfratchet: nothing found" in report("markdown", "audit")
    assert "✅ tfratchet: nothing is taken away" in report("markdown", "diff")


def test_annotations_name_a_file_only_where_there_is_one() -> None:
    assert "::error title=TFR605" in report("github", "audit", FOUND)
    placed = RootKeys().found("a", "b", "c", "d", root="infra", location=Location("infra/main.tf", 3))
    assert "file=infra/main.tf,title" in report("github", "drift", placed)
    assert "::error title=TFR605" in report("github", "diff", FOUND)


def test_commands_without_words_of_their_own_speak_as_diff() -> None:
    assert wording("plan") == wording("diff")
    assert all(wording(c).before and wording(c).after for c in ("audit", "drift", "diff"))
    assert set(FORMATS) >= {"text", "json", "sarif", "github", "markdown", "junit", "gitlab", "html"}
    assert Side("x").location is None
