"""What principals hold themselves: attached and inline policies. TFR660 to TFR663."""

from __future__ import annotations

from tfratchet.model import Severity
from tfratchet.rules.base import attack, nist
from tfratchet.rules.live.drift.base import CONFIGURATION, DriftRule


class DeclaredPolicyDetached(DriftRule):
    """A managed policy that the configuration attaches is not attached in the account.

    ## Why

    Somebody has detached it by hand, by a script or in another configuration. Until the next apply the user, group or
    role lacks what the policy allows, and is free to do what it denies.

    ## Fires on

    ```hcl
    resource "aws_iam_user_policy_attachment" "alice" {   # aws iam detach-user-policy --user-name alice ...
      user       = "alice"
      policy_arn = aws_iam_policy.require_mfa.arn
    }
    ```

    With a user, a policy or a `for_each` that is not known without a state, the finding is only *possible*, and only
    when nothing in the account can be what is meant.

    ## Silent on

    ```hcl
    policy_arn = var.policy_arn   # not known, and the user has a policy that it may be
    ```

    ## Fix

    `tfratchet remediate --from drift` or `terraform apply` attaches it again. `tfratchet events` says who detached it.
    """

    id = "TFR660"
    title = "declared policy is not attached"
    severity = Severity.HIGH
    references = (*CONFIGURATION, nist("AC-2"), attack("T1531"))
    fix = (
        "Attach it again: tfratchet remediate --from drift, or terraform apply; tfratchet events says who detached it."
    )


class PolicyAttachedByHand(DriftRule):
    """A managed policy is attached to a principal that the configuration creates, and nothing declares it.

    ## Why

    A policy that is attached by hand is reviewed by nobody and is how an intruder widens what a user may do. Terraform
    neither shows nor removes it: attachments are resources of their own.

    ## Fires on

    ```hcl
    resource "aws_iam_user" "bob" {   # aws iam attach-user-policy --user-name bob --policy-arn .../IAMFullAccess
      name = "bob"
    }
    ```

    It is *high* when the policy lets its holder attach policies (AdministratorAccess, IAMFullAccess). It is *low* and
    possible when an unknown value may be what declares it. With `--all` also for principals declared nowhere.

    ## Silent on

    ```hcl
    data "aws_iam_user" "bob" {   # only read here: somebody else manages bob
      user_name = "bob"
    }
    ```

    ## Fix

    Detach it, or declare it.
    """

    id = "TFR661"
    title = "attached policy is not declared"
    severity = Severity.MEDIUM
    references = (*CONFIGURATION, nist("AC-2"), attack("T1098"))
    fix = "Detach the policy, or declare the attachment."


class InlinePolicyDrifted(DriftRule):
    """An inline policy that is declared is gone, or says something else.

    ## Why

    An inline policy is edited with one call and leaves no version behind.

    ## Fires on

    ```hcl
    resource "aws_iam_user_policy" "alice" {   # aws iam put-user-policy with another document
      user   = "alice"
      name   = "limits"
      policy = jsonencode({ ... })
    }
    ```

    ## Silent on

    ```hcl
    policy = data.aws_iam_policy_document.same.json   # another spelling of the same meaning
    ```

    What hangs on values that are not known is held to be what the account has.

    ## Fix

    `tfratchet remediate --from drift` or `terraform apply` writes the declared document.
    """

    id = "TFR662"
    title = "inline policy is not as declared"
    severity = Severity.HIGH
    references = (*CONFIGURATION, nist("AC-2"))
    fix = "Write the declared document again (tfratchet remediate --from drift, or terraform apply)."


class InlinePolicyByHand(DriftRule):
    """A principal that the configuration creates has an inline policy that nothing declares.

    ## Why

    Inline policies do not show in lists of policies, which makes them a favourite hiding place for permissions.

    ## Fires on

    ```hcl
    resource "aws_iam_user" "bob" {   # aws iam put-user-policy --user-name bob --policy-name x ...
      name = "bob"
    }
    ```

    ## Silent on

    ```hcl
    data "aws_iam_user" "bob" {   # only read here
      user_name = "bob"
    }
    ```

    ## Fix

    Delete it, or declare it.
    """

    id = "TFR663"
    title = "inline policy is not declared"
    severity = Severity.MEDIUM
    references = (*CONFIGURATION, attack("T1098"))
    fix = "Delete the inline policy, or declare it."
