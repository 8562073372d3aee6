"""Whom no act may touch: whoever is calling, root, break-glass principals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tfratchet.account.acts.base import GROUP, POLICY, ROLE, USER, Act
from tfratchet.account.facts import LiveGroup, LiveRole, LiveUser
from tfratchet.iam.engine.strings import glob

if TYPE_CHECKING:
    from tfratchet.account.facts import Facts
    from tfratchet.account.session import Account

PEOPLE = "iam:GetAccountAuthorizationDetails"
_Live = TypeVar("_Live", LiveUser, LiveGroup, LiveRole)
_USER = re.compile(r"^arn:[^:]*:(?:iam|sts)::(\d+):user/(?:.*/)?([^/]+)$")
_AS_SESSION = re.compile(r":sts::([^:]*):assumed-role/([^/]+)(?:/.*)?$")
_SESSION = re.compile(r"^arn:[^:]*:sts::(\d+):assumed-role/([^/]+)/")


@dataclass(frozen=True, slots=True)
class Caller:
    """One identity that this run speaks with: the one of the credentials, and the role that they assume."""

    arn: str
    key: str = ""
    """Id of its access key."""

    def is_user(self, account: str, name: str) -> bool:
        """Whether it is this user. Names of an account are the same whatever their case."""
        match = _USER.match(self.arn)
        return match is not None and match[1] == account and match[2].casefold() == name.casefold()

    def is_role(self, account: str, name: str) -> bool:
        """Whether it is a session of this role."""
        match = _SESSION.match(self.arn)
        return match is not None and match[1] == account and match[2].casefold() == name.casefold()


def caller_of(account: Account) -> Caller:
    """Who the credentials of ``account`` belong to. Raises UserError when AWS does not take them."""
    credentials = account.session.get_credentials()
    return Caller(account.identity.arn, credentials.access_key if credentials else "")


@dataclass(frozen=True, slots=True)
class Protection:
    """Says of an act why it must not be done."""

    facts: Facts
    """Users, groups and roles of the account."""
    callers: Sequence[Caller]
    patterns: Sequence[str] = ()
    """Break-glass principals: names or ARNs, both with ``*``."""

    def reason(self, act: Act) -> str | None:
        """Why ``act`` must not be done, or None."""
        unread = self._unread(act.subject.kind)
        if unread is not None:
            return unread
        key = getattr(act, "key", None)
        if key and any(c.key == key for c in self.callers):
            return f"{key} is the access key of this very run"
        subject = act.subject
        if subject.kind in (USER, ROLE):
            return self._principal(subject.kind, subject.name)
        if subject.kind == POLICY:
            return self._holders(subject.name)
        if subject.kind == GROUP:
            group = _called(self.facts.groups, subject.name)
            if self._named(GROUP, subject.name, group.arn if group is not None else None):
                return f"group {subject.name} is protected"
            for user in self._members(subject.name):
                found = self._principal(USER, user)
                if found is not None:
                    return f"group {subject.name} has a protected member: {found}"
        return None

    def _unread(self, kind: str) -> str | None:
        """Why nothing is known of whoever an act on this kind of thing touches: AWS did not let us read the people."""
        parts = {USER: {"users"}, GROUP: {"users"}, ROLE: {"roles"}, POLICY: {"users", "roles"}}.get(kind, set())
        for gap in self.facts.unread:
            # A single policy that could not be read (iam:GetPolicy) hides nobody.
            if gap.part in parts and gap.action == PEOPLE:
                return f"whom it touches could not be read ({gap.action}: {gap.reason})"
        return None

    def _holders(self, policy: str) -> str | None:
        """Why a policy must not be rewritten: it changes what everybody may do who has it."""
        groups = {g.name for g in self.facts.groups.values() if policy in g.attached}
        for user in self.facts.users.values():
            if policy in user.attached or policy == user.boundary or groups & set(user.groups):
                found = self._principal(USER, user.name)
                if found is not None:
                    return f"somebody protected has the policy: {found}"
        for role in self.facts.roles.values():
            if policy in role.attached or policy == role.boundary:
                found = self._principal(ROLE, role.name)
                if found is not None:
                    return f"somebody protected has the policy: {found}"
        return None

    def _principal(self, kind: str, name: str) -> str | None:
        account = self.facts.account
        if kind == USER and (name.startswith("<root") or name.casefold() == "root_account"):
            return "root is never touched"
        if kind == USER and any(c.is_user(account, name) for c in self.callers):
            return f"user {name} is who runs this"
        if kind == ROLE and any(c.is_role(account, name) for c in self.callers):
            return f"role {name} is who runs this"
        known = _called(self.facts.users, name) if kind == USER else _called(self.facts.roles, name)
        if self._named(kind, name, known.arn if known is not None else None):
            return f"{kind} {name} is a break-glass principal"
        return None

    def _named(self, kind: str, name: str, arn: str | None) -> bool:
        """Whether a pattern names it: ``bob``, ``user/bob``, ``user/ops/bob`` or an ARN, whatever the case.

        An ARN without the path counts as well (sessions of a role have none), and so does one of a role's sessions.
        """
        plain = f"arn:{self.facts.partition}:iam::{self.facts.account}:{kind}/{name}"
        arn = arn or plain
        texts = {t.casefold() for t in (name, f"{kind}/{name}", plain, arn, arn.split(":", 5)[-1])}
        patterns = (_AS_SESSION.sub(r":iam::\1:role/\2", p.casefold()) for p in self.patterns)
        return any(glob(p, text) for p in patterns for text in texts)

    def _members(self, group: str) -> Iterator[str]:
        return (u.name for u in self.facts.users.values() if group.casefold() in (g.casefold() for g in u.groups))


def _called(people: Mapping[str, _Live], name: str) -> _Live | None:
    """Whoever has this name: names of an account are the same whatever their case."""
    return people.get(name) or next((p for n, p in people.items() if n.casefold() == name.casefold()), None)
