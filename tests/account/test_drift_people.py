"""Drift of users, groups and roles: both directions, unknown values, what the configuration manages."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from drift_cases import (
    ACCOUNT,
    CONFIGURATION,
    IAM,
    MFA,
    READ,
    clean,
    differences,
    group,
    named,
    policy,
    role,
    told,
    user,
    with_group,
    with_user,
)

from tfratchet.account.facts import Facts, Unread
from tfratchet.model import Location, Severity

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_nothing_differs() -> None:
    assert told(CONFIGURATION, clean()) == []
    assert told(CONFIGURATION, clean(), everything=True) == []


def test_a_detached_policy_is_found_with_its_line_and_its_remedy() -> None:
    (found,) = differences(CONFIGURATION, with_user(clean(), "alice", attached=()))
    assert found.rule == "TFR660"
    assert found.address == f"{IAM}:user/alice"
    assert found.location == Location("main.tf", 14)
    assert found.place is not None
    assert found.place.address == "aws_iam_user_policy_attachment.alice"
    assert "denies something" in found.message
    assert found.remedy == {
        "kind": "attach-policy",
        "holder": "user",
        "name": "alice",
        "policy": f"{IAM}:policy/require-mfa",
    }


def test_a_group_loses_a_policy_of_aws() -> None:
    (found,) = differences(CONFIGURATION, with_group(clean(), "staff", attached=()))
    assert (found.rule, found.address) == ("TFR660", f"{IAM}:group/staff")
    assert found.remedy is not None
    assert found.remedy["policy"] == "arn:aws:iam::aws:policy/ReadOnlyAccess"


def test_a_policy_with_a_path_is_the_same_policy() -> None:
    arn = f"{IAM}:policy/teams/require-mfa"
    facts = with_user(clean(), "alice", attached=(arn,))
    facts = replace(facts, policies={arn: replace(policy("require-mfa", MFA), arn=arn)})
    assert told(CONFIGURATION, facts) == []
    (found,) = differences(CONFIGURATION, with_user(facts, "alice", attached=()))
    assert found.remedy is not None
    assert found.remedy["policy"] == arn


def test_a_policy_attached_by_hand() -> None:
    facts = with_user(clean(), "alice", attached=(f"{IAM}:policy/require-mfa", ADMIN))
    (found,) = differences(CONFIGURATION, facts)
    assert (found.rule, found.severity) == ("TFR661", Severity.HIGH)  # it lets her attach policies
    assert found.remedy is None
    harmless = with_user(clean(), "alice", attached=(f"{IAM}:policy/require-mfa", f"{IAM}:policy/x"))
    (found,) = differences(CONFIGURATION, harmless)
    assert found.severity is None


def test_only_what_the_configuration_manages_is_told_in_the_other_direction() -> None:
    facts = replace(clean(), users={**clean().users, "bob": user("bob", attached=(ADMIN,), groups=())})
    assert told(CONFIGURATION, facts) == []
    assert [rule for rule, _ in told(CONFIGURATION, facts, everything=True)] == ["TFR672", "TFR661"]


def test_roles_of_aws_itself_are_nobodys_business() -> None:
    service = replace(role("AWSServiceRoleForX", attached=(ADMIN,)), path="/aws-service-role/x.amazonaws.com/")
    facts = replace(clean(), roles=named(service))
    assert told(CONFIGURATION, facts, everything=True) == []


def test_an_exclusive_attachment_claims_its_policy_everywhere() -> None:
    text = """
    resource "aws_iam_policy_attachment" "admins" {
      name       = "admins"
      users      = ["alice"]
      policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    }"""
    facts = Facts(ACCOUNT, users=named(user("alice", attached=(ADMIN,)), user("mallory", attached=(ADMIN,))))
    assert [m for _, m in told(text, facts)] == [
        "policy AdministratorAccess is attached to user mallory and declared nowhere"
    ]


def test_memberships_in_both_directions() -> None:
    left = with_user(clean(), "alice", groups=())
    (found,) = differences(CONFIGURATION, left)
    assert (found.rule, found.location) == ("TFR664", Location("main.tf", 22))
    assert found.remedy == {"kind": "add-to-group", "user": "alice", "group": "staff"}
    joined = replace(
        clean(),
        users={**clean().users, "eve": user("eve", groups=("staff",))},
    )
    assert [rule for rule, _ in told(CONFIGURATION, joined)] == ["TFR665"]


def test_a_member_of_a_powerful_group_weighs_more() -> None:
    facts = replace(
        with_group(clean(), "staff", attached=("arn:aws:iam::aws:policy/ReadOnlyAccess", ADMIN)),
        users={**clean().users, "eve": user("eve", groups=("staff",))},
    )
    weights = {d.rule: d.severity for d in differences(CONFIGURATION, facts)}
    assert weights["TFR665"] is Severity.HIGH


def test_what_does_not_exist() -> None:
    facts = replace(clean(), users={}, policies={})
    found = {d.rule: d for d in differences(CONFIGURATION, facts)}
    assert set(found) == {"TFR671", "TFR660", "TFR664", "TFR667"}
    assert found["TFR660"].remedy is None  # there is nobody to attach it to
    assert found["TFR664"].remedy is None


def test_what_could_not_be_read_is_not_taken_for_gone() -> None:
    from drift_cases import root_of

    from tfratchet.account.drift.compare import compare

    facts = replace(clean(), users={}, groups={}, policies={}, unread=(Unread("users", "iam:Get", "refused"),))
    compared = compare([root_of(CONFIGURATION)], facts)
    assert compared.differences == []
    assert [e.kind for e in compared.errors] == ["unread"]


def test_inline_policies() -> None:
    text = """
    resource "aws_iam_user" "alice" {
      name = "alice"
    }
    resource "aws_iam_user_policy" "read" {
      user   = "alice"
      name   = "read"
      policy = jsonencode(DOCUMENT)
    }""".replace("DOCUMENT", json.dumps(READ))
    same = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["s3:Get*"], "Resource": ["*"]}}
    assert told(text, Facts(ACCOUNT, users=named(user("alice", inline={"read": same})))) == []
    (gone,) = differences(text, Facts(ACCOUNT, users=named(user("alice"))))
    assert (gone.rule, gone.location) == ("TFR662", Location("main.tf", 5))
    assert gone.remedy is not None
    assert gone.remedy["document"] == READ
    other = {**READ, "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    assert [r for r, _ in told(text, Facts(ACCOUNT, users=named(user("alice", inline={"read": other}))))] == ["TFR662"]
    both = Facts(ACCOUNT, users=named(user("alice", inline={"read": READ, "hidden": other})))
    assert [r for r, _ in told(text, both)] == ["TFR663"]


def test_documents_of_managed_policies() -> None:
    emptied = {"Version": "2012-10-17", "Statement": []}
    facts = replace(clean(), policies={f"{IAM}:policy/require-mfa": policy("require-mfa", emptied)})
    (found,) = differences(CONFIGURATION, facts)
    assert (found.rule, found.location) == ("TFR667", Location("main.tf", 10))
    assert found.remedy == {"kind": "put-policy-document", "policy": f"{IAM}:policy/require-mfa", "document": MFA}


def test_the_account_fills_in_what_the_configuration_cannot_know() -> None:
    text = """
    data "aws_caller_identity" "me" {}
    data "aws_partition" "here" {}
    resource "aws_iam_policy" "own" {
      name   = "own"
      policy = jsonencode({
        Version   = "2012-10-17"
        Statement = [{
          Effect   = "Allow"
          Action   = "iam:ChangePassword"
          Resource = "arn:${data.aws_partition.here.partition}:iam::${data.aws_caller_identity.me.account_id}:user/x"
        }]
      })
    }"""

    def live(resource: str) -> Facts:
        statement = {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": resource}
        found = policy("own", {"Version": "2012-10-17", "Statement": [statement]})
        return Facts(ACCOUNT, policies={found.arn: found})

    assert told(text, live(f"{IAM}:user/x")) == []
    assert [r for r, _ in told(text, live("*"))] == ["TFR667"]


def test_parts_of_a_document_that_are_not_known_hide_only_themselves() -> None:
    text = """
    resource "aws_iam_policy" "own" {
      name   = "own"
      policy = jsonencode({
        Version   = "2012-10-17"
        Statement = [
          { Effect = "Allow", Action = "s3:GetObject", Resource = var.bucket },
          { Effect = "Deny", Action = "iam:*", Resource = "*" },
        ]
      })
    }
    variable "bucket" {}"""
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b"}
    deny = {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}

    def live(*statements: dict[str, Any]) -> Facts:
        found = policy("own", {"Version": "2012-10-17", "Statement": list(statements)})
        return Facts(ACCOUNT, policies={found.arn: found})

    assert told(text, live(read, deny)) == []
    assert [r for r, _ in told(text, live(read))] == ["TFR667"]  # the denial is known, and gone


def test_boundaries() -> None:
    text = """
    resource "aws_iam_policy" "limit" {
      name   = "limit"
      policy = jsonencode(DOCUMENT)
    }
    resource "aws_iam_user" "alice" {
      name                 = "alice"
      permissions_boundary = aws_iam_policy.limit.arn
    }""".replace("DOCUMENT", json.dumps(READ))
    limit = f"{IAM}:policy/limit"
    base = Facts(ACCOUNT, policies={limit: policy("limit", READ)})
    assert told(text, replace(base, users=named(user("alice", boundary=limit)))) == []
    (gone,) = differences(text, replace(base, users=named(user("alice"))))
    assert (gone.rule, gone.location) == ("TFR666", Location("main.tf", 8))
    assert gone.remedy == {"kind": "put-boundary", "holder": "user", "name": "alice", "policy": limit}
    other = replace(base, users=named(user("alice", boundary=f"{IAM}:policy/other")))
    assert [r for r, _ in told(text, other)] == ["TFR666"]


@pytest.mark.parametrize(
    ("attachment", "attached", "expected"),
    [
        # the policy is not known: hers may be it
        ('user = "alice"\n policy_arn = var.arn', ("x",), []),
        ('user = "alice"\n policy_arn = var.arn', (), ["TFR660?"]),
        # the user is not known: somebody has it
        ('user = var.user\n policy_arn = "arn:aws:iam::123456789012:policy/x"', ("x",), []),
        ('user = var.user\n policy_arn = "arn:aws:iam::123456789012:policy/x"', ("y",), ["TFR660?"]),
        # whether the resource is there is not known
        ('count = var.n\n user = "alice"\n policy_arn = "arn:aws:iam::123456789012:policy/x"', (), ["TFR660?"]),
        # another provider may be another account
        ('provider = aws.other\n user = "alice"\n policy_arn = "arn:aws:iam::123456789012:policy/x"', (), ["TFR660?"]),
        ('user = "alice"\n policy_arn = "arn:aws:iam::123456789012:policy/x"', (), ["TFR660"]),
    ],
)
def test_unknown_values_make_no_certain_finding(
    attachment: str, attached: tuple[str, ...], expected: list[str]
) -> None:
    text = 'variable "arn" {}\nvariable "user" {}\nvariable "n" {}\n'
    text += 'resource "aws_iam_user_policy_attachment" "a" {\n' + attachment + "\n}"
    arns = tuple(f"{IAM}:policy/{name}" for name in attached)
    facts = Facts(ACCOUNT, users=named(user("alice", attached=arns)))
    assert [rule for rule, _ in told(text, facts)] == expected


def test_what_may_be_declared_by_an_unknown_value_is_low() -> None:
    text = """
    variable "arn" {}
    resource "aws_iam_user" "alice" {
      name = "alice"
    }
    resource "aws_iam_user_policy_attachment" "a" {
      user       = aws_iam_user.alice.name
      policy_arn = var.arn
    }"""
    (found,) = differences(text, Facts(ACCOUNT, users=named(user("alice", attached=(ADMIN,)))))
    assert (found.rule, found.severity, found.depends) == ("TFR661", Severity.LOW, ("var.arn",))


def test_modules_that_could_not_be_read_may_attach_anything() -> None:
    text = """
    resource "aws_iam_user" "alice" {
      name = "alice"
    }
    module "more" {
      source    = "example/more/aws"
      user_name = aws_iam_user.alice.name
    }"""
    (found,) = differences(text, Facts(ACCOUNT, users=named(user("alice", attached=(ADMIN,)))))
    assert (found.rule, found.severity) == ("TFR661", Severity.LOW)
    assert "module.more" in found.depends[0]


def test_group_membership_resources_list_all_members() -> None:
    text = """
    data "aws_iam_group" "staff" {
      group_name = "staff"
    }
    resource "aws_iam_group_membership" "staff" {
      name  = "staff"
      group = "staff"
      users = ["alice"]
    }"""
    facts = Facts(
        ACCOUNT,
        users=named(user("alice", groups=("staff",)), user("eve", groups=("staff",))),
        groups=named(group("staff")),
    )
    assert [m for _, m in told(text, facts)] == ["user eve is in group staff, which is declared nowhere"]


def test_a_user_who_may_be_in_another_account_is_told_as_possible_only() -> None:
    text = """
    resource "aws_iam_user" "alice" {
      provider = aws.other
      name     = "alice"
    }"""
    (found,) = differences(text, Facts(ACCOUNT, users=named(user("alice", attached=(ADMIN,)))))
    assert (found.rule, found.severity) == ("TFR661", Severity.LOW)
    assert "which account provider aws.other is" in found.depends


def test_an_exclusive_list_rules_a_principal_that_somebody_else_made() -> None:
    text = """
    resource "aws_iam_user_policy_attachments_exclusive" "alice" {
      user_name   = "alice"
      policy_arns = ["arn:aws:iam::123456789012:policy/x"]
    }"""
    facts = Facts(ACCOUNT, users=named(user("alice", attached=(f"{IAM}:policy/y",))))
    assert [r for r, _ in told(text, facts)] == ["TFR660", "TFR661"]


def test_policies_in_the_arguments_of_a_role() -> None:
    text = """
    resource "aws_iam_role" "r" {
      name                = "r"
      assume_role_policy  = "{}"
      managed_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
      inline_policy {
        name   = "in"
        policy = jsonencode(DOCUMENT)
      }
    }""".replace("DOCUMENT", json.dumps(READ))
    read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert told(text, Facts(ACCOUNT, roles=named(role("r", attached=(read_only,), inline={"in": READ})))) == []
    found = {d.rule: d for d in differences(text, Facts(ACCOUNT, roles=named(role("r"))))}
    assert set(found) == {"TFR660", "TFR662"}
    assert found["TFR662"].remedy is not None
    assert found["TFR662"].remedy["document"] == READ
