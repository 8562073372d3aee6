"""Accepted findings: comments, commit trailers, configuration entries; reasons, days, and what the report says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import fakes
import gitrepo
from tfratchet.accept.comments import marked_comments
from tfratchet.accept.suppress import (
    DirectiveError,
    Ignore,
    address_matches,
    apply_suppressions,
    collect,
    commit_trailers,
    from_trailers,
    parse_directive,
)
from tfratchet.configfile import IgnoreEntry
from tfratchet.model import Finding, Location, Problem, Side
from tfratchet.pipeline import DiffOptions, Sides
from tfratchet.sides import open_sides

TODAY = date(2026, 6, 1)


def known() -> frozenset[str]:
    return frozenset({"TFR101", "TFR102", "TFR202"})


ADDRESS = 'aws_iam_user_policy_attachment.mfa["bob"]'


def ignore(**more: object) -> Ignore:
    base = Ignore(("TFR101",), "ticket 1", None, "config", "tfratchet.toml:3", address=ADDRESS)
    return replace(base, **more)  # type: ignore[arg-type]


# -- applying


def applied(suppression: Ignore, *findings: Finding, refuse_new: bool = False) -> tuple[list[bool], list[str]]:
    result, notes = apply_suppressions(findings or [fakes.finding()], [suppression], TODAY, refuse_new=refuse_new)
    return [f.suppressed is not None for f in result], [n.message for n in notes]


def test_an_accepted_finding_keeps_reason_day_and_means() -> None:
    (got,), notes = apply_suppressions([fakes.finding()], [ignore(expires=date(2027, 1, 31))], TODAY)
    assert got.suppressed is not None
    assert (got.suppressed.reason, got.suppressed.expires, got.suppressed.by) == ("ticket 1", "2027-01-31", "config")
    assert notes == []


def test_only_the_rule_and_root_that_it_names() -> None:
    others = [fakes.finding(rule="TFR102"), fakes.finding(root="infra"), fakes.finding(address="aws_iam_user.x")]
    assert applied(ignore(root="."), fakes.finding(), *others) == ([True, False, False, False], [])


@pytest.mark.parametrize(
    ("day", "holds"), [(date(2026, 5, 31), False), (date(2026, 6, 1), True), (date(2026, 6, 2), True)]
)
def test_the_last_day_still_holds(day: date, holds: bool) -> None:
    accepted, notes = applied(ignore(expires=day))
    assert accepted == [holds]
    assert len(notes) == (not holds)


def test_an_expired_one_is_told_when_it_would_have_matched() -> None:
    old = ignore(expires=date(2026, 1, 1))
    assert applied(old)[1] == [
        f"the config that accepts TFR101 at {ADDRESS} (tfratchet.toml:3) expired on 2026-01-01 and no longer holds: "
        f"TFR101 at {ADDRESS}"
    ]
    assert applied(old, fakes.finding(rule="TFR202")) == ([False], [])


def test_one_that_the_change_brings_is_told() -> None:
    accepted, (note,) = applied(ignore(new=True))
    assert accepted == [True]
    assert note.startswith("this change itself brings the config that accepts TFR101")
    assert "reason: ticket 1" in note


def test_one_that_the_change_brings_does_not_hold_when_refused() -> None:
    accepted, (note,) = applied(ignore(new=True), refuse_new=True)
    assert accepted == [False]
    assert "does not hold before it is merged" in note
    assert applied(ignore(), refuse_new=True) == ([True], [])


def test_a_new_one_that_matches_nothing_is_told_and_an_old_one_is_not() -> None:
    nothing = fakes.finding(rule="TFR202")
    assert "matches no finding" in applied(ignore(new=True), nothing)[1][0]
    assert applied(ignore(), nothing)[1] == []


def test_the_first_that_holds_wins_over_one_that_expired() -> None:
    pair = [ignore(expires=date(2020, 1, 1), reason="old"), ignore(reason="new")]
    (got,), _ = apply_suppressions([fakes.finding()], pair, TODAY)
    assert got.suppressed is not None
    assert got.suppressed.reason == "new"


@pytest.mark.parametrize(
    ("pattern", "address", "matches"),
    [
        ("aws_iam_user.x", "aws_iam_user.x", True),
        ("aws_iam_user.x", 'aws_iam_user.x["a"]', True),
        ("aws_iam_user.x", "aws_iam_user.x[0]", True),
        ("aws_iam_user.x", "aws_iam_user.xy", False),
        ("aws_iam_user.x", "module.m.aws_iam_user.x", False),
        ('aws_iam_user.x["a"]', 'aws_iam_user.x["b"]', False),
        ("module.legacy.*", "module.legacy.aws_iam_user.x", True),
        ("module.legacy.*", "module.legacy2.aws_iam_user.x", False),
        ("*.mfa", "aws_iam_policy.mfa", True),
        ("aws_iam_user.[ab]", "aws_iam_user.a", False),
        ("*", "anything", True),
    ],
)
def test_addresses(pattern: str, address: str, matches: bool) -> None:
    assert address_matches(pattern, address) is matches


# -- reading directives


def test_a_directive_with_everything() -> None:
    text = r'TFR101, TFR102 aws_iam_user.x["a b"] reason="it \"must\" go" expires=2027-01-31'
    assert parse_directive(text, known, with_address=True) == (
        ("TFR101", "TFR102"),
        'aws_iam_user.x["a b"]',
        'it "must" go',
        date(2027, 1, 31),
    )
    assert parse_directive("TFR101 expires=2027-01-31 reason=ticket-1", known, with_address=False)[2] == "ticket-1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('TFR101 reason=""', "gives no reason"),
        ("TFR101", "gives no reason"),
        ('reason="x"', "names no rule"),
        ('* reason="x"', "names no rule"),
        ('TFR999 reason="x"', "names the rule TFR999, which does not exist"),
        ('TFR101 reason="x" expires=tomorrow', "expires=tomorrow is no day"),
        ('TFR101 reason="x" until=2027-01-31', "until=2027-01-31"),
        ('TFR101 reason="open', 'reason="open'),
        ("TFR101 because I say so", "because I say so"),
    ],
)
def test_a_directive_that_says_it_wrongly(text: str, message: str) -> None:
    with pytest.raises(DirectiveError) as caught:
        parse_directive(text, known, with_address=False)
    assert message in str(caught.value)


def test_a_trailer_needs_an_address() -> None:
    with pytest.raises(DirectiveError, match="names no address"):
        parse_directive('TFR101 reason="x"', known, with_address=True)


# -- comments

COMMENTED = """\
# tfratchet:ignore=TFR101 reason="above"
# another comment between
resource "aws_iam_user_policy_attachment" "a" {
  user = "a"
}

resource "aws_iam_user_policy_attachment" "b" {
  user = "b" // tfratchet:ignore=TFR101 reason="inside"
}
/* tfratchet:ignore=TFR101,TFR102 reason="block comment" */
resource "aws_iam_user_policy_attachment" "c" {
  text = "# tfratchet:ignore=TFR101 reason=\\"a string\\""
  more = <<-EOT
    # tfratchet:ignore=TFR101 reason="a heredoc"
  EOT
}

# tfratchet:ignore=TFR101 reason="an empty line below"

resource "aws_iam_user_policy_attachment" "d" {}

locals {
  # tfratchet:ignore=TFR202 reason="one local"
  one = 1
  two = 2
}
"""


def test_what_a_comment_speaks_about() -> None:
    got = [(c.text.partition("=")[2], c.line, c.first, c.last) for c in marked_comments(COMMENTED.encode())]
    assert got == [
        ('TFR101 reason="above"', 1, 3, 5),
        ('TFR101 reason="inside"', 8, 7, 9),
        ('TFR101,TFR102 reason="block comment"', 10, 11, 16),
        ('TFR101 reason="an empty line below"', 18, 0, 0),
        ('TFR202 reason="one local"', 23, 24, 24),
    ]


def test_a_comment_in_a_broken_file_is_still_read() -> None:
    text = 'resource "a" "b" {\n  # tfratchet:ignore=TFR101 reason="x"\n  x = \n}\n\nresource "a" "c" {\n'
    (comment,) = marked_comments(text.encode())
    assert comment.line == 2


def at(line: int, rule: str = "TFR101", file: str = "main.tf") -> Finding:
    return fakes.finding(rule=rule, head=Side("x", Location(file, line)))


def collected(sides: Sides, findings: Sequence[Finding]) -> tuple[list[bool], list[str]]:
    ignores, wrong = collect(sides, findings, (), (), known)
    result, notes = apply_suppressions(findings, ignores, TODAY)
    return [f.suppressed is not None for f in result], [n.message for n in (*wrong, *notes)]


def test_comments_accept_findings_whose_head_stands_there() -> None:
    sides = fakes.sides({"main.tf": COMMENTED}, {"main.tf": COMMENTED})
    findings = [at(3), at(4), at(7), at(12, "TFR102"), at(20), at(24, "TFR202"), at(25, "TFR202"), at(3, "TFR102")]
    accepted, notes = collected(sides, findings)
    assert accepted == [True, True, True, True, False, True, False, False]
    assert notes == ["the comment accepts nothing: it is neither in a block nor directly above one"]


def test_a_finding_that_has_no_head_is_not_accepted_by_a_comment() -> None:
    gone = fakes.finding(head=None, base=Side("x", Location("main.tf", 3)))
    assert collected(fakes.sides({"main.tf": COMMENTED}, {"main.tf": COMMENTED}), [gone])[0] == [False]


def test_a_comment_without_reason_is_told_and_the_finding_stays() -> None:
    text = "# tfratchet:ignore=TFR101\n" + 'resource "a" "b" {}\n'
    sides = fakes.sides({}, {"main.tf": text})
    ignores, (note,) = collect(sides, [at(2)], (), (), known)
    assert ignores == []
    assert note == Problem(
        "ignore", 'the comment accepts nothing: it gives no reason: add reason="..."', Location("main.tf", 1)
    )


def test_a_new_comment_is_told_and_an_old_one_is_not() -> None:
    old = 'resource "a" "b" {\n  # tfratchet:ignore=TFR101 reason="x"\n  one = 1\n}\n'
    copied = old + old.replace('"b"', '"c"')
    assert collected(fakes.sides({"main.tf": old}, {"main.tf": old + "# edited\n"}), [at(1)]) == ([True], [])
    accepted, notes = collected(fakes.sides({"main.tf": old}, {"main.tf": copied}), [at(1), at(5)])
    assert accepted == [True, True]
    assert len(notes) == 1
    assert "this change itself brings the comment" in notes[0]


def test_comments_are_looked_for_in_changed_files_without_findings_too() -> None:
    text = '# tfratchet:ignore=TFR101 reason="x"\nresource "a" "b" {}\n'
    assert collected(fakes.sides({}, {"main.tf": text}), []) == (
        [],
        ["the comment that accepts TFR101 matches no finding"],
    )


def test_entries_of_the_configuration() -> None:
    entry = IgnoreEntry("TFR101", ADDRESS, "because", None, date(2026, 12, 31), Location("tfratchet.toml", 4))
    ignores, _ = collect(fakes.sides({}, {}), [fakes.finding()], [entry], [entry], known)
    (got,), (note,) = apply_suppressions([fakes.finding()], ignores, TODAY)
    assert got.suppressed is not None
    assert got.suppressed.by == "config"
    assert note.location == Location("tfratchet.toml", 4)


# -- commit trailers, in real repositories

MESSAGE = f"""Let bob go

The reasons are in the ticket.

Reviewed-by: Ann
Tfratchet-Ignore: TFR101 {ADDRESS} reason="bob
  has left" expires=2026-12-31
"""


def test_trailers_between_base_and_head(tmp_path: Path) -> None:
    repo = gitrepo.make_repo(tmp_path)
    repo.commit('first\n\nTfratchet-Ignore: TFR101 too.old reason="x"\n', {"main.tf": ""})
    commit = repo.commit(MESSAGE, {"main.tf": "# x\n"})
    repo.commit("an answer\n\nTfratchet-Ignore: TFR101 no.reason\n", {"main.tf": "# y\n"})
    repo.write({"main.tf": "# z\n"})
    for head in ("HEAD", "WORKTREE", "INDEX"):
        sides = open_sides(DiffOptions(repo=str(repo.path), base="HEAD~2", head=head))
        trailers, failed = commit_trailers(sides)
        assert failed == []
        ignores, problems = from_trailers(trailers, known)
        assert [(i.address, i.reason, i.expires, i.where) for i in ignores] == [
            (ADDRESS, "bob has left", date(2026, 12, 31), f"commit {commit[:9]}")
        ]
        assert ["gives no reason" in p.message for p in problems] == [True]
        accepted, notes = collected(sides, [fakes.finding()])
        assert accepted == [True]
        assert any("this change itself brings the trailer that accepts TFR101" in n for n in notes)


def test_no_trailers_without_commits_between(tmp_path: Path) -> None:
    repo = gitrepo.make_repo(tmp_path)
    repo.commit(MESSAGE, {"main.tf": ""})
    repo.write({"main.tf": "# z\n"})
    sides = open_sides(DiffOptions(repo=str(repo.path)))
    assert commit_trailers(sides) == ([], [])
    assert commit_trailers(replace(sides, repository=None)) == ([], [])
