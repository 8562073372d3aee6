"""What the rules of this family share: each tells the losses of some kinds, one finding for each resource and kind."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from tfratchet.iam.losses import Kind, Loss, new_words
from tfratchet.iam.principals import GROUP, PERMISSION_SET, ROLE, USER
from tfratchet.iam.rewrites import is_mfa_guard
from tfratchet.model import Finding, Location, Severity, Side
from tfratchet.rules.base import Reference, Rule, attack, cis, nist
from tfratchet.values import display

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

REFERENCES = (cis("1.14"), nist("AC-2"), nist("AC-3"), nist("AC-6"), attack("T1531"), attack("T1098"))
PEOPLE = frozenset({USER, GROUP})
ROLES = frozenset({ROLE})
SETS = frozenset({PERMISSION_SET})
_MAX_NAMES = 12


class LossRule(Rule):
    """Tells the losses of some kinds and some holders."""

    family = "detach"
    severity = Severity.HIGH
    references: ClassVar[tuple[Reference, ...]] = REFERENCES
    checkov: ClassVar[tuple[str, ...]] = ("CKV_AWS_40",)
    now: ClassVar[str] = "not attached"
    """Head's side, where nothing takes the place of what is lost."""
    kinds: ClassVar[frozenset[Kind]]
    holders: ClassVar[frozenset[str]] = PEOPLE

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        grouped: dict[Hashable, list[Loss]] = {}
        for loss in pair.entitlement_changes.losses:
            if loss.kind in self.kinds and loss.holder.kind in self.holders:
                grouped.setdefault(self.together(loss), []).append(loss)
        for losses in grouped.values():
            yield self._tell(pair, losses)

    def together(self, loss: Loss) -> Hashable:
        """Losses with equal keys are told in one finding."""
        return (loss.source, loss.kind, loss.minor, self.weighs(loss), loss.unknown, loss.new, loss.detail)

    def weighs(self, loss: Loss) -> Severity:
        """The severity of one loss, were it certain."""
        if loss.minor:
            return Severity.LOW
        return Severity.CRITICAL if loss.guard_gone else self.severity

    def address(self, losses: Sequence[Loss]) -> str:
        """The address of the finding: what established it in base."""
        return losses[0].source

    @abstractmethod
    def message(self, losses: Sequence[Loss]) -> str:
        """What is lost, in one sentence."""

    def before(self, losses: Sequence[Loss]) -> str:
        """Base's side, for people."""
        policies = names(loss.policy.label for loss in losses if loss.policy is not None)
        return f"{policies or 'policies'} for {holders(losses)}"

    def after(self, losses: Sequence[Loss]) -> str:
        """Head's side, for people."""
        return losses[0].new or self.now

    def gained(self, pair: RootPair) -> Iterable[str]:
        return new_words(pair.base_entitlements, pair.head_entitlements)

    def _tell(self, pair: RootPair, losses: Sequence[Loss]) -> Finding:
        first = losses[0]
        message = self.message(losses)
        if any(loss.guard_gone for loss in losses) and self.weighs(first) is Severity.CRITICAL:
            what = (
                "It denies sessions without MFA" if any(is_mfa_guard(loss.document) for loss in losses) else "It denies"
            )
            nobody = "user, group or permission set" if first.holder.kind == PERMISSION_SET else "user or group"
            message += f". {what}, and no {nobody} here has it any more"
        if first.unknown:
            message += f". It depends on {names(display(u) for u in first.unknown)}"
        words = tuple(dict.fromkeys(w for loss in losses for w in loss.words))
        return self.finding(
            pair,
            self.address(losses),
            message,
            Side(self.before(losses), first.location),
            Side(self.after(losses), first.new_location or _stands(pair, first)),
            severity=self.weighs(first),
            depends_on=first.unknown,
            lost=words,
        )


def _stands(pair: RootPair, loss: Loss) -> Location | None:
    """Where the holder stands in head."""
    declared = pair.head_entitlements.names.declared.get(loss.holder)
    return declared.location if declared is not None else None


def names(values: Iterable[str]) -> str:
    """``a, b and c``, cut when there are many."""
    found = list(dict.fromkeys(values))
    if len(found) > _MAX_NAMES:
        found = [*found[: _MAX_NAMES - 1], f"{len(found) - _MAX_NAMES + 1} more"]
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}" if found else ""


def holders(losses: Sequence[Loss]) -> str:
    """``users a and b``."""
    kinds = list(dict.fromkeys(loss.holder.kind for loss in losses))
    parts = []
    for kind in kinds:
        labels = [loss.holder.label for loss in losses if loss.holder.kind == kind and not loss.holder.many]
        one = len(set(labels)) == 1
        parts += [f"{kind}{'' if one else 's'} {names(labels)}"] if labels else []
        parts += [str(loss.holder) for loss in losses if loss.holder.kind == kind and loss.holder.many]
    return " and ".join(dict.fromkeys(parts))


def sentence(text: str) -> str:
    """The text with a capital letter at its start; an address there stays as it is written."""
    return text if "_" in text.split(" ", 1)[0] else text[:1].upper() + text[1:]


def policies(losses: Sequence[Loss]) -> str:
    """``policy x``, ``policies x and y``."""
    labels = list(dict.fromkeys(loss.policy.label for loss in losses if loss.policy is not None))
    return f"{'policies' if len(labels) > 1 else 'policy'} {names(labels)}"


def gerund(losses: Sequence[Loss], one: str, many: str) -> str:
    """The verb for one holder or several."""
    return one if len({loss.holder for loss in losses}) == 1 else many
