"""CKV_TFR_434: the logs of a trail expire within a year.

What: the bucket that a trail writes to, with a lifecycle rule (inline, or `aws_s3_bucket_lifecycle_configuration`)
that is on and expires current objects in fewer days than the floor (365). Without such a rule objects live for
ever, which passes.

Why: break-ins are often found after months; PCI DSS 10.5.1 asks for twelve. (Rule TFR411 of `tfratchet diff` tells
when the bucket gets weaker.)

Bad: `expiration { days = 90 }`. Good: `expiration { days = 400 }`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_bucket__ import LogBucketCheck
    from tfratchet_checks.__tfr_check__ import LOGGING
    from tfratchet_checks.__tfr_data__ import floor
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_bucket__ import LogBucketCheck
    from __tfr_check__ import LOGGING
    from __tfr_data__ import floor
    from __tfr_values__ import Unresolved


class LogBucketRetention(LogBucketCheck):
    """Logs live long enough."""

    id = "CKV_TFR_434"
    title = "Ensure log files of a trail are kept for at least a year"
    categories = (LOGGING,)

    def judge_bucket(self) -> Any:
        lowest = floor("log_bucket_retention_days")
        rules = self.block.blocks("lifecycle_rule")
        for node in self.beside("aws_s3_bucket_lifecycle_configuration"):
            rules += node.block.blocks("rule")
        unread = ""
        for rule in rules:
            enabled, status = rule.flag("enabled"), rule.text("status")
            off = enabled is False or status == "Disabled"
            perhaps = isinstance(enabled, Unresolved) or isinstance(status, Unresolved) or not rule.certain
            for expiration in rule.blocks("expiration") if not off else ():
                days = expiration.number("days")
                if isinstance(days, Unresolved):
                    unread = unread or f"expiration is {days.text}"
                elif perhaps or not expiration.certain:
                    unread = unread or "whether a lifecycle rule is on could not be worked out"
                elif days and days < lowest:
                    return self.failed(f"logs expire after {days} days, before {lowest}", "lifecycle_rule")
                elif expiration.has("date"):
                    return self.failed("logs expire on a day, whatever their age", "lifecycle_rule")
        if not unread and self.elsewhere("aws_s3_bucket_lifecycle_configuration"):
            unread = "a lifecycle configuration of a bucket that could not be worked out"
        return self.unknown(unread) if unread else self.passed()


check = LogBucketRetention()
