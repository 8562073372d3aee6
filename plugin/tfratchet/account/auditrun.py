"""The run of ``tfratchet audit``, without typer: accounts in, an outcome for the reports out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tfratchet.account.collect import collect
from tfratchet.account.facts import Facts
from tfratchet.account.org import enter, members
from tfratchet.compare import Result, is_active
from tfratchet.config import Settings
from tfratchet.errors import UserError
from tfratchet.model import Finding, Problem
from tfratchet.pipeline import Compared, Outcome, Statistics
from tfratchet.rules import live_rules
from tfratchet.rules.live.audit.base import AuditRule, limits

if TYPE_CHECKING:
    from tfratchet.account.session import Account
    from tfratchet.progress import Progress

PARTS = frozenset(["password_policy", "root", "users", "credentials", "trails", "buckets", "watches"])
"""What the audit reads; roles are no part of it."""
_OLD_REPORT = timedelta(minutes=10)


@dataclass
class Audited:
    """What was found in one account or several."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    accounts: list[Facts] = field(default_factory=list)

    def add(self, facts: Facts, settings: Settings) -> None:
        """Judge the facts of one account."""
        self.findings += findings(facts, settings)
        self.notes += notes(facts)
        self.errors += errors(facts)
        self.accounts.append(facts)

    def outcome(self) -> Outcome:
        """For the reports."""
        order = sorted(self.findings, key=lambda f: (f.root, -f.severity, f.rule, f.address, f.message))
        labels = ", ".join(f"account {facts.account}" for facts in self.accounts) or "no account"
        things = sum(
            len(f.users) + len(f.groups) + len(f.policies) + len(f.trails) + len(f.buckets) + len(f.watches)
            for f in self.accounts
        )
        return Outcome(
            Compared("the floors"),
            Compared(labels),
            Result(order, list(dict.fromkeys(self.notes)), list(dict.fromkeys(self.errors))),
            Statistics(roots=len(self.accounts), resources=things),
            scope=_scope(self.accounts),
        )


def audit_account(
    account: Account, settings: Settings, progress: Progress | None = None, *, fresh: bool = False
) -> Audited:
    """Read and judge one account. ``fresh``: without relying on the credential report.

    Raises UserError when the account cannot be read at all.
    """
    audited = Audited()
    audited.add(collect(account, PARTS, progress, limits=limits(settings), every_user=fresh), settings)
    return audited


def audit_organization(
    account: Account, role: str, settings: Settings, progress: Progress | None = None, *, fresh: bool = False
) -> Audited:
    """Read and judge every account of the organization. One that cannot be read is an error, and the others go on.

    Raises UserError when the accounts cannot be listed.
    """
    audited = Audited()
    for member in members(account):
        name = f"account {member.id}" + (f" ({member.name})" if member.name else "")
        if not member.active:
            audited.notes.append(Problem("account", f"{name} is {member.state.lower()}: it was not looked at"))
            continue
        try:
            inside = enter(account, member, role)
            found = collect(inside, PARTS, progress, limits=limits(settings), every_user=fresh)
            audited.add(found, settings)
        except UserError as error:
            audited.errors.append(Problem("account", f"{name} could not be looked at: {error}"))
    return audited


def findings(facts: Facts, settings: Settings, rules: Iterable[AuditRule] | None = None) -> list[Finding]:
    """What the rules that the settings switch on find in ``facts``, with the severities of the settings."""
    chosen = [r for r in live_rules() if isinstance(r, AuditRule)] if rules is None else list(rules)
    found = [f for rule in chosen if is_active(rule, settings) for f in rule.check(facts, settings)]
    return [f.with_severity(settings.severities[f.rule]) if f.rule in settings.severities else f for f in found]


def errors(facts: Facts) -> list[Problem]:
    """What could not be read: the account is not clean only because nobody looked."""
    return [
        Problem("unread", f"account {facts.account}: {gap.part.replace('_', ' ')} not read: {gap.action}: {gap.reason}")
        for gap in facts.unread
    ]


def notes(facts: Facts) -> list[Problem]:
    """What a reader should know of how the account was read."""
    found = []
    for bucket in facts.buckets.values():
        if bucket.foreign:
            text = f"log bucket {bucket.name} belongs to another account: audit it there"
            found.append(Problem("account", f"account {facts.account}: {text}"))
    made = facts.report_made
    if made is not None and facts.taken is not None and facts.taken - made > _OLD_REPORT:
        text = (
            f"the credential report is of {made:%Y-%m-%d %H:%M} UTC (AWS makes a new one every four hours): what got "
            "worse since then may not show; see --fresh"
        )
        found.append(Problem("account", f"account {facts.account}: {text}"))
    return found


def _scope(accounts: Sequence[Facts]) -> str:
    def count(number: int, noun: str) -> str:
        return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

    users = count(sum(len(f.users) for f in accounts), "user")
    trails = count(sum(len(f.trails) for f in accounts), "trail")
    watches = count(sum(len(f.watches) for f in accounts), "rule or alarm").replace(
        "rule or alarms", "rules and alarms"
    )
    if len(accounts) == 1:
        facts = accounts[0]
        return f"account {facts.account} as {facts.caller}: {users}, {trails}, {watches}"
    return f"{count(len(accounts), 'account')}: {users}, {trails}, {watches}"
