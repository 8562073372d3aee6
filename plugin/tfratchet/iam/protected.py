"""The protected actions: calls that take security away, from one data file that the Checkov checks read too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class ProtectedAction:
    """One action that a guard should stop."""

    action: str
    """As IAM policies name it: ``iam:DetachUserPolicy``."""
    group: str
    """``policies``, ``people``, ``signin``, ``cloudtrail``, ``log-bucket``, ``kms``, ``logs``, ``alarms``, ..."""
    resource: str
    """The kind of resource it applies to: ``user``, ``group``, ``role``, ``policy``, ``trail``, ``log-bucket``, ..."""
    reason: str
    """What it can take away, one sentence."""
    event_source: str
    """``eventSource`` of its events in CloudTrail: ``iam.amazonaws.com``."""
    events: tuple[str, ...]
    """Names of its events in CloudTrail; not always the name of the action (S3)."""
    probe: bool = True
    """False for what no policy can name (a console sign-in): an event to watch, no question for the engine."""


@dataclass(frozen=True, slots=True)
class ProtectedActions:
    """The data file, read."""

    actions: tuple[ProtectedAction, ...]
    mfa_self_service: frozenset[str]
    """What somebody without MFA needs in order to get MFA; harmless in the ``NotAction`` of a guard."""
    mfa_first_sign_in: frozenset[str]
    """What the first change of a password needs; less safe, yet often wanted."""
    mfa_harmful: frozenset[str]
    """What must not be open without MFA."""

    by_name: Mapping[str, ProtectedAction]
    """By lower-case action."""


@lru_cache(maxsize=1)
def protected_actions() -> ProtectedActions:
    """The protected actions."""
    from tfratchet_checks.tfr_protected_actions import DATA

    actions = tuple(
        ProtectedAction(
            action=a["action"],
            group=a["group"],
            resource=a["resource"],
            reason=a["reason"],
            event_source=a["event_source"],
            events=tuple(a["events"]),
            probe=a.get("probe", True),
        )
        for a in DATA["actions"]
    )
    return ProtectedActions(
        actions=actions,
        mfa_self_service=frozenset(DATA["mfa_self_service"]),
        mfa_first_sign_in=frozenset(DATA["mfa_first_sign_in"]),
        mfa_harmful=frozenset(DATA["mfa_harmful"]),
        by_name={a.action.lower(): a for a in actions},
    )
