"""GitHub workflow annotations, read back as the runner reads them."""

from __future__ import annotations

import re
from typing import Any

import pytest

import fakes
from tfratchet.model import Certainty, Location, Problem, Severity, Side, Suppression
from tfratchet.report import ReportOptions, render

HOSTILE = "a</script>|`x`\n::error file=b::c,line=9::d\r##[error]e\x1b[2J %0A::warning::f \u202e\udcff"


def text(*args: Any, quiet: bool = False, **more: Any) -> str:
    return render("github", fakes.outcome(*args, **more), ReportOptions(quiet=quiet))


def commands(report: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands of the report: split and unescaped as actions/runner does it."""
    found = []
    for line in report.splitlines():
        match = re.match(r"\s*::([a-z-]+)(?: ([^\n]*?))?::(.*)", line)
        if match is None:
            continue
        properties = dict(p.split("=", 1) for p in (match[2] or "").split(",") if p)
        for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            properties = {key: value.replace(code, char) for key, value in properties.items()}
        message = match[3].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
        found.append((match[1], properties, message))
    return found


def test_a_finding_in_full() -> None:
    report = text([fakes.finding()])
    assert commands(report) == [
        (
            "error",
            {"file": "users.tf", "line": "4", "title": "TFR101 high: policy detached from user"},
            "bob stays and no longer has require-mfa\nbefore: require-mfa (users.tf:12)\nafter: not attached\n"
            "fix: Put the attachment back.",
        )
    ]
    assert report.splitlines()[-1] == "tfratchet: 1 finding"


@pytest.mark.parametrize(
    ("severity", "command"),
    [
        (Severity.CRITICAL, "error"),
        (Severity.HIGH, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.LOW, "notice"),
    ],
)
def test_the_command_tells_the_severity(severity: Severity, command: str) -> None:
    assert commands(text([fakes.finding(severity=severity)]))[0][0] == command


def test_a_line_of_base_is_never_given_as_a_line_of_head() -> None:
    ((_, properties, message),) = commands(text([fakes.finding(head=None)]))
    assert properties["file"] == "users.tf"
    assert "line" not in properties
    assert "before: require-mfa (users.tf:12)\nafter: gone" in message


def test_errors_come_first_and_accepted_findings_not_at_all() -> None:
    accepted = fakes.finding(suppressed=Suppression("ok", None, "config"))
    got = commands(text([fakes.finding(severity=Severity.CRITICAL), accepted], errors=[Problem("syntax", "broken")]))
    assert [(c, p["title"]) for c, p, _ in got] == [
        ("error", "could not compare"),
        ("error", "TFR101 critical: policy detached from user"),
    ]


def test_nothing_found() -> None:
    assert text() == "tfratchet: no findings\n"
    assert text(quiet=True) == ""


def test_a_possible_finding_says_on_what_it_depends() -> None:
    ((_, properties, message),) = commands(
        text([fakes.finding(certainty=Certainty.POSSIBLE, depends_on=("var.a", "var.b"))])
    )
    assert properties["title"].endswith("(possible)")
    assert "depends on: var.a, var.b" in message


def test_text_of_the_tree_never_becomes_a_command() -> None:
    place = Location(HOSTILE, 3)
    nasty = fakes.finding(
        title=HOSTILE,
        address=HOSTILE,
        message=HOSTILE,
        base=Side(HOSTILE, place),
        head=Side(HOSTILE, place),
        fix=HOSTILE,
        depends_on=(HOSTILE,),
    )
    report = text([nasty], errors=[Problem("syntax", HOSTILE, place)])
    lines = report.splitlines()
    assert len(lines) == 3
    assert [line.startswith("::error ") for line in lines] == [True, True, False]
    assert "##[" not in report
    assert set("".join(c for c in report if not c.isprintable())) == {"\n"}
    first, second = commands(report)
    assert set(first[1]) == set(second[1]) == {"file", "line", "title"}
    assert first[1]["line"] == second[1]["line"] == "3"
    assert "%0A::warning::f" in first[2]
    assert first[2].count("\n") == 0
    assert second[2].count("\n") == 4  # ours alone: five parts


def test_what_stands_in_no_file_names_the_resource_instead() -> None:
    finding = fakes.finding(
        address="aws_iam_user_policy_attachment.bob", message="User bob loses it", base=None, head=None
    )
    text = render("github", fakes.outcome([finding]), ReportOptions())
    assert "file=" not in text
    assert "at: aws_iam_user_policy_attachment.bob" in text
