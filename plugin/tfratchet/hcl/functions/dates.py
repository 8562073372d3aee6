"""Dates and times. The clock is never read: what would need it is unknown."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tfratchet.hcl.convert import EvalError
from tfratchet.hcl.functions.base import FunctionContext, Module, unknown
from tfratchet.values import Value

FUNCTIONS = Module()
function = FUNCTIONS.function

_NANO = 10**9
_TIMESTAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))\Z", re.ASCII)
_DAYS_TO_EPOCH = datetime.date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Moment:
    """A time: seconds since 1970 (UTC), nanoseconds, and the offset in minutes that it is written in."""

    seconds: int
    nano: int
    offset: int

    @property
    def local(self) -> tuple[datetime.date, int]:
        """The day, and the seconds since its midnight, as the time is written."""
        days, seconds = divmod(self.seconds + 60 * self.offset, 86400)
        try:
            return datetime.date.fromordinal(days + _DAYS_TO_EPOCH), seconds
        except (ValueError, OverflowError):
            raise EvalError("a year that cannot be calculated with") from None

    def rfc3339(self) -> str:
        """The text, in whole seconds."""
        day, seconds = self.local
        zone = _zone(self.offset, ":") if self.offset else "Z"
        return f"{day.isoformat()}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{zone}"


def _zone(offset: int, colon: str) -> str:
    sign = "-" if offset < 0 else "+"
    return f"{sign}{abs(offset) // 60:02}{colon}{abs(offset) % 60:02}"


def moment(text: str) -> Moment:
    """A time from RFC 3339 text. Raises EvalError."""
    match = _TIMESTAMP.match(text)
    if match is None:
        raise EvalError(f"{text[:60]!r} is no RFC 3339 timestamp")
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    try:
        days = datetime.date(year, month, day).toordinal() - _DAYS_TO_EPOCH
    except ValueError as error:
        raise EvalError(f"{text[:60]!r} is no date: {error}") from None
    offset = int(match[9]) * 60 + int(match[10]) if match[8] else 0
    if hour > 23 or minute > 59 or second > 59 or (match[8] and (int(match[9]) > 23 or int(match[10]) > 59)):
        raise EvalError(f"{text[:60]!r} is no time of a day")
    offset = -offset if match[8] == "-" else offset
    nano = int((match[7] or "0")[:9].ljust(9, "0"))
    return Moment(days * 86400 + hour * 3600 + minute * 60 + second - 60 * offset, nano, offset)


_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": _NANO, "m": 60 * _NANO, "h": 3600 * _NANO}
_DURATION_PART = re.compile(r"(?:(\d+)(?:\.(\d*))?|\.(\d+))(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_DURATION = re.compile(rf"([+-]?)((?:{_DURATION_PART.pattern})+)\Z".replace(r"(\d", r"(?:\d").replace("(ns", "(?:ns"))


def _duration(text: str) -> int:
    """Nanoseconds of a Go duration (``1h30m``). Raises EvalError."""
    if text in ("0", "+0", "-0"):
        return 0
    match = _DURATION.match(text)
    if match is None:
        raise EvalError(f"{text[:60]!r} is no duration")
    total = 0
    for whole, part, only_part, unit in _DURATION_PART.findall(match[2]):
        digits = (part or only_part)[:30]
        total += int((whole or "0")[:40]) * _UNITS[unit] + int(digits or "0") * _UNITS[unit] // 10 ** len(digits)
    if total >= 2**63:
        raise EvalError(f"{text[:60]!r} is too long a duration")
    return -total if match[1] == "-" else total


@function("timeadd", "string", "string")
def _timeadd(_: FunctionContext, timestamp: Any, duration: Any) -> Value:
    start = moment(timestamp)
    carry, nano = divmod(start.nano + _duration(duration), _NANO)
    return Moment(start.seconds + carry, nano, start.offset).rfc3339()


@function("timecmp", "string", "string")
def _timecmp(_: FunctionContext, a: Any, b: Any) -> Value:
    x, y = moment(a), moment(b)
    return ((x.seconds, x.nano) > (y.seconds, y.nano)) - ((x.seconds, x.nano) < (y.seconds, y.nano))


@function("timestamp", partial=True)
def _timestamp(_: FunctionContext) -> Value:
    return unknown("timestamp", [])


@function("plantimestamp", partial=True)
def _plantimestamp(_: FunctionContext) -> Value:
    return unknown("plantimestamp", [])


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class _Parts:
    day: datetime.date
    hour: int
    minute: int
    second: int
    offset: int

    @property
    def half(self) -> int:
        return self.hour % 12 or 12


_VERBS: dict[str, Callable[[_Parts], str]] = {
    "YYYY": lambda p: f"{p.day.year:04}",
    "YY": lambda p: f"{p.day.year % 100:02}",
    "MMMM": lambda p: _MONTHS[p.day.month - 1],
    "MMM": lambda p: _MONTHS[p.day.month - 1][:3],
    "MM": lambda p: f"{p.day.month:02}",
    "M": lambda p: str(p.day.month),
    "DD": lambda p: f"{p.day.day:02}",
    "D": lambda p: str(p.day.day),
    "EEEE": lambda p: _WEEKDAYS[p.day.weekday()],
    "EEE": lambda p: _WEEKDAYS[p.day.weekday()][:3],
    "hh": lambda p: f"{p.hour:02}",
    "h": lambda p: str(p.hour),
    "HH": lambda p: f"{p.half:02}",
    "H": lambda p: str(p.half),
    "AA": lambda p: "PM" if p.hour >= 12 else "AM",
    "aa": lambda p: "pm" if p.hour >= 12 else "am",
    "mm": lambda p: f"{p.minute:02}",
    "m": lambda p: str(p.minute),
    "ss": lambda p: f"{p.second:02}",
    "s": lambda p: str(p.second),
    "ZZZZZ": lambda p: _zone(p.offset, ":"),
    "ZZZZ": lambda p: _zone(p.offset, ""),
    "ZZZ": lambda p: _zone(p.offset, "") if p.offset else "UTC",
    "Z": lambda p: _zone(p.offset, ":") if p.offset else "Z",
}
_DATE_PART = re.compile(r"'((?:[^']|'')*)'|(([A-Za-z])\3*)|([^A-Za-z']+)")


@function("formatdate", "string", "string")
def _formatdate(_: FunctionContext, layout: Any, timestamp: Any) -> Value:
    when = moment(timestamp)
    day, seconds = when.local
    parts = _Parts(day, seconds // 3600, seconds // 60 % 60, seconds % 60, when.offset)
    result: list[str] = []
    position = 0
    while position < len(layout):
        match = _DATE_PART.match(layout, position)
        if match is None:
            raise EvalError("formatdate: a quoted part does not end")
        position = match.end()
        if match[1] is not None:
            result.append(match[1].replace("''", "'") or "'")
        elif match[2]:
            verb = _VERBS.get(match[2])
            if verb is None:
                raise EvalError(f"formatdate: {match[2][:20]!r} is no part of a date; literal letters need quotes")
            result.append(verb(parts))
        else:
            result.append(match[4])
    return "".join(result)
