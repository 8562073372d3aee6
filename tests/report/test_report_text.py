"""The report for people."""

from __future__ import annotations

import pytest

import fakes
from tfratchet.model import Certainty, Location, Problem, Severity, Side, Suppression
from tfratchet.report import ReportOptions, render
from tfratchet.report.escape import printable
from tfratchet.report.finish import rules_by_id, wants_color


def text(outcome: object, **options: object) -> str:
    return render("text", outcome, ReportOptions(**options))  # type: ignore[arg-type]


def test_a_finding_in_full() -> None:
    weak = fakes.finding(
        rule="TFR202",
        title="minimum password length lowered",
        family="password",
        address="aws_iam_account_password_policy.this",
        message="the minimum password length falls from 16 to 8",
        base=Side("16", Location("iam/password.tf", 3)),
        head=Side("8", Location("iam/password.tf", 12)),
        fix="Set minimum_password_length to 14 or more.",
    )
    got = text(fakes.outcome([weak], roots=1), rules=rules_by_id())
    lines = got.splitlines()
    assert lines[0] == "high      TFR202  minimum password length lowered"
    assert lines[1] == "          aws_iam_account_password_policy.this"
    assert lines[2] == "          the minimum password length falls from 16 to 8"
    assert lines[3] == "        - iam/password.tf:3   16"
    assert lines[4] == "        + iam/password.tf:12  8"
    assert lines[5].startswith("          why  ")
    assert "          fix  Set minimum_password_length to 14 or more." in lines
    assert lines[-2] == "1 high"
    assert lines[-1] == (
        "compared HEAD (123456789) with WORKTREE: 1 root module, 14 resources; 3 values could not be known"
    )


def test_worst_first_within_a_root_and_the_worst_root_first() -> None:
    findings = [
        fakes.finding(severity=Severity.LOW, root="a", address="low.a"),
        fakes.finding(severity=Severity.MEDIUM, root="b", address="medium.b", variant="envs/prod.tfvars"),
        fakes.finding(severity=Severity.HIGH, root="a", address="high.a"),
        fakes.finding(severity=Severity.CRITICAL, root="b", address="critical.b"),
    ]
    got = text(fakes.outcome(findings))
    order = ["b\n", "critical.b", "\na\n", "high.a", "low.a", "b with envs/prod.tfvars\n", "medium.b"]
    places = [got.index(word) for word in order]
    assert places == sorted(places)
    assert "1 critical, 1 high, 1 medium, 1 low" in got


def test_sides_that_are_not_there_and_sides_without_a_place() -> None:
    got = text(fakes.outcome([fakes.finding(head=None)]))
    assert "        - users.tf:12  require-mfa\n        +              gone\n" in got
    got = text(fakes.outcome([fakes.finding(base=None, head=Side("x", None))]))
    assert "        - not there\n        + x\n" in got


def test_a_possible_finding_says_on_what_it_depends() -> None:
    got = text(fakes.outcome([fakes.finding(certainty=Certainty.POSSIBLE, depends_on=("var.users", "var.more"))]))
    assert "policy detached from user (possible)" in got
    assert "depends on  var.users, var.more" in got


def test_nothing_found_can_be_trusted() -> None:
    assert text(fakes.outcome(unknown=0, calls=1)) == (
        "nothing found\ncompared HEAD (123456789) with WORKTREE: 2 root modules, 14 resources, "
        "1 module call not looked into\n"
    )
    assert "1 changed file, none of which any root module reads" in text(fakes.outcome(roots=0, resources=0))
    assert "2 errors: not everything was compared" in text(
        fakes.outcome(errors=[Problem("syntax", "a"), Problem("syntax", "b")])
    )


def test_accepted_findings_and_notes_are_listed_and_not_counted() -> None:
    accepted = fakes.finding(suppressed=Suppression("ticket 1", "2027-01-31", "comment"))
    note = Problem("move", "moved to infra", Location("a.tf", 3))
    outcome = fakes.outcome([accepted], notes=[note, note])
    got = text(outcome)
    assert 'aws_iam_user_policy_attachment.mfa["bob"]: ticket 1 (comment, until 2027-01-31)' in got
    assert got.count("note: a.tf:3: moved to infra") == 1
    assert "nothing found, 1 accepted" in got
    assert text(outcome, quiet=True) == ""


def test_quiet_shows_findings_only() -> None:
    got = text(fakes.outcome([fakes.finding()], notes=[Problem("move", "x")]), quiet=True)
    assert got.startswith("high      TFR101")
    assert "compared" not in got
    assert "note" not in got


def test_long_texts_are_wrapped_below_the_rule() -> None:
    got = text(fakes.outcome([fakes.finding(message="word " * 60)]), width=80)
    lines = [line for line in got.splitlines() if "word" in line]
    assert len(lines) > 3
    assert all(line.startswith(" " * 10) and len(line) <= 80 for line in lines)


def test_colours_only_when_asked_for() -> None:
    outcome = fakes.outcome([fakes.finding()])
    assert "\x1b[" not in text(outcome)
    coloured = text(outcome, color=True)
    assert "\x1b[1;31mhigh\x1b[0m" in coloured
    plain = coloured
    for code in ("1;37;41", "1;31", "1;33", "1;34", "1", "2", "36", "31", "32", "1;32", "0"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == text(outcome)


@pytest.mark.parametrize(
    ("choice", "terminal", "env", "wanted"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {}, False),
    ],
)
def test_when_there_are_colours(
    choice: str, terminal: bool, env: dict[str, str], wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert wants_color(choice) is wanted


HOSTILE = "a\x1b[2K\x1b]0;t\x07\r\n- forged\x9b31m\u202egnp\u2066\u200b\x00\U000e0041\udcff"


def test_nothing_of_the_analysed_tree_reaches_the_terminal_raw() -> None:
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
    )
    accepted = fakes.finding(address=HOSTILE, suppressed=Suppression(HOSTILE, HOSTILE, HOSTILE))
    outcome = fakes.outcome([nasty, accepted], notes=[Problem("x", HOSTILE, place)])
    got = text(outcome)
    assert set("".join(c for c in got if not c.isprintable())) == {"\n"}
    assert "\n- forged" not in got


def test_every_control_and_direction_character_is_escaped() -> None:
    codes = [*range(0x20), *range(0x7F, 0xA0), 0x61C, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F]
    for code in codes:
        assert printable(chr(code)).isascii(), hex(code)
        assert len(printable(chr(code))) > 1
    assert printable("\udcff") == r"\xff"
    assert printable("a\tb\nc", one_line=False) == "a\tb\nc"
    assert printable("ünïcode → ok 漢字") == "ünïcode → ok 漢字"
