"""One statement, compiled: does it apply to a request?"""

from __future__ import annotations

from tfratchet.iam.conditions import CompiledCondition
from tfratchet.iam.engine.named import PrincipalSet
from tfratchet.iam.engine.patterns import Lookup, Patterns, all_of, negate
from tfratchet.iam.engine.request import PRINCIPAL_KEYS, Principal, Request
from tfratchet.iam.engine.strings import Kleene
from tfratchet.iam.statements import Statement


class CompiledStatement:
    """One statement, ready to be asked."""

    __slots__ = (
        "_actions",
        "_not_actions",
        "_not_principals",
        "_principals",
        "condition_keys",
        "conditions",
        "effect",
        "maybe",
        "not_resources",
        "principal_dependent",
        "resources",
        "statement",
        "substitutes",
        "variables",
    )

    def __init__(self, statement: Statement, *, variables: bool) -> None:
        self.statement = statement
        self.substitutes = variables
        """True when policy variables are put in (version 2012-10-17)."""
        self.effect = statement.effect if isinstance(statement.effect, str) else None
        """``Allow``, ``Deny`` or None: not known."""
        self.maybe = statement.maybe is not None
        """True when it is not known whether the statement is there at all."""
        actions, not_actions = statement.actions, statement.not_actions
        self._actions = None if actions is None else Patterns(actions, variables=False, fold=True)
        self._not_actions = None if not_actions is None else Patterns(not_actions, variables=False, fold=True)
        named, excluded = statement.resources, statement.not_resources
        self.resources = None if named is None else Patterns(named, variables=variables, arns=True)
        self.not_resources = None if excluded is None else Patterns(excluded, variables=variables, arns=True)
        self._principals = None if statement.principals is None else PrincipalSet(statement.principals)
        self._not_principals = None if statement.not_principals is None else PrincipalSet(statement.not_principals)
        self.conditions = tuple(CompiledCondition(c, variables=variables) for c in statement.conditions)
        found: list[str] = []
        for patterns in (self.resources, self.not_resources):
            found += patterns.variables if patterns is not None else ()
        for condition in self.conditions:
            found += condition.variables
        self.variables = tuple(dict.fromkeys(found))
        """Keys of the policy variables."""
        self.condition_keys = tuple(dict.fromkeys(c.key for c in self.conditions if c.key is not None))
        self.principal_dependent = (
            statement.principals is not None
            or statement.not_principals is not None
            or any(k.startswith(PRINCIPAL_KEYS) for k in (*self.variables, *self.condition_keys))
        )
        """True when it may apply to one principal and not to another."""

    def matches_action(self, action: str) -> Kleene:
        """Whether the statement names the action (lower case)."""
        if self._actions is not None:
            return self._actions.match(action, _nothing)
        if self._not_actions is not None:
            return negate(self._not_actions.match(action, _nothing))
        return False

    def matches_resource(self, resource: str, lookup: Lookup) -> Kleene:
        """Whether the statement names the resource (trust policies name none)."""
        if self.resources is not None:
            return self.resources.match(resource, lookup)
        if self.not_resources is not None:
            return negate(self.not_resources.match(resource, lookup))
        return True

    def matches_principal(self, principal: Principal) -> tuple[Kleene, bool]:
        """Whether the statement names the principal, and whether it names it directly and not through its account."""
        if self._principals is not None:
            return self._principals.match(principal)
        if self._not_principals is not None:
            return self._not_principals.reaches(principal, deny=self.effect == "Deny"), True
        return True, True

    def applies(self, request: Request, action: Kleene) -> tuple[Kleene, bool]:
        """Whether the statement applies to a request of whose action ``matches_action`` said ``action``; and whether it
        names the principal directly.
        """
        principal, direct = self.matches_principal(request.principal)
        if principal is False:
            return False, direct
        resource = self.matches_resource(request.resource, request.lookup)
        if resource is False:
            return False, direct
        conditions = all_of(c.holds(request.lookup) for c in self.conditions)
        if conditions is False:
            return False, direct
        known = action and principal and resource and conditions and not self.maybe
        return True if known else None, direct


def _nothing(key: str) -> None:
    del key
