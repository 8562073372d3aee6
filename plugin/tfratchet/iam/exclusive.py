"""Resources of head that take away what they do not list."""

from __future__ import annotations

from collections.abc import Iterator

from tfratchet.iam.entitlements import ATTACHED, INLINE, Exclusive, Holding
from tfratchet.iam.losses import Kind, Loss, holding_words
from tfratchet.iam.principals import GROUP, USER, Principal
from tfratchet.iam.sameness import Sameness
from tfratchet.values import Unknown


def rules_out(rule: Exclusive, holding: Holding) -> bool:
    """True when an exclusive resource rules a holding and does not list it."""
    if rule.route != holding.route or (rule.rules and holding.source_type not in rule.rules):
        return False
    if rule.policy is not None:
        return rule.policy == holding.policy and holding.holder.id not in rule.listed
    return rule.holder == holding.holder and holding.policy.id not in rule.listed


def taken_away(context: Sameness, old: Holding, same: list[Holding]) -> Loss | None:
    """``old`` is still attached in head (``same``), yet an exclusive resource there does not name it."""
    for holding in same:
        if holding.holder != old.holder or holding.route not in (ATTACHED, INLINE):
            continue
        for rule in context.head.exclusives:
            if rule.unknown or rule.source == holding.source or not rules_out(rule, holding):
                continue
            if any(rules_out(b, old) for b in context.base.exclusives):
                continue
            return Loss(
                Kind.EXCLUSIVE,
                old.holder,
                old.source,
                old.location,
                policy=old.policy,
                document=old.document,
                new=rule.source,
                new_location=rule.location,
                words=holding_words(old, context.head),
                detail=f"{rule.source} does not list it and takes it away",
            )
    return None


def begins(context: Sameness, losses: list[Loss]) -> Iterator[Loss]:
    """Exclusive management that begins in head, where what it takes away is not shown; and names of inline policies
    that a list no longer holds.
    """
    told = {loss.new for loss in losses if loss.kind is Kind.EXCLUSIVE}
    for rule in context.head.exclusives:
        before = _before(context, rule)
        if before is not None:
            yield from _unlisted_names(rule, before)
        elif rule.source not in told and context.base.root.exists:
            loss = _policy_begins(context, rule) if rule.policy is not None else _holder_begins(context, rule)
            if loss is not None:
                yield loss


def _before(context: Sameness, rule: Exclusive) -> Exclusive | None:
    for other in context.base.exclusives:
        same = other.route == rule.route and other.rules == rule.rules
        if same and other.holder == rule.holder and other.policy == rule.policy:
            return other
    return None


def _unlisted_names(rule: Exclusive, before: Exclusive) -> Iterator[Loss]:
    """Inline policies that nobody here creates and that the list kept."""
    if rule.route != INLINE or rule.holder is None or rule.unknown:
        return
    for name in sorted(before.listed - rule.listed):
        label = name.partition(":")[2].strip('"')
        yield Loss(
            Kind.EXCLUSIVE,
            rule.holder,
            before.source,
            before.location,
            policies=(label,),
            new=rule.source,
            new_location=rule.location,
            detail=f"{rule.source} no longer lists {label} and takes it away",
        )


def _policy_begins(context: Sameness, rule: Exclusive) -> Loss | None:
    policy = rule.policy
    if policy is None or policy.dangling or policy.id in context.head.names.policies:
        return None  # a policy that is created here: all of its attachments are shown, or come with it
    return Loss(
        Kind.EXCLUSIVE,
        Principal(USER, "*", "whom it does not name"),
        rule.source,
        rule.location,
        policy=policy,
        new=rule.source,
        new_location=rule.location,
        unknown=(Unknown(f"attachments of {policy.label} outside of this root module"),),
        minor=not rule.kinds & {USER, GROUP} or any(True for _ in context.base.holders_of(policy)),
        detail=f"{rule.source} takes {policy.label} from every user, group and role that it does not name",
    )


def _holder_begins(context: Sameness, rule: Exclusive) -> Loss | None:
    owner = rule.holder
    if owner is None or (context.head.declares(owner) and not context.base.declares(owner)):
        return None
    kind = "inline policies" if rule.route == INLINE else "attached policies"
    return Loss(
        Kind.EXCLUSIVE,
        owner,
        rule.source,
        rule.location,
        new=rule.source,
        new_location=rule.location,
        unknown=(Unknown(f"{kind} of {owner} outside of this root module"),),
        minor=context.base.declares(owner),
        detail=f"{rule.source} takes from {owner} all {kind} that it does not list",
    )
