"""Base against head: pairs the root modules, runs the rules, drops what only moved. Pure: no file, no git, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tfratchet.config import Settings
from tfratchet.iam.entitlements import Entitlements
from tfratchet.matching import Matching
from tfratchet.model import Finding, Problem, Root, Snapshot
from tfratchet.rules.base import Rule


@dataclass
class RootPair:
    """One root module (and variant) in base and head; a side that does not exist is an empty ``Root``."""

    base: Root
    head: Root
    settings: Settings
    comparison: Comparison | None = None

    @property
    def path(self) -> str:
        """Directory of the root module: head's, or base's when it is gone."""
        return self.head.path if self.head.exists else self.base.path

    @property
    def variant(self) -> str | None:
        """The extra var file of this case, if any."""
        return self.head.variant if self.head.exists else self.base.variant

    @cached_property
    def matching(self) -> Matching:
        """Which resource of base is which of head."""
        return Matching(self.base, self.head)

    @cached_property
    def base_entitlements(self) -> Entitlements:
        """Who has which policy in base; principals and policies named as the matching names them."""
        return Entitlements.of(self.base, self.matching.identity_of_base)

    @cached_property
    def head_entitlements(self) -> Entitlements:
        """Who has which policy in head; a principal or policy that is the same as in base has the same identity."""
        return Entitlements.of(self.head, self.matching.identity_of_head)


@dataclass
class Comparison:
    """Everything the rules may look at: all pairs of one run, so that a move to another root can be recognised."""

    base: Snapshot
    head: Snapshot
    settings: Settings
    pairs: list[RootPair] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found: findings (suppressed ones included, marked later), notes and errors."""

    findings: Sequence[Finding]
    notes: Sequence[Problem]
    errors: Sequence[Problem]


def compare(base: Snapshot, head: Snapshot, settings: Settings, rules: Iterable[Rule]) -> Result:
    """Run ``rules`` on every pair of root modules."""
    raise NotImplementedError
