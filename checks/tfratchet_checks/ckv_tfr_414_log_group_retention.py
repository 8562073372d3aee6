"""CKV_TFR_414: the log group of a trail forgets within a year.

What: the `aws_cloudwatch_log_group` that a trail delivers to, with `retention_in_days` below the floor (365). Not
set, or 0, means for ever.

Why: alarms and searches look here first. (The built-in CKV_AWS_338 looks at any group. Rule TFR414 of `tfratchet
diff` tells when the retention gets shorter.)

Bad: `retention_in_days = 30`. Good: `retention_in_days = 400`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import LOGGING, ResourceCheck
    from tfratchet_checks.__tfr_data__ import floor
    from tfratchet_checks.__tfr_protected__ import trails_of
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import LOGGING, ResourceCheck
    from __tfr_data__ import floor
    from __tfr_protected__ import trails_of
    from __tfr_values__ import Unresolved


class LogGroupRetention(ResourceCheck):
    """The events that a trail delivers to CloudWatch Logs live long enough."""

    id = "CKV_TFR_414"
    title = "Ensure the log group of a trail keeps its events for at least a year"
    types = ("aws_cloudwatch_log_group",)
    categories = (LOGGING,)

    def judge(self) -> Any:
        if not trails_of(self.account, self.node, "cloud_watch_logs_group_arn"):
            return self.not_for_this()
        days = self.block.number("retention_in_days")
        lowest = floor("log_group_retention_days")
        if isinstance(days, Unresolved):
            return self.unknown(f"retention_in_days is {days.text}")
        if days and days < lowest:
            return self.failed(f"events are kept for {days} days, fewer than {lowest}", "retention_in_days")
        return self.passed()


check = LogGroupRetention()
