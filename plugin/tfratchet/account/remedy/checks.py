"""Runs the check that asked for an act again: reads what it looks at anew, and asks the same rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tfratchet.account.acts.base import ACCOUNT, ROLE, TRAIL
from tfratchet.account.collect import PARTS, collect
from tfratchet.account.drift.compare import compare
from tfratchet.account.drift.run import told
from tfratchet.account.remedy.steps import ASKED, AUDIT, DRIFT, Step
from tfratchet.rules import live_rules
from tfratchet.rules.live.audit.base import AuditRule, limits

if TYPE_CHECKING:
    from tfratchet.account.facts import Facts
    from tfratchet.account.session import Account
    from tfratchet.config import Settings
    from tfratchet.model import Root


@dataclass
class AccountChecks:
    """The audit and the drift check of one account, on what an act touches."""

    account: Account
    settings: Settings
    roots: Sequence[Root] = ()
    """What is declared; without it acts that answer drift count as done when the account has what they make."""
    read: Callable[..., Facts] = collect
    _rules: dict[str, AuditRule] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rules = {r.id: r for r in live_rules() if isinstance(r, AuditRule)}

    def green(self, step: Step) -> bool:
        """Whether none of the findings that asked for the act is there any more. Raises UserError."""
        parts = self._parts(step)
        facts = self.read(self.account, parts, limits=limits(self.settings)) if parts else None
        if facts is not None and not all(facts.could_read(part) for part in parts):
            return False  # what cannot be read is not green
        if facts is not None and {r.key for r in step.reasons if r.source == AUDIT} & self._audit(step, facts):
            return False
        if facts is not None and {r.key for r in step.reasons if r.source == DRIFT} & self._drift(step, facts):
            return False
        if all(r.source == ASKED for r in step.reasons) or not self.roots:
            return step.act.settled(step.act.read(self.account))
        return True

    def _parts(self, step: Step) -> frozenset[str]:
        parts: set[str] = set()
        for reason in step.reasons:
            if reason.source == AUDIT and reason.rule in self._rules:
                parts.update(self._rules[reason.rule].reads)
            elif reason.source == DRIFT and self.roots:
                kind = step.act.subject.kind
                parts.update(
                    {"password_policy"}
                    if kind == ACCOUNT
                    else {"trails"}
                    if kind == TRAIL
                    else {"roles", "users"}
                    if kind == ROLE
                    else {"users"}
                )
        return frozenset(parts & PARTS)

    def _audit(self, step: Step, facts: Facts) -> set[tuple[str, str, str]]:
        wanted = {r.rule for r in step.reasons if r.source == AUDIT}
        return {
            (f.rule, f.address, "")
            for rule in self._rules.values()
            if rule.id in wanted
            for f in rule.check(facts, self.settings)
        }

    def _drift(self, step: Step, facts: Facts) -> set[tuple[str, str, str]]:
        if not any(r.source == DRIFT for r in step.reasons) or not self.roots:
            return set()
        found = told(compare(self.roots, facts), self.settings)
        return {(f.rule, f.address, f.base.value if f.base else "") for f, _ in found}
