"""What is live, written as Terraform would write it: so that code for the configuration can read the account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tfratchet.account.facts import LiveTrail
from tfratchet.model import Resource
from tfratchet.values import Value

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def trail_resource(trail: LiveTrail) -> Resource:
    """A trail as an ``aws_cloudtrail``. Arguments that the account leaves empty are not in it."""
    values: dict[str, Value] = {
        "name": trail.name,
        "s3_bucket_name": trail.bucket,
        "s3_key_prefix": trail.prefix or None,
        "is_multi_region_trail": trail.multi_region,
        "include_global_service_events": trail.global_events,
        "enable_log_file_validation": trail.validation,
        "is_organization_trail": trail.organization,
        "enable_logging": trail.logging,
        "kms_key_id": trail.kms_key,
        "cloud_watch_logs_group_arn": trail.log_group,
        "sns_topic_name": trail.sns_topic,
        "event_selector": [basic_selector(s) for s in trail.event_selectors] or None,
        "advanced_event_selector": [advanced_selector(s) for s in trail.advanced_selectors] or None,
        "insight_selector": [{"insight_type": name} for name in trail.insights] or None,
    }
    return Resource(
        address=f"aws_cloudtrail.{trail.name}",
        type="aws_cloudtrail",
        name=trail.name,
        values={k: v for k, v in values.items() if v is not None},
    )


def basic_selector(selector: Mapping[str, Any]) -> dict[str, Value]:
    """An event selector of the API as the block ``event_selector``."""
    return {
        "read_write_type": selector.get("ReadWriteType", "All"),
        "include_management_events": bool(selector.get("IncludeManagementEvents", True)),
        "exclude_management_event_sources": list(selector.get("ExcludeManagementEventSources") or ()),
        "data_resource": [
            {"type": d.get("Type"), "values": list(d.get("Values") or ())} for d in selector.get("DataResources") or ()
        ],
    }


def advanced_selector(selector: Mapping[str, Any]) -> dict[str, Value]:
    """An advanced event selector of the API as the block ``advanced_event_selector``."""
    fields: list[dict[str, Value]] = [
        {_snake(k): list(v) if isinstance(v, (list, tuple)) else v for k, v in entry.items()}
        for entry in selector.get("FieldSelectors") or ()
    ]
    return {"name": selector.get("Name"), "field_selector": fields}


def _snake(name: str) -> str:
    """``NotStartsWith`` as ``not_starts_with``."""
    return _CAPITAL.sub("_", name).lower()
