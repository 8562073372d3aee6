"""The decision: IAM user guide, "Policy evaluation logic".

An explicit deny anywhere wins. Then every limit must allow (service control policies at every level, the permissions
boundary, session policies), and so must the identity policies or, in the same account, the policy of the resource.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from tfratchet.iam.engine.policy import ALLOW, DENY, NO, Found, PolicyLike, StatementRef
from tfratchet.iam.engine.request import Request
from tfratchet.values import Unknown

Answer: TypeAlias = Literal["allowed", "denied", "not_known"]


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy that takes part in a decision."""

    identity: Sequence[PolicyLike] = ()
    """Of the user (or role) and of its groups, managed and inline."""
    boundary: Sequence[PolicyLike] | None = None
    """The permissions boundary; None: the principal has none."""
    scps: Sequence[Sequence[PolicyLike]] | None = None
    """Service control policies level by level (root, units, account); None: no organization is looked at."""
    resource: Sequence[PolicyLike] | None = None
    """The policy of the resource; None: it has none, or it is not looked at."""
    session: Sequence[PolicyLike] | None = None
    """Session policies; None: none were passed."""
    resource_decides: bool = False
    """True for trust policies and KMS keys: without an Allow there nothing else counts."""
    cross_account: bool = False
    """True when the principal is of another account than the resource: both sides must allow."""

    def all(self) -> list[tuple[str, PolicyLike]]:
        """Every policy with the layer it belongs to, in the order in which AWS looks for a deny."""
        found: list[tuple[str, PolicyLike]] = []
        for level in self.scps or ():
            found += [("scp", p) for p in level]
        found += [("resource", p) for p in self.resource or ()]
        found += [("identity", p) for p in self.identity]
        found += [("boundary", p) for p in self.boundary or ()]
        found += [("session", p) for p in self.session or ()]
        return found


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one question, with the statement that decided."""

    answer: Answer
    explicit: bool = False
    """Denied by a statement, and not for want of an Allow."""
    layer: str = ""
    """``identity``, ``boundary``, ``scp``, ``resource`` or ``session``: where it was decided."""
    by: StatementRef | None = None
    reason: str = ""
    depends_on: tuple[Unknown, ...] = ()
    """The unknown values because of which the answer is not known."""
    guard_unknown: bool = False
    """A Deny may apply; the answer is not known because of it, or ``denied`` for want of an Allow."""


def decide(policies: Policies, request: Request) -> Decision:
    """What AWS would answer. ``not_known`` only where no value of the unknown parts is sure to lead elsewhere."""
    if not request.action.islower():
        request = Request(
            request.principal, request.action.lower(), request.resource, request.context, request.unknown_keys
        )
    maybe_layer, maybe = "", NO
    for layer, policy in policies.all():
        found = policy.says(DENY, request)
        if found.answer:
            return Decision("denied", True, layer, found.by, f"explicit deny by {found.by}")
        if found.answer is None and maybe.answer is False:
            maybe_layer, maybe = layer, found
    allowed = _allowed(policies, request)
    if allowed.answer == "denied":
        # Nothing allows it; whether it is denied as well counts for whoever asks what the denials are worth.
        return replace(allowed, guard_unknown=True, depends_on=maybe.unknowns) if maybe.answer is None else allowed
    if maybe.answer is None:
        return Decision(
            "not_known", False, maybe_layer, maybe.by, f"{maybe.by} may deny it", maybe.unknowns, guard_unknown=True
        )
    return allowed


def _allowed(policies: Policies, request: Request) -> Decision:
    """The answer as if nobody denied explicitly."""
    undecided: Decision | None = None
    for level in policies.scps or ():
        found = _any(level, request)
        if found.answer is False:
            return Decision("denied", False, "scp", None, "no service control policy of one level allows it")
        if found.answer is None:
            undecided = undecided or _undecided("scp", found)
    own = _any(policies.identity, request)
    resource = NO if policies.resource is None else _any(policies.resource, request)
    if policies.resource_decides or policies.cross_account:
        return _by_resource(policies, request, own, resource, undecided)
    # The resource's policy may let a user in by itself, past the boundary; a role's ARN does not pass the boundary.
    user = request.principal.type in ("User", "Account")
    past_limits = resource.answer if resource.direct and user else False
    limit, maybe_limit = _limits(policies, request)
    if past_limits:
        return undecided or Decision("allowed", False, "resource", resource.by, f"allowed by {resource.by}")
    if limit is not None:
        return limit if past_limits is False else _undecided("resource", resource)
    granted = own if own.answer or not resource.direct else _better(own, resource)
    if granted.answer is False:
        return Decision("denied", False, "identity", None, "no policy allows it")
    undecided = undecided or maybe_limit
    layer = "identity" if granted is own else "resource"
    if granted.answer is None:
        return undecided or _undecided(layer, granted)
    return undecided or Decision("allowed", False, layer, granted.by, f"allowed by {granted.by}")


def _by_resource(
    policies: Policies, request: Request, own: Found, resource: Found, undecided: Decision | None
) -> Decision:
    """Trust policies, keys and other accounts: the resource must allow; unless it names the principal itself (same
    account), the identity must, too.
    """
    if resource.answer is False:
        return Decision("denied", False, "resource", None, "the policy of the resource does not allow it")
    enough = resource.direct and not policies.cross_account
    limit, maybe_limit = _limits(policies, request)
    user = request.principal.type in ("User", "Account")
    if not enough or not user:
        if limit is not None:
            return limit
        undecided = undecided or maybe_limit
    if not enough:
        if own.answer is False:
            return Decision("denied", False, "identity", None, "no policy of the principal allows it")
        if own.answer is None:
            undecided = undecided or _undecided("identity", own)
    if resource.answer is None:
        return undecided or _undecided("resource", resource)
    return undecided or Decision("allowed", False, "resource", resource.by, f"allowed by {resource.by}")


def _limits(policies: Policies, request: Request) -> tuple[Decision | None, Decision | None]:
    """(the limit that certainly does not allow it, the first that may not)."""
    maybe: Decision | None = None
    for layer, limit, text in (
        ("boundary", policies.boundary, "the permissions boundary does not allow it"),
        ("session", policies.session, "no session policy allows it"),
    ):
        if limit is None:
            continue
        found = _any(limit, request)
        if found.answer is False:
            return Decision("denied", False, layer, None, text), None
        if found.answer is None:
            maybe = maybe or _undecided(layer, found)
    return None, maybe


def _any(policies: Sequence[PolicyLike], request: Request) -> Found:
    best = NO
    for policy in policies:
        found = policy.says(ALLOW, request)
        if found.answer and found.direct:
            return found
        best = _better(best, found)
    return best


def _better(left: Found, right: Found) -> Found:
    """The stronger of two: True, then not known, then False."""
    order: dict[bool | None, int] = {True: 2, None: 1, False: 0}
    return right if order[right.answer] > order[left.answer] else left


def _undecided(layer: str, found: Found) -> Decision:
    return Decision("not_known", False, layer, found.by, f"{found.by} may allow it", found.unknowns)
