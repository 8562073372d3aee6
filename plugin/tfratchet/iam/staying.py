"""Whether a principal of base is still there in head."""

from __future__ import annotations

import copy
import enum
import re
from collections.abc import Callable
from dataclasses import dataclass

from tfratchet.iam.entitlements import Entitlements, Holding
from tfratchet.iam.principals import TYPES, Principal
from tfratchet.matching import Matching, covers, without_keys
from tfratchet.model import ModuleCall, Removed
from tfratchet.values import REF_CLOSE, REF_OPEN, Unknown

_MODULE_REF = re.compile(f"^{REF_OPEN}(module\\.[^{REF_CLOSE}]*){REF_CLOSE}")


class Fate(enum.Enum):
    """What becomes of a principal."""

    STAYS = "stays"
    ELSEWHERE = "elsewhere"
    """No longer created here, still used here: taken to stay."""
    FORGOTTEN = "forgotten"
    """No longer managed, kept in the account (``removed`` with ``destroy = false``)."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Stay:
    """What becomes of a principal, and on what that hangs."""

    fate: Fate
    unknown: tuple[Unknown, ...] = ()
    minor: bool = False
    """True when it is likelier than not that the principal goes."""


class Staying:
    """What becomes of the principals of base. One that the configuration does not create is taken to stay."""

    def __init__(self, matching: Matching, base: Entitlements, head: Entitlements) -> None:
        self.matching = matching
        self.base = base
        self.head = head
        self._dangling = {h.holder for h in base.holdings if h.dangling}
        self._dangling |= {m.user for m in base.memberships if m.dangling}
        self._known: dict[Principal, Stay] = {}

    def of(self, principal: Principal) -> Stay:
        """What becomes of a principal of base."""
        found = self._known.get(principal)
        if found is None:
            found = self._known[principal] = self._of(principal)
        return found

    def forgotten(self, address: str) -> Removed | None:
        """The ``removed`` block of head that says that an address of base is forgotten, not destroyed."""
        if address in self.head.root.resources:
            return None
        for block in self.head.root.removed:
            if not block.destroy and covers(block.source, _plain(block.source, address)) is not None:
                return block
        return None

    def _of(self, principal: Principal) -> Stay:
        resource = self.base.names.declared.get(principal)
        if resource is not None:
            return self._declared(principal)
        if principal in self._dangling and not self.head.declares(principal):
            return Stay(Fate.GONE)
        return self._given(principal)

    def _declared(self, principal: Principal) -> Stay:
        resource = self.base.names.declared[principal]
        now = self.head.names.declared.get(principal)
        if now is not None:
            if now.symbolic and not resource.symbolic:
                return Stay(Fate.STAYS, (now.condition or Unknown(now.address),))
            return Stay(Fate.STAYS)
        if self.forgotten(resource.address) is not None:
            return Stay(Fate.FORGOTTEN)
        if principal in self.head.mentioned:
            return Stay(Fate.ELSEWHERE)
        block = without_keys(self.matching.moved_to(resource.address))
        for other, other_resource in self.head.names.declared.items():
            unknown_name = other_resource.symbolic or isinstance(other_resource.values.get("name"), Unknown)
            if other.kind == principal.kind and unknown_name and without_keys(other_resource.address) == block:
                return Stay(Fate.STAYS, (Unknown(f"which {TYPES[principal.kind]} {block} creates"),), minor=True)
        return Stay(Fate.GONE)

    def _given(self, principal: Principal) -> Stay:
        """Not created here: a literal, a variable, an output of a module that cannot be read."""
        if principal.id.startswith("in:"):
            address = principal.id[len("in:") :]
        else:
            match = _MODULE_REF.match(principal.id)
            if match is None:
                return Stay(Fate.STAYS)
            address = match[1]
        before = self._call(address)
        if before is None:
            return Stay(Fate.STAYS)
        after = self.matching.call_for(before)
        if after is None:
            return Stay(Fate.GONE)
        if principal.id.startswith("in:") and not after.opaque:
            # Now it can be read: what it keeps is shown, and cannot be compared with what it kept.
            return Stay(Fate.STAYS, (Unknown(f"what {before.address} kept in base"),), minor=True)
        if (before.source, before.version) != (after.source, after.version):
            return Stay(
                Fate.STAYS, (Unknown(f"whether {after.address} still creates the {principal.kind}"),), minor=True
            )
        return Stay(Fate.STAYS)

    def _call(self, address: str) -> ModuleCall | None:
        found = self.base.root.calls.get(address)
        return found if found is not None and found.opaque else None


def with_forgotten(
    base: Entitlements, head: Entitlements, staying: Staying, in_head: Callable[[Holding], Holding]
) -> Entitlements:
    """Who has what in head, with the attachments and memberships that only Terraform forgets: the account keeps them.

    ``in_head``: a holding of base with what head makes of the policy.
    """
    holdings = [in_head(h) for h in base.holdings if staying.forgotten(h.source) is not None]
    memberships = [m for m in base.memberships if staying.forgotten(m.source) is not None]
    if not holdings and not memberships:
        return head
    joined = copy.copy(head)
    joined.holdings = [*head.holdings, *holdings]
    joined.memberships = [*head.memberships, *memberships]
    for answer in ("by_holder", "groups_of", "members_of", "mentioned"):  # worked out anew
        joined.__dict__.pop(answer, None)
    return joined


def _plain(pattern: str, address: str) -> str:
    """``removed`` blocks name a resource or module without instance keys."""
    return address if "[" in pattern else without_keys(address)
