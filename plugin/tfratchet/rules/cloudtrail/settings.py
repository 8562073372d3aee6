"""Settings of a trail with one direction: TFR402 to TFR407, TFR410, TFR412."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfratchet.controls import Control
from tfratchet.model import Finding, Severity
from tfratchet.rules.attributes import AttributeRule, Setting, Subject, shown
from tfratchet.rules.base import cis, nist, security_hub, side
from tfratchet.rules.cloudtrail.keys import KeyIdentity, key_identity
from tfratchet.rules.cloudtrail.trails import REFERENCES, kept
from tfratchet.rules.judge import is_unset
from tfratchet.values import unknowns

if TYPE_CHECKING:
    from tfratchet.compare import RootPair


class TrailRule(AttributeRule):
    """A setting of a trail is weaker."""

    family = "cloudtrail"
    severity = Severity.HIGH

    def subjects(self, pair: RootPair) -> Iterator[tuple[Subject, Subject]]:
        for change in kept(pair):
            yield change.base, change.head


class LoggingOff(TrailRule):
    """A trail no longer logs.

    ## Why

    A stopped trail stays in the account and records nothing. To a reader of the list of trails all looks as before.

    ## Fires on

    ```hcl
    -  enable_logging = true
    +  enable_logging = false
    ```

    ## Silent on

    ```hcl
    -  enable_logging = true   # the default is true
    ```

    ## Fix

    Set `enable_logging = true`, or delete the line.
    """

    id = "TFR402"
    title = "trail no longer logs"
    severity = Severity.CRITICAL
    controls = ("enable_logging",)
    references = (cis("3.1"), *REFERENCES)
    checkov = ("CKV_AWS_251",)
    fix = "Set `enable_logging = true`, or delete the line."

    def weight_of(self, pair: RootPair, control: Control, before: Setting, after: Setting) -> Severity:
        del pair, control, before, after
        return Severity.CRITICAL


class OneRegionOnly(TrailRule):
    """A trail no longer records all regions.

    ## Why

    Whoever is watched in one region works in another, unseen. The default of the provider is one region, so the loss
    needs no `false`: a deleted line is enough.

    ## Fires on

    ```hcl
    -  is_multi_region_trail = true
    ```

    ## Silent on

    ```hcl
    -  is_multi_region_trail = false   # the default is false
    ```

    ## Fix

    Set `is_multi_region_trail = true`.
    """

    id = "TFR403"
    title = "trail records one region only"
    controls = ("is_multi_region_trail",)
    references = (cis("3.1"), security_hub("CloudTrail.1"), *REFERENCES)
    checkov = ("CKV_AWS_67",)
    fix = "Set `is_multi_region_trail = true`; the default is false."


class GlobalEventsOff(TrailRule):
    """A trail no longer records the events of global services.

    ## Why

    Without the events of global services (IAM, STS, CloudFront) nobody sees a new access key, a detached policy or a
    role that is assumed.

    ## Fires on

    ```hcl
    +  include_global_service_events = false
    ```

    ## Silent on

    ```hcl
    -  include_global_service_events = true   # the default is true
    ```

    ## Fix

    Delete the line, or set `include_global_service_events = true`.
    """

    id = "TFR404"
    title = "global service events no longer recorded"
    controls = ("include_global_service_events",)
    references = (cis("3.1"), *REFERENCES)
    checkov = ("CKV_AWS_67",)
    fix = "Set `include_global_service_events = true`, which is the default."


class ValidationOff(TrailRule):
    """Log files are no longer validated.

    ## Why

    CloudTrail signs a digest of its log files every hour. Without the digests nobody can prove that a file was
    neither changed nor deleted. The default of the provider is false: a deleted line is enough.

    ## Fires on

    ```hcl
    -  enable_log_file_validation = true
    ```

    ## Silent on

    ```hcl
    -  enable_log_file_validation = true
    +  enable_log_file_validation = var.validation   # default true
    ```

    ## Fix

    Set `enable_log_file_validation = true`.
    """

    id = "TFR405"
    title = "log file validation off"
    controls = ("enable_log_file_validation",)
    references = (cis("3.2"), security_hub("CloudTrail.4"), nist("AU-9"), nist("SI-7"), *REFERENCES)
    checkov = ("CKV_AWS_36",)
    fix = "Set `enable_log_file_validation = true`; the default is false."


class KeyDropped(TrailRule):
    """The trail's KMS key is dropped, or replaced by another one.

    ## Why

    With a key of its own, reading a log file takes a second permission, and its use is recorded. A key that is replaced
    and destroyed takes the log files with it that it encrypted.

    ## Fires on

    ```hcl
     resource "aws_cloudtrail" "main" {
    -  kms_key_id = aws_kms_key.trail.arn
     }
    ```

    A different key is medium while the old one stays, high when the old one goes in the same change.

    ## Silent on

    ```hcl
    -  kms_key_id = aws_kms_key.trail.arn
    +  kms_key_id = aws_kms_alias.trail.arn   # an alias of the same key
    ```

    ## Fix

    Set `kms_key_id` back. Keep a replaced key until the log files that it encrypted have expired.
    """

    id = "TFR406"
    title = "KMS key of the trail dropped or replaced"
    controls = ("kms_key_id",)
    references = (cis("3.5"), security_hub("CloudTrail.2"), nist("SC-13"), nist("SC-28"))
    checkov = ("CKV_AWS_35",)
    fix = "Set `kms_key_id` back; keep a replaced key until the log files that it encrypted have expired."

    def judge(self, pair: RootPair, control: Control, base: Subject, head: Subject) -> Finding | None:
        found = super().judge(pair, control, base, head)
        if found is not None:
            return found
        before, after = base.setting(control), head.setting(control)
        if not before.given or not after.given or pair.matching.same(before.value, after.value):
            return None
        old = key_identity(pair, before.value, of_head=False)
        new = key_identity(pair, after.value, of_head=True)
        if old.name == new.name or is_unset(before.value):
            return None
        depends = tuple(u for k in (old, new) if not k.known for u in unknowns(k.value))
        gone = old.address is not None and self._goes(pair, old)
        return self.finding(
            pair,
            head.address,
            f"the log files are encrypted with another key: {shown(control, before)} → {shown(control, after)}"
            + ("; the old key is destroyed, and with it the log files that it encrypted" if gone else ""),
            side(shown(control, before), before.location),
            side(shown(control, after), after.location),
            severity=Severity.HIGH if gone else Severity.MEDIUM,
            depends_on=depends,
        )

    @staticmethod
    def _goes(pair: RootPair, key: KeyIdentity) -> bool:
        resource = pair.base.resources.get(key.address or "")
        return resource is not None and resource.managed and pair.matching.head_for(resource) is None


class CloudWatchDropped(TrailRule):
    """The trail no longer delivers to CloudWatch Logs.

    ## Why

    Metric filters and the alarms behind them see only what reaches CloudWatch Logs. They stay, and are blind.

    ## Fires on

    ```hcl
     resource "aws_cloudtrail" "main" {
    -  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.trail.arn}:*"
    -  cloud_watch_logs_role_arn  = aws_iam_role.trail.arn
     }
    ```

    ## Silent on

    ```hcl
    -  cloud_watch_logs_group_arn = aws_cloudwatch_log_group.trail.arn
    +  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.trail.arn}:*"   # as provider 3 wants it
    ```

    ## Fix

    Set `cloud_watch_logs_group_arn` and `cloud_watch_logs_role_arn` back.
    """

    id = "TFR407"
    title = "delivery to CloudWatch Logs dropped"
    controls = ("cloud_watch_logs_group_arn",)
    references = (cis("3.4", "1.4"), security_hub("CloudTrail.5"), nist("AU-6"))
    checkov = ("CKV2_AWS_10",)
    fix = "Set `cloud_watch_logs_group_arn` and `cloud_watch_logs_role_arn` back."


class NotificationDropped(TrailRule):
    """The trail no longer tells an SNS topic of new log files.

    ## Why

    Whoever listens to the topic, a SIEM or a function, hears nothing any more and does not know it.

    ## Fires on

    ```hcl
    -  sns_topic_name = aws_sns_topic.trail.name
    ```

    ## Silent on

    ```hcl
    -  sns_topic_name = "trail"
    +  sns_topic_name = aws_sns_topic.trail.arn
    ```

    ## Fix

    Set `sns_topic_name` back.
    """

    id = "TFR410"
    title = "SNS notification dropped"
    severity = Severity.MEDIUM
    controls = ("sns_topic_name",)
    references = (nist("AU-6"),)
    checkov = ("CKV_AWS_252",)
    fix = "Set `sns_topic_name` back."


class OrganizationTrailOff(TrailRule):
    """The trail no longer records the member accounts of the organization.

    ## Why

    An organization trail reaches every account, also those that are made tomorrow, and their administrators cannot
    switch it off.

    ## Fires on

    ```hcl
    -  is_organization_trail = true
    ```

    ## Silent on

    ```hcl
    -  is_organization_trail = false   # the default is false
    ```

    ## Fix

    Set `is_organization_trail = true`.
    """

    id = "TFR412"
    title = "organization trail off"
    controls = ("is_organization_trail",)
    references = REFERENCES
    fix = "Set `is_organization_trail = true`."

    def weight_of(self, pair: RootPair, control: Control, before: Setting, after: Setting) -> Severity:
        del pair, control, before, after
        return Severity.HIGH
