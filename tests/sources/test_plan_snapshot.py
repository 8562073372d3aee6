"""From a plan to root modules: what is there on which side, what unknown values are, what becomes of secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest

import planjson
from tfratchet.compare import compare
from tfratchet.config import Settings
from tfratchet.model import Finding, Snapshot
from tfratchet.rules import all_rules
from tfratchet.sources.plan import Masks, PlanRoots, read, roots
from tfratchet.values import JsonText, Template, Unknown, canonical, ref

ALICE = {"name": "alice", "path": "/", "arn": "arn:aws:iam::123456789012:user/alice", "id": "alice"}
POLICY_ARN = "arn:aws:iam::123456789012:policy/mfa"
DENY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "NotAction": "iam:EnableMFADevice",
                "Resource": "*",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            }
        ],
    }
)
POLICY = {"name": "mfa", "path": "/", "policy": DENY, "arn": POLICY_ARN, "id": POLICY_ARN, "policy_id": "ANPA1"}
ATTACHMENT = {"user": "alice", "policy_arn": POLICY_ARN, "id": "alice-2026"}
CHANGE = planjson.change


def sides(plan: dict[str, Any]) -> PlanRoots:
    return roots(read(planjson.text(plan), "plan.json"), ".", Masks())


def found(plan: dict[str, Any]) -> list[Finding]:
    made = sides(plan)
    pair = (made.base, made.head)
    result = compare(Snapshot("base", [made.base]), Snapshot("head", [made.head]), Settings(), all_rules(), [pair])
    assert not result.errors
    return list(result.findings)


def brief(plan: dict[str, Any]) -> list[tuple[str, str]]:
    return [(f.rule, f.address) for f in found(plan)]


# -- what is there


def test_base_is_the_state_and_head_what_the_changes_make_of_it() -> None:
    plan = planjson.plan(
        [
            CHANGE("aws_iam_user.alice", ALICE, ALICE),
            CHANGE("aws_iam_user.bob", {"name": "bob"}, None),
            CHANGE("aws_iam_user.carol", None, {"name": "carol"}),
        ]
    )
    made = sides(plan)
    assert set(made.base.resources) == {"aws_iam_user.alice", "aws_iam_user.bob"}
    assert set(made.head.resources) == {"aws_iam_user.alice", "aws_iam_user.carol"}
    # What only the account gives is no argument.
    assert made.base.resources["aws_iam_user.alice"].values == {"name": "alice", "path": "/"}
    assert made.changed == 2


def test_what_no_change_names_stays_as_it_is() -> None:
    """A plan with -target lists what it targets; the rest of the state is still there."""
    plan = planjson.plan(
        [CHANGE("aws_iam_user.bob", {"name": "bob"}, None)],
        prior={"aws_iam_user.alice": ALICE, "aws_iam_user.bob": {"name": "bob"}},
    )
    assert set(sides(plan).head.resources) == {"aws_iam_user.alice"}


def test_a_plan_without_prior_state_or_without_changes() -> None:
    create = planjson.plan([CHANGE("aws_iam_user.alice", None, ALICE)])
    assert "prior_state" not in create
    assert sides(create).base.resources == {}
    refresh = planjson.plan(None, prior={"aws_iam_user.alice": ALICE})
    assert set(sides(refresh).head.resources) == {"aws_iam_user.alice"}
    assert brief(create) == brief(refresh) == []


@pytest.mark.parametrize("actions", [["delete", "create"], ["create", "delete"]])
def test_a_replacement_is_before_against_after(actions: list[str]) -> None:
    before = {"name": "baseline", "s3_bucket_name": "logs", "enable_logging": True, "is_multi_region_trail": True}
    after = before | {"is_multi_region_trail": False}
    plan = planjson.plan(
        [CHANGE("aws_cloudtrail.this", before, after, actions=actions, action_reason="replace_because_cannot_update")]
    )
    assert brief(plan) == [("TFR403", "aws_cloudtrail.this")]


def test_forgotten_is_not_destroyed() -> None:
    changes = [
        CHANGE("aws_iam_user.alice", ALICE, ALICE),
        CHANGE("aws_iam_policy.mfa", POLICY, POLICY),
        CHANGE("aws_iam_user_policy_attachment.mfa", ATTACHMENT, None, actions=["forget"]),
    ]
    assert ("TFR109", "low") in [(f.rule, str(f.severity)) for f in found(planjson.plan(changes))]
    assert ("TFR101", "aws_iam_user_policy_attachment.mfa") not in brief(planjson.plan(changes))
    changes[2] = CHANGE("aws_iam_user_policy_attachment.mfa", ATTACHMENT, None)
    assert ("TFR101", "aws_iam_user_policy_attachment.mfa") in brief(planjson.plan(changes))


def test_moves_are_known_by_the_previous_address() -> None:
    address = 'module.people.aws_iam_user.this["alice"]'
    plan = planjson.plan([CHANGE(address, ALICE, ALICE, previous_address="aws_iam_user.alice")], prior={address: ALICE})
    made = sides(plan)
    assert set(made.base.resources) == {"aws_iam_user.alice"}
    assert [(m.source, m.target) for m in made.head.moved] == [("aws_iam_user.alice", address)]
    assert made.head.resources[address].module == "module.people"
    assert made.head.resources[address].key == "alice"
    assert set(made.head.calls) == {"module.people"}


def test_a_chain_of_moves() -> None:
    """``a`` becomes ``b`` and ``b`` becomes ``c`` in the same plan."""
    first, second = ALICE, ALICE | {"name": "bob"}
    plan = planjson.plan(
        [
            CHANGE("aws_iam_user.b", first, first, previous_address="aws_iam_user.a"),
            CHANGE("aws_iam_user.c", second, second, previous_address="aws_iam_user.b"),
        ],
        prior={"aws_iam_user.b": first, "aws_iam_user.c": second},
    )
    made = sides(plan)
    assert {a: r.values["name"] for a, r in made.base.resources.items()} == {
        "aws_iam_user.a": "alice",
        "aws_iam_user.b": "bob",
    }
    assert brief(plan) == []


def test_a_deposed_object_is_noted_and_not_compared() -> None:
    plan = planjson.plan(
        [CHANGE("aws_iam_policy.mfa", POLICY, POLICY), CHANGE("aws_iam_policy.mfa", POLICY, None, deposed="ab12cd34")]
    )
    made = sides(plan)
    assert "aws_iam_policy.mfa" in made.head.resources
    assert "deposed ab12cd34" in made.head.notes[0].message
    assert brief(plan) == []


def test_an_import_starts_from_what_is_in_the_account() -> None:
    before = {"minimum_password_length": 20}
    change = CHANGE("aws_iam_account_password_policy.this", before, {"minimum_password_length": 8})
    change["change"]["importing"] = {"id": "iam-account-password-policy"}
    assert brief(planjson.plan([change], prior={})) == [("TFR202", "aws_iam_account_password_policy.this")]


def test_resources_that_no_rule_looks_at_are_left_alone() -> None:
    plan = planjson.plan([CHANGE("aws_instance.web", {"ami": "x"}, None), CHANGE("random_id.x", None, {})])
    made = sides(plan)
    assert (made.base.resources, made.head.resources) == ({}, {})


# -- unknown values


def test_an_unknown_reference_is_the_reference() -> None:
    """A new policy's ARN is not known: the attachment is linked to it all the same."""
    changes = [
        CHANGE("aws_iam_user.alice", ALICE, ALICE),
        CHANGE("aws_iam_policy.mfa", None, {"name": "mfa", "policy": DENY}, unknown={"arn": True, "id": True}),
        CHANGE(
            "aws_iam_user_policy_attachment.mfa",
            ATTACHMENT,
            {"user": "alice"},
            actions=["delete", "create"],
            unknown={"id": True, "policy_arn": True},
        ),
    ]
    configuration = {
        "aws_iam_user.alice": {"name": {"constant_value": "alice"}},
        "aws_iam_policy.mfa": {"name": {"constant_value": "mfa"}, "policy": {}},
        "aws_iam_user_policy_attachment.mfa": {
            "user": {"references": ["aws_iam_user.alice.name", "aws_iam_user.alice"]},
            "policy_arn": {"references": ["aws_iam_policy.mfa.arn", "aws_iam_policy.mfa"]},
        },
    }
    plan = planjson.plan(changes, configuration=configuration)
    made = sides(plan)
    attachment = made.head.resources["aws_iam_user_policy_attachment.mfa"]
    assert attachment.values == {"user": "alice", "policy_arn": ref("aws_iam_policy.mfa", ".arn")}
    # The account's own policy of that name is the one that head creates again: nothing is lost.
    assert brief(plan) == []


def test_a_replaced_policy_is_the_same_policy() -> None:
    """Before, the attachment has an ARN, after, an unknown: both are the policy's."""
    after = {k: v for k, v in POLICY.items() if k not in ("arn", "id", "policy_id")}
    changes = [
        CHANGE("aws_iam_user.alice", ALICE, ALICE),
        CHANGE(
            "aws_iam_policy.mfa",
            POLICY,
            after,
            actions=["create", "delete"],
            unknown={"arn": True, "id": True, "policy_id": True},
        ),
        CHANGE(
            "aws_iam_user_policy_attachment.mfa",
            ATTACHMENT,
            {"user": "alice"},
            actions=["create", "delete"],
            unknown={"id": True, "policy_arn": True},
        ),
    ]
    references = {"references": ["aws_iam_policy.mfa.arn", "aws_iam_policy.mfa"]}
    plan = planjson.plan(
        changes,
        configuration={
            "aws_iam_policy.mfa": {"name": {}, "policy": {}},
            "aws_iam_user_policy_attachment.mfa": {"user": {"constant_value": "alice"}, "policy_arn": references},
        },
    )
    made = sides(plan)
    values = [s.resources["aws_iam_user_policy_attachment.mfa"].values["policy_arn"] for s in (made.base, made.head)]
    assert values == [ref("aws_iam_policy.mfa", ".arn")] * 2
    assert brief(plan) == []


def linked(references: list[str], configuration: dict[str, Any] | None = None, **more: Any) -> Any:
    """What the unknown ``policy_arn`` of an attachment in ``module.m["k"]`` comes to."""
    address = 'module.m["k"].aws_iam_user_policy_attachment.a["alice"]'
    policies = ["aws_iam_policy.root", 'module.m["k"].aws_iam_policy.p["alice"]', 'module.m["k"].aws_iam_policy.one']
    policies += ['module.m["k"].module.inner.aws_iam_policy.deep']
    changes = [CHANGE(a, None, {"name": a}, unknown={"arn": True}) for a in policies]
    changes.append(CHANGE(address, None, {"user": "alice"}, unknown={"policy_arn": True}))
    attachment = {
        "address": "aws_iam_user_policy_attachment.a",
        "expressions": {"policy_arn": {"references": references}},
    }
    call = {
        "expressions": {"policy": {"references": ["aws_iam_policy.root.arn", "aws_iam_policy.root"]}},
        "module": {
            "resources": [attachment | more],
            "module_calls": {
                "inner": {"module": {"outputs": {"arn": {"expression": {"references": ["aws_iam_policy.deep.arn"]}}}}}
            },
        },
    }
    plan = planjson.plan(changes)
    plan["configuration"] = {"root_module": {"module_calls": {"m": call}}}
    return sides(plan).head.resources[address].values["policy_arn"]


def test_references_through_modules_keys_and_outputs() -> None:
    assert linked(["aws_iam_policy.one.arn", "aws_iam_policy.one"]) == ref('module.m["k"].aws_iam_policy.one', ".arn")
    # x[each.key].arn: the plan names x and each.key
    assert linked(["aws_iam_policy.p", "each.key"]) == ref('module.m["k"].aws_iam_policy.p["alice"]', ".arn")
    assert linked(["var.policy"]) == ref("aws_iam_policy.root", ".arn")
    assert linked(["module.inner.arn", "module.inner"]) == ref('module.m["k"].module.inner.aws_iam_policy.deep', ".arn")
    each = linked(["each.value"], for_each_expression={"references": ["aws_iam_policy.one.arn", "aws_iam_policy.one"]})
    assert each == ref('module.m["k"].aws_iam_policy.one', ".arn")


def test_what_cannot_be_told_is_an_unknown_of_its_own() -> None:
    several = linked(["aws_iam_policy.one.arn", "aws_iam_policy.one", "aws_iam_policy.root.arn", "aws_iam_policy.root"])
    local = linked(["local.arn"])
    assert isinstance(several, Unknown)
    assert 'module.m["k"].aws_iam_policy.one' in several.refs
    assert isinstance(local, Unknown)
    assert several != local
    assert local.refs[0].endswith('aws_iam_user_policy_attachment.a["alice"]')


def test_names_are_never_taken_for_their_reference() -> None:
    """``"${x.id}-a"`` and ``"${x.id}-b"`` have the same references, and are two names."""
    references = {"name": {"references": ["aws_iam_role.x.unique_id", "aws_iam_role.x"]}}
    changes = [CHANGE(f"aws_iam_user.{n}", None, {}, unknown={"name": True}) for n in "ab"]
    plan = planjson.plan(changes, configuration={"aws_iam_user.a": references, "aws_iam_user.b": references})
    made = sides(plan).head.resources
    assert made["aws_iam_user.a"].values["name"] != made["aws_iam_user.b"].values["name"]


def test_what_nobody_configured_is_not_set() -> None:
    """Optional and computed, as ``hard_expiry``: not known, and not asked for."""
    address = "aws_iam_account_password_policy.this"
    plan = planjson.plan(
        [CHANGE(address, None, {"minimum_password_length": 14}, unknown={"id": True, "hard_expiry": True})],
        configuration={address: {"minimum_password_length": {"constant_value": 14}}},
    )
    made = sides(plan)
    assert made.head.resources[address].values == {"minimum_password_length": 14}
    assert made.unknown == 0


TRAIL = {"name": "t", "s3_bucket_name": "logs", "is_multi_region_trail": True}
SELECTOR = {"read_write_type": "All", "include_management_events": True}
DATA = {"type": "AWS::S3::Object", "values": ["arn:aws:s3:::a/"]}


def test_dynamic_blocks_are_not_in_the_configuration_of_a_plan_and_set_all_the_same() -> None:
    """Their unknown parts stay unknown, and are not taken for parts that the provider fills in."""
    address = "aws_cloudtrail.t"
    before = TRAIL | {"event_selector": [SELECTOR | {"data_resource": [DATA]}]}
    after = TRAIL | {"event_selector": [SELECTOR | {"data_resource": [DATA | {"values": [None]}]}]}
    inner = {"event_selector": [{"data_resource": [{"values": [True]}]}]}
    configuration = {address: {"name": {"constant_value": "t"}}}
    plan = planjson.plan([CHANGE(address, before, after, unknown=inner)], configuration=configuration)
    (selector,) = sides(plan).head.resources[address].values["event_selector"]  # type: ignore[misc, union-attr]
    assert isinstance(selector["data_resource"][0]["values"][0], Unknown)
    assert {f.certainty.value for f in found(plan)} <= {"possible"}


def test_dynamic_blocks_of_an_unknown_number() -> None:
    address = "aws_cloudtrail.t"
    before = TRAIL | {"event_selector": [SELECTOR | {"data_resource": [DATA]}]}
    plan = planjson.plan(
        [CHANGE(address, before, TRAIL, unknown={"event_selector": True})],
        configuration={address: {"name": {"constant_value": "t"}}},
    )
    assert isinstance(sides(plan).head.resources[address].values["event_selector"], Unknown)
    assert {f.certainty.value for f in found(plan)} == {"possible"}


def test_a_document_that_is_read_at_apply_is_rendered_as_far_as_it_is_known() -> None:
    data = "data.aws_iam_policy_document.d"
    statement = {"effect": "Deny", "actions": ["iam:DetachUserPolicy"], "resources": [None]}
    changes = [
        CHANGE("aws_s3_bucket.logs", None, {"bucket": "logs"}, unknown={"arn": True}),
        CHANGE(
            data,
            None,
            {"statement": [statement]},
            actions=["read"],
            unknown={"json": True, "id": True, "statement": [{"resources": [True]}]},
        ),
        CHANGE("aws_iam_policy.p", POLICY, {"name": "mfa"}, unknown={"policy": True}),
    ]
    plan = planjson.plan(
        changes,
        configuration={
            data: {"statement": [{"actions": {}, "resources": {"references": ["aws_s3_bucket.logs.arn"]}}]},
            "aws_iam_policy.p": {"name": {}, "policy": {"references": [f"{data}.json", data]}},
        },
    )
    document = sides(plan).head.resources["aws_iam_policy.p"].values["policy"]
    assert isinstance(document, JsonText)
    assert "iam:DetachUserPolicy" in canonical(document)
    assert "aws_s3_bucket.logs" in canonical(document)


def test_identifiers_become_references_on_both_sides() -> None:
    group = "arn:aws:logs:us-east-1:123456789012:log-group:trail"
    key = "arn:aws:kms:us-east-1:123456789012:key/1b9c1c1e-0000-4000-8000-000000000000"
    trail = {"name": "t", "cloud_watch_logs_group_arn": f"{group}:*", "kms_key_id": key, "s3_bucket_name": "b"}
    plan = planjson.plan(
        [
            CHANGE("aws_cloudwatch_log_group.g", {"name": "trail", "arn": group}, {"name": "trail", "arn": group}),
            CHANGE("aws_kms_key.k", {"arn": key}, {"arn": key}),
            CHANGE("aws_cloudtrail.t", trail, trail),
        ]
    )
    values = sides(plan).base.resources["aws_cloudtrail.t"].values
    assert values["kms_key_id"] == ref("aws_kms_key.k", ".arn")
    assert values["cloud_watch_logs_group_arn"] == Template([ref("aws_cloudwatch_log_group.g", ".arn"), ":*"])
    # Of what is gone in head only the identifier is left.
    plan["resource_changes"][1] = CHANGE("aws_kms_key.k", {"arn": key}, None)
    assert sides(plan).head.resources["aws_cloudtrail.t"].values["kms_key_id"] == key


# -- drift


def test_drift_is_taken_back_to_find_what_was_recorded() -> None:
    address = "aws_iam_user_policy_attachment.mfa"
    plan = planjson.plan(
        [CHANGE("aws_iam_user.alice", ALICE, ALICE), CHANGE(address, None, ATTACHMENT)],
        drift=[CHANGE(address, ATTACHMENT, None)],
    )
    made = sides(plan)
    assert made.recorded is not None
    assert address in made.recorded.resources
    assert address not in made.base.resources
    assert address in made.head.resources
    assert sides(planjson.plan([CHANGE("aws_iam_user.alice", ALICE, ALICE)])).recorded is None


def test_a_move_alone_is_no_drift() -> None:
    moved = CHANGE("aws_iam_user.b", ALICE, ALICE, previous_address="aws_iam_user.a")
    plan = planjson.plan([moved], drift=[moved], prior={"aws_iam_user.b": ALICE})
    assert sides(plan).recorded is None


# -- secrets

SECRET = "hunter2-is-no-good-secret"


def secret_plan(before: str, after: str, *, other: str | None = None) -> dict[str, Any]:
    marks = {"policy": True}
    changes = [
        CHANGE(
            "aws_iam_policy.p",
            {"name": "p", "policy": before},
            {"name": "p", "policy": after},
            before_sensitive=marks,
            after_sensitive=marks,
        )
    ]
    if other is not None:
        changes.append(CHANGE("aws_iam_policy.q", None, {"name": "q", "policy": other}, after_sensitive=marks))
    return planjson.plan(changes)


def document(text: str) -> str:
    return json.dumps({"Statement": [{"Effect": "Deny", "Action": text, "Resource": "*"}]})


def test_sensitive_values_can_be_compared_and_not_read() -> None:
    made = sides(secret_plan(document(SECRET), document(SECRET), other=document(SECRET)))
    before, after = (s.resources["aws_iam_policy.p"].values["policy"] for s in (made.base, made.head))
    assert isinstance(before, Unknown)
    assert before == after == made.head.resources["aws_iam_policy.q"].values["policy"]
    made = sides(secret_plan(document(SECRET), document(SECRET + "x"), other=document("s3:*")))
    before, after = (s.resources["aws_iam_policy.p"].values["policy"] for s in (made.base, made.head))
    assert len({before, after, made.head.resources["aws_iam_policy.q"].values["policy"]}) == 3
    for root in (made.base, made.head):
        assert SECRET not in repr(root)


def test_secrets_in_all_shapes() -> None:
    values = {"name": "t", "a": {"b": [SECRET, {"c": SECRET}]}, "list": [SECRET, "open"], "number": 424242}
    marks = {"a": {"b": [True, {"c": True}]}, "list": [True], "number": True}
    made = sides(planjson.plan([CHANGE("aws_sns_topic.t", None, values, after_sensitive=marks)]))
    text = repr(made.head)
    assert SECRET not in text
    assert "424242" not in text
    assert "open" in text
    whole = sides(planjson.plan([CHANGE("aws_sns_topic.t", None, values, after_sensitive=True)]))
    assert "open" not in repr(whole.head.resources)


def test_the_state_marks_its_secrets_too() -> None:
    plan = planjson.plan([], prior={"aws_iam_policy.p": {"name": "p", "policy": SECRET}})
    plan["prior_state"]["values"]["root_module"]["resources"][0]["sensitive_values"] = {"policy": True}
    assert SECRET not in repr(sides(plan).base)


def test_a_secret_arn_stays_one() -> None:
    plan = planjson.plan([CHANGE("aws_iam_policy.p", POLICY, POLICY, before_sensitive={"arn": True})])
    made = sides(plan)
    assert POLICY_ARN not in repr(made.base)
