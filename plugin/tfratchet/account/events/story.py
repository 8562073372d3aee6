"""What belongs together among events: a call and what put it back, a gap in the record, the uses of break-glass."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from tfratchet.account.events.catalog import RESTORES, STOPPING
from tfratchet.account.events.event import Actor, Event

_NEVER = datetime.max.replace(tzinfo=timezone.utc)


def in_order(events: Iterable[Event]) -> list[Event]:
    """Each event once (several trails write the same one), in order of time; those without a time last."""
    seen: set[Event] = set()
    kept = []
    for event in events:
        if event.id and event in seen:
            continue
        seen.add(event)
        kept.append(event)
    return sorted(kept, key=lambda e: (e.time or _NEVER, e.id))


def _subject(event: Event) -> tuple[str, ...]:
    """What a call is about, so that two calls about the same compare equal. Names in IAM are unique without case."""
    target = event.target
    policy = "" if "PermissionsBoundary" in event.name else target.policy
    name = target.name.lower()
    if event.name in ("StartLogging", "CreateTrail", "StopLogging", "DeleteTrail"):
        name = (target.name or _text(event.parameters.get("name"))).lower().rpartition("/")[2]
        return (event.account, "trail", name)
    if event.name.endswith("EventDataStoreIngestion"):
        store = target.name or _text(event.parameters.get("eventDataStore"))
        return (event.account, "store", store.lower().rpartition("/")[2])
    return (event.account, target.kind, name, target.group.lower(), policy.lower())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def restorations(events: Sequence[Event]) -> dict[Event, Event]:
    """For each call that took something: the first later one that put the same thing back. ``events`` in order."""
    found: dict[Event, Event] = {}
    waiting: dict[tuple[str, tuple[str, ...]], list[Event]] = {}
    for event in events:
        if not event.succeeded or event.omitted or event.time is None:
            continue
        subject = _subject(event)
        for taken in waiting.pop((event.name, subject), ()):
            found[taken] = event
        for restoring in RESTORES.get(event.name, ()):
            if event.target.name or len(subject) == 3:
                waiting.setdefault((restoring, subject), []).append(event)
    return found


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which a trail wrote nothing."""

    stop: Event
    start: Event | None
    hidden: int
    """Protected calls that are known from elsewhere to have been made in it."""

    @property
    def length(self) -> timedelta | None:
        """How long it was; None while it lasts."""
        if self.start is None or self.start.time is None or self.stop.time is None:
            return None
        return self.start.time - self.stop.time


def gaps(events: Sequence[Event], restored: Mapping[Event, Event]) -> Iterator[Gap]:
    """The gaps that these events tell of: ``events`` in order."""
    times = [e.time for e in events if e.time is not None]  # in order
    open_until: dict[tuple[str, ...], datetime] = {}
    for event in events:
        if event.name not in STOPPING or not event.succeeded or event.omitted:
            continue
        subject = _subject(event)
        if event.time is not None and subject in open_until and event.time < open_until[subject]:
            continue  # stopped again while it was stopped: the same gap
        start = restored.get(event)
        end = start.time if start is not None and start.time is not None else _NEVER
        open_until[subject] = end
        begin = event.time or end
        yield Gap(event, start, max(bisect_left(times, end) - bisect_right(times, begin), 0))


class BreakGlass:
    """Recognises the principals that guards spare: by name, or by an ARN with ``*`` and ``?``."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [re.compile(_glob(p), re.DOTALL) for p in patterns]

    def is_one(self, actor: Actor) -> bool:
        """Whether it was one of them."""
        texts = [t for t in (actor.name, actor.arn, actor.issuer, _role_arn(actor)) if t]
        return any(p.fullmatch(t) for p in self._patterns for t in texts)


def _role_arn(actor: Actor) -> str:
    """The ARN of the role that a session is of, without its path, which the session does not have."""
    match = re.match(r"^arn:([^:]*):sts::(\d*):assumed-role/([^/]+)/", actor.arn)
    return f"arn:{match[1]}:iam::{match[2]}:role/{match[3]}" if match else ""


def _glob(pattern: str) -> str:
    return "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
