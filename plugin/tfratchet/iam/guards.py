"""What guards lose between base and head of one root module: the probes, put to everybody and everything.

Users and groups are asked with all policies that reach them. Policies that reach nobody who is known here (attached to
roles, handed to modules, attached elsewhere) are asked by themselves, service control policies and boundaries as the
limits that they are, and trust and resource policies for everybody whom they name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from tfratchet.iam.answers import ABSENT, CONTEXTS, FALSE, OLD, PRESENT, Loss, MfaContext
from tfratchet.iam.documents import Document, Statement, parse_document
from tfratchet.iam.engine.decide import Policies
from tfratchet.iam.engine.policy import ALLOW_ALL, CompiledPolicy, PolicyLike, StatementRef
from tfratchet.iam.engine.request import Principal as Asker
from tfratchet.iam.entitlements import BOUNDARY, MODULE, Entitlements, Holding
from tfratchet.iam.losses import policy_word
from tfratchet.iam.managed import managed_policy
from tfratchet.iam.narrowed import narrowed
from tfratchet.iam.organization import scp_losses, targets_of
from tfratchet.iam.policy_places import (
    IDENTITY,
    ROLES,
    SCP,
    TRUST,
    argument_of,
    identity_policies,
    other_actions,
    resource_argument,
    statement_location,
)
from tfratchet.iam.principals import GROUP, USER, Principal
from tfratchet.iam.probes import Prober
from tfratchet.iam.protected import protected_actions
from tfratchet.iam.staying import Fate, Staying, with_forgotten
from tfratchet.model import Location, Resource, Root
from tfratchet.values import Unknown, Value, display, unknowns

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

Cause = Literal["document", "reach", "limit", "trust", "resource"]


@dataclass(frozen=True, slots=True)
class GuardLoss:
    """One thing that base stops and head does not."""

    cause: Cause
    """``document``: an edit of a policy; ``reach``: the policy no longer reaches somebody; ``limit``: a boundary or
    service control policy; ``trust`` and ``resource``: the policy of a role or of another resource."""
    loss: Loss
    who: tuple[str, ...]
    """Labels of the users and groups who can do it now; empty: whoever has the policy."""
    address: str
    base: Location | None
    head: Location | None
    before: str
    after: str
    protected: bool = True
    """False when none of the actions is a protected one."""
    text: str = ""
    """The sentence, where the text of the documents tells and not the engine."""
    words: tuple[str, ...] = field(default=(), compare=False)
    """What is lost, for the comparison with other root modules."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a policy of one side stands; what the engine hands back with its decision."""

    resource: Resource | None
    path: str


def guard_losses(pair: RootPair) -> tuple[GuardLoss, ...]:
    """Every loss of a guard, and every gain of a protected action, in one pair of root modules."""
    finder = _Finder(pair)
    found = [*finder.people(), *finder.policies(), *finder.limits(), *finder.resource_policies()]
    kept = list(_merged(f for f in found if not _guessed(f.loss)))
    protected = {(f.address, f.loss.kind) for f in kept if f.protected}
    return tuple(dict.fromkeys(f for f in kept if f.protected or (f.address, f.loss.kind) not in protected))


def opens_without_mfa(loss: Loss) -> bool:
    """Whether the answer with MFA is what it was: what is lost is the need for MFA (or for a recent one)."""
    return bool(loss.mfa) and PRESENT not in loss.mfa


def _guessed(loss: Loss) -> bool:
    """Whether nothing is known to be lost: base is only guessed to have denied it, by a statement that is not known to
    be a Deny, or somebody may have gained something by a statement that cannot be read.
    """
    if loss.certain:
        return False
    if loss.kind == "gain":
        return not opens_without_mfa(loss)
    statement = loss.statement.statement if loss.statement is not None else None
    return loss.layer in ("", "identity", "resource") and (statement is None or statement.effect != "Deny")


class _Finder:
    def __init__(self, pair: RootPair) -> None:
        self.pair = pair
        self.prober = Prober(pair.settings.break_glass)
        self.compiled: dict[tuple[bool, str], PolicyLike] = {}
        self.documents: dict[tuple[bool, str, str], Document] = {}
        self.told: set[str] = set()
        """Addresses of the policies that users or groups were asked with, in base."""

    # -- users and groups ------------------------------------------------------------------------------------------

    def people(self) -> Iterator[GuardLoss]:
        """What each user and group who stays can do that base stopped."""
        base, staying = self.pair.base_entitlements, self.staying
        head = with_forgotten(base, self.pair.head_entitlements, staying, self._as_in_head)
        for principal in sorted(base.mentioned, key=lambda p: (p.kind, p.id)):
            if principal.kind not in (USER, GROUP):
                continue
            before, after = self._reaching(base, principal), self._reaching(head, principal)
            # What reaches people is asked with them, not by itself.
            self.told.update(a for h in base.reaching(principal) for a in (h.source, h.policy.address) if a)
            if not before or staying.of(principal).fate is Fate.GONE:
                continue
            one, other = self._policies(base, principal, before, False), self._policies(head, principal, after, True)
            kept = {h.policy.id for h in after}
            losses = self._asked(principal, one, other)
            for loss in losses:
                if loss.certain or loss.kind == "guard":
                    yield self._of_person(principal, loss, kept)
            # Where MFA is concerned, a gain that is only possible counts when base let it pass with MFA. What a policy
            # that is new here and cannot be read may allow is no reason to say so.
            readable = [h for h in after if not _new_and_unread(h, before)]
            if len(readable) < len(after):
                losses = self._asked(principal, one, self._policies(head, principal, readable, True))
            for loss in losses:
                if not loss.certain and loss.kind == "gain" and loss.needed_mfa:
                    yield self._of_person(principal, loss, kept)

    @cached_property
    def staying(self) -> Staying:
        """What becomes of the principals of base."""
        return Staying(self.pair.matching, self.pair.base_entitlements, self.pair.head_entitlements)

    def _as_in_head(self, holding: Holding) -> Holding:
        policy = self.pair.base.resources.get(holding.policy.address or "")
        now = self.pair.matching.head_for(policy) if policy is not None else None
        compiled = self._compile(now, argument_of(now), True) if now is not None else None
        return replace(holding, document=compiled.document) if compiled is not None else holding

    def _asked(self, principal: Principal, one: Policies, other: Policies) -> Sequence[Loss]:
        if principal.kind == USER:
            return self.prober.losses(Asker.user(principal.label), one, other)
        return self.prober.everybody_losses(one, other)

    def _reaching(self, side: Entitlements, principal: Principal) -> list[Holding]:
        found = {h.policy.id: h for h in side.reaching(principal) if h.route not in (BOUNDARY, MODULE)}
        return [found[k] for k in sorted(found)]

    def _policies(self, side: Entitlements, who: Principal, held: Sequence[Holding], of_head: bool) -> Policies:
        boundary = [self._policy(h, of_head) for h in side.by_holder.get(who, ()) if h.route == BOUNDARY]
        return Policies([self._policy(h, of_head) for h in held], boundary=boundary or None)

    def _policy(self, holding: Holding, of_head: bool) -> PolicyLike:
        key = (of_head, holding.policy.id)
        if key not in self.compiled:
            policy = holding.policy
            if policy.aws_managed:
                self.compiled[key] = managed_policy(policy.id.removeprefix("aws:").strip('"'))
            else:
                document = holding.document or Document(opaque=Unknown(policy.id))
                resources = (self.pair.head if of_head else self.pair.base).resources
                place = _Place(resources.get(policy.address or holding.source), "policy")
                self.compiled[key] = CompiledPolicy(policy.label, document, (place, policy.id))
        return self.compiled[key]

    @cached_property
    def _vague(self) -> dict[str, str]:
        """Policies that head attaches to users or groups whose names are not known: the one who seems to lose it may be
        among them. By id, with words for it.
        """
        people = [h for h in self.pair.head_entitlements.holdings if h.holder.kind in (USER, GROUP)]
        return {h.policy.id: f"to whom {h.source} attaches" for h in people if not h.holder.known}

    def _of_person(self, principal: Principal, loss: Loss, kept: set[str]) -> GuardLoss:
        place, policy_id = _source(loss.statement)
        reach = loss.kind == "guard" and loss.layer == "identity" and policy_id != "" and policy_id not in kept
        cause: Cause = "reach" if reach else "limit" if loss.layer in ("boundary", "scp") else "document"
        if reach and loss.certain and policy_id in self._vague:
            loss = replace(loss, certain=False, depends_on=(Unknown(self._vague[policy_id]),))
        who = principal.label if principal.kind == USER else f"group {principal.label}"
        resource = place.resource if place else None
        counterpart = self.pair.matching.head_for(resource) if resource is not None else None
        after, _ = _source(loss.allowed_by)
        if resource is None and after is not None:
            resource, counterpart = None, after.resource
        if resource is None and counterpart is None:
            counterpart = self.pair.head_entitlements.names.declared.get(principal)
        return self._loss(cause, loss, (who,), resource, counterpart, place.path if place else "policy")

    # -- policies by themselves ------------------------------------------------------------------------------------

    def policies(self) -> Iterator[GuardLoss]:
        """What policy documents give up that were not asked together with somebody."""
        fresh = [r for r in identity_policies(self.pair.head) if r.managed and self.pair.matching.base_for(r) is None]
        others = [p for p in (self._compile(r, argument_of(r), True) for r in fresh) if p is not None]
        for base in identity_policies(self.pair.base):
            argument = argument_of(base)
            if base.address in self.told:
                continue
            head = self._counterpart(base)
            if head is None and (not base.managed or self._left_together(base)):
                # A document that is gone was used by something: what that was is asked itself.
                continue
            before = self._compile(base, argument, False)
            after = self._compile(head, argument, True) if head is not None else None
            if before is None or (head is not None and after is None):
                continue
            told = False
            for loss in self._document_losses(before, after, others):
                if loss.kind == "guard" or head is not None:
                    told = True
                    yield self._loss("document", loss, (), base, head, argument)
            if not told and head is not None and after is not None:
                yield from self._narrowed("document", before, after, base, head, argument)

    def _counterpart(self, policy: Resource) -> Resource | None:
        """The same policy in head; a data source is the same when its address is."""
        if policy.managed:
            return self.pair.matching.head_for(policy)
        return self.pair.head.resources.get(policy.address)

    def _left_together(self, policy: Resource) -> bool:
        """Whether whoever had a policy that is gone is gone, too."""
        base = self.pair.base_entitlements
        holders = {h.holder for h in base.holdings if policy.address in (h.policy.address, h.source)}
        if holders:
            return all(self.staying.of(h).fate is Fate.GONE for h in holders)
        # A module that could not be read may have attached it.
        named = [c for c in self.pair.base.calls.values() if c.opaque and _names(dict(c.arguments), policy.address)]
        return bool(named) and all(self.pair.matching.call_for(c) is None for c in named)

    def _document_losses(
        self, before: CompiledPolicy, after: CompiledPolicy | None, others: Sequence[PolicyLike]
    ) -> Iterator[Loss]:
        found = list(self.prober.document_losses(before, after))
        actions = other_actions(before.document, after.document if after else None)
        one, other = Policies([ALLOW_ALL, before]), Policies([ALLOW_ALL, *([after] if after else [])])
        if actions:
            found += [x for x in self.prober.everybody_losses(one, other, actions) if x.kind == "guard"]
            alone = self.prober.everybody_losses(
                Policies([before]), Policies([after] if after is not None else []), actions
            )
            found += [x for x in alone if x.kind == "gain" and opens_without_mfa(x)]
        if found and others:
            # What moved into a policy of its own is still denied.
            moved = Policies([ALLOW_ALL, *([after] if after else []), *others])
            still = {
                (a, m)
                for x in (
                    *self.prober.everybody_losses(one, moved),
                    *(self.prober.everybody_losses(one, moved, actions) if actions else ()),
                )
                for a in x.actions
                for m in x.mfa
            }
            found = [x for x in found if x.kind != "guard" or any((a, m) in still for a in x.actions for m in x.mfa)]
        yield from found

    # -- limits ----------------------------------------------------------------------------------------------------

    def limits(self) -> Iterator[GuardLoss]:
        """Service control policies, and policies that serve as boundaries."""
        found = scp_losses(
            self.pair.matching,
            self.prober,
            lambda resource, of_head: self._compile(resource, "content", of_head),
            lambda address: _forgotten(self.pair.head, address),
        )
        for lost in found:
            who = (lost.who,) if lost.who else ()
            told = self._loss("limit", lost.loss, who, lost.base, lost.head, "" if lost.who else "content")
            yield replace(told, after="not attached to it") if lost.who else told
        yield from self._boundaries()

    def _boundaries(self) -> Iterator[GuardLoss]:
        base = self.pair.base_entitlements
        used = {h.policy.address for h in base.holdings if h.route == BOUNDARY and h.policy.address}
        for address in sorted(used):
            resource = self.pair.base.resources.get(address or "")
            head = self.pair.matching.head_for(resource) if resource is not None else None
            if resource is None or head is None:
                continue  # a boundary that is gone is told by TFR105
            before, after = self._compile(resource, "policy", False), self._compile(head, "policy", True)
            if before is not None and after is not None:
                for loss in self.prober.document_losses(before, after, "boundary"):
                    yield self._loss("limit", loss, (), resource, head, "policy")

    # -- trust and resource policies -------------------------------------------------------------------------------

    def resource_policies(self) -> Iterator[GuardLoss]:
        """Who may use a role, a key, a bucket, a queue."""
        for base in self.pair.base.managed():
            argument = TRUST if base.type == ROLES else resource_argument(base)
            head = self.pair.matching.head_for(base)
            if argument is None or head is None:
                continue
            before, after = self._compile(base, argument, False), self._compile(head, argument, True)
            if before is None or after is None:
                continue
            actions = other_actions(before.document, after.document, everything=True)
            trust = base.type == ROLES
            cause: Cause = "trust" if trust else "resource"
            told = False
            for loss in self.prober.resource_losses(before, after, actions, decides=trust) if actions else ():
                if opens_without_mfa(loss) or (loss.kind == "guard" and (trust or _any_protected(loss))):
                    told = True
                    yield self._loss(cause, loss, (), base, head, argument)
            if not told and trust:
                yield from self._narrowed(cause, before, after, base, head, argument)

    def _narrowed(
        self,
        cause: Cause,
        before: CompiledPolicy,
        after: CompiledPolicy,
        base: Resource,
        head: Resource,
        argument: str,
    ) -> Iterator[GuardLoss]:
        """What only the text of the two documents tells."""
        for found in narrowed(before.document, after.document):
            age = found.kind == "age"
            contexts: tuple[MfaContext, ...] = (OLD,) if age else (FALSE, ABSENT) if found.kind == "mfa" else CONTEXTS
            by = StatementRef(before.label, found.statement.index, _sid(found.statement), found.statement)
            actions = tuple(display(a) for a in found.statement.actions or found.statement.not_actions or ())
            loss = Loss(
                "guard" if found.statement.effect == "Deny" else "gain",
                actions,
                contexts,
                needed_mfa=found.kind in ("mfa", "age"),
                statement=by,
                layer="resource",
                certain=False,
                depends_on=found.depends_on,
            )
            texts = {
                "condition": f"{by} denies less than before: it gains the condition {found.what}",
                "gone": f"{by}, a Deny, is no longer there",
                "mfa": f"{by} no longer asks for MFA: its condition {found.what} is gone",
                "age": f"{by} no longer asks for recent MFA: its condition {found.what} is gone",
            }
            after_text = "the statement is not there" if found.counterpart is None else "the statement says less"
            told = self._loss(cause, loss, (), base, head, argument)
            yield replace(told, text=texts[found.kind], after=after_text)

    # -- what they share -------------------------------------------------------------------------------------------

    def _compile(self, resource: Resource | None, argument: str, of_head: bool) -> CompiledPolicy | None:
        value = resource.get(argument) if resource is not None else None
        if resource is None or not isinstance(value, (str, Unknown, dict)):
            return None
        matching = self.pair.matching
        identity = matching.identity_of_head if of_head else matching.identity_of_base
        key = (of_head, resource.address, argument)
        if key not in self.documents:
            self.documents[key] = parse_document(_renamed(value, identity))
        place = _Place(resource, argument)
        return CompiledPolicy(resource.address, self.documents[key], (place, identity(resource.address)))

    def _loss(
        self,
        cause: Cause,
        loss: Loss,
        who: tuple[str, ...],
        base: Resource | None,
        head: Resource | None,
        argument: str,
    ) -> GuardLoss:
        statement = loss.statement.statement if loss.statement is not None else None
        place = statement_location(self.pair.base, base, argument, statement) if base is not None else None
        there = head.where(argument) if head is not None else None
        address = (base or head).address if (base or head) is not None else ""  # type: ignore[union-attr]
        # What allows it now is of interest only where a policy of the configuration does.
        real = loss.allowed_by is not None and loss.allowed_by.policy != ALLOW_ALL.label
        after = "policy not there" if head is None else str(loss.allowed_by) if real else "nothing denies it"
        return GuardLoss(
            cause,
            loss,
            who,
            address,
            place,
            there,
            str(loss.statement or "nothing allowed it"),
            after,
            _any_protected(loss),
            words=_words_of(self.pair.base, base) if base is not None and head is None else (),
        )


def _words_of(root: Root, policy: Resource) -> tuple[str, ...]:
    """A policy that is gone, and what it is attached to, in words that tell it in another root module."""
    value = policy.get("content" if policy.type == SCP else argument_of(policy))
    if not policy.managed or not (policy.type == SCP or policy.type in IDENTITY):
        return ()
    document = parse_document(value)
    if all(s.effect != "Deny" for s in document.statements):
        return ()
    word = policy_word(policy.type, document)
    return (word, *(f"{word} on {t}" for t in targets_of(root, policy)))


def new_policies(pair: RootPair) -> Iterator[str]:
    """The policies that are new in head, in these words."""
    for policy in pair.head.managed(SCP, *IDENTITY):
        if pair.matching.base_for(policy) is None:
            yield from _words_of(pair.head, policy)


def _names(value: Value, address: str) -> bool:
    return any(address in u.refs for u in unknowns(value))


def _new_and_unread(holding: Holding, before: Sequence[Holding]) -> bool:
    """Whether base did not have a policy of which nothing is known."""
    document = holding.document
    unread = not holding.policy.aws_managed and (document is None or document.opaque is not None)
    return unread and all(h.policy.id != holding.policy.id for h in before)


def _merged(found: Iterable[GuardLoss]) -> Iterator[GuardLoss]:
    """One loss for everybody who has it by the same statement."""
    groups: dict[tuple[object, ...], list[GuardLoss]] = {}
    for item in found:
        loss = item.loss
        key = (item.cause, item.address, item.before, loss.kind, loss.actions, loss.mfa, loss.resources, loss.certain)
        groups.setdefault(key, []).append(item)
    for items in groups.values():
        who = tuple(dict.fromkeys(w for item in items for w in item.who))
        yield replace(items[0], who=who)


def _source(statement: StatementRef | None) -> tuple[_Place | None, str]:
    """Where a deciding statement stands, and the id of its policy."""
    if statement is None or not isinstance(statement.source, tuple):
        return None, ""
    place, policy_id = statement.source
    return place, policy_id


def _sid(statement: Statement) -> str:
    return statement.sid if isinstance(statement.sid, str) else ""


def _forgotten(root: Root, address: str) -> bool:
    return any(r.source == address and not r.destroy for r in root.removed)


def _renamed(value: Value, identity: object) -> Value:
    from tfratchet.values import replace_refs

    renamed: Value = replace_refs(value, identity)  # type: ignore[arg-type]
    return renamed


def _any_protected(loss: Loss) -> bool:
    known = protected_actions().by_name
    return any(a.lower() in known for a in loss.actions)
