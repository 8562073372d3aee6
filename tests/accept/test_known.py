"""The file of known findings: what it says, what is refused, and what an entry accepts."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

import fakes
from tfratchet.accept import jsonplace, known
from tfratchet.accept.known import Baseline, Known
from tfratchet.accept.suppress import apply_suppressions
from tfratchet.errors import UserError
from tfratchet.model import Finding, Side

TODAY = date(2026, 6, 1)


def entry(finding: Finding, expires: date | None = None) -> Known:
    return known.known(finding, "ticket 4711", "platform", expires)


def accepted(baseline: Baseline, *findings: Finding, refuse_new: bool = False) -> tuple[list[bool], list[str]]:
    found, notes = apply_suppressions(findings, known.ignores(baseline), TODAY, refuse_new=refuse_new)
    return [f.suppressed is not None for f in found], [n.message for n in notes]


# -- what an entry accepts


def test_it_accepts_exactly_the_finding_it_was_made_of() -> None:
    baseline = Baseline("known.json", (entry(fakes.finding()),))
    (found,), notes = apply_suppressions([fakes.finding()], known.ignores(baseline), TODAY)
    assert found.suppressed is not None
    assert (found.suppressed.by, found.suppressed.reason) == ("baseline", "ticket 4711 (owner: platform)")
    assert notes == []


@pytest.mark.parametrize(
    "other",
    [
        {"address": 'aws_iam_user_policy_attachment.mfa["alice"]'},  # another user
        {"root": "infra/prod"},  # another folder
        {"variant": "prod.tfvars"},
        {"rule": "TFR102"},
        {"base": Side("another-policy")},  # another change at the same place
        {"head": Side("attached to a group")},
        {"message": "alice stays and no longer has require-mfa"},
        {"details": ("alice",)},
    ],
)
def test_it_never_covers_another(other: dict[str, object]) -> None:
    baseline = Baseline("known.json", (entry(fakes.finding()),))
    assert accepted(baseline, fakes.finding(**other)) == ([False], [])


def test_an_address_is_no_pattern() -> None:
    instances = fakes.finding(address="aws_iam_user_policy_attachment.mfa")
    assert accepted(Baseline("known.json", (entry(instances),)), fakes.finding()) == ([False], [])


def test_the_last_day_and_the_day_after() -> None:
    last = Baseline("known.json", (entry(fakes.finding(), TODAY),))
    assert accepted(last, fakes.finding()) == ([True], [])
    past = Baseline("known.json", (entry(fakes.finding(), date(2026, 5, 31)),))
    held, (note,) = accepted(past, fakes.finding())
    assert held == [False]
    assert "expired on 2026-05-31 and no longer holds" in note
    assert "known.json" in note


def test_what_the_change_itself_brings_is_told_and_can_be_refused() -> None:
    one = entry(fakes.finding())
    new = Baseline("known.json", (one,), frozenset({one}), inside=True)
    held, (note,) = accepted(new, fakes.finding())
    assert held == [True]
    assert note.startswith("this change itself brings the known finding that accepts TFR101")
    held, (note,) = accepted(new, fakes.finding(), refuse_new=True)
    assert held == [False]
    assert "does not hold before it is merged" in note


def test_what_lapsed_is_told_with_both_changes() -> None:
    old = fakes.finding(base=Side("20 characters"), head=Side("16 characters"))
    now = fakes.finding(base=Side("20 characters"), head=Side("8 characters"))
    (note,) = known.lapsed(Baseline("known.json", (entry(old),)), [now])
    assert "does not hold: it accepted 20 characters → 16 characters" in note.message
    assert "this is 20 characters → 8 characters" in note.message


def test_what_matched_nothing_is_told_in_one_note() -> None:
    entries = tuple(entry(fakes.finding(address=f"aws_iam_user.u{i}")) for i in range(8))
    (note,) = known.lapsed(Baseline("known.json", entries, frozenset(entries[:1])), [])
    assert note.message.startswith("7 known findings of known.json matched nothing in this run: TFR101 at")
    assert note.message.endswith(", 2 more")
    assert known.lapsed(Baseline("known.json", entries[:1]), [fakes.finding(address="aws_iam_user.u0")]) == []


# -- writing


def merged(entries: list[Known], findings: list[Finding], **more: Any) -> known.Merged:
    return known.merge(entries, findings, **{"reason": "new", "owner": "me", "expires": None, **more})


def test_entries_that_match_keep_what_people_wrote_and_others_go() -> None:
    kept, gone = entry(fakes.finding(), date(2027, 1, 31)), entry(fakes.finding(rule="TFR202"))
    got = merged([gone, kept], [fakes.finding(), fakes.finding(rule="TFR301")], expires=date(2026, 12, 31))
    assert got.dropped == (gone,)
    assert [(e.rule, e.reason, e.owner, e.expires) for e in got.entries] == [
        ("TFR101", "ticket 4711", "platform", date(2027, 1, 31)),
        ("TFR301", "new", "me", date(2026, 12, 31)),
    ]
    assert [e.rule for e in got.added] == ["TFR301"]


def test_what_is_accepted_otherwise_is_not_written() -> None:
    (found,), _ = apply_suppressions([fakes.finding()], known.ignores(Baseline("x", (entry(fakes.finding()),))), TODAY)
    assert merged([], [found]).entries == ()
    assert len(merged([entry(fakes.finding())], [found]).entries) == 1


def test_folders_that_were_not_looked_at_keep_theirs() -> None:
    here, there = entry(fakes.finding(root="a")), entry(fakes.finding(root="b"))
    assert merged([here, there], [], looked_at=lambda root: root == "a").entries == (there,)


@pytest.mark.parametrize(("missing", "option"), [("reason", "--reason"), ("owner", "--owner")])
def test_a_new_entry_needs_reason_and_owner(missing: str, option: str) -> None:
    for nothing in (None, " "):
        with pytest.raises(UserError, match=f"1 new finding cannot be accepted without {option}"):
            merged([], [fakes.finding()], **{missing: nothing})
    assert len(merged([entry(fakes.finding())], [fakes.finding()], **{missing: None}).entries) == 1


NASTY = 'x\n\x1b[31m \u202egnp.exe \udc80 \U000e0041 "quoted" \\ é → 😀 \x7f'


def test_what_is_written_is_read_again_whatever_it_holds() -> None:
    findings = [
        fakes.finding(address=NASTY, message=NASTY, root=NASTY, variant=NASTY, base=None, head=Side(NASTY)),
        fakes.finding(details=("dave",), lost=("a",), address=""),
    ]
    entries = tuple(entry(f, date(2027, 1, 31)) for f in findings)
    text = known.render(entries)
    assert set(known.parse(text, "known.json")) == set(entries)
    assert {e.fingerprint for e in entries} == {f.fingerprint for f in findings}
    assert not any(c in text for c in "\x1b\u202e\udc80\U000e0041\x7f")
    assert "é → 😀" in text
    text.encode("utf-8")


def test_the_text_is_stable_and_sorted() -> None:
    entries = [entry(fakes.finding(root=r, rule=f"TFR{n}")) for r, n in (("b", 101), ("a", 202), ("a", 101))]
    text = known.render(entries)
    assert text == known.render(reversed(entries))
    assert [(f["root"], f["rule"]) for f in json.loads(text)["findings"]] == [
        ("a", "TFR101"),
        ("a", "TFR202"),
        ("b", "TFR101"),
    ]


# -- reading


def document(**more: Any) -> dict[str, Any]:
    item = json.loads(known.render([entry(fakes.finding())]))["findings"][0]
    return {"version": 1, "findings": [{k: v for k, v in {**item, **more}.items() if v is not ...}]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "k.json:1: not valid JSON"),
        ('{\n "version": 1,\n "findings": [}', "k.json:3: not valid JSON"),
        ("[]", "k.json:1: this is no file of known findings"),
        ("{}", "k.json:1: this is no file of known findings"),
        ('{\n"version": 2, "findings": []}', "k.json:2: version 2 is not known"),
        ('{"version": 1}', '"findings" must be a list'),
        ('{"version": 1, "findings": [\n3]}', "a known finding must be an object"),
        ('{"version": 1, "version": 1, "findings": []}', "the key 'version' stands twice"),
        (
            '{"version": 1, "findings": [],\n"finding": []}',
            "k.json:2: unknown key 'finding' (did you mean",
        ),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_such_file(text: str, message: str) -> None:
    with pytest.raises(UserError) as told:
        known.parse(text, "k.json")
    assert message in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        ({"reason": ...}, 4, "this known finding has no reason (say why it is accepted)"),
        ({"reason": ""}, 12, "the reason of this known finding is empty"),
        ({"owner": "  "}, 13, "the owner of this known finding is empty"),
        ({"owner": ...}, 4, "this known finding has no owner"),
        ({"expires": "soon"}, 14, "expires: 'soon' is no day such as 2027-01-31"),
        ({"expires": 3}, 14, "expires must be a string"),
        ({"because": "x"}, 14, "unknown key 'because'"),
        ({"address": 'aws_iam_user_policy_attachment.mfa["alice"]'}, 5, "does not belong to what is written beside it"),
        ({"after": "attached"}, 5, "does not belong to what is written beside it"),
        ({"message": "harmless"}, 5, "does not belong to what is written beside it"),
        ({"fingerprint": "0123456789abcdef"}, 5, "the fingerprint 0123456789abcdef does not belong"),
        ({"rule": None}, 6, "rule must be a string"),
    ],
)
def test_an_entry_that_is_wrong_is_named_with_its_line(change: dict[str, Any], line: int, message: str) -> None:
    text = json.dumps(document(**change), indent=2)
    with pytest.raises(UserError) as told:
        known.parse(text, "k.json")
    assert message in str(told.value)
    assert told.value.where == f"k.json:{line}"


def test_the_same_entry_twice_is_refused() -> None:
    data = document()
    data["findings"] *= 2
    with pytest.raises(UserError, match="stands twice"):
        known.parse(json.dumps(data, indent=2), "k.json")


def test_places_of_a_json_text() -> None:
    text = '{\n "a": [1, {"b": "x:,]}\\"",\n  "c": {}}, [\n [2]]],\n "d": "\\n"\n}'
    assert dict(jsonplace.lines(text)) == {
        (): 1,
        ("a",): 2,
        ("a", 1): 2,
        ("a", 1, "b"): 2,
        ("a", 1, "c"): 3,
        ("a", 2): 3,
        ("a", 2, 0): 4,
        ("d",): 5,
    }


def test_every_report_says_by_what_it_is_accepted() -> None:
    from tfratchet.report import ReportOptions, render

    baseline = Baseline("known.json", (entry(fakes.finding(), date(2027, 1, 31)),))
    findings, _ = apply_suppressions([fakes.finding()], known.ignores(baseline), TODAY)
    outcome = fakes.outcome(findings)
    result = json.loads(render("sarif", outcome, ReportOptions()))["runs"][0]["results"][0]
    assert result["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "ticket 4711 (owner: platform) (until 2027-01-31)",
        }
    ]
    assert "(baseline, until 2027-01-31)" in render("markdown", outcome, ReportOptions())
    assert json.loads(render("json", outcome, ReportOptions()))["findings"][0]["suppressed"]["by"] == "baseline"
