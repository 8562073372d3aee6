"""TFR501 and TFR502: what was denied and no longer is, and what somebody may do who could not."""

from __future__ import annotations

from tfratchet.iam.guards import GuardLoss
from tfratchet.model import Severity
from tfratchet.rules.base import attack, nist
from tfratchet.rules.guards import GuardRule, is_age, is_mfa


class DenialLost(GuardRule):
    """A denial is lost: a policy, boundary or service control policy no longer stops a call.

    ## Why

    A Deny wins over every Allow. The statement that keeps everybody from detaching policies, stopping the trail or
    assuming a certain role is what the rest of the account relies on; whoever narrows it (an action or resource less,
    one condition more: conditions are ANDed, so each one added denies *less*) opens the call for everybody who has an
    Allow somewhere.

    ## Fires on

    ```hcl
    # base                                                       # head
    Effect = "Deny"                                              # Effect = "Deny"
    Action = ["iam:DetachUserPolicy", "cloudtrail:StopLogging"]  # Action = ["iam:DetachUserPolicy"]
    ```

    ## Silent on

    Denials that stay in other words or in another policy, principals that the configuration names as break-glass
    (`break_glass` in `tfratchet.toml`), and attachments that go (the family detach tells those).

    ## Fix

    Put the statement back as it was; name break-glass principals in `tfratchet.toml` when they are meant to pass.
    """

    id = "TFR501"
    title = "denial lost"
    family = "guardrail"
    severity = Severity.HIGH
    references = (nist("AC-3"), nist("AC-6"), nist("CM-5"), attack("T1098"), attack("T1562.008"))
    fix = "put the denial back as it was"

    def tells(self, found: GuardLoss) -> bool:
        if found.loss.kind != "guard" or is_mfa(found) or is_age(found):
            return False
        # An attachment that went is told by the family detach.
        return found.cause != "reach"

    def weighs(self, found: GuardLoss) -> Severity:
        return super().weighs(found) if found.protected or found.loss.harmless else Severity.MEDIUM


class ProtectedActionGained(GuardRule):
    """Somebody gains a protected action.

    ## Why

    Nothing is taken away by a grant, so the severity is low. But a user who may now detach policies or stop the trail
    can take away the rest without another merge.

    ## Fires on

    ```hcl
    # base                         # head
    Action = ["s3:GetObject"]      # Action = ["s3:GetObject", "iam:DetachUserPolicy"]
    ```

    ## Silent on

    Grants of anything that is no protected action, and grants that a guard, a boundary or a service control policy
    stops.

    ## Fix

    Leave the action to the break-glass role, or give it only with MFA.
    """

    id = "TFR502"
    title = "somebody gains a protected action"
    family = "guardrail"
    severity = Severity.LOW
    references = (nist("AC-6"), attack("T1098"), attack("T1078"))
    checkov = ("CKV_TFR_502",)
    fix = "leave protected actions to the break-glass role, or give them only with MFA"

    def tells(self, found: GuardLoss) -> bool:
        return found.protected and found.loss.kind == "gain" and not is_mfa(found) and not is_age(found)
