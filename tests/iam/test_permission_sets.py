"""What the resources of IAM Identity Center give a permission set."""

from __future__ import annotations

from typing import Any

import pytest

from build import root
from tfratchet.account.drift.items import items
from tfratchet.iam.entitlements import Entitlements
from tfratchet.values import Unknown, ref

AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"
SET_ARN = "arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-0123456789abcdef"
OPS = ref("aws_ssoadmin_permission_set.ops", ".arn")
SET = {"aws_ssoadmin_permission_set.ops": {"name": "ops"}}
DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}'
POLICY = {"aws_iam_policy.guard": {"name": "guard", "policy": DENY}}


def read(resources: dict[str, Any]) -> Entitlements:
    return Entitlements.of(root(resources), lambda address: address)


def held(resources: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(str(h.holder), h.policy.label, h.route) for h in read(resources).holdings}


def customer(name: Any) -> dict[str, Any]:
    return {"customer_managed_policy_reference": [{"name": name, "path": "/"}]}


def test_the_four_resources() -> None:
    resources = {
        "aws_ssoadmin_managed_policy_attachment.a": {"permission_set_arn": OPS, "managed_policy_arn": AUDIT},
        "aws_ssoadmin_customer_managed_policy_attachment.b": {"permission_set_arn": OPS, **customer("guard")},
        "aws_ssoadmin_permission_set_inline_policy.c": {"permission_set_arn": OPS, "inline_policy": DENY},
        "aws_ssoadmin_permissions_boundary_attachment.d": {
            "permission_set_arn": OPS,
            "permissions_boundary": [customer("limit")],
        },
    }
    assert held({**SET, **resources}) == {
        ("permission set ops", "SecurityAudit", "attached"),
        ("permission set ops", "guard", "attached"),
        ("permission set ops", "aws_ssoadmin_permission_set_inline_policy.c", "inline"),
        ("permission set ops", "limit", "boundary"),
    }


@pytest.mark.parametrize(
    ("arn", "declared"),
    [
        (OPS, True),
        (ref("data.aws_ssoadmin_permission_set.ops", ".arn"), True),
        (ref("data.aws_ssoadmin_permission_set.dev", ".arn"), False),
        (SET_ARN, False),
        (Unknown("var.permission_set_arn"), False),
        (ref("aws_ssoadmin_permission_set.dev", ".arn"), False),
    ],
)
def test_names_of_one_permission_set(arn: Any, declared: bool) -> None:
    found = read(
        {
            **SET,
            "data.aws_ssoadmin_permission_set.ops": {"name": "ops"},
            "data.aws_ssoadmin_permission_set.dev": {"name": "dev"},
            "aws_ssoadmin_managed_policy_attachment.a": {"permission_set_arn": arn, "managed_policy_arn": AUDIT},
        }
    )
    (holding,) = found.holdings
    assert (holding.holder in found.names.declared) is declared


@pytest.mark.parametrize("name", ["guard", ref("aws_iam_policy.guard", ".name")])
def test_a_customer_managed_policy_is_known_by_its_name(name: Any) -> None:
    """With its document, when it is declared here: whether by the same name or by a reference."""
    attachment = {"permission_set_arn": OPS, **customer(name)}
    (holding,) = read({**SET, **POLICY, "aws_ssoadmin_customer_managed_policy_attachment.b": attachment}).holdings
    assert holding.policy.address == "aws_iam_policy.guard"
    assert holding.document is not None
    assert [s.effect for s in holding.document.statements] == ["Deny"]


def test_a_policy_that_is_not_declared_has_never_been_attached() -> None:
    attachment = {"permission_set_arn": OPS, **customer(ref("aws_iam_policy.gone", ".name"))}
    (holding,) = read({**SET, "aws_ssoadmin_customer_managed_policy_attachment.b": attachment}).holdings
    assert holding.policy.dangling


def test_the_inline_policy_brings_its_document() -> None:
    inline = {"permission_set_arn": OPS, "inline_policy": DENY}
    (holding,) = read({**SET, "aws_ssoadmin_permission_set_inline_policy.c": inline}).holdings
    assert holding.document is not None
    assert [s.effect for s in holding.document.statements] == ["Deny"]


def test_nothing_is_made_of_what_says_nothing() -> None:
    assert not held({"aws_ssoadmin_managed_policy_attachment.a": {"permission_set_arn": OPS}})
    assert not held({"aws_ssoadmin_managed_policy_attachment.a": {"managed_policy_arn": AUDIT}})
    assert not held({"aws_ssoadmin_permissions_boundary_attachment.d": {"permission_set_arn": OPS}})


def test_drift_of_an_account_leaves_permission_sets_alone() -> None:
    attachment = {"permission_set_arn": OPS, "managed_policy_arn": AUDIT}
    found = items([root({**SET, "aws_ssoadmin_managed_policy_attachment.a": attachment})], "123456789012", "aws")
    assert not found.held
    assert not any(found.principals.values())
