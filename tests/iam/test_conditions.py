"""Condition operators, after the tables and examples of the IAM user guide."""

from __future__ import annotations

import pytest

from tfratchet.iam.conditions import CompiledCondition, holds, parse_date
from tfratchet.iam.documents import Condition, parse_document
from tfratchet.iam.engine.patterns import ANY
from tfratchet.iam.engine.strings import encode
from tfratchet.values import Choice, Template, Unknown, ref


def condition(operator: str, key: str, *values: object) -> Condition:
    document = parse_document(
        {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {key: list(values)}}}}
    )
    assert not document.problems
    return document.statements[0].conditions[0]


def ask(operator: str, wanted: object, found: object) -> bool | None:
    """Does the condition hold, with these values in the request (None: the key is not in it)?"""
    values = wanted if isinstance(wanted, list) else [wanted]
    context: dict[str, list[str]] = {}
    if found is not None:
        context["aws:key"] = found if isinstance(found, list) else [found]  # type: ignore[list-item]
    return holds(condition(operator, "aws:Key", *values), context)


@pytest.mark.parametrize(
    ("operator", "wanted", "yes", "no"),
    [
        ("StringEquals", "a", ["a"], ["A", "b", "", "a "]),
        ("StringEquals", "a*", ["a*"], ["ab"]),
        ("StringNotEquals", "a", ["A", "b"], ["a"]),
        ("StringEqualsIgnoreCase", "aB", ["Ab", "AB"], ["a"]),
        ("StringNotEqualsIgnoreCase", "aB", ["a"], ["Ab"]),
        ("StringLike", "a*c?", ["acd", "abbccd"], ["ac", "Acd", "acdd e"]),
        ("StringLike", "", [""], ["a"]),
        ("StringNotLike", "a*", ["b"], ["a", "ab"]),
        ("NumericEquals", "10", ["10", "10.0"], ["11", "x"]),
        ("NumericNotEquals", "10", ["11"], ["10", "10.00"]),
        ("NumericLessThan", "10", ["9", "-3"], ["10", "11", "x"]),
        ("NumericLessThanEquals", "10", ["9", "10"], ["10.5"]),
        ("NumericGreaterThan", "3600", ["3601"], ["3600", "x", ""]),
        ("NumericGreaterThanEquals", "3600", ["3600"], ["3599"]),
        (
            "DateEquals",
            "2026-11-24T00:00:00Z",
            ["2026-11-24", "2026-11-24T01:00:00+01:00", "1795478400"],
            ["2026-11-25"],
        ),
        ("DateNotEquals", "2026-11-24T00:00:00Z", ["2026-11-25T00:00:00Z"], ["2026-11-24T00:00:00Z"]),
        ("DateLessThan", "2020-01-01T00:00:01Z", ["2020-01-01T00:00:00Z", "2019"], ["2020-01-01T00:00:01Z", "x"]),
        ("DateLessThanEquals", "2020-01-01T00:00:01Z", ["2020-01-01T00:00:01Z"], ["2020-01-02"]),
        ("DateGreaterThan", "2020-01-01T00:00:01Z", ["2020-01-01T00:00:01.5Z"], ["2020-01-01T00:00:01Z"]),
        ("DateGreaterThanEquals", "2020-01-01T00:00:01Z", ["2020-01-01T00:00:01Z"], ["2020"]),
        ("Bool", "true", ["true", "True"], ["false", "", "1"]),
        ("Bool", True, ["true"], ["false"]),
        ("BinaryEquals", "QmluYXJ5", ["QmluYXJ5"], ["qmluYXJ5"]),
        ("IpAddress", "203.0.113.0/24", ["203.0.113.7"], ["203.0.114.7", "2001:db8::1", "x"]),
        ("IpAddress", "203.0.113.7", ["203.0.113.7"], ["203.0.113.8"]),
        ("IpAddress", "2001:DB8:1234:5678::/64", ["2001:db8:1234:5678::9"], ["2001:db8:1234:5679::"]),
        ("NotIpAddress", "203.0.113.0/24", ["203.0.114.7"], ["203.0.113.7"]),
        (
            "ArnLike",
            "arn:aws:sns:*:123456789012:t*",
            ["arn:aws:sns:eu-west-1:123456789012:topic"],
            ["arn:aws:sns:eu-west-1:123456789013:topic", "arn:aws:sqs:eu-west-1:123456789012:topic", "topic"],
        ),
        (
            "ArnEquals",
            "arn:aws:iam::*:user/*",
            ["arn:aws:iam::123456789012:user/a/b"],
            ["arn:aws:iam::123456789012:role/a"],
        ),
        ("ArnLike", "arn:aws:sns:*:topic", [], ["arn:aws:sns:eu-west-1:123456789012:topic"]),
        ("ArnLike", "arn:aws:s*:x:1:y", ["arn:aws:sns:x:1:y"], ["arn:aws:sns:z:x:1:y"]),
        (
            "ArnNotLike",
            "arn:aws:iam::*:role/admin",
            ["arn:aws:iam::123456789012:role/other"],
            ["arn:aws:iam::123456789012:role/admin"],
        ),
        (
            "ArnNotEquals",
            "arn:aws:iam::*:role/admin",
            ["arn:aws:iam::123456789012:role/other"],
            ["arn:aws:iam::123456789012:role/admin"],
        ),
    ],
)
def test_operators(operator: str, wanted: str, yes: list[str], no: list[str]) -> None:
    assert [v for v in yes if ask(operator, wanted, v) is not True] == []
    assert [v for v in no if ask(operator, wanted, v) is not False] == []


POSITIVE = [
    "StringEquals",
    "StringLike",
    "NumericEquals",
    "NumericLessThan",
    "DateLessThan",
    "Bool",
    "IpAddress",
    "ArnLike",
]
NEGATIVE = [
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
    "NumericNotEquals",
    "DateNotEquals",
    "NotIpAddress",
    "ArnNotEquals",
    "ArnNotLike",
]


@pytest.mark.parametrize("operator", POSITIVE)
def test_missing_key_fails_positive_operators_and_ifexists_passes(operator: str) -> None:
    assert ask(operator, "true", None) is False
    assert ask(operator + "IfExists", "true", None) is True


@pytest.mark.parametrize("operator", NEGATIVE)
def test_missing_key_passes_negated_operators(operator: str) -> None:
    """A key that is not there does not match; so a condition that asks for no match holds."""
    assert ask(operator, "1", None) is True
    assert ask(operator + "IfExists", "1", None) is True


class TestMfa:
    """BoolIfExists against Bool: the two halves of the usual mistake."""

    @pytest.mark.parametrize(
        ("operator", "value", "present", "absent_factor", "no_key"),
        [
            ("BoolIfExists", "false", False, True, True),
            ("Bool", "false", False, True, False),
            ("Bool", "true", True, False, False),
            ("BoolIfExists", "true", True, False, True),
            ("Null", "true", False, False, True),
            ("Null", "false", True, True, False),
        ],
    )
    def test_table(self, operator: str, value: str, present: bool, absent_factor: bool, no_key: bool) -> None:
        found = condition(operator, "aws:MultiFactorAuthPresent", value)
        assert holds(found, {"aws:multifactorauthpresent": ["true"]}) is present
        assert holds(found, {"aws:multifactorauthpresent": ["false"]}) is absent_factor
        assert holds(found, {}) is no_key


class TestSeveralValues:
    def test_values_are_ored(self) -> None:
        assert ask("StringEquals", ["a", "b"], "b") is True
        assert ask("StringEquals", ["a", "b"], "c") is False

    def test_negated_values_are_nored(self) -> None:
        assert ask("StringNotEquals", ["a", "b"], "b") is False
        assert ask("StringNotEquals", ["a", "b"], "c") is True
        assert ask("NotIpAddress", ["10.0.0.0/8", "192.0.2.0/24"], "192.0.2.1") is False

    def test_no_values(self) -> None:
        assert holds(condition("StringEquals", "k"), {"k": ["a"]}) is False
        assert holds(condition("StringNotEquals", "k"), {"k": ["a"]}) is True

    @pytest.mark.parametrize(
        ("operator", "wanted", "found", "expected"),
        [
            # user guide, "Multivalued context keys": dynamodb:Attributes
            ("ForAllValues:StringEquals", ["PostDateTime", "Message", "Tags"], ["PostDateTime", "Message"], True),
            ("ForAllValues:StringEquals", ["PostDateTime", "Message", "Tags"], ["PostDateTime", "UserName"], False),
            ("ForAnyValue:StringEquals", ["PostDateTime", "Message"], ["PostDateTime", "UserName"], True),
            ("ForAnyValue:StringEquals", ["PostDateTime", "Message"], ["UserName"], False),
            # with a negated operator: no value of the request may be (any) / one may not be (all)
            ("ForAllValues:StringNotEquals", ["webserver"], ["a", "b"], True),
            ("ForAllValues:StringNotEquals", ["webserver"], ["a", "webserver"], False),
            ("ForAnyValue:StringNotEquals", ["webserver"], ["a", "webserver"], True),
            ("ForAnyValue:StringNotEquals", ["webserver"], ["webserver"], False),
            ("ForAllValues:StringLike", ["a*", "b*"], ["ab", "bc"], True),
            ("forallvalues:stringlike", ["a*"], ["ab", "bc"], False),
            # no key: true for ForAllValues, false for ForAnyValue
            ("ForAllValues:StringEquals", ["a"], None, True),
            ("ForAnyValue:StringEquals", ["a"], None, False),
            ("ForAllValues:StringNotEquals", ["a"], None, True),
            ("ForAnyValue:StringNotEquals", ["a"], None, False),
            ("ForAllValues:StringEquals", ["a"], [], True),
            ("ForAnyValue:StringEquals", ["a"], [], False),
            ("ForAnyValue:StringEqualsIfExists", ["a"], None, True),
        ],
    )
    def test_sets(self, operator: str, wanted: list[str], found: list[str] | None, expected: bool) -> None:
        assert ask(operator, wanted, found) is expected


class TestNull:
    @pytest.mark.parametrize(
        ("value", "found", "expected"),
        [
            ("true", None, True),
            ("true", "x", False),
            ("false", None, False),
            ("false", "x", True),
            ("True", None, True),
        ],
    )
    def test_null(self, value: str, found: str | None, expected: bool) -> None:
        assert ask("Null", value, found) is expected

    def test_both_values_hold_always(self) -> None:
        assert ask("Null", ["true", "false"], None) is True
        assert ask("Null", ["true", "false"], "x") is True


class TestVariables:
    def test_value_of_a_key(self) -> None:
        found = condition("StringLike", "s3:prefix", "${aws:username}/*")
        assert holds(found, {"s3:prefix": ["alice/x"], "aws:username": ["alice"]}) is True
        assert holds(found, {"s3:prefix": ["alice/x"], "aws:username": ["bob"]}) is False

    def test_null_value_never_matches(self) -> None:
        assert holds(condition("StringEquals", "k", "${aws:username}"), {"k": [""]}) is False
        assert holds(condition("StringNotEquals", "k", "${aws:username}"), {"k": ["x"]}) is True

    def test_default(self) -> None:
        found = condition("StringEquals", "k", "${aws:PrincipalTag/team, 'company-wide'}")
        assert holds(found, {"k": ["company-wide"]}) is True
        assert holds(found, {"k": ["yellow"], "aws:PrincipalTag/team": ["yellow"]}) is True

    def test_plain_characters(self) -> None:
        assert holds(condition("StringLike", "k", "a${*}b${?}${$}"), {"k": ["a*b?$"]}) is True
        assert holds(condition("StringLike", "k", "a${*}b"), {"k": ["axb"]}) is False
        assert holds(condition("StringEquals", "k", "a${*}"), {"k": ["a*"]}) is True

    def test_wildcards_in_a_value_are_literal(self) -> None:
        found = condition("StringLike", "k", "${aws:username}")
        assert holds(found, {"k": ["axb"], "aws:username": ["a*b"]}) is False
        assert holds(found, {"k": ["a*b"], "aws:username": ["a*b"]}) is True

    def test_old_version_does_not_substitute(self) -> None:
        found = condition("StringEquals", "k", "${aws:username}")
        assert holds(found, {"k": ["alice"], "aws:username": ["alice"]}, variables=False) is False
        assert holds(found, {"k": ["${aws:username}"], "aws:username": ["alice"]}, variables=False) is True

    @pytest.mark.parametrize("text", ["&{aws:username}", "${}", "${no colon}", "${aws:username"])
    def test_what_is_no_variable_is_plain_text(self, text: str) -> None:
        assert holds(condition("StringEquals", "k", text), {"k": [text], "aws:username": ["a"]}) is True


class TestUnknown:
    def lookup(self, **values: object) -> object:
        return {"k": values["k"]}.get

    def ask(self, operator: str, wanted: object, found: object) -> bool | None:
        compiled = CompiledCondition(condition(operator, "k", wanted), variables=True)
        return compiled.holds({"k": found}.get)  # type: ignore[arg-type]

    def test_unknown_value_of_the_policy(self) -> None:
        assert self.ask("StringEquals", Unknown("var.x"), ("a",)) is None
        assert self.ask("StringEquals", Unknown("var.x"), (encode(Unknown("var.x")),)) is True
        assert self.ask("StringNotEquals", Unknown("var.x"), (encode(Unknown("var.x")),)) is False
        assert self.ask("StringEquals", Unknown("var.x"), None) is False
        assert self.ask("StringEqualsIfExists", Unknown("var.x"), None) is True

    def test_known_parts_can_contradict(self) -> None:
        arn = Template(["arn:aws:iam::", Unknown("var.account"), ":role/admin"])
        assert self.ask("ArnLike", arn, ("arn:aws:iam::1:role/admin",)) is None
        assert self.ask("ArnLike", arn, ("arn:aws:iam::1:role/other",)) is False
        assert self.ask("ArnNotLike", arn, ("arn:aws:iam::1:role/other",)) is True

    def test_own_account_is_any_literal_account(self) -> None:
        account = ref("data.aws_caller_identity.current", ".account_id")
        arn = Template(["arn:aws:iam::", account, ":role/admin"])
        assert self.ask("ArnLike", arn, ("arn:aws:iam::123456789012:role/admin",)) is True

    def test_unknown_value_of_the_request(self) -> None:
        for operator in (
            "Bool",
            "StringNotEquals",
            "NumericLessThan",
            "ForAllValues:StringLike",
            "BoolIfExists",
            "Null",
        ):
            assert self.ask(operator, "true", ANY) is None

    def test_numbers_and_dates_and_addresses(self) -> None:
        for operator in ("NumericLessThan", "DateGreaterThan", "IpAddress", "NotIpAddress"):
            assert self.ask(operator, Unknown("var.x"), ("1",)) is None

    def test_choice(self) -> None:
        choice = Choice("var.x", "a", "b")
        assert self.ask("StringEquals", choice, ("a",)) is None
        assert self.ask("StringEquals", choice, ("c",)) is False
        assert self.ask("StringNotEquals", choice, ("c",)) is True


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-02", 86400),
        ("1970-01-01T01:00:00+0100", 0),
        ("1970-01-01T00:00:00-01:00", 3600),
        ("1970", 0),
        ("86400", 86400),
        ("1970-01-01T00:00Z", 0),
        ("1970-13-01", None),
        ("tomorrow", None),
    ],
)
def test_dates(text: str, seconds: int | None) -> None:
    assert parse_date(text) == seconds
