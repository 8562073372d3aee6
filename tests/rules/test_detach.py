"""What the findings of family detach say, and what they weigh. Whole configurations are in ``tests/cases/detach``."""

from __future__ import annotations

from typing import Any

import pytest

from build import pair, root
from tfratchet.iam.losses import Kind
from tfratchet.model import Certainty, Finding, Root, Severity
from tfratchet.pages import page, section
from tfratchet.rules import all_rules
from tfratchet.values import Rest, Unknown, ref

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"
DENY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":"iam:ListMFADevices","Resource":"*",'
    '"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}'
)
RULES = {r.id: r for r in all_rules() if r.family == "detach"}


def findings(base: Root, head: Root) -> list[Finding]:
    compared = pair(base, head)
    return [f for rule in RULES.values() for f in rule.compare(compared)]


def one(base: dict[str, Any], head: dict[str, Any], **more: Any) -> Finding:
    (found,) = findings(root(base), root(head, **more))
    return found


def users(*names: str) -> dict[str, Any]:
    return {f"aws_iam_user.{n.lower()}": {"name": n} for n in names}


def attached(user: Any, arn: Any = READ, name: str = "x") -> dict[str, Any]:
    return {f"aws_iam_user_policy_attachment.{name}": {"user": user, "policy_arn": arn}}


def guard(*resources: dict[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {"aws_iam_policy.mfa": {"name": "require-mfa", "policy": DENY}}
    for resource in resources:
        merged.update(resource)
    return merged


GUARD = ref("aws_iam_policy.mfa", ".arn")


def test_ids_are_final() -> None:
    people = [f"TFR{n}" for n in range(101, 112)]
    sets = [f"TFR{n}" for n in range(113, 117)]
    roles = ["TFR120", "TFR121", "TFR122", "TFR125", "TFR126", "TFR127", "TFR128", "TFR129"]
    assert list(RULES) == people + sets + roles
    assert all((rule.group == "roles") == (rule.id in roles) for rule in RULES.values())


def test_every_kind_of_loss_has_one_rule_for_users_groups_and_permission_sets() -> None:
    never = {
        "user": (),
        "group": (Kind.LEFT_GROUP, Kind.BOUNDARY),
        "permission set": (Kind.LEFT_GROUP,),
    }
    for kind in Kind:
        for holder, impossible in never.items():
            found = [r.id for r in RULES.values() if kind in r.kinds and holder in r.holders]  # type: ignore[attr-defined]
            assert len(found) == int(kind not in impossible), (kind, holder, found)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_pages(rule: Any) -> None:
    assert all(section(rule, name) for name in ("Why", "Fires on", "Silent on", "Fix"))
    assert "```hcl" in section(rule, "Fires on")
    assert rule.title in page(rule)


def test_both_sides_have_a_place() -> None:
    found = one({**users("Alice"), **attached("Alice")}, users("Alice"))
    assert (found.rule, found.severity, found.certainty) == ("TFR101", Severity.HIGH, Certainty.CERTAIN)
    assert found.message == "User Alice stays and no longer has policy ReadOnlyAccess"
    assert found.base is not None
    assert found.head is not None
    assert found.base.value == "ReadOnlyAccess for user Alice"
    assert str(found.base.location) == "main.tf:13"  # the line of policy_arn
    assert (found.head.value, str(found.head.location)) == ("not attached", "main.tf:1")
    assert found.address == "aws_iam_user_policy_attachment.x"


def test_one_finding_for_all_users_of_one_resource() -> None:
    base = {"aws_iam_policy_attachment.a": {"users": ["a", "b", "c"], "policy_arn": READ}}
    assert one(base, {}).message == "Users a, b and c stay and no longer have policy ReadOnlyAccess"


def test_members_of_a_group_are_named() -> None:
    group = {"aws_iam_group.g": {"name": "g"}}
    members = {"aws_iam_group_membership.g": {"group": "g", "users": ["a", "b"]}}
    policy = {"aws_iam_group_policy_attachment.g": {"group": "g", "policy_arn": READ}}
    assert one({**group, **members, **policy}, {**group, **members}).message.endswith("; members: a and b")
    assert one({**group, **policy}, group).message.endswith("; its members are not shown here")


def test_a_guard_is_critical_only_when_nobody_has_it_any_more() -> None:
    base = guard(users("a", "b"), attached("a", GUARD, "a"), attached("b", GUARD, "b"))
    still = guard(users("a", "b"), attached("b", GUARD, "b"))
    found = one(base, still)
    assert (found.rule, found.severity) == ("TFR101", Severity.HIGH)
    gone = findings(root(base), root(guard(users("a", "b"))))
    assert {f.severity for f in gone} == {Severity.CRITICAL}
    assert "sessions without MFA" in gone[0].message


def test_a_guard_that_gives_way_to_a_guard_is_a_swap() -> None:
    base = guard(attached("a", GUARD))
    other = {"aws_iam_policy.new": {"name": "new", "policy": DENY.replace("ListMFADevices", "*")}}
    found = one(base, {**guard(), **other, **attached("a", ref("aws_iam_policy.new", ".arn"))})
    assert (found.rule, found.severity) == ("TFR110", Severity.HIGH)


def test_unknown_users_are_named_and_weigh_less() -> None:
    more = Rest(Unknown("var.more[*]"), Unknown("var.more"))
    base = {"aws_iam_policy_attachment.a": {"users": ["a", more], "policy_arn": READ}}
    found = one(base, {"aws_iam_policy_attachment.a": {"users": ["a"], "policy_arn": READ}})
    assert (found.rule, found.severity, found.certainty) == ("TFR107", Severity.MEDIUM, Certainty.POSSIBLE)
    assert found.depends_on == ("var.more",)
    assert "Every user in var.more" in found.message


def test_a_list_that_becomes_a_variable_is_low() -> None:
    base = {'aws_iam_user_policy_attachment.x["a"]': {"user": "a", "policy_arn": READ}}
    head = {"aws_iam_user_policy_attachment.x[*]": {"user": Unknown("each.key(var.users)"), "policy_arn": READ}}
    found = one(base, head)
    assert (found.severity, found.certainty) == (Severity.LOW, Certainty.POSSIBLE)


def test_swap_names_both_policies() -> None:
    found = one(attached("a"), attached("a", AUDIT))
    assert found.rule == "TFR110"
    assert found.message == "User a has policy SecurityAudit in place of policy ReadOnlyAccess"


def test_more_lost_than_gained_is_one_swap_and_one_loss() -> None:
    base = {**attached("a", READ, "x"), **attached("a", AUDIT, "y")}
    found = findings(root(base), root(attached("a", "arn:aws:iam::aws:policy/PowerUserAccess", "x")))
    assert [(f.rule, f.address.rpartition(".")[2]) for f in found] == [("TFR101", "y"), ("TFR110", "x")]


def test_removed_without_destroy() -> None:
    found = one({**users("a"), **attached("a")}, users("a"), removed=[("aws_iam_user_policy_attachment.x", False)])
    assert (found.rule, found.severity) == ("TFR109", Severity.LOW)


def test_removed_with_destroy_is_a_loss() -> None:
    found = one({**users("a"), **attached("a")}, users("a"), removed=[("aws_iam_user_policy_attachment.x", True)])
    assert (found.rule, found.severity) == ("TFR101", Severity.HIGH)


def test_fingerprints_tell_losses_apart_and_stay() -> None:
    base, head = {**users("a"), **attached("a")}, users("a")
    assert one(base, head).fingerprint == one(base, head).fingerprint
    assert one(base, head).fingerprint != one({**users("a"), **attached("a", AUDIT)}, head).fingerprint


def test_renamed_user_keeps_the_policies() -> None:
    base = {"aws_iam_user.a": {"name": "old"}, **attached(ref("aws_iam_user.a", ".name"))}
    head = {"aws_iam_user.a": {"name": "new"}, **attached(ref("aws_iam_user.a", ".name"))}
    assert findings(root(base), root(head)) == []
    assert one(base, {"aws_iam_user.a": {"name": "new"}}).rule == "TFR101"


def test_symbolic_users_that_go_with_their_attachments() -> None:
    base = {
        "aws_iam_user.u[*]": {"name": Unknown("each.key(var.users)")},
        "aws_iam_user_policy_attachment.x[*]": {
            "user": Unknown(f"{ref('aws_iam_user.u').expr}[each.key(var.users[*])].name"),
            "policy_arn": READ,
        },
    }
    found = findings(root(base), root({}))
    assert [(f.rule, f.severity) for f in found] == [("TFR106", Severity.LOW)]
    still = {"aws_iam_user.u[*]": base["aws_iam_user.u[*]"]}
    found = findings(root(base), root(still))
    assert [(f.rule, f.certainty) for f in found] == [("TFR101", Certainty.POSSIBLE)]


def test_two_accounts_are_not_mixed_up() -> None:
    from dataclasses import replace

    def both(*gone: str) -> Root:
        plain = root(
            {
                "aws_iam_user.a": {"name": "ci"},
                "aws_iam_user.b": {"name": "ci"},
                "aws_iam_user_policy_attachment.a": {"user": "ci", "policy_arn": READ},
                "aws_iam_user_policy_attachment.b": {"user": "ci", "policy_arn": READ},
            }
        )
        resources = {
            address: replace(r, provider=f"aws.{r.name}")
            for address, r in plain.resources.items()
            if address not in gone
        }
        return replace(plain, resources=resources)

    found = findings(both(), both("aws_iam_user_policy_attachment.b"))
    assert [(f.rule, f.address) for f in found] == [("TFR101", "aws_iam_user_policy_attachment.b")]
    assert findings(both(), both()) == []
