"""CKV_TFR_201: users, but no account password policy.

What: the scan creates users, and nowhere an `aws_iam_account_password_policy`. Reported once a scan, on its first
user.

Why: without a policy of its own the account uses AWS's default, which has no expiry and no memory of earlier
passwords. A password policy anywhere in the scan counts, as several stacks may share an account. When a module that
could not be read may hold one (its source or an argument speaks of passwords), the check is UNKNOWN. (Rule TFR201
of `tfratchet diff` tells when the policy is removed.)

Bad: `aws_iam_user` resources alone.

Good::

    resource "aws_iam_account_password_policy" "this" {
      minimum_password_length   = 14
      password_reuse_prevention = 24
      ...
    }
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import ResourceCheck
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import ResourceCheck


class UsersWithoutPasswordPolicy(ResourceCheck):
    """An account with users has a password policy."""

    id = "CKV_TFR_201"
    title = "Ensure an account with IAM users has a password policy"
    types = ("aws_iam_user",)

    def judge(self) -> Any:
        account, node = self.account, self.node
        if not account.known:
            return self.unknown("Checkov gave no graph to look for a password policy in")
        if account.of_type("aws_iam_user")[0] is not node:
            return self.not_for_this()  # reported once
        if account.of_type("aws_iam_account_password_policy"):
            return self.passed()
        for call in account.opaque_calls():
            source = str(call.block.conf.get("source") or "")
            if (
                "password" in source
                or any("password" in argument for argument in call.block.conf)
                or "iam-account" in source
            ):
                return self.unknown(f"module {call.name} could not be read, and may hold the password policy")
        return self.failed("no aws_iam_account_password_policy in the whole scan")


check = UsersWithoutPasswordPolicy()
