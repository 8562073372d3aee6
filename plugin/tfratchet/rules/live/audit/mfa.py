"""MFA of users and of root, and root's keys."""

from __future__ import annotations

from collections.abc import Iterator

from tfratchet.account.facts import Facts
from tfratchet.config import Settings
from tfratchet.model import Finding, Severity
from tfratchet.rules.base import attack, cis, nist, security_hub
from tfratchet.rules.live.audit.base import AuditRule, account_arn

ROOT = "root"


class UserWithoutMfa(AuditRule):
    """A user signs in to the console with a password alone.

    ## Why

    A password that was phished, guessed or found in a leak is then all it takes.

    ## Looks at

    The credential report (`password_enabled`, `mfa_active`). AWS hands out one report for four hours, so who looks bad
    in it is asked again: `iam:GetLoginProfile`, `iam:ListMFADevices`.

    ## Fires on

    A user with a login profile and no device.

    ## Silent on

    A user with any device, virtual, hardware or passkey; a user without a password, whatever keys they have
    (`TFR612` looks at these).

    ## Fix

    The user sets up a device; nobody can do it in their place. `tfratchet remediate` attaches the MFA guard until then.
    """

    id = "TFR603"
    title = "console user without MFA"
    severity = Severity.HIGH
    references = (cis("1.9"), security_hub("IAM.5"), security_hub("IAM.19"), nist("IA-2(1)"), attack("T1078"))
    reads = ("users", "credentials")
    fix = "Let the user set up an MFA device, or delete the console password."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002
        for user in facts.users.values():
            if user.console and not user.mfa:
                yield self.found(
                    user.arn,
                    f"User {user.name} has a console password and no MFA device.",
                    "an MFA device",
                    "none",
                    root=facts.account,
                )


class RootWithoutMfa(AuditRule):
    """Root has no MFA device.

    ## Why

    No policy limits root: whoever has its password has the account.

    ## Looks at

    `iam:GetAccountSummary` (`AccountMFAEnabled`). A member account of an organization whose root has no credentials at
    all (`AccountPasswordPresent` and `AccountAccessKeysPresent` are 0) needs none.

    ## Fires on

    `AccountMFAEnabled` is 0.

    ## Silent on

    A member account whose root has neither password nor keys.

    ## Fix

    Sign in as root and set up a device, at best a hardware key: CIS 1.5 asks for one, which this rule cannot see. Or
    remove root's credentials from member accounts centrally.
    """

    id = "TFR604"
    title = "root without MFA"
    severity = Severity.CRITICAL
    references = (cis("1.4"), security_hub("IAM.9"), nist("IA-2(1)"), attack("T1078"))
    reads = ("root",)
    fix = "Set up an MFA device for root, a hardware key at best."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002
        if facts.root_mfa is False and not (facts.root_password is False and not facts.root_keys):
            yield self.found(
                account_arn(facts, ROOT),
                f"Root of account {facts.account} has no MFA device.",
                "an MFA device",
                "none",
                root=facts.account,
            )


class RootKeys(AuditRule):
    """Root has access keys.

    ## Why

    They do everything without MFA, and no policy can limit them.

    ## Looks at

    `iam:GetAccountSummary` (`AccountAccessKeysPresent`).

    ## Fires on

    `AccountAccessKeysPresent` is 1.

    ## Silent on

    Root without keys, whether or not it has a password.

    ## Fix

    Delete them, after moving whatever uses them to a role.
    """

    id = "TFR605"
    title = "root has access keys"
    severity = Severity.CRITICAL
    references = (cis("1.3"), security_hub("IAM.4"), nist("AC-6(5)"), attack("T1078"))
    reads = ("root",)
    fix = "Move whatever uses root's keys to a role, and delete the keys."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002
        if facts.root_keys:
            yield self.found(
                account_arn(facts, ROOT),
                f"Root of account {facts.account} has access keys.",
                "no access keys",
                "access keys",
                root=facts.account,
            )
