"""How users get their permissions, and whether a guard holds them to MFA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tfratchet.account.facts import Facts, LiveUser
from tfratchet.config import Settings
from tfratchet.iam.answers import ABSENT, FALSE
from tfratchet.model import Finding, Severity
from tfratchet.rules.base import attack, cis, nist, security_hub
from tfratchet.rules.live.audit.base import AuditRule, listed, spared
from tfratchet.rules.live.audit.reach import Reach, Reaches


class DirectPolicy(AuditRule):
    """A user has permissions of their own, not through a group.

    ## Why

    Nobody reviews single users: what was given for a day stays, and leaves with nobody.

    ## Looks at

    Managed and inline policies of users (`iam:GetAccountAuthorizationDetails`). A policy that only denies gives no
    permission and is no finding: a guard may well be attached to the user. Neither is a permissions boundary.

    ## Fires on

    `ReadOnlyAccess` attached to the user; an inline policy with an Allow.

    ## Silent on

    Policies of the user's groups; a policy of Denys only; a permissions boundary.

    ## Fix

    Attach the policy to a group and put the user into it; then detach it from the user.
    """

    id = "TFR611"
    title = "user with policies of their own"
    severity = Severity.LOW
    references = (cis("1.14"), security_hub("IAM.2"), nist("AC-2"), nist("AC-6"), attack("T1098"))
    checkov = ("CKV_AWS_40",)
    reads = ("users",)
    fix = "Give the permissions to a group, and put the user into it."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002
        for user in facts.users.values():
            names = [*_attached(user, facts), *(n for n, d in user.inline.items() if allows(d))]
            if names:
                yield self.found(
                    user.arn,
                    f"User {user.name} has permissions of their own: {', '.join(sorted(names))}.",
                    "permissions through groups only",
                    f"{len(names)} {'policy' if len(names) == 1 else 'policies'} of their own",
                    root=facts.account,
                )


def _attached(user: LiveUser, facts: Facts) -> Iterator[str]:
    for arn in user.attached:
        policy = facts.policies.get(arn)
        if policy is None or allows(policy.document):
            yield arn.partition(":policy/")[2].rpartition("/")[2] or arn


def allows(document: Mapping[str, Any]) -> bool:
    """Whether a policy document allows anything at all."""
    statements = document.get("Statement", [])
    found = statements if isinstance(statements, list) else [statements]
    return any(s.get("Effect") != "Deny" for s in found)


class NoMfaGuard(AuditRule):
    """A user can act without MFA: no guard denies it.

    ## Why

    An MFA device helps only where a policy asks for it: access keys, and a console session before the device is set
    up, work without. The guard is a Deny of everything that does not set up MFA, under
    `BoolIfExists aws:MultiFactorAuthPresent = false`.

    ## Looks at

    All policies that reach the user: attached, inline, of its groups, and the boundary. The decision engine is asked
    about each protected action in a console session without MFA and with long-lived keys. A guard with `Bool` stops the
    first and not the second. **high** when a protected action is allowed without MFA; **medium** when only other
    actions are. No finding: users without credentials or without any permission, users whose permissions all need MFA,
    users for programs (no console password) who may not call a protected action, and break-glass principals.
    A user who may only assume roles is told: whether these ask for MFA stands in the roles.
    Service control policies are not seen from inside an account: accept the finding where one is the guard.

    ## Fires on

    A console user in a group with `AdministratorAccess` and no guard; the same with a guard that asks `Bool`
    instead of `BoolIfExists`.

    ## Silent on

    A user of a group with the guard; a user whose every Allow asks for MFA.

    ## Fix

    Attach the policy of the module `mfa-enforcement` to the user's group. `tfratchet remediate` attaches it to
    the user.
    """

    id = "TFR612"
    title = "user without MFA guard"
    severity = Severity.HIGH
    references = (cis("1.9"), nist("IA-2(1)"), nist("AC-3"), attack("T1556.006"), attack("T1078"))
    reads = ("users", "credentials")
    fix = "Attach the MFA guard to a group of the user: the module `mfa-enforcement` has it."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:
        reaches = Reaches(facts)
        unread = not facts.could_read("credentials")
        for user in facts.users.values():
            keys = any(key.active for key in user.keys)
            if spared(user, settings) or not (user.console or keys or unread):
                continue
            reach = reaches.of(user)
            if reach.allowed:
                yield self._tell(facts, user, reach, Severity.HIGH)
            elif user.console and not reach.guarded and reach.anything:
                yield self._tell(facts, user, reach, Severity.MEDIUM)
            elif user.console and reach.guarded and reach.unsure and reach.anything:
                yield self.found(
                    user.arn,
                    f"It is not known whether a policy keeps user {user.name} from {_calls(reach.unsure)} without MFA.",
                    "denied without MFA",
                    "not known",
                    root=facts.account,
                    depends_on=("a policy or condition that cannot be read",),
                )

    def _tell(self, facts: Facts, user: LiveUser, reach: Reach, severity: Severity) -> Finding:
        if reach.allowed:
            message = f"Without MFA, user {user.name} can call {_calls(reach.allowed)}: no policy denies it."
            live = _calls(reach.allowed)
        elif FALSE in reach.open:
            message = f"No policy keeps user {user.name} from acting without MFA."
            live = "no guard"
        else:
            message = f"User {user.name} can act without MFA with access keys: the guard asks for a key they lack."
            live = "a guard for console sessions only"
        if reach.allowed and FALSE not in reach.open and ABSENT in reach.open:
            message += " The guard stops console sessions only."
        found = self.found(user.arn, message, "denied without MFA", live, severity=severity, root=facts.account)
        return replace(found, details=reach.allowed)  # of many calls the text names three


def _calls(actions: tuple[str, ...]) -> str:
    return listed(sorted(actions))
