"""Who has which policy by which route."""

from __future__ import annotations

from typing import Any

import pytest

from build import root
from tfratchet.iam.entitlements import Entitlements
from tfratchet.model import Root
from tfratchet.values import Choice, Rest, Template, Unknown, ref

AWS = "arn:aws:iam::aws:policy/"
ACCOUNT = ref("data.aws_caller_identity", ".account_id")


def read(base: Root) -> Entitlements:
    return Entitlements.of(base, lambda address: address)


def held(entitlements: Entitlements) -> set[tuple[str, str, str]]:
    return {(str(h.holder), h.policy.label, h.route) for h in entitlements.holdings}


USER = {"aws_iam_user.alice": {"name": "alice"}}
POLICY = {"aws_iam_policy.read": {"name": "read", "policy": '{"Version":"2012-10-17","Statement":[]}'}}


def same_user(value: Any) -> bool:
    found = read(
        root(
            {
                **USER,
                "data.aws_iam_user.a": {"user_name": "alice"},
                "aws_iam_user_policy_attachment.a": {"user": value, "policy_arn": AWS + "ReadOnlyAccess"},
            }
        )
    )
    (holding,) = found.holdings
    return holding.holder in found.names.declared


@pytest.mark.parametrize(
    "value",
    [
        "alice",
        ref("aws_iam_user.alice", ".name"),
        ref("aws_iam_user.alice", ".id"),
        "arn:aws:iam::123456789012:user/people/alice",
        Template(["arn:aws:iam::", ACCOUNT, ":user/alice"]),
    ],
)
def test_names_of_one_user(value: Any) -> None:
    assert same_user(value)


@pytest.mark.parametrize("value", ["bob", Unknown("var.user"), ref("aws_iam_user.bob", ".name")])
def test_names_of_another_user(value: Any) -> None:
    assert not same_user(value)


def policy_id(arn: Any) -> str:
    found = read(
        root(
            {
                **POLICY,
                "data.aws_iam_policy.by_name": {"name": "read"},
                "data.aws_iam_policy.by_arn": {"arn": AWS + "ReadOnlyAccess"},
                "aws_iam_user_policy_attachment.a": {"user": "bob", "policy_arn": arn},
            }
        )
    )
    return found.holdings[0].policy.id


@pytest.mark.parametrize(
    "arn",
    [
        ref("aws_iam_policy.read", ".arn"),
        ref("aws_iam_policy.read", ".id"),
        "arn:aws:iam::123456789012:policy/read",
        "arn:aws:iam::123456789012:policy/team/read",
        "arn:aws-us-gov:iam::123456789012:policy/read",
        Template(["arn:aws:iam::", ACCOUNT, ":policy/read"]),
        Template(["arn:", ref("data.aws_partition", ".partition"), ":iam::", ACCOUNT, ":policy/read"]),
        ref("data.aws_iam_policy.by_name", ".arn"),
    ],
)
def test_names_of_one_policy(arn: Any) -> None:
    assert policy_id(arn) == "aws_iam_policy.read"


@pytest.mark.parametrize(
    "arn",
    [
        AWS + "ReadOnlyAccess",
        "arn:aws-cn:iam::aws:policy/ReadOnlyAccess",
        Template(["arn:", ref("data.aws_partition", ".partition"), ":iam::aws:policy/ReadOnlyAccess"]),
        ref("data.aws_iam_policy.by_arn", ".arn"),
    ],
)
def test_names_of_one_policy_of_aws(arn: Any) -> None:
    assert policy_id(arn) == 'aws:"ReadOnlyAccess"'


@pytest.mark.parametrize(
    "arn",
    ["arn:aws:iam::aws:policy/read", "arn:aws:iam::123456789012:policy/write", Unknown("var.arn"), "read"],
)
def test_other_policies(arn: Any) -> None:
    assert policy_id(arn) not in ("aws_iam_policy.read", 'aws:"ReadOnlyAccess"')


def test_every_resource_type() -> None:
    found = read(
        root(
            {
                "aws_iam_user_policy_attachment.a": {"user": "u", "policy_arn": AWS + "A"},
                "aws_iam_group_policy_attachment.a": {"group": "g", "policy_arn": AWS + "B"},
                "aws_iam_role_policy_attachment.a": {"role": "r", "policy_arn": AWS + "C"},
                "aws_iam_policy_attachment.a": {
                    "users": ["u1", "u2"],
                    "groups": ["g1"],
                    "roles": ["r1"],
                    "policy_arn": AWS + "D",
                },
                "aws_iam_user_policy.a": {"user": "u", "name": "iu", "policy": "{}"},
                "aws_iam_group_policy.a": {"group": "g", "name": "ig", "policy": "{}"},
                "aws_iam_role_policy.a": {"role": "r", "name": "ir", "policy": "{}"},
                "aws_iam_user_policy_attachments_exclusive.a": {"user_name": "x", "policy_arns": [AWS + "E"]},
                "aws_iam_group_policy_attachments_exclusive.a": {"group_name": "x", "policy_arns": [AWS + "F"]},
                "aws_iam_role_policy_attachments_exclusive.a": {"role_name": "x", "policy_arns": [AWS + "G"]},
                "aws_iam_user_policies_exclusive.a": {"user_name": "x", "policy_names": ["n"]},
                "aws_iam_user.b": {"name": "b", "permissions_boundary": AWS + "H"},
                "aws_iam_role.b": {
                    "name": "rb",
                    "permissions_boundary": AWS + "I",
                    "managed_policy_arns": [AWS + "J"],
                    "inline_policy": [{"name": "k", "policy": "{}"}],
                },
                "aws_iam_group_membership.a": {"group": "g", "users": ["u", "v"]},
                "aws_iam_user_group_membership.a": {"user": "w", "groups": ["g", "h"]},
            }
        )
    )
    assert held(found) == {
        ("user u", "A", "attached"),
        ("group g", "B", "attached"),
        ("role r", "C", "attached"),
        ("user u1", "D", "attached"),
        ("user u2", "D", "attached"),
        ("group g1", "D", "attached"),
        ("role r1", "D", "attached"),
        ("user u", "iu", "inline"),
        ("group g", "ig", "inline"),
        ("role r", "ir", "inline"),
        ("user x", "E", "attached"),
        ("group x", "F", "attached"),
        ("role x", "G", "attached"),
        ("user b", "H", "boundary"),
        ("role rb", "I", "boundary"),
        ("role rb", "J", "attached"),
        ("role rb", "k", "inline"),
    }
    assert {(m.user.label, m.group.label) for m in found.memberships} == {
        ("u", "g"),
        ("v", "g"),
        ("w", "g"),
        ("w", "h"),
    }
    assert {(e.type, e.route) for e in found.exclusives} == {
        ("aws_iam_policy_attachment", "attached"),
        ("aws_iam_user_policy_attachments_exclusive", "attached"),
        ("aws_iam_group_policy_attachments_exclusive", "attached"),
        ("aws_iam_role_policy_attachments_exclusive", "attached"),
        ("aws_iam_user_policies_exclusive", "inline"),
    }


def test_what_reaches_a_user() -> None:
    found = read(
        root(
            {
                **USER,
                "aws_iam_user_policy_attachment.a": {"user": "alice", "policy_arn": AWS + "A"},
                "aws_iam_user_group_membership.a": {"user": ref("aws_iam_user.alice", ".name"), "groups": ["g"]},
                "aws_iam_group_policy_attachment.g": {"group": "g", "policy_arn": AWS + "B"},
            }
        )
    )
    alice = next(iter(found.names.declared))
    assert [h.policy.label for h in found.reaching(alice)] == ["A", "B"]


def test_partly_known_lists() -> None:
    more = Rest(Unknown("var.more[*]"), Unknown("var.more"))
    found = read(root({"aws_iam_policy_attachment.a": {"users": ["u", more], "policy_arn": AWS + "A"}}))
    known, rest = found.holdings
    assert (known.holder.label, known.unknown) == ("u", ())
    assert rest.holder.many
    assert rest.unknown == (Unknown("var.more"),)
    whole = read(root({"aws_iam_policy_attachment.a": {"users": Unknown("var.more"), "policy_arn": AWS + "A"}}))
    assert whole.holdings[0].holder == rest.holder


def test_symbolic_attachments_hang_on_their_condition() -> None:
    found = read(root({"aws_iam_user_policy_attachment.a[*]": {"user": Unknown("each.key"), "policy_arn": AWS + "A"}}))
    assert found.holdings[0].unknown == (Unknown("var.unknown"),)


def test_a_name_of_two_users_is_told_apart_by_the_provider() -> None:
    first, second = (
        root({"aws_iam_user.a": {"name": "ci"}, "aws_iam_user.b": {"name": "ci"}}),
        root({"aws_iam_user_policy_attachment.b": {"user": "ci", "policy_arn": AWS + "A"}}),
    )
    from dataclasses import replace

    resources = {
        "aws_iam_user.a": replace(first.resources["aws_iam_user.a"], provider="aws.one"),
        "aws_iam_user.b": replace(first.resources["aws_iam_user.b"], provider="aws.two"),
        **{a: replace(r, provider="aws.two") for a, r in second.resources.items()},
    }
    found = read(Root(".", resources))
    assert found.holdings[0].holder.id == "aws_iam_user.b"


@pytest.mark.parametrize("value", [ref("aws_iam_user.gone", ".name"), Unknown("aws_iam_user.gone.name")])
def test_dangling_references(value: Any) -> None:
    found = read(root({"aws_iam_user_policy.a": {"user": value, "name": "n", "policy": "{}"}}))
    assert found.holdings[0].dangling
    assert found.holdings[0].holder not in found.mentioned


def test_choice_is_one_unknown_user() -> None:
    value = Choice("var.x", "a", "b")
    found = read(root({"aws_iam_user_policy_attachment.a": {"user": value, "policy_arn": AWS + "A"}}))
    assert not found.holdings[0].holder.known


def modules(source: str, **arguments: Any) -> set[tuple[str, str]]:
    found = read(
        root(
            {**USER, "aws_iam_group.staff": {"name": "staff"}},
            calls={"module.m": {"source": source, **arguments}},
        )
    )
    return {(str(h.holder), h.policy.label) for h in found.holdings}


GIVES = "what module.m gives it"


@pytest.mark.parametrize(
    ("source", "arguments", "expected"),
    [
        (
            "github.com/x/sqs",
            {"existing_user_name": ref("module.t", ".user_name")},
            {("user module.t.user_name", GIVES)},
        ),
        ("github.com/x/sqs", {"user": "alice"}, {("user alice", GIVES)}),
        ("github.com/x/sqs", {"users": ["alice", "nobody"]}, {("user alice", GIVES)}),
        ("github.com/x/iam-things", {"users": ["nobody"]}, {("user nobody", GIVES)}),
        ("github.com/x/sqs", {"iam_users": ["nobody"]}, {("user nobody", GIVES)}),
        ("github.com/x/sqs", {"groups": ["staff", "wheel"]}, {("group staff", GIVES)}),
        ("terraform-aws-modules/rds/aws", {"username": "postgres", "db_user": "alice"}, set()),
        ("terraform-aws-modules/rds/aws", {"user_name": "postgres", "user_data": "x"}, set()),
        ("cloudposse/x/aws", {"security_groups": ["staff"], "user_count": 3, "user_pool": "alice"}, set()),
        (
            "terraform-aws-modules/iam/aws//modules/iam-user",
            {"name": "bob", "policy_arns": [AWS + "A"]},
            {("user bob", "A")},
        ),
        (
            "cloudposse/iam-system-user/aws",
            {"name": "ci", "policy_arns_map": {"a": AWS + "A"}, "inline_policies": ['{"Statement":[]}'], "policy": "x"},
            {("user ci", "A"), ("user ci", "the policy in argument inline_policies")},
        ),
        (
            "terraform-aws-modules/iam/aws//modules/iam-group-with-policies",
            {"name": "ops", "group_users": ["alice"], "custom_group_policy_arns": [AWS + "A"]},
            {("group ops", "A"), ("user alice", GIVES)},
        ),
        (
            "terraform-aws-modules/iam/aws//modules/iam-role-for-service-accounts-eks",
            {"policy_arns": [AWS + "A"]},
            set(),
        ),
        ("github.com/x/irsa", {"role_policy_arns": [AWS + "A"]}, set()),
    ],
)
def test_arguments_of_opaque_modules(source: str, arguments: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    assert modules(source, **arguments) == expected
