"""What a call was about, from its ``requestParameters``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from tfratchet.account.events.catalog import protected
from tfratchet.account.events.event import Target

# Where the name of the target stands, by kind of resource; the first that is there counts. Compared without case.
_NAMES: dict[str, tuple[str, ...]] = {
    "user": ("userName",),
    "group": ("groupName",),
    "role": ("roleName",),
    "policy": ("policyArn", "policyName"),
    "mfa": ("serialNumber", "virtualMFADeviceName"),
    "trail": ("name", "trailName", "trailARN", "eventDataStore"),
    "event-data-store": ("eventDataStore", "name"),
    "log-bucket": ("bucketName", "bucket"),
    "log-object": ("bucketName", "bucket"),
    "key": ("keyId",),
    "log-group": ("logGroupName", "logGroupIdentifier"),
    "alarm": ("alarmNames", "alarmName"),
    "rule": ("name", "rule"),
    "topic": ("topicArn", "subscriptionArn"),
    "organization": ("targetId", "accountId", "policyId", "rootId"),
    "permission-set": ("permissionSetArn",),
    "config": ("configRuleName", "configurationRecorderName", "deliveryChannelName"),
}
_IAM = ("user", "group", "role")
# "... is not authorized to perform: iam:DetachUserPolicy on resource: user alice with an explicit deny in ..."
_REFUSED = re.compile(r"on resource: ((?:arn:(?:[^\s:]*:){4})?(?:(user|group|role|policy|trail)[ /])?(\S+))")


def partition_of(region: str, arn: str = "") -> str:
    """``aws``, ``aws-cn`` or ``aws-us-gov``: by an ARN, else by the region."""
    parts = arn.split(":")
    if len(parts) > 2 and parts[0] == "arn" and parts[1]:
        return parts[1]
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def target_of(
    name: str, source: str, parameters: Mapping[str, object], account: str, region: str, partition: str
) -> Target:
    """The target of a call. A call that is not protected has a user, group or role at most."""
    values = {k.lower(): v for k, v in parameters.items()}

    def first(*keys: str) -> str:
        return next((t for t in (_text(values.get(k.lower())) for k in keys) if t), "")

    action = protected(source, name)
    kind = action.resource if action is not None else ""
    if not kind:
        kind = next((k for k in _IAM if first(*_NAMES[k])), "")
    found = first(*_NAMES.get(kind, ()))
    group = ""
    if name in ("RemoveUserFromGroup", "AddUserToGroup"):
        kind, found, group = "user", first("userName"), first("groupName")
    policy = first("policyArn", "managedPolicyArn", "policyName", "permissionsBoundary")
    if kind == "log-object" and found and first("key"):
        found = f"{found}/{first('key')}"
    elif kind == "policy":
        policy = ""
    elif kind == "organization":
        policy = first("policyId")
    arn = found if found.startswith("arn:") else _arn(kind, found, account, region, partition)
    return Target(kind, _short(kind, found), arn, policy, group)


def target_of_refusal(target: Target, message: str) -> Target:
    """The target that the message of a refused call names: such a record has no parameters."""
    found = _REFUSED.search(message)
    if found is None or (found[2] and found[2] != target.kind):
        return target
    name = found[3].rpartition("/")[2]
    return replace(target, name=name, arn=found[1] if found[1].startswith("arn:") else target.arn)


def _text(value: object, depth: int = 8) -> str:
    if isinstance(value, str):
        return value[:2048]
    if isinstance(value, (list, tuple)):
        return ", ".join(t for t in (_text(v, depth - 1) for v in value[:20]) if t) if depth else ""
    if isinstance(value, Mapping):  # a dict where a list is usual: {"member": [...]}, {"items": {...}}
        return next((t for t in (_text(v, depth - 1) for v in value.values()) if t), "") if depth else ""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _short(kind: str, name: str) -> str:
    """The name behind an ARN, where that is what people call it."""
    if not name.startswith("arn:"):
        return name
    if kind in ("trail", "policy", "role", "user", "group"):
        return name.rpartition("/")[2]
    return name


def _arn(kind: str, name: str, account: str, region: str, partition: str) -> str:
    if not name:
        return f"account {account}" if account else "account"
    lead = f"arn:{partition}"
    if kind in _IAM:
        return f"{lead}:iam::{account}:{kind}/{name}"
    shapes = {
        "policy": f"{lead}:iam::{account}:policy/{name}",
        "mfa": f"{lead}:iam::{account}:mfa/{name}",
        "trail": f"{lead}:cloudtrail:{region}:{account}:trail/{name}",
        "event-data-store": f"{lead}:cloudtrail:{region}:{account}:eventdatastore/{name}",
        "log-bucket": f"{lead}:s3:::{name}",
        "log-object": f"{lead}:s3:::{name}",
        "key": f"{lead}:kms:{region}:{account}:{name if name.startswith('alias/') else f'key/{name}'}",
        "log-group": f"{lead}:logs:{region}:{account}:log-group:{name}",
        "alarm": f"{lead}:cloudwatch:{region}:{account}:alarm:{name}",
        "rule": f"{lead}:events:{region}:{account}:rule/{name}",
        "config": f"{lead}:config:{region}:{account}:{name}",
    }
    return shapes.get(kind, f"{kind} {name}")
