"""CKV_TFR_131: an `_exclusive` resource with an empty list.

What: one of the `aws_iam_{user,group,role}_{policies,policy_attachments}_exclusive` resources whose list is empty.

Why: these resources remove at apply whatever they do not list. An empty list removes every policy, guards included.
(Rule TFR107 of `tfratchet diff` tells when such a list shrinks.)

Bad::

    resource "aws_iam_user_policy_attachments_exclusive" "alice" {
      user_name   = "alice"
      policy_arns = []
    }

Good: list what the user must keep, at least the guard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import ResourceCheck
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import ResourceCheck
    from __tfr_values__ import Unresolved


_LISTS = {
    "aws_iam_user_policies_exclusive": "policy_names",
    "aws_iam_group_policies_exclusive": "policy_names",
    "aws_iam_role_policies_exclusive": "policy_names",
    "aws_iam_user_policy_attachments_exclusive": "policy_arns",
    "aws_iam_group_policy_attachments_exclusive": "policy_arns",
    "aws_iam_role_policy_attachments_exclusive": "policy_arns",
}


class EmptyExclusiveList(ResourceCheck):
    """An exclusive list names something."""

    id = "CKV_TFR_131"
    title = "Ensure exclusive IAM policy lists are not empty: an empty list removes every policy at apply"
    types = tuple(_LISTS)

    def judge(self) -> Any:
        argument = _LISTS[self.entity_type]
        values = self.block.texts(argument)
        if values and not self.block.is_list(argument) and all(isinstance(v, Unresolved) for v in values):
            return self.unknown(f"{argument} could not be worked out")
        if not values:
            return self.failed(f"{argument} is empty: the apply removes every policy", argument)
        return self.passed()


check = EmptyExclusiveList()
