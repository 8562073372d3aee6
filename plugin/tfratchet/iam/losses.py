"""What can be lost, as plain data: losses, routes that remain, and the words that tell them in another root module."""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tfratchet.iam.documents import Document, canonical_text
from tfratchet.iam.entitlements import BOUNDARY, Entitlements, Holding
from tfratchet.iam.handed import call_word
from tfratchet.iam.principals import Policy, Principal
from tfratchet.matching import without_module
from tfratchet.model import Location
from tfratchet.values import REF_CLOSE, REF_OPEN, Choice, Filter, Unknown

_REF = re.compile(f"{REF_OPEN}([^{REF_CLOSE}]*){REF_CLOSE}")


class Kind(enum.Enum):
    """How something is lost. One kind is one rule (for roles another than for users and groups)."""

    DETACHED = "detached"
    INLINE_REMOVED = "inline removed"
    LEFT_GROUP = "left group"
    BOUNDARY = "boundary"
    HOLDER_GONE = "holder gone"
    EXCLUSIVE = "exclusive"
    POLICY_DESTROYED = "policy destroyed"
    FORGOTTEN = "forgotten"
    SWAPPED = "swapped"
    READDRESSED = "readdressed"


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that a principal loses."""

    kind: Kind
    holder: Principal
    source: str
    """Address of what established it in base (of the exclusive resource in head where there is none)."""
    location: Location | None
    policy: Policy | None = None
    document: Document | None = None
    group: Principal | None = None
    new: str = ""
    """What is there in head instead, for people."""
    new_location: Location | None = None
    unknown: tuple[Unknown, ...] = ()
    minor: bool = False
    """True when it is a minor loss (low) whatever its rule says."""
    guard_gone: bool = False
    """True when the policy denies something and nobody holds it any more."""
    members: tuple[Principal, ...] = ()
    policies: tuple[str, ...] = ()
    """Labels of all the policies that go with it."""
    words: tuple[str, ...] = ()
    """What is lost in words that do not depend on the root module."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """A policy that still reaches its holder, by another way."""

    message: str
    location: Location | None


@dataclass
class Changes:
    """Losses and notes between the entitlements of base and head."""

    losses: list[Loss] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)


_OF_LENGTH = re.compile(r"^\(?length\(.*\) (?:>|!=) 0\)?$")


def newly_hangs_on(old: Sequence[Unknown], new: Sequence[Sequence[Unknown]]) -> tuple[Unknown, ...]:
    """What everything that is there now (``new``: for each, what it hangs on) hangs on, where that which was there
    (``old``) was there in any case, or for each element of an unknown collection.
    """
    if any(_doubts(u) for u in old):
        return ()
    extra: tuple[Unknown, ...] = ()
    for unknown in new:
        found = tuple(d for u in unknown for d in _doubts(u)) if old else tuple(unknown)
        if not found:
            return ()
        extra = extra or found
    return extra


def _doubts(unknown: Unknown) -> tuple[Unknown, ...]:
    """The condition in it: a walk over an unknown collection is none, whether the collection is empty is none."""
    if isinstance(unknown, Choice):
        return () if _OF_LENGTH.match(unknown.condition) else (Unknown(unknown.condition),)
    return (unknown,) if isinstance(unknown, Filter) else ()


def holding_words(holding: Holding, head: Entitlements) -> tuple[str, ...]:
    """A lost holding in words. Where the holder is still created here, a root module that creates one of the same name
    is another account's.
    """
    if holding.word:
        return (holding.word,)
    return (holding_word(holding), *((elsewhere(holding.holder),) if head.declares(holding.holder) else ()))


def member_words(user: Principal, group: Principal, head: Entitlements) -> tuple[str, ...]:
    """A lost membership in words."""
    return (member_word(user, group), *((elsewhere(user),) if head.declares(user) else ()))


def holding_word(holding: Holding) -> str:
    """``user bob has policy x [digest of its document]``."""
    how = "boundary" if holding.route == BOUNDARY else "policy"
    digest = ""
    if holding.document is not None and not holding.document.empty:
        digest = f" [{_digest(holding.document)}]"
    return f"{_called(holding.holder)} has {how} {holding.policy.label}{digest}"


def policy_word(kind: str, document: Document) -> str:
    """A policy by its type and by what it denies, whatever it is called and wherever it stands."""
    return f"{kind} denies [{_digest(document, 'Deny ')}]"


def _digest(document: Document, effect: str = "") -> str:
    lines = [line for line in canonical_text(document).split("\n") if line.startswith(effect)]
    text = _REF.sub(lambda m: without_module(m[1]), "\n".join(lines))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def member_word(user: Principal, group: Principal) -> str:
    """``user bob is in group x``."""
    return f"{_called(user)} is in {_called(group)}"


def _called(principal: Principal) -> str:
    """A principal by its name; each of an unknown list by the name of its elements, however a block goes over it."""
    return f"{principal.kind} {principal.id if principal.many else principal.label}"


def elsewhere(principal: Principal) -> str:
    """``user bob is created elsewhere``."""
    return f"{_called(principal)} is created elsewhere"


def new_words(base: Entitlements, head: Entitlements) -> Iterator[str]:
    """What users, groups and roles newly have in head, in the words of ``Loss.words``. What a principal gets that was
    created here before does not count: it has nothing to do with one of the same name in another root module.
    """
    calls = [{call_word(c) for c in side.root.calls.values() if c.opaque} for side in (base, head)]
    yield from sorted(calls[1] - calls[0])
    before = {holding_word(h) for h in base.holdings} | {member_word(m.user, m.group) for m in base.memberships}
    found: list[tuple[Principal, str]] = [(h.holder, holding_word(h)) for h in head.holdings if not h.policy.dangling]
    found += [(m.user, member_word(m.user, m.group)) for m in head.memberships]
    for holder, word in found:
        if word not in before and not (head.declares(holder) and base.declares(holder)):
            yield word
            if not head.declares(holder):
                yield elsewhere(holder)
