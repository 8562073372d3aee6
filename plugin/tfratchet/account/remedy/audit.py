"""Which act answers which finding of the audit. Pure: findings and facts in, proposals out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tfratchet.account.acts import (
    Act,
    AttachPolicy,
    DeactivateKey,
    PutSelectors,
    SetPasswordPolicy,
    StartLogging,
    UpdateTrail,
)
from tfratchet.account.acts.base import USER
from tfratchet.account.facts import Facts, LiveTrail, LiveUser
from tfratchet.account.remedy.plan import Left, Proposal
from tfratchet.account.remedy.steps import AUDIT, Reason
from tfratchet.controls import CONTROLS
from tfratchet.errors import UserError
from tfratchet.model import Certainty, Finding
from tfratchet.rules import live_rules
from tfratchet.rules.live.audit.base import AuditRule, floor
from tfratchet.rules.live.audit.password import below
from tfratchet.rules.live.audit.reach import Reaches

if TYPE_CHECKING:
    from tfratchet.config import Settings

_ITEM = re.compile(r'^(.*)\["([^"]*)"\]$')

# Why remediate leaves a finding alone. What is not here is left to the finding's own advice.
_ALONE: Mapping[str, str] = {
    "TFR603": "only the user can enable MFA; --create-mfa-device USER makes the device",
    "TFR604": "root is never touched: sign in as root and add a device",
    "TFR605": "root is never touched: sign in as root and delete its keys",
    "TFR607": "switching it off may stop a program: rotate it",
    "TFR609": "which of the two is in use is for its user to say",
    "TFR610": "delete the console password, or let its user sign in",
    "TFR611": "what they may do has to be decided: move it to a group",
    "TFR619": "insights cost money: declare them in the module cloudtrail",
}
_TRAIL_RULES = ("TFR615", "TFR618")


@dataclass
class AuditPlanner:
    """Proposes acts for findings."""

    facts: Facts
    settings: Settings
    guard: str | None = None
    """ARN of the MFA guard, when it was named."""

    def __post_init__(self) -> None:
        self._users = {u.arn: u for u in self.facts.users.values()}
        self._guard: tuple[str | None, str] | None = None
        self._answers: Mapping[str, Callable[[Finding], Act | str]] = {
            "TFR601": lambda _: self._password(),
            "TFR602": lambda _: self._password(),
            "TFR606": self._key,
            "TFR608": self._key,
            "TFR612": self._mfa_guard,
            "TFR614": lambda f: self._trail(f, lambda t: StartLogging(t.arn, t.home_region)),
            "TFR615": lambda f: self._trail(f, self._everywhere),
            "TFR616": lambda f: self._trail(f, lambda t: UpdateTrail(t.arn, t.home_region, {"validation": True})),
            "TFR618": lambda f: self._trail(f, lambda t: PutSelectors(t.arn, t.home_region)),
        }

    def plan(self, findings: Iterable[Finding]) -> tuple[list[Proposal], list[Left]]:
        """The acts for ``findings``, and what is left alone. Accepted findings are passed over."""
        proposals: list[Proposal] = []
        left: list[Left] = []
        chosen = _one_trail([f for f in findings if f.suppressed is None], self.facts)
        starting = {f.address for f in chosen if f.rule == "TFR614"}
        for finding in [*chosen, *self._once_they_log(starting)]:
            answer = self._answers.get(finding.rule)
            if answer is None:
                left.append(Left(finding.message, _ALONE.get(finding.rule, finding.fix), finding.rule))
            elif finding.certainty is not Certainty.CERTAIN:
                left.append(Left(finding.message, "it is only possible", finding.rule))
            else:
                act = answer(finding)
                if isinstance(act, str):
                    left.append(Left(finding.message, act, finding.rule))
                else:
                    proposals.append(Proposal(act, Reason(AUDIT, finding.message, finding.rule, finding.address)))
        return proposals, left

    def _once_they_log(self, starting: set[str]) -> Iterator[Finding]:
        """What the audit will say of trails that are started here, and does not say while they are stopped."""
        if not starting:
            return
        trails = {a: replace(t, logging=True) if a in starting else t for a, t in self.facts.trails.items()}
        facts = replace(self.facts, trails=trails)
        found: list[Finding] = []
        for rule in live_rules():
            if isinstance(rule, AuditRule) and rule.id in _TRAIL_RULES:
                told = list(rule.check(self.facts, self.settings))
                found += [f for f in rule.check(facts, self.settings) if f not in told]
        yield from _one_trail(found, facts)

    # -- acts ----------------------------------------------------------------------------------------------------

    def _password(self) -> Act | str:
        """Every setting that is below its floor, raised to it."""
        live = self.facts.password_policy
        values: dict[str, int | bool] = {}
        for control in CONTROLS.values():
            if control.resource != "aws_iam_account_password_policy":
                continue
            least = floor(control.name, self.settings)
            if least is not None and (live is None or below(control, live[control.name], least)):
                values[control.name] = least
        return SetPasswordPolicy(values) if values else "no floor asks for anything"

    def _key(self, finding: Finding) -> Act | str:
        match = _ITEM.match(finding.address)
        user = self._users.get(match[1]) if match else None
        if match is None or user is None:
            return "the id of the key could not be read"
        key = next((k for k in user.keys if k.id == match[2]), None)
        since = None if key is None else key.last_used or key.created
        return DeactivateKey(user.name, match[2], since.isoformat() if since else "")

    def _trail(self, finding: Finding, act: Callable[[LiveTrail], Act]) -> Act | str:
        trail = self.facts.trails.get(finding.address)
        if trail is None:
            return "the trail could not be read"
        if not _own(trail.arn, self.facts):
            return f"the trail belongs to account {trail.arn.split(':')[4]}: put it right there"
        return act(trail)

    def _everywhere(self, trail: LiveTrail) -> Act:
        return UpdateTrail(trail.arn, trail.home_region, {"multi_region": True, "global_events": True})

    def _mfa_guard(self, finding: Finding) -> Act | str:
        user = self._users.get(finding.address)
        if user is None:
            return "the user could not be read"
        if not user.console:
            return "the guard would lock out programs that use this user's keys: give them a role"
        if user.mfa:
            return "the user has MFA: attach the guard to a group of the user, with the module mfa-enforcement"
        arn, why = self.guard_policy()
        return AttachPolicy(USER, user.name, arn) if arn else why

    # -- the guard -----------------------------------------------------------------------------------------------

    def guard_policy(self) -> tuple[str | None, str]:
        """ARN of the policy that denies everything without MFA, or None and why there is none.

        Raises UserError when the one that was named does no such thing.
        """
        if self._guard is None:
            self._guard = self._find_guard()
        return self._guard

    def _find_guard(self) -> tuple[str | None, str]:
        reaches = Reaches(self.facts)
        where = "--mfa-guard-arn"
        if self.guard is not None:
            if self.guard not in self.facts.policies:
                raise UserError("there is no such customer managed policy", where=f"{where} {self.guard}")
            if not _guards(reaches, self.guard):
                raise UserError(
                    "this policy lets protected calls through without MFA",
                    where=f"{where} {self.guard}",
                    hint="the module mfa-enforcement makes one that does not",
                )
            return self.guard, ""
        found = [arn for arn in sorted(self.facts.policies) if _guards(reaches, arn)]
        if len(found) == 1:
            return found[0], ""
        if found:
            names = ", ".join(a.rpartition("/")[2] for a in found)
            return None, f"several policies are an MFA guard ({names}): name one with {where}"
        return (
            None,
            f"no policy of this account is an MFA guard: apply the module mfa-enforcement, or name one with {where}",
        )


def _guards(reaches: Reaches, arn: str) -> bool:
    """Whether somebody with only this policy can call nothing protected without MFA, whatever else they are given."""
    somebody = LiveUser("tfratchet-somebody", "", attached=(arn,), console=True)
    return ":policy/" in arn and "::aws:" not in arn and reaches.of(somebody).guarded


def _one_trail(findings: Sequence[Finding], facts: Facts) -> list[Finding]:
    """Findings that ask for *one* trail that records everything: for the best candidate only. Others as they are."""
    kept = [f for f in findings if f.rule not in _TRAIL_RULES]
    for rule in _TRAIL_RULES:
        candidates = [f for f in findings if f.rule == rule and f.address in facts.trails and _own(f.address, facts)]
        if candidates:
            kept.append(max(candidates, key=lambda f: _width(facts.trails[f.address])))
        else:
            kept += [f for f in findings if f.rule == rule]
    return kept


def _own(arn: str, facts: Facts) -> bool:
    return arn.split(":")[4] == facts.account


def _width(trail: LiveTrail) -> tuple[bool, bool, bool, str]:
    """How near a trail is to recording everything; the name decides among equals."""
    return (trail.multi_region, trail.global_events, bool(trail.logging), trail.arn)
