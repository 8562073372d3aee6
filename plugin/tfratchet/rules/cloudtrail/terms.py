"""Terms and conjunctions over the fields of a CloudTrail record, and which of them covers which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from tfratchet.iam.protected import protected_actions

EVENT_NAME = "eventName"
EVENT_SOURCE = "eventSource"


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on one field: ``eventName = any of values``."""

    field: str
    """Path without ``$.``: ``userIdentity.type``; empty for what could not be read."""
    operator: str
    """``=``, ``!=``, ``exists``, ``not exists``, or an operator that is compared as text only."""
    values: frozenset[str] = frozenset()

    def __str__(self) -> str:
        values = ", ".join(sorted(self.values))
        return f"{self.field} {self.operator} {values}".strip()


Conjunction = frozenset[Term]


def words(conjunction: Conjunction) -> str:
    """A conjunction for people: the name of the event where there is one."""
    names = sorted(v for t in conjunction if t.field == EVENT_NAME and t.operator == "=" for v in t.values)
    if names:
        return ", ".join(names)
    return " and ".join(sorted(str(t) for t in conjunction))


def event_names(conjunction: Conjunction) -> frozenset[str]:
    """The names of events that a conjunction asks for; empty when it asks for none by name."""
    return frozenset(v for t in conjunction if t.field == EVENT_NAME and t.operator == "=" for v in t.values)


def covers(wide: Conjunction, narrow: Conjunction) -> bool:
    """True when everything that ``narrow`` matches, ``wide`` matches too."""
    return all(t in narrow or _follows(t, narrow) for t in wide)


def _follows(wanted: Term, given: Conjunction) -> bool:
    if any(_implies(t, wanted) for t in given if t.field == wanted.field):
        return True
    if wanted.field == EVENT_SOURCE and wanted.operator == "=":
        # the name of an event says which service it is of
        sources = {_sources().get(n) for n in event_names(given)}
        return bool(sources) and all(s is not None and _any_match(s, wanted.values) for s in sources)
    return False


def _implies(given: Term, wanted: Term) -> bool:
    if wanted.operator == "exists":
        return given.operator == "="
    if given.operator == "=" and wanted.operator == "=":
        return all(_any_match(v, wanted.values) for v in given.values)
    if given.operator == "=" and wanted.operator == "!=":
        return not any("*" in v or _any_match(v, wanted.values) for v in given.values)
    if given.operator == "!=" and wanted.operator == "!=":
        return all(_any_match(v, given.values) for v in wanted.values)
    return False


def _any_match(value: str, patterns: frozenset[str]) -> bool:
    return any(value == p or ("*" in p and _glob(p, value)) for p in patterns)


def _glob(pattern: str, value: str) -> bool:
    """``*`` stands for anything, in time that grows with the length of the text only."""
    first, *middle, last = pattern.split("*")
    if len(value) < len(first) + len(last) or not value.startswith(first) or not value.endswith(last):
        return False
    position, end = len(first), len(value) - len(last)
    for part in middle:
        found = value.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


@lru_cache(maxsize=1)
def _sources() -> Mapping[str, str]:
    """Event source by name of event, for the protected actions (each name belongs to one service)."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for action in protected_actions().actions:
        for event in action.events:
            if found.setdefault(event, action.event_source) != action.event_source:
                twice.add(event)
    return {e: s for e, s in found.items() if e not in twice}


def protected_events() -> frozenset[str]:
    """Names of the events of the protected actions."""
    return frozenset(e for a in protected_actions().actions for e in a.events)
