"""CKV_TFR_307: the bucket of a trail without MFA delete.

What: the bucket that a trail writes to, without `mfa_delete` (in an inline `versioning` block, or in
`aws_s3_bucket_versioning`).

Why: with it, versions of log files can be deleted, and versioning suspended, only by the root user with MFA. It can
only be switched on by the root user's own call, with its MFA code (Terraform then only has to say what is so).
(Rule TFR307 of `tfratchet diff` tells when it is switched off.)

Bad: `versioning_configuration { status = "Enabled" }`. Good: the same with `mfa_delete = "Enabled"`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_bucket__ import LogBucketCheck
    from tfratchet_checks.__tfr_check__ import LOGGING
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_bucket__ import LogBucketCheck
    from __tfr_check__ import LOGGING
    from __tfr_values__ import Unresolved


class LogBucketMfaDelete(LogBucketCheck):
    """Versions of log files are deleted only with MFA."""

    id = "CKV_TFR_307"
    title = "Ensure the bucket of a trail has MFA delete"
    categories = (LOGGING,)

    def judge_bucket(self) -> Any:
        states = [v.flag("mfa_delete") for v in self.block.blocks("versioning") if v.has("mfa_delete")]
        for node in self.beside("aws_s3_bucket_versioning"):
            for configuration in node.block.blocks("versioning_configuration"):
                status = configuration.text("mfa_delete")
                states.append(status if isinstance(status, Unresolved) else status == "Enabled")
        if True in states:
            return self.passed()
        if any(isinstance(s, Unresolved) for s in states) or self.elsewhere("aws_s3_bucket_versioning"):
            return self.unknown("MFA delete of the bucket could not be worked out")
        return self.failed("mfa_delete is not enabled", "versioning")


check = LogBucketMfaDelete()
