"""Drift: what is declared against what the account has, in both directions. Pure; reading is done elsewhere.

Declared and not there is always told. There and not declared is told of what the configuration manages (users, groups
and roles that it creates, groups whose members it lists, policies that it attaches exclusively), or of everything.
Unknown values never make a certain finding: what is there is first taken for what an unknown value may stand for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tfratchet.account.drift.groups import Groups
from tfratchet.account.drift.items import Difference, items
from tfratchet.account.drift.people import People
from tfratchet.account.drift.settings import password_differences, trail_differences
from tfratchet.account.facts import Facts
from tfratchet.model import Problem, Root

PARTS = frozenset(["users", "roles", "password_policy", "trails"])
"""The parts of the facts that the comparison reads."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found, and how much it looked at."""

    differences: Sequence[Difference]
    errors: Sequence[Problem] = ()
    looked_at: int = 0
    """Declared things that were looked for."""


def compare(roots: Sequence[Root], facts: Facts, *, everything: bool = False) -> Compared:
    """Hold ``roots`` against ``facts``. ``everything``: tell what nobody declares wherever it is."""
    declared = items(roots, facts.account, facts.partition, facts.policies)
    people, groups = People(declared, facts, everything), Groups(declared, facts, everything)
    found = [
        *people.principals(),
        *people.attachments(),
        *people.inline(),
        *groups.memberships(),
        *groups.boundaries(),
        *groups.documents(),
        *password_differences(declared, facts, everything=everything),
        *trail_differences(declared, facts, everything=everything),
    ]
    errors = [
        Problem("unread", f"{gap.part} could not be read, so its drift is not known ({gap.action}: {gap.reason})")
        for gap in facts.unread
        if gap.part.partition(":")[0] in PARTS | {"trail"}
    ]
    errors = [*declared.errors, *errors]
    looked_at = sum(len(found) for found in (declared.held, declared.members, declared.policies))
    looked_at += sum(len(found) for found in (declared.password, declared.trails, *declared.principals.values()))
    return Compared(list(_once(found)), errors, looked_at)


def _once(found: Iterable[Difference]) -> Iterator[Difference]:
    """Each difference once: a remedy is a mapping, so dataclass equality has to be asked for by hand."""
    seen: set[tuple[object, ...]] = set()
    for one in found:
        key = (one.rule, one.address, one.required, one.live, one.place)
        if key not in seen:
            seen.add(key)
            yield one


__all__ = ["PARTS", "Compared", "Difference", "compare"]
