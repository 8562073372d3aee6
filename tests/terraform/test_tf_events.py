"""The EventBridge patterns, put to moto's event bus: each protected call arrives, a harmless one does not.

The rules are made with boto3 from the patterns that the module renders, and their target is a queue: moto delivers to
SQS but not to SNS. That the module itself puts these patterns into rules with targets is what ``test_tf_apply`` shows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3
import moto_server
import pytest
import tf_harness

from tfratchet.iam.protected import protected_actions

pytestmark = pytest.mark.terraform
API_CALL = "AWS API Call via CloudTrail"
SIGN_IN = "AWS Console Sign In via CloudTrail"


class Bus:
    """An event bus with the module's rules, and the queue that they send to."""

    def __init__(self, endpoint: str, patterns: Mapping[str, str]) -> None:
        settings: Any = {
            "region_name": "us-east-1",
            "endpoint_url": endpoint,
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing",
        }
        self._events = boto3.client("events", **settings)
        self._sqs = boto3.client("sqs", **settings)
        self._queue = self._sqs.create_queue(QueueName="guard")["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        for group, pattern in patterns.items():
            self._events.put_rule(Name=group, EventPattern=pattern)
            self._events.put_targets(Rule=group, Targets=[{"Id": "queue", "Arn": attributes["QueueArn"]}])

    def send(self, events: list[dict[str, Any]]) -> None:
        """Put events on the bus, ten a call."""
        for start in range(0, len(events), 10):
            answer = self._events.put_events(Entries=events[start : start + 10])
            assert answer["FailedEntryCount"] == 0, answer

    def received(self) -> list[dict[str, Any]]:
        """The details of what arrived, each once."""
        found: dict[str, dict[str, Any]] = {}
        while True:
            messages = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages", [])
            if not messages:
                return list(found.values())
            for message in messages:
                body = json.loads(message["Body"])
                found[body["id"]] = body["detail"]
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])


def event(source: str, name: str, detail: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """An event of CloudTrail as EventBridge passes it on."""
    body = {"eventSource": source, "eventName": name, "userAgent": "Terraform/1.11.4", **(detail or {})}
    service = source.removesuffix(".amazonaws.com")
    return {"Source": f"aws.{service}", "DetailType": API_CALL, "Detail": json.dumps(body), **changes}


LOG_BUCKET = {"requestParameters": {"bucketName": "example-logs"}}


def protected_events() -> list[dict[str, Any]]:
    return [
        event(action.event_source, name, LOG_BUCKET if action.group == "log-bucket" else None)
        for action in protected_actions().actions
        if action.probe
        for name in action.events
    ]


def sign_in(mfa: str, kind: str = "IAMUser", outcome: str = "Success") -> dict[str, Any]:
    detail = {
        "userIdentity": {"type": kind},
        "additionalEventData": {"MFAUsed": mfa},
        "responseElements": {"ConsoleLogin": outcome},
    }
    return event("signin.amazonaws.com", "ConsoleLogin", detail, DetailType=SIGN_IN)


HARMLESS = {
    "reading": event("iam.amazonaws.com", "GetUser"),
    "another service's call of the same name": event("lambda.amazonaws.com", "DetachUserPolicy"),
    "another bucket": event("s3.amazonaws.com", "PutBucketPolicy", {"requestParameters": {"bucketName": "app-data"}}),
    "a bucket that is not named": event("s3.amazonaws.com", "PutBucketPolicy"),
    "starting to log": event("cloudtrail.amazonaws.com", "StartLogging"),
    "an event of a program": event("iam.amazonaws.com", "DetachUserPolicy", {"requestID": "1"}, Source="com.example"),
    "another kind of event": event(
        "iam.amazonaws.com", "DetachUserPolicy", DetailType="AWS Service Event via CloudTrail"
    ),
    "a sign-in with MFA": sign_in("Yes"),
    "a sign-in through federation": sign_in("No", kind="AssumedRole"),
    "a sign-in that failed": sign_in("No", outcome="Failure"),
}


@pytest.fixture(scope="module")
def shared_bus(server_url: str, rendered: tf_harness.Rendered) -> Bus:
    moto_server.reset(server_url)
    return Bus(server_url, rendered.patterns)


@pytest.fixture
def bus(shared_bus: Bus) -> Bus:
    """The bus, with an empty queue."""
    shared_bus.received()
    return shared_bus


def test_every_protected_call_arrives(bus: Bus) -> None:
    events = protected_events()
    bus.send(events)
    sent = {(detail["eventSource"], detail["eventName"]) for e in events for detail in [json.loads(e["Detail"])]}
    assert len(sent) > 80
    assert {(detail["eventSource"], detail["eventName"]) for detail in bus.received()} == sent


def test_a_failed_attempt_arrives(bus: Bus) -> None:
    bus.send([event("iam.amazonaws.com", "DetachUserPolicy", {"errorCode": "AccessDenied"})])
    assert [detail["errorCode"] for detail in bus.received()] == ["AccessDenied"]


def test_a_sign_in_without_mfa_arrives(bus: Bus) -> None:
    bus.send([sign_in("No"), sign_in("No", kind="Root")])
    assert sorted(detail["userIdentity"]["type"] for detail in bus.received()) == ["IAMUser", "Root"]


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(bus: Bus, name: str) -> None:
    # The protected call behind it shows that the bus works.
    bus.send([HARMLESS[name], event("iam.amazonaws.com", "DeleteGroup")])
    assert [detail["eventName"] for detail in bus.received()] == ["DeleteGroup"]
