"""CKV_TFR_411: the bucket of a trail may become public.

What: the bucket that a trail writes to, without an `aws_s3_bucket_public_access_block` that sets all four of
`block_public_acls`, `block_public_policy`, `ignore_public_acls` and `restrict_public_buckets` (one for the whole
account counts too).

Why: logs name users, roles, addresses and resources. (The built-ins CKV_AWS_53 to 56 and CKV2_AWS_6 look at any
bucket and at single flags. Rule TFR411 of `tfratchet diff` tells when the bucket gets weaker.)

Bad: a bucket alone. Good: all four true.
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

_FLAGS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


class LogBucketPublic(LogBucketCheck):
    """Nobody outside the account can be let into the logs."""

    id = "CKV_TFR_411"
    title = "Ensure the bucket of a trail blocks public access in all four ways"
    categories = (LOGGING,)

    def judge_bucket(self) -> Any:
        blocks = self.beside("aws_s3_bucket_public_access_block") + self.account.of_type(
            "aws_s3_account_public_access_block"
        )
        unread = ""
        for node in blocks:
            flags = {name: node.block.flag(name) for name in _FLAGS}
            if all(f is True for f in flags.values()):
                return self.passed()
            unknown = [n for n, f in flags.items() if isinstance(f, Unresolved)]
            if unknown and not any(f in (False, None) for f in flags.values()):
                unread = f"{', '.join(unknown)} of {node.address} could not be worked out"
        if unread or self.elsewhere("aws_s3_bucket_public_access_block"):
            return self.unknown(unread or "a public access block of a bucket that could not be worked out")
        return self.failed("no public access block with all four settings true")


check = LogBucketPublic()
