"""CKV_TFR_209: users may not change their own password.

What: an `aws_iam_account_password_policy` with `allow_users_to_change_password = false`.

Why: a user who suspects that the password leaked has to be able to change it at once. The provider's default is
true. (Rule TFR209 of `tfratchet diff` tells when it is taken away.)

Bad: `allow_users_to_change_password = false`. Good: true, or not set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import ResourceCheck
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import ResourceCheck
    from __tfr_values__ import Unresolved


class UsersChangePassword(ResourceCheck):
    """Users may change their own password."""

    id = "CKV_TFR_209"
    title = "Ensure IAM users may change their own password"
    types = ("aws_iam_account_password_policy",)

    def judge(self) -> Any:
        allowed = self.block.flag("allow_users_to_change_password")
        if isinstance(allowed, Unresolved):
            return self.unknown(f"allow_users_to_change_password is {allowed.text}")
        if allowed is False:
            return self.failed("allow_users_to_change_password is false", "allow_users_to_change_password")
        return self.passed()


check = UsersChangePassword()
