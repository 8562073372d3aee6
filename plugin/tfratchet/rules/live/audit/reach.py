"""What users can call without MFA, asked of the decision engine with the policies that the account has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tfratchet.account.facts import Facts, LiveUser
from tfratchet.iam.answers import ABSENT, FALSE, MFA_AGE, MFA_PRESENT, MfaContext, contexts
from tfratchet.iam.documents import Document, parse_document
from tfratchet.iam.engine.compiled import CompiledStatement
from tfratchet.iam.engine.decide import Decision, Policies, decide
from tfratchet.iam.engine.policy import ALLOW_ALL, CompiledPolicy
from tfratchet.iam.engine.request import Principal, Request
from tfratchet.iam.engine.strings import ACCOUNT, PARTITION
from tfratchet.iam.engine.witness import ALWAYS, KINDS
from tfratchet.iam.protected import ProtectedAction, protected_actions
from tfratchet.iam.touches import tells
from tfratchet.values import Unknown

WITHOUT: tuple[MfaContext, ...] = (FALSE, ABSENT)
"""A console session without MFA, and long-lived keys."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What one user can call without MFA."""

    open: Mapping[MfaContext, tuple[str, ...]]
    """Protected actions that nothing denies, whoever may allow them: the holes of the guard."""
    allowed: tuple[str, ...]
    """Those of them that a policy of the user allows without MFA."""
    unsure: tuple[str, ...]
    """Those of which neither is known: a policy or a condition that cannot be read."""
    anything: bool
    """Whether some statement allows something without MFA, what one needs to get MFA apart."""

    @property
    def guarded(self) -> bool:
        """Whether everything is denied without MFA."""
        return not any(self.open.values())


class Reaches:
    """The answers for the users of one account; users with the same policies are asked once."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        known = protected_actions()
        harmless = {a.lower() for a in (*known.mfa_self_service, *known.mfa_first_sign_in)}
        self._harmless = harmless
        self._actions = [a for a in known.actions if a.probe and a.action.lower() not in harmless]
        self._compiled: dict[tuple[str, ...], CompiledPolicy] = {}
        self._answers: dict[tuple[object, ...], Reach] = {}

    def of(self, user: LiveUser) -> Reach:
        """What ``user`` can call without MFA."""
        identity = tuple(self._identity(user))
        boundary = None if user.boundary is None else (self._managed(user.boundary),)
        asker = Principal(
            type="User",
            arn=user.arn,
            account=self.facts.account,
            name=user.name,
            tags={k.lower(): v for k, v in user.tags.items()},
        )
        statements = [s for p in (*identity, *(boundary or ())) for s in p.all_statements()]
        who = tuple(repr(x) for s in statements for x in tells(s, asker))
        key = (tuple(map(id, identity)), boundary and id(boundary[0]), who)
        if key not in self._answers:
            self._answers[key] = self._ask(asker, identity, boundary)
        return self._answers[key]

    def _identity(self, user: LiveUser) -> list[CompiledPolicy]:
        """Every policy that reaches the user, as the boundary does not count as one."""
        found = [self._managed(arn) for arn in user.attached]
        found += [self._inline("user", user.name, name, document) for name, document in user.inline.items()]
        for name in user.groups:
            group = self.facts.groups.get(name)
            if group is None:
                found.append(self._unread(f"group {name}"))
                continue
            found += [self._managed(arn) for arn in group.attached]
            found += [self._inline("group", name, inline, document) for inline, document in group.inline.items()]
        return found

    def _managed(self, arn: str) -> CompiledPolicy:
        policy = self.facts.policies.get(arn)
        if policy is None:
            return self._unread(f"policy {arn}")
        return self._policy((arn,), policy.name, policy.document)

    def _inline(self, kind: str, holder: str, name: str, document: Mapping[str, Any]) -> CompiledPolicy:
        # Users often carry copies of one inline policy: equal documents are one policy here.
        return self._policy((kind, repr(document)), f"{name} ({kind} {holder})", document)

    def _unread(self, what: str) -> CompiledPolicy:
        if (what,) not in self._compiled:
            self._compiled[what,] = CompiledPolicy(what, Document(opaque=Unknown(what)))
        return self._compiled[what,]

    def _policy(self, key: tuple[str, ...], label: str, document: Mapping[str, Any]) -> CompiledPolicy:
        if key not in self._compiled:
            self._compiled[key] = CompiledPolicy(label, parse_document(dict(document)))
        return self._compiled[key]

    def _ask(
        self, asker: Principal, identity: tuple[CompiledPolicy, ...], boundary: tuple[CompiledPolicy, ...] | None
    ) -> Reach:
        guard, own = Policies((ALLOW_ALL, *identity), boundary), Policies(identity, boundary)
        open_: dict[MfaContext, list[str]] = {}
        allowed: dict[str, None] = {}
        unsure: dict[str, None] = {}
        asked = {mfa: keys for mfa, _, keys in contexts(ALWAYS, (), mfa=True)}
        for mfa in WITHOUT:
            for action in self._actions:
                request = Request(asker, action.action.lower(), self._resource(action), asked[mfa])
                stopped = _stopped(decide(guard, request))
                if stopped is None:
                    unsure[action.action] = None
                if stopped is not False:
                    continue
                open_.setdefault(mfa, []).append(action.action)
                answer = decide(own, request).answer
                if answer == "allowed":
                    allowed[action.action] = None
                elif answer == "not_known":
                    unsure[action.action] = None
        statements = [s for p in identity for s in p.all_statements()]
        return Reach(
            {mfa: tuple(names) for mfa, names in open_.items()},
            tuple(allowed),
            tuple(a for a in unsure if a not in allowed),
            any(self._allows_without_mfa(s) for s in statements),
        )

    def _resource(self, action: ProtectedAction) -> str:
        """A resource of the action's kind that no policy names, in this account."""
        generic = KINDS[action.resource].generic
        return generic.replace(ACCOUNT, self.facts.account).replace(PARTITION, self.facts.partition)

    def _allows_without_mfa(self, statement: CompiledStatement) -> bool:
        if statement.effect == "Deny":
            return False
        names = statement.statement.actions
        if names is not None and all(isinstance(n, str) and n.lower() in self._harmless for n in names):
            return False
        asking = [c for c in statement.conditions if c.key in (MFA_PRESENT, MFA_AGE)]
        sessions: tuple[dict[str, tuple[str, ...]], ...] = ({}, {MFA_PRESENT: ("false",)})
        return any(all(c.holds(keys.get) is not False for c in asking) for keys in sessions)


def _stopped(decision: Decision) -> bool | None:
    """Whether a Deny or the boundary stops it; None: not known."""
    if decision.answer == "denied":
        return decision.explicit or decision.layer == "boundary"
    if decision.answer == "not_known" and (decision.guard_unknown or decision.layer == "boundary"):
        return None
    return False
