"""CKV_TFR_207: expiry, reuse and change of passwords do not fit together.

What: an `aws_iam_account_password_policy` with an expiry (`max_password_age` over 0) and no memory of earlier
passwords (`password_reuse_prevention` not set or 0); `hard_expiry = true` without an expiry; or an expiry while
users may not change their password.

Why: an expiry without memory lets everybody set the same password again. `hard_expiry` without an expiry does
nothing. And with an expiry, users who may not change their password are locked out when it comes. (The single
values are checked by the built-ins CKV_AWS_9 and CKV_AWS_13; rules TFR207 and TFR208 of `tfratchet diff` tell when
they get weaker.)

Bad::

    max_password_age = 90

Good::

    max_password_age          = 90
    password_reuse_prevention = 24
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import ResourceCheck
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import ResourceCheck
    from __tfr_values__ import Unresolved


class ExpiryAndReuse(ResourceCheck):
    """Expiry, reuse prevention and the right to change the password are one set."""

    id = "CKV_TFR_207"
    title = "Ensure password expiry, reuse prevention and the right to change the password fit together"
    types = ("aws_iam_account_password_policy",)

    def judge(self) -> Any:
        age = self.block.number("max_password_age")
        reuse = self.block.number("password_reuse_prevention")
        hard = self.block.flag("hard_expiry")
        change = self.block.flag("allow_users_to_change_password")
        for value in (age, reuse, hard, change):
            if isinstance(value, Unresolved):
                return self.unknown(f"a setting is {value.text}")
        if age and not reuse:
            why = f"passwords expire after {age} days, and the same password may be set again"
            return self.failed(why, "max_password_age", "password_reuse_prevention")
        if hard and not age:
            return self.failed("hard_expiry is true, and passwords never expire", "hard_expiry", "max_password_age")
        if age and change is False:
            why = f"passwords expire after {age} days, and users may not change them"
            return self.failed(why, "max_password_age", "allow_users_to_change_password")
        return self.passed()


check = ExpiryAndReuse()
