"""CKV_TFR_433: anybody's trail may write to the bucket of a trail.

What: the bucket that a trail writes to, whose policy lets the service `cloudtrail.amazonaws.com` put objects
without a condition on `aws:SourceArn` (or `aws:SourceAccount`, `aws:SourceOrgID`).

Why: CloudTrail writes on behalf of every AWS customer. Without the condition a trail of another account can write
forged logs there (the confused deputy). Source: AWS CloudTrail user guide, "Amazon S3 bucket policy for
CloudTrail". (Rule TFR411 of `tfratchet diff` tells when the bucket gets weaker.)

Bad: an Allow for `cloudtrail.amazonaws.com` with only `s3:x-amz-acl`. Good: with `StringEquals = { "aws:SourceArn"
= "arn:aws:cloudtrail:eu-west-1:123456789012:trail/main" }` beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_bucket__ import LogBucketCheck
    from tfratchet_checks.__tfr_check__ import LOGGING
    from tfratchet_checks.__tfr_policy__ import covers
    from tfratchet_checks.__tfr_values__ import text_of
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_bucket__ import LogBucketCheck
    from __tfr_check__ import LOGGING
    from __tfr_policy__ import covers
    from __tfr_values__ import text_of

_SOURCES = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")


class LogBucketSourceArn(LogBucketCheck):
    """Only the account's own trail writes to the bucket."""

    id = "CKV_TFR_433"
    title = "Ensure only the own trail may write to the bucket of a trail (aws:SourceArn)"
    categories = (LOGGING,)

    def judge_bucket(self) -> Any:
        document = self.policy()
        unread = "" if document.complete else document.why or "a part of it"
        for statement in document.statements:
            services = [text_of(s) for s in (statement.principals or {}).get("Service", ())]
            writes = covers(statement, "s3:PutObject")
            if statement.effect == "Deny" or writes is False:
                continue
            if not any("cloudtrail." in s for s in services):
                if any(".amazonaws." not in s for s in services):
                    unread = unread or statement.label  # a service that could not be worked out
                continue
            if any(c.key in _SOURCES and "*" not in c.values for c in statement.conditions):
                continue
            known = statement.effect == "Allow" and statement.certain and not statement.opaque_conditions
            if writes is None or not known:
                unread = unread or statement.label
            else:
                return self.failed(f"{statement.label} lets any account's trail write: no aws:SourceArn", "policy")
        if unread:
            return self.unknown(f"the bucket policy could not be read to its end: {unread}")
        return self.passed() if document.statements else self.not_for_this()


check = LogBucketSourceArn()
