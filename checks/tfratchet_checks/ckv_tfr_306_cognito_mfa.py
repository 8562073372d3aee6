"""CKV_TFR_306: a Cognito user pool without MFA.

What: an `aws_cognito_user_pool` whose `mfa_configuration` is `OFF` (also when not set) or `OPTIONAL`.

Why: with `OPTIONAL` everybody decides for themselves; a stolen password is then enough for those who decided
against it. (Rule TFR306 of `tfratchet diff` tells when MFA is loosened.)

Bad: `mfa_configuration = "OPTIONAL"`. Good: `mfa_configuration = "ON"`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import ResourceCheck
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import ResourceCheck
    from __tfr_values__ import Unresolved


class CognitoMfa(ResourceCheck):
    """Everybody in a user pool needs a second factor."""

    id = "CKV_TFR_306"
    title = "Ensure Cognito user pools require MFA of everybody"
    types = ("aws_cognito_user_pool",)

    def judge(self) -> Any:
        mfa = self.block.text("mfa_configuration")
        if isinstance(mfa, Unresolved):
            return self.unknown(f"mfa_configuration is {mfa.text}")
        if mfa == "ON":
            return self.passed()
        return self.failed(f"mfa_configuration is {mfa or 'not set, which means OFF'}", "mfa_configuration")


check = CognitoMfa()
