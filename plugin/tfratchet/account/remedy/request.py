"""What ``tfratchet remediate`` and ``undo`` are asked, and how they get from there to the account and its plan."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tfratchet.account.accepting import Known, acceptance
from tfratchet.account.auditrun import findings as audit_findings
from tfratchet.account.collect import collect
from tfratchet.account.drift.compare import PARTS as DRIFT_PARTS
from tfratchet.account.drift.compare import compare
from tfratchet.account.drift.run import Sources, roots_of, settings_of, told
from tfratchet.account.journal import journals_of, read
from tfratchet.account.remedy.audit import AuditPlanner
from tfratchet.account.remedy.plan import Left, Plan, Proposal, from_drift, make
from tfratchet.account.remedy.protect import Caller, Protection, caller_of
from tfratchet.account.remedy.steps import AUDIT, DRIFT
from tfratchet.account.remedy.wishes import Wishes, old_keys, proposals
from tfratchet.account.session import Access, Account, assume, behind, connect
from tfratchet.errors import UserError
from tfratchet.rules import live_rules
from tfratchet.rules.live.audit.base import AuditRule, limits

if TYPE_CHECKING:
    from tfratchet.account.drift.source import Declared
    from tfratchet.account.facts import Facts
    from tfratchet.config import Settings
    from tfratchet.model import Finding, Problem
    from tfratchet.pipeline import Outcome
    from tfratchet.progress import Progress

MAX_CHANGES = 25
AUDIT_PARTS = frozenset(["password_policy", "root", "users", "credentials", "roles", "trails"])
"""What the rules read whose findings an act may answer: no buckets and no alarms, which are for Terraform to build."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line says."""

    access: Access = field(default_factory=Access)
    origins: frozenset[str] = frozenset()
    """``audit``, ``drift``; empty: by what else is asked."""
    only: Sequence[str] = ()
    """Rule ids."""
    sources: Sequence[str] = ()
    var_files: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    wishes: Wishes = field(default_factory=Wishes)
    guard: str | None = None
    protect: Sequence[str] = ()
    max_changes: int = MAX_CHANGES
    config: str | None = None
    baseline: str | None = None
    """File of known findings: what is accepted there is left alone."""
    today: date = date(1970, 1, 1)

    @property
    def looks_at(self) -> frozenset[str]:
        """Where findings come from: what ``--from`` says; else the audit, and drift too where there is a source. An
        option that asks for an act by itself is all that is done, unless something else is named.
        """
        if self.origins:
            return self.origins
        if self.wishes and not self.only and not self.sources:
            return frozenset()
        return frozenset([AUDIT, DRIFT] if self.sources else [AUDIT])


@dataclass(frozen=True, slots=True)
class Context:
    """An account that is open, with everything that judges it."""

    account: Account
    callers: Sequence[Caller]
    declared: Sequence[Declared]
    settings: Settings
    accept: Callable[[Sequence[Finding]], Sequence[Finding]]
    """Marks the findings that the configuration or the file of known findings accepts; order and number stay."""


def open_context(request: Request) -> Context:
    """Open the account and read what is declared. Raises UserError."""
    _check(request)
    declared = Sources(request.sources, request.var_files, request.variables).read() if request.sources else []
    settings, loaded = settings_of(declared, request.config, request.today)
    accept = acceptance(loaded, settings.today, Known(request.baseline))
    if loaded.errors:
        raise UserError(loaded.errors[0].message, where=str(loaded.errors[0].location or ""))
    access = request.access
    base = connect(Access(access.profile, access.region))
    account = assume(base, access.role_arn) if access.role_arn else base
    callers = [caller_of(a) for a in ([base] if account is base else [base, account])]
    if access.profile or "AWS_ACCESS_KEY_ID" not in os.environ:  # else boto3 takes no profile
        callers += [caller_of(a) for a in behind(base)]
    return Context(account, callers, declared, settings, lambda found: _accepted(found, accept))


def _accepted(found: Sequence[Finding], accept: Callable[[Outcome], Outcome]) -> Sequence[Finding]:
    from tfratchet.compare import Result
    from tfratchet.pipeline import Compared, Outcome

    return accept(Outcome(Compared(""), Compared(""), Result(found, (), ()))).result.findings


def _check(request: Request) -> None:
    request.wishes.check()
    known = {rule.id for rule in live_rules()}
    for rule in request.only:
        if rule not in known:
            raise UserError(f"there is no rule {rule} on a live account", where="--only")
    if DRIFT in request.origins and not request.sources:
        raise UserError("--from drift needs --source", hint="--source DIR, or --source STATE.json")
    if request.max_changes < 1:
        raise UserError("a number, at least 1", where="--max-changes")


def protection(request: Request, context: Context, facts: Facts) -> Protection:
    """Who must not be touched."""
    return Protection(facts, context.callers, (*context.settings.break_glass, *request.protect))


def make_plan(
    request: Request, context: Context, progress: Progress | None = None
) -> tuple[Plan, Protection, Sequence[Problem]]:
    """The plan, who is protected, and what could not be read. Raises UserError."""
    looks_at = request.looks_at
    parts = frozenset(["users", "roles"])
    if request.wishes:
        parts |= {"credentials"}
    if AUDIT in looks_at:
        parts |= AUDIT_PARTS
    if DRIFT in looks_at:
        parts |= DRIFT_PARTS
    facts = collect(context.account, parts, progress, limits=limits(context.settings))
    found: list[Proposal] = list(proposals(request.wishes, facts))
    left: list[Left] = []
    elsewhere: list[Problem] = []
    if request.wishes.delete_keys_after is not None:
        journals = [read(path).records for path in journals_of(facts.account)]
        asked, spared = old_keys(context.account, facts, request.wishes.delete_keys_after, journals)
        found, left = [*found, *asked], [*left, *spared]
    if AUDIT in looks_at:
        planner = AuditPlanner(facts, context.settings, request.guard)
        more, alone = planner.plan(_wanted(request, _audit(facts, context)))
        # Once more: a trail that is started brings findings of other rules with it.
        found += [p for p in more if not request.only or p.reason.rule in request.only]
        left += [one for one in alone if not request.only or one.rule in request.only]
    if DRIFT in looks_at:
        compared = compare(roots_of(context.declared), facts)
        elsewhere = [e for e in compared.errors if e.kind == "account"]
        pairs = told(compared, context.settings)
        findings = context.accept([f for f, _ in pairs])
        chosen = [
            (f, d) for f, (_, d) in zip(findings, pairs, strict=True) if not request.only or f.rule in request.only
        ]
        more, alone = from_drift(chosen)
        found, left = [*found, *more], [*left, *alone]
    shield = protection(request, context, facts)
    return make(found, left, shield), shield, [*elsewhere, *_unread(facts, context)]


def _audit(facts: Facts, context: Context) -> Sequence[Finding]:
    able = [r for r in live_rules() if isinstance(r, AuditRule) and AUDIT_PARTS.issuperset(r.reads)]
    return context.accept(audit_findings(facts, context.settings, able))


def _wanted(request: Request, findings: Sequence[Finding]) -> list[Finding]:
    return [f for f in findings if not request.only or f.rule in request.only]


def _unread(facts: Facts, context: Context) -> Sequence[Problem]:
    from tfratchet.model import Problem

    gaps = [
        Problem("unread", f"{gap.part} could not be read, and is left alone ({gap.action}: {gap.reason})")
        for gap in facts.unread
    ]
    return [*gaps, *(e for d in context.declared for e in d.errors)]


def refuse_too_many(plan: Plan, most: int) -> None:
    """Raises UserError for a plan with more acts than ``most``: a plan that big has a reason that is worth a look."""
    if len(plan.steps) > most:
        raise UserError(
            f"the plan has {len(plan.steps)} changes, the limit is {most}; nothing was changed",
            hint="look at the plan, then choose some by --only, or raise --max-changes",
        )


def unfinished(account: str) -> list[Path]:
    """Journals of the account whose runs did not come to their end and were not undone."""
    found = []
    for path in journals_of(account):
        try:
            types = [r["type"] for r in read(path).records]
        except UserError:
            continue  # told when somebody asks for that very journal
        if "begin" in types and "end" not in types and "undo-begin" not in types:
            found.append(path)
    return found


def facts_for_protection(context: Context, progress: Progress | None = None) -> Facts:
    """Users, groups and roles, to know who is protected."""
    return collect(context.account, frozenset(["users", "roles"]), progress)
