"""The protected actions: calls that take security away, from one data file that the Checkov checks read too."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DATA_FILE = "tfr_protected_actions.json"


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

    @property
    def by_name(self) -> Mapping[str, ProtectedAction]:
        """By lower-case action."""
        return {a.action.lower(): a for a in self.actions}


def _read() -> str:
    # The package is located without being imported: its checks import Checkov.
    spec = importlib.util.find_spec("tfratchet_checks")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / DATA_FILE
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError(f"{DATA_FILE} is missing: the package tfratchet_checks is not installed beside tfratchet")


@lru_cache(maxsize=1)
def protected_actions() -> ProtectedActions:
    """The protected actions. Raises FileNotFoundError when the installation lacks its data file."""
    data = json.loads(_read())
    return ProtectedActions(
        actions=tuple(
            ProtectedAction(
                action=a["action"],
                group=a["group"],
                resource=a["resource"],
                reason=a["reason"],
                event_source=a["event_source"],
                events=tuple(a["events"]),
                probe=a.get("probe", True),
            )
            for a in data["actions"]
        ),
        mfa_self_service=frozenset(data["mfa_self_service"]),
        mfa_first_sign_in=frozenset(data["mfa_first_sign_in"]),
        mfa_harmful=frozenset(data["mfa_harmful"]),
    )
