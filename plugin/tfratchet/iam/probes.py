"""Probes: what a guard is worth is what it stops.

The same questions are put to the policies of base and of head: each protected action, on a resource without a name and
on those that the policies name, in four MFA contexts, and in environments that the changed statements can tell apart.
An answer that moves from denied to allowed is a loss, whatever edit caused it.

    prober = Prober()
    losses = prober.losses(Principal.user("alice"), base_policies, head_policies)
    losses = prober.document_losses(base_policy, head_policy)        # nobody attached
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
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
    grouped,
    lost_denials,
    probe,
)
from tfratchet.iam.engine.compiled import CompiledStatement
from tfratchet.iam.engine.decide import Policies
from tfratchet.iam.engine.policy import ALLOW_ALL, CompiledPolicy, PolicyLike
from tfratchet.iam.engine.request import Principal
from tfratchet.iam.engine.strings import decode, glob
from tfratchet.iam.engine.witness import Environment, environments, principals, resources
from tfratchet.iam.protected import ProtectedAction, ProtectedActions, protected_actions
from tfratchet.iam.touches import Readings, Side, tells

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
_MAX_PRINCIPALS = 50


class Prober:
    """Asks the questions; keeps what many principals share. One for each comparison."""

    def __init__(self, break_glass: Sequence[str] = ()) -> None:
        """``break_glass``: names or ARN patterns of principals whom guards may spare."""
        self._break_glass = tuple(break_glass)
        self._readings = Readings()
        self._lots: dict[tuple[str, Side, Side], tuple[list[CompiledStatement], list[CompiledStatement]] | None] = {}
        self._environments: dict[tuple[object, ...], list[Environment]] = {}
        self._losses: dict[tuple[object, ...], tuple[Loss, ...]] = {}
        self._actions = tuple(a for a in protected_actions().actions if a.probe)

    # -- what callers ask ------------------------------------------------------------------------------------------

    def losses(self, principal: Principal, base: Policies, head: Policies) -> tuple[Loss, ...]:
        """What this principal, who has these policies in base and head, can do that base stopped."""
        if self._readings.content(base) == self._readings.content(head):
            return ()
        return self._compare(principal, base, head, None, self._actions)

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
        asked = self._actions
        if actions is not None:
            by_name = protected_actions().by_name
            asked = tuple(by_name.get(a.lower()) or ProtectedAction(a, "", "any", "", "", ()) for a in actions)
        names, kinds = tuple(a.action.lower() for a in asked), tuple(a.resource for a in asked)
        told: dict[int, CompiledStatement] = {}
        for _, before, after in self._readings.lots(base, head, names, kinds):
            changed, others = self._changed(before, after)
            if changed:
                told.update({id(s): s for s in (*changed, *others)})
        found = list(self._compare(SOMEBODY, base, head, None, asked))
        for principal in self._told_apart(list(told.values())):
            found += self._compare(principal, base, head, principal, asked)
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

    def _told_apart(self, statements: list[CompiledStatement]) -> list[Principal]:
        """One principal, no break-glass one, for each way in which the statements tell principals apart."""
        ways: dict[tuple[object, ...], Principal] = {}
        for principal in principals(statements):
            if not self._spared(principal):
                ways.setdefault(tuple(x for s in statements for x in tells(s, principal)), principal)
        return list(ways.values())[:_MAX_PRINCIPALS]

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
        actions: Sequence[ProtectedAction],
    ) -> tuple[Loss, ...]:
        """Actions that the same statements touch in the same way get the same answers, so each lot is asked once."""
        names, kinds = tuple(a.action.lower() for a in actions), tuple(a.resource for a in actions)
        found: list[tuple[Loss, list[str]]] = []
        who = (principal.type, principal.account, frozenset(principal.tags.items()), shown and (shown.arn, shown.tags))
        for lot, positions in self._readings.lots(base, head, names, kinds).items():
            _, before, after = lot
            members = [actions[i] for i in positions]
            if lot not in self._lots:
                same = self._readings.meaning(before) == self._readings.meaning(after)
                self._lots[lot] = None if same else self._changed(before, after)
            statements = self._lots[lot]
            if statements is None:
                continue
            key = (lot, repr(who), tuple(x for side in statements for s in side for x in tells(s, principal)))
            losses = self._losses.get(key)
            if losses is None:
                questions = self._questions(principal, members[0], *statements)
                answers = probe(base, principal, questions), probe(head, principal, questions)
                losses = self._losses[key] = lost_denials(*answers, shown)
            found += [(loss, [a.action for a in members]) for loss in losses]
        return grouped(found)

    def _questions(
        self,
        principal: Principal,
        action: ProtectedAction,
        changed: list[CompiledStatement],
        others: list[CompiledStatement],
    ) -> list[Question]:
        everything = [*changed, *others]
        ages = _ages(everything)
        mfa = any(_asks(s, MFA_PRESENT) or _asks(s, MFA_AGE) for s in everything)
        # Statements are kept by the readings, so that their ids stay their own.
        key = (tuple(map(id, changed)), tuple(map(id, others)), principal.type, principal.arn, repr(principal.tags))
        if key not in self._environments:
            self._environments[key] = environments(changed, others, principal)
        asked = [(e, contexts(e, ages, mfa=mfa)) for e in self._environments[key]]
        return [
            Question(action.action, resource, m, age, environment, position > 0, own, context)
            for resource, own in resources(action.resource, changed, others, principal)
            for position, (environment, keys) in enumerate(asked)
            for m, age, context in keys
        ]

    def _changed(self, before: Side, after: Side) -> tuple[list[CompiledStatement], list[CompiledStatement]]:
        """The statements that only one side has, and those of both."""
        first, second = self._readings.statements(before), self._readings.statements(after)
        merged = {**second, **first}
        changed = [s for k, s in merged.items() if (k in first) != (k in second)]
        return changed, [s for k, s in merged.items() if k in first and k in second]


def _level(policy: PolicyLike) -> list[PolicyLike]:
    """The policies of one level of an organization. A policy of Denys only stands beside FullAWSAccess."""
    allows = not isinstance(policy, CompiledPolicy) or any(s.effect != "Deny" for s in policy.all_statements())
    return [policy] if allows else [ALLOW_ALL, policy]


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
