"""What is read from a live account: plain frozen dataclasses, no boto3. The audit, drift and remediation work on these.

Times are aware (UTC). What could not be read stands in ``Facts.unread`` and is unknown, never taken for absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

IAM_REGIONS: Mapping[str, str] = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
"""By partition: the region in which the events of IAM, a global service, arrive."""

Document = Mapping[str, Any]
"""A policy document, decoded."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """One access key of a user. ``id`` is empty where only the credential report was read, which has no ids."""

    id: str
    active: bool
    created: datetime | None = None
    """When it was created or last rotated."""
    last_used: datetime | None = None
    """None: never used."""


@dataclass(frozen=True, slots=True)
class LiveUser:
    """An IAM user."""

    name: str
    arn: str
    path: str = "/"
    created: datetime | None = None
    console: bool = False
    """Has a console password (a login profile)."""
    password_last_used: datetime | None = None
    password_last_changed: datetime | None = None
    mfa: bool = False
    """Has an active MFA device."""
    keys: Sequence[AccessKey] = ()
    attached: Sequence[str] = ()
    """ARNs of managed policies attached directly."""
    inline: Mapping[str, Document] = field(default_factory=dict)
    """Inline policies by name."""
    groups: Sequence[str] = ()
    """Names of its groups."""
    boundary: str | None = None
    """ARN of the permissions boundary."""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LiveGroup:
    """An IAM group."""

    name: str
    arn: str
    path: str = "/"
    attached: Sequence[str] = ()
    inline: Mapping[str, Document] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LiveRole:
    """An IAM role."""

    name: str
    arn: str
    path: str = "/"
    trust: Document = field(default_factory=dict)
    attached: Sequence[str] = ()
    inline: Mapping[str, Document] = field(default_factory=dict)
    boundary: str | None = None


@dataclass(frozen=True, slots=True)
class LivePolicy:
    """A managed policy in its default version."""

    arn: str
    name: str
    document: Document
    version: str = ""


@dataclass(frozen=True, slots=True)
class LiveTrail:
    """A trail, as CloudTrail itself tells it: settings, status, selectors."""

    name: str
    arn: str
    home_region: str
    bucket: str = ""
    prefix: str = ""
    multi_region: bool = False
    global_events: bool = False
    validation: bool = False
    organization: bool = False
    kms_key: str | None = None
    log_group: str | None = None
    sns_topic: str | None = None
    logging: bool | None = None
    """``IsLogging`` of GetTrailStatus; None when it could not be read."""
    delivery_error: str = ""
    """``LatestDeliveryError``: why the last log file did not reach the bucket."""
    digest_error: str = ""
    log_group_error: str = ""
    event_selectors: Sequence[Mapping[str, Any]] = ()
    """As GetEventSelectors gives them."""
    advanced_selectors: Sequence[Mapping[str, Any]] = ()
    insights: Sequence[str] = ()
    """``ApiCallRateInsight``, ``ApiErrorRateInsight``."""


@dataclass(frozen=True, slots=True)
class LiveBucket:
    """The protections of a log bucket. None: not set; see ``Facts.unread`` for what could not be read."""

    name: str
    exists: bool = True
    foreign: bool = False
    """It belongs to another account (a central log account): nothing more is known of it here."""
    versioning: bool = False
    mfa_delete: bool = False
    encryption: str | None = None
    """``AES256``, ``aws:kms`` ..."""
    public_access_block: Mapping[str, bool] | None = None
    policy: Document | None = None
    logging: str | None = None
    """The bucket that takes its access logs."""
    object_lock: str | None = None
    """``GOVERNANCE`` or ``COMPLIANCE``."""
    lifecycle: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """A guard's alarm: an EventBridge rule or a metric filter with an alarm, that tells of protected API calls."""

    kind: str
    """``rule`` (EventBridge) or ``alarm`` (metric filter and CloudWatch alarm)."""
    name: str
    region: str
    pattern: str
    """The event pattern (JSON) or the filter pattern."""
    enabled: bool
    targets: Sequence[str] = ()
    """ARNs that it tells: targets of the rule, actions of the alarm."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that AWS did not let us read: the part of the facts it belongs to, and why."""

    part: str
    """``users``, ``password_policy``, ``trail:NAME``, ``bucket:NAME``, ``watches`` ..."""
    action: str
    """The API call, as IAM writes it: ``iam:GetAccountPasswordPolicy``."""
    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """One account at one moment."""

    account: str
    partition: str = "aws"
    caller: str = ""
    """ARN of the caller."""
    taken: datetime | None = None
    """When it was read; ages of keys are counted from here."""
    region: str = "us-east-1"
    password_policy: Mapping[str, int | bool] | None = None
    """By Terraform's names (``minimum_password_length``); None: the account has none."""
    root_mfa: bool | None = None
    root_keys: bool | None = None
    root_password: bool | None = None
    """None: not told. False: root of a member account without credentials, which needs no MFA."""
    report_made: datetime | None = None
    """When AWS made the credential report; the same one is handed out for four hours. None: nothing rests on it."""
    users: Mapping[str, LiveUser] = field(default_factory=dict)
    groups: Mapping[str, LiveGroup] = field(default_factory=dict)
    roles: Mapping[str, LiveRole] = field(default_factory=dict)
    policies: Mapping[str, LivePolicy] = field(default_factory=dict)
    """By ARN: customer managed policies, and those of AWS that somebody here has."""
    trails: Mapping[str, LiveTrail] = field(default_factory=dict)
    """By ARN."""
    buckets: Mapping[str, LiveBucket] = field(default_factory=dict)
    """Log buckets of the trails, by name."""
    public_access_block: Mapping[str, bool] | None = None
    """The account's own (``BlockPublicAcls`` ...), which holds for all its buckets; None: not set, or not asked for."""
    watches: Sequence[Watch] = ()
    topics: Mapping[str, int | None] = field(default_factory=dict)
    """By ARN: how many have subscribed to (and confirmed) the SNS topics of this account that watches tell; None: there
    is no such topic. What could not be read is not in it."""
    unread: Sequence[Unread] = ()

    def could_read(self, part: str) -> bool:
        """Whether everything of this part was read."""
        return all(gap.part != part for gap in self.unread)
