"""KMS keys of trails: which key a value names, and which keys protect logs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tfratchet.model import Resource, Root
from tfratchet.values import Unknown, Value, canonical

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

KEY_TYPES = ("aws_kms_key", "aws_kms_replica_key", "aws_kms_external_key", "aws_kms_replica_external_key")
_ALIAS = re.compile(r"(?:^|:)(alias/.+)$")
_MAX_STEPS = 5


@dataclass(frozen=True, slots=True)
class KeyIdentity:
    """Which key a value names."""

    name: str
    """Equal in base and head for the same key."""
    value: Value
    address: str | None = None
    """The resource or data source that the key is."""
    known: bool = True
    """False when only an expression is known (a variable, the output of an opaque module)."""


def key_identity(pair: RootPair, value: Value, *, of_head: bool) -> KeyIdentity:
    """The key that ``value`` (an ARN, an id, an alias, or a reference to one of them) names."""
    root = pair.head if of_head else pair.base
    identity = pair.matching.identity_of_head if of_head else pair.matching.identity_of_base
    text = pair.matching.text_of_head if of_head else pair.matching.text_of_base
    current = value
    for _ in range(_MAX_STEPS):
        resource = _resource(root, current)
        if resource is None:
            break
        if resource.type != "aws_kms_alias" or not resource.managed or resource.get("target_key_id") is None:
            return KeyIdentity(identity(resource.address), value, resource.address)
        current = resource.get("target_key_id")
    return KeyIdentity(text(current), value, known=not isinstance(current, Unknown))


def _resource(root: Root, value: Value) -> Resource | None:
    if isinstance(value, Unknown):
        refs = value.refs
        return root.resources.get(refs[0]) if len(refs) == 1 else None
    if not isinstance(value, str):
        return None
    alias = _ALIAS.search(value)
    if alias is not None:
        for resource in root.managed("aws_kms_alias"):
            if resource.get("name") == alias[1]:
                return resource
    return None


def names(value: Value, resource: Resource) -> bool:
    """True when ``value`` refers to ``resource``."""
    return isinstance(value, Unknown) and resource.address in value.refs


def log_keys(root: Root) -> list[Resource]:
    """KMS keys that encrypt the log files of a trail, or are called after CloudTrail."""
    wanted: dict[str, Resource] = {}
    aliases = list(root.managed("aws_kms_alias"))
    values = [t.get("kms_key_id") for t in root.managed("aws_cloudtrail", "aws_cloudtrail_event_data_store")]
    targets = list(values)
    for alias in aliases:
        called = "cloudtrail" in canonical(alias.get("name")).lower()
        used = any(names(v, alias) or (isinstance(v, str) and v == alias.get("name")) for v in values)
        if called or used:
            targets.append(alias.get("target_key_id"))
    for key in root.managed(*KEY_TYPES):
        if any(names(t, key) for t in targets) or "cloudtrail" in key.address.lower():
            wanted[key.address] = key
    return [wanted[a] for a in sorted(wanted)]
