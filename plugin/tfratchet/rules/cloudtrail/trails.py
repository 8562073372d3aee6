"""The trails of a root module, and what becomes of each: kept, replaced by another, covered by another, or lost.

What an account needs is that its calls are recorded, not that a resource has a certain name. So a trail that goes is
compared with what the remaining trails record before it counts as lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tfratchet.controls import CONTROLS
from tfratchet.model import ModuleCall, Resource, Root
from tfratchet.rules.attributes import Subject, condition_text, doubt_of_removal, forgotten, once, presence
from tfratchet.rules.base import attack, nist
from tfratchet.rules.cloudtrail.records import Coverage, lost_records, records_of
from tfratchet.rules.judge import boolean, judge, surely_set
from tfratchet.rules.modules import TRAIL, argument, carries, may_carry, switched_on
from tfratchet.values import Unknown, Value

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

REFERENCES = (nist("AU-2"), nist("AU-12"), attack("T1562.008"))
"""What the rules about trails have in common."""

FEATURES = (
    "is_multi_region_trail",
    "include_global_service_events",
    "enable_log_file_validation",
    "kms_key_id",
    "cloud_watch_logs_group_arn",
    "sns_topic_name",
    "is_organization_trail",
)
"""What a trail does, beside which events it records."""


class Trail(Subject):
    """A trail: a resource, or a call of a module that creates one."""

    def value(self, control: str) -> Value:
        """The effective value of a setting."""
        return self.setting(CONTROLS[control]).value

    @property
    def name(self) -> Value:
        """The name of the trail in the account."""
        if isinstance(self.item, Resource):
            return self.item.get("name")
        return argument(self.item, ("trail_name", "cloudtrail_name", "name")).value

    @property
    def logs(self) -> bool:
        """False when the trail is there, yet surely does not log."""
        return boolean(self.value("enable_logging")) is not False

    @property
    def bucket(self) -> Value:
        """The value that names its log bucket."""
        if isinstance(self.item, Resource):
            return self.item.get("s3_bucket_name")
        return self.item.arguments.get("s3_bucket_name")


@dataclass(frozen=True, slots=True)
class Kept:
    """A trail of base and the trail of head that it has become."""

    base: Trail
    head: Trail
    declared: bool
    """True when Terraform keeps the object (same address or a ``moved`` block), so far as its name allows."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A trail of base that is gone."""

    base: Trail
    missing: tuple[str, ...] = ()
    """What no remaining trail does, in words; empty: nothing was compared, as no trail is left."""
    left: bool = False
    """True when other trails remain."""
    management: bool = True
    """True when management events are no longer fully recorded."""
    forgotten: bool = False
    depends_on: Unknown | None = None
    why: str = ""


def trails(root: Root) -> list[Trail]:
    """Every trail that a root module creates, or may create."""
    found = [Trail(root, r) for r in root.managed("aws_cloudtrail") if presence(root, r) is not False]
    for address in sorted(root.calls):
        call = root.calls[address]
        if call.opaque and carries(call, TRAIL) and state_of(root, call) is not False:
            found.append(Trail(root, call))
    return found


def state_of(root: Root, item: Resource | ModuleCall) -> Value:
    """True, False or the unknown value that decides whether a trail exists."""
    there = presence(root, item)
    if there is not True or isinstance(item, Resource):
        return there
    return switched_on(root, item, TRAIL)


def changes(pair: RootPair) -> list[Kept | Lost]:
    """Every trail of base, with what becomes of it."""
    return once(pair, "trails", lambda p: list(_changes(p)))


def kept(pair: RootPair) -> Iterator[Kept]:
    """The trails that stay, in whatever form."""
    for change in changes(pair):
        if isinstance(change, Kept):
            yield change


def _changes(pair: RootPair) -> Iterator[Kept | Lost]:
    free = {t.address: t for t in trails(pair.head)}
    pairs: list[tuple[Trail, Trail]] = []
    gone: list[Trail] = []
    for trail in trails(pair.base):
        match: Resource | ModuleCall | None = None
        if trail.call is not None:
            match = pair.matching.call_for(trail.call)
        elif trail.resource is not None:
            match = pair.matching.head_for(trail.resource)
        partner = free.get(match.address) if match is not None else None
        if partner is not None:
            pairs.append((trail, partner))
            del free[partner.address]
        else:
            gone.append(trail)
    present = [h for _, h in pairs] + list(free.values())
    for trail in gone:
        if not trail.logs:
            continue
        lost = _lost(pair, trail, present)
        partner = _replacement(pair, trail, free) if lost is not None else None
        if partner is not None:
            pairs.append((trail, partner))
            del free[partner.address]
        elif lost is not None:
            yield lost
        else:
            # Covered. If by a trail that is new, its name changed: no events between destroy and create.
            cover = _replacement(pair, trail, free)
            if cover is not None:
                pairs.append((trail, cover))
                del free[cover.address]
    for base, head in pairs:
        yield Kept(base, head, _declared(pair, base, head))
        after = state_of(head.root, head.item)
        if isinstance(after, Unknown) and state_of(base.root, base.item) is True:
            yield Lost(base, left=True, depends_on=after, why=f"it exists only if {condition_text(after)}")


def _declared(pair: RootPair, base: Trail, head: Trail) -> bool:
    if base.resource is None or head.resource is None:
        return base.call is not None and head.call is not None
    return pair.matching.declared_move(base.resource, head.resource)


def comparable(base: Subject, head: Subject) -> bool:
    """False when the providers show that two trails may stand in different accounts or regions."""
    a, b = base.resource, head.resource
    return a is None or b is None or a.module != b.module or a.provider == b.provider


def _replacement(pair: RootPair, trail: Trail, free: dict[str, Trail]) -> Trail | None:
    candidates = [t for t in free.values() if comparable(trail, t)]

    def distance(other: Trail) -> tuple[int, str]:
        weaker = sum(
            judge(CONTROLS[f], trail.value(f), other.value(f), pair.matching.same) is not None for f in FEATURES
        )
        return (weaker, other.address)

    return min(candidates, key=distance, default=None)


def coverage(pair: RootPair, trail: Trail, *, of_head: bool) -> Coverage:
    """What a trail records, in the names of the matching."""
    text = pair.matching.text_of_head if of_head else pair.matching.text_of_base
    return records_of(trail.item, text)


def _lost(pair: RootPair, trail: Trail, present: list[Trail]) -> Lost | None:
    """What is lost with a trail; None when the remaining trails do all that it did."""
    if forgotten(pair, trail.address):
        return Lost(trail, forgotten=True)
    remaining = [t for t in present if t.logs]
    same_place = [t for t in remaining if comparable(trail, t)]
    missing, management = _missing(pair, trail, same_place)
    if not missing:
        return None
    if trail.call is not None and trail.call.address in pair.head.calls:
        return Lost(trail, why="the module no longer creates it")
    elsewhere = [t for t in remaining if not comparable(trail, t)]
    if elsewhere and not _missing(pair, trail, remaining)[0]:
        provider = elsewhere[0].resource.provider if elsewhere[0].resource else ""
        cause = Unknown(f"provider {provider or 'aws'}")
        return Lost(
            trail, left=True, depends_on=cause, why=f"{elsewhere[0].address} covers it only in the same account"
        )
    for address in sorted(pair.head.calls):
        other = pair.head.calls[address]
        took_over = trail.address.startswith(f"{address}.")
        appeared = address not in pair.base.calls and may_carry(other, TRAIL)
        if other.opaque and (took_over or appeared):
            cause = Unknown(f"{address} ({other.source})")
            return Lost(trail, depends_on=cause, why=f"{address} could not be read and may create one")
    doubt = doubt_of_removal(pair, trail.item)
    why = f"it depends on {condition_text(doubt)}" if doubt is not None else ""
    return Lost(trail, missing if same_place else (), bool(same_place), management, depends_on=doubt, why=why)


def _missing(pair: RootPair, trail: Trail, others: list[Trail]) -> tuple[tuple[str, ...], bool]:
    """What a trail does that none of ``others`` does, in words; and whether management events are among it."""
    if not others:
        return ("recording",), True
    capable = [t for t in others if not _less(pair, trail, t)]
    if not capable:
        # The nearest one says best what is missing.
        nearest = min(others, key=lambda t: (len(_less(pair, trail, t)), t.address))
        words = tuple(CONTROLS[f].label for f in _less(pair, trail, nearest))
        return words, False
    head = [coverage(pair, t, of_head=True) for t in capable]
    lost = lost_records(coverage(pair, trail, of_head=False), head)
    return tuple(r.words for r in lost), any(r.management for r in lost)


def _less(pair: RootPair, trail: Trail, other: Trail) -> list[str]:
    """Settings in which ``other`` does less than ``trail``."""
    found = []
    for name in FEATURES:
        before, after = trail.value(name), other.value(name)
        if CONTROLS[name].stronger.value == "set" and surely_set(after):
            continue
        if judge(CONTROLS[name], before, after, pair.matching.same) is not None:
            found.append(name)
    return found
