"""Plans built by hand, for tests of what real terraform seldom writes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_ADDRESS = re.compile(
    r"^((?:module\.[^.\[]+(?:\[[^\]]*\])?\.)*)(data\.)?([^.\[]+)\.([^.\[]+)(?:\[(?:\"([^\"]*)\"|(\d+))\])?$"
)


def place(address: str) -> dict[str, Any]:
    """What a plan says of where a resource stands."""
    match = _ADDRESS.match(address)
    if match is None:
        raise ValueError(f"not an address: {address}")
    module, data, kind, name, text, number = match.groups()
    found: dict[str, Any] = {
        "address": address,
        "mode": "data" if data else "managed",
        "type": kind,
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
    }
    if module:
        found["module_address"] = module.rstrip(".")
    if text is not None or number is not None:
        found["index"] = text if text is not None else int(number)
    return found


def change(
    address: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    actions: Sequence[str] | None = None,
    unknown: Any = None,
    before_sensitive: Any = None,
    after_sensitive: Any = None,
    **more: Any,
) -> dict[str, Any]:
    """One entry of ``resource_changes`` (or ``resource_drift``); the actions follow from the sides."""
    if actions is None:
        if before == after and not unknown:
            actions = ["no-op"]
        else:
            actions = ["create"] if before is None else ["delete"] if after is None else ["update"]
    return {
        **place(address),
        **more,
        "change": {
            "actions": list(actions),
            "before": before,
            "after": after,
            "after_unknown": unknown if unknown is not None else {},
            "before_sensitive": before_sensitive if before_sensitive is not None else {},
            "after_sensitive": after_sensitive if after_sensitive is not None else {},
        },
    }


def plan(
    changes: Sequence[Mapping[str, Any]] | None = (),
    *,
    drift: Sequence[Mapping[str, Any]] = (),
    prior: Mapping[str, Mapping[str, Any]] | None = None,
    configuration: Mapping[str, Mapping[str, Any]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A plan. ``prior``: values by address of the state (root module); None: what the changes start from.
    ``configuration``: expressions by address of the root module's blocks.
    """
    if prior is None:
        prior = {c["address"]: c["change"]["before"] for c in changes or () if c["change"]["before"] is not None}
    found: dict[str, Any] = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "configuration": {"root_module": {}},
        "complete": True,
        "errored": False,
    }
    if changes is not None:
        found["resource_changes"] = list(changes)
    if drift:
        found["resource_drift"] = list(drift)
    if prior:
        resources = [{**place(a), "values": v, "sensitive_values": {}} for a, v in prior.items()]
        found["prior_state"] = {"format_version": "1.0", "values": {"root_module": {"resources": resources}}}
    if configuration:
        blocks = [{**place(a), "provider_config_key": "aws", "expressions": e} for a, e in configuration.items()]
        found["configuration"]["root_module"]["resources"] = blocks
    return found | more


def text(data: Any) -> str:
    """As ``terraform show -json`` writes it."""
    return json.dumps(data, separators=(",", ":"))
