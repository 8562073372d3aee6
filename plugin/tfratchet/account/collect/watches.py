"""Who would hear of a protected call: EventBridge rules with targets, metric filters with alarms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tfratchet.account.collect.reader import Reader
from tfratchet.account.facts import IAM_REGIONS, LiveTrail, Watch
from tfratchet.account.session import error_code

PART = "watches"
_UNKNOWN = -1


def read_watches(reader: Reader, trails: Iterable[LiveTrail]) -> tuple[Watch, ...]:
    """Watches in the regions that matter: IAM's, the account's own, and the home regions of the trails."""
    trails = tuple(trails)
    regions = {reader.account.region, *(t.home_region for t in trails)}
    regions |= {r for partition, r in IAM_REGIONS.items() if partition == reader.account.identity.partition}
    groups: dict[str, set[str]] = {}
    for trail in trails:
        where = _log_group(trail)
        if where is not None and where[1] == reader.account.identity.account:
            groups.setdefault(where[0], set()).add(where[2])
    found: list[Watch] = []
    for region in sorted(regions):
        found += _rules(reader, region)
    for region, names in sorted(groups.items()):
        found += _alarms(reader, region, sorted(names))
    return tuple(found)


def read_topics(reader: Reader, watches: Iterable[Watch]) -> dict[str, int | None]:
    """How many listen to each SNS topic of this account that a watch tells: see ``Facts.topics``."""
    account = reader.account.identity.account
    found = {t for w in watches for t in w.targets if t.split(":")[2:3] == ["sns"] and t.split(":")[4:5] == [account]}
    topics = sorted(found)
    counts = reader.each(topics, lambda topic: _subscribers(reader, topic))
    return {topic: number for topic, number in zip(topics, counts, strict=True) if number != _UNKNOWN}


def _subscribers(reader: Reader, topic: str) -> int | None:
    sns = reader.client("sns", topic.split(":")[3])

    def ask() -> int | None:
        try:
            listed = reader.pages(sns, "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic)
        except ClientError as error:
            if error_code(error) in ("NotFound", "NotFoundException"):
                return None
            raise
        return sum(s.get("SubscriptionArn", "").startswith("arn:") for s in listed)  # else: pending, or deleted

    unknown: int | None = _UNKNOWN
    return reader.ask("topics", "sns:ListSubscriptionsByTopic", ask, unknown)


def _rules(reader: Reader, region: str) -> list[Watch]:
    events = reader.client("events", region)
    listed: list[Mapping[str, Any]] = reader.ask(
        PART, "events:ListRules", lambda: reader.pages(events, "list_rules", "Rules"), []
    )
    rules = [rule for rule in listed if rule.get("EventPattern")]

    def watch(rule: Mapping[str, Any]) -> Watch:
        targets: list[Mapping[str, Any]] = reader.ask(
            PART,
            "events:ListTargetsByRule",
            lambda: reader.pages(events, "list_targets_by_rule", "Targets", Rule=rule["Name"]),
            [],
            absent=("ResourceNotFoundException",),
        )
        return Watch(
            kind="rule",
            name=rule["Name"],
            region=region,
            pattern=rule["EventPattern"],
            enabled=rule.get("State") != "DISABLED",
            targets=tuple(sorted(t["Arn"] for t in targets)),
        )

    return list(reader.each(rules, watch))


def _log_group(trail: LiveTrail) -> tuple[str, str, str] | None:
    """Region, account and name of the log group that a trail writes to."""
    parts = (trail.log_group or "").split(":")
    return (parts[3], parts[4], parts[6]) if len(parts) >= 7 else None


def _alarms(reader: Reader, region: str, groups: Iterable[str]) -> list[Watch]:
    filters: list[Mapping[str, Any]] = []
    for group in groups:
        filters += _filters(reader, region, group)
    if not filters:
        return []
    alarms, composites = _all_alarms(reader, region)
    found = []
    for entry in filters:
        metrics = {(t["metricNamespace"], t["metricName"]) for t in entry.get("metricTransformations", ())}
        own = [a for a in alarms if metrics & _metrics(a)]
        pattern = entry.get("filterPattern", "")
        if not own:
            found.append(Watch("alarm", entry["filterName"], region, pattern, enabled=True))
        for alarm in own:
            above = [c for c in composites if alarm["AlarmName"] in c.get("AlarmRule", "")]
            loud = [a for a in (alarm, *above) if a.get("ActionsEnabled", True)]
            targets = {action for a in loud for action in a.get("AlarmActions", ())}
            found.append(
                Watch("alarm", alarm["AlarmName"], region, pattern, enabled=bool(loud), targets=tuple(sorted(targets)))
            )
    return found


def _filters(reader: Reader, region: str, group: str) -> list[Mapping[str, Any]]:
    logs = reader.client("logs", region)
    found: list[Mapping[str, Any]] = reader.ask(
        PART,
        "logs:DescribeMetricFilters",
        lambda: reader.pages(logs, "describe_metric_filters", "metricFilters", logGroupName=group),
        [],
        absent=("ResourceNotFoundException",),
    )
    return found


def _all_alarms(reader: Reader, region: str) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    client = reader.client("cloudwatch", region)
    alarms: list[Mapping[str, Any]] = []
    composites: list[Mapping[str, Any]] = []

    def read() -> None:
        kinds = ["MetricAlarm", "CompositeAlarm"]
        for page in client.get_paginator("describe_alarms").paginate(AlarmTypes=kinds):
            alarms.extend(page.get("MetricAlarms", ()))
            composites.extend(page.get("CompositeAlarms", ()))

    reader.ask(PART, "cloudwatch:DescribeAlarms", read, None)
    return alarms, composites


def _metrics(alarm: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Namespace and name of the metrics that an alarm looks at."""
    found = {(alarm.get("Namespace", ""), alarm.get("MetricName", ""))}
    for query in alarm.get("Metrics", ()):
        metric = query.get("MetricStat", {}).get("Metric", {})
        found.add((metric.get("Namespace", ""), metric.get("MetricName", "")))
    return found - {("", "")}
