"""CKV_TFR_431: the bucket of a trail keeps no versions.

What: the bucket that a trail writes to, without versioning (an inline `versioning` block, or
`aws_s3_bucket_versioning`).

Why: whoever may write to the bucket can overwrite or delete a log file, and it is gone. (The built-in CKV_AWS_21
looks at any bucket. Rule TFR411 of `tfratchet diff` tells when the bucket gets weaker.)

Bad: a bucket alone. Good: `aws_s3_bucket_versioning` with `status = "Enabled"`.
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


class LogBucketVersioning(LogBucketCheck):
    """An overwritten or deleted log file can be brought back."""

    id = "CKV_TFR_431"
    title = "Ensure the bucket of a trail keeps versions"
    categories = (LOGGING,)

    def judge_bucket(self) -> Any:
        states = [v.flag("enabled") for v in self.block.blocks("versioning") if v.has("enabled")]
        for node in self.beside("aws_s3_bucket_versioning"):
            for configuration in node.block.blocks("versioning_configuration"):
                status = configuration.text("status")
                states.append(status if isinstance(status, Unresolved) else status == "Enabled")
        if True in states:
            return self.passed()
        if any(isinstance(s, Unresolved) for s in states) or self.elsewhere("aws_s3_bucket_versioning"):
            return self.unknown("the versioning of the bucket could not be worked out")
        return self.failed("versioning is not enabled", "versioning")


check = LogBucketVersioning()
