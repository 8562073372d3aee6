"""TFR301, TFR303 and TFR304: what a guard asks MFA for, how recent it must be, and whom it reaches."""

from __future__ import annotations

from tfratchet.iam.guards import GuardLoss
from tfratchet.model import Severity
from tfratchet.rules.base import attack, cis, nist
from tfratchet.rules.guards import FOREVER, GuardRule, is_age, is_mfa

# A guard that gives up this many protected actions at once is no guard any more.
_EMPTIED = 30


class ProtectedActionWithoutMfa(GuardRule):
    """A protected action no longer needs MFA.

    ## Why

    The guard "deny all but MFA self-service without MFA" is worth what it stops. Whatever edit caused it (a condition
    dropped or added, `BoolIfExists` turned into `Bool`, a wider `NotAction`, a statement deleted, a principal
    exempted), a call that detaches policies, mints keys or stops the trail is now open to a stolen password or access
    key. tfratchet asks a decision engine, after AWS's documented evaluation logic, what each user, group and policy
    could do before and can do now, with MFA, without it, and with long-lived keys that carry no MFA at all.

    ## Fires on

    ```hcl
    # base                                                          # head
    Effect    = "Deny"                                              # Effect    = "Deny"
    NotAction = ["iam:EnableMFADevice"]                             # NotAction = ["iam:EnableMFADevice"]
    Resource  = "*"                                                 # Resource  = "*"
    Condition = { BoolIfExists = {                                  # Condition = { Bool = {
      "aws:MultiFactorAuthPresent" = "false" } }                    #   "aws:MultiFactorAuthPresent" = "false" } }
    ```

    ## Silent on

    The same answers in other words: reordered, split or renamed statements, `Bool` on an *Allow* (which is stricter),
    a document data source in place of JSON.

    ## Fix

    Put the statement back that used to stop the call; the finding names it and its line.
    """

    id = "TFR301"
    title = "protected action no longer needs MFA"
    family = "mfa"
    severity = Severity.HIGH
    references = (cis("1.9"), nist("IA-2(1)"), nist("AC-3"), attack("T1556.006"))
    checkov = ("CKV_TFR_301", "CKV_TFR_308")
    fix = "put back the statement (or its condition) that asked for MFA"

    def tells(self, found: GuardLoss) -> bool:
        return found.protected and is_mfa(found) and found.cause in ("document", "limit")

    def weighs(self, found: GuardLoss) -> Severity:
        return Severity.CRITICAL if len(found.loss.actions) >= _EMPTIED else super().weighs(found)


class MfaAgeLoosened(GuardRule):
    """The age of MFA is no longer limited, or an older one is enough.

    ## Why

    `aws:MultiFactorAuthAge` asks for a *recent* second factor. Without the condition, or with a higher limit, a session
    that was opened with MFA in the morning, and stolen in the evening, is enough.

    ## Fires on

    ```hcl
    # base                                                              # head
    Condition = { NumericLessThan = { "aws:MultiFactorAuthAge" = "3600" } }   # "86400", or no condition
    ```

    ## Silent on

    A lower limit, and the same limit written in another statement.

    ## Fix

    Put the limit back.
    """

    id = "TFR303"
    title = "MFA age loosened"
    family = "mfa"
    severity = Severity.HIGH
    references = (nist("IA-11"), nist("AC-12"), attack("T1550.004"))
    fix = "put the condition on aws:MultiFactorAuthAge back, with the limit that it had"

    def tells(self, found: GuardLoss) -> bool:
        return is_age(found)

    def weighs(self, found: GuardLoss) -> Severity:
        return Severity.HIGH if found.loss.mfa_age == FOREVER else Severity.MEDIUM


class GuardNoLongerReaches(GuardRule):
    """The MFA guard no longer reaches a user or group.

    ## Why

    A guard protects whom it is attached to. When it is detached, or its user leaves the group that has it, everything
    that user may do is open without MFA again. The rules of the family detach tell *which attachment* went; this one
    tells *what that opens*.

    ## Fires on

    ```hcl
    # base                                                   # head
    resource "aws_iam_group_policy_attachment" "mfa" {       # (the block is gone; the group stays)
      group      = aws_iam_group.people.name
      policy_arn = aws_iam_policy.require_mfa.arn
    }
    ```

    ## Silent on

    A user who goes as well, and a user whom the same guard, or an equal one, reaches by another route.

    ## Fix

    Attach the guard again, or put the user into a group that has it.
    """

    id = "TFR304"
    title = "MFA guard no longer reaches somebody"
    family = "mfa"
    severity = Severity.CRITICAL
    references = (cis("1.9"), nist("IA-2(1)"), attack("T1556.006"), attack("T1098"))
    checkov = ("CKV_TFR_304",)
    fix = "attach the guard again, or put the user into a group that has it"

    def tells(self, found: GuardLoss) -> bool:
        return found.cause == "reach" and is_mfa(found)
