"""What a comparison can tell beside the findings, for the reports that ask: pure data, no finding, no exit code."""

from __future__ import annotations

from dataclasses import dataclass

from tfratchet.model import Location, Problem

STRONGER, ATTACHED = "stronger", "attached"
LOST, NEW, KEPT = "lost", "new", "kept"


@dataclass(frozen=True, slots=True)
class Gain:
    """Something that the change adds, in one short line: ``minimum password length: 8 → 14 characters``."""

    kind: str
    """``stronger``: a setting or a guard is stronger for certain. ``attached``: somebody who was there before has one
    more policy or group, which may be a good thing or not."""
    text: str
    rule: str
    """The rule that would tell the loss of it."""
    address: str
    root: str = "."
    variant: str | None = None
    location: Location | None = None
    """Where it stands in head."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Somebody has a policy or boundary, or a user is in a group; named as in ``Finding.lost``."""

    source: str
    """``user bob``, ``group dev``."""
    target: str
    """``policy read``, ``boundary limit``, ``group dev``."""
    state: str
    """``lost``, ``new`` (since this change) or ``kept``."""
    certain: bool = True
    root: str = "."
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class More:
    """All of that. ``edges`` are about those users, groups and policies of which something is lost, without the losses
    themselves: the findings tell these.
    """

    gains: tuple[Gain, ...] = ()
    edges: tuple[Edge, ...] = ()
    notes: tuple[Problem, ...] = ()
    """What could not be worked out here. It fails no run: the findings are whole without it."""
