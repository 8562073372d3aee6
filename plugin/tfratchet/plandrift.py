"""What was taken away outside of Terraform: the drift that a plan shows, judged by the same rules.

The state as Terraform had left it is base, the state as the refresh found it is head. What the plan makes of it decides
how much that weighs: what it puts back is told and does not fail a run.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    return [_told(finding, put_back=_key(finding) not in left) for finding in drifted]


def _found(base: Root, head: Root, settings: Settings, rules: Sequence[Rule]) -> Sequence[Finding]:
    head = replace(head, errors=(), notes=())
    sides = Snapshot("recorded state", [base]), Snapshot("state", [head])
    return compare(*sides, settings, rules, pairs=[(base, head)]).findings


def _key(finding: Finding) -> tuple[str, str]:
    return finding.rule, without_keys(finding.address) if finding.rule.startswith("TFR3") else finding.address


def _told(finding: Finding, *, put_back: bool) -> Finding:
    message = finding.message if finding.message.endswith((".", "!", "?")) else f"{finding.message}."
    if put_back:
        text = f"{message} This was done outside of Terraform; this plan puts it back"
        return replace(finding, message=text, severity=Severity.LOW, fix=_PUT_BACK)
    return replace(finding, message=f"{message} This was done outside of Terraform, and this plan does not put it back")
