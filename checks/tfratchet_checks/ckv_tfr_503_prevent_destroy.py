"""CKV_TFR_503: a protected resource without `prevent_destroy`.

What: a trail, the account's password policy, the bucket or key of a trail, an MFA guard or a service control policy
whose `lifecycle` block does not say `prevent_destroy = true`. In a plan file, which does not hold lifecycle
settings: a protected resource that the plan replaces (deletes and creates again).

Why: with it a plan that would destroy the resource fails. It does not help when the whole block is deleted, as it
goes with the block: that is what `tfratchet diff` (TFR503 and the removal rules) is for.

Bad::

    resource "aws_cloudtrail" "main" { ... }

Good::

    resource "aws_cloudtrail" "main" {
      lifecycle {
        prevent_destroy = true
      }
    }
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import GENERAL, ResourceCheck
    from tfratchet_checks.__tfr_protected__ import protected
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import GENERAL, ResourceCheck
    from __tfr_protected__ import protected
    from __tfr_values__ import Unresolved


class PreventDestroy(ResourceCheck):
    """Protected resources carry prevent_destroy."""

    id = "CKV_TFR_503"
    title = "Ensure resources that protect the account carry prevent_destroy"
    types = (
        "aws_cloudtrail",
        "aws_iam_account_password_policy",
        "aws_s3_bucket",
        "aws_kms_key",
        "aws_iam_policy",
        "aws_organizations_policy",
    )
    categories = (GENERAL,)

    def judge(self) -> Any:
        if not protected(self.account, self.node):
            return self.not_for_this()
        if self.block.planned:
            if "delete" in self.block.actions:
                return self.failed("this plan destroys it and creates it again: nothing protects in between")
            return self.not_for_this()  # a plan file does not hold lifecycle settings
        for lifecycle in self.block.blocks("lifecycle"):
            prevent = lifecycle.flag("prevent_destroy")
            if isinstance(prevent, Unresolved):
                return self.unknown(f"prevent_destroy is {prevent.text}")
            if prevent:
                return self.passed()
        return self.failed("no lifecycle block with prevent_destroy = true", "lifecycle")


check = PreventDestroy()
