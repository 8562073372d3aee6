"""Moves to another root module: what disappears in one and appears with equal values in another is no loss.

Which account a root module belongs to is not known, so a move is told in a note. A finding says in ``Finding.lost``
what is lost, in words without addresses and folders. It is a move when another root module newly has all of these
words: those that its rules say (``Rule.gained``), and one for each resource that is new there (``resource_word``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tfratchet.matching import without_module
from tfratchet.model import Finding, Problem, Resource
from tfratchet.values import canonical, replace_refs

if TYPE_CHECKING:
    from tfratchet.compare import RootPair
    from tfratchet.rules.base import Rule


def resource_word(resource: Resource) -> str:
    """A resource by its type and values, whatever it is called and wherever it stands. For ``Finding.lost`` of a
    resource that is gone.
    """
    values = replace_refs(dict(resource.values), without_module)
    return f"{resource.type} {canonical(values)}"


def drop_moves(
    findings: Iterable[tuple[RootPair, Finding]], pairs: Sequence[RootPair], rules: Sequence[Rule]
) -> tuple[list[Finding], list[Problem]]:
    """The findings that are no moves, and a note for each that is one."""
    kept: list[Finding] = []
    notes: list[Problem] = []
    gained: dict[int, frozenset[str]] = {}
    for pair, finding in findings:
        target = None
        if finding.lost and len(pairs) > 1:
            for index, other in enumerate(pairs):
                if other.path == pair.path:
                    continue
                if index not in gained:
                    gained[index] = _gained(other, rules)
                if gained[index].issuperset(finding.lost):
                    target = other
                    break
        if target is None:
            kept.append(finding)
        else:
            where = finding.base.location if finding.base is not None else None
            text = f"{finding.rule} at {finding.address} ({pair.path}) is a move to {target.path}: {finding.message}"
            notes.append(Problem("move", text, where))
    return kept, notes


def _gained(pair: RootPair, rules: Sequence[Rule]) -> frozenset[str]:
    words: set[str] = set()
    asked: set[object] = set()
    for rule in rules:
        function = type(rule).gained
        if function not in asked:
            asked.add(function)
            words.update(rule.gained(pair))
    for resource in pair.head.managed():
        if pair.matching.base_for(resource) is None:
            words.add(resource_word(resource))
    return frozenset(words)
