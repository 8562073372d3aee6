"""The time that is looked at: ``--since`` and ``--until``."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from tfratchet.account.events.event import Event
from tfratchet.errors import UserError

_AGO = re.compile(r"(\d{1,5})\s*([mhdw])", re.IGNORECASE)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_HINT = "for example 7d, 24h, 2026-11-01 or 2026-11-01T09:30:00Z"


@dataclass(frozen=True, slots=True)
class Window:
    """From ``since`` on and before ``until``; None: no limit."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, event: Event) -> bool:
        """Whether an event lies in it. One whose time cannot be read is never left out."""
        if event.time is None:
            return True
        after = self.since is None or event.time >= self.since
        return after and (self.until is None or event.time < self.until)

    def days(self) -> tuple[date | None, date | None]:
        """The first and last day of log files that can hold it: CloudTrail delivers minutes later, so a file of the
        next day holds events of this one's last minutes ("How CloudTrail works": about five minutes on average).
        """
        last = None if self.until is None else (self.until + timedelta(days=1)).date()
        return (self.since.date() if self.since else None), last

    def __str__(self) -> str:
        if self.since is None and self.until is None:
            return "at any time"
        parts = []
        if self.since is not None:
            parts.append(f"from {self.since:%Y-%m-%d %H:%M}Z")
        if self.until is not None:
            parts.append(f"until {self.until:%Y-%m-%d %H:%M}Z")
        return " ".join(parts)


def now() -> datetime:
    """The clock, or ``SOURCE_DATE_EPOCH`` for runs that can be repeated."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        try:
            return datetime.fromtimestamp(int(epoch), timezone.utc)
        except (ValueError, OverflowError, OSError):
            raise UserError(f"'{epoch}' is no number of seconds", where="SOURCE_DATE_EPOCH") from None
    return datetime.now(timezone.utc)


def moment(text: str, option: str, today: datetime) -> datetime:
    """A point in time: ``7d`` (before ``today``), a day (its beginning, UTC), a time (UTC unless it says otherwise).

    Raises UserError for anything else.
    """
    ago = _AGO.fullmatch(text.strip())
    if ago is not None:
        return today - timedelta(**{_UNITS[ago[2].lower()]: int(ago[1])})
    try:
        found = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text.strip()))
    except ValueError:
        raise UserError(f"'{text}' is no time", where=option, hint=_HINT) from None
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)


def window(since: str | None, until: str | None, today: datetime, default_days: int | None = None) -> Window:
    """The window that the options say. Without ``--since``, ``default_days`` before its end. Raises UserError."""
    end = moment(until, "--until", today) if until else None
    if since:
        start: datetime | None = moment(since, "--since", today)
    else:
        start = (end or today) - timedelta(days=default_days) if default_days else None
    if start is not None and end is not None and start >= end:
        raise UserError(f"--since {start:%Y-%m-%d %H:%M} is not before --until {end:%Y-%m-%d %H:%M}")
    return Window(start, end)
