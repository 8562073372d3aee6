"""Patterns of metric filters and of EventBridge rules, in one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfratchet.rules.cloudtrail.patterns import Pattern, event_pattern, fields, filter_pattern
from tfratchet.rules.cloudtrail.terms import Term, covers, event_names, words
from tfratchet.values import Choice, JsonText, Template, Unknown, Value


def terms(pattern: Pattern) -> set[frozenset[str]]:
    return {frozenset(str(t) for t in c) for c in pattern.any_of}


# The patterns that the CIS AWS Foundations Benchmark (section 4, audit procedures) gives for its alarms.
CIS = {
    "unauthorized": '{($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*")}',
    "no-mfa": '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && '
    '($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
    "root": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && '
    '$.eventType != "AwsServiceEvent" }',
    "kms": "{($.eventSource = kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion)) }",
    "trail": "{($.eventName=CreateTrail)||($.eventName=UpdateTrail)||($.eventName=DeleteTrail)}",
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("unauthorized", {frozenset({"errorCode = *UnauthorizedOperation"}), frozenset({"errorCode = AccessDenied*"})}),
        (
            "no-mfa",
            {
                frozenset(
                    {
                        "eventName = ConsoleLogin",
                        "additionalEventData.MFAUsed != Yes",
                        "userIdentity.type = IAMUser",
                        "responseElements.ConsoleLogin = Success",
                    }
                )
            },
        ),
        (
            "root",
            {
                frozenset(
                    {"userIdentity.type = Root", "userIdentity.invokedBy not exists", "eventType != AwsServiceEvent"}
                )
            },
        ),
        (
            "kms",
            {
                frozenset({"eventSource = kms.amazonaws.com", "eventName = DisableKey"}),
                frozenset({"eventSource = kms.amazonaws.com", "eventName = ScheduleKeyDeletion"}),
            },
        ),
    ],
)
def test_patterns_of_the_benchmark(name: str, expected: set[frozenset[str]]) -> None:
    assert terms(filter_pattern(CIS[name])) == expected


def test_words_name_the_events() -> None:
    assert sorted(words(c) for c in filter_pattern(CIS["trail"]).any_of) == [
        "CreateTrail",
        "DeleteTrail",
        "UpdateTrail",
    ]
    assert fields(filter_pattern(CIS["root"])) == {"userIdentity", "eventType"}


@pytest.mark.parametrize(
    "text",
    ["ERROR", "[ip, user, ...]", "", "{", "{ $.a = }", "{ a = b }", "{ $.a = b } c", "{ ($.a = b }", "{ $.a ~ b }"],
)
def test_what_is_no_json_pattern_is_compared_as_a_whole(text: str) -> None:
    found = filter_pattern(text)
    assert not found.readable
    assert found == filter_pattern(f"  {text} ")


def test_hostile_patterns_end_soon() -> None:
    assert not filter_pattern("{ " + "(" * 5000 + "$.a = b" + ")" * 5000 + " }").readable
    many = " && ".join(f"(($.a = {i}) || ($.b = {i}))" for i in range(40))
    assert not filter_pattern("{ " + many + " }").readable
    stars = "*" * 2000 + "x"
    assert not covers(
        frozenset({Term("a", "=", frozenset({stars}))}), frozenset({Term("a", "=", frozenset({"y" * 5000}))})
    )


def test_unknown_parts() -> None:
    hole = Unknown("var.role")
    found = filter_pattern(Template(['{ ($.eventName = StopLogging) && ($.userIdentity.arn != "', hole, '") }']))
    assert found.readable
    assert found.unknowns == (hole,)
    assert not filter_pattern(hole).readable
    assert filter_pattern(hole).unknowns == (hole,)


def one(text: str) -> frozenset[Term]:
    (found,) = filter_pattern("{ " + text + " }").any_of
    return found


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("$.eventName = A", "$.eventName = A", True),
        ("$.eventName = A*", "$.eventName = Abc", True),
        ("$.eventName = *A*", "$.eventName = xAy", True),
        ("$.eventName = Abc", "$.eventName = A*", False),
        ("$.eventName = A", "($.eventName = A) && ($.b = c)", True),
        ("($.eventName = A) && ($.b = c)", "$.eventName = A", False),
        ("$.b != x", "$.b = y", True),
        ("$.b != x", "$.b = x", False),
        ("$.b != x*", "$.b = xyz", False),
        ("$.b != xyz", "$.b != x*", True),
        ("$.b != x*", "$.b != xyz", False),
        ("$.b EXISTS", "$.b = x", True),
        ("$.b NOT EXISTS", "$.b = x", False),
        # the name of a protected event says which service it is of
        (
            "($.eventName = StopLogging) && ($.eventSource = cloudtrail.amazonaws.com)",
            "$.eventName = StopLogging",
            True,
        ),
        ("$.eventSource = cloudtrail.amazonaws.com", "$.eventName = StopLogging", True),
        ("$.eventSource = iam.amazonaws.com", "$.eventName = StopLogging", False),
    ],
)
def test_what_covers_what(wide: str, narrow: str, expected: bool) -> None:
    assert covers(one(wide), one(narrow)) is expected


EVENT = {
    "source": ["aws.iam"],
    "detail-type": ["AWS API Call via CloudTrail"],
    "detail": {"eventName": ["DetachUserPolicy", {"prefix": "Delete"}]},
}


def test_event_patterns_read_like_filters() -> None:
    assert terms(event_pattern(JsonText(EVENT))) == {
        frozenset({"eventSource = iam.amazonaws.com", "eventName = DetachUserPolicy"}),
        frozenset({"eventSource = iam.amazonaws.com", "eventName = Delete*"}),
    }


def test_every_event_by_its_name() -> None:
    found = event_pattern('{"source": ["aws.iam"], "detail": {"eventName": ["A", "B"]}}')
    assert {event_names(c) for c in found.any_of} == {frozenset({"A"}), frozenset({"B"})}


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        ('{"prefix": "a"}', "eventName = a*"),
        ('{"suffix": "a"}', "eventName = *a"),
        ('{"wildcard": "a*b"}', "eventName = a*b"),
        ('{"anything-but": ["a", "b"]}', "eventName != a, b"),
        ('{"anything-but": "a"}', "eventName != a"),
        ('{"exists": true}', "eventName exists"),
        ('{"exists": false}', "eventName not exists"),
    ],
)
def test_matchers(matcher: str, expected: str) -> None:
    found = event_pattern(f'{{"detail": {{"eventName": [{matcher}]}}}}')
    assert terms(found) == {frozenset({expected})}


def test_alternatives_of_eventbridge() -> None:
    found = event_pattern('{"detail": {"$or": [{"eventName": ["A"]}, {"errorCode": ["B"]}]}}')
    assert terms(found) == {frozenset({"eventName = A"}), frozenset({"errorCode = B"})}


@pytest.mark.parametrize("value", ["no json", "[1]", Unknown("var.pattern"), None])
def test_event_patterns_that_cannot_be_read(value: Value) -> None:
    assert not event_pattern(value).readable


def test_choice_of_patterns() -> None:
    found = event_pattern(Choice("var.a", JsonText({"source": ["aws.iam"]}), JsonText({"source": ["aws.signin"]})))
    assert len(found.any_of) == 2
    assert found.unknowns == (Unknown("var.a"),)


_TERM = st.builds(
    lambda f, o, v: f"($.{f} {o} {v})",
    st.sampled_from(["eventName", "userIdentity.type", "errorCode"]),
    st.sampled_from(["=", "!="]),
    st.sampled_from(["A", "B", "A*", '"AB"']),
)
_PATTERN = st.recursive(
    _TERM,
    lambda inner: st.builds(lambda a, o, b: f"({a} {o} {b})", inner, st.sampled_from(["&&", "||"]), inner),
    max_leaves=8,
)


def matches(text: str, event: dict[str, str]) -> bool:
    """What a filter matches, by Python's own evaluation of the same expression."""
    import fnmatch
    import re

    def term(match: re.Match[str]) -> str:
        field, operator, value = match[1], match[2], match[3].strip('"')
        hit = fnmatch.fnmatchcase(event[field], value)
        return str(hit if operator == "=" else not hit)

    python = re.sub(r"\$\.([\w.]+) (=|!=) (\"?[\w*]+\"?)", term, text).replace("&&", "and").replace("||", "or")
    return bool(eval(python))


_EVENT = st.fixed_dictionaries(
    {f: st.sampled_from(["A", "B", "AB", "C"]) for f in ("eventName", "userIdentity.type", "errorCode")}
)


@given(_PATTERN, _PATTERN, st.lists(_EVENT, min_size=5, max_size=20))
def test_covering_agrees_with_matching(wide: str, narrow: str, events: list[dict[str, str]]) -> None:
    """Where every alternative of the one is covered by the other, no event matches the one alone."""
    first, second = filter_pattern("{ " + wide + " }"), filter_pattern("{ " + narrow + " }")
    assert first.readable
    assert second.readable
    if all(any(covers(w, n) for w in first.any_of) for n in second.any_of):
        for event in events:
            assert not matches(narrow, event) or matches(wide, event)
