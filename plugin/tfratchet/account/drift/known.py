"""Puts in what the account itself tells: its number, its partition, and the ARNs that follow from names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tfratchet.model import Problem, Resource, Root
from tfratchet.values import REF_CLOSE, REF_OPEN, Choice, JsonText, Rest, SetValue, Template, Unknown

_REF = re.compile(f"^{REF_OPEN}([^{REF_CLOSE}]*){REF_CLOSE}((?:\\[.*\\])?)\\.([a-z_]+)$", re.DOTALL)
_ACCOUNT = re.compile(r"^arn:[^:]*:[^:]*:[^:]*:(\d{12}):")
_IAM = {"aws_iam_user": "user", "aws_iam_group": "group", "aws_iam_role": "role", "aws_iam_policy": "policy"}
_SUFFIX = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}


def fill(root: Root, account: str, partition: str) -> Root:
    """``root`` with the unknown values that ``account`` and ``partition`` make known.

    Only of the default provider: another one may be another account.
    """
    known = _known(root, account, partition)

    def answer(unknown: Unknown) -> Any:
        match = _REF.match(unknown.expr)
        if match is None:
            return unknown
        found = known.get((match[1] + match[2], match[3]))
        return unknown if found is None else found

    resources = {
        address: replace(r, values={n: filled(v, answer) for n, v in r.values.items()})
        for address, r in root.resources.items()
    }
    return replace(root, resources=resources)


def of_account(root: Root, account: str) -> tuple[Root, Problem | None]:
    """``root`` without what surely belongs to another account, as its own ARNs tell (a state has them), and the error
    that says so. What has no ARN beside such things may be of either account: it counts as of an unknown provider.
    """
    accounts = {a: found for a, r in root.resources.items() if (found := _account_of(r)) is not None}
    foreign = {a: found for a, found in accounts.items() if found != account}
    if not foreign:
        return root, None
    others = ", ".join(sorted(set(foreign.values())))
    all_foreign = len(foreign) == len(accounts)
    kept = {
        address: r
        if address in accounts or r.provider or not r.managed
        else replace(r, provider=f"of account {others}")
        for address, r in root.resources.items()
        if address not in foreign and not (all_foreign and r.managed and not r.provider)
    }
    count = "everything in it is" if all_foreign else f"{len(foreign)} of its resources are"
    text = f"{count} of account {others}, the credentials are of {account}: that is not compared"
    location = next(r.location for a, r in root.resources.items() if a in foreign)
    where = "" if location is not None else f"{root.path}: "
    return replace(root, resources=kept), Problem("account", f"{where}{text}", location)


def _account_of(resource: Resource) -> str | None:
    if not resource.managed or resource.provider:
        return None
    for name in ("arn", "policy_arn"):
        match = _ACCOUNT.match(str(resource.values.get(name, "")))
        if match is not None:
            return match[1]
    return None


def _known(root: Root, account: str, partition: str) -> Mapping[tuple[str, str], str]:
    found = {
        ("data.aws_caller_identity", "account_id"): account,
        ("data.aws_caller_identity", "id"): account,
        ("data.aws_partition", "partition"): partition,
        ("data.aws_partition", "id"): partition,
    }
    if partition in _SUFFIX:
        found["data.aws_partition", "dns_suffix"] = _SUFFIX[partition]
    for resource in root.resources.values():
        arn = _arn(resource, account, partition)
        if arn is not None:
            found[resource.address, "arn"] = arn
    return found


def _arn(resource: Resource, account: str, partition: str) -> str | None:
    if not resource.managed or resource.provider:
        return None
    if resource.type in _IAM:
        name, path = resource.values.get("name"), resource.values.get("path", "/")
        if isinstance(name, str) and isinstance(path, str):
            return f"arn:{partition}:iam::{account}:{_IAM[resource.type]}{path}{name}"
    if resource.type == "aws_s3_bucket":
        bucket = resource.values.get("bucket")
        if isinstance(bucket, str):
            return f"arn:{partition}:s3:::{bucket}"
    return None


def filled(value: Any, answer: Callable[[Unknown], Any]) -> Any:
    """``value`` with every unknown in it replaced by what ``answer`` gives for it (itself: stays unknown)."""
    if isinstance(value, Template):
        parts = [filled(p, answer) if isinstance(p, Unknown) else p for p in value.parts]
        return "".join(parts) if all(isinstance(p, str) for p in parts) else Template(_joined(parts))
    if isinstance(value, JsonText):
        return JsonText(filled(value.value, answer))
    if isinstance(value, Choice):
        return Choice(value.condition, filled(value.if_true, answer), filled(value.if_false, answer))
    if isinstance(value, Unknown):
        return answer(value)
    if isinstance(value, Rest):
        return Rest(filled(value.value, answer), value.of)
    if isinstance(value, SetValue):
        return SetValue.of([filled(v, answer) for v in value])
    if isinstance(value, list):
        return [filled(v, answer) for v in value]
    if isinstance(value, dict):
        return {k: filled(v, answer) for k, v in value.items()}
    return value


def _joined(parts: list[Any]) -> list[Any]:
    """Neighbouring texts as one."""
    found: list[Any] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        else:
            found.append(part)
    return found
