"""What a change takes from users, groups and roles: base's entitlements against head's, each loss once.

The result says *what* is lost, by which kind of change; what it weighs and how it is told is for the rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from tfratchet.iam.entitlements import ATTACHED, BOUNDARY, INLINE, MODULE, POLICY_ATTACHMENT, Entitlements, Holding
from tfratchet.iam.exclusive import begins, taken_away
from tfratchet.iam.handed import owner_kind
from tfratchet.iam.losses import Changes, Kind, Loss, Route, holding_words, newly_hangs_on
from tfratchet.iam.membership import holders_gone, memberships_lost
from tfratchet.iam.principals import GROUP, PERMISSION_SET, Principal
from tfratchet.iam.rewrites import is_guard, readable, rewritten, same_document
from tfratchet.iam.sameness import Sameness
from tfratchet.iam.staying import Fate, Stay
from tfratchet.matching import Matching, without_keys
from tfratchet.model import Location
from tfratchet.values import Unknown


def entitlement_changes(matching: Matching, base: Entitlements, head: Entitlements) -> Changes:
    """Everything that users, groups and roles lose between base and head."""
    return _Comparer(Sameness(matching, base, head)).run()


@dataclass(slots=True)
class _Open:
    """A holding of base that head does not have: what it becomes is decided when all of its holder's are known."""

    holding: Holding
    unknown: tuple[Unknown, ...]
    minor: bool = False


class _Comparer:
    def __init__(self, context: Sameness) -> None:
        self.context = context
        self.matching = context.matching
        self.base = context.base
        self.head = context.head
        self.found = Changes()
        self.readable = not any(e.kind == "syntax" for e in self.base.root.errors)

    def run(self) -> Changes:
        for holder, holdings in self.base.by_holder.items():
            stay = self.context.staying.of(holder)
            if stay.fate is not Fate.GONE:
                self._holder(holder, holdings, stay)
        for found in memberships_lost(self.context):
            if isinstance(found, Loss):
                self.found.losses.append(found)
            else:
                self.found.routes.append(found)
        self.found.losses.extend(holders_gone(self.context))
        self.found.losses.extend(begins(self.context, self.found.losses))
        return self.found

    # -- what a holder that stays has -----------------------------------------------------------------------------

    def _holder(self, holder: Principal, holdings: list[Holding], stay: Stay) -> None:
        reaching = list(self.head.reaching(holder))
        open_: list[_Open] = []
        seen: set[tuple[str, bool]] = set()
        # A plain attachment tells more than an exclusive list that names the same policy.
        for holding in sorted(holdings, key=lambda h: h.source_type.endswith("_exclusive")):
            if holding.route == BOUNDARY:
                self._boundary(holding, stay)
                continue
            if holding.policy.dangling and self.readable:
                continue  # a policy that nobody declares has never been attached
            key = (holding.policy.id, holding.route == INLINE)
            same = [h for h in reaching if self.context.same(holding, h)]
            if same:
                extra = self._condition(holding, same)
                if key not in seen and not self._kept(holding, same) and extra:
                    open_.append(_Open(holding, extra))
            elif key not in seen and not self._only_unlisted(holding, holdings):
                vague = self._cannot_tell(holding)
                unknown = holding.unknown + stay.unknown + self.context.deleted_root() + vague
                open_.append(_Open(holding, unknown, stay.minor or bool(vague)))
            seen.add(key)
        if open_:
            before = list(self.base.reaching(holder))
            mine = [h for h in self.head.by_holder.get(holder, ()) if h.route != BOUNDARY and not h.policy.dangling]
            had = {(b.policy, b.route) for b in before}
            new = [h for h in mine if (h.policy, h.route) not in had]
            self._close(open_, [h for h in new if not any(self.context.same(b, h) for b in before)])

    def _condition(self, old: Holding, same: list[Holding]) -> tuple[Unknown, ...]:
        """What the policy now hangs on and did not before."""
        return newly_hangs_on(old.unknown, [h.unknown for h in same])

    def _cannot_tell(self, old: Holding) -> tuple[Unknown, ...]:
        """The same block still attaches, to whom is not known: a list has become a variable, say."""
        block = without_keys(self.matching.moved_to(old.source))
        vague = (block, old.holder.kind) in self.context.vague_attachments
        return (Unknown(f"to whom {block} attaches"),) if vague else ()

    def _only_unlisted(self, holding: Holding, holdings: list[Holding]) -> bool:
        """Only an exclusive resource established it, and that is gone: nothing is detached (#39818)."""
        sources = [h for h in holdings if h.policy == holding.policy and h.route == holding.route]
        return all(h.source_type.endswith("_exclusive") and not self.context.still_there(h.source) for h in sources)

    def _kept(self, old: Holding, same: list[Holding]) -> bool:
        """Note how a policy is kept; True when an exclusive resource takes it away all the same."""
        conflict = taken_away(self.context, old, same)
        if conflict is not None:
            self.found.losses.append(conflict)
            return True
        direct = [h for h in same if h.holder == old.holder and h.route == old.route]
        if not direct:
            other = same[0]
            how = "inline" if other.route == INLINE else "attached"
            via = f" through {other.holder}" if other.holder != old.holder else ""
            message = f"{old.holder}: {old.policy.label} still reaches it as {other.policy.label}, {how}{via}"
            self.found.routes.append(Route(message, other.location))
        elif old.route != MODULE and all(h.route != MODULE and h.policy == old.policy for h in direct):
            moved = self.context.readdressed(old, direct)
            if moved is not None:
                self.found.losses.append(moved)
        return False

    # -- what became of it ------------------------------------------------------------------------------------------

    def _close(self, open_: list[_Open], new: list[Holding]) -> None:
        documents = [h.document for h in new if h.route != MODULE]
        partners = [h for h in new if h.route != MODULE]
        for item in open_:
            old = item.holding
            said = rewritten(old.document, documents)
            if said is None:
                item.unknown += (Unknown("whether the resources in the documents are the same"),)
                item.minor = True
            if said:
                labels = ", ".join(dict.fromkeys(h.policy.label for h in new))
                message = f"{old.holder}: {old.policy.label} was rewritten as {labels}"
                self.found.routes.append(Route(message, new[0].location))
            elif old.holder.kind == GROUP and self._members_have(old):
                message = f"{old.holder}: every member shown still has {old.policy.label}"
                self.found.routes.append(Route(message, old.location))
            else:
                partner = self._partner(old, partners)
                if partner is not None:
                    partners.remove(partner)
                self.found.losses.append(self._loss(item, partner, new))

    def _partner(self, old: Holding, candidates: list[Holding]) -> Holding | None:
        """The new policy that takes the place of a lost one: nearest first."""
        if old.route == MODULE or not candidates:
            return None
        target = self.matching.moved_to(old.source)

        def distance(new: Holding) -> int:
            if new.source == target:
                return 0
            return 1 if without_keys(new.source) == without_keys(target) else 2 if new.route == old.route else 3

        return min(candidates, key=distance)

    def _loss(self, item: _Open, partner: Holding | None, new: list[Holding]) -> Loss:
        old = item.holding
        kind, unknown, minor = Kind.DETACHED, item.unknown, item.minor
        instead = ""
        forgotten = self.context.staying.forgotten(old.source)
        where = forgotten.location if forgotten is not None else None
        if forgotten is not None:
            kind, minor = Kind.FORGOTTEN, True
        elif partner is not None:
            kind, instead, where = Kind.SWAPPED, partner.policy.label, partner.location
            unknown += partner.unknown + _opaque_documents(old, partner)
            unknown += tuple(Unknown(h.policy.label) for h in (old, partner) if not h.policy.known)
        elif old.route == ATTACHED and self.context.destroyed(old.policy):
            kind = Kind.POLICY_DESTROYED
            if any(h.policy == old.policy and not h.policy.dangling for h in self.head.by_holder.get(old.holder, ())):
                unknown += (Unknown(f"whether policy {old.policy.label} is now created elsewhere"),)
        elif self._list_shrinks(old):
            kind = Kind.EXCLUSIVE
            head = self.matching.head_for(self.base.root.resources[old.source])
            where = head.location if head is not None else None
        elif old.route == MODULE:
            unknown += (Unknown(f"what {old.source} gives the {old.holder.kind}"),)
            kind = Kind.INLINE_REMOVED if old.policy.id.startswith("module:") else Kind.DETACHED
            minor = minor or self._made_by_module(old)
        elif old.route == INLINE:
            kind = Kind.INLINE_REMOVED
        given = [h for h in new if h.route == MODULE]
        if given and kind is not Kind.FORGOTTEN:
            unknown += (Unknown(f"what {given[0].source} gives the {old.holder.kind}"),)
        members: tuple[Principal, ...] = ()
        if old.holder.kind == GROUP:
            members = tuple(m.user for m in self.base.members_of.get(old.holder, ()))
        return Loss(
            kind,
            old.holder,
            old.source,
            old.location,
            policy=old.policy,
            document=old.document,
            new=instead,
            new_location=where,
            unknown=tuple(dict.fromkeys(unknown)),
            minor=minor,
            guard_gone=self.context.guard_gone(old) and not (partner is not None and is_guard(partner.document)),
            members=members,
            words=holding_words(old, self.head),
        )

    def _list_shrinks(self, old: Holding) -> bool:
        """The exclusive resource that names the holder is still there, without it."""
        exclusive = old.source_type == POLICY_ATTACHMENT or old.source_type.endswith("_exclusive")
        return exclusive and self.context.still_there(old.source)

    def _made_by_module(self, old: Holding) -> bool:
        """True for a plain name that no resource here has: the module that is given it may create the user itself."""
        literal = old.holder.id.startswith("aws_iam_user:") and not self.base.declares(old.holder)
        call = self.base.root.calls.get(old.source)
        return literal and old.holder not in self.base.names.read and call is not None and owner_kind(call) != GROUP

    def _members_have(self, old: Holding) -> bool:
        """True when a group's members are shown in base, and each of them that stays has the policy still."""
        members = [m.user for m in self.base.members_of.get(old.holder, ())]
        if not members or not all(m.known for m in members):
            return False
        staying = [m for m in members if self.context.staying.of(m).fate is not Fate.GONE]
        return bool(staying) and all(
            any(self.context.same(old, h) for h in self.head.reaching(member)) for member in staying
        )

    # -- boundaries -------------------------------------------------------------------------------------------------

    def _boundary(self, old: Holding, stay: Stay) -> None:
        if old.holder.kind == PERMISSION_SET:
            self._boundary_of_set(old, stay)
            return
        declared = self.head.names.declared.get(old.holder)
        if declared is None:
            return
        now = self._boundary_now(old.holder)
        if now is not None and (now.policy == old.policy or same_document(old.document, now.document)):
            return
        unknown = stay.unknown
        if now is not None and not (now.policy.known and old.policy.known):
            unknown += (Unknown(now.policy.label),)
        elif now is None and not old.policy.known and not Unknown(old.policy.id).refs:
            unknown += (Unknown(old.policy.label),)  # a variable, which may have been null
        self._boundary_lost(old, now, now.location if now is not None else declared.location, unknown)

    def _boundary_of_set(self, old: Holding, stay: Stay) -> None:
        """The boundary of a permission set has a resource of its own, which goes, moves and is forgotten by itself."""
        if old.policy.dangling and self.readable:
            return  # a policy that nobody declares has never been attached
        now = self._boundary_now(old.holder)
        unknown = old.unknown + stay.unknown + self.context.deleted_root()
        if now is not None and (now.policy == old.policy or same_document(old.document, now.document)):
            extra = self._condition(old, [now])
            if extra:
                self._boundary_lost(old, None, now.location, unknown + extra)
            else:
                moved = self.context.readdressed(old, [now])
                self.found.losses.extend([moved] if moved is not None else [])
            return
        forgotten = self.context.staying.forgotten(old.source) if now is None else None
        if forgotten is not None:
            self._boundary_lost(old, None, forgotten.location, unknown, Kind.FORGOTTEN, minor=True)
        elif now is not None:
            vague = () if now.policy.known and old.policy.known else (Unknown(now.policy.label),)
            self._boundary_lost(old, now, now.location, unknown + now.unknown + vague)
        else:
            cannot_tell = self._cannot_tell(old)
            self._boundary_lost(old, None, None, unknown + cannot_tell, minor=stay.minor or bool(cannot_tell))

    def _boundary_now(self, holder: Principal) -> Holding | None:
        now = next((h for h in self.head.by_holder.get(holder, ()) if h.route == BOUNDARY), None)
        return None if now is not None and now.policy.dangling else now

    def _boundary_lost(
        self,
        old: Holding,
        now: Holding | None,
        where: Location | None,
        unknown: tuple[Unknown, ...],
        kind: Kind = Kind.BOUNDARY,
        *,
        minor: bool = False,
    ) -> None:
        self.found.losses.append(
            Loss(
                kind,
                old.holder,
                old.source,
                old.location,
                policy=old.policy,
                document=old.document,
                new=now.policy.label if now is not None else "",
                new_location=where,
                unknown=tuple(dict.fromkeys(unknown)),
                minor=minor,
                words=holding_words(old, self.head),
            )
        )


def _opaque_documents(old: Holding, new: Holding) -> tuple[Unknown, ...]:
    """Documents of which nothing is known: they may say the same."""
    if old.document is None or new.document is None:
        return ()
    return tuple(d.opaque for d in (old.document, new.document) if d.opaque is not None and not readable(d))
