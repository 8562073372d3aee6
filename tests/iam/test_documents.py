"""Policy documents: reading, normal form, equality."""

from __future__ import annotations

import json

import pytest

from tfratchet.iam.documents import Condition, Document, canonical_text, equal, parse_document
from tfratchet.values import REST_KEY, Choice, JsonText, Rest, Template, Unknown, ref

MFA = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "DenyWithoutMfa",
            "Effect": "Deny",
            "NotAction": ["iam:ListMFADevices", "iam:EnableMFADevice", "sts:GetSessionToken"],
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        }
    ],
}


def statement(**elements: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [elements]}


def doc(*statements: dict[str, object], version: str | None = "2012-10-17") -> Document:
    body: dict[str, object] = {"Statement": list(statements)}
    if version:
        body["Version"] = version
    return parse_document(json.dumps(body))


def allow(action: object, resource: object = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


class TestReading:
    def test_every_source_gives_the_same_document(self) -> None:
        text = json.dumps(MFA)
        documents = [
            parse_document(text),
            parse_document("\ufeff  " + json.dumps(MFA, indent=4) + "\n"),
            parse_document(MFA),  # type: ignore[arg-type]
            parse_document(JsonText(MFA)),  # type: ignore[arg-type]
            parse_document(Template([text])),
        ]
        assert len({canonical_text(d) for d in documents}) == 1
        assert not any(d.problems for d in documents)

    def test_statement_is_normalised(self) -> None:
        (found,) = parse_document(MFA).statements  # type: ignore[arg-type]
        assert found.not_actions == ("iam:EnableMFADevice", "iam:ListMFADevices", "sts:GetSessionToken")
        assert found.actions is None
        assert found.resources == ("*",)
        assert found.conditions == (Condition("Bool", "aws:multifactorauthpresent", ("false",), "", True),)
        assert found.sid == "DenyWithoutMfa"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "not json",
            "[1]",
            '"text"',
            "{'Statement': []}",
            '{"Statement": [],}',
            '{"Statement": NaN}',
            '{"Statement": [], "Statement": []}',
            '{"Statement": [{"Effect": "Deny", "Action": "*", "Action": "s3:*", "Resource": "*"}]}',
            pytest.param("[" * 100_000, id="deep"),
            '{"Version": "2012-10-17", "Statement": []} trailing',
        ],
    )
    def test_what_is_no_json_is_opaque(self, text: str) -> None:
        document = parse_document(text)
        assert document.opaque is not None
        assert document.problems

    @pytest.mark.parametrize(
        "bad",
        [
            {"Effect": "allow", "Action": "*", "Resource": "*"},
            {"effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Allow", "Resource": "*"},
            {"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"},
            {"Effect": "Allow", "Action": ["*", ["s3:*"]], "Resource": "*"},
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringSame": {"a": "b"}}},
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"NullIfExists": {"a": "true"}}},
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"ForSome:StringLike": {"a": "b"}}},
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "arn:aws:iam::123456789012:root"},
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Users": "*"}},
        ],
    )
    def test_a_malformed_statement_is_wholly_unknown(self, bad: dict[str, object]) -> None:
        document = doc(allow("s3:*"), bad)
        assert document.problems
        assert isinstance(document.statements[1].effect, Unknown)
        assert document.statements[0].effect == "Allow"

    def test_no_document_and_empty_document(self) -> None:
        assert parse_document(None).empty
        assert parse_document('{"Version": "2012-10-17", "Statement": []}').empty
        assert parse_document("{}").problems

    def test_single_statement_object(self) -> None:
        single = parse_document(json.dumps({"Version": "2012-10-17", "Statement": allow("s3:*")}))
        assert equal(single, doc(allow(["s3:*"], ["*"]))) is True

    def test_empty_lists_match_nothing_but_are_no_error(self) -> None:
        (found,) = doc(allow([], [])).statements
        assert found.actions == ()
        assert found.resources == ()


class TestHoles:
    def test_hole_inside_a_string(self) -> None:
        bucket = ref("aws_s3_bucket.logs", ".arn")
        text = Template(
            [
                '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "',
                bucket,
                '/*"}}',
            ]
        )
        (found,) = parse_document(text).statements
        assert found.resources == (Template([bucket, "/*"]),)
        same = JsonText(statement(Effect="Deny", Action="s3:DeleteObject", Resource=[Template([bucket, "/*"])]))
        assert equal(parse_document(text), parse_document(same)) is True

    def test_whole_string_is_the_unknown_itself(self) -> None:
        bucket = ref("aws_s3_bucket.logs", ".arn")
        (found,) = parse_document(
            Template(['{"Statement": {"Effect": "Deny", "Action": "*", "Resource": ["', bucket, '"]}}'])
        ).statements
        assert found.resources == (bucket,)

    @pytest.mark.parametrize("before", ['"*", ', '"*" '])
    @pytest.mark.parametrize("after", ["", ', "b"', ' "b"'])
    def test_hole_as_member_of_a_list(self, before: str, after: str) -> None:
        text = Template(
            ['{"Statement": {"Effect": "Deny", "Action": "*", "Resource": [', before, Unknown("var.x"), after, "]}}"]
        )
        (found,) = parse_document(text).statements
        assert found.resources is not None
        assert Unknown("var.x") in found.resources
        assert "*" in found.resources

    def test_jsonencode_as_a_whole_value(self) -> None:
        text = Template(
            [
                '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": ',
                Unknown("jsonencode(var.actions)"),
                ', "Resource": ',
                JsonText(["a", Unknown("var.b")]),
                "}}",
            ]
        )
        (found,) = parse_document(text).statements
        assert found.actions == (Unknown("var.actions"),)
        assert found.resources == ("a", Unknown("var.b"))

    def test_further_statement(self) -> None:
        text = Template(
            ['{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}', Unknown("var.more"), "]}"]
        )
        first, second = parse_document(text).statements
        assert first.effect == "Deny"
        assert second.effect == Unknown("var.more")

    def test_member_of_an_object_makes_the_statement_unknown(self) -> None:
        text = Template(['{"Statement": [{', Unknown("var.more"), "}]}"])
        (found,) = parse_document(text).statements
        assert isinstance(found.effect, Unknown)

    def test_hole_that_may_end_the_string(self) -> None:
        arns = Unknown('join("\\", \\"", var.arns)')
        (found,) = parse_document(
            Template(['{"Statement": {"Effect": "Deny", "Action": "*", "Resource": ["arn:', arns, '"]}}'])
        ).statements
        assert found.resources is not None
        (leaf,) = found.resources
        assert isinstance(leaf, Unknown)
        assert not isinstance(leaf, Template)

    def test_condition_key_with_a_hole(self) -> None:
        text = Template(
            [
                '{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": '
                '{"Federated": "x"}, "Condition": {"StringEquals": {"',
                Unknown("var.oidc"),
                ':SUB": "a"}}}}',
            ]
        )
        (found,) = parse_document(text).statements
        assert found.conditions[0].key == Template([Unknown("var.oidc"), ":sub"])

    def test_unreadable_template_is_opaque(self) -> None:
        text = Template(["{", Unknown("a"), Unknown("b"), " nonsense"])
        document = parse_document(text)
        assert document.opaque == text
        assert document.problems

    def test_only_a_hole_and_white_space(self) -> None:
        source = ref("data.aws_iam_policy_document.x", ".json")
        assert parse_document(Template([source, "\n"])) == parse_document(source)

    def test_rest_of_statements(self) -> None:
        value = {"Version": "2012-10-17", "Statement": [allow("s3:*"), Rest(Unknown("var.s[*]"), Unknown("var.s"))]}
        first, second = parse_document(JsonText(value)).statements
        assert first.maybe is None
        assert second.maybe is not None
        shaped = Rest({"Effect": "Deny", "Action": Unknown("s.actions"), "Resource": "*"}, Unknown("var.s"))
        (found,) = parse_document(JsonText({"Statement": [shaped]})).statements
        assert found.effect == "Deny"
        assert found.maybe is not None

    def test_rest_in_lists_and_maps(self) -> None:
        value = statement(
            Effect="Deny",
            Action=["iam:*", Rest(Unknown("var.a[*]"), Unknown("var.a"))],
            Resource="*",
            Condition={"StringEquals": {"aws:x": "y", REST_KEY: Rest(Unknown("var.c[*]"), Unknown("var.c"))}},
        )
        (found,) = parse_document(JsonText(value)).statements
        assert found.actions is not None
        assert len(found.actions) == 2
        assert len(found.conditions) == 2
        assert found.unknowns

    def test_choice_of_documents_and_of_statements(self) -> None:
        one, other = json.dumps(statement(**allow("s3:*"))), json.dumps(statement(**allow("iam:*")))
        document = parse_document(Choice("var.x", one, other))
        ((condition, if_true, if_false),) = document.choices
        assert condition == "var.x"
        assert equal(if_true, parse_document(one)) is True
        assert equal(if_false, parse_document(other)) is True
        inside = parse_document(
            JsonText({"Version": "2012-10-17", "Statement": [Choice("c", allow("s3:*"), None), allow("iam:*")]})
        )
        assert len(inside.choices) == 1
        assert len(inside.statements) == 1


class TestEqual:
    @pytest.mark.parametrize(
        ("left", "right"),
        [
            ([allow("s3:GetObject")], [allow(["S3:getobject"], ["*"], Sid="Any")]),
            ([allow(["s3:Get*", "s3:Put*"])], [allow("s3:Put*"), allow("s3:Get*")]),
            ([allow("s3:*", ["a", "b"])], [allow("s3:*", "b"), allow("s3:*", "a")]),
            ([allow(["iam:*", "iam:GetUser"])], [allow("iam:*")]),
            ([allow("*:*")], [allow("*")]),
            ([allow("s3:*", ["*", "arn:aws:s3:::a"])], [allow("s3:*")]),
            (
                [allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": True}})],
                [allow("*", Condition={"bool": {"AWS:multifactorauthpresent": ["true"]}})],
            ),
            (
                [allow("*", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": 3600}})],
                [allow("*", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": ["3600"]}})],
            ),
            (
                [allow("*", Condition={"ArnEquals": {"aws:PrincipalArn": "a"}})],
                [allow("*", Condition={"ArnLike": {"aws:PrincipalArn": "a"}})],
            ),
            (
                [allow("*", Condition={"StringLike": {"aws:x": ["b", "a"]}})],
                [allow("*", Condition={"StringEquals": {"aws:x": ["a", "b", "a"]}})],
            ),
            (
                [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}}],
                [
                    {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Principal": {"AWS": ["arn:aws:iam::123456789012:root"]},
                    }
                ],
            ),
            (
                [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}],
                [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}],
            ),
            ([allow("s3:*", NotAction=None)], [allow("s3:*")]),
        ],
    )
    def test_equal_in_meaning(self, left: list[dict[str, object]], right: list[dict[str, object]]) -> None:
        assert equal(doc(*left), doc(*right)) is True
        assert canonical_text(doc(*left)) == canonical_text(doc(*right))

    @pytest.mark.parametrize(
        ("left", "right"),
        [
            ([allow("s3:GetObject")], [allow("s3:GetObjects")]),
            ([allow("s3:*", "arn:A")], [allow("s3:*", "arn:a")]),
            ([allow("*")], [{**allow("*"), "Effect": "Deny"}]),
            (
                [{"Effect": "Deny", "NotAction": ["a:b", "a:c"], "Resource": "*"}],
                [
                    {"Effect": "Deny", "NotAction": "a:b", "Resource": "*"},
                    {"Effect": "Deny", "NotAction": "a:c", "Resource": "*"},
                ],
            ),
            ([allow("*", Condition={"Bool": {"a": "true"}})], [allow("*", Condition={"BoolIfExists": {"a": "true"}})]),
            (
                [allow("*", Condition={"ForAnyValue:StringEquals": {"a": "b"}})],
                [allow("*", Condition={"ForAllValues:StringEquals": {"a": "b"}})],
            ),
            (
                [allow("*", Condition={"StringLike": {"a": "b*"}})],
                [allow("*", Condition={"StringEquals": {"a": "b*"}})],
            ),
        ],
    )
    def test_different_in_meaning(self, left: list[dict[str, object]], right: list[dict[str, object]]) -> None:
        assert equal(doc(*left), doc(*right)) is False
        assert canonical_text(doc(*left)) != canonical_text(doc(*right))

    def test_version_matters_only_for_variables(self) -> None:
        assert equal(doc(allow("s3:*"), version=None), doc(allow("s3:*"))) is True
        mine = allow("s3:*", "arn:aws:s3:::b/${aws:username}")
        assert equal(doc(mine, version=None), doc(mine)) is False

    def test_unknown_parts(self) -> None:
        known = JsonText(statement(Effect="Deny", Action="*", Resource="*"))
        unknown = JsonText(statement(Effect="Deny", Action=Unknown("var.a"), Resource="*"))
        other = JsonText(statement(Effect="Deny", Action=Unknown("var.b"), Resource="*"))
        assert equal(parse_document(unknown), parse_document(unknown)) is True
        assert equal(parse_document(unknown), parse_document(other)) is None
        assert equal(parse_document(unknown), parse_document(known)) is None
        assert equal(parse_document(Unknown("a")), parse_document(Unknown("a"))) is True
        assert equal(parse_document(Unknown("a")), parse_document(Unknown("b"))) is None
        assert equal(parse_document(Unknown("a")), parse_document(None)) is None

    def test_known_difference_beside_an_equal_unknown(self) -> None:
        both = {"Effect": "Deny", "Action": Unknown("var.a"), "Resource": "*"}
        left = parse_document(JsonText({"Statement": [both, allow("s3:*")]}))
        right = parse_document(JsonText({"Statement": [both]}))
        assert equal(left, right) is False
