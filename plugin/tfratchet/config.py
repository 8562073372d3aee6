"""Settings of a run: what ``tfratchet.toml``, ``[tool.tfratchet]`` and the command line can say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tfratchet.model import Severity


@dataclass(frozen=True, slots=True)
class Settings:
    """What the rules need to know beyond the two snapshots. Pure data; the day comes in from outside."""

    today: date = date(1970, 1, 1)
    include: frozenset[str] = frozenset()
    """Optional rule groups that are on: ``roles``."""
    enabled: frozenset[str] = frozenset()
    """Ids or families that the configuration switches on (empty: all that are on by default)."""
    disabled: frozenset[str] = frozenset()
    """Ids or families that the configuration switches off."""
    severities: Mapping[str, Severity] = field(default_factory=dict)
    """Severity by rule id, where the configuration overrides it."""
    floors: Mapping[str, int | bool] = field(default_factory=dict)
    """Floor by name of the control (``minimum_password_length``), where the configuration overrides it."""
    break_glass: tuple[str, ...] = ()
    """Names or ARN patterns of principals that guards may exempt."""
