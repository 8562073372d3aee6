"""Memberships, boundaries, documents, and principals themselves. TFR664 to TFR667, TFR671, TFR672."""

from __future__ import annotations

from tfratchet.model import Severity
from tfratchet.rules.base import attack, nist
from tfratchet.rules.live.drift.base import CONFIGURATION, DriftRule


class MembershipLost(DriftRule):
    """A user is not in a group that the configuration puts the user into.

    ## Why

    With the membership goes everything that the group gives and everything that it denies: a guard on the group no
    longer holds the user.

    ## Fires on

    ```hcl
    resource "aws_iam_user_group_membership" "alice" {   # aws iam remove-user-from-group
      user   = "alice"
      groups = ["staff"]
    }
    ```

    ## Silent on

    ```hcl
    groups = var.groups   # not known, and the user is in a group that it may be
    ```

    ## Fix

    `tfratchet remediate --from drift` or `terraform apply` puts the user back.
    """

    id = "TFR664"
    title = "declared member is not in the group"
    severity = Severity.HIGH
    references = (*CONFIGURATION, nist("AC-2"), attack("T1531"))
    fix = "Put the user back into the group (tfratchet remediate --from drift, or terraform apply)."


class MemberByHand(DriftRule):
    """A user is in a group that the configuration does not put the user into.

    ## Why

    Being added to a group of administrators is a whole set of permissions in one call.

    ## Fires on

    ```hcl
    resource "aws_iam_group" "administrators" {   # aws iam add-user-to-group --group-name administrators ...
      name = "administrators"
    }
    ```

    Told when the configuration creates the user or the group, or lists the group's members
    (`aws_iam_group_membership`). It is *high* when a policy of the group lets its members attach policies.

    ## Silent on

    ```hcl
    data "aws_iam_group" "administrators" {   # only read here
      group_name = "administrators"
    }
    ```

    ## Fix

    Take the user out of the group, or declare the membership.
    """

    id = "TFR665"
    title = "group member is not declared"
    severity = Severity.MEDIUM
    references = (*CONFIGURATION, nist("AC-2"), attack("T1098"))
    fix = "Take the user out of the group, or declare the membership."


class BoundaryDrifted(DriftRule):
    """The permissions boundary of a user or role is not the declared one.

    ## Why

    The boundary is the limit that holds whatever else is attached. Without it, what a principal may attach to itself
    is all that limits it.

    ## Fires on

    ```hcl
    resource "aws_iam_user" "alice" {   # aws iam delete-user-permissions-boundary --user-name alice
      name                 = "alice"
      permissions_boundary = aws_iam_policy.boundary.arn
    }
    ```

    A boundary that nothing declares is *low*: it only takes away.

    ## Silent on

    ```hcl
    permissions_boundary = var.boundary   # not known, and the user has one
    ```

    ## Fix

    `tfratchet remediate --from drift` or `terraform apply` sets it again.
    """

    id = "TFR666"
    title = "permissions boundary is not as declared"
    severity = Severity.HIGH
    references = (*CONFIGURATION, nist("AC-6"))
    fix = "Set the declared boundary again (tfratchet remediate --from drift, or terraform apply)."


class PolicyDocumentDrifted(DriftRule):
    """A managed policy that the configuration creates is gone, or says something else in its default version.

    ## Why

    A new default version changes the policy for everybody who has it, and no attachment changes: a guard that is
    emptied so still looks attached.

    ## Fires on

    ```hcl
    resource "aws_iam_policy" "require_mfa" {   # aws iam create-policy-version --set-as-default ...
      name   = "require-mfa"
      policy = data.aws_iam_policy_document.require_mfa.json
    }
    ```

    ## Silent on

    ```hcl
    policy = file("same-meaning.json")   # another spelling of the same meaning
    ```

    What hangs on values that are not known is held to be what the account has.

    ## Fix

    `tfratchet remediate --from drift` makes the version that says so the default again, or writes one; so does
    `terraform apply`.
    """

    id = "TFR667"
    title = "managed policy is not as declared"
    severity = Severity.HIGH
    references = (*CONFIGURATION, nist("AC-3"), attack("T1098"))
    fix = "Make the declared document the default version again (tfratchet remediate --from drift, or terraform apply)."


class PrincipalMissing(DriftRule):
    """A user, group or role that the configuration creates does not exist.

    ## Why

    Whoever relied on it cannot work, and whatever was attached to it is gone with it.

    ## Fires on

    ```hcl
    resource "aws_iam_group" "staff" {   # aws iam delete-group --group-name staff
      name = "staff"
    }
    ```

    ## Silent on

    ```hcl
    name = var.name   # not known, and there is a group that it may be
    ```

    ## Fix

    `terraform apply` creates it again, with another unique id.
    """

    id = "TFR671"
    title = "declared principal does not exist"
    severity = Severity.MEDIUM
    fix = "Run terraform apply."


class DeclaredNowhere(DriftRule):
    """A user, group, role, trail or password policy exists that nothing declares (only with `--all`).

    ## Why

    What no configuration declares is reviewed by nobody. Service-linked roles are left out.

    ## Fires on

    ```hcl
    # aws iam create-user --user-name mallory
    ```

    ## Silent on

    ```hcl
    # without --all: a configuration rarely declares everything in an account
    ```

    ## Fix

    Declare it (`terraform import`), or delete it.
    """

    id = "TFR672"
    title = "exists and is declared nowhere"
    severity = Severity.LOW
    fix = "Declare it (terraform import), or delete it."
