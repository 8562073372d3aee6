"""What an account holds already: plain data. ``look.py`` reads it, ``render.py`` writes what follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The account's password policy; 0 for what is not set."""

    length: int
    max_age: int
    hard_expiry: bool


@dataclass(frozen=True, slots=True)
class Bucket:
    """The bucket of a trail, when the baseline can take it over."""

    exists: bool = True
    """False: somebody deleted it under the trail, and the baseline makes it anew."""
    has_policy: bool = False
    has_access_block: bool = False
    access_logs_to: str = ""
    """Name of the bucket that its access logs go to, or ``""``."""
    locked: bool = False
    """Object lock is on, with or without a default retention."""
    lock_mode: str = ""
    lock_days: int = 0


@dataclass(frozen=True, slots=True)
class Trail:
    """The trail that the baseline takes over."""

    name: str
    arn: str
    bucket_name: str
    bucket: Bucket | None
    """None when the bucket must stay as it is: it is in another account or region, or its name is too long."""
    key_prefix: str = ""
    kms_key_arn: str = ""
    log_group_arn: str = ""
    role_arn: str = ""
    """The role that delivers to the log group."""
    organization_id: str = ""
    data_events: Mapping[str, Sequence[str]] = field(default_factory=dict)
    advanced: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in an account."""

    account_id: str
    partition: str
    region: str
    password_policy: PasswordPolicy | None = None
    trail: Trail | None = None
    groups: Sequence[str] = ()
    notes: Sequence[str] = ()
    """What the reader should know: other trails, groups that are full, what could not be taken over."""
