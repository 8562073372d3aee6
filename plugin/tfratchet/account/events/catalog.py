"""Which calls are protected, how much each weighs, and which call puts back what another took.

The list of protected calls is the one that the rules, the Checkov checks and the Terraform modules share
(``iam/protected.py``). The weights follow the scale of tfratchet: critical, a guard is gone for everybody; high,
somebody loses a policy or a second factor, or the record of events is narrowed; medium, what may weaken and may be
routine; low, what usually is routine, and what strengthens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from tfratchet.iam.protected import ProtectedAction, protected_actions
from tfratchet.model import Severity

DETACHING = frozenset(
    {
        *("DetachUserPolicy", "DetachGroupPolicy", "DetachRolePolicy"),
        *("DeleteUserPolicy", "DeleteGroupPolicy", "DeleteRolePolicy"),
        *("RemoveUserFromGroup", "DeleteGroup", "DeleteUserPermissionsBoundary", "DeleteRolePermissionsBoundary"),
        *("DetachPolicy", "DetachManagedPolicyFromPermissionSet", "DeleteInlinePolicyFromPermissionSet"),
        "DeletePermissionsBoundaryFromPermissionSet",
    }
)
"""The calls that take a policy off somebody: ``--only detach``."""

RESTORES: Mapping[str, tuple[str, ...]] = {
    "DetachUserPolicy": ("AttachUserPolicy",),
    "DetachGroupPolicy": ("AttachGroupPolicy",),
    "DetachRolePolicy": ("AttachRolePolicy",),
    "DeleteUserPolicy": ("PutUserPolicy",),
    "DeleteGroupPolicy": ("PutGroupPolicy",),
    "DeleteRolePolicy": ("PutRolePolicy",),
    "RemoveUserFromGroup": ("AddUserToGroup",),
    "DeleteUserPermissionsBoundary": ("PutUserPermissionsBoundary",),
    "DeleteRolePermissionsBoundary": ("PutRolePermissionsBoundary",),
    "StopLogging": ("StartLogging",),
    "DeleteTrail": ("CreateTrail",),
    "StopEventDataStoreIngestion": ("StartEventDataStoreIngestion",),
}
"""What puts back what a call took, when it is about the same target and policy."""

STOPPING = frozenset({"StopLogging", "DeleteTrail", "StopEventDataStoreIngestion", "DeleteEventDataStore"})
"""The calls that end the record of events: a gap begins."""

GLOBAL_SOURCES = frozenset({"iam.amazonaws.com", "organizations.amazonaws.com"})
"""Services whose events CloudTrail records in one region of the partition only."""

_CRITICAL = frozenset(
    {
        *("StopLogging", "DeleteTrail", "DeleteEventDataStore", "StopEventDataStoreIngestion"),
        *("DeleteAccountPasswordPolicy", "DisablePolicyType", "LeaveOrganization", "RemoveAccountFromOrganization"),
    }
)
_HIGH = frozenset(
    {
        *DETACHING,
        *("DeactivateMFADevice", "SetDefaultPolicyVersion", "DeletePolicy", "UpdateAssumeRolePolicy"),
        *("UpdateTrail", "PutEventSelectors", "UpdateEventDataStore", "UpdatePolicy", "MoveAccount"),
        *("DisableKey", "ScheduleKeyDeletion", "DeleteImportedKeyMaterial", "StopConfigurationRecorder"),
        "DeleteDeliveryChannel",
    }
)
_LOW = frozenset(
    {
        *("EnableMFADevice", "CreateVirtualMFADevice", "DeletePolicyVersion", "AddUserToGroup"),
        *("AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy"),
        *("PutUserPermissionsBoundary", "PutRolePermissionsBoundary"),
        *("DeleteLogStream", "PutRetentionPolicy", "Unsubscribe", "RemoveTargets", "PutBucketLogging"),
    }
)
_ADMINISTRATOR = ("policy/AdministratorAccess", "policy/IAMFullAccess", "policy/PowerUserAccess")


@lru_cache(maxsize=1)
def _by_event() -> Mapping[tuple[str, str], ProtectedAction]:
    found: dict[tuple[str, str], ProtectedAction] = {}
    for action in protected_actions().actions:
        for event in action.events:
            found.setdefault((action.event_source, event), action)
    return found


@lru_cache(maxsize=1)
def groups() -> tuple[str, ...]:
    """The groups of protected actions, in the order of the list."""
    return tuple(dict.fromkeys(a.group for a in protected_actions().actions))


@lru_cache(maxsize=1)
def event_names() -> frozenset[str]:
    """The names of all protected calls."""
    return frozenset(name for _, name in _by_event())


def protected(source: str, name: str) -> ProtectedAction | None:
    """The protected action that a call is, or None. A record without a source is taken by its name."""
    found = _by_event().get((source, name))
    if found is None and not source:
        found = next((a for (_, event), a in _by_event().items() if event == name), None)
    return found


def chosen(only: str, names: Iterable[str] = ()) -> frozenset[str]:
    """The names of the calls that are asked for.

    ``only``: ``all``, ``detach`` or a group (``cloudtrail``); ``names``: single ones, which count before ``only``.
    """
    names = frozenset(names)
    if names:
        return names
    if only == "all":
        return event_names()
    if only == "detach":
        return DETACHING
    return frozenset(event for (_, event), action in _by_event().items() if action.group == only)


def asked_for(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Source → names of the calls to read for ``names``: these and what puts back what they took."""
    wanted = frozenset(names)
    found: dict[str, set[str]] = {}
    for source, event in _by_event():
        if event in wanted:
            found.setdefault(source, set()).update((event, *RESTORES.get(event, ())))
    return {source: tuple(sorted(events)) for source, events in sorted(found.items())}


def weight(name: str, group: str, parameters: Mapping[str, object], policy: str, *, log_bucket: bool) -> Severity:
    """How much a protected call weighs that succeeded.

    ``log_bucket``: the call is about a bucket that is known to hold logs.
    """
    strengthens = _strengthens(name, parameters)
    if strengthens:
        return Severity.LOW
    if group == "log-bucket":
        if not log_bucket:
            return Severity.LOW  # most buckets hold no logs
        return Severity.CRITICAL if name == "DeleteBucket" else Severity.HIGH
    if name in _CRITICAL:
        return Severity.CRITICAL
    if name in _HIGH:
        return Severity.HIGH
    if name.startswith("Attach") and policy.endswith(_ADMINISTRATOR):
        return Severity.HIGH
    return Severity.LOW if name in _LOW else Severity.MEDIUM


def _strengthens(name: str, parameters: Mapping[str, object]) -> bool:
    """True when the parameters say that the call switches a protection on (or a key off)."""
    if name == "UpdateAccessKey":
        return str(parameters.get("status", "")).lower() == "inactive"
    if name == "PutBucketVersioning":
        block = parameters.get("VersioningConfiguration")
        return isinstance(block, Mapping) and str(block.get("Status", "")).lower() == "enabled"
    if name in ("PutBucketPublicAccessBlock", "PutPublicAccessBlock"):
        block = parameters.get("PublicAccessBlockConfiguration")
        if not isinstance(block, Mapping):
            return False
        flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        return all(str(block.get(f, "")).lower() == "true" for f in flags)
    return False
