"""CKV_TFR_213: a weak password policy of a Cognito user pool.

What: an `aws_cognito_user_pool` whose `password_policy` block asks for fewer characters than the floor, leaves out
one of the four classes of characters, or lets a temporary password live longer than the floor. Without the block
Cognito's own default holds (8 characters, all four classes), which passes.

Why: inside the block the provider sends false for every class that is not set, so a block that only sets the length
switches the four classes off. (Rule TFR213 of `tfratchet diff` tells when the policy gets weaker.)

Bad::

    password_policy {
      minimum_length = 8
    }

Good::

    password_policy {
      minimum_length                   = 14
      require_lowercase                = true
      require_uppercase                = true
      require_numbers                  = true
      require_symbols                  = true
      temporary_password_validity_days = 7
    }
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


_CLASSES = ("require_lowercase", "require_uppercase", "require_numbers", "require_symbols")


class CognitoPasswordPolicy(ResourceCheck):
    """A user pool asks for passwords that are hard to guess."""

    id = "CKV_TFR_213"
    title = "Ensure Cognito user pools have a strong password policy"
    types = ("aws_cognito_user_pool",)

    def judge(self) -> Any:
        for policy in self.block.blocks("password_policy"):
            if not policy.certain:
                return self.unknown("whether password_policy is there could not be worked out")
            lowest, longest = floor("cognito_minimum_length"), floor("cognito_temporary_password_validity_days")
            length = policy.number("minimum_length")
            days = policy.number("temporary_password_validity_days")
            classes = {name: policy.flag(name) for name in _CLASSES}
            for value in (length, days, *classes.values()):
                if isinstance(value, Unresolved):
                    return self.unknown(f"a setting of password_policy is {value.text}")
            if isinstance(length, (int, float)) and length < lowest:
                return self.failed(f"minimum_length is {length}, below {lowest}", "password_policy/[0]/minimum_length")
            missing = [name for name in _CLASSES if not classes[name]]
            if missing:
                return self.failed(
                    f"not required: {', '.join(missing)}", *(f"password_policy/[0]/{m}" for m in missing)
                )
            if isinstance(days, (int, float)) and days > longest:
                why = f"a temporary password lives {days} days, longer than {longest}"
                return self.failed(why, "password_policy/[0]/temporary_password_validity_days")
        return self.passed()


check = CognitoPasswordPolicy()
