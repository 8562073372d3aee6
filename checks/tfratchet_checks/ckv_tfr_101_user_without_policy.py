"""CKV_TFR_101: a user that no policy reaches.

What: an `aws_iam_user` with no policy by any route: attachment, inline policy, exclusive list, or group with
policies.

Why: either the user is a leftover, or the guard that should reach it has been detached (rule TFR101 of `tfratchet
diff` sees the moment; this check sees the state afterwards). A user whose group or attachment could not be worked
out is UNKNOWN. A permissions boundary alone grants and denies nothing by itself, and does not count.

Bad::

    resource "aws_iam_user" "alice" {
      name = "alice"
    }

Good::

    resource "aws_iam_user_group_membership" "alice" {
      user   = aws_iam_user.alice.name
      groups = [aws_iam_group.staff.name] # which carries the MFA guard
    }
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import ResourceCheck
    from tfratchet_checks.__tfr_people__ import People
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import ResourceCheck
    from __tfr_people__ import People


class UserWithoutPolicy(ResourceCheck):
    """Every user has a policy by some route."""

    id = "CKV_TFR_101"
    title = "Ensure every IAM user is reached by a policy, directly or through a group"
    types = ("aws_iam_user",)

    def judge(self) -> Any:
        if not self.account.known:
            return self.unknown("Checkov gave no graph to look for attachments in")
        policies, more = People.of(self.account).reach_of(self.node)
        if policies:
            return self.passed()
        if more:
            return self.unknown("an attachment or membership could not be worked out, and may be this user's")
        return self.failed("no policy reaches this user, directly or through a group", "name")


check = UserWithoutPolicy()
