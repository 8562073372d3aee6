"""What the users, groups and policies that lose something keep, and get: the surroundings of a loss, for a graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tfratchet.iam.entitlements import BOUNDARY, Entitlements, Holding, Membership
from tfratchet.iam.principals import Principal
from tfratchet.more import KEPT, NEW, Edge
from tfratchet.words import edge

if TYPE_CHECKING:
    from tfratchet.compare import Comparison, RootPair
    from tfratchet.model import Finding

MOST = 20_000
"""Edges of all root modules together. A picture holds far fewer lines, yet one line may stand for many edges."""


def edges(comparison: Comparison, findings: Iterable[Finding]) -> tuple[Edge, ...]:
    """What stays around the losses that ``findings`` tell; at most ``MOST``."""
    touched: dict[tuple[str, str | None], set[str]] = {}
    lost: dict[tuple[str, str | None], set[tuple[str, str]]] = {}
    for finding in findings:
        for word in finding.lost:
            found = edge(word)
            if found is not None:
                place = (finding.root, finding.variant)
                touched.setdefault(place, set()).update(found)
                lost.setdefault(place, set()).add(found)
    told: dict[Edge, None] = {}
    for pair in comparison.pairs:
        place = (pair.path, pair.variant)
        for one in _around(pair, touched[place]) if place in touched else ():
            if (one.source, one.target) not in lost[place]:
                told[one] = None
            if len(told) >= MOST:
                return tuple(told)
    return tuple(told)


def _around(pair: RootPair, touched: set[str]) -> Iterator[Edge]:
    """Every edge of head that begins or ends at a name of ``touched``; of the groups of a touched user, all."""
    base, head = pair.base_entitlements, pair.head_entitlements
    names = _names(head) | _names(base)  # one name for each, that of base first

    def has(holding: Holding) -> Edge:
        how = "boundary" if holding.route == BOUNDARY else "policy"
        before = any(
            h.policy == holding.policy and (h.route == BOUNDARY) == (holding.route == BOUNDARY)
            for h in base.by_holder.get(holding.holder, ())
        )
        target = f"{how} {holding.policy.label}"
        return _edge(pair, names[holding.holder], target, before, not holding.unknown)

    def joins(membership: Membership) -> Edge:
        before = any(m.group == membership.group for m in base.groups_of.get(membership.user, ()))
        return _edge(pair, names[membership.user], names[membership.group], before, not membership.unknown)

    near: dict[Principal, None] = dict.fromkeys(p for p, name in names.items() if name in touched)
    for membership in head.memberships:
        if membership.user in near or membership.group in near:
            yield joins(membership)
            if membership.user in near and names[membership.user] in touched:
                near[membership.group] = None
    for holding in head.holdings:
        if holding.policy.dangling or holding.dangling:
            continue
        if holding.holder in near or f"policy {holding.policy.label}" in touched:
            yield has(holding)


def _names(of: Entitlements) -> dict[Principal, str]:
    found = {p: str(p) for p in of.names.declared}
    found |= {h.holder: str(h.holder) for h in of.holdings}
    for membership in of.memberships:
        found[membership.user], found[membership.group] = str(membership.user), str(membership.group)
    return found


def _edge(pair: RootPair, source: str, target: str, before: bool, certain: bool) -> Edge:
    return Edge(source, target, KEPT if before else NEW, certain, pair.path, pair.variant)
