"""The account's password policy."""

from __future__ import annotations

from collections.abc import Iterator

from tfratchet.account.facts import Facts
from tfratchet.config import Settings
from tfratchet.controls import Control, Stronger, controls_of
from tfratchet.model import Finding, Severity
from tfratchet.rules.base import attack, cis, nist, security_hub
from tfratchet.rules.live.audit.base import AuditRule, account_arn, floor, item

WHAT = "account-password-policy"
_RULES = ("TFR202", "TFR203", "TFR204", "TFR205", "TFR206", "TFR207", "TFR208", "TFR209", "TFR210")
# CIS asks for length and reuse; the others are widely asked for, and a policy with the two stands without them.
_HIGH = frozenset(["minimum_password_length", "password_reuse_prevention"])


class NoPasswordPolicy(AuditRule):
    """The account has no password policy.

    ## Why

    Without one AWS asks for eight characters of three kinds and nothing else: no end of a password's life, and the
    same password again.

    ## Looks at

    `iam:GetAccountPasswordPolicy`: an account without a policy answers `NoSuchEntity`.

    ## Fires on

    An account where `aws iam get-account-password-policy` answers `NoSuchEntity`.

    ## Silent on

    Any policy, however weak (that is `TFR602`); an account whose policy could not be read (that is an error).

    ## Fix

    Set the policy with the module `password-policy`, or with `tfratchet remediate`, which sets it to the floors.
    """

    id = "TFR601"
    title = "no password policy"
    severity = Severity.CRITICAL
    references = (cis("1.7"), cis("1.8"), security_hub("IAM.7"), nist("IA-5(1)"), attack("T1110"))
    checkov = ("CKV_AWS_9", "CKV_AWS_10")
    reads = ("password_policy",)
    fix = "Set a password policy: the module `password-policy` does it."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002
        if facts.could_read("password_policy") and facts.password_policy is None:
            yield self.found(
                account_arn(facts, WHAT),
                f"Account {facts.account} has no password policy.",
                "a password policy",
                "none",
                root=facts.account,
            )


class WeakPasswordPolicy(AuditRule):
    """A setting of the password policy is below its floor.

    ## Why

    Passwords are guessed, found again in old leaks and kept for years; each setting makes one of these harder.

    ## Looks at

    `iam:GetAccountPasswordPolicy`. The floors are those of `tfratchet diff` (CIS: 14 characters, 24 earlier passwords);
    `floors` in the configuration overrides each by its name. One finding a setting, at
    `arn:aws:iam::ACCOUNT:account-password-policy["NAME"]`.

    ## Fires on

    `MinimumPasswordLength` 8; `MaxPasswordAge` not set, which means never; `RequireSymbols` false.

    ## Silent on

    14 characters and more, 24 earlier passwords, 90 days or less; a setting whose floor the configuration lowers to
    what there is.

    ## Fix

    Raise the setting. `UpdateAccountPasswordPolicy` resets whatever a call leaves out, so always send the whole policy.
    """

    id = "TFR602"
    title = "password policy below the floor"
    severity = Severity.HIGH
    references = (cis("1.7"), cis("1.8"), security_hub("IAM.7"), security_hub("IAM.10"), nist("IA-5(1)"))
    checkov = ("CKV_AWS_9", "CKV_AWS_10", "CKV_AWS_11", "CKV_AWS_12", "CKV_AWS_13", "CKV_AWS_14", "CKV_AWS_15")
    reads = ("password_policy",)
    fix = "Raise the setting to its floor, and send the whole policy with it."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:
        policy = facts.password_policy
        if policy is None:
            return
        for control in (c for rule in _RULES for c in controls_of(rule) if c.name in policy):
            least = floor(control.name, settings)
            live = policy[control.name]
            if least is None or not below(control, live, least):
                continue
            yield self.found(
                item(account_arn(facts, WHAT), control.name),
                f"Password policy of account {facts.account}: {control.label}: {shown(control, live)}; "
                f"{required(control, least)} wanted.",
                required(control, least),
                shown(control, live),
                severity=Severity.HIGH if control.name in _HIGH else Severity.MEDIUM,
                root=facts.account,
            )


def below(control: Control, live: int | bool, least: int | bool) -> bool:
    """Whether ``live`` is weaker than the floor ``least``."""
    if control.stronger is Stronger.HIGHER:
        return int(live) < int(least)
    if control.stronger is Stronger.LOWER:  # 0: never
        return int(least) > 0 and (int(live) == 0 or int(live) > int(least))
    if control.stronger is Stronger.STANCE:
        return bool(live) is not bool(least)
    return bool(least) and not bool(live)


def shown(control: Control, value: int | bool) -> str:
    """A value for people."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if control.stronger is Stronger.LOWER and value == 0:
        return "without limit"
    return f"{value} {control.unit}".rstrip()


def required(control: Control, least: int | bool) -> str:
    """A floor for people."""
    text = shown(control, least)
    if isinstance(least, bool):
        return text
    return f"{text} or {'fewer' if control.stronger is Stronger.LOWER else 'more'}"
