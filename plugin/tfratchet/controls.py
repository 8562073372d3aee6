"""The table of controls: one row a setting, with its direction, its default when unset, its floor and the frameworks.

A control is one security setting of which one value is stronger than another. Rules read the rows; a new setting that
behaves like the others needs a row and no code. Floors and frameworks stand in one data file that the Checkov checks
read too (``tfratchet_checks.tfr_floors``).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tfratchet.values import Value


class Stronger(enum.Enum):
    """Which value of a setting is the stronger one."""

    HIGHER = "higher"
    LOWER = "lower"
    """A lower number; 0 and unset mean "no limit" and are the weakest."""
    LONGER = "longer"
    """A higher number; 0 and unset mean "for ever" and are the strongest."""
    TRUE = "true"
    FALSE = "false"
    SET = "set"
    """Any value, against none."""
    STANCE = "stance"
    """Neither, unless the configuration says which is wanted."""


@dataclass(frozen=True, slots=True)
class Control:
    """One security setting: a row of the table."""

    name: str
    """Key in the floors file, and in ``floors`` of the configuration."""
    resource: str
    """Type of the resource that carries it."""
    path: str
    """Where it stands in the resource: ``minimum_password_length``, ``password_policy.0.minimum_length``."""
    rule: str
    label: str
    """What people call it: "minimum password length"."""
    stronger: Stronger
    default: Value = None
    """The value that an absent argument means."""
    source: str = ""
    """Where that default is documented."""
    optional_computed: bool = False
    """True when the provider keeps the old value silently once the line is gone (rule TFR211)."""
    arguments: tuple[str, ...] = ()
    """Names under which registry modules take the same setting, beside ``path`` itself."""
    unit: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every argument name of a module call that means this setting."""
        return (self.path.rpartition(".")[2], *self.arguments)

    @property
    def floor(self) -> int | bool | None:
        """The value that the setting should at least have, or None when no source names one."""
        return floors().get(self.name, Floor()).floor

    @property
    def frameworks(self) -> Mapping[str, tuple[str, ...]]:
        """Sections by framework: ``{"CIS AWS 5.0": ("1.7",)}``."""
        return floors().get(self.name, Floor()).frameworks


@dataclass(frozen=True, slots=True)
class Floor:
    """One row of the floors file."""

    floor: int | bool | None = None
    why: str = ""
    frameworks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@lru_cache(maxsize=1)
def floors() -> Mapping[str, Floor]:
    """The floors, by name of the control."""
    from tfratchet_checks.tfr_floors import DATA

    return {
        name: Floor(
            floor=row["floor"],
            why=row["why"],
            frameworks={k: tuple(v) for k, v in row["frameworks"].items()},
        )
        for name, row in DATA["controls"].items()
    }


LIVE_FLOORS = ("credential_unused_days", "access_key_max_days", "access_key_grace_days")
"""Days that only a live account has: no resource carries them. Their defaults: ``account.limits``."""


def floor_types() -> dict[str, type]:
    """Names that ``floors`` of the configuration may hold, each with the type of its value."""
    types: dict[str, type] = dict.fromkeys(LIVE_FLOORS, int)
    for control in CONTROLS.values():
        numeric = control.stronger in (Stronger.HIGHER, Stronger.LOWER, Stronger.LONGER)
        types[control.name] = int if numeric else bool
    return types


_ACCOUNT = "aws_iam_account_password_policy"
_SENT = "provider schema: optional and computed; not sent when unset, and the IAM API then resets it"
_PROVIDER = "provider schema"
_TRAIL = "aws_cloudtrail"
_POOL = "aws_cognito_user_pool"
_POOL_SOURCE = "Cognito API, PasswordPolicyType: defaults of a new user pool"


def _password(name: str, rule: str, label: str, stronger: Stronger, default: Value, **more: Any) -> Control:
    more.setdefault("source", _SENT)
    more.setdefault("optional_computed", True)
    return Control(name, _ACCOUNT, name, rule, label, stronger, default, **more)


def _pool(attribute: str, label: str, stronger: Stronger, default: Value, unit: str = "") -> Control:
    path = f"password_policy.0.{attribute}"
    return Control(
        f"cognito_{attribute}", _POOL, path, "TFR213", label, stronger, default, source=_POOL_SOURCE, unit=unit
    )


def _trail(name: str, rule: str, label: str, stronger: Stronger, default: Value, *arguments: str) -> Control:
    return Control(name, _TRAIL, name, rule, label, stronger, default, source=_PROVIDER, arguments=arguments)


def _store(attribute: str, label: str, stronger: Stronger, default: Value) -> Control:
    kind = "aws_cloudtrail_event_data_store"
    name = f"event_data_store_{attribute}"
    return Control(name, kind, attribute, "TFR417", label, stronger, default, source=_PROVIDER)


def _bucket(name: str, label: str, stronger: Stronger, default: Value, *arguments: str) -> Control:
    unit = "days" if name.endswith("_days") else ""
    full = f"log_bucket_{name}"
    return Control(
        full, "aws_s3_bucket", name, "TFR411", label, stronger, default, "S3 API", arguments=arguments, unit=unit
    )


_ROWS = (
    _password(
        "minimum_password_length",
        "TFR202",
        "minimum password length",
        Stronger.HIGHER,
        6,
        source=f"{_PROVIDER}: default 6",
        optional_computed=False,
        arguments=("password_minimum_length", "password_min_length", "min_password_length"),
        unit="characters",
    ),
    _password("require_uppercase_characters", "TFR203", "uppercase characters required", Stronger.TRUE, False),
    _password("require_lowercase_characters", "TFR204", "lowercase characters required", Stronger.TRUE, False),
    _password("require_numbers", "TFR205", "numbers required", Stronger.TRUE, False),
    _password("require_symbols", "TFR206", "symbols required", Stronger.TRUE, False),
    _password(
        "max_password_age",
        "TFR207",
        "maximum password age",
        Stronger.LOWER,
        0,
        arguments=("maximum_password_age", "password_max_age"),
        unit="days",
    ),
    _password(
        "password_reuse_prevention",
        "TFR208",
        "password reuse prevention",
        Stronger.HIGHER,
        0,
        arguments=("password_reuse_prevention_count",),
        unit="passwords",
    ),
    _password(
        "allow_users_to_change_password",
        "TFR209",
        "users may change their own password",
        Stronger.TRUE,
        True,
        source=f"{_PROVIDER}: default true",
        optional_computed=False,
    ),
    _password("hard_expiry", "TFR210", "hard expiry of passwords", Stronger.STANCE, False),
    Control(
        "password_reset_required",
        "aws_iam_user_login_profile",
        "password_reset_required",
        "TFR212",
        "first password must be changed",
        Stronger.TRUE,
        False,
        source=f"{_PROVIDER}: optional and computed since 4.0 (false when unset); default true before 2.0",
    ),
    Control(
        "password_length",
        "aws_iam_user_login_profile",
        "password_length",
        "TFR212",
        "length of the generated password",
        Stronger.HIGHER,
        20,
        source=f"{_PROVIDER}: default 20",
        unit="characters",
    ),
    _pool("minimum_length", "minimum password length", Stronger.HIGHER, 8, "characters"),
    _pool("require_lowercase", "lowercase characters required", Stronger.TRUE, True),
    _pool("require_uppercase", "uppercase characters required", Stronger.TRUE, True),
    _pool("require_numbers", "numbers required", Stronger.TRUE, True),
    _pool("require_symbols", "symbols required", Stronger.TRUE, True),
    _pool("temporary_password_validity_days", "validity of temporary passwords", Stronger.LOWER, 7, "days"),
    _pool("password_history_size", "remembered passwords", Stronger.HIGHER, 0, "passwords"),
    _trail("enable_logging", "TFR402", "logging", Stronger.TRUE, True),
    _trail("is_multi_region_trail", "TFR403", "recording in all regions", Stronger.TRUE, False, "multi_region_trail"),
    _trail("include_global_service_events", "TFR404", "global service events", Stronger.TRUE, True),
    _trail("enable_log_file_validation", "TFR405", "log file validation", Stronger.TRUE, False),
    _trail("kms_key_id", "TFR406", "KMS key of the trail", Stronger.SET, None, "kms_key_arn", "cloudtrail_kms_key_arn"),
    _trail(
        "cloud_watch_logs_group_arn",
        "TFR407",
        "delivery to CloudWatch Logs",
        Stronger.SET,
        None,
        "cloudwatch_log_group_arn",
        "cloudwatch_logs_group_arn",
    ),
    _trail("sns_topic_name", "TFR410", "SNS notification", Stronger.SET, None, "sns_topic_arn"),
    _trail("is_organization_trail", "TFR412", "recording of member accounts", Stronger.TRUE, False, "org_trail"),
    Control(
        "log_group_retention_days",
        "aws_cloudwatch_log_group",
        "retention_in_days",
        "TFR414",
        "retention of the log group",
        Stronger.LONGER,
        0,
        source=f"{_PROVIDER}: default 0, never expires",
        arguments=(
            "log_retention_days",
            "cloudwatch_logs_retention_in_days",
            "cloudwatch_log_retention_days",
            "cloudwatch_log_group_retention_in_days",
        ),
        unit="days",
    ),
    _bucket("versioning", "versioning of the log bucket", Stronger.TRUE, False, "versioning_enabled"),
    _bucket("kms", "KMS encryption of the log bucket", Stronger.SET, None),
    _bucket("encryption", "explicit encryption of the log bucket", Stronger.SET, None),
    _bucket("block_public_acls", "public ACLs blocked", Stronger.TRUE, None),
    _bucket("block_public_policy", "public policies blocked", Stronger.TRUE, None),
    _bucket("ignore_public_acls", "public ACLs ignored", Stronger.TRUE, None),
    _bucket("restrict_public_buckets", "public access restricted", Stronger.TRUE, None),
    _bucket("ownership", "object ownership of the log bucket", Stronger.HIGHER, None),
    _bucket("acl", "ACL of the log bucket", Stronger.HIGHER, None),
    _bucket("object_lock", "object lock of the log bucket", Stronger.TRUE, False),
    _bucket("object_lock_mode", "mode of the object lock", Stronger.HIGHER, 0),
    _bucket("object_lock_days", "retention by object lock", Stronger.HIGHER, 0),
    _bucket("retention_days", "retention of log files", Stronger.LONGER, 0),
    _bucket("noncurrent_days", "retention of earlier versions of log files", Stronger.LONGER, 0),
    _bucket("access_logging", "access logging of the log bucket", Stronger.SET, None),
    _bucket("force_destroy", "destruction of a log bucket that is not empty", Stronger.FALSE, False),
    Control(
        "enable_key_rotation",
        "aws_kms_key",
        "enable_key_rotation",
        "TFR416",
        "yearly rotation of the key",
        Stronger.TRUE,
        False,
        source=f"{_PROVIDER}: default false",
    ),
    Control(
        "deletion_window_in_days",
        "aws_kms_key",
        "deletion_window_in_days",
        "TFR416",
        "deletion window of the key",
        Stronger.HIGHER,
        30,
        source="KMS API, ScheduleKeyDeletion: default 30",
        arguments=("key_deletion_window_in_days", "cloudtrail_key_deletion_window_in_days"),
        unit="days",
    ),
    Control(
        "rotation_period_in_days",
        "aws_kms_key",
        "rotation_period_in_days",
        "TFR416",
        "rotation period of the key",
        Stronger.LOWER,
        365,
        source="KMS API, EnableKeyRotation: default 365",
        unit="days",
    ),
    Control(
        "key_enabled",
        "aws_kms_key",
        "is_enabled",
        "TFR416",
        "the key is enabled",
        Stronger.TRUE,
        True,
        source=f"{_PROVIDER}: default true",
    ),
    _store("multi_region_enabled", "recording in all regions", Stronger.TRUE, True),
    _store("organization_enabled", "recording of member accounts", Stronger.TRUE, False),
    _store("termination_protection_enabled", "termination protection", Stronger.TRUE, True),
    _store("suspend", "ingestion suspended", Stronger.FALSE, False),
    _store("kms_key_id", "KMS key of the event data store", Stronger.SET, None),
    Control(
        "event_data_store_retention_days",
        "aws_cloudtrail_event_data_store",
        "retention_period",
        "TFR417",
        "retention of the event data store",
        Stronger.HIGHER,
        2555,
        source=f"{_PROVIDER}: default 2555",
        unit="days",
    ),
)

CONTROLS: Mapping[str, Control] = {row.name: row for row in _ROWS}
"""The table, by name."""


def controls_of(rule: str) -> tuple[Control, ...]:
    """The rows that a rule judges, in the order of the table."""
    return tuple(c for c in _ROWS if c.rule == rule)
