"""What the arguments of registry modules mean that could not be read: known names, switches and defaults.

A module that is not downloaded is opaque: only its arguments are seen. For the modules that many baselines use, their
names, what they carry and the defaults of their recent versions are known here; for all others, argument names that
can mean only one thing are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tfratchet.controls import Control
from tfratchet.model import ModuleCall, Root
from tfratchet.rules.judge import ModuleDefault, boolean
from tfratchet.values import REF_CLOSE, REF_OPEN, Choice, Unknown, Value

PASSWORD = "password"  # noqa: S105 (a kind of content, no secret)
TRAIL = "trail"
BUCKET = "bucket"
ALARMS = "alarms"


@dataclass(frozen=True, slots=True)
class KnownModule:
    """A module whose arguments are known."""

    source: re.Pattern[str]
    """Matches its source, whether a registry address or a git URL."""
    carries: frozenset[str]
    """What it creates: ``password``, ``trail``, ``bucket``, ``alarms``."""
    switches: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Arguments (bool, default true) that switch a content off, by content."""
    context: frozenset[str] = frozenset()
    """Contents that ``enabled`` and ``context.enabled`` switch."""
    defaults: Mapping[str, Value] = field(default_factory=dict)
    """Defaults of arguments, where all recent versions agree; also what a module always does."""
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Arguments of this module only, by the name of the control that they mean."""


def _known(
    source: str,
    *carries: str,
    switches: Mapping[str, tuple[str, ...]] | None = None,
    context: tuple[str, ...] = (),
    defaults: Mapping[str, Value] | None = None,
    aliases: Mapping[str, tuple[str, ...]] | None = None,
) -> KnownModule:
    return KnownModule(
        re.compile(source, re.IGNORECASE),
        frozenset(carries),
        switches or {},
        frozenset(context),
        defaults or {},
        aliases or {},
    )


_REQUIRED: Mapping[str, Value] = {
    "require_lowercase_characters": True,
    "require_uppercase_characters": True,
    "require_numbers": True,
    "require_symbols": True,
    "allow_users_to_change_password": True,
}

_BASELINE_ALARMS = (
    "unauthorized_api_calls",
    "no_mfa_console_signin",
    "root_usage",
    "iam_changes",
    "cloudtrail_cfg_changes",
    "console_signin_failures",
    "disable_or_delete_cmk",
    "s3_bucket_policy_changes",
    "aws_config_changes",
    "security_group_changes",
    "nacl_changes",
    "network_gw_changes",
    "route_table_changes",
    "vpc_changes",
    "organizations_changes",
)

# What the trails of these modules always do, whatever the arguments.
_FULL_TRAIL: Mapping[str, Value] = {
    "is_multi_region_trail": True,
    "include_global_service_events": True,
    "enable_log_file_validation": True,
    "kms_key_id": "a key of its own",
}

_NOZAQ_TRAIL: Mapping[str, tuple[str, ...]] = {
    "cloud_watch_logs_group_arn": ("cloudtrail_cloudwatch_logs_enabled", "cloudwatch_logs_enabled"),
    "sns_topic_name": ("cloudtrail_sns_topic_enabled", "sns_topic_enabled"),
}

ALARM_SWITCHES: tuple[str, ...] = tuple(f"{name}_enabled" for name in _BASELINE_ALARMS)
"""Arguments of nozaq/secure-baseline that switch one alarm each."""

MODULES: tuple[KnownModule, ...] = (
    _known(
        r"\bterraform-aws-modules/(terraform-aws-)?iam\b.*//modules/iam-account\b",
        PASSWORD,
        switches={PASSWORD: ("create_account_password_policy",)},
        defaults={
            **_REQUIRED,
            "minimum_password_length": 8,
            "max_password_age": 0,
            "password_reuse_prevention": 0,
            "hard_expiry": False,
        },
    ),
    _known(
        # ``enabled`` of this module gates the account alias only, so no ``context`` here.
        r"\bcloudposse/(terraform-aws-)?iam-account-settings\b",
        PASSWORD,
        switches={PASSWORD: ("password_policy_enabled",)},
        defaults={**_REQUIRED, "max_password_age": 0, "hard_expiry": False, "password_reuse_prevention": 24},
    ),
    _known(
        r"\bnozaq/(terraform-aws-)?secure-baseline\b.*//modules/iam-baseline\b",
        PASSWORD,
        switches={PASSWORD: ("enabled", "create_password_policy")},
        defaults={
            **_REQUIRED,
            "minimum_password_length": 14,
            "max_password_age": 0,
            "password_reuse_prevention": 24,
        },
    ),
    _known(
        r"\bnozaq/(terraform-aws-)?secure-baseline\b.*//modules/cloudtrail-baseline\b",
        TRAIL,
        switches={TRAIL: ("enabled",)},
        defaults={"is_organization_trail": False, **_FULL_TRAIL},
        aliases=_NOZAQ_TRAIL,
    ),
    _known(
        r"\bnozaq/(terraform-aws-)?secure-baseline\b.*//modules/alarm-baseline\b",
        ALARMS,
        switches={ALARMS: ("enabled", "alarm_enabled")},
    ),
    _known(
        r"\bnozaq/(terraform-aws-)?secure-baseline\b(?!.*//)",
        PASSWORD,
        TRAIL,
        ALARMS,
        switches={
            PASSWORD: ("iam_baseline_enabled", "create_password_policy"),
            TRAIL: ("cloudtrail_baseline_enabled",),
            ALARMS: ("alarm_baseline_enabled",),
        },
        defaults={
            **_REQUIRED,
            "minimum_password_length": 14,
            "max_password_age": 0,
            "password_reuse_prevention": 24,
            "cloudwatch_logs_retention_in_days": 365,
            "cloudtrail_cloudwatch_logs_enabled": True,
            "cloudtrail_sns_topic_enabled": True,
            **_FULL_TRAIL,
        },
        aliases=_NOZAQ_TRAIL,
    ),
    _known(
        r"\bcloudposse/(terraform-aws-)?cloudtrail(\.git)?(/aws)?(\?|$)",
        TRAIL,
        context=(TRAIL,),
        defaults={
            "enable_logging": True,
            "enable_log_file_validation": True,
            "is_organization_trail": False,
            "kms_key_id": None,
            "cloud_watch_logs_group_arn": None,
            "sns_topic_name": None,
            "event_selector": [],
            "advanced_event_selector": [],
            "insight_selector": [],
        },
    ),
    _known(
        r"\bcloudposse/(terraform-aws-)?cloudtrail-cloudwatch-alarms\b",
        ALARMS,
        context=(ALARMS,),
    ),
    _known(
        r"\bcloudposse/(terraform-aws-)?cloudtrail-s3-bucket\b",
        BUCKET,
        context=(BUCKET,),
        defaults={
            "force_destroy": False,
            "versioning_enabled": True,
            "allow_ssl_requests_only": False,
            "block_public_acls": True,
            "block_public_policy": True,
            "ignore_public_acls": True,
            "restrict_public_buckets": True,
        },
    ),
    _known(
        r"\btrussworks/(terraform-aws-)?cloudtrail\b",
        TRAIL,
        defaults={
            "enabled": True,
            "org_trail": False,
            "log_retention_days": 90,
            "sns_topic_name": None,
            "advanced_event_selectors": [],
            "cloud_watch_logs_group_arn": "a log group of its own",
            **_FULL_TRAIL,
        },
        aliases={"enable_logging": ("enabled",)},
    ),
    _known(
        # The baseline of this project: what `tfratchet init` writes a call of.
        r"\btfratchet\b.*//terraform/baseline\b",
        PASSWORD,
        TRAIL,
        BUCKET,
        ALARMS,
        defaults={
            **_REQUIRED,
            "minimum_password_length": 14,
            "max_password_age": 90,
            "password_reuse_prevention": 24,
            "hard_expiry": False,
            "cloud_watch_logs_group_arn": "a log group of its own",
            "sns_topic_name": "a topic of its own",
            **_FULL_TRAIL,
        },
    ),
)

_LABEL = re.compile(r"\bcloudposse/(terraform-null-)?label\b", re.IGNORECASE)

# Names that mean one thing in whatever module they are given to. Ambiguous ones (``require_numbers``) do not count.
_DISTINCTIVE: Mapping[str, frozenset[str]] = {
    PASSWORD: frozenset(
        {
            "minimum_password_length",
            "max_password_age",
            "maximum_password_age",
            "password_reuse_prevention",
            "require_uppercase_characters",
            "require_lowercase_characters",
            "allow_users_to_change_password",
            "create_account_password_policy",
        }
    ),
    TRAIL: frozenset(
        {
            "enable_log_file_validation",
            "is_multi_region_trail",
            "include_global_service_events",
            "is_organization_trail",
            "cloudtrail_baseline_enabled",
        }
    ),
}

_SOURCE_HINTS: Mapping[str, re.Pattern[str]] = {
    PASSWORD: re.compile(
        r"password|iam[-_]?(account|baseline)|account|baseline|security|landing|foundation", re.IGNORECASE
    ),
    TRAIL: re.compile(r"trail|audit|baseline|security|landing|foundation", re.IGNORECASE),
    BUCKET: re.compile(r"cloudtrail", re.IGNORECASE),
    ALARMS: re.compile(r"cloudtrail|alarm|baseline|security|monitoring|cis", re.IGNORECASE),
}


_BUCKET_MODULE = re.compile(r"bucket|\bs3\b", re.IGNORECASE)


# A module for IAM as a whole; one for single roles, users or policies sets up no account.
_IAM = re.compile(r"(?<![a-z])iam(?![a-z])", re.IGNORECASE)
_PART_OF_IAM = re.compile(r"role|user|group|polic|oidc|irsa", re.IGNORECASE)


def _is_iam(words: str) -> bool:
    return bool(_IAM.search(words)) and not _PART_OF_IAM.search(words)


def known_module(call: ModuleCall) -> KnownModule | None:
    """The row of the table for a call, or None."""
    return next((m for m in MODULES if m.source.search(call.source)), None)


def carries(call: ModuleCall, content: str) -> bool:
    """True when an opaque call surely creates ``content``: a known module, or an argument that means nothing else."""
    known = known_module(call)
    if known is not None:
        return content in known.carries
    return any(a in call.arguments for a in _DISTINCTIVE.get(content, ()))


def may_carry(call: ModuleCall, content: str) -> bool:
    """True when source or address of an opaque call suggest that it could create ``content``."""
    known = known_module(call)
    if known is not None:
        return content in known.carries
    name = call.address.rpartition("module.")[2]
    if content == PASSWORD and ("account_alias" in call.arguments or _is_iam(f"{name} {call.source}")):
        return True
    if content != BUCKET and _BUCKET_MODULE.search(f"{name} {call.source}"):
        return False
    return bool(_SOURCE_HINTS[content].search(call.source) or _SOURCE_HINTS[content].search(name))


@dataclass(frozen=True, slots=True)
class Argument:
    """What a module call says about a setting."""

    name: str
    value: Value
    given: bool
    """False when the call says nothing and the module's default rules."""


def argument(call: ModuleCall, names: Sequence[str]) -> Argument:
    """The first of ``names`` that a call gives; else the known default; else an unknown ``ModuleDefault``."""
    for name in names:
        if call.arguments.get(name) is not None:
            return Argument(name, call.arguments[name], True)
    known = known_module(call)
    if known is not None:
        for name in names:
            if name in known.defaults:
                return Argument(name, known.defaults[name], False)
    # The default belongs to the module, not to the call: two calls of one source have the same.
    return Argument(names[0], ModuleDefault(f"default of {names[0]} in {call.source}"), False)


def module_setting(call: ModuleCall, control: Control) -> Argument:
    """What a call says about a control."""
    known = known_module(call)
    special = known.aliases.get(control.name, ()) if known else ()
    return argument(call, (*special, *control.names))


def switched_on(root: Root, call: ModuleCall, content: str) -> Value:
    """True, False or an unknown value: whether a call creates ``content``, by its switches and its context."""
    known = known_module(call)
    names: tuple[str, ...] = known.switches.get(content, ()) if known else ()
    if known is None and content in (PASSWORD, TRAIL):
        names = {PASSWORD: ("create_account_password_policy", "password_policy_enabled"), TRAIL: ()}[content]
    state: Value = True
    for name in names:
        state = _both(state, call.arguments.get(name, True))
    if known is None or content in known.context:
        state = _both(state, context_enabled(root, call))
    return state


def context_enabled(root: Root, call: ModuleCall, depth: int = 0) -> Value:
    """``enabled`` of a call in the convention of Cloud Posse: the argument, else ``context.enabled``, else true."""
    own = call.arguments.get("enabled")
    if own is not None:
        return resolve_label(root, own, depth)
    context = call.arguments.get("context")
    if isinstance(context, dict):
        inner = context.get("enabled")
        return True if inner is None else resolve_label(root, inner, depth)
    if isinstance(context, Unknown):
        label = _label_behind(root, context, "context")
        if label is not None and depth < 8:
            return context_enabled(root, label, depth + 1)
        return Unknown(f"({context.expr}).enabled")
    return True


def resolve_label(root: Root, value: Value, depth: int = 0) -> Value:
    """``module.this.enabled`` of a label module as what its call says; every other value unchanged."""
    if isinstance(value, Choice):
        # ``module.this.enabled ? 1 : 0``, as count is written there
        state = boolean(resolve_label(root, Unknown(value.condition), depth))
        return value if state is None else value.if_true if state else value.if_false
    if not isinstance(value, Unknown):
        flag = boolean(value)
        return value if flag is None else flag
    label = _label_behind(root, value, "enabled")
    if label is None or depth >= 8:
        return value
    return context_enabled(root, label, depth + 1)


def _label_behind(root: Root, value: Unknown, output: str) -> ModuleCall | None:
    text = value.expr.replace(REF_OPEN, "").replace(REF_CLOSE, "")
    if not text.endswith(f".{output}"):
        return None
    call = root.calls.get(text[: -len(output) - 1])
    return call if call is not None and call.opaque and _LABEL.search(call.source) else None


def _both(first: Value, second: Value) -> Value:
    """Logical and over values of which either may be unknown."""
    a = first if isinstance(first, Unknown) else boolean(first)
    b = second if isinstance(second, Unknown) else boolean(second)
    if a is False or b is False:
        return False
    if isinstance(a, Unknown):
        return a
    return b if isinstance(b, Unknown) else True
