"""Thresholds and lists that the checks share with the rules of ``tfratchet diff``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.tfr_floors import DATA as _FLOORS
    from tfratchet_checks.tfr_protected_actions import DATA as _ACTIONS
else:  # Checkov loads each file on its own, from wherever the folder lies
    from tfr_floors import DATA as _FLOORS
    from tfr_protected_actions import DATA as _ACTIONS


def floor(control: str) -> int:
    """The floor of a numeric control. Raises KeyError for one that has none."""
    value = _FLOORS["controls"][control]["floor"]
    if isinstance(value, bool) or not isinstance(value, int):
        raise KeyError(control)
    return value


MFA_SELF_SERVICE = frozenset(a.lower() for a in _ACTIONS["mfa_self_service"])
"""What somebody without MFA needs to get MFA (lower case)."""

MFA_FIRST_SIGN_IN = frozenset(a.lower() for a in _ACTIONS["mfa_first_sign_in"])
"""What the first change of a password needs (lower case)."""

PROTECTED_ACTIONS: tuple[dict[str, Any], ...] = tuple(a for a in _ACTIONS["actions"] if a.get("probe", True))
"""Actions that take security away; each with ``action``, ``group``, ``reason`` and the ``events`` it leaves."""
