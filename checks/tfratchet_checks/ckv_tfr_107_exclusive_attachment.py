"""CKV_TFR_107: `aws_iam_policy_attachment` is used.

What: any `aws_iam_policy_attachment`, whomever it names.

Why: it is exclusive over the whole account. At apply the policy is detached from every user, group and role that
the block does not name, also from those of other stacks. (Rule TFR107 of `tfratchet diff` tells when one is added
or shrinks.)

Bad::

    resource "aws_iam_policy_attachment" "mfa" {
      name       = "mfa"
      policy_arn = aws_iam_policy.require_mfa.arn
      users      = ["alice"] # bob, attached elsewhere, loses the policy
    }

Good::

    resource "aws_iam_user_policy_attachment" "mfa" {
      user       = "alice"
      policy_arn = aws_iam_policy.require_mfa.arn
    }
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import ResourceCheck
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import ResourceCheck


class ExclusiveAttachment(ResourceCheck):
    """Attachments take a policy from nobody."""

    id = "CKV_TFR_107"
    title = (
        "Ensure policies are not attached by the exclusive aws_iam_policy_attachment, which detaches them from others"
    )
    types = ("aws_iam_policy_attachment",)

    def judge(self) -> Any:
        why = "detaches the policy from every user, group and role of the account that it does not name"
        if "create" in self.block.actions:
            why = f"this plan creates it: the apply {why}"
        return self.failed(why, "users", "groups", "roles")


check = ExclusiveAttachment()
