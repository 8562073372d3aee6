"""How the checks read what Checkov leaves of a configuration. No Checkov runs here."""

from __future__ import annotations

from typing import Any

import pytest

from tfratchet_checks.__tfr_guard__ import any_guard, asks_for_mfa, has_guard
from tfratchet_checks.__tfr_policy__ import Document, covers, matches, read_document
from tfratchet_checks.__tfr_rendered__ import RenderedTextError, parse_rendered
from tfratchet_checks.__tfr_values__ import Block, Unresolved, as_bool, as_number, as_text, as_texts, is_expression


@pytest.mark.parametrize(
    "text",
    [
        "var.name",
        "${var.name}",
        "local.names[0]",
        "module.iam.arn",
        "data.aws_caller_identity.me.account_id",
        "aws_iam_user.u.name",
        'aws_iam_user.u["a"].name',
        "aws_s3_bucket.b.arn/*",
        "arn:aws:iam::data.aws_caller_identity.me.account_id:root",
        "arn:aws:iam::${local.account}:root",
        "each.key",
        "each.value.name",
        "count.index",
        "statement.value",
        "event_selector.value.kind",
        "concat(['a'],var.b)",
        'file("${path.module}/x.json")',
        "!var.on",
        'True ? "a" : var.b',
        "[for u in var.users : u]",
        "jsonencode({'a': 1})",
        "%{ if var.on }a%{ endif }",
        "true_after_unknown",
    ],
)
def test_expressions(text: str) -> None:
    assert is_expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "alice",
        "alice.smith@example.com",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:iam::*:user/${aws:username}",
        "arn:aws:iam::*:user/$${aws:username}",
        "s3:Get*",
        "*",
        "logs.eu-west-1.example.com",
        "All",
        "a user of the data team",
        "2012-10-17",
    ],
)
def test_plain_texts(text: str) -> None:
    assert not is_expression(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([True], True),
        (["false"], False),
        ([None], None),
        (None, None),
        ([[True]], True),
        (["var.x"], Unresolved("var.x")),
        ([1], Unresolved("1")),
        ([{}], Unresolved("{}")),
        ([True, False], Unresolved("[True, False]")),
    ],
)
def test_booleans(value: Any, expected: Any) -> None:
    assert as_bool(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([14], 14),
        (["14"], 14),
        ([14.5], 14.5),
        ([None], None),
        (["var.x"], Unresolved("var.x")),
        ([True], Unresolved("True")),
    ],
)
def test_numbers(value: Any, expected: Any) -> None:
    assert as_number(value) == expected


def test_texts() -> None:
    assert as_text(["a"]) == "a"
    assert as_text([""]) is None
    assert as_text([7]) == "7"
    assert as_text([{"a": 1}]) == Unresolved("{'a': 1}")
    assert as_texts([["a", "b"]]) == ["a", "b"]
    assert as_texts(["a", "b"]) == ["a", "b"]
    assert as_texts([[]]) == []
    assert as_texts([None]) is None
    assert as_texts([["a", "var.b"]]) == ["a", Unresolved("var.b")]
    assert as_texts([{"b", "a"}]) == ["a", "b"]


def test_dynamic_blocks_whose_number_is_not_known_are_not_certain() -> None:
    content = {"kind": ["x"]}
    assert [b.certain for b in Block({"b": [content]}).blocks("b")] == [True]
    assert Block({"b": [content], "dynamic": [{"b": {"for_each": [[]], "content": [content]}}]}).blocks("b") == []
    for over, certain in ((["x", "y"], True), (["var.x"], False), ([{"k": "v"}], True)):
        (block,) = Block({"dynamic": [{"b": {"for_each": over, "content": [content]}}]}).blocks("b")
        assert block.certain is certain
    (block,) = Block({"b": [{"kind": ["b.value"]}], "dynamic": [{"b": [{"kind": ["b.value"]}]}]}).blocks("b")
    assert block.certain is False
    assert [b.certain for b in Block({"b": [{"kind": ["y"]}, content], "dynamic": [{"b": [content]}]}).blocks("b")] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jsonencode({'a': 'b', 'c': ['d', 1, True, None]})", {"a": "b", "c": ["d", 1, True, None]}),
        ("jsonencode({'r': ''aws_s3_bucket.b.arn'/*'})", {"r": "'aws_s3_bucket.b.arn'/*"}),
        ("jsonencode({'n': 'concat(['a', 'b'],var.c)', 'd': 'e'})", {"n": "concat(['a', 'b'],var.c)", "d": "e"}),
        ("jsonencode({'e': '${True ? \"Deny\" : \"Allow\"}'})", {"e": '${True ? "Deny" : "Allow"}'}),
        ("jsonencode({'r': aws_s3_bucket.b.arn})", {"r": "${aws_s3_bucket.b.arn}"}),
        ("jsonencode({'s': [for s in var.x : {'a': s}]})", {"s": ["${for s in var.x : {'a': s}}"]}),
        ("['${jsonencode({\\'a\\': [\\'b\\']})}']", {"a": ["b"]}),
        ("${jsonencode({'a': {}, 'b': []})}", {"a": {}, "b": []}),
        ("jsonencode({'a': 'it's'})", {"a": "it's"}),
        ("jsonencode(merge(local.a,{'b': 'c'}))", "${merge(local.a,{'b': 'c'})}"),
    ],
)
def test_the_text_that_checkov_leaves_of_jsonencode(text: str, expected: Any) -> None:
    assert parse_rendered(text) == expected


@pytest.mark.parametrize(
    "text", ["", "x", "jsonencode(", "jsonencode({", "jsonencode({'a'", "jsonencode({'a': 'b}", "jsonencode({'a': 1}"]
)
def test_text_that_is_cut_off(text: str) -> None:
    with pytest.raises(RenderedTextError):
        parse_rendered(text)


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(RenderedTextError):
        parse_rendered("jsonencode(" + "[" * 100_000)


def guard(operator: str = "BoolIfExists", value: str = "false", **more: Any) -> dict[str, Any]:
    condition = {operator: {"aws:MultiFactorAuthPresent": value}}
    return {"Effect": "Deny", "NotAction": "iam:Get*", "Resource": "*", "Condition": condition} | more


def document(*statements: Any) -> Document:
    found = read_document([{"Version": "2012-10-17", "Statement": list(statements)}])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (guard(), True),
        (guard("Bool"), True),  # a guard with a flaw; CKV_TFR_308 speaks of the flaw
        (guard("StringNotEquals", "true"), True),
        (guard("bool", "true"), False),
        (guard(Effect="Allow"), False),
        (guard(Resource="arn:aws:s3:::x"), False),
        (
            guard(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false", "aws:ViaAWSService": "false"}}),
            False,
        ),
        (guard(Condition={"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}), True),
        (guard(Condition={"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}), False),
        (guard(value="var.x"), None),
        (guard(Condition="var.x"), None),
        ("var.statement", None),
    ],
)
def test_what_is_a_guard(statement: Any, expected: bool | None) -> None:
    assert has_guard(document(statement)) is expected


def test_guards_among_policies() -> None:
    good, none, unread = document(guard()), document(), document("var.x")
    assert any_guard([none, good], more=False) is True
    assert any_guard([unread, good], more=True) is True
    assert any_guard([none], more=False) is False
    assert any_guard([none], more=True) is None
    assert any_guard([unread], more=False) is None
    assert any_guard(["arn:aws:iam::aws:policy/AdministratorAccess"], more=False) is False
    assert any_guard(["arn:aws-cn:iam::aws:policy/AdministratorAccess"], more=False) is False
    assert any_guard(["arn:aws-cn:iam::123456789012:policy/own"], more=False) is None
    assert any_guard(["arn:aws:iam::123456789012:policy/own"], more=False) is None


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({"Bool": {"AWS:multifactorauthpresent": True}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": ["true"]}}, True),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({"ForAllValues:Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({"ForAnyValue:Bool": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False),
        ({"Bool": {"aws:MultiFactorAuthPresent": ["true", "false"]}}, False),
        ({"Bool": {"aws:MultiFactorAuthPresent": "var.mfa"}}, None),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, True),
        ({"NumericLessThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}, False),
        ({"Null": {"aws:MultiFactorAuthAge": "false"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ("var.condition", None),
        (None, False),
    ],
)
def test_which_conditions_ask_for_mfa(condition: Any, expected: bool | None) -> None:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"} | ({"Condition": condition} if condition else {})
    assert asks_for_mfa(document(statement).statements[0]) is expected


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"Action": "iam:*"}, True),
        ({"Action": ["s3:*", "IAM:detach?serPolicy"]}, True),
        ({"Action": ["s3:*", "var.x"]}, None),
        ({"Action": ["*", "var.x"]}, True),
        ({"Action": "s3:*"}, False),
        ({"NotAction": "s3:*"}, True),
        ({"NotAction": "iam:*"}, False),
        ({"NotAction": ["s3:*", "var.x"]}, None),
        ({}, False),
    ],
)
def test_which_actions_a_statement_covers(element: dict[str, Any], expected: bool | None) -> None:
    statement = document({"Effect": "Allow", "Resource": "*", **element}).statements[0]
    assert covers(statement, "iam:DetachUserPolicy") is expected


def test_patterns_are_not_regular_expressions() -> None:
    assert matches("iam:*", "iam:GetUser")
    assert not matches("iam.*", "iam:GetUser")
    assert not matches("iam:Get", "iam:GetUser")
