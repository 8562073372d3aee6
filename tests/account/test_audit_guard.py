"""The audit's rule on the MFA guard (TFR612): the policies of users are put to the decision engine."""

from __future__ import annotations

from typing import Any

import pytest
from audit_facts import (
    ACCOUNT,
    ADMIN,
    GUARD,
    SELF_SERVICE,
    document,
    found,
    group,
    guard,
    key,
    policy,
    sound,
    statement,
    unread,
    user,
    with_users,
)

from tfratchet.account.facts import Facts, LiveUser
from tfratchet.config import Settings
from tfratchet.model import Certainty, Finding, Severity

WITHOUT = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
WITH = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
READ = document(statement("Allow", ["s3:Get*", "s3:List*"]))
EVERYTHING = document(statement("Allow", "*"))


def told(facts: Facts, settings: Settings | None = None) -> list[Finding]:
    return [f for f in found(facts, settings) if f.rule == "TFR612"]


def person(inline: dict[str, Any], **more: Any) -> Facts:
    """An account with one user who has these inline policies through a group."""
    staff = group("staff")
    facts = with_users(user(**more))
    groups = {"staff": type(staff)(staff.name, staff.arn, inline=inline)}
    return sound(users=facts.users, groups=groups)


def test_administrator_without_guard() -> None:
    (finding,) = told(person({"all": EVERYTHING}))
    assert finding.severity is Severity.HIGH
    assert "can call" in finding.message
    assert finding.address == f"arn:aws:iam::{ACCOUNT}:user/bob"
    assert "iam:DetachUserPolicy" in finding.details


def test_reader_without_guard() -> None:
    (finding,) = told(person({"read": READ}))
    assert finding.severity is Severity.MEDIUM


def test_guard_by_any_route() -> None:
    assert told(person({"all": EVERYTHING, "guard": guard()})) == []
    direct = with_users(user(inline={"guard": guard()}), groups={"staff": group("staff", ADMIN)})
    assert told(direct) == []
    attached = with_users(user(attached=(GUARD,)), groups={"staff": group("staff", ADMIN)})
    assert told(attached) == []


def test_boundary_that_allows_nothing_without_mfa_is_a_guard() -> None:
    limit = policy("arn:aws:iam::1:policy/limit", document(statement("Allow", "*", WITH)))
    facts = with_users(user(boundary="arn:aws:iam::1:policy/limit"), groups={"staff": group("staff", ADMIN)})
    assert told(facts) != []  # the boundary could not be read
    facts = sound(users=facts.users, groups=facts.groups, policies={**facts.policies, **limit})
    assert told(facts) == []


def test_guard_that_asks_bool_stops_the_console_only() -> None:
    (finding,) = told(person({"all": EVERYTHING, "guard": guard("Bool")}))
    assert finding.severity is Severity.HIGH
    assert "console sessions only" in finding.message
    (finding,) = told(person({"read": READ, "guard": guard("Bool")}))
    assert (finding.severity, finding.head and finding.head.value) == (
        Severity.MEDIUM,
        "a guard for console sessions only",
    )


def test_guard_with_a_hole() -> None:
    hole = document(statement("Deny", None, guard()["Statement"][0]["Condition"], NotAction=["iam:*", "sts:Get*"]))
    (finding,) = told(person({"all": EVERYTHING, "guard": hole}))
    assert all(action.startswith("iam:") for action in finding.details)
    assert finding.details


@pytest.mark.parametrize(
    "more",
    [
        {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false", "aws:ViaAWSService": "true"}}},
        {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}},
        {"Resource": "arn:aws:s3:::x"},
        {"Effect": "Allow"},
    ],
    ids=["one-key-more", "the-wrong-way-round", "one-resource", "an-allow"],
)
def test_policies_that_look_like_a_guard(more: dict[str, Any]) -> None:
    weak = {**guard()["Statement"][0], **more}
    assert told(person({"all": EVERYTHING, "guard": document(weak)}))


@pytest.mark.parametrize(
    "inline",
    [
        {},
        {"all": document(statement("Allow", "*", WITH))},
        {"young": document(statement("Allow", "*", {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}))},
        {"self": document(statement("Allow", [*SELF_SERVICE, "iam:ChangePassword"]))},
        {"no": document(statement("Deny", "*"))},
    ],
    ids=["no-permissions", "all-with-mfa", "with-young-mfa", "self-service", "denied"],
)
def test_users_who_need_no_guard(inline: dict[str, Any]) -> None:
    assert told(person(inline)) == []


def test_allow_that_is_open_to_long_lived_keys() -> None:
    loose = document(statement("Allow", "*", {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}))
    (finding,) = told(person({"all": loose}))
    assert finding.severity is Severity.HIGH


def test_users_for_programs() -> None:
    program: dict[str, Any] = {"console": False, "mfa": False, "keys": (key(),)}
    assert told(person({"read": READ}, **program)) == []
    assert [f.severity for f in told(person({"all": EVERYTHING}, **program))] == [Severity.HIGH]
    assert told(person({"all": EVERYTHING}, console=False, mfa=False, keys=(key(active=False),))) == []
    assert told(person({"all": EVERYTHING}, console=False, mfa=False)) == []


def test_users_whose_credentials_could_not_be_read_are_not_taken_for_harmless() -> None:
    facts = person({"all": EVERYTHING}, console=False, mfa=False)
    facts = sound(users=facts.users, groups=facts.groups, unread=unread(("credentials", "iam:GetCredentialReport")))
    assert [f.severity for f in told(facts)] == [Severity.HIGH]


def test_a_policy_that_could_not_be_read_leaves_it_open() -> None:
    facts = with_users(user(attached=("arn:aws:iam::1:policy/secret",)), groups={"staff": group("staff", ADMIN)})
    (finding,) = told(facts)
    assert (finding.certainty, finding.severity) == (Certainty.POSSIBLE, Severity.MEDIUM)


def test_guard_for_some_users_by_name() -> None:
    """Users with the same policies are asked once, unless a policy tells them apart."""
    exempt = {
        **guard()["Statement"][0],
        "Condition": {
            "BoolIfExists": {"aws:MultiFactorAuthPresent": "false"},
            "StringNotEquals": {"aws:username": "robot"},
        },
    }
    people = [user(name) for name in ("bob", "robot", "zoe")]
    base = person({"all": EVERYTHING, "guard": document(exempt)})
    facts = sound(users={p.name: p for p in people}, groups=base.groups)
    assert [f.address.rpartition("/")[2] for f in told(facts)] == ["robot"]
    assert told(facts, Settings(break_glass=("robot",))) == []


def test_guard_for_users_with_a_tag() -> None:
    tagged = {
        **guard()["Statement"][0],
        "Condition": {
            "BoolIfExists": {"aws:MultiFactorAuthPresent": "false"},
            "StringEquals": {"aws:PrincipalTag/kind": "human"},
        },
    }
    base = person({"all": EVERYTHING, "guard": document(tagged)})
    people = [user("bob", tags={"kind": "human"}), user("zoe", tags={"Kind": "human"}), user("max")]
    facts = sound(users={p.name: p for p in people}, groups=base.groups)
    assert [f.address.rpartition("/")[2] for f in told(facts)] == ["max"]


def test_user_of_a_group_that_could_not_be_read() -> None:
    lost: LiveUser = user(groups=("staff", "elsewhere"))
    facts = with_users(lost, groups={"staff": group("staff", ADMIN)})
    assert [f.certainty for f in told(facts)] == [Certainty.POSSIBLE]
