"""Facts made by hand, for the tests of the audit's rules: a sound account, and how to spoil it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from tfratchet.account.auditrun import findings
from tfratchet.account.facts import (
    AccessKey,
    Facts,
    LiveBucket,
    LiveGroup,
    LivePolicy,
    LiveTrail,
    LiveUser,
    Unread,
    Watch,
)
from tfratchet.config import Settings
from tfratchet.iam.protected import protected_actions
from tfratchet.model import Finding

ACCOUNT = "111122223333"
NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
TRAIL = f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/main"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
GUARD = f"arn:aws:iam::{ACCOUNT}:policy/mfa-guard"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:guard"
SELF_SERVICE = [
    "iam:CreateVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:GetUser",
    "iam:GetMFADevice",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
    "iam:ResyncMFADevice",
    "sts:GetSessionToken",
]


def statement(effect: str, action: Any, condition: Any = None, **more: Any) -> dict[str, Any]:
    """One statement; ``NotAction`` and the like as further arguments."""
    found: dict[str, Any] = {"Effect": effect, "Resource": "*", **more}
    if action is not None:
        found["Action"] = action
    if condition is not None:
        found["Condition"] = condition
    return found


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def guard(operator: str = "BoolIfExists", **more: Any) -> dict[str, Any]:
    """The MFA guard, as the module ``mfa-enforcement`` has it."""
    condition = {operator: {"aws:MultiFactorAuthPresent": "false"}}
    return document(statement("Deny", None, condition, NotAction=SELF_SERVICE, **more))


def days(number: float) -> datetime:
    """That many days before the moment of the facts."""
    return NOW - timedelta(days=number)


def key(number: int = 1, *, active: bool = True, created: float = 10, used: float | None = 1) -> AccessKey:
    """An access key; ages in days."""
    return AccessKey(f"AKIA{number:012d}", active, days(created), None if used is None else days(used))


def user(name: str = "bob", **more: Any) -> LiveUser:
    """A user of the group ``staff`` with password and MFA, seen yesterday."""
    values: dict[str, Any] = {
        "created": days(300),
        "console": True,
        "mfa": True,
        "password_last_used": days(1),
        "password_last_changed": days(30),
        "groups": ("staff",),
    }
    return LiveUser(name, f"arn:aws:iam::{ACCOUNT}:user/{name}", **{**values, **more})


def trail(**more: Any) -> LiveTrail:
    """A trail that records everything."""
    values: dict[str, Any] = {
        "name": "main",
        "arn": TRAIL,
        "home_region": "eu-west-1",
        "bucket": "logs",
        "multi_region": True,
        "global_events": True,
        "validation": True,
        "kms_key": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k",
        "log_group": f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:trail:*",
        "logging": True,
        "insights": ("ApiCallRateInsight",),
        "event_selectors": ({"ReadWriteType": "All", "IncludeManagementEvents": True},),
    }
    return LiveTrail(**{**values, **more})


BLOCKED = {"BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": True}


def bucket_policy(*more: dict[str, Any]) -> dict[str, Any]:
    """TLS only, and CloudTrail may write."""
    tls = {"Bool": {"aws:SecureTransport": "false"}}
    every = ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]
    return document(
        statement("Deny", "s3:*", tls, Principal="*", Resource=every),
        statement("Allow", "s3:PutObject", Principal={"Service": "cloudtrail.amazonaws.com"}, Resource=every),
        *more,
    )


def bucket(**more: Any) -> LiveBucket:
    """A log bucket with all protections."""
    values: dict[str, Any] = {
        "versioning": True,
        "mfa_delete": True,
        "encryption": "aws:kms",
        "public_access_block": BLOCKED,
        "policy": bucket_policy(),
        "logging": "access-logs",
        "lifecycle": ({"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 400}},),
    }
    return LiveBucket("logs", **{**values, **more})


def rule(name: str, pattern: Mapping[str, Any], *, region: str = "us-east-1", **more: Any) -> Watch:
    """An EventBridge rule with a target."""
    values: dict[str, Any] = {"enabled": True, "targets": (TOPIC,)}
    return Watch("rule", name, region, json.dumps(pattern), **{**values, **more})


def calls(group: str) -> dict[str, Any]:
    """The pattern of the module ``detach-guard`` for one group of the protected actions."""
    chosen = [a for a in protected_actions().actions if a.group == group]
    return {
        "source": [{"prefix": "aws."}],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventSource": sorted({a.event_source for a in chosen}),
            "eventName": sorted({e for a in chosen for e in a.events}),
        },
    }


SIGN_IN = {
    "source": [{"prefix": "aws."}],
    "detail-type": ["AWS Console Sign In via CloudTrail"],
    "detail": {
        "eventName": ["ConsoleLogin"],
        "userIdentity": {"type": ["IAMUser", "Root"]},
        "additionalEventData": {"MFAUsed": ["No"]},
        "responseElements": {"ConsoleLogin": ["Success"]},
    },
}


def watches() -> tuple[Watch, ...]:
    """Those of the module ``detach-guard``."""
    return (
        *(rule(f"guard-{group}", calls(group)) for group in ("policies", "people", "cloudtrail")),
        rule("guard-signin", SIGN_IN),
    )


PASSWORDS: dict[str, int | bool] = {
    "minimum_password_length": 14,
    "require_uppercase_characters": True,
    "require_lowercase_characters": True,
    "require_numbers": True,
    "require_symbols": True,
    "max_password_age": 90,
    "password_reuse_prevention": 24,
    "allow_users_to_change_password": True,
    "hard_expiry": False,
}


def policy(arn: str, content: Mapping[str, Any]) -> dict[str, LivePolicy]:
    """A managed policy, by its ARN."""
    return {arn: LivePolicy(arn, arn.rpartition("/")[2], content, "v1")}


def group(name: str = "staff", *attached: str) -> LiveGroup:
    """A group with these managed policies."""
    return LiveGroup(name, f"arn:aws:iam::{ACCOUNT}:group/{name}", attached=attached)


def sound(**more: Any) -> Facts:
    """An account in which nothing is found, with these parts replaced."""
    facts = Facts(
        account=ACCOUNT,
        taken=NOW,
        report_made=NOW,
        password_policy=PASSWORDS,
        root_mfa=True,
        root_keys=False,
        root_password=True,
        users={"bob": user()},
        groups={"staff": group("staff", ADMIN, GUARD)},
        policies={**policy(ADMIN, document(statement("Allow", "*"))), **policy(GUARD, guard())},
        trails={TRAIL: trail()},
        buckets={"logs": bucket()},
        watches=watches(),
    )
    return replace(facts, **more)


def with_users(*users: LiveUser, **more: Any) -> Facts:
    """A sound account with these users instead."""
    return sound(users={u.name: u for u in users}, **more)


def with_trails(*trails: LiveTrail, **more: Any) -> Facts:
    """A sound account with these trails instead."""
    return sound(trails={t.arn: t for t in trails}, **more)


def unread(*gaps: tuple[str, str]) -> tuple[Unread, ...]:
    """(part, action) of what AWS refused."""
    return tuple(Unread(part, action, "AWS refuses it (AccessDenied)") for part, action in gaps)


def found(facts: Facts, settings: Settings | None = None) -> list[Finding]:
    """What all rules find."""
    return findings(facts, settings or Settings())


def ids(facts: Facts, settings: Settings | None = None) -> list[str]:
    """The rules that find something, sorted, each as often as it does."""
    return sorted(f.rule for f in found(facts, settings))
