"""The collector against moto: what it reads, pages, refusals, and calls that fail for good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import audit_accounts
import boto3
import pytest
from audit_facts import BLOCKED, document, statement
from moto import mock_aws
from refusals import account, client, record, refuse, reply

from tfratchet.account.collect import PARTS, collect
from tfratchet.account.collect import credentials as collecting
from tfratchet.account.collect.reader import Reader
from tfratchet.account.facts import Facts, Unread
from tfratchet.account.limits import Limits
from tfratchet.account.session import Account
from tfratchet.errors import UserError
from tfratchet.progress import Progress

HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,mfa_active,"
    "access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date"
)


@pytest.fixture(autouse=True)
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(collecting, "_PAUSE", 0.0)
    with mock_aws():
        yield


def line(name: str, *, console: bool = False, mfa: bool = False, key: str = "false,N/A,N/A") -> str:
    """A line of the credential report."""
    arn = f"arn:aws:iam::123456789012:user/{name}"
    used = "no_information" if console else "N/A"
    return (
        f"{name},{arn},2026-01-01T00:00:00+00:00,{str(console).lower()},{used},2026-01-01T00:00:00+00:00,"
        f"{str(mfa).lower()},{key},false,N/A,N/A"
    )


def report(found: Account, *lines: str, made: datetime | None = None) -> None:
    """Let AWS hand out this credential report."""
    reply(found, "iam.GenerateCredentialReport", lambda _: {"State": "COMPLETE"})
    content = "\n".join([HEADER, *lines]).encode() + b"\n"
    when = made or datetime.now(timezone.utc)
    reply(found, "iam.GetCredentialReport", lambda _: {"Content": content, "GeneratedTime": when})


def unread(facts: Facts) -> set[tuple[str, str]]:
    return {(gap.part, gap.action) for gap in facts.unread}


# -- parts


def test_only_the_parts_that_are_asked_for() -> None:
    audit_accounts.sound(client)
    found = account()
    seen = record(found)
    facts = collect(found, frozenset(["password_policy"]))
    assert seen == {"sts.GetCallerIdentity": 1, "iam.GetAccountPasswordPolicy": 1}
    assert facts.password_policy == {
        "minimum_password_length": 14,
        "require_uppercase_characters": True,
        "require_lowercase_characters": True,
        "require_numbers": True,
        "require_symbols": True,
        "allow_users_to_change_password": True,
        "max_password_age": 90,
        "password_reuse_prevention": 24,
        "hard_expiry": False,
    }
    assert (facts.users, facts.trails) == ({}, {})


def test_unknown_parts_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="watchers"):
        collect(account(), frozenset(["watchers"]))


@pytest.mark.parametrize("part", sorted(PARTS))
def test_each_part_stands_alone(part: str) -> None:
    audit_accounts.sound(client)
    assert collect(account(), frozenset([part])).unread == ()


def test_everything_of_an_account() -> None:
    audit_accounts.weak(client)
    iam = client("iam")
    iam.tag_user(UserName="bob", Tags=[{"Key": "kind", "Value": "human"}])
    now = datetime.now(timezone.utc)
    facts = collect(account(), now=now)
    assert facts.unread == ()
    assert facts.taken == now
    assert (facts.account, facts.partition) == ("123456789012", "aws")
    bob, robot = facts.users["bob"], facts.users["robot"]
    assert (bob.console, bob.mfa, bob.groups, dict(bob.tags)) == (True, True, ("staff",), {"kind": "human"})
    assert [key.id[:4] for key in robot.keys] == ["AKIA", "AKIA"]
    assert all(key.active and key.last_used is None and key.created for key in robot.keys)
    assert list(facts.policies[robot.attached[0]].document["Statement"]) == [statement("Allow", "*")]
    assert facts.groups["staff"].inline["guard"]["Statement"][0]["Effect"] == "Deny"
    assert set(facts.roles) == {"stopped-logs"}
    trail = next(t for t in facts.trails.values() if t.name == "main")
    assert (trail.logging, trail.home_region, trail.bucket) == (True, "us-east-1", "weak-logs")
    assert trail.event_selectors[0]["ReadWriteType"] == "WriteOnly"
    assert set(facts.buckets) == {"weak-logs"}
    assert {(w.kind, w.name, w.enabled, w.targets) for w in facts.watches} == {
        ("rule", "guard-cloudtrail", True, ()),
        ("alarm", "cis-4.4", False, ()),
    }


def test_every_time_is_in_utc() -> None:
    audit_accounts.weak(client)
    facts = collect(account())
    times = [facts.taken, facts.report_made]
    for user in facts.users.values():
        times += [user.created, user.password_last_used, user.password_last_changed]
        times += [t for key in user.keys for t in (key.created, key.last_used)]
    assert all(t.utcoffset() == timedelta(0) for t in times if t is not None)
    assert facts.taken is not None


# -- pages


def test_every_page_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """GetAccountAuthorizationDetails in three pages, as AWS gives it for more than a thousand users."""
    monkeypatch.setattr(collecting, "_FRESH", timedelta(days=1))
    found = account()
    names = [f"user-{n}" for n in range(25)]

    def page(number: int) -> dict[str, Any]:
        chosen = names[number * 10 : number * 10 + 10]
        users = [
            {
                "UserName": n,
                "Arn": f"arn:aws:iam::123456789012:user/{n}",
                "Path": "/",
                "CreateDate": datetime.now(timezone.utc),
                "AttachedManagedPolicies": [],
                "GroupList": [],
            }
            for n in chosen
        ]
        more = number < 2
        return {"UserDetailList": users, "IsTruncated": more, **({"Marker": str(number)} if more else {})}

    reply(found, "iam.GetAccountAuthorizationDetails", page)
    report(found, *(line(n) for n in names))
    facts = collect(found, frozenset(["credentials"]))
    assert list(facts.users) == sorted(names)


# -- the credential report


def test_a_report_that_takes_its_time() -> None:
    client("iam").create_user(UserName="bob")
    found = account()
    seen = record(found)
    states = ["STARTED", "INPROGRESS", "COMPLETE"]
    reply(found, "iam.GenerateCredentialReport", lambda n: {"State": states[min(n, 2)]})
    reply(
        found,
        "iam.GetCredentialReport",
        lambda _: {"Content": f"{HEADER}\n{line('bob')}\n".encode(), "GeneratedTime": datetime.now(timezone.utc)},
    )
    assert list(collect(found, frozenset(["credentials"])).users) == ["bob"]
    assert seen["iam.GenerateCredentialReport"] == 3
    assert seen["iam.GetCredentialReport"] == 1


@pytest.mark.parametrize("code", ["ReportInProgress", "ReportNotPresent", "ReportExpired"])
def test_a_report_that_is_not_there_yet_is_asked_for_again(code: str) -> None:
    client("iam").create_user(UserName="bob")
    found = account()
    report(found, line("bob", console=True, mfa=True))
    refuse(found, "iam.GetCredentialReport", code, times=2)
    assert collect(found, frozenset(["credentials"])).users["bob"].console


def test_a_report_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = account()
    reply(found, "iam.GenerateCredentialReport", lambda _: {"State": "STARTED"})
    monkeypatch.setattr(collecting, "_PAUSE", 100.0)
    slept: list[float] = []
    with Reader(found) as reader, pytest.raises(UserError, match="credential report"):
        collecting.read_report(reader, pause=lambda seconds: slept.append(seconds) is None)
    assert sum(slept) >= 300


def test_a_report_that_aws_does_not_document() -> None:
    found = account()
    report(found, line("bob").replace("false,false", "false,perhaps", 1))
    with pytest.raises(UserError, match="line 2 of the credential report"):
        collect(found, frozenset(["credentials"]))


def old() -> datetime:
    return datetime.now(timezone.utc) - timedelta(hours=3)


def test_whom_an_old_report_holds_something_against_is_asked_again() -> None:
    iam = client("iam")
    audit_accounts.staff(client)
    audit_accounts.console_user(client, "better")  # has a device by now
    audit_accounts.console_user(client, "gone")
    iam.delete_login_profile(UserName="gone")  # has no password by now
    audit_accounts.console_user(client, "worse", mfa=False)
    found = account()
    lines = [line(n, console=True) for n in ("better", "gone", "worse")]
    report(found, *lines, line("fine", console=True, mfa=True), made=old())
    facts = collect(found, frozenset(["credentials"]))
    assert {u.name: (u.console, u.mfa) for u in facts.users.values()} == {
        "better": (True, True),
        "gone": (False, False),
        "worse": (True, False),
    }


def test_a_fresh_report_is_believed() -> None:
    audit_accounts.staff(client)
    audit_accounts.console_user(client, "bob")
    found = account()
    seen = record(found)
    report(found, line("bob", console=True, mfa=False))
    facts = collect(found, frozenset(["credentials"]))
    assert not facts.users["bob"].mfa
    assert not seen["iam.ListMFADevices"]


def test_every_user_is_asked_when_that_is_wanted() -> None:
    audit_accounts.staff(client)
    audit_accounts.console_user(client, "lost", mfa=False)  # had a device when the report was made
    audit_accounts.console_user(client, "fine")
    client("iam").create_access_key(UserName="fine")  # made since
    found = account()
    report(found, line("lost", console=True, mfa=True), line("fine", console=True, mfa=True), made=old())
    parts = frozenset(["credentials"])
    assert collect(found, parts).users["fine"].keys == ()
    facts = collect(found, parts, every_user=True)
    assert {u.name: (u.mfa, len(u.keys)) for u in facts.users.values()} == {"lost": (False, 0), "fine": (True, 1)}
    assert facts.report_made is None


def test_a_user_who_is_newer_than_the_report_is_asked_directly() -> None:
    audit_accounts.staff(client)
    audit_accounts.console_user(client, "new", mfa=False)
    client("iam").create_access_key(UserName="new")
    found = account()
    report(found, made=old())
    new = collect(found, frozenset(["credentials"])).users["new"]
    assert (new.console, new.mfa, len(new.keys)) == (True, False, 1)


def test_a_user_of_the_report_who_is_gone_is_left_out() -> None:
    found = account()
    report(found, line("ghost", console=True), made=old())
    assert collect(found, frozenset(["credentials"])).users == {}


def test_ids_of_keys_are_asked_for_only_where_they_matter() -> None:
    iam = client("iam")
    for name in ("quiet", "old", "off"):
        iam.create_user(UserName=name)
        iam.create_access_key(UserName=name)
    now = datetime.now(timezone.utc)
    young, used = (now - timedelta(days=20)).isoformat(), (now - timedelta(days=1)).isoformat()
    aged = (now - timedelta(days=100)).isoformat()
    found = account()
    seen = record(found)
    report(
        found,
        line("quiet", key=f"true,{young},{used}"),
        line("old", key=f"true,{aged},{used}"),
        line("off", key=f"false,{young},{used}"),
    )
    facts = collect(found, frozenset(["credentials"]))
    assert seen["iam.ListAccessKeys"] == 2
    assert {n: bool(u.keys[0].id) for n, u in facts.users.items()} == {"quiet": False, "old": True, "off": True}
    strict = Limits(unused_days=1, key_days=10, grace_days=1)
    assert collect(found, frozenset(["credentials"]), limits=strict).users["quiet"].keys[0].id


# -- trails and buckets elsewhere


def test_trail_that_goes_while_it_is_read() -> None:
    audit_accounts.sound(client)
    found = account()
    reply(found, "cloudtrail.DescribeTrails", lambda _: {"trailList": []})
    assert collect(found, frozenset(["trails"])).trails == {}


def test_trails_in_several_home_regions() -> None:
    client("s3").create_bucket(Bucket="trail-logs")
    for region in ("us-east-1", "eu-west-1"):
        boto3.client("cloudtrail", region_name=region).create_trail(
            Name=f"trail-{region}", S3BucketName="trail-logs", IsMultiRegionTrail=True
        )
    facts = collect(account(), frozenset(["trails", "buckets"]))
    assert {t.name: t.home_region for t in facts.trails.values()} == {
        "trail-us-east-1": "us-east-1",
        "trail-eu-west-1": "eu-west-1",
    }
    assert set(facts.buckets) == {"trail-logs"}


def test_bucket_of_another_account() -> None:
    audit_accounts.sound(client)
    found = account()
    reply(found, "s3.ListBuckets", lambda _: {"Buckets": [{"Name": "mine"}]})
    refuse(found, "s3.GetBucketVersioning")
    facts = collect(found, frozenset(["buckets"]))
    assert facts.unread == ()
    assert facts.buckets["trail-logs"].foreign


def test_bucket_that_does_not_exist() -> None:
    audit_accounts.sound(client)
    found = account()
    reply(found, "s3.ListBuckets", lambda _: {"Buckets": []})
    refuse(found, "s3.GetBucketVersioning", "NoSuchBucket")
    facts = collect(found, frozenset(["buckets"]))
    assert facts.unread == ()
    assert not facts.buckets["trail-logs"].exists


def test_protections_of_a_bucket() -> None:
    audit_accounts.sound(client)
    found = account()
    facts = collect(found, frozenset(["buckets"]))
    bucket = facts.buckets["trail-logs"]
    assert (bucket.versioning, bucket.object_lock, bucket.logging) == (True, "COMPLIANCE", "access-logs")
    assert bucket.public_access_block is not None
    assert all(bucket.public_access_block.values())
    assert bucket.policy == document(
        statement(
            "Deny",
            "s3:*",
            {"Bool": {"aws:SecureTransport": "false"}},
            Principal="*",
            Resource=["arn:aws:s3:::trail-logs", "arn:aws:s3:::trail-logs/*"],
        )
    )
    assert facts.public_access_block is None  # not asked for: the bucket's own is whole


def test_the_accounts_own_public_access_block() -> None:
    audit_accounts.weak(client)
    control = client("s3control")
    control.put_public_access_block(AccountId="123456789012", PublicAccessBlockConfiguration=BLOCKED)
    assert collect(account(), frozenset(["buckets"])).public_access_block == BLOCKED


def test_alarm_by_metric_math_and_composite() -> None:
    audit_accounts.sound(client)
    audit_accounts.metric_alarm(client, "main", "stop", "{ ($.eventName = StopLogging) }", [])
    found = account()
    alarm = {"AlarmName": "stop", "ActionsEnabled": True, "AlarmActions": []}
    metric = {"MetricStat": {"Metric": {"Namespace": "CIS", "MetricName": "stop"}}}
    above = {"AlarmName": "any", "AlarmRule": 'ALARM("stop")', "AlarmActions": ["arn:t"], "ActionsEnabled": True}
    reply(
        found,
        "cloudwatch.DescribeAlarms",
        lambda _: {"MetricAlarms": [{**alarm, "Metrics": [metric]}], "CompositeAlarms": [above]},
    )
    watch = next(w for w in collect(found, frozenset(["watches"])).watches if w.kind == "alarm")
    assert (watch.name, watch.enabled, watch.targets) == ("stop", True, ("arn:t",))


def test_filter_without_alarm() -> None:
    audit_accounts.sound(client)
    transformation = {"metricName": "x", "metricNamespace": "CIS", "metricValue": "1"}
    client("logs").put_metric_filter(
        logGroupName="main", filterName="lonely", filterPattern="{ $.a = 1 }", metricTransformations=[transformation]
    )
    watch = next(w for w in collect(account(), frozenset(["watches"])).watches if w.kind == "alarm")
    assert (watch.name, watch.targets) == ("lonely", ())


def test_subscribers_of_topics() -> None:
    audit_accounts.sound(client)
    sns = client("sns")
    silent = sns.create_topic(Name="silent")["TopicArn"]
    gone = silent.replace("silent", "gone")
    elsewhere = silent.replace("123456789012", "999999999999")
    for topic in (silent, gone, elsewhere):
        client("events").put_targets(Rule="guard-people", Targets=[{"Id": topic[-8:], "Arn": topic}])
    facts = collect(account(), frozenset(["watches"]))
    assert dict(facts.topics) == {silent: 0, gone: None, silent.replace("silent", "guard"): 1}
    found = account()
    pending = {"SubscriptionArn": "PendingConfirmation"}
    reply(found, "sns.ListSubscriptionsByTopic", lambda _: {"Subscriptions": [pending]})
    assert set(collect(found, frozenset(["watches"])).topics.values()) == {0}


# -- the rest


def test_progress_is_told() -> None:
    audit_accounts.weak(client)
    progress = Progress("x", quiet=True)
    collect(account(), progress=progress)
    assert progress.label != "x"


def test_facts_of_one_account_are_equal_twice() -> None:
    audit_accounts.weak(client)
    now = datetime.now(timezone.utc)
    first, second = (collect(account(), now=now) for _ in range(2))
    assert replace(first, report_made=None) == replace(second, report_made=None)


def test_unread_is_told_once() -> None:
    with Reader(account()) as reader:
        for _ in range(3):
            reader.missing("users", "iam:GetPolicy", "no")
        assert reader.unread == (Unread("users", "iam:GetPolicy", "no"),)
