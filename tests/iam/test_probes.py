"""Probes: what a change gives up, whatever edit caused it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tfratchet.iam.documents import parse_document
from tfratchet.iam.engine.decide import Policies
from tfratchet.iam.engine.policy import ALLOW_ALL, CompiledPolicy
from tfratchet.iam.engine.request import Principal
from tfratchet.iam.managed import managed_policy
from tfratchet.iam.probes import ABSENT, FALSE, OLD, PRESENT, Loss, Prober, protected_actions
from tfratchet.values import Choice, JsonText, Template, Unknown, Value, ref

SELF_SERVICE = [
    "iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetUser", "iam:GetMFADevice", "iam:ListMFADevices",
    "iam:ListVirtualMFADevices", "iam:ResyncMFADevice", "sts:GetSessionToken",
]  # fmt: skip
NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def policy(*statements: Any, label: str = "guard", version: str = "2012-10-17") -> CompiledPolicy:
    document = parse_document(JsonText({"Version": version, "Statement": list(statements)}))
    assert not document.problems
    return CompiledPolicy(label, document)


def guard(**changes: Any) -> dict[str, Any]:
    """The usual MFA guard."""
    body: dict[str, Any] = {
        "Sid": "DenyWithoutMfa",
        "Effect": "Deny",
        "NotAction": SELF_SERVICE,
        "Resource": "*",
        "Condition": NO_MFA,
        **changes,
    }
    return {k: v for k, v in body.items() if v is not None}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def losses(base: Any, head: Any, role: Any = "identity", **options: Any) -> tuple[Loss, ...]:
    sides = [None if s is None else policy(*(s if isinstance(s, list) else [s])) for s in (base, head)]
    return Prober(**options).document_losses(sides[0], sides[1], role)


DETACH = "iam:DetachUserPolicy"

WEAKER = {
    "policy gone": None,
    "statement gone": [],
    "effect turned": guard(Effect="Allow", NotAction=None, Action="iam:GetUser", Condition=None),
    "IfExists dropped": guard(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
    "value turned": guard(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}),
    "only when the key is there": guard(
        Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}, "Null": {"aws:MultiFactorAuthAge": "false"}}
    ),
    "NotAction widened to all of iam": guard(NotAction=[*SELF_SERVICE, "iam:*"]),
    "NotAction with the action": guard(NotAction=[*SELF_SERVICE, DETACH]),
    "NotAction turned into Action": guard(NotAction=None, Action=SELF_SERVICE),
    "resource narrowed": guard(Resource="arn:aws:s3:::*"),
    "not for users": guard(Resource=None, NotResource="arn:aws:iam::*:user/*"),
    "key added: through a service": guard(Condition={**NO_MFA, "Bool": {"aws:ViaAWSService": "false"}}),
    "key added: from the office": guard(Condition={**NO_MFA, "NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
    "key added: a region": guard(Condition={**NO_MFA, "StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
    "key added: age": guard(Condition={**NO_MFA, "NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}),
    "principal spared": guard(Condition={**NO_MFA, "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/ci"}}),
    "principal spared by name": guard(Condition={**NO_MFA, "StringNotEquals": {"aws:username": "ci"}}),
    "principal spared by tag": guard(Condition={**NO_MFA, "StringNotEquals": {"aws:PrincipalTag/mfa": "no"}}),
    "roles spared": guard(Condition={**NO_MFA, "StringNotEquals": {"aws:PrincipalType": "AssumedRole"}}),
}

SAME = {
    "order": guard(NotAction=SELF_SERVICE[::-1]),
    "case": guard(NotAction=[a.upper() for a in SELF_SERVICE]),
    "sid": guard(Sid="Other"),
    "no sid": guard(Sid=None),
    "list of one": guard(Resource=["*"], Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": ["false"]}}),
    "case of key": guard(Condition={"BoolIfExists": {"aws:multifactorauthpresent": "False"}}),
    "boolean": guard(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": False}}),
    "fewer exceptions": guard(NotAction=SELF_SERVICE[:-1]),
    "split by resource": [guard(Resource="arn:*"), guard(Resource=None, NotResource="arn:*")],
    "another statement before it": [allow("s3:GetObject"), guard()],
    "null in place of absent and false": [
        guard(Condition={"Null": {"aws:MultiFactorAuthPresent": "true"}}),
        guard(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
    ],
    "string operator": guard(Condition={"StringNotEqualsIgnoreCase": {"aws:MultiFactorAuthPresent": "true"}}),
    "no condition at all": guard(Condition=None),
    "deny more": [guard(), deny("iam:*")],
    "age, too": [guard(), guard(Condition={"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}})],
    "a listing exempted": guard(NotAction=[*SELF_SERVICE, "iam:ListUsers"]),
}


class TestMfaGuard:
    @pytest.mark.parametrize("head", WEAKER.values(), ids=WEAKER)
    def test_every_weaker_edit_is_seen(self, head: Any) -> None:
        found = [x for x in losses(guard(), head) if x.kind == "guard" and DETACH in x.actions]
        assert found
        assert all(x.certain and x.needed_mfa for x in found)
        assert found[0].statement is not None
        assert found[0].statement.sid == "DenyWithoutMfa"

    @pytest.mark.parametrize("head", SAME.values(), ids=SAME)
    def test_no_rewriting_is_a_loss(self, head: Any) -> None:
        assert [x.sentence("alice") for x in losses(guard(), head) if x.kind == "guard"] == []

    def test_bool_if_exists_to_bool_loses_long_lived_keys_only(self) -> None:
        found = losses(guard(), guard(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}))
        assert [x.mfa for x in found if not x.harmless] == [(ABSENT,)]
        assert found[0].sentence("alice").startswith("with long-lived access keys, which carry no MFA, alice could not")

    def test_bool_to_bool_if_exists_points_the_other_way_in_an_allow(self) -> None:
        strict = allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
        loose = allow("*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}})
        assert losses(loose, strict) == ()
        (found,) = [x for x in losses(strict, loose) if not x.harmless]
        assert (found.kind, found.mfa, found.needed_mfa) == ("gain", (ABSENT,), True)
        assert losses(guard(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}), guard()) == ()

    def test_condition_dropped_from_an_allow(self) -> None:
        strict = allow("iam:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
        found = [x for x in losses(strict, allow("iam:*")) if not x.harmless]
        assert [(x.kind, x.mfa, x.needed_mfa) for x in found] == [("gain", (FALSE, ABSENT), True)]

    def test_exemption_of_self_service_is_harmless(self) -> None:
        found = losses(guard(NotAction=SELF_SERVICE[2:]), guard())
        assert found
        assert all(x.harmless for x in found)

    def test_age_raised(self) -> None:
        def aged(seconds: int) -> dict[str, Any]:
            return guard(Condition={"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": str(seconds)}})

        found = losses(aged(3600), aged(7200))
        assert [(x.mfa, x.mfa_age, x.needed_mfa) for x in found if DETACH in x.actions] == [((OLD,), "3601", True)]
        assert "with MFA used 3601 seconds ago" in found[0].sentence("alice")
        assert losses(aged(7200), aged(3600)) == ()

    def test_sentence(self) -> None:
        (found,) = [x for x in losses(guard(NotAction="iam:*"), None) if DETACH not in x.actions]
        assert found.sentence("alice") == (
            "without MFA, alice could not call cloudtrail:StopLogging, cloudtrail:DeleteTrail, cloudtrail:UpdateTrail "
            f"and {len(found.actions) - 3} more (statement 'DenyWithoutMfa' of guard denied it); "
            "with this change alice can"
        )

    def test_break_glass_may_be_spared(self) -> None:
        spared = guard(Condition={**NO_MFA, "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/break-glass"}})
        assert losses(guard(), spared)
        assert losses(guard(), spared, break_glass=["break-glass"]) == ()
        assert losses(guard(), spared, break_glass=["arn:aws:iam::*:user/break-*"]) == ()

    def test_spared_principal_is_told(self) -> None:
        spared = guard(Condition={**NO_MFA, "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/ci"}})
        (found,) = [x for x in losses(guard(), spared) if not x.harmless]
        assert found.principal is not None
        assert found.principal.role == "arn:aws:iam::123456789012:role/ci"


class TestGuards:
    @pytest.mark.parametrize(
        ("base", "head", "expected"),
        [
            (deny("iam:*"), deny("iam:Detach*"), True),
            (deny("iam:Detach*"), deny("iam:*"), False),
            (deny("iam:*"), deny("iam:*", "arn:aws:iam::*:policy/*"), True),
            (deny("iam:*", "arn:aws:iam::*:user/prod-*"), deny("iam:*", "arn:aws:iam::*:user/prod-a"), True),
            (deny("iam:*", "arn:aws:iam::123456789012:user/admin"), None, True),
            (deny("iam:*", "arn:aws:iam::*:user/${aws:username}"), None, True),
            (deny("iam:*", "arn:aws:iam::*:user/${aws:username}"), deny("iam:*", "arn:aws:iam::*:user/*"), False),
            (deny("iam:*", Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::1:policy/x"}}), None, True),
            (deny("iam:*"), deny("iam:*", Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::1:policy/x"}}), True),
            (deny("iam:*", Condition={"StringNotLike": {"aws:PrincipalArn": ["*/admin", "*/root"]}}),
             deny("iam:*", Condition={"StringNotLike": {"aws:PrincipalArn": ["*/admin"]}}), False),
            (deny("iam:*", Condition={"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}), None, True),
            (deny("iam:*", Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}), None, True),
            (deny("iam:*"), [deny("iam:*"), allow("*")], False),
            (deny(["iam:*", "s3:GetObject"]), deny("iam:*"), False),
        ],
    )  # fmt: skip
    def test_explicit_denials(self, base: Any, head: Any, expected: bool) -> None:
        found = [x for x in losses(base, head) if x.kind == "guard"]
        assert bool(found) is expected
        assert all(x.certain for x in found)
        assert all(PRESENT in x.mfa and not x.needed_mfa for x in found)

    def test_boundary(self) -> None:
        assert losses(allow("s3:*"), allow(["s3:*", "iam:*"]), "boundary")
        assert losses(allow(["s3:*", "iam:*"]), allow("s3:*"), "boundary") == ()
        (found,) = losses(allow("s3:*"), None, "boundary")
        assert found.kind == "guard"
        assert found.layer == "boundary"
        assert "iam:DetachUserPolicy" in found.actions
        assert "s3:PutBucketPolicy" not in found.actions

    def test_scp(self) -> None:
        keep = deny("organizations:LeaveOrganization")
        (found,) = losses(keep, None, "scp")
        assert (found.actions, found.layer) == (("organizations:LeaveOrganization",), "scp")
        assert losses([allow("*"), keep], [keep, allow("*")], "scp") == ()
        assert losses([allow("ec2:*")], [allow("*")], "scp")
        assert losses(None, keep, "scp") == ()

    def test_log_bucket_with_a_hole(self) -> None:
        bucket = ref("aws_s3_bucket.logs", ".arn")
        base = deny(["s3:DeleteObject", "s3:PutBucketPolicy"], [bucket, Template([bucket, "/*"])])
        found = losses(base, None)
        assert {a for x in found for a in x.actions} == {"s3:DeleteObject", "s3:PutBucketPolicy"}
        assert all(x.certain for x in found)
        assert "aws_s3_bucket.logs.arn" in found[0].sentence("alice")

    def test_same_account_written_in_two_ways(self) -> None:
        account = ref("data.aws_caller_identity.current", ".account_id")
        literal = deny("iam:*", "arn:aws:iam::123456789012:user/*")
        looked_up = deny("iam:*", Template(["arn:aws:iam::", account, ":user/*"]))
        assert losses(literal, looked_up) == ()
        assert losses(looked_up, literal) == ()


BUCKETS = [f"arn:aws:s3:::logs-{i}" for i in range(80)]
OFFICES = [f"10.{i}.0.0/16" for i in range(80)]
SPARED = [f"arn:aws:iam::123456789012:user/u{i}" for i in range(80)]


class TestOneOfMany:
    """A list that changes by one of many members."""

    @pytest.mark.parametrize("gone", [0, 40, 79])
    def test_resource(self, gone: int) -> None:
        (found,) = losses(deny("s3:*", BUCKETS), deny("s3:*", BUCKETS[:gone] + BUCKETS[gone + 1 :]))
        assert found.resources == (f"arn:aws:s3:::logs-{gone}",)
        assert losses(deny("s3:*", BUCKETS), deny("s3:*", BUCKETS[::-1])) == ()

    @pytest.mark.parametrize("new", [0, 40, 79])
    def test_value_that_is_exempted(self, new: int) -> None:
        def guarded(offices: list[str]) -> dict[str, Any]:
            return deny("iam:*", Condition={"NotIpAddress": {"aws:SourceIp": offices}})

        before = OFFICES[:new] + OFFICES[new + 1 :]
        (found,) = losses(guarded(before), guarded(OFFICES))
        assert dict(found.environment)["aws:sourceip"] == (f"10.{new}.0.0",)
        assert losses(guarded(OFFICES), guarded(before)) == ()

    @pytest.mark.parametrize("new", [0, 40, 79])
    def test_principal_who_is_spared(self, new: int) -> None:
        def guarded(spared: list[str]) -> dict[str, Any]:
            return deny("iam:*", Condition={"ArnNotLike": {"aws:PrincipalArn": spared}})

        before = SPARED[:new] + SPARED[new + 1 :]
        (found,) = losses(guarded(before), guarded(SPARED))
        assert found.principal is not None
        assert found.principal.name == f"u{new}"
        assert losses(guarded(SPARED), guarded(before)) == ()


class TestUnknown:
    def test_possible_loss(self) -> None:
        found = [x for x in losses(guard(), guard(NotAction=Unknown("var.exempt"))) if DETACH in x.actions]
        assert [(x.kind, x.certain, x.depends_on) for x in found] == [("guard", False, (Unknown("var.exempt"),))]

    def test_loss_of_what_may_have_denied(self) -> None:
        found = losses(guard(Action=Unknown("var.denied"), NotAction=None), None)
        assert found
        assert not any(x.certain for x in found)

    def test_unknown_that_stays_is_no_loss(self) -> None:
        vague = guard(NotAction=[*SELF_SERVICE, Unknown("var.exempt")])
        assert losses(vague, guard(NotAction=[Unknown("var.exempt"), *SELF_SERVICE])) == ()

    def test_witness_of_an_unknown_value(self) -> None:
        base = deny("iam:*", Condition={"NotIpAddress": {"aws:SourceIp": Unknown("var.office")}})
        assert losses(base, None)

    def test_guard_under_an_unknown_condition(self) -> None:
        body: Value = {"Statement": [guard()]}
        head = CompiledPolicy("guard", parse_document(Choice("var.on", JsonText(body), None)))
        found = [x for x in Prober().document_losses(policy(guard()), head) if DETACH in x.actions]
        assert [(x.kind, x.certain) for x in found] == [("guard", False)]
        assert Unknown("var.on") in found[0].depends_on

    def test_opaque_document_takes_its_place(self) -> None:
        head = CompiledPolicy("guard", parse_document(Unknown("var.policy")))
        found = [
            x for x in Prober().document_losses(policy(guard()), head) if DETACH in x.actions and x.kind == "guard"
        ]
        assert [(x.kind, x.certain) for x in found] == [("guard", False)]


class TestPrincipals:
    def setup_method(self) -> None:
        self.guard = policy(guard())
        self.admin = managed_policy("AdministratorAccess")
        self.read = managed_policy("ReadOnlyAccess")

    def losses(self, base: Policies, head: Policies, name: str = "alice") -> tuple[Loss, ...]:
        return Prober().losses(Principal.user(name), base, head)

    def test_guard_detached_from_an_administrator(self) -> None:
        found = [x for x in self.losses(Policies([self.guard, self.admin]), Policies([self.admin])) if not x.harmless]
        assert [(x.kind, x.mfa, x.latent) for x in found] == [("guard", (FALSE, ABSENT), False)]
        assert str(found[0].allowed_by).endswith("AWS managed policy AdministratorAccess")
        assert len(found[0].actions) == len([a for a in protected_actions().actions if a.probe]) - 2

    def test_guard_detached_from_somebody_whom_nothing_else_allows(self) -> None:
        found = self.losses(Policies([self.guard, self.read]), Policies([self.read]))
        assert found
        assert all(x.latent and x.certain for x in found)
        assert found[0].sentence("alice").endswith("with this change nothing here denies it any more")

    def test_guard_by_another_route(self) -> None:
        other = policy(guard(Sid="X"), label="the group's policy")
        assert self.losses(Policies([self.guard, self.admin]), Policies([self.admin, other])) == ()

    def test_administrator_access_gained(self) -> None:
        found = self.losses(Policies([self.read]), Policies([self.read, self.admin]))
        assert {x.kind for x in found} == {"gain"}
        assert any("iam:AttachUserPolicy" in x.actions for x in found)

    def test_gain_that_a_guard_stops_without_mfa(self) -> None:
        found = self.losses(Policies([self.guard]), Policies([self.guard, self.admin]))
        assert all(x.kind == "gain" for x in found)
        assert any(x.mfa == (PRESENT,) for x in found)

    def test_boundary_gone(self) -> None:
        boundary = policy(allow("s3:Get*"), label="boundary")
        found = self.losses(Policies([self.admin], boundary=[boundary]), Policies([self.admin]))
        assert found
        assert {x.layer for x in found} == {"boundary"}

    def test_unknown_managed_policy(self) -> None:
        new = managed_policy("NewerThanTheTable")
        found = self.losses(Policies([]), Policies([new]))
        assert found
        assert not any(x.certain for x in found)

    def test_exemption_by_name_is_for_that_user_only(self) -> None:
        spared = policy(guard(Condition={**NO_MFA, "StringNotEquals": {"aws:username": "ci"}}))
        base, head = Policies([self.guard, self.admin]), Policies([spared, self.admin])
        prober = Prober()
        assert prober.losses(Principal.user("ci"), base, head)
        assert prober.losses(Principal.user("alice"), base, head) == ()
        assert prober.losses(Principal.user("ci"), base, head)

    def test_own_resources(self) -> None:
        mine = "arn:aws:iam::*:user/${aws:username}"
        base = Policies([policy(allow("iam:*", mine), deny("iam:CreateAccessKey", mine), label="self")])
        head = Policies([policy(allow("iam:*", mine), label="self")])
        (found,) = self.losses(base, head)
        assert (found.actions, found.resources) == (("iam:CreateAccessKey",), ("their own",))
        assert "on their own" in found.sentence("alice")

    def test_group_without_members(self) -> None:
        found = Prober().everybody_losses(Policies([self.guard, self.admin]), Policies([self.admin]))
        assert any(DETACH in x.actions for x in found)


class TestResourcePolicies:
    def trust(self, **more: Any) -> CompiledPolicy:
        return policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "sts:AssumeRole",
                **more,
            }
        )

    def losses(self, base: CompiledPolicy | None, head: CompiledPolicy | None) -> tuple[Loss, ...]:
        return Prober().resource_losses(base, head, ["sts:AssumeRole"], decides=True)

    def test_mfa_dropped_from_a_trust_policy(self) -> None:
        strict = self.trust(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
        (found,) = self.losses(strict, self.trust())
        assert (found.actions, found.mfa, found.needed_mfa) == (("sts:AssumeRole",), (FALSE, ABSENT), True)
        assert self.losses(self.trust(), strict) == ()
        (loose,) = self.losses(strict, self.trust(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}))
        assert loose.mfa == (ABSENT,)

    def test_age_raised_in_a_trust_policy(self) -> None:
        base = self.trust(Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}})
        head = self.trust(Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "43200"}})
        (found,) = self.losses(base, head)
        assert (found.mfa, found.needed_mfa) == ((OLD,), True)

    def test_another_principal(self) -> None:
        other = policy(
            {"Effect": "Allow", "Principal": {"AWS": ["123456789012", "999999999999"]}, "Action": "sts:AssumeRole"}
        )
        (found,) = self.losses(self.trust(), other)
        assert found.principal is not None
        assert found.principal.account == "999999999999"
        assert not found.needed_mfa

    def test_bucket_policy(self) -> None:
        base = policy(
            {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::logs/*"}
        )
        found = Prober().resource_losses(base, None, ["s3:DeleteObject", "s3:PutBucketPolicy"])
        assert [(x.kind, x.actions, x.layer) for x in found] == [("guard", ("s3:DeleteObject",), "resource")]


def test_speed_500_users_2000_attachments() -> None:
    """One policy of many changes; the policies are shared, as attachments of one configuration are."""
    prober = Prober()
    shared = [
        policy(allow(f"svc{i}:*"), allow("s3:*", "arn:aws:s3:::b/${aws:username}/*"), label=f"p{i}") for i in range(40)
    ]
    before, after = policy(guard()), policy(guard(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}))
    started = time.process_time()
    lost = 0
    for number in range(500):
        common = [shared[(number * k) % 40] for k in (1, 3, 7)]
        base, head = Policies([before, ALLOW_ALL, *common]), Policies([after, ALLOW_ALL, *common])
        lost += bool(prober.losses(Principal.user(f"user{number}"), base, head))
    assert lost == 500
    # Twenty times what it takes on a slow core: only a change of the order of growth fails here.
    assert time.process_time() - started < 20


def test_speed_of_what_did_not_change() -> None:
    """Base and head hold the same policies in other objects: nothing is asked."""
    prober = Prober()
    sides = [[policy(allow(f"s3:Get{i}"), guard(), label=f"p{i}") for i in range(100)] for _ in range(2)]
    started = time.process_time()
    for number in range(500):
        base, head = ([side[(number * k) % 100] for k in (1, 3, 7, 9)] for side in sides)
        assert prober.losses(Principal.user(f"user{number}"), Policies(base), Policies(head)) == ()
    assert time.process_time() - started < 5
