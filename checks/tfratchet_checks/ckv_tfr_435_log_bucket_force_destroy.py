"""CKV_TFR_435: `force_destroy` on the bucket of a trail.

What: the bucket that a trail writes to, with `force_destroy = true`.

Why: whoever deletes the block, or runs `terraform destroy`, then deletes every log file with the bucket; without it
AWS refuses to delete a bucket that holds objects. (Rule TFR411 of `tfratchet diff` tells when the bucket gets
weaker.)

Bad: `force_destroy = true`. Good: leave it out.
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


class LogBucketForceDestroy(LogBucketCheck):
    """Logs do not go with the block."""

    id = "CKV_TFR_435"
    title = "Ensure the bucket of a trail is not destroyed by force, with its logs"
    categories = (LOGGING,)

    def judge_bucket(self) -> Any:
        force = self.block.flag("force_destroy")
        if isinstance(force, Unresolved):
            return self.unknown(f"force_destroy is {force.text}")
        return self.failed("force_destroy is true", "force_destroy") if force else self.passed()


check = LogBucketForceDestroy()
