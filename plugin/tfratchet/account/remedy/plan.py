"""From findings and wishes to a plan: which acts, why, in which order, and what is left alone and why. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tfratchet.account.acts import ACTS, Act, PutSelectors, SetPasswordPolicy, UpdateTrail, from_json
from tfratchet.account.remedy.steps import DRIFT, Reason, Step
from tfratchet.model import Certainty, Finding

if TYPE_CHECKING:
    from tfratchet.account.drift.items import Difference
    from tfratchet.account.remedy.protect import Protection


@dataclass(frozen=True, slots=True)
class Proposal:
    """An act that a finding or an option asks for."""

    act: Act
    reason: Reason


@dataclass(frozen=True, slots=True)
class Left:
    """A finding, or an act, that the plan leaves alone."""

    what: str
    why: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done."""

    steps: Sequence[Step]
    left: Sequence[Left] = ()


def make(proposals: Iterable[Proposal], left: Iterable[Left], protection: Protection) -> Plan:
    """The plan: equal acts once (with all their reasons), acts on one thing merged, protected ones left out."""
    merged: dict[tuple[object, ...], tuple[Act, list[Reason]]] = {}
    for proposal in proposals:
        key = _key(proposal.act)
        act, reasons = merged.get(key, (proposal.act, []))
        merged[key] = (_together(act, proposal.act), [*reasons, proposal.reason])
    alone = list(left)
    steps: list[Step] = []
    order = {kind: n for n, kind in enumerate(ACTS)}
    for act, reasons in sorted(merged.values(), key=lambda m: (order[type(m[0])], m[0].subject.name, m[0].what())):
        why = protection.reason(act)
        if why is not None:
            alone.append(Left(act.what(), why, reasons[0].rule))
        else:
            steps.append(Step(len(steps), act, tuple(dict.fromkeys(reasons))))
    return Plan(steps, alone)


def _key(act: Act) -> tuple[object, ...]:
    if isinstance(act, (SetPasswordPolicy, UpdateTrail, PutSelectors)):
        return (act.kind, act.subject)
    return (act.kind, repr(sorted(act.as_json().items())))


def _together(one: Act, other: Act) -> Act:
    """Two acts on the same settings as one. What a configuration declares comes later and wins over a floor."""
    if isinstance(one, SetPasswordPolicy) and isinstance(other, SetPasswordPolicy):
        return replace(one, values={**one.values, **other.values})
    if isinstance(one, UpdateTrail) and isinstance(other, UpdateTrail):
        return replace(one, values={**one.values, **other.values})
    if isinstance(one, PutSelectors) and isinstance(other, PutSelectors):
        return other if other.event_selectors or other.advanced else one
    return one


def from_drift(told: Iterable[tuple[Finding, Difference]]) -> tuple[list[Proposal], list[Left]]:
    """The acts that put declared things back, and the differences that are left alone."""
    proposals: list[Proposal] = []
    left: list[Left] = []
    for finding, difference in told:
        if finding.suppressed is not None:
            continue
        if difference.remedy is None:
            why = "nothing is taken away here: detach it by hand, or declare it" if difference.place is None else ""
            left.append(Left(finding.message, why or "terraform apply puts it back", finding.rule))
        elif finding.certainty is not Certainty.CERTAIN:
            left.append(
                Left(finding.message, "it is only possible: it hangs on values that are not known", finding.rule)
            )
        else:
            required = finding.base.value if finding.base else ""
            reason = Reason(DRIFT, _where(finding), finding.rule, finding.address, required)
            proposals.append(Proposal(_act(difference.remedy), reason))
    return proposals, left


def _act(remedy: Mapping[str, Any]) -> Act:
    return from_json(remedy)


def _where(finding: Finding) -> str:
    place = finding.base.location if finding.base else None
    return f"declared in {place}" if place else "declared"


__all__ = ["Left", "Plan", "Proposal", "from_drift", "make"]
