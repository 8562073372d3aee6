"""The decision engine against the documented examples of the IAM user guide."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tfratchet.iam.documents import parse_document
from tfratchet.iam.engine.decide import Decision, Policies, decide
from tfratchet.iam.engine.patterns import ANY
from tfratchet.iam.engine.policy import ALLOW_ALL, CompiledPolicy
from tfratchet.iam.engine.request import Principal, Request
from tfratchet.values import Choice, JsonText, Rest, Template, Unknown, ref

ALICE = Principal.user("alice", account="123456789012")
BUCKET = "arn:aws:s3:::bucket"


def policy(*statements: dict[str, Any], label: str = "p", version: str = "2012-10-17") -> CompiledPolicy:
    document = parse_document(JsonText({"Version": version, "Statement": list(statements)}))
    assert not document.problems
    return CompiledPolicy(label, document)


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def ask(
    policies: Policies | CompiledPolicy,
    action: str,
    resource: str = "*",
    principal: Principal = ALICE,
    unknown_keys: tuple[str, ...] = (),
    **context: Any,
) -> Decision:
    if isinstance(policies, CompiledPolicy):
        policies = Policies(identity=[policies])
    keys = {k.replace("__", ":"): v for k, v in context.items()}
    return decide(policies, Request.of(principal, action, resource, keys, unknown_keys))


class TestActions:
    @pytest.mark.parametrize(
        ("pattern", "action", "expected"),
        [
            ("s3:GetObject", "S3:getobject", "allowed"),
            ("iam:*AccessKey*", "iam:CreateAccessKey", "allowed"),
            ("iam:*AccessKey*", "iam:CreateUser", "denied"),
            ("*", "iam:CreateUser", "allowed"),
            ("iam:Get?ser", "iam:GetUser", "allowed"),
            ("iam:Get?User", "iam:GetUser", "denied"),
            ("iam*", "iam:GetUser", "allowed"),
        ],
    )
    def test_wildcards_and_case(self, pattern: str, action: str, expected: str) -> None:
        assert ask(policy(allow(pattern)), action).answer == expected

    def test_not_action_allows_all_but(self) -> None:
        """User guide, NotAction: "all actions except IAM"."""
        found = policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
        assert ask(found, "s3:GetObject").answer == "allowed"
        assert ask(found, "iam:CreateUser").answer == "denied"
        assert not ask(found, "iam:CreateUser").explicit

    def test_not_action_in_a_deny(self) -> None:
        """User guide, NotAction with Deny: "DenyAllUsersNotUsingMFA"."""
        found = Policies(
            [
                ALLOW_ALL,
                policy(
                    {
                        "Sid": "DenyAllUsersNotUsingMFA",
                        "Effect": "Deny",
                        "NotAction": "iam:*",
                        "Resource": "*",
                        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
                    }
                ),
            ]
        )
        no_mfa = ask(found, "s3:GetObject")
        assert no_mfa.answer == "denied"
        assert no_mfa.by is not None
        assert no_mfa.by.sid == "DenyAllUsersNotUsingMFA"
        assert ask(found, "s3:GetObject", aws__MultiFactorAuthPresent="false").answer == "denied"
        assert ask(found, "s3:GetObject", aws__MultiFactorAuthPresent="true").answer == "allowed"
        assert ask(found, "iam:CreateUser").answer == "allowed"


class TestResources:
    @pytest.mark.parametrize(
        ("pattern", "resource", "expected"),
        [
            ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b:c", "allowed"),
            ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", "denied"),
            ("arn:aws:s3:::Bucket", "arn:aws:s3:::bucket", "denied"),
            ("arn:aws:s3:::b?cket", "arn:aws:s3:::bucket", "allowed"),
            ("arn:aws:iam::*", "arn:aws:iam::123456789012:user/a", "allowed"),
            ("arn:aws:sqs", "arn:aws:sqs:eu-west-1:123456789012:queue", "allowed"),
            ("arn:aws:iam::123456789012:user/*/alice", "arn:aws:iam::123456789012:user/a/b/alice", "allowed"),
            ("*", "*", "allowed"),
        ],
    )
    def test_patterns(self, pattern: str, resource: str, expected: str) -> None:
        assert ask(policy(allow("*", pattern)), "x:Y", resource).answer == expected

    def test_not_resource(self) -> None:
        """User guide, NotResource: deny everything outside of one bucket."""
        found = Policies(
            [
                ALLOW_ALL,
                policy(
                    {
                        "Effect": "Deny",
                        "Action": "s3:*",
                        "NotResource": ["arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"],
                    }
                ),
            ]
        )
        assert ask(found, "s3:GetObject", "arn:aws:s3:::HRBucket/Payroll/x").answer == "allowed"
        assert ask(found, "s3:GetObject", "arn:aws:s3:::HRBucket/other").answer == "denied"

    def test_policy_variable(self) -> None:
        """User guide, "Variables and tags": each user has a folder."""
        found = policy(allow("s3:GetObject", "arn:aws:s3:::bucket/${aws:username}/*"))
        assert ask(found, "s3:GetObject", f"{BUCKET}/alice/x").answer == "allowed"
        assert ask(found, "s3:GetObject", f"{BUCKET}/bob/x").answer == "denied"
        role = Principal.of_role("admin", account="123456789012")
        assert ask(found, "s3:GetObject", f"{BUCKET}/alice/x", principal=role).answer == "denied"

    def test_policy_variable_in_the_old_version(self) -> None:
        found = policy(allow("s3:GetObject", "arn:aws:s3:::bucket/${aws:username}/*"), version="2008-10-17")
        assert ask(found, "s3:GetObject", f"{BUCKET}/alice/x").answer == "denied"

    def test_tag_with_default(self) -> None:
        found = policy(allow("s3:GetObject", "arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'company-wide'}/*"))
        yellow = Principal.user("bob", account="123456789012", tags={"Team": "yellow"})
        assert ask(found, "s3:GetObject", f"{BUCKET}/yellow/x", principal=yellow).answer == "allowed"
        assert ask(found, "s3:GetObject", f"{BUCKET}/company-wide/x").answer == "allowed"
        assert ask(found, "s3:GetObject", f"{BUCKET}/company-wide/x", principal=yellow).answer == "denied"


class TestEvaluation:
    def test_default_is_denied(self) -> None:
        found = ask(Policies(), "s3:GetObject")
        assert (found.answer, found.explicit, found.by) == ("denied", False, None)

    def test_explicit_deny_wins_in_every_order(self) -> None:
        for policies in ([ALLOW_ALL, policy(deny("s3:*"))], [policy(deny("s3:*")), ALLOW_ALL]):
            found = ask(Policies(policies), "s3:GetObject")
            assert found.answer == "denied"
            assert found.explicit
            assert str(found.by) == "statement 1 of p"

    def test_several_operators_and_keys_are_anded(self) -> None:
        conditions = {
            "DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
            "IpAddress": {"aws:SourceIp": "192.0.2.0/24"},
        }
        found = policy(allow("s3:*", Condition=conditions))
        inside = {"aws__CurrentTime": "2026-06-01T00:00:00Z", "aws__SourceIp": "192.0.2.1"}
        assert ask(found, "s3:x", **inside).answer == "allowed"
        assert ask(found, "s3:x", **{**inside, "aws__SourceIp": "10.0.0.1"}).answer == "denied"
        assert ask(found, "s3:x", aws__SourceIp="192.0.2.1").answer == "denied"

    def test_boundary_limits_but_does_not_grant(self) -> None:
        """User guide, "Permissions boundaries": s3, cloudwatch, ec2 for a user who may create users."""
        boundary = policy(allow(["s3:*", "cloudwatch:*", "ec2:*"]), label="b")
        creates_users = Policies([policy(allow("iam:CreateUser"))], boundary=[boundary])
        assert ask(creates_users, "iam:CreateUser").answer == "denied"
        assert ask(creates_users, "iam:CreateUser").layer == "boundary"
        assert ask(creates_users, "s3:GetObject").answer == "denied"
        assert ask(Policies([ALLOW_ALL], boundary=[boundary]), "s3:GetObject").answer == "allowed"

    def test_scp_must_allow_at_every_level(self) -> None:
        full, ec2 = policy(allow("*"), label="FullAWSAccess"), policy(allow("ec2:*"), label="ec2 only")
        assert ask(Policies([ALLOW_ALL], scps=[[full], [full]]), "s3:x").answer == "allowed"
        found = ask(Policies([ALLOW_ALL], scps=[[full], [ec2]]), "s3:x")
        assert (found.answer, found.layer) == ("denied", "scp")
        assert ask(Policies([ALLOW_ALL], scps=[[full], [full, policy(deny("s3:*"))]]), "s3:x").explicit
        assert ask(Policies([], scps=[[full]]), "s3:x").answer == "denied"

    def test_session_policy_limits(self) -> None:
        assert ask(Policies([ALLOW_ALL], session=[policy(allow("s3:*"))]), "ec2:x").answer == "denied"
        assert ask(Policies([ALLOW_ALL], session=[policy(allow("s3:*"))]), "s3:x").answer == "allowed"

    def test_resource_policy_in_the_same_account(self) -> None:
        named = policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:user/alice"},
                "Action": "s3:*",
                "Resource": "*",
            },
            label="bucket policy",
        )
        assert ask(Policies(resource=[named]), "s3:GetObject").answer == "allowed"
        bob = Principal.user("bob", account="123456789012")
        assert ask(Policies(resource=[named]), "s3:GetObject", principal=bob).answer == "denied"
        # "resource-based policies that grant to a user ARN are not limited by an implicit deny in a boundary"
        limited = Policies(boundary=[policy(allow("ec2:*"))], resource=[named])
        assert ask(limited, "s3:GetObject").answer == "allowed"
        assert ask(Policies([policy(deny("s3:*"))], resource=[named]), "s3:GetObject").answer == "denied"

    def test_resource_policy_for_a_role_stays_inside_the_boundary(self) -> None:
        role = Principal.of_role("r", account="123456789012")
        named = policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:role/r"},
                "Action": "s3:*",
                "Resource": "*",
            }
        )
        assert ask(Policies(resource=[named]), "s3:x", principal=role).answer == "allowed"
        limited = Policies(boundary=[policy(allow("ec2:*"))], resource=[named])
        assert ask(limited, "s3:x", principal=role).answer == "denied"

    def test_account_in_a_resource_policy_only_delegates(self) -> None:
        account = policy({"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "s3:*", "Resource": "*"})
        assert ask(Policies(resource=[account]), "s3:x").answer == "denied"
        key = Policies(
            [policy(allow("kms:*"))],
            resource=[
                policy({"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "kms:*", "Resource": "*"})
            ],
            resource_decides=True,
        )
        assert ask(key, "kms:DisableKey").answer == "allowed"
        assert (
            ask(Policies([ALLOW_ALL], resource=[policy()], resource_decides=True), "kms:DisableKey").answer == "denied"
        )

    def test_another_account_needs_both_sides(self) -> None:
        shared = policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:user/alice"},
                "Action": "s3:*",
                "Resource": "*",
            }
        )
        assert ask(Policies(resource=[shared], cross_account=True), "s3:x").answer == "denied"
        assert ask(Policies([ALLOW_ALL], resource=[shared], cross_account=True), "s3:x").answer == "allowed"
        assert ask(Policies([ALLOW_ALL], cross_account=True), "s3:x").answer == "denied"

    def test_trust_policy(self) -> None:
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        }
        found = Policies([ALLOW_ALL], resource=[policy(trust)], resource_decides=True)
        assert ask(found, "sts:AssumeRole").answer == "denied"
        assert ask(found, "sts:AssumeRole", aws__MultiFactorAuthPresent="true").answer == "allowed"
        other = Principal.user("eve", account="999999999999")
        assert ask(found, "sts:AssumeRole", principal=other, aws__MultiFactorAuthPresent="true").answer == "denied"

    def test_service_principal(self) -> None:
        trust = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
        found = Policies(resource=[trust], resource_decides=True)
        assert ask(found, "sts:AssumeRole", principal=Principal.service("ec2.amazonaws.com")).answer == "allowed"
        assert ask(found, "sts:AssumeRole", principal=Principal.service("ecs.amazonaws.com")).answer == "denied"
        assert ask(found, "sts:AssumeRole").answer == "denied"

    def test_not_principal(self) -> None:
        """User guide, NotPrincipal with Deny: the user and its account must both be named."""
        names = ["arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:root"]
        both = policy({"Effect": "Deny", "NotPrincipal": {"AWS": names}, "Action": "s3:*", "Resource": "*"})
        assert ask(Policies([ALLOW_ALL], resource=[both]), "s3:x").answer == "allowed"
        bob = Principal.user("bob", account="123456789012")
        assert ask(Policies([ALLOW_ALL], resource=[both]), "s3:x", principal=bob).answer == "denied"
        one = policy({"Effect": "Deny", "NotPrincipal": {"AWS": names[:1]}, "Action": "s3:*", "Resource": "*"})
        assert ask(Policies([ALLOW_ALL], resource=[one]), "s3:x").answer == "not_known"


class TestUnknown:
    def test_unknown_takes_part_only_where_it_matters(self) -> None:
        vague = policy(deny(Unknown("var.actions")), label="vague")
        found = ask(Policies([ALLOW_ALL, vague]), "iam:CreateUser")
        assert (found.answer, found.guard_unknown, found.depends_on) == ("not_known", True, (Unknown("var.actions"),))
        assert ask(Policies([vague]), "iam:CreateUser").answer == "denied"
        assert ask(Policies([ALLOW_ALL, vague, policy(deny("iam:*"))]), "iam:CreateUser").answer == "denied"

    def test_unknown_effect(self) -> None:
        vague = policy({"Effect": Unknown("var.effect"), "Action": "s3:*", "Resource": "*"})
        assert ask(vague, "s3:x").answer == "not_known"
        assert ask(vague, "ec2:x").answer == "denied"
        assert ask(Policies([ALLOW_ALL, vague]), "s3:x").answer == "not_known"

    def test_opaque_document(self) -> None:
        opaque = CompiledPolicy("o", parse_document(Unknown("var.policy")))
        assert ask(opaque, "s3:x").answer == "not_known"
        assert ask(opaque, "s3:x").depends_on == (Unknown("var.policy"),)
        assert ask(Policies([opaque], boundary=[policy(allow("ec2:*"))]), "s3:x").answer == "denied"

    def test_unknown_allow(self) -> None:
        vague = policy(allow(Unknown("var.actions")))
        found = ask(vague, "s3:x")
        assert (found.answer, found.guard_unknown) == ("not_known", False)
        assert ask(Policies([vague, ALLOW_ALL]), "s3:x").answer == "allowed"

    def test_unknown_condition_value(self) -> None:
        vague = policy(deny("*", Condition={"NotIpAddress": {"aws:SourceIp": Unknown("var.ips")}}))
        assert ask(Policies([ALLOW_ALL, vague]), "s3:x", aws__SourceIp="10.0.0.1").answer == "not_known"
        assert ask(Policies([ALLOW_ALL, vague]), "s3:x").answer == "denied"

    def test_unknown_keys_of_the_request(self) -> None:
        found = Policies([ALLOW_ALL, policy(deny("*", Condition={"Bool": {"aws:ViaAWSService": "false"}}))])
        assert ask(found, "s3:x").answer == "allowed"
        assert ask(found, "s3:x", unknown_keys=("aws:viaawsservice",)).answer == "not_known"
        assert ask(found, "s3:x", unknown_keys=("*",)).answer == "not_known"

    def test_resource_with_a_hole(self) -> None:
        bucket = ref("aws_s3_bucket.logs", ".arn")
        guard = Policies([ALLOW_ALL, policy(deny("s3:DeleteObject", Template([bucket, "/*"])))])
        mine = decide(guard, Request.of(ALICE, "s3:DeleteObject", Template([bucket, "/a"])))
        assert mine.answer == "denied"
        assert ask(guard, "s3:DeleteObject", "arn:aws:s3:::other/a").answer == "not_known"
        assert ask(guard, "s3:DeleteObject", "arn:aws:s3:::other").answer == "allowed"

    def test_choice(self) -> None:
        both = CompiledPolicy(
            "c",
            parse_document(
                Choice(
                    "var.x",
                    json.dumps({"Statement": deny("s3:*")}),
                    json.dumps({"Statement": [deny("s3:*"), deny("ec2:*")]}),
                )
            ),
        )
        assert ask(Policies([ALLOW_ALL, both]), "s3:x").answer == "denied"
        found = ask(Policies([ALLOW_ALL, both]), "ec2:x")
        assert found.answer == "not_known"
        assert found.depends_on == (Unknown("var.x"),)
        assert ask(Policies([ALLOW_ALL, both]), "iam:x").answer == "allowed"

    def test_further_statements(self) -> None:
        document = {"Statement": [allow("s3:*"), Rest(deny("s3:*"), Unknown("var.guards"))]}
        found = CompiledPolicy("r", parse_document(JsonText(document)))
        assert ask(found, "s3:x").answer == "not_known"
        assert ask(Policies([found, ALLOW_ALL]), "ec2:x").answer == "allowed"

    def test_any_value(self) -> None:
        found = Policies([ALLOW_ALL, policy(deny("*", Condition={"Null": {"aws:MultiFactorAuthAge": "true"}}))])
        request = Request(ALICE, "s3:x", "*", {"aws:multifactorauthage": ANY})
        assert decide(found, request).answer == "not_known"


def test_decision_names_the_statement() -> None:
    guard = CompiledPolicy(
        "aws_iam_policy.guard",
        parse_document(JsonText({"Version": "2012-10-17", "Statement": [allow("s3:*"), deny("iam:*", Sid="NoIam")]})),
        source="guard.tf:3",
    )
    found = ask(Policies([guard]), "iam:DetachUserPolicy")
    assert found.by is not None
    assert (found.by.policy, found.by.index, found.by.sid, found.by.source) == (
        "aws_iam_policy.guard",
        1,
        "NoIam",
        "guard.tf:3",
    )
    assert found.by.statement is not None
    assert found.by.statement.effect == "Deny"
    assert found.reason == "explicit deny by statement 'NoIam' of aws_iam_policy.guard"
