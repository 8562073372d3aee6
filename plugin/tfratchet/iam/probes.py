"""Probes: what a guard is worth is what it stops.

The same questions are put to the policies of base and of head: each protected action, on a resource without a name and
on those that the policies name, in four MFA contexts, and in environments that the changed statements can tell apart.
An answer that moves from denied to allowed is a loss, whatever edit caused it.

    prober = Prober()
    losses = prober.losses(Principal.user("alice"), base_policies, head_policies)
    losses = prober.document_losses(base_policy, head_policy)        # nobody attached
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from tfratchet.iam.answers import (
    ABSENT,
    FALSE,
    FOREVER,
    MFA_AGE,
    MFA_PRESENT,
    OLD,
    PRESENT,
    Answers,
    Loss,
    Question,
    contexts,
    lost_denials,
    probe,
)
from tfratchet.iam.conditions import CompiledCondition
from tfratchet.iam.engine.compiled import CompiledStatement
from tfratchet.iam.engine.decide import Policies
from tfratchet.iam.engine.policy import ALLOW_ALL, CompiledPolicy, PolicyLike
from tfratchet.iam.engine.request import PRINCIPAL_KEYS, Principal, Request
from tfratchet.iam.engine.strings import decode, glob, match
from tfratchet.iam.engine.witness import environments, principals, resources
from tfratchet.iam.normal_form import Atom, atoms
from tfratchet.iam.protected import ProtectedAction, ProtectedActions, protected_actions
from tfratchet.iam.statements import DEFAULT_VERSION, VARIABLES_VERSION, Document

__all__ = [
    "ABSENT",
    "FALSE",
    "OLD",
    "PRESENT",
    "SOMEBODY",
    "Answers",
    "Loss",
    "Prober",
    "ProtectedAction",
    "ProtectedActions",
    "Question",
    "lost_denials",
    "probe",
    "protected_actions",
]

SOMEBODY = Principal.user("tfratchet-somebody")
"""Stands for whoever a policy is attached to, when the configuration does not say who that is."""
_MAX_PRINCIPALS = 20


@dataclass
class _Known:
    """What is kept of one policy."""

    policy: PolicyLike
    content: frozenset[object]
    statements: dict[object, CompiledStatement] = field(default_factory=dict)


class Prober:
    """Asks the questions; keeps what many principals share. One for each comparison."""

    def __init__(self, break_glass: Sequence[str] = ()) -> None:
        """``break_glass``: names or ARN patterns of principals whom guards may spare."""
        self._break_glass = tuple(break_glass)
        self._known: dict[int, _Known] = {}
        self._losses: dict[tuple[object, ...], tuple[Loss, ...]] = {}
        self._actions = tuple(a for a in protected_actions().actions if a.probe)

    # -- what callers ask ------------------------------------------------------------------------------------------

    def losses(self, principal: Principal, base: Policies, head: Policies) -> tuple[Loss, ...]:
        """What this principal, who has these policies in base and head, can do that base stopped."""
        if self._content(base) == self._content(head):
            return ()
        key = (self._key(base), self._key(head), self._signature(principal, base, head))
        if key not in self._losses:
            self._losses[key] = self._compare(principal, base, head, None)
        return self._losses[key]

    def document_losses(
        self,
        base: PolicyLike | None,
        head: PolicyLike | None,
        role: Literal["identity", "boundary", "scp"] = "identity",
    ) -> tuple[Loss, ...]:
        """What a policy document itself gives up, whoever has it: its Denys are asked as if everything else were
        allowed, its Allows alone. None: there is no such policy on that side. Principals that the documents tell from
        others (exemptions) are asked, too, but for break-glass ones.
        """
        if role == "boundary":
            return self.everybody_losses(
                Policies([ALLOW_ALL], boundary=None if base is None else [base]),
                Policies([ALLOW_ALL], boundary=None if head is None else [head]),
            )
        if role == "scp":
            return self.everybody_losses(
                Policies([ALLOW_ALL], scps=None if base is None else [_level(base)]),
                Policies([ALLOW_ALL], scps=None if head is None else [_level(head)]),
            )
        before, after = [base] if base is not None else [], [head] if head is not None else []
        guards = self.everybody_losses(Policies([ALLOW_ALL, *before]), Policies([ALLOW_ALL, *after]))
        gains = self.everybody_losses(Policies(before), Policies(after))
        return tuple([x for x in guards if x.kind == "guard"] + [x for x in gains if x.kind == "gain"])

    def resource_losses(
        self,
        base: PolicyLike | None,
        head: PolicyLike | None,
        actions: Sequence[str],
        *,
        decides: bool = False,
    ) -> tuple[Loss, ...]:
        """What the policy of a resource gives up, for everybody whom base or head names: a trust policy
        (``actions=("sts:AssumeRole",), decides=True``), the policy of a key, a bucket (its Denys). ``decides``: without
        an Allow in it nobody gets in. ``actions`` may be protected or not.
        """
        before, after = [base] if base is not None else [], [head] if head is not None else []
        return self.everybody_losses(
            Policies([ALLOW_ALL], resource=before, resource_decides=decides),
            Policies([ALLOW_ALL], resource=after, resource_decides=decides),
            tuple(actions),
        )

    def everybody_losses(
        self, base: Policies, head: Policies, actions: tuple[str, ...] | None = None
    ) -> tuple[Loss, ...]:
        """What these policies (of a group, say) give up for somebody without a name, and for each principal that they
        tell from others. ``actions``: others than the protected ones.
        """
        if self._content(base) == self._content(head):
            return ()
        changed, others, _ = self._changed(base, head)
        told = [p for p in principals([*changed, *others])[:_MAX_PRINCIPALS] if not self._spared(p)]
        found: list[Loss] = []
        for principal in (None, *told):
            found += self._compare(principal or SOMEBODY, base, head, principal, actions)
        kept: list[Loss] = []
        seen: set[tuple[str, str]] = set()
        for loss in sorted(found, key=lambda x: not x.certain):
            new = tuple(a for a in loss.actions if (loss.kind, a) not in seen)
            if new:
                kept.append(replace(loss, actions=new))
            if loss.principal is not None or loss.certain:
                seen.update((loss.kind, a) for a in new)
        return tuple(kept)

    # -- how they are answered -------------------------------------------------------------------------------------

    def _spared(self, principal: Principal) -> bool:
        arns = [decode(a) for a in (principal.arn, principal.role) if a]
        name = principal.role.rpartition("/")[2] if principal.role else principal.name
        return any(p == decode(name) or any(glob(p, a) for a in arns) for p in self._break_glass)

    def _compare(
        self,
        principal: Principal,
        base: Policies,
        head: Policies,
        shown: Principal | None,
        actions: tuple[str, ...] | None = None,
    ) -> tuple[Loss, ...]:
        questions = self.questions(principal, base, head, actions)
        return lost_denials(probe(base, principal, questions), probe(head, principal, questions), shown)

    def questions(
        self, principal: Principal, base: Policies, head: Policies, actions: tuple[str, ...] | None = None
    ) -> list[Question]:
        """The questions that can tell these policies apart."""
        changed, others, every_action = self._changed(base, head)
        everything = [*changed, *others]
        ages = _ages(everything)
        mfa = any(_asks(s, MFA_PRESENT) or _asks(s, MFA_AGE) for s in everything)
        spaces = environments(changed, others, principal)
        asked = [(space, contexts(space, ages, mfa=mfa)) for space in spaces]
        wanted = self._actions
        if actions is not None:
            by_name = protected_actions().by_name
            wanted = tuple(by_name.get(a.lower()) or ProtectedAction(a, "", "any", "", "", ()) for a in actions)
        found: list[Question] = []
        for action in wanted:
            name = action.action.lower()
            touched = [s for s in changed if s.matches_action(name) is not False]
            if not touched and not every_action(name):
                continue
            related = [*touched, *(s for s in others if s.matches_action(name) is not False)]
            for resource, own in resources(action.resource, related, principal, principal.key):
                for position, (space, keys) in enumerate(asked):
                    found += [
                        Question(action.action, resource, m, age, space, position > 0, own, context)
                        for m, age, context in keys
                    ]
        return found

    def _changed(
        self, base: Policies, head: Policies
    ) -> tuple[list[CompiledStatement], list[CompiledStatement], Callable[[str], bool]]:
        sides: list[dict[object, CompiledStatement]] = []
        whole: list[dict[object, PolicyLike]] = []
        for side in (base, head):
            statements: dict[object, CompiledStatement] = {}
            policies: dict[object, PolicyLike] = {}
            for layer, policy in side.all():
                known = self._of(policy)
                statements.update({(layer, k): s for k, s in known.statements.items()})
                if not known.statements:
                    policies[layer, frozenset(known.content)] = policy
            sides.append(statements)
            whole.append(policies)
        keys = sides[0].keys() ^ sides[1].keys()
        merged = {**sides[1], **sides[0]}
        changed = [s for k, s in merged.items() if k in keys]
        others = [s for k, s in merged.items() if k not in keys]
        # A limit that begins or ends changes every answer; AWS managed policies know what they touch.
        limits = any((a is None) != (b is None) for a, b in _limits(base, head))
        tables = [p for k in whole[0].keys() ^ whole[1].keys() for p in (whole[0].get(k) or whole[1].get(k),) if p]

        def touches(action: str) -> bool:
            if limits:
                return True
            request = Request(SOMEBODY, action, "*")
            return any(p.says(e, request).answer is not False for p in tables for e in ("Allow", "Deny"))

        return changed, others, touches

    def _of(self, policy: PolicyLike) -> _Known:
        known = self._known.get(id(policy))
        if known is None:
            known = self._known[id(policy)] = _read(policy)
        return known

    def _content(self, policies: Policies) -> tuple[object, ...]:
        return (
            frozenset(self._of(p).content for p in policies.identity if self._of(p).content),
            _each(policies.boundary, self._of),
            None if policies.scps is None else tuple(_each(level, self._of) for level in policies.scps),
            _each(policies.resource, self._of),
            _each(policies.session, self._of),
            policies.resource_decides,
            policies.cross_account,
        )

    def _key(self, policies: Policies) -> tuple[object, ...]:
        for _, policy in policies.all():
            self._of(policy)
        return (frozenset((layer, id(p)) for layer, p in policies.all()), *self._content(policies)[5:])

    def _signature(self, principal: Principal, base: Policies, head: Policies) -> tuple[object, ...]:
        """What these policies can tell of a principal: two with the same get the same answers."""
        told: list[object] = [principal.type, principal.account, frozenset(principal.tags.items())]
        for side in (base, head):
            for _, policy in side.all():
                for statement in self._of(policy).statements.values():
                    told += _tells(statement, principal)
        return tuple(told)


def _level(policy: PolicyLike) -> list[PolicyLike]:
    """The policies of one level of an organization. A policy of Denys only stands beside FullAWSAccess."""
    allows = not isinstance(policy, CompiledPolicy) or any(s.effect != "Deny" for s in policy.all_statements())
    return [policy] if allows else [ALLOW_ALL, policy]


def _tells(statement: CompiledStatement, principal: Principal) -> list[object]:
    found: list[object] = []
    for patterns in (statement.resources, statement.not_resources):
        if patterns is not None:
            own = (principal.arn, f"arn:aws:iam::{principal.account}:mfa/{principal.name}")
            found += [match(t, a) for t in patterns.texts(_unsubstituted) if t != "*" for a in own]
    if statement.principal_dependent:
        found.append(statement.matches_principal(principal))
        found += [c.holds(principal.key) for c in statement.conditions if _asks_who(c)]
    return found


def _asks_who(condition: CompiledCondition) -> bool:
    return any(k.startswith(PRINCIPAL_KEYS) for k in (condition.key or "", *condition.variables))


def _unsubstituted(key: str) -> tuple[str, ...]:
    return ("${" + key + "}",)


def _each(policies: Sequence[PolicyLike] | None, of: Callable[[PolicyLike], _Known]) -> object:
    return None if policies is None else frozenset(of(p).content for p in policies)


def _limits(base: Policies, head: Policies) -> list[tuple[object, object]]:
    return [
        (base.boundary, head.boundary),
        (base.scps, head.scps),
        (base.session, head.session),
        (base.resource, head.resource),
    ]


def _read(policy: PolicyLike) -> _Known:
    """The statements of a policy by their meaning, so that rewriting changes nothing."""
    if not isinstance(policy, CompiledPolicy):
        return _Known(policy, frozenset([policy.label]))
    statements: dict[object, CompiledStatement] = {}
    content: set[Atom] = set(atoms(policy.document))
    _collect(policy, (), statements)
    return _Known(policy, frozenset(content), statements)


def _collect(policy: CompiledPolicy, path: tuple[str, ...], found: dict[object, CompiledStatement]) -> None:
    """Every statement by its meaning and by the unknown conditions that it hangs on."""
    for statement in policy.statements:
        found[path, statement_key(statement)] = statement
    for condition, if_true, if_false in policy.choices:
        _collect(if_true, (*path, condition.expr), found)
        _collect(if_false, (*path, f"!({condition.expr})"), found)


def statement_key(statement: CompiledStatement) -> object:
    """Equal for statements that mean the same (order, case and single values make no difference)."""
    version = VARIABLES_VERSION if statement.substitutes else DEFAULT_VERSION
    return frozenset(atoms(Document((statement.statement,), version)))


def _asks(statement: CompiledStatement, key: str) -> bool:
    """Whether a statement asks for a condition key, or may do so."""
    return any(c.key in (key, None) for c in statement.conditions)


def _ages(statements: Iterable[CompiledStatement]) -> tuple[str, ...]:
    """Ages of MFA just over every limit, and a very long one; none when no statement asks for the age."""
    found: dict[float, str] = {}
    for statement in statements:
        if _asks(statement, MFA_AGE):
            found[float(FOREVER)] = FOREVER
        for condition in statement.conditions:
            if condition.key == MFA_AGE and str(condition.condition.operator).startswith("Numeric"):
                for value in condition.condition.values:
                    if isinstance(value, str) and value.isdigit():
                        found[float(value) + 1] = str(int(value) + 1)
    return tuple(found[k] for k in sorted(found))
