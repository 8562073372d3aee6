"""TFR302: MFA in trust policies, resource policies, and what else a policy lets in only with MFA."""

from __future__ import annotations

from tfratchet.iam.guards import GuardLoss
from tfratchet.model import Severity
from tfratchet.rules.base import attack, nist
from tfratchet.rules.guards import GuardRule, is_mfa


class MfaConditionLoosened(GuardRule):
    """An MFA condition of a trust or resource policy is removed or loosened.

    ## Why

    A role that people assume is often guarded in its trust policy alone: `Bool aws:MultiFactorAuthPresent = "true"`.
    Without the condition, an access key is enough to become that role. The same holds for the policy of a key, a
    bucket or a queue, and for an Allow in an identity policy that is given only with MFA.

    ## Fires on

    ```hcl
    # base                                                            # head
    assume_role_policy = jsonencode({ Statement = [{                  # the same, without Condition
      Effect    = "Allow", Action = "sts:AssumeRole",
      Principal = { AWS = "arn:aws:iam::123456789012:root" },
      Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }
    }] })
    ```

    ## Silent on

    `BoolIfExists` turned into `Bool` on an Allow (stricter), a new principal without MFA beside the old one (nobody
    loses the need for MFA), roles that only services assume.

    ## Fix

    Put the condition back.
    """

    id = "TFR302"
    title = "MFA condition loosened in a trust or resource policy"
    family = "mfa"
    severity = Severity.HIGH
    references = (nist("IA-2(1)"), nist("AC-3"), attack("T1556.006"), attack("T1078"))
    checkov = ("CKV_TFR_302",)
    fix = "put the condition on aws:MultiFactorAuthPresent back"

    def tells(self, found: GuardLoss) -> bool:
        if not is_mfa(found):
            return False
        return found.cause in ("trust", "resource") or (found.cause == "document" and not found.protected)
