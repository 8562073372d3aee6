"""The same for roles: TFR120 to TFR129, off by default (``--include roles``).

Roles belong to machines more often than to people, and their policies change with every deployment: most findings would
be meant. Ids follow those for users: TFR121 is to a role what TFR101 is to a user, TFR120 what TFR110 is.
"""

from __future__ import annotations

from tfratchet.rules.detach.boundaries import BoundaryRemoved
from tfratchet.rules.detach.exclusive import ExclusiveManagement
from tfratchet.rules.detach.losses import ROLES
from tfratchet.rules.detach.low import NoLongerManaged, UserRemoved
from tfratchet.rules.detach.policies import AttachedPolicyDestroyed, PolicySwapped
from tfratchet.rules.detach.users import UserInlineRemoved, UserPolicyDetached


class RolePolicySwapped(PolicySwapped):
    """A policy of a role is swapped for another one.

    ## Why

    What the two allow and deny is for a reviewer to compare; this finding names both.

    ## Fires on

    ```hcl
     resource "aws_iam_role_policy_attachment" "app" {
       role       = aws_iam_role.app.name
    -  policy_arn = aws_iam_policy.a.arn
    +  policy_arn = aws_iam_policy.b.arn
     }
    ```

    ## Silent on

    ```hcl
     resource "aws_iam_role" "app" {
    -  name = "app"
    +  name = var.name   # "app"
     }
    ```

    A moved or renamed block, and the same policy by another route.

    ## Fix

    Attach the old policy beside the new one, or check that the new one has all that is needed.
    """

    id = "TFR120"
    title = "policy of a role swapped for another"
    group = "roles"
    holders = ROLES


class RolePolicyDetached(UserPolicyDetached):
    """A managed policy is no longer attached to a role that stays.

    ## Why

    Whatever assumes the role loses what the policy allowed and is free of what it denied.

    ## Fires on

    ```hcl
    -resource "aws_iam_role_policy_attachment" "app" {
    -  role       = aws_iam_role.app.name
    -  policy_arn = aws_iam_policy.deny_iam.arn
    -}
    ```

    ## Silent on

    ```hcl
     resource "aws_iam_role" "app" {
    -  name = "app"
    +  name = var.name   # "app"
     }
    ```

    A moved or renamed block, and the same policy by another route.

    ## Fix

    Attach the policy to the role again.
    """

    id = "TFR121"
    title = "policy detached from role"
    group = "roles"
    holders = ROLES


class RoleInlineRemoved(UserInlineRemoved):
    """An inline policy of a role that stays is removed.

    ## Why

    An inline policy exists nowhere else: with its block it is gone from the account.

    ## Fires on

    ```hcl
    -resource "aws_iam_role_policy" "app" {
    -  role   = aws_iam_role.app.name
    -  policy = data.aws_iam_policy_document.app.json
    -}
    ```

    ## Silent on

    ```hcl
     resource "aws_iam_role" "app" {
    -  name = "app"
    +  name = var.name   # "app"
     }
    ```

    A moved or renamed block, and the same policy by another route.

    ## Fix

    Put the inline policy back, or attach a managed policy with the same document.
    """

    id = "TFR122"
    title = "inline policy of a role removed"
    group = "roles"
    holders = ROLES


class RoleBoundaryRemoved(BoundaryRemoved):
    """The permissions boundary of a role is removed or replaced.

    ## Why

    A boundary is the most that a role can ever be allowed, whatever policies are attached later.

    ## Fires on

    ```hcl
     resource "aws_iam_role" "app" {
       name                 = "app"
    -  permissions_boundary = aws_iam_policy.boundary.arn
     }
    ```

    ## Silent on

    ```hcl
     resource "aws_iam_role" "app" {
    -  name = "app"
    +  name = var.name   # "app"
     }
    ```

    A moved or renamed block, and the same policy by another route.

    ## Fix

    Put the permissions boundary back.
    """

    id = "TFR125"
    title = "permissions boundary of a role removed or replaced"
    group = "roles"
    holders = ROLES


class RoleRemoved(UserRemoved):
    """A role is removed together with its policies.

    ## Why

    Usually meant; told because whatever assumed the role can no longer do so.

    ## Fires on

    ```hcl
    -resource "aws_iam_role" "app" {
    -  name = "app"
    -}
    ```

    ## Silent on

    ```hcl
     resource "aws_iam_role" "app" {
    -  name = "app"
    +  name = var.name   # "app"
     }
    ```

    A moved or renamed block, and the same policy by another route.

    ## Fix

    Nothing, when it is meant.
    """

    id = "TFR126"
    title = "role removed with the policies"
    group = "roles"
    holders = ROLES


class RoleExclusiveManagement(ExclusiveManagement):
    """Exclusive management of a role's policies begins, or what it lists shrinks.

    ## Why

    `aws_iam_policy_attachment` and the `_exclusive` resources detach whatever they do not list.

    ## Fires on

    ```hcl
     resource "aws_iam_policy_attachment" "read_only" {
       name       = "read-only"
    -  roles      = ["app", "batch"]
    +  roles      = ["app"]
       policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
     }
    ```

    ## Silent on

    ```hcl
     resource "aws_iam_role" "app" {
    -  name = "app"
    +  name = var.name   # "app"
     }
    ```

    A moved or renamed block, and the same policy by another route.

    ## Fix

    List everything that is to stay attached, or use single attachments.
    """

    id = "TFR127"
    title = "exclusive management takes policies from roles"
    group = "roles"
    holders = ROLES


class RolePolicyDestroyed(AttachedPolicyDestroyed):
    """A managed policy that is attached to a role that stays is destroyed.

    ## Why

    Destroying a policy detaches it from everybody, also from those who got it in other root modules.

    ## Fires on

    ```hcl
    -resource "aws_iam_policy" "deny_iam" {
    -  name   = "deny-iam"
    -  policy = data.aws_iam_policy_document.deny_iam.json
    -}
    ```

    ## Silent on

    ```hcl
     resource "aws_iam_role" "app" {
    -  name = "app"
    +  name = var.name   # "app"
     }
    ```

    A moved or renamed block, and the same policy by another route.

    ## Fix

    Keep the policy and its attachments.
    """

    id = "TFR128"
    title = "policy attached to a role destroyed"
    group = "roles"
    holders = ROLES


class RoleNoLongerManaged(NoLongerManaged):
    """A role or its policy is kept, yet Terraform no longer manages it.

    ## Why

    Nothing changes in the account today; from then on no plan shows when it is detached by hand.

    ## Fires on

    ```hcl
    +removed {
    +  from = aws_iam_role_policy_attachment.app
    +  lifecycle {
    +    destroy = false
    +  }
    +}
    ```

    ## Silent on

    ```hcl
     resource "aws_iam_role" "app" {
    -  name = "app"
    +  name = var.name   # "app"
     }
    ```

    A moved or renamed block, and the same policy by another route.

    ## Fix

    Import it where it is managed from now on.
    """

    id = "TFR129"
    title = "role no longer managed"
    group = "roles"
    holders = ROLES
