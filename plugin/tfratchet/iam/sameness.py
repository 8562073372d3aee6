"""When a policy of base is still there in head: what every kind of loss has to ask."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from tfratchet.iam.entitlements import BOUNDARY, INLINE, MODULE, Entitlements, Holding, Membership
from tfratchet.iam.losses import Kind, Loss
from tfratchet.iam.principals import PERMISSION_SET, ROLE, Policy
from tfratchet.iam.rewrites import is_guard, same_document
from tfratchet.iam.staying import Staying
from tfratchet.matching import Matching, without_keys
from tfratchet.values import Unknown, canonical, replace_refs


class Sameness:
    """Base's entitlements beside head's, with what has become of resources and principals."""

    def __init__(self, matching: Matching, base: Entitlements, head: Entitlements) -> None:
        self.matching = matching
        self.base = base
        self.head = head
        self.staying = Staying(matching, base, head)

    def same(self, old: Holding, new: Holding) -> bool:
        """True when ``new`` (of head) is the policy that ``old`` (of base) is, whoever holds it."""
        if new.route == BOUNDARY:
            return False
        if MODULE in (old.route, new.route):
            return self._same_module(old, new)
        if old.route == new.route and not new.policy.dangling:
            if old.route == INLINE:
                if old.holder == new.holder and (old.policy == new.policy or self._same_resource(old, new)):
                    return True
            elif old.policy == new.policy:
                return not self.destroyed(old.policy) or new.policy.address is not None
        return not new.policy.dangling and same_document(old.document, new.document)

    def _same_resource(self, old: Holding, new: Holding) -> bool:
        resource = self.base.root.resources.get(old.source)
        partner = self.matching.head_for(resource) if resource is not None else None
        return partner is not None and partner.address == new.source and old.source_type == new.source_type

    def _same_module(self, old: Holding, new: Holding) -> bool:
        """An opaque module on one side at least: the same call still gets the principal, or gives it now."""
        if old.route == MODULE and new.route == MODULE:
            return old.policy == new.policy
        target = self.matching.moved_to(old.source)
        if old.route == MODULE:
            return new.module == target or new.module.startswith(target + ".")
        return target.startswith(new.source + ".")

    def destroyed(self, policy: Policy) -> bool:
        """True when base creates the managed policy and head does not, nor reads it, nor forgets it."""
        if policy.address is None:
            return False
        resource = self.base.root.resources[policy.address]
        if resource.type != "aws_iam_policy" or self.matching.head_for(resource) is not None:
            return False
        if self.staying.forgotten(policy.address) is not None:
            return False
        return policy.id not in self.head.names.policies and policy.id not in self.head.names.read_policies

    def still_there(self, source: str) -> bool:
        """True when head has the resource at this address of base."""
        resource = self.base.root.resources.get(source)
        return resource is not None and self.matching.head_for(resource) is not None

    def deleted_root(self) -> tuple[Unknown, ...]:
        """What a loss hangs on when the whole root module is gone: nobody may run Terraform there again."""
        if self.head.root.exists or not self.base.root.exists:
            return ()
        return (Unknown(f"whether what the deleted root module {self.base.root.path} created is destroyed"),)

    def text(self, value: Unknown, *, of_head: bool) -> str:
        """Canonical text of an unknown, equal in base and head when it is the same one."""
        rename = self.matching.identity_of_head if of_head else self.matching.identity_of_base
        return canonical(replace_refs(value, rename))

    @cached_property
    def vague_attachments(self) -> frozenset[tuple[str, str]]:
        """Blocks of head that attach to holders of which the name is not known, with the kind of holder."""
        found = self.head.holdings
        return frozenset((without_keys(h.source), h.holder.kind) for h in found if not h.holder.known)

    @cached_property
    def vague_memberships(self) -> frozenset[str]:
        """Blocks of head that put users into groups of which not both names are known."""
        found = self.head.memberships
        return frozenset(without_keys(m.source) for m in found if not (m.user.known and m.group.known))

    def guard_gone(self, old: Holding) -> bool:
        """True when ``old`` denies something and nobody of head but roles has it any more."""
        if not is_guard(old.document):
            return False
        return not any(
            h.holder.kind != ROLE and (h.policy == old.policy or same_document(old.document, h.document))
            for h in self.head.holdings
            if not h.policy.dangling
        )

    def readdressed(self, old: Holding | Membership, new: Iterable[Holding | Membership]) -> Loss | None:
        """The same end state by another object: Terraform creates one and destroys the other, in any order."""
        sources = {h.source for h in new}
        resource = self.base.root.resources.get(old.source)
        if resource is None or resource.symbolic or resource.type.endswith("_exclusive"):
            return None
        found = [self.head.root.resources[s] for s in sorted(sources) if s in self.head.root.resources]
        targets = [t for t in found if not t.type.endswith("_exclusive")]
        if not targets or any(t.symbolic or self.matching.declared_move(resource, t) for t in targets):
            return None
        if self.staying.forgotten(old.source) is not None:
            return None
        unnamed = isinstance(old, Holding) and old.route == INLINE and "name" not in resource.values
        if unnamed and isinstance(old, Holding) and old.holder.kind != PERMISSION_SET:
            return None  # the provider makes up a name, and another one for the new object
        first = targets[0]
        holding = old if isinstance(old, Holding) else None
        return Loss(
            Kind.READDRESSED,
            old.holder if isinstance(old, Holding) else old.user,
            old.source,
            old.location,
            policy=holding.policy if holding is not None else None,
            group=None if isinstance(old, Holding) else old.group,
            new=first.address,
            new_location=first.location,
            minor=True,
            detail=f"{resource.type} becomes {first.type}" if resource.type != first.type else "",
        )
