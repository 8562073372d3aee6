"""CKV_TFR_212: a first password that need not be changed.

What: an `aws_iam_user_login_profile` without `password_reset_required = true`, or with a `password_length` below
the floor.

Why: the first password is known to whoever created it, and stands in the Terraform state. The provider sends false
when the argument is not set (since 4.0; it generates 20 characters by default). (Rule TFR212 of `tfratchet diff`
tells when it is taken away.)

Bad::

    resource "aws_iam_user_login_profile" "alice" {
      user = "alice"
    }

Good: with `password_reset_required = true`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import ResourceCheck
    from tfratchet_checks.__tfr_data__ import floor
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import ResourceCheck
    from __tfr_data__ import floor
    from __tfr_values__ import Unresolved


class LoginProfileReset(ResourceCheck):
    """The first password has to be changed, and is long enough."""

    id = "CKV_TFR_212"
    title = "Ensure login profiles force a new password at the first sign-in"
    types = ("aws_iam_user_login_profile",)

    def judge(self) -> Any:
        reset = self.block.flag("password_reset_required")
        length = self.block.number("password_length")
        for value in (reset, length):
            if isinstance(value, Unresolved):
                return self.unknown(f"a setting is {value.text}")
        if not reset:
            return self.failed("password_reset_required is not true", "password_reset_required")
        lowest = floor("password_length")
        if isinstance(length, (int, float)) and length < lowest:
            return self.failed(f"password_length is {length}, below {lowest}", "password_length")
        return self.passed()


check = LoginProfileReset()
