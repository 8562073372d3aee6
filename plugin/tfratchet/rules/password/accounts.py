"""The password policy of each account: which one of head takes the place of which one of base.

An account has one password policy, so what matters is not the resource but what the account ends up with: a resource
that gives way to a module call with the same settings, or moves into another module, has lost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tfratchet.controls import CONTROLS, Control
from tfratchet.model import ModuleCall, Resource, Root
from tfratchet.rules.attributes import Subject, condition_text, doubt_of_removal, forgotten, once, presence
from tfratchet.rules.base import Reference, attack, nist, security_hub
from tfratchet.rules.judge import judge
from tfratchet.rules.modules import PASSWORD, carries, may_carry, switched_on
from tfratchet.values import Unknown, Value

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

REFERENCES = (
    nist("IA-5(1)"),
    nist("AC-2(1)"),
    security_hub("IAM.7"),
    Reference("ISO 27001:2022", "A.5.17"),
    attack("T1110"),
)
"""What the rules of this family have in common."""

POLICY = "aws_iam_account_password_policy"
SETTINGS: tuple[Control, ...] = tuple(c for c in CONTROLS.values() if c.resource == POLICY)


@dataclass(frozen=True, slots=True)
class Kept:
    """A password policy of base and what the account has in its place in head."""

    base: Subject
    head: Subject
    same_object: bool
    """False when the one is destroyed and the other created: settings left out are then reset."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A password policy of base that nothing replaces."""

    base: Subject
    forgotten: bool = False
    """True when a ``removed`` block keeps it in the account."""
    depends_on: Unknown | None = None
    """The unknown value (or the module that cannot be read) that decides whether it is really lost."""
    why: str = ""


def policies(root: Root) -> list[Subject]:
    """What gives a root module's accounts their password policies."""
    found = [Subject(root, r) for r in root.managed(POLICY) if presence(root, r) is not False]
    for address in sorted(root.calls):
        call = root.calls[address]
        if call.opaque and carries(call, PASSWORD) and state_of(root, call) is not False:
            found.append(Subject(root, call))
    return found


def state_of(root: Root, call: ModuleCall) -> Value:
    """Whether a module call creates its password policy."""
    there = presence(root, call)
    return there if there is not True else switched_on(root, call, PASSWORD)


def changes(pair: RootPair) -> list[Kept | Lost]:
    """Every password policy of base, with what becomes of it."""
    return once(pair, "password policies", lambda p: list(_changes(p)))


def _changes(pair: RootPair) -> Iterator[Kept | Lost]:
    base, head = policies(pair.base), policies(pair.head)
    free = {subject.address: subject for subject in head}
    kept: list[tuple[Subject, Subject]] = []
    left: list[Subject] = []
    for subject in base:
        partner = _partner(pair, subject, free)
        if partner is not None:
            kept.append((subject, partner))
            del free[partner.address]
        else:
            left.append(subject)
    for subject in left:
        partner = _replacement(pair, subject, free)
        if partner is not None:
            kept.append((subject, partner))
            del free[partner.address]
            continue
        # Judge the account: another policy of the same place and provider still rules it.
        other = next((h for _, h in kept if _same_account(subject, h, strict=True)), None)
        if other is not None:
            yield Kept(subject, other, same_object=False)
        else:
            yield _lost(pair, subject)
    for subject, partner in kept:
        yield Kept(subject, partner, _same_object(pair, subject, partner))
        # An account has one policy: a second resource for it takes turns with the first.
        for second in [s for s in free.values() if s.resource is not None and _same_account(partner, s, strict=True)]:
            yield Kept(subject, second, same_object=False)
        uncertain = _less_certain(subject, partner)
        if uncertain is not None:
            yield Lost(subject, depends_on=uncertain, why=f"it exists only if {condition_text(uncertain)}")


def _partner(pair: RootPair, subject: Subject, free: dict[str, Subject]) -> Subject | None:
    match: Resource | ModuleCall | None = None
    if subject.call is not None:
        match = pair.matching.call_for(subject.call)
    elif subject.resource is not None:
        match = pair.matching.head_for(subject.resource)
    return free.get(match.address) if match is not None else None


def _same_object(pair: RootPair, base: Subject, head: Subject) -> bool:
    """True when Terraform updates the object in the account, False when it makes a new one."""
    if base.resource is None or head.resource is None:
        return base.call is not None and head.call is not None
    return pair.matching.declared_move(base.resource, head.resource)


def _replacement(pair: RootPair, subject: Subject, free: dict[str, Subject]) -> Subject | None:
    """The new policy of head that stands in for one that has gone: the least weakened, the nearest provider first."""
    candidates = [s for s in free.values() if _same_account(subject, s)]
    if not candidates:
        return None
    provider = subject.resource.provider if subject.resource else ""

    def distance(candidate: Subject) -> tuple[int, int, str]:
        weaker = sum(
            judge(c, subject.setting(c).value, candidate.setting(c).value, pair.matching.same) is not None
            for c in SETTINGS
        )
        other = candidate.resource is not None and candidate.resource.provider != provider
        return (int(other), weaker, candidate.address)

    return min(candidates, key=distance)


def _same_account(first: Subject, second: Subject, *, strict: bool = False) -> bool:
    """Whether two policies can belong to one account. Providers are comparable only within one module."""
    a, b = first.resource, second.resource
    if a is None or b is None:
        return not strict
    if a.module == b.module:
        return a.provider == b.provider
    return not strict


def _lost(pair: RootPair, subject: Subject) -> Lost:
    if forgotten(pair, subject.address):
        return Lost(subject, forgotten=True)
    call = subject.call
    if call is not None and call.address in pair.head.calls:
        return Lost(subject, why="the module no longer creates it")
    for address in sorted(pair.head.calls):
        other = pair.head.calls[address]
        if not other.opaque:
            continue
        took_over = subject.address.startswith(f"{address}.")
        appeared = address not in pair.base.calls and may_carry(other, PASSWORD)
        if took_over or appeared:
            cause = Unknown(f"{address} ({other.source})")
            return Lost(subject, depends_on=cause, why=f"{address} could not be read and may create one")
    doubt = doubt_of_removal(pair, subject.item)
    return Lost(subject, depends_on=doubt, why=f"it depends on {condition_text(doubt)}" if doubt is not None else "")


def _less_certain(base: Subject, head: Subject) -> Unknown | None:
    """The unknown value on which head's policy depends and base's did not."""
    before = _presence(base)
    after = _presence(head)
    if not isinstance(after, Unknown):
        return None
    return after if before is True else None


def _presence(subject: Subject) -> Value:
    if subject.call is not None:
        return state_of(subject.root, subject.call)
    return presence(subject.root, subject.item)
