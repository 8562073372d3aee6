"""CKV_TFR_106: `force_destroy` on a user.

What: an `aws_iam_user` with `force_destroy = true`.

Why: the user can then be destroyed although it has keys, a login profile and MFA devices that Terraform does not
know of. Without it such a destroy fails, and somebody looks. (Rule TFR106 of `tfratchet diff` tells when a user
goes.)

Bad::

    resource "aws_iam_user" "alice" {
      name          = "alice"
      force_destroy = true
    }

Good: leave `force_destroy` out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import ResourceCheck
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import ResourceCheck
    from __tfr_values__ import Unresolved


class UserForceDestroy(ResourceCheck):
    """A user is not destroyed together with keys and devices that Terraform does not know of."""

    id = "CKV_TFR_106"
    title = "Ensure IAM users are not destroyed by force, with keys and MFA devices that Terraform does not know"
    types = ("aws_iam_user",)

    def judge(self) -> Any:
        force = self.block.flag("force_destroy")
        if isinstance(force, Unresolved):
            return self.unknown(f"force_destroy is {force.text}")
        return self.failed("force_destroy is true", "force_destroy") if force else self.passed()


check = UserForceDestroy()
