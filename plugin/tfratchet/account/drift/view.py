"""What drift compares: the declared items beside the facts, and small questions about both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tfratchet.account.drift.items import (
    Held,
    Items,
    Key,
    managed,
)
from tfratchet.account.facts import Facts, LiveGroup, LiveRole, LiveUser
from tfratchet.iam.documents import Document, atoms, equal
from tfratchet.iam.principals import GROUP, ROLE, USER

Live = LiveUser | LiveGroup | LiveRole
"""A principal that exists."""


@dataclass
class View:
    """What is declared beside what there is."""

    declared: Items
    facts: Facts
    everything: bool

    def __post_init__(self) -> None:
        self.live: dict[str, Mapping[str, Live]] = {
            USER: self.facts.users,
            GROUP: self.facts.groups,
            ROLE: self.facts.roles,
        }
        self.managed = managed(self.declared)
        self.managed.update(dict.fromkeys(self.declared.exclusive, ()))
        people = self.facts.could_read("users")
        self.readable = {USER: people, GROUP: people, ROLE: self.facts.could_read("roles")}

    def mine(self, *who: tuple[str, str]) -> tuple[str, ...] | None:
        """What it hangs on that the configuration manages one of these principals; None: it manages none of them."""
        found = [self.managed[w] for w in who if w in self.managed]
        return min(found, key=len) if found else None

    def arn(self, kind: str, name: str) -> str:
        found = self.live[kind].get(name)
        return found.arn if found else f"arn:{self.facts.partition}:iam::{self.facts.account}:{kind}/{name}"


def of_aws(live: Live) -> bool:
    """Whether AWS itself made this role."""
    return live.path.startswith("/aws-service-role/")


def by_holder(held: Iterable[Held]) -> dict[str, list[Held]]:
    """By the name of the holder, where it is known."""
    found: dict[str, list[Held]] = {}
    for one in held:
        if one.holder.text is not None:
            found.setdefault(one.holder.text, []).append(one)
    return found


def surest(held: Sequence[Held]) -> Held:
    """The holding that hangs on the least."""
    return min(held, key=lambda h: len(h.place.depends))


def policy_name(key: Key, held: Held) -> str:
    """The name of a live policy, to be held against a declared one whose name is not known."""
    return key[1] if held.aws == (key[0] == "aws") or held.policy.pattern is None else "\x00"


def fits(held: Held, key: Key) -> bool:
    """Whether an unknown policy may be this one."""
    return held.policy.may_be(policy_name(key, held))


def differs(declared: Document, live: Document) -> bool:
    """Whether a live document certainly says something else than the declared one, whatever its unknown values are."""
    answer = equal(declared, live)
    if answer is not None:
        return not answer
    wanted, there = atoms(declared), atoms(live)
    # What is declared and known must be there; what else is there may be what the unknown parts say.
    return any(not a.unknown and a not in there for a in wanted)
