"""The password policy and trails. TFR668 to TFR670."""

from __future__ import annotations

from tfratchet.model import Severity
from tfratchet.rules.base import attack, cis, nist
from tfratchet.rules.live.drift.base import CONFIGURATION, DriftRule


class PasswordPolicyDrifted(DriftRule):
    """The account's password policy is not the declared one.

    ## Why

    The API resets whatever a call leaves out, so one change by hand weakens settings that nobody meant to touch.

    ## Fires on

    ```hcl
    resource "aws_iam_account_password_policy" "this" {   # aws iam update-account-password-policy --max-password-age 60
      minimum_password_length = 14
      require_symbols         = true
    }
    ```

    It is *critical* when the account has no policy at all, *low* where the live value is the stronger one.

    ## Silent on

    ```hcl
    minimum_password_length = 14   # settings that are not declared are left alone: Terraform does not send them
    ```

    ## Fix

    `tfratchet remediate --from drift` or `terraform apply` sets the declared values.
    """

    id = "TFR668"
    title = "password policy is not as declared"
    severity = Severity.HIGH
    references = (*CONFIGURATION, cis("1.7"), cis("1.8"), nist("IA-5(1)"))
    fix = "Set the declared values again (tfratchet remediate --from drift, or terraform apply)."


class TrailDrifted(DriftRule):
    """A trail is gone, stopped, or set otherwise than declared.

    ## Why

    Stopping or narrowing the trail is what comes before everything that should not be seen.

    ## Fires on

    ```hcl
    resource "aws_cloudtrail" "main" {   # aws cloudtrail stop-logging --name main
      name                  = "main"
      is_multi_region_trail = true
    }
    ```

    It is *critical* when the trail is gone or does not log.

    ## Silent on

    ```hcl
    kms_key_id = aws_kms_key.trail.arn   # the trail has a key; which one is not known without a state
    ```

    ## Fix

    `tfratchet remediate --from drift` or `terraform apply` sets it again.
    """

    id = "TFR669"
    title = "trail is not as declared"
    severity = Severity.HIGH
    references = (*CONFIGURATION, cis("3.1"), cis("3.2"), nist("AU-12"), attack("T1562.008"))
    fix = "Set the trail as declared (tfratchet remediate --from drift, or terraform apply)."


class TrailRecordsDrifted(DriftRule):
    """A trail does not record what is declared: event selectors or insights differ.

    ## Why

    Terraform's provider reads selectors back only when they are custom ones: reset by hand, they show no difference in
    a plan. Only CloudTrail itself tells.

    ## Fires on

    ```hcl
    resource "aws_cloudtrail" "main" {   # aws cloudtrail put-event-selectors with ReadWriteType = ReadOnly
      name = "main"                      # no event_selector: all management events are meant
    }
    ```

    ## Silent on

    ```hcl
    event_selector {
      read_write_type           = "All"   # written out or left out: the same
      include_management_events = true
    }
    ```

    ## Fix

    `tfratchet remediate --from drift` writes the declared selectors; `terraform apply` may not see the difference.
    """

    id = "TFR670"
    title = "trail records something else than declared"
    severity = Severity.HIGH
    references = (*CONFIGURATION, cis("3.1"), nist("AU-12"), attack("T1562.008"))
    fix = "Write the declared selectors again: tfratchet remediate --from drift."
