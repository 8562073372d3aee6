"""Random configurations against a plain oracle: sets of (user, policy), before and after.

The oracle knows nothing of addresses, files or blocks. What a user who stays had and no longer has must be told, at
medium or worse; where nobody who stays lost anything, nothing but low findings may be told.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from build import pair, root
from tfratchet.iam.losses import Kind
from tfratchet.model import Root
from tfratchet.values import ref

USERS = ("alice", "bob", "carol")
GROUPS = ("staff", "ops")
POLICIES = ("ReadOnlyAccess", "SecurityAudit", "PowerUserAccess")


@dataclass
class World:
    """Who is there and who has what."""

    users: frozenset[str] = frozenset()
    direct: frozenset[tuple[str, str]] = frozenset()
    groups: frozenset[tuple[str, str]] = frozenset()
    members: frozenset[tuple[str, str]] = frozenset()
    style: int = 0
    names: tuple[int, ...] = field(default=(0, 1, 2))

    def reach(self, user: str) -> set[str]:
        """The policies that reach a user."""
        found = {p for u, p in self.direct if u == user}
        return found | {p for g, p in self.groups if (user, g) in self.members}

    def build(self) -> Root:
        """The same world, written down in one of several ways."""
        resources: dict[str, dict[str, object]] = {}
        block = {u: f"{u}_{self.names[i]}" for i, u in enumerate(USERS)}  # one block is never two people
        for user in self.users:
            resources[f"aws_iam_user.{block[user]}"] = {"name": user}
        for group in GROUPS:
            resources[f"aws_iam_group.{group}"] = {"name": group}

        def name(user: str) -> object:
            return ref(f"aws_iam_user.{block[user]}", ".name") if self.style % 2 and user in self.users else user

        if self.style % 3 == 0:
            for user, policy in self.direct:
                resources[f"aws_iam_user_policy_attachment.{user}_{policy}"] = {
                    "user": name(user),
                    "policy_arn": arn(policy),
                }
        elif self.style % 3 == 1:
            for index, (user, policy) in enumerate(sorted(self.direct)):
                resources[f"aws_iam_user_policy_attachment.all[{index}]"] = {
                    "user": name(user),
                    "policy_arn": arn(policy),
                }
        else:
            for user, policy in self.direct:
                address = f'module.m["{user}"].aws_iam_user_policy_attachment.a["{policy}"]'
                resources[address] = {"user": name(user), "policy_arn": arn(policy)}
        for group, policy in self.groups:
            resources[f"aws_iam_group_policy_attachment.{group}_{policy}"] = {"group": group, "policy_arn": arn(policy)}
        if self.style < 3:
            for group in GROUPS:
                users = [name(u) for u, g in sorted(self.members) if g == group]
                resources[f"aws_iam_group_membership.{group}"] = {"name": group, "group": group, "users": users}
        else:
            for user in sorted({u for u, _ in self.members}):
                groups = [g for u, g in sorted(self.members) if u == user]
                resources[f"aws_iam_user_group_membership.{user}"] = {"user": name(user), "groups": groups}
        return root(resources)


def arn(policy: str) -> str:
    return f"arn:aws:iam::aws:policy/{policy}"


def pairs_of(left: tuple[str, ...], right: tuple[str, ...]) -> st.SearchStrategy[frozenset[tuple[str, str]]]:
    return st.frozensets(st.tuples(st.sampled_from(left), st.sampled_from(right)))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    users = draw(st.frozensets(st.sampled_from(USERS)))
    known = tuple(sorted(users)) or USERS
    direct = draw(pairs_of(known, POLICIES)) if users else frozenset()
    members = draw(pairs_of(known, GROUPS)) if users else frozenset()
    style, names = draw(st.integers(0, 5)), tuple(draw(st.permutations((0, 1, 2))))
    return World(users, direct, draw(pairs_of(GROUPS, POLICIES)), members, style, names)


@settings(max_examples=150)
@given(base=worlds(), head=worlds())
def test_against_sets(base: World, head: World) -> None:
    changes = pair(base.build(), head.build()).entitlement_changes
    told = [loss for loss in changes.losses if not loss.minor]
    blamed: dict[str, set[str]] = {}
    for loss in told:
        labels = set(loss.policies) | ({loss.policy.label} if loss.policy is not None else set())
        people = {loss.holder.label} if loss.holder.kind == "user" else {m.label for m in loss.members}
        for person in people:
            blamed.setdefault(person, set()).update(labels)
    staying = base.users & head.users
    for user in staying:
        lost = base.reach(user) - head.reach(user)
        assert lost <= blamed.get(user, set()), f"{user} silently lost {lost}"
        # A group that loses a policy names all of its members, also one who has it otherwise; nothing else may be told.
        spared = blamed.get(user, set()) - lost
        by_group = {p for g, p in base.groups - head.groups if (user, g) in base.members}
        swapped = {loss.policy.label for loss in told if loss.kind is Kind.SWAPPED and loss.policy is not None}
        assert spared <= by_group | (swapped & lost), f"{user} did not lose {spared}"
    if all(not base.reach(u) - head.reach(u) for u in staying) and base.groups <= head.groups:
        assert not told


@settings(max_examples=60)
@given(world=worlds(), style=st.integers(0, 5), names=st.permutations((0, 1, 2)))
def test_another_way_to_write_it_is_no_loss(world: World, style: int, names: tuple[int, ...]) -> None:
    other = World(world.users, world.direct, world.groups, world.members, style, tuple(names))
    losses = pair(world.build(), other.build()).entitlement_changes.losses
    assert [loss for loss in losses if loss.kind is not Kind.READDRESSED] == []


@settings(max_examples=30)
@given(world=worlds())
def test_no_change_is_no_loss(world: World) -> None:
    assert pair(world.build(), world.build()).entitlement_changes.losses == []
