"""The trails: whether they record, where to, and whether it can be trusted. What they record: ``trail_records``."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from tfratchet.account.facts import Facts, LiveTrail
from tfratchet.config import Settings
from tfratchet.model import Finding, Severity
from tfratchet.rules.base import attack, cis, nist, security_hub
from tfratchet.rules.live.audit.base import AuditRule, account_arn, wanted

WHAT = "trails"


def own(trail: LiveTrail, facts: Facts) -> bool:
    """Whether the trail is this account's; an organization's trail is judged in the account that has it."""
    return trail.arn.split(":")[4] == facts.account


def was_read(trail: LiveTrail, facts: Facts) -> bool:
    """Whether everything of the trail could be read."""
    return facts.could_read(f"trail:{trail.name}")


def recording(facts: Facts) -> list[LiveTrail]:
    """The trails that log now."""
    return [t for t in facts.trails.values() if t.logging]


def everywhere(facts: Facts) -> list[LiveTrail]:
    """The trails that log all regions, IAM's events among them."""
    return [t for t in recording(facts) if t.multi_region and t.global_events]


def all_read(facts: Facts) -> bool:
    """Whether every trail could be read: only then "none of them" can be said."""
    return facts.could_read("trails") and all(was_read(t, facts) for t in facts.trails.values())


class NoTrail(AuditRule):
    """Nothing records what happens in the account.

    ## Why

    What is not recorded cannot be found out later, and nobody is told of it now.

    ## Looks at

    `cloudtrail:ListTrails`, and `cloudtrail:GetTrailStatus` of each trail. A trail of the organization counts.

    ## Fires on

    An account without any trail.

    ## Silent on

    An account with a trail of its own that is stopped (`TFR614`); one that the organization's trail records.

    ## Fix

    Create a trail for all regions: the module `cloudtrail` does it.
    """

    id = "TFR613"
    title = "no trail records the account"
    severity = Severity.CRITICAL
    references = (cis("3.1"), security_hub("CloudTrail.1"), security_hub("CloudTrail.3"), nist("AU-2"), nist("AU-12"))
    reads = ("trails",)
    fix = "Create a trail for all regions: the module `cloudtrail` does it."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002
        if not all_read(facts) or recording(facts) or any(own(t, facts) for t in facts.trails.values()):
            return
        live = "trails of the organization, none of which logs" if facts.trails else "no trail"
        yield self.found(
            account_arn(facts, WHAT),
            f"No trail records account {facts.account}.",
            "a trail that logs",
            live,
            root=facts.account,
        )


class TrailStopped(AuditRule):
    """A trail does not log.

    ## Why

    It is there, so everybody takes the account as watched, and nothing is recorded. Stopping a trail is an intruder's
    first step.

    ## Looks at

    `cloudtrail:GetTrailStatus` (`IsLogging`). **critical** when no other trail records all regions, else **high**.

    ## Fires on

    `IsLogging` is false.

    ## Silent on

    A trail that logs; a stopped trail of the organization, which its own account tells of.

    ## Fix

    Start it again, and look for `StopLogging` in the events of the time before. `tfratchet remediate` starts it.
    """

    id = "TFR614"
    title = "trail does not log"
    severity = Severity.CRITICAL
    references = (cis("3.1"), security_hub("CloudTrail.1"), nist("AU-12"), attack("T1562.008"))
    reads = ("trails",)
    fix = "Start logging, and find out who stopped it."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:
        if not wanted("enable_logging", settings):
            return
        for trail in facts.trails.values():
            if trail.logging is False and own(trail, facts):
                yield self.found(
                    trail.arn,
                    f"Trail {trail.name} does not log.",
                    "logging",
                    "stopped",
                    severity=Severity.HIGH if everywhere(facts) else Severity.CRITICAL,
                    root=facts.account,
                )


class NotEverywhere(AuditRule):
    """The trails do not record all regions, or not the events of global services.

    ## Why

    What happens in a region that nobody uses is seen by nobody; IAM's events are global events.

    ## Looks at

    `cloudtrail:DescribeTrails`: one trail that logs, with `IsMultiRegionTrail` and `IncludeGlobalServiceEvents`, is
    enough; further trails may be for one region.

    ## Fires on

    A trail of one region, and no other one.

    ## Silent on

    A second trail of one region beside one for all regions.

    ## Fix

    Make one trail multi-region, together with global service events (one without the other is refused).
    """

    id = "TFR615"
    title = "not all regions recorded"
    severity = Severity.HIGH
    references = (cis("3.1"), security_hub("CloudTrail.1"), nist("AU-12"), attack("T1562.008"))
    checkov = ("CKV_AWS_67",)
    reads = ("trails",)
    fix = "Set `is_multi_region_trail` and `include_global_service_events` of one trail to true."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:
        if not all_read(facts) or everywhere(facts) or not wanted("is_multi_region_trail", settings):
            return
        for trail in recording(facts):
            # Of several, each is a way to put it right; one that only lacks global events is told apart.
            live = f"{trail.home_region} only" if not trail.multi_region else "no global service events"
            yield self.found(
                trail.arn,
                f"Trail {trail.name} records {live}, and no other trail records the rest."
                if not trail.multi_region
                else f"Trail {trail.name} records no events of global services, and no other trail does.",
                "all regions, with global service events",
                live,
                root=facts.account,
            )


class _Setting(AuditRule):
    """A trail's own setting is off."""

    severity = Severity.MEDIUM
    reads = ("trails",)
    control: ClassVar[str]
    required: ClassVar[str]
    text: ClassVar[str]

    @abstractmethod
    def off(self, trail: LiveTrail) -> bool:
        """Whether ``trail`` lacks it."""

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:
        if not wanted(self.control, settings):
            return
        for trail in facts.trails.values():
            if own(trail, facts) and was_read(trail, facts) and self.off(trail):
                message = self.text.format(trail=trail.name)
                yield self.found(trail.arn, message, self.required, "off", root=facts.account)


class NoValidation(_Setting):
    """A trail does not write digests of its log files.

    ## Why

    Without digests nobody can tell a log file that was changed or deleted.

    ## Looks at

    `cloudtrail:DescribeTrails` (`LogFileValidationEnabled`).

    ## Fires on

    `LogFileValidationEnabled` is false.

    ## Silent on

    A trail of the organization, which is judged in the account that has it.

    ## Fix

    Set `enable_log_file_validation = true`.
    """

    id = "TFR616"
    title = "log file validation off"
    references = (cis("3.2"), security_hub("CloudTrail.4"), nist("AU-9"), nist("SI-7"), attack("T1562.008"))
    checkov = ("CKV_AWS_36",)
    control = "enable_log_file_validation"
    required = "log file validation"
    text = "Trail {trail} writes no digests of its log files."
    fix = "Set `enable_log_file_validation` to true."

    def off(self, trail: LiveTrail) -> bool:
        return not trail.validation


class NoKey(_Setting):
    """A trail's log files are not encrypted with a KMS key of your own.

    ## Why

    With a key, reading the logs needs a second permission, and each reading is recorded.

    ## Looks at

    `cloudtrail:DescribeTrails` (`KmsKeyId`).

    ## Fires on

    No `KmsKeyId`.

    ## Silent on

    A trail with a key; a trail of the organization.

    ## Fix

    Set `kms_key_id`; the module `cloudtrail` makes the key and its policy.
    """

    id = "TFR617"
    title = "trail without KMS key"
    references = (cis("3.5"), security_hub("CloudTrail.2"), nist("SC-13"), nist("SC-28"))
    checkov = ("CKV_AWS_35",)
    control = "kms_key_id"
    required = "a KMS key"
    text = "Trail {trail} encrypts its log files with no key of its own."
    fix = "Set `kms_key_id` of the trail."

    def off(self, trail: LiveTrail) -> bool:
        return not trail.kms_key


class DeliveryError(AuditRule):
    """A trail's log files, digests or events do not arrive.

    ## Why

    The trail logs, and what it logs is lost: the bucket is gone, its policy or the key's refuses, or the log
    group does.

    ## Looks at

    `cloudtrail:GetTrailStatus` (`LatestDeliveryError`, `LatestDigestDeliveryError`,
    `LatestCloudWatchLogsDeliveryError`).

    ## Fires on

    `LatestDeliveryError` is `AccessDenied` or `NoSuchBucket`.

    ## Silent on

    A trail that delivered after an earlier error: AWS then clears it.

    ## Fix

    Put the policy of the bucket, the key or the role right; CloudTrail then delivers again.
    """

    id = "TFR620"
    title = "delivery error"
    severity = Severity.HIGH
    references = (cis("3.1"), nist("AU-5"), attack("T1562.008"))
    reads = ("trails",)
    fix = "Put the policy of the bucket, the KMS key or the log role right."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002
        for trail in facts.trails.values():
            if not own(trail, facts):
                continue
            for what, error in (
                ("log files", trail.delivery_error),
                ("digests", trail.digest_error),
                ("events for CloudWatch Logs", trail.log_group_error),
            ):
                if error:
                    yield self.found(
                        trail.arn,
                        f"Trail {trail.name} cannot deliver its {what}: {error}.",
                        f"{what} arrive",
                        error,
                        root=facts.account,
                    )


class NoLogGroup(_Setting):
    """A trail does not send its events to CloudWatch Logs.

    ## Why

    Metric filters and their alarms see nothing else.

    ## Looks at

    `cloudtrail:DescribeTrails` (`CloudWatchLogsLogGroupArn`). Low: EventBridge rules do without.

    ## Fires on

    A trail without a log group.

    ## Silent on

    A trail with one; a trail of the organization.

    ## Fix

    Set `cloud_watch_logs_group_arn`; the module `cloudtrail` makes the log group and the role.
    """

    id = "TFR621"
    title = "trail without log group"
    severity = Severity.LOW
    references = (cis("3.4", "1.4"), security_hub("CloudTrail.5"), nist("AU-6"))
    checkov = ("CKV2_AWS_10",)
    control = "cloud_watch_logs_group_arn"
    required = "delivery to CloudWatch Logs"
    text = "Trail {trail} sends nothing to CloudWatch Logs."
    fix = "Set `cloud_watch_logs_group_arn` of the trail."

    def off(self, trail: LiveTrail) -> bool:
        return not trail.log_group
