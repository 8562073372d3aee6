"""What the text of two documents tells where the engine cannot: statements with parts that are unknown on both sides.

The engine asks who is denied what. A Deny for principals that only apply knows gives "not known" before and after; that
it gained a condition, and so denies less than it did, can be read all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tfratchet.iam.documents import Condition, Document, Leaf, Statement
from tfratchet.values import Unknown, canonical, display

MFA_PRESENT = "aws:multifactorauthpresent"
MFA_AGE = "aws:multifactorauthage"


@dataclass(frozen=True, slots=True)
class Narrowed:
    """One statement of base that head says less strictly."""

    statement: Statement
    counterpart: Statement | None
    kind: str
    """``condition`` (a Deny gained one), ``part`` (a Deny names less), ``gone`` (a Deny is not there), ``mfa`` or
    ``age`` (an Allow lost a condition on MFA)."""
    what: str
    """The condition, or what is no longer named."""

    @property
    def depends_on(self) -> tuple[Unknown, ...]:
        """The unknown values because of which it is only possible."""
        return self.statement.unknowns or (self.counterpart.unknowns if self.counterpart else ())


def narrowed(base: Document, head: Document) -> Iterator[Narrowed]:
    """Statements of ``base`` that have unknown parts and that ``head`` says less strictly."""
    if base.opaque is not None or head.opaque is not None or base.choices or head.choices:
        return
    for statement in base.statements:
        twin = _twin(statement, head)
        if not statement.unknowns and (twin is None or not twin.unknowns):
            continue  # all is known: the engine has asked
        if statement.effect == "Deny":
            yield from _deny(statement, twin)
        elif statement.effect == "Allow" and twin is not None:
            yield from _allow(statement, twin)


def _twin(statement: Statement, document: Document) -> Statement | None:
    """The statement of the other document that is the same one: by its Sid, else by what it is about."""
    same_effect = [s for s in document.statements if s.effect == statement.effect]
    if isinstance(statement.sid, str) and statement.sid:
        for other in same_effect:
            if other.sid == statement.sid:
                return other
    for wanted in (_about(statement), _about(statement)[:2]):
        found = [s for s in same_effect if _about(s)[: len(wanted)] == wanted]
        if len(found) == 1:
            return found[0]
    return None


def _about(statement: Statement) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    return (
        _texts((*(statement.actions or ()), *(statement.not_actions or ()))),
        _texts((*(statement.resources or ()), *(statement.not_resources or ()))),
        _texts(tuple(p for _, p in (*(statement.principals or ()), *(statement.not_principals or ())))),
    )


def _texts(leaves: tuple[Leaf, ...]) -> frozenset[str]:
    return frozenset(canonical(leaf) for leaf in leaves)


def _deny(statement: Statement, twin: Statement | None) -> Iterator[Narrowed]:
    if twin is None:
        if statement.maybe is None:
            yield Narrowed(statement, None, "gone", "the statement")
        return
    known = {_condition(c) for c in statement.conditions}
    more = [c for c in twin.conditions if _condition(c) not in known]
    if more and known <= {_condition(c) for c in twin.conditions}:
        # Conditions are ANDed: with one more the statement denies less.
        yield Narrowed(statement, twin, "condition", _told(more[0]))


def _allow(statement: Statement, twin: Statement) -> Iterator[Narrowed]:
    for condition in statement.conditions:
        if condition.key in (MFA_PRESENT, MFA_AGE) and not any(c.key == condition.key for c in twin.conditions):
            unsure = any(isinstance(c.key, Unknown) for c in twin.conditions)
            if not unsure:
                yield Narrowed(statement, twin, "mfa" if condition.key == MFA_PRESENT else "age", _told(condition))


def _condition(condition: Condition) -> str:
    return f"{condition.text} {canonical(condition.key)}"


def _told(condition: Condition) -> str:
    if isinstance(condition.operator, Unknown):
        return display(condition.operator, 120)
    return f"{condition.text} {display(condition.key)}"
