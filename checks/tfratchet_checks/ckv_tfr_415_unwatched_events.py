"""CKV_TFR_415: nothing watches the protected events.

What: the scan sets up a trail, and no EventBridge rule (on, with a target) and no metric filter (with an alarm that
acts) watches `StopLogging`, `DeleteTrail`, `DetachUserPolicy` or `DetachGroupPolicy`. Reported once a root module,
on its first trail.

Why: the baseline can be taken down by hand, and nobody hears of it. CIS asks for alarms on changes of IAM policies
and of CloudTrail. (Rule TFR415 of `tfratchet diff` tells when a rule or alarm goes, or watches fewer events.) Rules
and filters anywhere in the scan count; when a module that could not be read may hold them, the check is UNKNOWN.

Bad: a trail alone. Good::

    resource "aws_cloudwatch_event_rule" "guard" {
      event_pattern = jsonencode({
        source = ["aws.iam", "aws.cloudtrail"]
        detail = { eventName = ["StopLogging", "DeleteTrail", "DetachUserPolicy", "DetachGroupPolicy"] }
      })
    }

    resource "aws_cloudwatch_event_target" "guard" {
      rule = aws_cloudwatch_event_rule.guard.name
      arn  = aws_sns_topic.security.arn
    }
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import LOGGING, ResourceCheck
    from tfratchet_checks.__tfr_watch__ import watched
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import LOGGING, ResourceCheck
    from __tfr_watch__ import watched


# The heart of the protected events: without these nobody hears when the baseline is taken down.
_WANTED = {
    "StopLogging": "cloudtrail",
    "DeleteTrail": "cloudtrail",
    "DetachUserPolicy": "iam",
    "DetachGroupPolicy": "iam",
}
_MAY_WATCH = ("alarm", "cloudwatch", "event", "guardduty", "monitor", "securityhub", "baseline")


class UnwatchedEvents(ResourceCheck):
    """Somebody hears when the baseline is taken down by hand."""

    id = "CKV_TFR_415"
    title = "Ensure a rule or alarm watches the calls that take the security baseline down"
    types = ("aws_cloudtrail",)
    categories = (LOGGING,)

    def judge(self) -> Any:
        if not self.account.known:
            return self.unknown("Checkov gave no graph to look for rules and alarms in")
        trails = [t for t in self.account.of_type("aws_cloudtrail") if t.root == self.node.root]
        if trails[0] is not self.node:
            return self.not_for_this()  # reported once
        seen = {name: watched(self.account, service, name) for name, service in _WANTED.items()}
        if all(seen.values()):
            return self.passed()
        missing = [name for name, answer in seen.items() if answer is False]
        if not missing:
            return self.unknown("a rule or metric filter could not be worked out")
        for call in self.account.opaque_calls(self.node.root):
            source = str(call.block.conf.get("source") or "").lower()
            if any(word in source for word in _MAY_WATCH):
                return self.unknown(f"module {call.name} could not be read, and may watch {', '.join(missing)}")
        return self.failed(f"nothing watches {', '.join(missing)}")


check = UnwatchedEvents()
