"""The comment on a pull request."""

from __future__ import annotations

import re
from typing import Any

import pytest

import fakes
from tfratchet.model import Certainty, Location, Problem, Severity, Side, Suppression
from tfratchet.more import ATTACHED, STRONGER, Edge, Gain, More
from tfratchet.report import ReportOptions, render
from tfratchet.report.finish import rules_by_id
from tfratchet.report.graph import label

HOSTILE = (
    "a</script><img src=x>|`x`\n\n# h\n```\n::error::b\x1b[2J [go](http://evil) ![i](http://e) @org/team #12 "
    "www.evil.com <!-- tfratchet --> </details> \u202e\udcff"
)


def text(*args: Any, fail_on: Severity | None = Severity.MEDIUM, rules: bool = False, **more: Any) -> str:
    options = ReportOptions(fail_on=fail_on, rules=rules_by_id() if rules else {})
    return render("markdown", fakes.outcome(*args, **more), options)


def html(report: str) -> str:
    """The report as a CommonMark renderer (with tables) shows it."""
    parser = pytest.importorskip("markdown_it").MarkdownIt("commonmark", {"html": True}).enable("table")
    got = parser.render(report)
    assert isinstance(got, str)
    return got


def test_marker_then_verdict_then_table_then_details() -> None:
    report = text([fakes.finding(), fakes.finding(severity=Severity.LOW, head=None, address="x")], rules=True)
    lines = report.splitlines()
    assert lines[0] == "<!-- tfratchet -->"
    assert lines[1] == "## 🟠 tfratchet: this change takes away protection: 1 high, 1 low"
    assert lines[3] == (
        "Compared <code>HEAD</code> (<code>123456789</code>) with <code>WORKTREE</code>: 2 root modules, "
        "14 resources; 3 values could not be known."
    )
    assert lines[7] == (
        "| 🟠 high | <code>TFR101</code> | bob stays and no longer has require-mfa | <code>users.tf:4</code> |"
    )
    assert lines[8].endswith("| <code>users.tf:12</code> (base) |")
    assert (
        "- before: <code>require-mfa</code> (<code>users.tf:12</code>, left side of the diff)\n- after: gone" in report
    )
    assert "- why: " in report
    assert report.count("<details>") == report.count("</details>") == 1
    assert report.endswith("\n")
    shown = html(report)
    assert shown.count("<tr>") == 3
    assert "<h4>" in shown


def test_a_clean_report_never_holds_the_word_that_atlantis_looks_for() -> None:
    accepted = fakes.finding(
        address="module.failover.x", suppressed=Suppression("Failing test", None, "config"), lost=()
    )
    report = text([accepted], [Problem("move", "moved to FAILOVER", Location("fail.tf", 1))], rules=True)
    assert "✅ tfratchet: nothing is taken away" in report
    assert "fail" not in report.lower()
    assert "fa&#8203;ilover" in report
    low = fakes.finding(severity=Severity.LOW, root="fail", lost=("user failer has policy fail",))
    assert "fail" not in text([low], rules=True).lower()
    assert "fail" in text([fakes.finding(message="failover")]).lower()


def test_an_error_is_never_clean() -> None:
    report = text(errors=[Problem("syntax", "broken", Location("a.tf", 3))])
    assert "## ⚠️ tfratchet: not everything was compared\n" in report
    assert "- <code>a.tf:3</code>: broken" in report
    assert "✅" not in report
    assert "; 1 high so far" in text([fakes.finding()], errors=[Problem("syntax", "broken")])


def test_nothing_that_a_root_module_reads() -> None:
    assert "1 changed file, none of which any root module reads." in text(roots=0, resources=0)


def test_accepted_findings_and_notes_are_folded_and_not_counted() -> None:
    accepted = fakes.finding(suppressed=Suppression("ticket 1", "2027-01-31", "comment"))
    note = Problem("move", "moved to infra")
    report = text([accepted], [note, note])
    assert "<summary>1 accepted</summary>" in report
    assert ": ticket 1 (comment, until 2027-01-31)" in report
    assert "<summary>1 note</summary>" in report
    assert report.count("moved to infra") == 1


def test_a_possible_finding_says_on_what_it_depends() -> None:
    report = text([fakes.finding(certainty=Certainty.POSSIBLE, depends_on=("var.a",), variant="p.tfvars")])
    assert "require-mfa (possible) |" in report
    assert "- depends on: <code>var.a</code>" in report
    assert "- root module: <code>.</code> with <code>p.tfvars</code>" in report


@pytest.mark.parametrize("number", [300, 3000])
def test_a_long_report_is_cut_by_whole_findings(number: int) -> None:
    findings = [
        fakes.finding(
            address=f"a.b{i}",
            message=f"<{i}> ünï " + "|" * 2000,
            lost=(f"user u{i} has policy p", f"user u{i} is in group g{i}"),
        )
        for i in range(number)
    ]
    accepted = [fakes.finding(address=f"c{i}", suppressed=Suppression("<" * 900, None, "x")) for i in range(200)]
    errors = [Problem("syntax", f"{i}" + "<" * 900) for i in range(100)]
    report = text([*findings, *accepted], [Problem("n", f"{i}" + "&" * 900) for i in range(100)], errors)
    assert len(report) < 65_536
    assert len(report.encode()) <= 65_000
    shown = report.count("\n| 🟠 high")
    assert shown == report.count("\n#### 🟠")
    assert 5 < shown < number
    assert f"**{number - shown:,} more findings left out here**" in report
    drawn = report.count(" -. ")
    assert report.split("linkStyle ")[1].startswith(",".join(map(str, range(drawn))) + " stroke:")
    assert f"{2 * number - drawn:,} more losses not drawn." in report
    assert "- and " in report
    assert report.count("<details>") == report.count("</details>") == 4


def test_what_is_stronger_is_told_and_open_where_nothing_is_lost() -> None:
    more = More(
        (
            Gain(STRONGER, "minimum password length: 8 → 14 characters", "TFR202", "a.b", location=Location("p.tf", 2)),
            Gain(STRONGER, "failover", "TFR401", "a.c"),
            Gain(ATTACHED, "policy read attached to user bob", "TFR101", "a.d"),
        ),
        notes=(Problem("internal", "one rule was not asked"),),
    )
    clean = text(roots=1, more=more)
    assert "## ✅ tfratchet: nothing is taken away\n" in clean
    assert "<details open>\n<summary>Stronger with this change: 2</summary>\n" in clean
    assert "- minimum password length: 8 → 14 characters (<code>p.tf:2</code>)\n" in clean
    assert (
        "<summary>Newly attached, which is not judged here: 1</summary>\n\n- policy read attached to user bob" in clean
    )
    assert "- one rule was not asked" in clean
    assert "fail" not in clean.lower()
    lost = text([fakes.finding()], more=more)
    assert "<details open>" not in lost
    assert lost.index("<summary>Details") < lost.index("<summary>Stronger") < lost.index("<summary>Newly")


def test_many_gains_are_cut() -> None:
    gains = tuple(Gain(STRONGER, f"{i}" + "x" * 200, "TFR202", "a") for i in range(500))
    report = text([fakes.finding(address=f"a{i}", message="<" * 900) for i in range(500)], more=More(gains))
    assert len(report.encode()) <= 65_000
    shown = report.count("x" * 200)
    assert 5 < shown < 500
    assert f"- and {500 - shown} more\n" in report


def test_a_short_report_leaves_nothing_out() -> None:
    report = text([fakes.finding(address=f"a.b{i}") for i in range(20)])
    assert report.count("\n| 🟠 high") == 20
    assert "left out" not in report


def test_labels_of_the_graph_are_harmless() -> None:
    got = label(HOSTILE)
    assert re.fullmatch(r"(?:[\w ./…-]|#\d+;)*", got)
    assert "\n" not in got


def test_text_of_the_tree_is_no_markdown_no_html_and_calls_nobody() -> None:
    place = Location(HOSTILE, 3)
    nasty = fakes.finding(
        title=HOSTILE,
        address=HOSTILE,
        message=HOSTILE,
        base=Side(HOSTILE, place),
        head=Side(HOSTILE, place),
        root=HOSTILE,
        variant=HOSTILE,
        fix=HOSTILE,
        depends_on=(HOSTILE,),
        lost=(f"user {HOSTILE} has policy {HOSTILE}",),
    )
    accepted = fakes.finding(address=HOSTILE, suppressed=Suppression(HOSTILE, HOSTILE, HOSTILE))
    problem = Problem("x", HOSTILE, place)
    more = More(
        (Gain(STRONGER, HOSTILE, "TFR202", HOSTILE, HOSTILE, HOSTILE, place), Gain(ATTACHED, HOSTILE, "TFR101", "a")),
        (Edge(f"user {HOSTILE}", f"group {HOSTILE}", "kept", root=HOSTILE, variant=HOSTILE),),
        (problem,),
    )
    report = text([nasty, accepted], [problem, Problem("y", "1. a")], [problem, Problem("y", "- b")], more=more)
    assert set("".join(c for c in report if not c.isprintable())) <= {"\n", "\u200b", "\ufe0f"}
    assert report.count("<!-- tfratchet -->") == 1
    assert report.count("```") == 2
    assert report.count("</details>") == report.count("<details>") == 6
    for bad in ("</script", "<img", "](", "http://", "@", "www.", "\n# h"):
        assert bad not in report, bad
    prose = re.sub("```.*?```", "", report, flags=re.DOTALL)
    assert not re.search(r"(?<!&)(?<![#\n])#(?!#)", prose)
    shown = html(report)
    assert set(re.findall(r"<([a-z0-9]+)", shown)) <= {
        *("h2", "h3", "h4", "p", "code", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"),
        *("details", "summary", "pre", "strong"),
    }
    assert shown.count("<tr>") == 2
    assert shown.count("<td") == 4
    assert "@\u200borg" in shown
    assert "@org/team" not in re.sub("<code>.*?</code>", "", shown, flags=re.DOTALL)
