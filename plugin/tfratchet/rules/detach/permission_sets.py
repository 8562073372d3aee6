"""What permission sets of IAM Identity Center lose: TFR113 to TFR116.

What is told of users and permission sets alike (a policy that is destroyed or swapped, a block that is renamed or only
forgotten) is told by the rules for users.
"""

from __future__ import annotations

from collections.abc import Sequence

from tfratchet.iam.losses import Kind, Loss
from tfratchet.rules.base import Reference, attack, nist
from tfratchet.rules.detach.boundaries import BoundaryRemoved
from tfratchet.rules.detach.losses import SETS, LossRule, gerund, holders, policies, sentence
from tfratchet.rules.detach.low import UserRemoved


def _api(call: str) -> Reference:
    """A section of the API reference of IAM Identity Center."""
    url = f"https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_{call}.html"
    return Reference("AWS IAM Identity Center API", call, url)


_COMMON = (nist("AC-2"), nist("AC-3"), nist("AC-6"), attack("T1531"), attack("T1098"))


class PermissionSetPolicyDetached(LossRule):
    """A managed policy is no longer attached to a permission set that stays.

    ## Why

    Everybody who is assigned the permission set loses, in every account, what the policy allowed, and is free of what
    it denied. One apply is enough: the provider provisions the roles in the accounts again at once.

    ## Fires on

    ```hcl
    -resource "aws_ssoadmin_managed_policy_attachment" "audit" {
    -  instance_arn       = local.instance_arn
    -  managed_policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
    -  permission_set_arn = aws_ssoadmin_permission_set.audit.arn
    -}
    ```

    The same for `aws_ssoadmin_customer_managed_policy_attachment`, and when the policy goes from a list that a
    `for_each` runs over. It is *critical* when the policy denies something and nobody holds it any more, and only
    *possible* (medium) when an unknown value decides.

    ## Silent on

    ```hcl
    -resource "aws_ssoadmin_permission_set_inline_policy" "guard" {
    -  instance_arn       = local.instance_arn
    -  inline_policy      = data.aws_iam_policy_document.guard.json
    -  permission_set_arn = aws_ssoadmin_permission_set.ops.arn
    -}
    +resource "aws_ssoadmin_customer_managed_policy_attachment" "guard" {
    +  instance_arn       = local.instance_arn
    +  permission_set_arn = aws_ssoadmin_permission_set.ops.arn
    +  customer_managed_policy_reference {
    +    name = aws_iam_policy.guard.name   # the same document
    +  }
    +}
    ```

    A moved block, the same policy by another resource, a permission set that goes too (TFR116).

    ## Fix

    Attach the policy to the permission set again.
    """

    id = "TFR113"
    title = "policy detached from permission set"
    references = (
        _api("DetachManagedPolicyFromPermissionSet"),
        _api("DetachCustomerManagedPolicyReferenceFromPermissionSet"),
        *_COMMON,
    )
    checkov = ()
    kinds = frozenset({Kind.DETACHED})
    holders = SETS
    fix = "Attach the policy to the permission set again."

    def message(self, losses: Sequence[Loss]) -> str:
        verb = gerund(losses, "stays and no longer has", "stay and no longer have")
        return f"{sentence(holders(losses))} {verb} {policies(losses)}"


class PermissionSetInlineRemoved(LossRule):
    """The inline policy of a permission set that stays is removed.

    ## Why

    A permission set has one inline policy, and it is often where the denials are. It exists nowhere else: with its
    block it is gone from every account that the permission set is assigned to.

    ## Fires on

    ```hcl
    -resource "aws_ssoadmin_permission_set_inline_policy" "ops" {
    -  instance_arn       = local.instance_arn
    -  inline_policy      = data.aws_iam_policy_document.deny_without_mfa.json
    -  permission_set_arn = aws_ssoadmin_permission_set.ops.arn
    -}
    ```

    It is *critical* when the policy denies something and nobody holds it any more.

    ## Silent on

    ```hcl
     resource "aws_ssoadmin_permission_set_inline_policy" "ops" {
       instance_arn       = local.instance_arn
    -  inline_policy      = data.aws_iam_policy_document.ops.json
    +  inline_policy      = file("${path.module}/ops.json")   # what it no longer denies is told by TFR301 and TFR501
       permission_set_arn = aws_ssoadmin_permission_set.ops.arn
     }
    ```

    The same document by another route; a block that is moved.

    ## Fix

    Put the inline policy back, or attach a customer managed policy with the same document.
    """

    id = "TFR114"
    title = "inline policy of a permission set removed"
    references = (_api("DeleteInlinePolicyFromPermissionSet"), *_COMMON)
    checkov = ()
    kinds = frozenset({Kind.INLINE_REMOVED})
    holders = SETS
    fix = "Put the inline policy back, or attach a customer managed policy with the same document."

    def message(self, losses: Sequence[Loss]) -> str:
        verb = gerund(losses, "stays and loses", "stay and lose")
        return f"{sentence(holders(losses))} {verb} the inline {policies(losses)}"


class PermissionSetBoundaryRemoved(BoundaryRemoved):
    """The permissions boundary of a permission set is removed or replaced.

    ## Why

    The boundary is the most that the roles of a permission set can ever be allowed, whatever is attached to it later.

    ## Fires on

    ```hcl
    -resource "aws_ssoadmin_permissions_boundary_attachment" "ops" {
    -  instance_arn       = local.instance_arn
    -  permission_set_arn = aws_ssoadmin_permission_set.ops.arn
    -  permissions_boundary {
    -    managed_policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
    -  }
    -}
    ```

    ## Silent on

    ```hcl
     resource "aws_ssoadmin_permissions_boundary_attachment" "ops" {
       instance_arn       = local.instance_arn
       permission_set_arn = aws_ssoadmin_permission_set.ops.arn
       permissions_boundary {
         customer_managed_policy_reference {
    -      name = "boundary"
    +      name = aws_iam_policy.boundary.name   # the same policy
         }
       }
     }
    ```

    A block that is moved; a permission set that goes too (TFR116).

    ## Fix

    Put the permissions boundary back.
    """

    id = "TFR115"
    title = "permissions boundary of a permission set removed or replaced"
    references = (_api("DeletePermissionsBoundaryFromPermissionSet"), *_COMMON)
    checkov = ()
    holders = SETS


class PermissionSetRemoved(UserRemoved):
    """A permission set is removed together with its policies.

    ## Why

    Usually meant; told because whoever was assigned it loses access to the accounts by it.

    ## Fires on

    ```hcl
    -resource "aws_ssoadmin_permission_set" "ops" {
    -  name         = "ops"
    -  instance_arn = local.instance_arn
    -}
    -resource "aws_ssoadmin_managed_policy_attachment" "ops" {
    -  instance_arn       = local.instance_arn
    -  managed_policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
    -  permission_set_arn = aws_ssoadmin_permission_set.ops.arn
    -}
    ```

    ## Silent on

    ```hcl
    -resource "aws_ssoadmin_permission_set" "ops" {
    +resource "aws_ssoadmin_permission_set" "operators" {
       name         = "ops"
       instance_arn = local.instance_arn
     }
    ```

    A permission set that had no policy.

    ## Fix

    Nothing, when it is meant.
    """

    id = "TFR116"
    title = "permission set removed with the policies"
    references = (_api("DeletePermissionSet"), nist("AC-2"), attack("T1531"))
    holders = SETS
    fix = "Nothing, when it is meant; else put the permission set and its policies back."
