"""LookupEvents: what is asked where, at what pace, page after page, and what a refused region does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from events_records import detach, record
from moto import mock_aws

from tfratchet.account.events.catalog import asked_for, chosen
from tfratchet.account.events.lookup import Limiter, Lookup, all_regions, home_region, look_up, names_by_region
from tfratchet.account.events.parse import event_of
from tfratchet.account.events.window import Window
from tfratchet.account.session import Account
from tfratchet.errors import UserError

NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)
SINCE = NOW - timedelta(days=7)
DETACH = {"iam.amazonaws.com": ("DetachUserPolicy",)}
STOP = {"cloudtrail.amazonaws.com": ("StopLogging",)}


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def test_two_calls_a_second() -> None:
    clock = Clock()
    limiter = Limiter(2, clock, clock.sleep)
    moments = []
    for _ in range(5):
        limiter.wait()
        moments.append(clock.time)
    assert moments == [100.0, 100.5, 101.0, 101.5, 102.0]
    clock.time += 10  # a slow answer: no pause is owed, and none is saved up
    limiter.wait()
    limiter.wait()
    assert clock.slept == [0.5] * 5


def test_threads_share_the_pace() -> None:
    slept: list[float] = []
    limiter = Limiter(2, lambda: 0.0, slept.append)
    threads = [threading.Thread(target=limiter.wait) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slept) == [0.5, 1.0, 1.5, 2.0, 2.5]


def test_global_services_are_asked_at_home_only() -> None:
    calls = {
        "iam.amazonaws.com": ("DetachUserPolicy",),
        "organizations.amazonaws.com": ("DetachPolicy",),
        "cloudtrail.amazonaws.com": ("StopLogging",),
        "s3.amazonaws.com": ("DeleteBucket", "DeleteObject"),
    }
    assert names_by_region(calls, ["eu-west-1", "us-east-1"], "us-east-1") == {
        "us-east-1": ["DeleteBucket", "DetachPolicy", "DetachUserPolicy", "StopLogging"],
        "eu-west-1": ["DeleteBucket", "StopLogging"],
    }
    assert names_by_region(DETACH, ["eu-west-1"], "us-east-1") == {"us-east-1": ["DetachUserPolicy"]}


def account(region: str = "us-east-1") -> Account:
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="y", region_name=region)
    return Account(session, region)


@pytest.mark.parametrize(
    ("region", "home"),
    [("eu-west-1", "us-east-1"), ("cn-northwest-1", "cn-north-1"), ("us-gov-east-1", "us-gov-west-1")],
)
def test_the_home_of_each_partition(region: str, home: str) -> None:
    assert home_region(account(region)) == home


def test_a_region_that_does_not_exist() -> None:
    with pytest.raises(UserError, match="atlantis"):
        home_region(account("atlantis"))


def test_every_region_that_the_account_may_use() -> None:
    with mock_aws():
        found = all_regions(account())
    assert {"us-east-1", "eu-central-1"} <= set(found)
    assert found == sorted(found)


@pytest.fixture
def stubs() -> Iterator[Any]:
    with ExitStack() as stack:

        def stub(owner: Account, region: str = "us-east-1") -> Stubber:
            made = Stubber(owner.client("cloudtrail", region))
            stack.enter_context(made)
            return made

        yield stub


def asked(name: str, since: datetime = SINCE, **more: Any) -> dict[str, Any]:
    return {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}],
        "StartTime": since,
        "MaxResults": 50,
        **more,
    }


def answer(*records: dict[str, Any], token: str = "") -> dict[str, Any]:
    events = [{"EventName": r["eventName"], "EventId": "1", "CloudTrailEvent": json.dumps(r)} for r in records]
    return {"Events": events, **({"NextToken": token} if token else {})}


def run(
    owner: Account, calls: dict[str, tuple[str, ...]], regions: list[str], lookup: Lookup, window: Window | None = None
) -> list[str]:
    found = look_up(
        owner,
        calls,
        regions,
        window or Window(SINCE),
        NOW,
        lookup,
        limiter=lambda: Limiter(2, lambda: 0.0, lambda _: None),
    )
    return [e.target.name for e in map(event_of, found) if e is not None]


def test_page_after_page(stubs: Any) -> None:
    owner, lookup = account(), Lookup()
    stub = stubs(owner)
    stub.add_response("lookup_events", answer(detach("a"), detach("b"), token="t1"), asked("DetachUserPolicy"))
    stub.add_response("lookup_events", answer(token="t2"), asked("DetachUserPolicy", NextToken="t1"))
    stub.add_response("lookup_events", answer(detach("c")), asked("DetachUserPolicy", NextToken="t2"))
    assert run(owner, DETACH, ["us-east-1"], lookup) == ["a", "b", "c"]
    assert lookup.requests == 3
    stub.assert_no_pending_responses()


def test_every_request_waits_for_its_turn(stubs: Any) -> None:
    owner, clock = account(), Clock()
    stub = stubs(owner)
    for token, following in ((None, "t"), ("t", "")):
        more = {"NextToken": token} if token else {}
        stub.add_response("lookup_events", answer(token=following), asked("DetachUserPolicy", **more))
    limiter = Limiter(2, clock, clock.sleep)
    assert list(look_up(owner, DETACH, [], Window(SINCE), NOW, Lookup(), limiter=lambda: limiter)) == []
    assert clock.slept == [0.5]


def test_an_event_without_its_text_keeps_its_name(stubs: Any) -> None:
    owner = account()
    event = {"EventName": "DetachUserPolicy", "EventId": "7", "EventSource": "iam.amazonaws.com", "EventTime": SINCE}
    stubs(owner).add_response(
        "lookup_events", {"Events": [{**event, "Username": "mallory"}]}, asked("DetachUserPolicy")
    )
    [found] = look_up(owner, DETACH, [], Window(SINCE), NOW, Lookup())
    made = event_of(found)
    assert made is not None
    assert (made.id, made.time, made.actor.name, made.source) == ("7", SINCE, "mallory", "iam.amazonaws.com")


def test_not_further_back_than_ninety_days(stubs: Any) -> None:
    owner, lookup = account(), Lookup()
    begin, end = NOW - timedelta(days=90), NOW - timedelta(days=1)
    stubs(owner).add_response("lookup_events", answer(), asked("DetachUserPolicy", begin, EndTime=end))
    run(owner, DETACH, [], lookup, Window(NOW - timedelta(days=400), end))
    assert "90 days" in lookup.notes[0]


def test_deleted_objects_are_not_in_the_history(stubs: Any) -> None:
    owner, lookup = account(), Lookup()
    assert run(owner, {"s3.amazonaws.com": ("DeleteObject", "DeleteObjects")}, ["us-east-1"], lookup) == []
    assert lookup.requests == 0
    assert "data events" in lookup.notes[0]


def test_a_refused_region_is_told_and_the_others_are_read(stubs: Any) -> None:
    owner, lookup = account(), Lookup()
    stop = record("StopLogging", eventSource="cloudtrail.amazonaws.com", requestParameters={"name": "main"})
    stubs(owner).add_response("lookup_events", answer(stop), asked("StopLogging"))
    stubs(owner, "eu-west-1").add_client_error("lookup_events", "AccessDeniedException", "no")
    assert run(owner, STOP, ["us-east-1", "eu-west-1"], lookup) == ["main"]
    assert len(lookup.problems) == 1
    assert "eu-west-1" in lookup.problems[0]
    assert "AccessDenied" in lookup.problems[0]


def test_what_was_read_before_a_failure_is_kept(stubs: Any) -> None:
    owner, lookup = account(), Lookup()
    stub = stubs(owner)
    stub.add_response("lookup_events", answer(detach("a"), token="t"), asked("DetachUserPolicy"))
    stub.add_client_error("lookup_events", "InternalError", "x")
    other = stubs(owner, "eu-west-1")
    other.add_response("lookup_events", answer(), asked("StopLogging"))
    calls = {**DETACH, **STOP}
    assert run(owner, calls, ["eu-west-1"], lookup) == ["a"]
    assert len(lookup.problems) == 1


@pytest.mark.parametrize(
    ("code", "word"), [("ExpiredTokenException", "expired"), ("UnrecognizedClientException", "does not know")]
)
def test_when_no_region_answers_it_is_an_error(stubs: Any, code: str, word: str) -> None:
    owner = account()
    stubs(owner).add_client_error("lookup_events", code, "x")
    with pytest.raises(UserError, match=word):
        run(owner, DETACH, ["us-east-1"], Lookup())


def test_what_puts_back_is_asked_for_as_well() -> None:
    assert asked_for(chosen("detach"))["iam.amazonaws.com"].count("AttachUserPolicy") == 1
    assert "StartLogging" in asked_for(["StopLogging"])["cloudtrail.amazonaws.com"]
    assert asked_for(["GetUser"]) == {}
