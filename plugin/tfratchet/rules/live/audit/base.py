"""The base of the audit's rules, and what several of them ask."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar

from tfratchet.account.facts import AccessKey, Facts, LiveUser
from tfratchet.account.limits import Limits
from tfratchet.config import Settings
from tfratchet.controls import CONTROLS
from tfratchet.iam.engine.strings import glob
from tfratchet.model import Finding
from tfratchet.rules.base import LiveRule


class AuditRule(LiveRule):
    """A rule on the facts of one account. Pure: no call, and no clock but ``facts.taken``."""

    family = "audit"
    reads: ClassVar[tuple[str, ...]]
    """The parts of the facts that it looks at. What could not be read there is told by the run, and never found."""

    @abstractmethod
    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:
        """What is not as it should be."""


def item(arn: str, name: str) -> str:
    """The address of one item of something: ``arn:aws:iam::123456789012:user/bob["AKIA..."]``.

    ``[[ignore]]`` with the ARN alone accepts all its items, as with the instances of a resource.
    """
    return f'{arn}["{name}"]'


def account_arn(facts: Facts, what: str) -> str:
    """The address of something that an account has one of, and that AWS gives no ARN."""
    return f"arn:{facts.partition}:iam::{facts.account}:{what}"


def floor(name: str, settings: Settings) -> int | bool | None:
    """The floor of a control: the configuration's, else the table's."""
    return settings.floors.get(name, CONTROLS[name].floor)


def wanted(name: str, settings: Settings) -> bool:
    """Whether a setting that is on or off should be on."""
    return floor(name, settings) is True


def limits(settings: Settings) -> Limits:
    """How old or unused a credential may be: the configuration's numbers, else the defaults."""
    known = {
        field: int(settings.floors[name])
        for name, field in (
            ("credential_unused_days", "unused_days"),
            ("access_key_max_days", "key_days"),
            ("access_key_grace_days", "grace_days"),
        )
        if name in settings.floors
    }
    return Limits(**known)


def spared(user: LiveUser, settings: Settings) -> bool:
    """Whether the configuration names the user as a break-glass principal (name or ARN, both with ``*``)."""
    return any(glob(pattern, user.name) or glob(pattern, user.arn) for pattern in settings.break_glass)


def age(when: datetime | None, facts: Facts) -> int | None:
    """Whole days between ``when`` and the moment of the facts; None: not known."""
    return None if when is None or facts.taken is None else (facts.taken - when) // timedelta(days=1)


def day(when: datetime | None) -> str:
    """A day for people."""
    return "at an unknown time" if when is None else when.date().isoformat()


def key_address(user: LiveUser, key: AccessKey) -> str:
    """The address of an access key; of its user where the id is not known."""
    return item(user.arn, key.id) if key.id else user.arn


def key_name(user: LiveUser, key: AccessKey) -> str:
    """An access key, at the start of a sentence."""
    return f"Access key {key.id} of user {user.name}" if key.id else f"An access key of user {user.name}"


def listed(words: list[str], limit: int = 3) -> str:
    """``a, b, c and 4 more``."""
    if len(words) > limit:
        return f"{', '.join(words[:limit])} and {len(words) - limit} more"
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
