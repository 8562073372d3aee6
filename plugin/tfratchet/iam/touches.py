"""Which statements of a set of policies touch an action, by what they mean: what two sets share needs no question."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from tfratchet.iam.engine.compiled import CompiledStatement
from tfratchet.iam.engine.decide import Policies
from tfratchet.iam.engine.patterns import Found
from tfratchet.iam.engine.policy import CompiledPolicy, PolicyLike
from tfratchet.iam.engine.request import PRINCIPAL_KEYS, Principal, Request
from tfratchet.iam.engine.strings import Kleene, match
from tfratchet.iam.normal_form import atoms
from tfratchet.iam.statements import DEFAULT_VERSION, VARIABLES_VERSION, Document

_ANYBODY = Principal.user("tfratchet-anybody")

Touch: TypeAlias = tuple[object, Kleene]
"""(meaning of a statement, whether it names the action)."""


@dataclass
class Reading:
    """What is kept of one policy."""

    policy: PolicyLike
    statements: list[tuple[object, CompiledStatement]] = field(default_factory=list)
    vectors: dict[tuple[str, ...], tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Side:
    """What of one side's policies touches an action: (layer, what, policy); layers that are None are named."""

    touches: frozenset[tuple[str, int, int]]
    structure: tuple[object, ...]


class Readings:
    """Every policy that was read, each once. What a policy says of an action is one number; 0 is nothing."""

    def __init__(self) -> None:
        self._known: dict[int, Reading] = {}
        self._numbers: dict[object, int] = {}
        self._touches: dict[frozenset[Touch], int] = {frozenset(): 0}
        self._contents: list[frozenset[Touch]] = [frozenset()]

    def of(self, policy: PolicyLike) -> Reading:
        """The reading of a policy; the policy is kept, so that its ``id`` stays its own."""
        found = self._known.get(id(policy))
        if found is None:
            found = self._known[id(policy)] = Reading(policy)
            if isinstance(policy, CompiledPolicy):
                found.statements = [
                    (self._numbers.setdefault(k, len(self._numbers)), s) for k, s in _collect(policy, ())
                ]
        return found

    def content(self, policies: Policies) -> object:
        """All that the policies say; equal contents give equal answers."""
        found: dict[str, set[object]] = {}
        for layer, policy in layers(policies):
            reading = self.of(policy)
            own = [key for key, _ in reading.statements] if reading.statements else [policy.label]
            if reading.statements or not isinstance(policy, CompiledPolicy):
                found.setdefault(layer, set()).update(own)
        return (_structure(policies), found)

    def vector(self, policy: PolicyLike, actions: tuple[str, ...]) -> tuple[int, ...]:
        """What the policy says of each action (lower case)."""
        reading = self.of(policy)
        found = reading.vectors.get(actions)
        if found is None:
            found = reading.vectors[actions] = tuple(self._touching(reading, a) for a in actions)
        return found

    def _touching(self, reading: Reading, action: str) -> int:
        policy = reading.policy
        if isinstance(policy, CompiledPolicy):
            asked = [(key, s.matches_action(action)) for key, s in reading.statements]
            touches = frozenset(t for t in asked if t[1] is not False)
        else:
            # AWS managed policies: not known statement by statement.
            request = Request(_ANYBODY, action, "*")
            says = [(e, policy.says(e, request).answer) for e in ("Allow", "Deny")]
            touches = frozenset(((policy.label, e), a) for e, a in says if a is not False)
        number = self._touches.get(touches)
        if number is None:
            number = self._touches[touches] = len(self._contents)
            self._contents.append(touches)
        return number

    def meaning(self, side: Side) -> object:
        """What a side says of an action, whatever the policies are called; equal meanings give equal answers."""
        layers: dict[str, frozenset[Touch]] = {}
        for layer, number, _ in side.touches:
            layers[layer] = layers.get(layer, frozenset()) | self._contents[number]
        return (side.structure, layers)

    def statements(self, side: Side) -> dict[object, CompiledStatement]:
        """The statements that touch an action, by layer and meaning."""
        found: dict[object, CompiledStatement] = {}
        for layer, number, policy in sorted(side.touches):
            touching = {key for key, _ in self._contents[number]}
            found.update({(layer, k): s for k, s in self._known[policy].statements if k in touching})
        return found

    def lots(
        self, base: Policies, head: Policies, actions: tuple[str, ...], kinds: tuple[str, ...]
    ) -> dict[tuple[str, Side, Side], list[int]]:
        """The actions (by position) that the same statements touch in the same way, with what touches them."""
        sides = []
        for policies in (base, head):
            layered = layers(policies)
            sides.append((layered, [self.vector(p, actions) for _, p in layered], _structure(policies)))
        (before, one, first), (after, two, second) = sides
        rows: dict[tuple[object, ...], list[int]] = {}
        for position, row in enumerate(zip(kinds, *one, *two, strict=True)):
            rows.setdefault(row, []).append(position)
        found: dict[tuple[str, Side, Side], list[int]] = {}
        for row, positions in rows.items():
            numbers = row[1:]
            left = Side(_named(before, numbers[: len(before)]), first)
            right = Side(_named(after, numbers[len(before) :]), second)
            found.setdefault((str(row[0]), left, right), []).extend(positions)
        return found


def _structure(policies: Policies) -> tuple[object, ...]:
    return (
        policies.boundary is None,
        None if policies.scps is None else len(policies.scps),
        policies.resource is None,
        policies.session is None,
        policies.resource_decides,
        policies.cross_account,
    )


def _named(policies: list[tuple[str, PolicyLike]], numbers: tuple[object, ...]) -> frozenset[tuple[str, int, int]]:
    return frozenset(
        (layer, n, id(p)) for (layer, p), n in zip(policies, numbers, strict=True) if isinstance(n, int) and n
    )


def layers(policies: Policies) -> list[tuple[str, PolicyLike]]:
    """Every policy with its layer; service control policies with their level."""
    found = [("identity", p) for p in policies.identity]
    for name, limit in (
        ("boundary", policies.boundary),
        ("resource", policies.resource),
        ("session", policies.session),
    ):
        found += [(name, p) for p in limit or ()]
    for number, level in enumerate(policies.scps or ()):
        found += [(f"scp {number}", p) for p in level]
    return found


def _collect(policy: CompiledPolicy, path: tuple[str, ...]) -> list[tuple[object, CompiledStatement]]:
    """Every statement by its meaning and by the unknown conditions that it hangs on."""
    found = [((path, statement_key(s)), s) for s in policy.statements]
    collected: list[tuple[object, CompiledStatement]] = list(found)
    for condition, if_true, if_false in policy.choices:
        collected += _collect(if_true, (*path, condition.expr))
        collected += _collect(if_false, (*path, f"!({condition.expr})"))
    return collected


def statement_key(statement: CompiledStatement) -> object:
    """Equal for statements that mean the same (order, case and single values make no difference)."""
    version = VARIABLES_VERSION if statement.substitutes else DEFAULT_VERSION
    return atoms(Document((statement.statement,), version))


def tells(statement: CompiledStatement, principal: Principal) -> list[object]:
    """What a statement can tell of a principal: two principals with the same get the same answers."""
    found: list[object] = []
    own = (principal.arn, f"arn:aws:iam::{principal.account}:mfa/{principal.name}")
    for patterns in (statement.resources, statement.not_resources):
        if patterns is not None:
            found += [match(t, a) for t in patterns.texts(_unsubstituted) if t != "*" for a in own]
    if statement.principal_dependent:
        found.append(statement.matches_principal(principal))
        found += [c.holds(principal.key) for c in statement.conditions if _asks_who(c.key, c.variables)]
    return found


def _asks_who(key: str | None, variables: tuple[str, ...]) -> bool:
    return any(k.startswith(PRINCIPAL_KEYS) for k in (key or "", *variables))


def _unsubstituted(key: str) -> Found:
    return ("${" + key + "}",)
