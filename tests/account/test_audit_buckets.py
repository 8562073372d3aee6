"""The audit's rules on log buckets and on who is told of protected calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from audit_facts import (
    ACCOUNT,
    BLOCKED,
    SIGN_IN,
    TOPIC,
    bucket,
    bucket_policy,
    calls,
    document,
    found,
    ids,
    rule,
    sound,
    statement,
    trail,
    unread,
    watches,
    with_trails,
)

from tfratchet.account.facts import LiveBucket, Watch
from tfratchet.config import Settings
from tfratchet.model import Severity

ARN = "arn:aws:s3:::logs"


def lacks(settings: Settings | None = None, **more: Any) -> list[tuple[str, Severity]]:
    """(name of the protection, severity) of the findings on a bucket with these settings."""
    findings = found(sound(buckets={"logs": bucket(**more)}), settings)
    assert all(f.rule == "TFR623" for f in findings)
    return [(f.address.removeprefix(f'{ARN}["').removesuffix('"]'), f.severity) for f in findings]


def test_bucket_that_is_gone() -> None:
    (finding,) = found(sound(buckets={"logs": LiveBucket("logs", exists=False)}))
    assert (finding.rule, finding.severity, finding.address) == ("TFR622", Severity.CRITICAL, ARN)


def test_bucket_of_another_account_is_not_judged() -> None:
    assert ids(sound(buckets={"logs": LiveBucket("logs", foreign=True)})) == []


@pytest.mark.parametrize("name", BLOCKED)
def test_public_access_block(name: str) -> None:
    assert lacks(public_access_block={**BLOCKED, name: False}) == [("public_access_block", Severity.HIGH)]


def test_no_public_access_block() -> None:
    assert lacks(public_access_block=None) == [("public_access_block", Severity.HIGH)]
    facts = sound(buckets={"logs": bucket(public_access_block=None)}, public_access_block=BLOCKED)
    assert ids(facts) == []  # the account's own setting holds


def test_floors_of_the_block() -> None:
    loose = {**BLOCKED, "BlockPublicAcls": False}
    assert lacks(Settings(floors={"log_bucket_block_public_acls": False}), public_access_block=loose) == []


@pytest.mark.parametrize(
    ("more", "name", "severity"),
    [
        ({"versioning": False}, "versioning", Severity.MEDIUM),
        ({"logging": None}, "access_logging", Severity.LOW),
        ({"mfa_delete": False}, "mfa_delete", Severity.LOW),
        ({"mfa_delete": False, "object_lock": "GOVERNANCE"}, "mfa_delete", Severity.LOW),
        ({"policy": None}, "secure_transport", Severity.LOW),
        ({"policy": document()}, "secure_transport", Severity.LOW),
    ],
)
def test_protections(more: dict[str, Any], name: str, severity: Severity) -> None:
    assert lacks(**more) == [(name, severity)]


def test_object_lock_takes_the_place_of_mfa_delete() -> None:
    assert lacks(mfa_delete=False, object_lock="COMPLIANCE") == []


@pytest.mark.parametrize(
    ("lifecycle", "found_"),
    [
        ({"Status": "Enabled", "Expiration": {"Days": 364}}, True),
        ({"Status": "Enabled", "Expiration": {"Days": 365}}, False),
        ({"Status": "Disabled", "Expiration": {"Days": 30}}, False),
        ({"Status": "Enabled", "Filter": {"Prefix": "AWSLogs/"}, "Expiration": {"Days": 30}}, True),
        ({"Status": "Enabled", "Filter": {"And": {"Prefix": "AWS"}}, "Expiration": {"Days": 30}}, True),
        ({"Status": "Enabled", "Prefix": f"AWSLogs/{ACCOUNT}/", "Expiration": {"Days": 30}}, True),
        ({"Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 30}}, False),
        ({"Status": "Enabled", "Filter": {"Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"Days": 30}}, False),
        ({"Status": "Enabled", "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}, False),
    ],
)
def test_retention(lifecycle: dict[str, Any], found_: bool) -> None:
    assert lacks(lifecycle=(lifecycle,)) == ([("retention", Severity.MEDIUM)] if found_ else [])
    assert lacks(Settings(floors={"log_bucket_retention_days": 30}), lifecycle=(lifecycle,)) == []


def test_retention_under_the_prefix_of_the_trail() -> None:
    lifecycle = ({"Status": "Enabled", "Filter": {"Prefix": "audit/"}, "Expiration": {"Days": 30}},)
    facts = with_trails(trail(prefix="audit"), buckets={"logs": bucket(lifecycle=lifecycle)})
    assert ids(facts) == ["TFR623"]
    assert ids(replace(facts, trails={"t": trail()})) == []


def test_public_bucket() -> None:
    open_ = bucket_policy(statement("Allow", "s3:GetObject", Principal="*", Resource=f"{ARN}/*"))
    assert lacks(policy=open_) == []  # RestrictPublicBuckets holds it shut
    shut = {**BLOCKED, "RestrictPublicBuckets": False}
    assert lacks(policy=open_, public_access_block=shut) == [
        ("public", Severity.CRITICAL),
        ("public_access_block", Severity.HIGH),
    ]
    limited = statement(
        "Allow", "s3:GetObject", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, Principal="*", Resource=f"{ARN}/*"
    )
    assert lacks(policy=bucket_policy(limited), public_access_block=shut) == [("public_access_block", Severity.HIGH)]


@pytest.mark.parametrize(
    "action",
    [
        "s3:GetBucketVersioning",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketPolicy",
        "s3:GetBucketLogging",
        "s3:GetLifecycleConfiguration",
    ],
)
def test_what_could_not_be_read_is_not_judged(action: str) -> None:
    """Each refused call silences what it tells of, and nothing else."""
    nothing = LiveBucket("logs")
    everything = {f.address for f in found(sound(buckets={"logs": nothing}))}
    told = {f.address for f in found(sound(buckets={"logs": nothing}, unread=unread(("bucket:logs", action))))}
    silenced = {a.removeprefix(f'{ARN}["').removesuffix('"]') for a in everything - told}
    assert told < everything or action == "s3:GetLifecycleConfiguration"
    assert (
        silenced
        == {
            "s3:GetBucketVersioning": {"versioning", "mfa_delete"},
            "s3:GetBucketPublicAccessBlock": {"public_access_block"},
            "s3:GetBucketPolicy": {"secure_transport"},
            "s3:GetBucketLogging": {"access_logging"},
            "s3:GetLifecycleConfiguration": set(),
        }[action]
    )


# -- who is told


def alarms(*found_: Watch, **more: Any) -> dict[str, Severity]:
    """Names of the alarms that are missing, or of the watches that tell nobody."""
    findings = found(sound(watches=found_, **more))
    assert {f.rule for f in findings} <= {"TFR624", "TFR625"}
    return {f.address.rpartition("alarms")[2].strip('[]"') or f.address: f.severity for f in findings}


NOBODY = {
    "console-sign-in-without-mfa": Severity.MEDIUM,
    "iam-policy-changes": Severity.MEDIUM,
    "cloudtrail-changes": Severity.MEDIUM,
    "further-calls": Severity.LOW,
}


def test_nobody_is_told() -> None:
    assert alarms() == NOBODY
    assert ids(sound(watches=(), unread=unread(("watches", "events:ListRules")))) == []


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        ("guard-signin", {"console-sign-in-without-mfa"}),
        ("guard-policies", {"iam-policy-changes", "further-calls"}),
        ("guard-people", {"further-calls"}),
        ("guard-cloudtrail", {"cloudtrail-changes", "further-calls"}),
    ],
)
def test_each_rule_of_the_guard_is_missed(left_out: str, missing: set[str]) -> None:
    assert set(alarms(*(w for w in watches() if w.name != left_out))) == missing


def alarm(pattern: str, *, targets: tuple[str, ...] = (TOPIC,), enabled: bool = True) -> Watch:
    return Watch("alarm", "cis", "eu-west-1", pattern, enabled, targets)


CIS_4_4 = (
    "{ "
    + " || ".join(
        f"($.eventName={e})"
        for e in (
            "DeleteGroupPolicy",
            "DeleteRolePolicy",
            "DeleteUserPolicy",
            "PutGroupPolicy",
            "PutRolePolicy",
            "PutUserPolicy",
            "CreatePolicy",
            "DeletePolicy",
            "CreatePolicyVersion",
            "DeletePolicyVersion",
            "AttachRolePolicy",
            "DetachRolePolicy",
            "AttachUserPolicy",
            "DetachUserPolicy",
            "AttachGroupPolicy",
            "DetachGroupPolicy",
        )
    )
    + " }"
)
CIS_4_5 = (
    "{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) "
    "|| ($.eventName = StartLogging) || ($.eventName = StopLogging) }"
)
CIS_4_2 = (
    '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") '
    '&& ($.responseElements.ConsoleLogin = "Success") }'
)


def test_the_metric_filters_of_cis_are_enough() -> None:
    """The patterns as the benchmark prints them."""
    assert alarms(alarm(CIS_4_2), alarm(CIS_4_4), alarm(CIS_4_5)) == {"further-calls": Severity.LOW}
    assert set(alarms(alarm(CIS_4_2), alarm(CIS_4_4.replace("DetachUserPolicy", "ListUsers")), alarm(CIS_4_5))) == {
        "iam-policy-changes",
        "further-calls",
    }


def elsewhere(name: str) -> tuple[Watch, ...]:
    """The rules of the guard, one of them in another region."""
    return tuple(replace(w, region="eu-west-1") if w.name == name else w for w in watches())


def test_rule_in_a_region_that_never_hears_of_iam() -> None:
    assert set(alarms(*elsewhere("guard-policies"))) == {"iam-policy-changes", "further-calls"}
    assert alarms(*elsewhere("guard-cloudtrail")) == {}


def test_rule_that_leaves_callers_out() -> None:
    spared = calls("policies")
    spared["detail"]["userIdentity"] = {"arn": [{"anything-but": ["arn:aws:iam::1:role/terraform"]}]}
    there = [rule(w.name, spared) if w.name == "guard-policies" else w for w in watches()]
    assert set(alarms(*there)) == {"iam-policy-changes", "further-calls"}


def test_rule_for_calls_that_succeed() -> None:
    fine = calls("policies")
    fine["detail"]["errorCode"] = [{"exists": False}]
    there = [rule(w.name, fine) if w.name == "guard-policies" else w for w in watches()]
    assert alarms(*there) == {}


def test_rule_for_everything_of_a_service() -> None:
    wide = rule("iam", {"source": ["aws.iam"]})
    trails = rule("ct", {"source": ["aws.cloudtrail"], "detail-type": ["AWS API Call via CloudTrail"]})
    assert alarms(wide, trails, rule("in", SIGN_IN)) == {}


@pytest.mark.parametrize("more", [{"enabled": False}, {"targets": ()}])
def test_rule_that_tells_nobody(more: dict[str, Any]) -> None:
    there = [rule(w.name, calls("cloudtrail"), **more) if w.name == "guard-cloudtrail" else w for w in watches()]
    assert alarms(*there) == {
        "cloudtrail-changes": Severity.MEDIUM,
        "further-calls": Severity.LOW,
        f"arn:aws:events:us-east-1:{ACCOUNT}:rule/guard-cloudtrail": Severity.HIGH,
    }


@pytest.mark.parametrize("subscribers", [0, None])
def test_topic_that_nobody_hears(subscribers: int | None) -> None:
    """Nobody has subscribed (None: it does not even exist): the same as no target."""
    found_ = found(sound(topics={TOPIC: subscribers}))
    silent = {f.address.rpartition("/")[2] for f in found_ if f.rule == "TFR625"}
    assert silent == {"guard-policies", "guard-people", "guard-cloudtrail", "guard-signin"}
    assert sum(f.rule == "TFR624" for f in found_) == len(NOBODY)
    assert alarms(*watches(), topics={TOPIC: 1}) == {}
    both = [replace(w, targets=(TOPIC, "arn:aws:lambda:us-east-1:1:function:tell")) for w in watches()]
    assert alarms(*both, topics={TOPIC: subscribers}) == {}


def test_alarm_that_tells_nobody() -> None:
    told = alarms(*watches()[:2], watches()[3], alarm(CIS_4_5, targets=()))
    assert told == {
        "cloudtrail-changes": Severity.MEDIUM,
        "further-calls": Severity.LOW,
        f"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:cis": Severity.HIGH,
    }


def test_silent_rule_beside_a_loud_one_and_silent_rules_about_other_things() -> None:
    silent = rule("old", calls("cloudtrail"), enabled=False)
    other = rule("nightly", {"source": ["aws.ec2"], "detail": {"state": ["stopped"]}}, enabled=False)
    assert alarms(*watches(), silent, other) == {}


def test_a_rule_of_another_region_does_not_take_the_place_of_a_silent_one() -> None:
    there = [replace(w, targets=()) if w.name == "guard-people" else w for w in watches()]
    abroad = [replace(w, region="eu-west-1") for w in watches()]
    silent = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/guard-people"
    assert alarms(*there, *abroad) == {"further-calls": Severity.LOW, silent: Severity.HIGH}
    assert alarms(*watches(), alarm(CIS_4_4, targets=())) == {}  # rules where IAM's events are


def test_pattern_that_cannot_be_read_tells_of_nothing() -> None:
    assert alarms(alarm("{ ($.eventName = "), replace(rule("x", {}), pattern="no json")) == NOBODY
