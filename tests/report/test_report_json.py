"""The report for programs, held against its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import fakes
from tfratchet.model import Certainty, Location, Problem, Severity, Side, Suppression
from tfratchet.more import STRONGER, Gain, More
from tfratchet.report import ReportOptions, render

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text())


def report(*args: Any, fail_on: Severity | None = Severity.MEDIUM, **more: Any) -> dict[str, Any]:
    text = render("json", fakes.outcome(*args, **more), ReportOptions(fail_on=fail_on))
    document: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(document)
    return document


def test_the_schema_itself_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_report_in_full() -> None:
    accepted = Suppression("ticket", "2027-01-31", "comment")
    findings = [
        fakes.finding(),
        fakes.finding(head=None, base=Side("x", None), severity=Severity.CRITICAL, variant="p.tfvars", root="infra"),
        fakes.finding(certainty=Certainty.POSSIBLE, depends_on=("var.x",), severity=Severity.LOW, suppressed=accepted),
    ]
    got = report(findings, [Problem("move", "moved", Location("a.tf", 1))], [Problem("syntax", "broken")])
    assert got["base"] == {"label": "HEAD", "commit": "1234567890abcdef1234567890abcdef12345678"}
    assert got["head"] == {"label": "WORKTREE", "commit": None}
    assert [f["severity"] for f in got["findings"]] == ["critical", "high", "low"]
    assert got["findings"][1] == {
        "rule": "TFR101",
        "title": "policy detached from user",
        "family": "detach",
        "severity": "high",
        "certainty": "certain",
        "address": 'aws_iam_user_policy_attachment.mfa["bob"]',
        "message": "bob stays and no longer has require-mfa",
        "base": {"value": "require-mfa", "file": "users.tf", "line": 12},
        "head": {"value": "not attached", "file": "users.tf", "line": 4},
        "root": ".",
        "variant": None,
        "fix": "Put the attachment back.",
        "depends_on": [],
        "fingerprint": findings[0].fingerprint,
        "suppressed": None,
    }
    assert got["findings"][0]["head"] is None
    assert got["findings"][0]["base"] == {"value": "x", "file": None, "line": None}
    assert got["findings"][2]["suppressed"] == {"reason": "ticket", "expires": "2027-01-31", "by": "comment"}
    assert got["notes"] == [{"kind": "move", "message": "moved", "file": "a.tf", "line": 1}]
    assert got["errors"] == [{"kind": "syntax", "message": "broken", "file": None, "line": None}]
    assert got["summary"] == {
        "findings": 2,
        "suppressed": 1,
        "by_severity": {"critical": 1, "high": 1, "medium": 0, "low": 0},
        "fail_on": "medium",
        "exit_code": 2,
        "roots": 2,
        "resources": 14,
        "opaque_calls": 0,
        "unknown_values": 3,
        "files_read": 5,
        "files_changed": 1,
    }


@pytest.mark.parametrize(
    ("severity", "fail_on", "code"),
    [(Severity.LOW, Severity.MEDIUM, 0), (Severity.MEDIUM, Severity.MEDIUM, 1), (Severity.CRITICAL, None, 0)],
)
def test_the_exit_code_is_told(severity: Severity, fail_on: Severity | None, code: int) -> None:
    summary = report([fakes.finding(severity=severity)], fail_on=fail_on)["summary"]
    assert (summary["exit_code"], summary["fail_on"]) == (code, str(fail_on) if fail_on else "never")


def test_an_accepted_finding_never_fails() -> None:
    accepted = fakes.finding(severity=Severity.CRITICAL, suppressed=Suppression("ok", None, "config"))
    assert report([accepted])["summary"]["exit_code"] == 0


def test_what_the_change_adds() -> None:
    more = More(
        (Gain(STRONGER, "a: 1 → 2", "TFR202", "a.b", "infra", "p.tfvars", Location("a.tf", 3)),),
        notes=(Problem("internal", "not asked"),),
    )
    got = report([], [Problem("move", "moved")], more=more)
    assert got["gains"] == [
        {
            "kind": "stronger",
            "text": "a: 1 → 2",
            "rule": "TFR202",
            "address": "a.b",
            "root": "infra",
            "variant": "p.tfvars",
            "file": "a.tf",
            "line": 3,
        }
    ]
    assert [n["message"] for n in got["notes"]] == ["moved", "not asked"]
    assert got["summary"]["exit_code"] == 0


def test_control_characters_and_broken_names_survive_as_escapes() -> None:
    text = "\x1b[2J\u202e\udcff"
    outcome = fakes.outcome([fakes.finding(address=text)])
    rendered = render("json", outcome, ReportOptions())
    assert rendered.isascii()
    assert json.loads(rendered)["findings"][0]["address"] == text


def test_a_wrong_document_is_refused_by_the_schema() -> None:
    good = report([fakes.finding()])
    for spoil in (
        lambda d: d["findings"][0].pop("fingerprint"),
        lambda d: d["findings"][0].update(severity="severe"),
        lambda d: d.update(schema_version=2),
        lambda d: d["summary"].update(findings=-1),
    ):
        document = json.loads(json.dumps(good))
        spoil(document)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, SCHEMA)
