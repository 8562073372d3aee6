"""Users who are taken out of groups, and principals that go altogether."""

from __future__ import annotations

from collections.abc import Iterator

from tfratchet.iam.entitlements import BOUNDARY, Membership
from tfratchet.iam.losses import Kind, Loss, Route, holding_words, member_words, newly_hangs_on
from tfratchet.iam.principals import Principal
from tfratchet.iam.rewrites import is_guard
from tfratchet.iam.sameness import Sameness
from tfratchet.iam.staying import Fate
from tfratchet.matching import without_keys
from tfratchet.values import Unknown


def memberships_lost(context: Sameness) -> Iterator[Loss | Route]:
    """What users lose by leaving groups."""
    for membership in context.base.memberships:
        found = _membership(context, membership)
        if found is not None:
            yield found


def _membership(context: Sameness, old: Membership) -> Loss | Route | None:
    user, group = old.user, old.group
    stay = context.staying.of(user)
    if stay.fate is Fate.GONE or old.dangling or old.no_group:
        return None
    now = [m for m in context.head.groups_of.get(user, ()) if m.group == group]
    extra = newly_hangs_on(old.unknown, [m.unknown for m in now])
    if now and not extra:
        return context.readdressed(old, now)
    carried = [h for h in context.base.by_holder.get(group, ()) if h.route != BOUNDARY]
    reaching = list(context.head.reaching(user))
    if extra:
        direct = context.head.by_holder.get(user, [])
        reaching = [*direct, *(h for m in others_of(context, user, group) for h in context.head.by_holder.get(m, ()))]
    lost = [h for h in carried if not any(context.same(h, r) for r in reaching)]
    if carried and not lost:
        return Route(f"{user} leaves {group} and still has every policy of it", old.location)
    unknown = old.unknown + stay.unknown + context.deleted_root() + extra
    minor = stay.minor
    if not carried:
        # The group's policies may be attached elsewhere.
        unknown += (Unknown(f"the policies of {group}, which are not shown here"),)
        minor = minor or context.base.declares(group)
    block = without_keys(context.matching.moved_to(old.source))
    if block in context.vague_memberships:
        minor = True
        unknown += (Unknown(f"who {block} puts into which group"),)
    forgotten = context.staying.forgotten(old.source)
    others = [m for m in context.head.groups_of.get(user, []) if m.group != group or not extra]
    where = forgotten.location if forgotten is not None else None
    if forgotten is None and others:
        where = others[0].location
    return Loss(
        Kind.FORGOTTEN if forgotten is not None else Kind.LEFT_GROUP,
        user,
        old.source,
        old.location,
        group=group,
        document=next((h.document for h in lost if is_guard(h.document)), None),
        new=", ".join(sorted({m.group.label for m in others})),
        new_location=where,
        unknown=tuple(dict.fromkeys(unknown)),
        minor=minor or forgotten is not None,
        guard_gone=any(context.guard_gone(h) for h in lost),
        policies=tuple(dict.fromkeys(h.policy.label for h in lost)),
        words=member_words(user, group, context.head),
        detail="the group is removed" if context.staying.of(group).fate is Fate.GONE else "",
    )


def others_of(context: Sameness, user: Principal, group: Principal) -> list[Principal]:
    """The groups that a user is in in head, but for one."""
    return [m.group for m in context.head.groups_of.get(user, ()) if m.group != group]


def holders_gone(context: Sameness) -> Iterator[Loss]:
    """Users, groups and roles that go together with their policies, or are forgotten by Terraform."""
    base = context.base
    dangling: set[Principal] = {h.holder for h in base.holdings if h.dangling}
    dangling.update(m.user for m in base.memberships if m.dangling)
    dangling.update(p for p in base.by_holder if p.id.startswith("in:"))  # kept by a module that cannot be read
    for principal in [*base.names.declared, *sorted(dangling, key=lambda p: (p.kind, p.id))]:
        stay = context.staying.of(principal)
        resource = base.names.declared.get(principal)
        if stay.fate is Fate.FORGOTTEN and resource is not None:
            forgotten = context.staying.forgotten(resource.address)
            where = forgotten.location if forgotten is not None else None
            yield Loss(Kind.FORGOTTEN, principal, resource.address, resource.location, new_location=where, minor=True)
        elif stay.fate is Fate.GONE:
            loss = _gone(context, principal)
            if loss is not None:
                yield loss


def _gone(context: Sameness, principal: Principal) -> Loss | None:
    base = context.base
    resource = base.names.declared.get(principal)
    holdings = list(base.reaching(principal))
    memberships = base.groups_of.get(principal, [])
    if not holdings and not memberships:
        return None
    first = base.by_holder.get(principal, [*holdings[:1]]) or memberships
    words: list[str] = []
    for holding in base.by_holder.get(principal, ()):
        words += holding_words(holding, context.head)
    for membership in memberships:
        words += member_words(principal, membership.group, context.head)
    return Loss(
        Kind.HOLDER_GONE,
        principal,
        resource.address if resource is not None else first[0].source,
        resource.location if resource is not None else first[0].location,
        minor=True,
        policies=tuple(dict.fromkeys(h.policy.label for h in holdings)),
        members=tuple(m.user for m in base.members_of.get(principal, ())),
        words=tuple(dict.fromkeys(words)),
        detail="" if resource is not None or principal.id.startswith("in:") else "it is declared nowhere in base",
    )
