"""Access keys and passwords that are old, unused, or one too many."""

from __future__ import annotations

from collections.abc import Iterator

from tfratchet.account.facts import AccessKey, Facts, LiveUser
from tfratchet.config import Settings
from tfratchet.model import Finding, Severity
from tfratchet.rules.base import attack, cis, nist, security_hub
from tfratchet.rules.live.audit.base import AuditRule, age, day, key_address, key_name, limits, spared

READS = ("users", "credentials")


def _active(facts: Facts) -> Iterator[tuple[LiveUser, AccessKey]]:
    for user in facts.users.values():
        for key in user.keys:
            if key.active:
                yield user, key


class UnusedKey(AuditRule):
    """An active access key that was used once and has not been for a long time.

    ## Why

    Nobody misses a key that is stolen where nobody uses it.

    ## Looks at

    The credential report; ids and last use of the keys that matter by `iam:ListAccessKeys` and
    `iam:GetAccessKeyLastUsed`. "Not active" is not "unused": inactive keys are not told. The limit is 45 days
    (`floors.credential_unused_days`). Break-glass principals are left out: theirs are not meant to be used.

    ## Fires on

    An active key last used 45 days ago or longer.

    ## Silent on

    A key used 44 days ago; an inactive key, however old; a key that was never used (`TFR608`); a break-glass user.

    ## Fix

    Deactivate the key, and delete it when nothing has stopped working. `tfratchet remediate` does both.
    """

    id = "TFR606"
    title = "access key unused"
    severity = Severity.MEDIUM
    references = (cis("1.11"), security_hub("IAM.8"), security_hub("IAM.22"), nist("AC-2(3)"), attack("T1078"))
    reads = READS
    fix = "Deactivate the key; delete it when nothing has stopped working."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:
        limit = limits(settings).unused_days
        for user, key in _active(facts):
            days = age(key.last_used, facts)
            if days is not None and days >= limit and not spared(user, settings):
                yield self.found(
                    key_address(user, key),
                    f"{key_name(user, key)} was last used on {day(key.last_used)}.",
                    f"used within {limit} days, or inactive",
                    f"last used on {day(key.last_used)}",
                    root=facts.account,
                )


class OldKey(AuditRule):
    """An active access key that is older than it should be.

    ## Why

    A key that leaked once works until it is changed; the older it is, the more copies of it there are.

    ## Looks at

    The credential report, then `iam:ListAccessKeys`. The limit is 90 days (`floors.access_key_max_days`).

    ## Fires on

    An active key created 91 days ago.

    ## Silent on

    One created 90 days ago; an inactive one.

    ## Fix

    Create a second key, move everything to it, deactivate the old one, delete it later. Better: use a role.
    """

    id = "TFR607"
    title = "access key too old"
    severity = Severity.MEDIUM
    references = (cis("1.13"), security_hub("IAM.3"), nist("IA-5(1)"), attack("T1078"))
    reads = READS
    fix = "Replace the key, or the user by a role."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:
        limit = limits(settings).key_days
        for user, key in _active(facts):
            days = age(key.created, facts)
            if days is not None and days > limit:
                yield self.found(
                    key_address(user, key),
                    f"{key_name(user, key)} was created on {day(key.created)}.",
                    f"{limit} days at most",
                    f"created on {day(key.created)}",
                    root=facts.account,
                )


class NeverUsedKey(AuditRule):
    """An active access key that nobody has ever used.

    ## Why

    It was made and put somewhere, and nobody knows where.

    ## Looks at

    The credential report, then `iam:ListAccessKeys` and `iam:GetAccessKeyLastUsed`. A new key gets 14 days of grace
    (`floors.access_key_grace_days`). AWS has recorded the last use since April 2015.

    ## Fires on

    An active key created 14 days ago, with no use on record.

    ## Silent on

    One created 13 days ago; an inactive one; a break-glass user.

    ## Fix

    Delete it, and make a new one when it is needed.
    """

    id = "TFR608"
    title = "access key never used"
    severity = Severity.MEDIUM
    references = (cis("1.11"), security_hub("IAM.22"), nist("AC-2(3)"), attack("T1078"))
    reads = READS
    fix = "Delete the key; make a new one when it is needed."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:
        limit = limits(settings).grace_days
        for user, key in _active(facts):
            days = age(key.created, facts)
            if key.last_used is None and days is not None and days >= limit and not spared(user, settings):
                yield self.found(
                    key_address(user, key),
                    f"{key_name(user, key)} was created on {day(key.created)} and never used.",
                    f"used within {limit} days",
                    f"never used since {day(key.created)}",
                    root=facts.account,
                )


class SecondKey(AuditRule):
    """A user has two active access keys.

    ## Why

    Two are for the days of a rotation. A second key that stays doubles what can leak, and an intruder's key looks
    like it.

    ## Looks at

    The credential report, then `iam:ListAccessKeys`.

    ## Fires on

    Two active keys.

    ## Silent on

    One active and one inactive key: a rotation that is nearly done.

    ## Fix

    Deactivate the one that is not used.
    """

    id = "TFR609"
    title = "second active access key"
    severity = Severity.MEDIUM
    references = (cis("1.12"), nist("AC-2"), attack("T1098"))
    reads = READS
    fix = "Deactivate the key that is not in use."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002
        for user in facts.users.values():
            active = [key for key in user.keys if key.active]
            if len(active) > 1:
                ids = " and ".join(key.id for key in active if key.id)
                yield self.found(
                    user.arn,
                    f"User {user.name} has {len(active)} active access keys{f': {ids}' if ids else ''}.",
                    "one active access key",
                    f"{len(active)} active access keys",
                    root=facts.account,
                )


class UnusedPassword(AuditRule):
    """A console password that nobody has used for a long time.

    ## Why

    Nobody misses an account that is taken over where nobody signs in.

    ## Looks at

    The credential report (`password_last_used`). The limit is 45 days (`floors.credential_unused_days`); a password
    that was never used counts from the day it was set. Break-glass principals are left out.

    ## Fires on

    A console password last used 45 days ago, or set 45 days ago and never used.

    ## Silent on

    A password that was set last week; a user without a password; a break-glass user.

    ## Fix

    Delete the login profile; a new one is made in a minute.
    """

    id = "TFR610"
    title = "console password unused"
    severity = Severity.MEDIUM
    references = (cis("1.11"), security_hub("IAM.8"), security_hub("IAM.22"), nist("AC-2(3)"), attack("T1078"))
    reads = READS
    fix = "Delete the console password of the user."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:
        limit = limits(settings).unused_days
        for user in facts.users.values():
            if not user.console or spared(user, settings):
                continue
            since = [d for d in (user.password_last_used, user.password_last_changed) if d is not None]
            days = age(max(since) if since else user.created, facts)
            if days is not None and days >= limit:
                used = user.password_last_used
                told = f"was last used on {day(used)}" if used else "was never used"
                yield self.found(
                    user.arn,
                    f"The console password of user {user.name} {told}.",
                    f"used within {limit} days",
                    told,
                    root=facts.account,
                )
