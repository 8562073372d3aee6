"""Events of the last 90 days by CloudTrail's ``LookupEvents``: needs no trail, and nobody can switch it off.

What the API allows ("LookupEvents", CloudTrail API reference): one attribute in a call, two requests a second in an
account and region, management events only, 90 days back. So each name is asked for by itself, region by region, regions
side by side. IAM and AWS Organizations are recorded in one region of a partition only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import botocore.exceptions as aws

from tfratchet.account.events.catalog import GLOBAL_SOURCES
from tfratchet.account.events.unwrap import records_in
from tfratchet.account.events.window import Window
from tfratchet.account.session import WORKERS, Account, told, told_error
from tfratchet.errors import UserError

RATE = 2.0
"""Requests a second that AWS allows in one account and region."""
DAYS = 90
"""How far back the event history goes."""
GLOBAL_REGIONS: Mapping[str, str] = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""The region of a partition in which global services are recorded."""
_DATA_EVENTS = frozenset({"DeleteObject", "DeleteObjects"})


class Limiter:
    """Lets through ``rate`` calls a second, evenly. Safe in threads; clock and sleep can be given."""

    def __init__(
        self,
        rate: float = RATE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 1 / rate
        self._clock = clock
        self._sleep = sleep
        self._next: float | None = None
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Come back when the next call may be made."""
        with self._lock:
            now = self._clock()
            due = now if self._next is None else max(now, self._next)
            self._next = due + self._gap
        if due > now:
            self._sleep(due - now)


@dataclass
class Lookup:
    """What was asked, and what could not be."""

    requests: int = 0
    regions: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def names_by_region(calls: Mapping[str, Sequence[str]], regions: Sequence[str], home: str) -> dict[str, list[str]]:
    """Region → names of the calls to ask for there. ``home``: where global services are recorded."""
    found: dict[str, list[str]] = {region: [] for region in dict.fromkeys((home, *regions))}
    for source, names in calls.items():
        plain = [n for n in names if n not in _DATA_EVENTS]
        for region, wanted in found.items():
            if region == home or (source not in GLOBAL_SOURCES and region in regions):
                wanted += [n for n in plain if n not in wanted]
    return {region: sorted(names) for region, names in found.items() if names}


def home_region(account: Account) -> str:
    """The region in which IAM's events are: by the partition of the session's region (no call is made).

    Raises UserError for a region that does not exist.
    """
    with told("finding the partition of the region"):
        partition = account.session.get_partition_for_region(account.region)
    return GLOBAL_REGIONS.get(partition, account.region)


def all_regions(account: Account) -> list[str]:
    """Every region that the account may use (``ec2:DescribeRegions``)."""
    with told("listing the regions"):
        return sorted(r["RegionName"] for r in account.client("ec2").describe_regions()["Regions"])


def look_up(
    account: Account,
    calls: Mapping[str, Sequence[str]],
    regions: Sequence[str],
    window: Window,
    today: datetime,
    lookup: Lookup,
    *,
    limiter: Callable[[], Limiter] = Limiter,
    step: Callable[[str], object] = lambda _: None,
) -> Iterator[Mapping[str, Any]]:
    """The records of ``calls`` in the window. A region that cannot be asked is told in ``lookup.problems``.

    Raises UserError when no region could be asked.
    """
    since = window.since
    if since is None or since < today - timedelta(days=DAYS):
        if since is not None:
            lookup.notes.append(f"the event history of CloudTrail goes back {DAYS} days; older events are in log files")
        since = today - timedelta(days=DAYS)
    if any(_DATA_EVENTS & set(names) for names in calls.values()):
        lookup.notes.append("deleted log files are data events, which the event history does not hold: read log files")
    plan = names_by_region(calls, regions, home_region(account))
    lookup.regions = list(plan)
    lock = threading.Lock()
    failed: list[UserError] = []
    stopped = threading.Event()

    def ask(region: str, names: Sequence[str]) -> list[Mapping[str, Any]]:
        pace = limiter()
        found: list[Mapping[str, Any]] = []
        try:
            client = account.client("cloudtrail", region)
            for name in names:
                if stopped.is_set():
                    break
                found.extend(_pages(client, name, since, window.until, pace, lookup, lock))
                step(f"{region} {name}")
        except (aws.BotoCoreError, aws.ClientError) as error:
            with lock:
                failed.append(told_error(error, f"reading the events of {region}"))
        return found

    with ThreadPoolExecutor(min(WORKERS, max(len(plan), 1)), "lookup") as pool:
        try:
            answers = list(pool.map(ask, plan.keys(), plan.values()))
        except BaseException:
            stopped.set()  # broken off: the threads end after the request that they are waiting for
            raise
    if failed and len(failed) == len(plan):
        raise failed[0]
    lookup.problems += [str(error) for error in failed]
    for answer in answers:
        yield from answer


def _pages(
    client: Any,
    name: str,
    since: datetime,
    until: datetime | None,
    pace: Limiter,
    lookup: Lookup,
    lock: threading.Lock,
) -> Iterator[Mapping[str, Any]]:
    arguments: dict[str, Any] = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}],
        "StartTime": since,
        "MaxResults": 50,
    }
    if until is not None:
        arguments["EndTime"] = until
    while True:
        pace.wait()
        with lock:
            lookup.requests += 1
        answer = client.lookup_events(**arguments)
        for event in answer.get("Events", ()):
            yield from records_in(event)  # without its text an event still has a name, a time and who it was
        token = answer.get("NextToken")
        if not token:
            return
        arguments["NextToken"] = token
