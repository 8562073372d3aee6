"""Policies, compiled: which statement of a document applies to a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from tfratchet.iam.engine.compiled import CompiledStatement
from tfratchet.iam.engine.patterns import shown
from tfratchet.iam.engine.request import Request
from tfratchet.iam.engine.strings import Kleene
from tfratchet.iam.statements import DEFAULT_VERSION, VARIABLES_VERSION, Document, Statement, unknown_statement
from tfratchet.values import Unknown

ALLOW, DENY = "Allow", "Deny"


@dataclass(frozen=True, slots=True)
class StatementRef:
    """The statement that decided."""

    policy: str
    """Label of the policy."""
    index: int
    sid: str
    statement: Statement | None = field(default=None, compare=False, repr=False)
    source: Any = field(default=None, compare=False, repr=False)
    """What the caller gave with the policy: an address, a location."""

    def __str__(self) -> str:
        name = f"statement {self.sid!r}" if self.sid else f"statement {self.index + 1}"
        return f"{name} of {self.policy}"


@dataclass(frozen=True, slots=True)
class Found:
    """What one policy says to one question, for one effect."""

    answer: Kleene
    by: StatementRef | None = None
    unknowns: tuple[Unknown, ...] = ()
    direct: bool = False
    """Resource policies: an Allow that names the principal itself (or everybody), not just its account."""


NO = Found(False)


class PolicyLike(Protocol):
    """Anything that can say whether it denies or allows a request."""

    label: str

    def says(self, effect: str, request: Request) -> Found:
        """Whether the policy has a statement of this effect that applies."""
        ...

    def depends_on_principal(self) -> bool:
        """True when two principals may get different answers to the same question."""
        ...


class CompiledPolicy:
    """A policy document with the name that messages call it by."""

    def __init__(self, label: str, document: Document, source: Any = None) -> None:
        self.label = label
        self.document = document
        self.source = source
        found = document.statements
        if document.opaque is not None:
            found = (*found, unknown_statement(document.opaque))
        # Where the version is not known, variables count as put in: nearly every document says 2012-10-17.
        variables = document.version != DEFAULT_VERSION
        self.statements = tuple(CompiledStatement(s, variables=variables) for s in found)
        self.choices = tuple(
            (Unknown(condition), CompiledPolicy(label, if_true, source), CompiledPolicy(label, if_false, source))
            for condition, if_true, if_false in document.choices
        )
        self._by_action: dict[str, list[tuple[CompiledStatement, Kleene]]] = {}

    def depends_on_principal(self) -> bool:
        return any(s.principal_dependent for s in self.all_statements())

    def all_statements(self) -> list[CompiledStatement]:
        """Every statement, those that hang on an unknown condition included."""
        found = list(self.statements)
        for _, if_true, if_false in self.choices:
            found += if_true.all_statements() + if_false.all_statements()
        return found

    def for_action(self, action: str) -> list[tuple[CompiledStatement, Kleene]]:
        """The statements that name, or may name, an action."""
        found = self._by_action.get(action)
        if found is None:
            asked = [(s, s.matches_action(action)) for s in self.statements]
            found = self._by_action[action] = [(s, a) for s, a in asked if a is not False]
        return found

    def says(self, effect: str, request: Request) -> Found:
        """Whether a statement of this effect applies; of several the first that does so for certain."""
        unknown: list[Unknown] = []
        maybe: StatementRef | None = None
        indirect: Found | None = None
        for statement, action in self.for_action(request.action):
            if statement.effect is not None and statement.effect != effect:
                continue
            answer, direct = statement.applies(request, action)
            if answer is False:
                continue
            if answer and statement.effect is not None:
                found = Found(True, self.reference(statement), (), direct)
                if direct:
                    return found
                indirect = indirect or found
                continue
            maybe = maybe or self.reference(statement)
            unknown += statement.statement.unknowns
        for condition, if_true, if_false in self.choices:
            first, second = if_true.says(effect, request), if_false.says(effect, request)
            if first.answer and second.answer:
                indirect = indirect or Found(True, first.by, (), first.direct and second.direct)
            elif first.answer is not False or second.answer is not False:
                maybe = maybe or first.by or second.by
                unknown += [condition, *first.unknowns, *second.unknowns]
        if indirect is not None:
            return indirect
        if maybe is None:
            return NO
        return Found(None, maybe, tuple(dict.fromkeys(unknown)), direct=True)

    def reference(self, statement: CompiledStatement) -> StatementRef:
        """The name of a statement of this policy."""
        sid = statement.statement.sid
        text = "" if sid is None else shown(sid)
        return StatementRef(self.label, statement.statement.index, text, statement.statement, self.source)


ALLOW_ALL = CompiledPolicy(
    "everything allowed", Document((Statement(actions=("*",), resources=("*",)),), VARIABLES_VERSION)
)
"""For questions about a guard alone: whoever has it may do everything otherwise."""
