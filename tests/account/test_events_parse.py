"""Records of every shape become events, or nothing, and never an error."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timezone
from typing import Any

import pytest
from events_records import ACCOUNT, CLI, GUARD, TERRAFORM, detach, record, session, user
from hypothesis import given
from hypothesis import strategies as st

from tfratchet.account.events.event import Event, Via
from tfratchet.account.events.parse import event_of, time_of
from tfratchet.account.events.unwrap import Reading, records_in


def event(made: Any) -> Event:
    found = event_of(made)
    assert found is not None
    return found


def test_a_detachment_is_read_whole() -> None:
    found = event(detach(userIdentity=session("Admin", "bob@example.com", "true")))
    assert found.time == datetime(2026, 11, 20, 9, 14, 2, tzinfo=timezone.utc)
    assert (found.name, found.source, found.region, found.account) == (
        "DetachUserPolicy",
        "iam.amazonaws.com",
        "us-east-1",
        ACCOUNT,
    )
    assert str(found.actor) == "role Admin (session bob@example.com)"
    assert found.actor.issuer == f"arn:aws:iam::{ACCOUNT}:role/Admin"
    assert found.actor.mfa is True
    assert str(found.target) == "user alice"
    assert found.target.arn == f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert found.target.policy == GUARD
    assert found.succeeded
    assert found.via is Via.SDK


@pytest.mark.parametrize(
    ("fields", "via"),
    [
        ({"userAgent": TERRAFORM}, Via.TERRAFORM),
        ({"userAgent": "APN/1.0 HashiCorp/1.0 Terraform/1.8.0 OpenTofu"}, Via.TERRAFORM),
        ({"userAgent": "Boto3/1.34 md/Botocore#1.34 exec-env/CloudShell"}, Via.SDK),
        ({"userAgent": CLI, "sessionCredentialFromConsole": "true"}, Via.SDK),  # CloudShell
        ({"userAgent": "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22"}, Via.SDK),
        ({"userAgent": "signin.amazonaws.com"}, Via.CONSOLE),
        ({"userAgent": "console.amazonaws.com"}, Via.CONSOLE),
        ({"userAgent": "Mozilla/5.0 (X11; Linux)", "sessionCredentialFromConsole": "true"}, Via.CONSOLE),
        ({"userAgent": "AWS Internal", "sessionCredentialFromConsole": "true"}, Via.CONSOLE),
        ({"userAgent": "cloudformation.amazonaws.com", "sourceIPAddress": "cloudformation.amazonaws.com"}, Via.SERVICE),
        ({"userAgent": "x", "userIdentity": {"type": "AWSService", "invokedBy": "config.amazonaws.com"}}, Via.SERVICE),
        ({"userAgent": "x", "userIdentity": {**user("a"), "invokedBy": "lambda.amazonaws.com"}}, Via.SERVICE),
        ({"userAgent": "something else"}, Via.OTHER),
        ({"userAgent": None}, Via.OTHER),
    ],
)
def test_how_a_call_was_made(fields: dict[str, Any], via: Via) -> None:
    assert event(record("DetachUserPolicy", **fields)).via is via


@pytest.mark.parametrize(
    ("name", "source", "parameters", "target", "arn"),
    [
        ("DetachGroupPolicy", "iam", {"groupName": "staff"}, "group staff", f"arn:aws:iam::{ACCOUNT}:group/staff"),
        ("DeletePolicy", "iam", {"policyArn": GUARD}, "policy RequireMFA", GUARD),
        (
            "StopLogging",
            "cloudtrail",
            {"name": "main"},
            "trail main",
            f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main",
        ),
        ("PutBucketPolicy", "s3", {"bucketName": "logs"}, "bucket logs", "arn:aws:s3:::logs"),
        ("DisableKey", "kms", {"keyId": "1-2"}, "key 1-2", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1-2"),
        ("DeleteAlarms", "monitoring", {"alarmNames": ["a", "b"]}, "alarm a, b", None),
        ("DeleteAlarms", "monitoring", {"alarmNames": {"member": ["a"]}}, "alarm a", None),
        ("DeleteAccountPasswordPolicy", "iam", None, "the account", f"account {ACCOUNT}"),
        ("DetachUserPolicy", "iam", {"USERNAME": ["alice"]}, "user alice", None),
        ("DetachUserPolicy", "iam", [{"userName": "alice"}], "user alice", None),
        ("DetachUserPolicy", "iam", '{"userName": "alice"}', "user alice", None),
        ("DetachUserPolicy", "iam", "nonsense", "a user that the record does not name", None),
    ],
)
def test_what_a_call_was_about(name: str, source: str, parameters: Any, target: str, arn: str | None) -> None:
    found = event(record(name, eventSource=f"{source}.amazonaws.com", requestParameters=parameters))
    assert str(found.target) == target
    if arn is not None:
        assert found.target.arn == arn


def test_membership_has_a_user_and_a_group() -> None:
    found = event(record("RemoveUserFromGroup", requestParameters={"userName": "alice", "groupName": "staff"}))
    assert (str(found.target), found.target.group) == ("user alice", "staff")


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_partitions_other_than_the_first(region: str) -> None:
    made = detach(awsRegion=region, userIdentity={"type": "Root", "accountId": ACCOUNT})
    partition = {"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}[region]
    assert event(made).target.arn == f"arn:{partition}:iam::{ACCOUNT}:user/alice"


@pytest.mark.parametrize(
    ("message", "target", "arn"),
    [
        ("... is not authorized to perform: iam:DetachUserPolicy on resource: user alice", "user alice", None),
        (
            "User: x is not authorized to perform: iam:DetachUserPolicy on resource: "
            f"arn:aws:iam::{ACCOUNT}:user/a/alice "
            "with an explicit deny in an identity-based policy",
            "user alice",
            f"arn:aws:iam::{ACCOUNT}:user/a/alice",
        ),
        ("on resource: group staff", "a user that the record does not name", None),
        ("no", "a user that the record does not name", None),
    ],
)
def test_a_refusal_names_its_target_in_the_message(message: str, target: str, arn: str | None) -> None:
    found = event(record("DetachUserPolicy", errorCode="AccessDenied", errorMessage=message))
    assert str(found.target) == target
    assert not found.succeeded
    assert found.denied_by == ("explicit deny" if "explicit" in message else "")
    if arn is not None:
        assert found.target.arn == arn


@pytest.mark.parametrize(
    "parameters",
    [
        {"omitted": True, "originalSize": 131122, "reason": "requestParameters too large"},
        {"omitted": "true", "originalSize": "131122"},
        '{"reason":"requestParameters too large","omitted":true,"originalSize":131122}',
        [{"omitted": True, "originalSize": 131122.0}],
    ],
)
def test_omitted_parameters_are_seen(parameters: Any) -> None:
    found = event(record("PutUserPolicy", requestParameters=parameters))
    assert found.omitted
    assert found.omitted_size in (131122, None)


@pytest.mark.parametrize("parameters", [None, {}, {"userName": "omitted"}, {"omitted": False}, "x" * 500])
def test_present_parameters_are_not_omitted(parameters: Any) -> None:
    assert not event(record("PutUserPolicy", requestParameters=parameters)).omitted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("2026-11-20T09:14:02Z", "2026-11-20T09:14:02"),
        ("2026-11-20T09:14:02.123z", "2026-11-20T09:14:02"),
        ("2026-11-20 10:14:02+01:00", "2026-11-20T09:14:02"),
        (1795166042, "2026-11-20T09:14:02"),
        ("1795166042000", "2026-11-20T09:14:02"),
        ("2026-99-20T09:14:02Z", None),
        ("yesterday", None),
        ({"a": 1}, None),
        (None, None),
        ("9" * 40, None),
    ],
)
def test_times(value: object, wanted: str | None) -> None:
    found = time_of(value)
    assert (found.strftime("%Y-%m-%dT%H:%M:%S") if found else None) == wanted


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [*record("x"), "errorCode", "errorMessage", "additionalEventData", "sessionCredentialFromConsole"]


@given(JSON)
def test_nothing_stops_the_parser(made: Any) -> None:
    found = event_of(made)
    assert found is None or found.name
    assert all(event_of(r) is None or r for r in records_in(made))


@given(st.sampled_from(["DetachUserPolicy", "ConsoleLogin", "DeleteAlarms"]), st.sampled_from(FIELDS), JSON)
def test_no_value_of_a_field_stops_the_parser(name: str, field: str, value: Any) -> None:
    made = {**detach(), "eventName": name, field: value}
    found = event_of(made)
    if field != "eventName":
        assert found is not None
        assert found.name == name
        assert isinstance(str(found.target) + str(found.actor) + found.when, str)


@given(JSON)
def test_no_identity_stops_the_parser(value: Any) -> None:
    for made in (detach(userIdentity=value), detach(userIdentity={**user("a"), "sessionContext": value})):
        assert str(event(made).actor)


DEEP = '{"a":' * 900 + "1" + "}" * 900


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"Records": [{"eventName": "A"}, {"eventName": "B"}]}', "AB"),
        ('{"Records": {"eventName": "A"}}', "A"),
        ('[{"eventName": "A"}, [{"eventName": "B"}]]', "AB"),
        ('{"eventName": "A"}\n{"eventName": "B"}\n', "AB"),
        ('{\n  "eventName": "A"\n}\n{\n  "eventName": "B"\n}', "AB"),
        ('{"detail-type": "AWS API Call via CloudTrail", "detail": {"eventName": "A"}}', "A"),
        ('{"Events": [{"EventName": "A", "CloudTrailEvent": "{\\"eventName\\": \\"A\\"}"}]}', "A"),
        ('{"Messages": [{"Body": "{\\"detail\\": {\\"eventName\\": \\"A\\"}}"}]}', "A"),
        ('{"Message": "{\\"detail\\": {\\"eventName\\": \\"A\\"}}"}', "A"),
        ("\ufeff" + '{"eventName": "A"}', "A"),
        ('{"eventName": "A", "userAgent": "\\ud800"}', "A"),
        ('null 5 "x" [] {}', ""),
        ('{"Records": null}{"Records": [null, 5, {"eventName": "A"}]}', "A"),
    ],
)
def test_records_in_every_wrapping(text: str, names: str) -> None:
    for content in (text.encode("utf-8", "surrogatepass"), gzip.compress(text.encode())):
        reading = Reading("input")
        assert "".join(str(r["eventName"]) for r in reading.read(content)) == names
        assert reading.problems == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"Records": [{"eventName": "A"}, {"eventName": "B"}, {"eventNa', "AB"),
        ('{"eventName": "A"}\nbroken\n{"eventName": "B"}', "AB"),
        ("hello", ""),
        (DEEP[:-1] + '\n{"eventName": "A"}', "A"),
    ],
)
def test_what_stands_around_broken_text_is_read_and_told(text: str, names: str) -> None:
    reading = Reading("input")
    assert "".join(str(r["eventName"]) for r in reading.read(text.encode())) == names
    assert len(reading.problems) == 1
    assert reading.problems[0].startswith("input: not valid JSON")


def test_gzip_that_ends_early_is_read_as_far_as_it_goes() -> None:
    made = [detach(f"user{n}", f"2026-11-20T09:{n % 60:02d}:00Z") for n in range(500)]
    content = gzip.compress(json.dumps({"Records": made}).encode())
    reading = Reading("x.json.gz")
    found = list(reading.read(content[: len(content) // 2]))
    assert 0 < len(found) < 500
    assert found == made[: len(found)]
    assert "ends in the middle" in reading.problems[0]


def test_several_gzip_members_are_one_text() -> None:
    content = gzip.compress(b'{"Records": [{"eventName": "A"},') + gzip.compress(b'{"eventName": "B"}]}')
    assert [r["eventName"] for r in Reading("x").read(content)] == ["A", "B"]


def test_no_more_is_read_than_the_limit() -> None:
    reading = Reading("x", limit=1000)
    text = b'{"eventName": "A"}\n' * 1000
    for content in (text, gzip.compress(text)):
        reading.problems.clear()
        assert 40 <= len(list(reading.read(content))) <= 60
        assert "only the first" in reading.problems[0]
