"""Settings of the account's password policy: TFR202 and TFR207 to TFR211."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from tfratchet.controls import CONTROLS, Control
from tfratchet.model import Finding, Severity
from tfratchet.rules.attributes import AttributeRule, Setting, Subject, shown
from tfratchet.rules.base import Reference, cis, side
from tfratchet.rules.judge import Verdict, boolean, is_weakest, judge
from tfratchet.rules.password.accounts import REFERENCES, Kept, changes

if TYPE_CHECKING:
    from tfratchet.compare import RootPair


class PasswordRule(AttributeRule):
    """A setting of the account's password policy is weaker."""

    family = "password"
    severity = Severity.HIGH
    fix = "Put the stronger value back, or change the floor in the configuration if the account needs less."

    def subjects(self, pair: RootPair) -> Iterator[tuple[Subject, Subject]]:
        for change in changes(pair):
            if isinstance(change, Kept):
                yield change.base, change.head

    def left_to_others(self, pair: RootPair, control: Control, base: Subject, head: Subject, after: Setting) -> bool:
        return latent(pair, control, base, head, after)


def latent(pair: RootPair, control: Control, base: Subject, head: Subject, after: Setting) -> bool:
    """True when only the line is gone: the provider keeps the old value in the state (TFR211 tells it)."""
    if not control.optional_computed or after.given or base.resource is None or head.resource is None:
        return False
    return any(
        isinstance(c, Kept) and c.base.address == base.address and c.head.address == head.address and c.same_object
        for c in changes(pair)
    )


class MinimumLengthLowered(PasswordRule):
    """Passwords may be shorter.

    ## Why

    Length is what makes a password expensive to guess. CIS asks for at least 14 characters.

    ## Fires on

    ```hcl
     resource "aws_iam_account_password_policy" "strict" {
    -  minimum_password_length = 14
    +  minimum_password_length = 8
     }
    ```

    A deleted line counts too: the provider then sends its default, 6. So does a tfvars line that goes so that a weaker
    default of the variable rules, and the argument of a module that could not be read.

    ## Silent on

    ```hcl
    -  minimum_password_length = 14
    +  minimum_password_length = var.minimum_password_length   # default 14
    ```

    ## Fix

    Set `minimum_password_length` to 14 or more.
    """

    id = "TFR202"
    title = "minimum password length lowered"
    controls = ("minimum_password_length",)
    references = (cis("1.7"), *REFERENCES)
    checkov = ("CKV_AWS_10",)
    fix = "Set `minimum_password_length` back; CIS asks for 14 or more."


class MaximumAgeRaised(PasswordRule):
    """Passwords live longer, or never expire.

    ## Why

    A stolen password works until it is changed. 0 and no value both mean: never.

    ## Fires on

    ```hcl
    -  max_password_age = 90
    +  max_password_age = 0
    ```

    ## Silent on

    ```hcl
    -  max_password_age = 90
    +  max_password_age = 60
    ```

    A deleted line is told by TFR211.

    ## Fix

    Set `max_password_age` back; PCI DSS 8.3.9 asks for 90 days where a password is the only factor.
    """

    id = "TFR207"
    title = "maximum password age raised"
    controls = ("max_password_age",)
    references = (Reference("PCI DSS 4.0", "8.3.9"), *REFERENCES)
    checkov = ("CKV_AWS_9",)
    fix = "Set `max_password_age` back to a number of days; 0 means that passwords never expire."


class ReusePreventionLowered(PasswordRule):
    """Fewer earlier passwords are remembered, or none.

    ## Why

    Without a memory a forced change ends with the old password again. CIS asks for 24, which is also the most.

    ## Fires on

    ```hcl
    -  password_reuse_prevention = 24
    +  password_reuse_prevention = 5
    ```

    ## Silent on

    ```hcl
    -  password_reuse_prevention = 12
    +  password_reuse_prevention = 24
    ```

    A deleted line is told by TFR211.

    ## Fix

    Set `password_reuse_prevention = 24`.
    """

    id = "TFR208"
    title = "password reuse prevention lowered"
    controls = ("password_reuse_prevention",)
    references = (cis("1.8"), *REFERENCES)
    checkov = ("CKV_AWS_13",)


class PasswordChangeForbidden(PasswordRule):
    """Users may no longer change their own password.

    ## Why

    A user who suspects that a password leaked has to wait for an administrator. The value also decides whether the
    account adds `iam:ChangePassword` for everybody.

    ## Fires on

    ```hcl
    -  allow_users_to_change_password = true
    +  allow_users_to_change_password = false
    ```

    ## Silent on

    ```hcl
    -  allow_users_to_change_password = true   # the default is true
    ```

    ## Fix

    Set `allow_users_to_change_password = true`.
    """

    id = "TFR209"
    title = "users may no longer change their password"
    severity = Severity.MEDIUM
    controls = ("allow_users_to_change_password",)
    references = REFERENCES

    def weight_of(self, pair: RootPair, control: Control, before: Setting, after: Setting) -> Severity:
        del pair, control, before, after
        return Severity.MEDIUM


class HardExpiryChanged(PasswordRule):
    """`hard_expiry` is turned on or off.

    ## Why

    With hard expiry a user whose password ran out is locked out until an administrator resets it. Without it, the
    user is asked for a new one at the next sign-in, and so is a thief who has the old one. Both stances are defended,
    so the configuration can name the wanted one: `floors.hard_expiry = true` (or false).

    ## Fires on

    ```hcl
    -  hard_expiry = true
    +  hard_expiry = false
    ```

    Without a configured stance, turning it off is medium and turning it on is low (it can lock people out). With a
    stance, only the change against it is told: high.

    ## Silent on

    ```hcl
    -  hard_expiry = false   # unset means false
    ```

    ## Fix

    Set `hard_expiry` back, or name the stance in the configuration.
    """

    id = "TFR210"
    title = "hard expiry changed"
    severity = Severity.MEDIUM
    controls = ("hard_expiry",)
    references = REFERENCES

    def judge(self, pair: RootPair, control: Control, base: Subject, head: Subject) -> Finding | None:
        before, after = base.setting(control), head.setting(control)
        stance = pair.settings.floors.get(control.name)
        if base.call and head.call and not before.given and not after.given:
            return None
        turned_off = judge(control, before.value, after.value, pair.matching.same)
        if turned_off is not None:
            if stance is False or self.left_to_others(pair, control, base, head, after):
                return None
            return self.report(pair, control, base, head, turned_off)
        turned_on = boolean(before.value) is False and boolean(after.value) is True
        if not turned_on or stance is True:
            return None
        return self.finding(
            pair,
            head.address,
            "hard expiry is turned on: whose password has expired is locked out until an administrator resets it",
            side(shown(control, before), before.location or base.location),
            side(shown(control, after), after.location),
            severity=Severity.HIGH if stance is False else Severity.LOW,
        )

    def weight_of(self, pair: RootPair, control: Control, before: Setting, after: Setting) -> Severity:
        del before, after
        return Severity.HIGH if pair.settings.floors.get(control.name) is True else Severity.MEDIUM


class SettingKeptByAccident(PasswordRule):
    """A line is deleted whose value only the state still holds.

    ## Why

    Most arguments of `aws_iam_account_password_policy` are optional and computed: when the line goes, the provider
    keeps what is in the state and the plan shows no change. Nothing is lost today. But the value is no longer written
    anywhere: a change made by hand is not put back any more, and an account that is created from this configuration
    does not get it at all.

    ## Fires on

    ```hcl
     resource "aws_iam_account_password_policy" "strict" {
       minimum_password_length   = 14
    -  password_reuse_prevention = 24
     }
    ```

    ## Silent on

    ```hcl
    -  require_symbols = false   # unset means the same
    ```

    When the resource is replaced by another one (another address without a `moved` block), the loss is real and the
    rule of the setting tells it.

    ## Fix

    Write the line again. To relax the setting on purpose, write the weaker value.
    """

    id = "TFR211"
    title = "password setting no longer written"
    severity: ClassVar[Severity] = Severity.MEDIUM
    controls = tuple(c.name for c in CONTROLS.values() if c.optional_computed)
    references = REFERENCES
    fix = "Write the line again; to relax the setting on purpose, write the weaker value."

    def judge(self, pair: RootPair, control: Control, base: Subject, head: Subject) -> Finding | None:
        before, after = base.setting(control), head.setting(control)
        if not before.given or is_weakest(control, before.value) or not latent(pair, control, base, head, after):
            return None
        return self.report(pair, control, base, head, Verdict())

    def report(self, pair: RootPair, control: Control, base: Subject, head: Subject, verdict: Verdict) -> Finding:
        before, after = base.setting(control), head.setting(control)
        return self.finding(
            pair,
            head.address,
            f"{control.label} ({shown(control, before)}) is no longer written; only the state still holds it, and the "
            "plan shows no change",
            side(shown(control, before), before.location or base.location),
            side(shown(control, after), head.location),
            severity=Severity.MEDIUM,
            depends_on=verdict.depends_on,
        )
