"""What service control policies give up: documents that deny less, policies that go, attachments that go.

Organizations user guide, "How SCPs work": what one level of an organization does not allow nobody below it can do, and
a Deny at any level wins. Which accounts stand below a target is not known here, so targets are compared as they are
written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tfratchet.iam.answers import Loss
from tfratchet.iam.engine.decide import Policies
from tfratchet.iam.engine.policy import ALLOW_ALL, CompiledPolicy, PolicyLike
from tfratchet.iam.policy_places import SCP, other_actions
from tfratchet.iam.probes import Prober
from tfratchet.matching import Matching, without_module
from tfratchet.model import Resource, Root
from tfratchet.values import Unknown, Value, canonical, display, replace_refs

ATTACHMENT = "aws_organizations_policy_attachment"
_MAX_DEPTH = 6
_ROOT = re.compile(r"\.roots\b|^r-[0-9a-z]{4,32}$")
Compile = Callable[[Resource, bool], "CompiledPolicy | None"]
"""The document of a policy of base (False) or head (True)."""


@dataclass(frozen=True, slots=True)
class ScpLoss:
    """One thing that service control policies no longer stop."""

    loss: Loss
    base: Resource
    """The policy, or the attachment, of base."""
    head: Resource | None
    who: str = ""
    """Whom it stopped, where an attachment went."""


def scp_losses(
    matching: Matching, prober: Prober, compiled: Compile, forgotten: Callable[[str], bool]
) -> Iterator[ScpLoss]:
    """Everything that the service control policies of base stop and those of head do not."""
    finder = _Finder(matching, prober, compiled)
    for base in matching.base.managed(SCP):
        if base.get("type") in (None, "SERVICE_CONTROL_POLICY"):
            yield from finder.policy(base)
            if matching.head_for(base) is not None:
                yield from finder.detached(base, forgotten)


class _Finder:
    def __init__(self, matching: Matching, prober: Prober, compiled: Compile) -> None:
        self.matching = matching
        self.prober = prober
        self.compiled = compiled
        self.any_attached = any(True for _ in matching.base.managed(ATTACHMENT))

    def policy(self, base: Resource) -> Iterator[ScpLoss]:
        """What the document no longer denies, or the policy that is gone."""
        head = self.matching.head_for(base)
        before = self.compiled(base, False)
        after = self.compiled(head, True) if head is not None else None
        if before is None or (head is not None and after is None):
            return
        own = [after] if after is not None else []
        targets = self._targets(self.matching.base, base)
        fresh = list(self._fresh(head))
        losses = self._losses(before, own)
        # What another policy for the same targets denies now is denied still; for other targets, it may be.
        same = [p for p, reached in fresh if targets and targets <= reached]
        if losses and fresh:
            kept = self._open(before, [*own, *same], certain=False)
            sure = self._open(before, [*own, *(p for p, _ in fresh)], certain=True)
            losses = [x for x in losses if any((x.kind, a) in kept for a in x.actions)]
            losses = [x if any((x.kind, a) in sure for a in x.actions) else _perhaps(x, fresh) for x in losses]
        unattached = head is None and self.any_attached and not targets
        for loss in losses:
            yield ScpLoss(replace(loss, harmless=True) if unattached else loss, base, head)

    def detached(self, policy: Resource, forgotten: Callable[[str], bool]) -> Iterator[ScpLoss]:
        """Targets that the policy no longer reaches, while it stays."""
        before, stays = self.compiled(policy, False), self.matching.head_for(policy)
        if before is None or stays is None:
            return
        now = list(_attachments(self.matching.head, stays))
        reached = {self.matching.text_of_head(a.get("target_id")) for a in now}
        vague = next((a for a in now if a.symbolic or not _tells(a.get("target_id"))), None)
        for base in _attachments(self.matching.base, policy):
            target = base.get("target_id")
            if forgotten(base.address) or any(t in reached for t in self._above(target)):
                continue
            if any(_is_root(a.get("target_id")) for a in now):
                continue
            gone = self._target_gone(target)
            instead = [p for p, at in self._fresh(None) if self.matching.text_of_base(target) in at]
            for loss in self._losses(before, instead):
                told = replace(loss, harmless=True) if gone else loss
                if vague is not None:
                    told = replace(told, certain=False, depends_on=(Unknown(f"what {vague.address} is attached to"),))
                yield ScpLoss(told, base, self.matching.head_for(base), f"accounts below {display(target)}")

    def _above(self, target: Value) -> Iterator[str]:
        """A target and the units above it, as far as this configuration says."""
        for _ in range(_MAX_DEPTH):
            yield self.matching.text_of_base(target)
            refs = target.refs if isinstance(target, Unknown) else ()
            resource = self.matching.base.resources.get(refs[0]) if refs else None
            parent = resource.get("parent_id") if resource is not None else None
            if parent is None:
                return
            target = parent

    def _open(self, before: CompiledPolicy, after: Sequence[PolicyLike], *, certain: bool) -> set[tuple[str, str]]:
        """What is lost with these policies in head: kinds of loss, and actions."""
        found = self._losses(before, after)
        return {(x.kind, a) for x in found if x.certain or not certain for a in x.actions}

    def _losses(self, before: CompiledPolicy, after: Sequence[PolicyLike]) -> list[Loss]:
        one = Policies([ALLOW_ALL], scps=[_level([before])])
        other = Policies([ALLOW_ALL], scps=[_level(after)] if after else None)
        found = list(self.prober.everybody_losses(one, other))
        documents = [p.document for p in after if isinstance(p, CompiledPolicy)]
        actions = other_actions(before.document, documents[0] if documents else None)
        if actions:
            found += [x for x in self.prober.everybody_losses(one, other, actions) if x.kind == "guard"]
        return found

    def _fresh(self, without: Resource | None) -> Iterator[tuple[PolicyLike, frozenset[str]]]:
        """Service control policies that are new or changed in head, each with its targets."""
        for resource in self.matching.head.managed(SCP):
            old = self.matching.base_for(resource)
            if without is not None and resource.address == without.address:
                continue
            if old is not None and self.matching.same(old.get("content"), resource.get("content")):
                continue
            policy = self.compiled(resource, True)
            if policy is not None:
                yield policy, self._targets(self.matching.head, resource)

    def _targets(self, root: Root, policy: Resource) -> frozenset[str]:
        text = self.matching.text_of_head if root is self.matching.head else self.matching.text_of_base
        return frozenset(text(a.get("target_id")) for a in _attachments(root, policy))

    def _target_gone(self, target: Value) -> bool:
        """Whether the account (or unit) that was the target goes, too."""
        refs = target.refs if isinstance(target, Unknown) else ()
        found = [self.matching.base.resources.get(a) for a in refs]
        return any(r is not None and r.managed and self.matching.head_for(r) is None for r in found)


def _attachments(root: Root, policy: Resource) -> Iterator[Resource]:
    for attachment in root.managed(ATTACHMENT):
        named = attachment.get("policy_id")
        if isinstance(named, Unknown) and policy.address in named.refs:
            yield attachment


def targets_of(root: Root, policy: Resource) -> list[str]:
    """What a policy is attached to, in words without folders and modules."""
    return sorted({canonical(replace_refs(a.get("target_id"), without_module)) for a in _attachments(root, policy)})


def _is_root(target: Value) -> bool:
    """Whether a target is the root of the organization, above everything else in it."""
    text = target.expr if isinstance(target, Unknown) else target if isinstance(target, str) else ""
    return _ROOT.search(text) is not None


def _tells(target: Value) -> bool:
    """Whether a target is known: a literal, or one resource of the configuration."""
    return isinstance(target, str) or (isinstance(target, Unknown) and len(target.refs) == 1)


def _level(policies: Sequence[PolicyLike]) -> list[PolicyLike]:
    """The policies of one level of an organization. Denys only stand beside FullAWSAccess."""
    allows = any(
        not isinstance(p, CompiledPolicy) or any(s.effect != "Deny" for s in p.all_statements()) for p in policies
    )
    return list(policies) if allows else [ALLOW_ALL, *policies]


def _perhaps(loss: Loss, fresh: Sequence[tuple[PolicyLike, frozenset[str]]]) -> Loss:
    names = ", ".join(p.label for p, _ in fresh[:3] if isinstance(p, CompiledPolicy))
    return replace(loss, certain=False, depends_on=(*loss.depends_on, Unknown(f"whom {names} applies to")))
