"""Trails: found by ListTrails, each asked in its home region. Status and selectors have calls of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfratchet.account.collect.reader import Reader
from tfratchet.account.facts import LiveTrail

PART = "trails"
_NO_INSIGHTS = ("InsightNotEnabledException",)


def read_trails(reader: Reader) -> dict[str, LiveTrail]:
    """The trails that record this account, by ARN. A trail of the organization is one of them."""
    client = reader.client("cloudtrail")
    listed: list[Mapping[str, Any]] = reader.ask(
        PART, "cloudtrail:ListTrails", lambda: reader.pages(client, "list_trails", "Trails"), []
    )
    homes = {entry["TrailARN"]: entry["HomeRegion"] for entry in listed}
    found = reader.each(sorted(homes.items()), lambda item: _trail(reader, *item))
    return {trail.arn: trail for trail in found if trail is not None}


def _trail(reader: Reader, arn: str, region: str) -> LiveTrail | None:
    """None: deleted meanwhile."""
    client = reader.client("cloudtrail", region)
    name = arn.rpartition("/")[2]
    part = f"trail:{name}"
    gone = ("TrailNotFoundException",)
    # By ARN and with shadow trails: in a member account an organization's trail is one of these.
    described: dict[str, Any] = reader.ask(
        part,
        "cloudtrail:DescribeTrails",
        lambda: client.describe_trails(trailNameList=[arn], includeShadowTrails=True),
        {"trailList": [{"TrailARN": arn, "Name": name}]},
    )
    settings = next((t for t in described["trailList"] if t["TrailARN"] == arn), None)
    if settings is None:
        return None
    status: dict[str, Any] = reader.ask(
        part, "cloudtrail:GetTrailStatus", lambda: client.get_trail_status(Name=arn), {}, absent=gone
    )
    selectors: dict[str, Any] = reader.ask(
        part, "cloudtrail:GetEventSelectors", lambda: client.get_event_selectors(TrailName=arn), {}, absent=gone
    )
    insights: dict[str, Any] = reader.ask(
        part,
        "cloudtrail:GetInsightSelectors",
        lambda: client.get_insight_selectors(TrailName=arn),
        {},
        absent=(*gone, *_NO_INSIGHTS),
    )
    return LiveTrail(
        name=settings["Name"],
        arn=arn,
        home_region=region,
        bucket=settings.get("S3BucketName", ""),
        prefix=settings.get("S3KeyPrefix", ""),
        multi_region=bool(settings.get("IsMultiRegionTrail")),
        global_events=bool(settings.get("IncludeGlobalServiceEvents")),
        validation=bool(settings.get("LogFileValidationEnabled")),
        organization=bool(settings.get("IsOrganizationTrail")),
        kms_key=settings.get("KmsKeyId") or None,
        log_group=settings.get("CloudWatchLogsLogGroupArn") or None,
        sns_topic=settings.get("SnsTopicARN") or None,
        logging=status.get("IsLogging"),
        delivery_error=status.get("LatestDeliveryError") or "",
        digest_error=status.get("LatestDigestDeliveryError") or "",
        log_group_error=status.get("LatestCloudWatchLogsDeliveryError") or "",
        event_selectors=tuple(selectors.get("EventSelectors") or ()),
        advanced_selectors=tuple(selectors.get("AdvancedEventSelectors") or ()),
        insights=tuple(sorted(s["InsightType"] for s in insights.get("InsightSelectors") or ())),
    )
