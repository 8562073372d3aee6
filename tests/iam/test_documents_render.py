"""data "aws_iam_policy_document", rendered without the provider."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tfratchet.iam.documents import equal, parse_document
from tfratchet.iam.render import render_policy_document
from tfratchet.values import REST_KEY, Choice, JsonText, Rest, Template, Unknown, ref

OIDC = Template([Unknown("var.oidc"), ":sub"])


def rendered(**arguments: Any) -> Any:
    text = render_policy_document(arguments)
    assert isinstance(text, str)
    return json.loads(text)


def test_text_is_the_provider_s() -> None:
    text = render_policy_document(
        {
            "policy_id": "x",
            "statement": [
                {
                    "sid": "One",
                    "actions": ["s3:Put*", "s3:Get*"],
                    "resources": ["b<>", "a/&{aws:username}"],
                    "condition": [{"test": "Bool", "variable": "aws:MultiFactorAuthPresent", "values": ["true"]}],
                    "principals": [
                        {"type": "AWS", "identifiers": ["*"]},
                        {"type": "Service", "identifiers": ["ec2.amazonaws.com"]},
                    ],
                },
                {"effect": "Deny", "not_actions": ["iam:x"], "not_resources": ["r"]},
            ],
        }
    )
    assert text == (
        """{
  "Version": "2012-10-17",
  "Id": "x",
  "Statement": [
    {
      "Sid": "One",
      "Effect": "Allow",
      "Action": [
        "s3:Put*",
        "s3:Get*"
      ],
      "Resource": [
        "b\\u003c\\u003e",
        "a/${aws:username}"
      ],
      "Principal": {
        "AWS": "*",
        "Service": "ec2.amazonaws.com"
      },
      "Condition": {
        "Bool": {
          "aws:MultiFactorAuthPresent": "true"
        }
      }
    },
    {
      "Effect": "Deny",
      "NotAction": "iam:x",
      "NotResource": "r"
    }
  ]
}"""
    )


def test_nothing_in_it() -> None:
    assert rendered() == {"Version": "2012-10-17"}


@pytest.mark.parametrize(("kind", "expected"), [("AWS", {"AWS": "*"}), ("*", "*")])
def test_everybody(kind: str, expected: Any) -> None:
    block = {"actions": ["a:b"], "principals": [{"type": kind, "identifiers": ["*"]}]}
    assert rendered(statement=[block])["Statement"][0]["Principal"] == expected


def test_blocks_of_the_same_kind_are_merged() -> None:
    block = {
        "actions": ["a:b"],
        "principals": [{"type": "AWS", "identifiers": ["b", "c"]}, {"type": "AWS", "identifiers": ["a"]}],
        "condition": [
            {"test": "StringLike", "variable": "k", "values": ["x"]},
            {"test": "StringLike", "variable": "k", "values": ["y", ""]},
        ],
    }
    (found,) = rendered(statement=[block])["Statement"]
    assert found["Principal"] == {"AWS": ["c", "b", "a"]}
    assert found["Condition"] == {"StringLike": {"k": ["y", "x", ""]}}


def test_merging_by_sid() -> None:
    source = json.dumps(
        {"Version": "2008-10-17", "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "a:a", "Resource": "*"}]}
    )
    override = json.dumps({"Statement": [{"Sid": "B", "Effect": "Allow", "Action": "b:b", "Resource": "*"}]})
    found = rendered(
        version="2008-10-17",
        source_policy_documents=[source, None, ""],
        statement=[
            {"sid": "A", "effect": "Deny", "actions": ["a:c"], "resources": ["*"]},
            {"sid": "B", "effect": "Deny", "actions": ["b:c"], "resources": ["*"]},
            {"effect": "Deny", "actions": ["c:c"], "resources": ["*"]},
        ],
        override_policy_documents=[override],
    )
    assert found["Version"] == "2008-10-17"
    assert [(s.get("Sid"), s["Action"]) for s in found["Statement"]] == [("A", "a:c"), ("B", "b:b"), (None, "c:c")]


def test_highest_version_wins() -> None:
    assert rendered(version="2008-10-17", source_json='{"Version": "2012-10-17"}')["Version"] == "2012-10-17"


def test_unknown_leaves() -> None:
    bucket = ref("aws_s3_bucket.logs", ".arn")
    value = render_policy_document(
        {
            "statement": [
                {
                    "effect": "Deny",
                    "actions": ["s3:DeleteObject"],
                    "resources": [Template([bucket, "/&{aws:username}"])],
                    "condition": [{"test": "StringEquals", "variable": OIDC, "values": ["a"]}],
                }
            ]
        }
    )
    assert isinstance(value, JsonText)
    (found,) = parse_document(value).statements
    assert found.resources == (Template([bucket, "/${aws:username}"]),)
    assert found.conditions[0].key == OIDC
    assert found.conditions[0].values == ("a",)


def test_number_of_blocks_not_known() -> None:
    block = {"effect": "Deny", "actions": Unknown("s.value"), "resources": ["*"]}
    value = render_policy_document({"statement": [{"actions": ["a:b"]}, Rest(block, Unknown("var.s"))]})
    first, second = parse_document(value).statements
    assert first.maybe is None
    assert second.effect == "Deny"
    assert second.maybe is not None
    assert second.actions == (Unknown("s.value"),)


def test_number_of_principals_and_conditions_not_known() -> None:
    more = Rest(Unknown("var.p[*]"), Unknown("var.p"))
    value = render_policy_document(
        {
            "statement": [
                {
                    "actions": ["sts:AssumeRole"],
                    "principals": [{"type": "AWS", "identifiers": ["1", more]}, more],
                    "condition": [{"test": "Bool", "variable": "a", "values": ["true"]}, more],
                }
            ]
        }
    )
    assert isinstance(value, JsonText)
    assert isinstance(value.value, dict)
    assert REST_KEY in value.value["Statement"][0]["Principal"]
    (found,) = parse_document(value).statements
    assert found.principals is not None
    assert len(found.principals) == 3
    assert len(found.conditions) == 2


def test_unknown_source_is_further_statements() -> None:
    value = render_policy_document(
        {"source_policy_documents": [Unknown("var.more")], "statement": [{"actions": ["a:b"]}]}
    )
    first, second = parse_document(value).statements
    assert isinstance(first.effect, Unknown)
    assert second.effect == "Allow"
    assert second.maybe is None


def test_unknown_override_may_replace_what_has_a_sid() -> None:
    blocks = [{"sid": "Guard", "effect": "Deny", "actions": ["a:b"]}, {"effect": "Deny", "actions": ["a:c"]}]
    value = render_policy_document({"override_policy_documents": [Unknown("var.more")], "statement": blocks})
    guard, plain, further = parse_document(value).statements
    assert guard.maybe is not None
    assert plain.maybe is None
    assert isinstance(further.effect, Unknown)


def test_choice_of_sources() -> None:
    source = '{"Statement": [{"Effect": "Deny", "Action": "a:b", "Resource": "*"}]}'
    value = render_policy_document(
        {"source_policy_documents": [Choice("var.x", source, None)], "statement": [{"actions": ["a:c"]}]}
    )
    document = parse_document(value)
    assert len(document.choices) == 1
    assert document.choices[0][1].statements[0].effect == "Deny"
    assert len(document.statements) == 1


def test_broken_source_is_unknown() -> None:
    value = render_policy_document({"source_policy_documents": ["nonsense"], "statement": [{"actions": ["a:c"]}]})
    assert isinstance(value, JsonText)


def test_same_as_jsonencode() -> None:
    value = render_policy_document(
        {
            "statement": [
                {
                    "effect": "Deny",
                    "not_actions": ["iam:b", "iam:a"],
                    "resources": ["*"],
                    "condition": [
                        {"test": "BoolIfExists", "variable": "aws:MultiFactorAuthPresent", "values": ["false"]}
                    ],
                }
            ]
        }
    )
    other = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "NotAction": ["iam:a", "iam:B"], "Resource": ["*"],
                      "Condition": {"BoolIfExists": {"aws:multiFactorAuthPresent": False}}},
    }  # fmt: skip
    assert equal(parse_document(value), parse_document(JsonText(other))) is True
