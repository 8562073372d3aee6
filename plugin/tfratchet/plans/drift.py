"""What was taken away outside of Terraform: the drift that a plan shows, judged by the same rules.

The state as Terraform had left it is base, the state as the refresh found it is head. What the plan makes of it decides
how much that weighs: what it puts back is told and does not fail a run.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from tfratchet.compare import compare
from tfratchet.config import Settings
from tfratchet.matching import without_keys
from tfratchet.model import Finding, Root, Severity, Snapshot
from tfratchet.rules.base import Rule
from tfratchet.sources.plan import PlanRoots

_PUT_BACK = "Apply this plan soon, and find out who did it and why: it shows in CloudTrail, not in the configuration."


def drift_findings(roots: PlanRoots, settings: Settings, rules: Sequence[Rule]) -> list[Finding]:
    """Findings between the recorded state and the one that there is; empty without drift."""
    if roots.recorded is None:
        return []
    # The plan moves addresses before it does anything else: what is compared here has the old ones on both sides.
    drifted = _found(roots.recorded, roots.base, settings, rules)
    left = {_key(f) for f in _found(roots.recorded, roots.head, settings, rules)}
    return [_told(finding, _outcome(finding, roots, left)) for finding in drifted]


def _outcome(finding: Finding, roots: PlanRoots, left: Collection[tuple[str, str]]) -> str:
    """What the plan makes of something that was taken away: ``left``, ``back`` or ``moot``."""
    if _key(finding) in left:
        return "left"
    target = next((m.target for m in roots.head.moved if m.source == finding.address), finding.address)
    deleted = roots.recorded is not None and finding.address in roots.recorded.resources.keys() - roots.base.resources
    return "moot" if deleted and target not in roots.head.resources else "back"


def _found(base: Root, head: Root, settings: Settings, rules: Sequence[Rule]) -> Sequence[Finding]:
    head = replace(head, errors=(), notes=())
    sides = Snapshot("recorded state", [base]), Snapshot("state", [head])
    return compare(*sides, settings, rules, pairs=[(base, head)]).findings


def _key(finding: Finding) -> tuple[str, str]:
    return finding.rule, without_keys(finding.address) if finding.rule.startswith("TFR3") else finding.address


_TELLS = {
    "left": "This was done outside of Terraform, and this plan does not put it back",
    "back": "This was done outside of Terraform; this plan puts it back",
    "moot": "This was done outside of Terraform; with this plan whoever had it, or what was had, goes as well",
}


def _told(finding: Finding, outcome: str) -> Finding:
    message = finding.message if finding.message.endswith((".", "!", "?")) else f"{finding.message}."
    told = replace(finding, message=f"{message} {_TELLS[outcome]}")
    if outcome == "left":
        return told
    return replace(told, severity=Severity.LOW, fix=_PUT_BACK if outcome == "back" else finding.fix)
