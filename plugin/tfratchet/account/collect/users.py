"""Users, groups, roles and the policies they have: GetAccountAuthorizationDetails, a thousand a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tfratchet.account.collect.reader import Reader, utc
from tfratchet.account.facts import Document, LiveGroup, LivePolicy, LiveRole, LiveUser

_ACTION = "iam:GetAccountAuthorizationDetails"


@dataclass(frozen=True, slots=True)
class People:
    """Everybody by name, and managed policies by ARN."""

    users: Mapping[str, LiveUser] = field(default_factory=dict)
    groups: Mapping[str, LiveGroup] = field(default_factory=dict)
    roles: Mapping[str, LiveRole] = field(default_factory=dict)
    policies: Mapping[str, LivePolicy] = field(default_factory=dict)


def read_people(reader: Reader, wanted: frozenset[str]) -> People:
    """``wanted``: ``users`` (with groups), ``roles``.

    AWS's own policies are asked for one by one: only those that somebody here has, while the filter for them would
    bring each with all its versions.
    """
    iam = reader.client("iam")
    filters = ["LocalManagedPolicy"]
    filters += ["User", "Group"] if "users" in wanted else []
    filters += ["Role"] if "roles" in wanted else []
    users: dict[str, LiveUser] = {}
    groups: dict[str, LiveGroup] = {}
    roles: dict[str, LiveRole] = {}
    policies: dict[str, LivePolicy] = {}

    def read() -> bool:
        pages = iam.get_paginator("get_account_authorization_details")
        for page in pages.paginate(Filter=filters, PaginationConfig={"PageSize": 1000}):
            for user in page.get("UserDetailList", ()):
                users[user["UserName"]] = _user(user)
            for group in page.get("GroupDetailList", ()):
                groups[group["GroupName"]] = _group(group)
            for role in page.get("RoleDetailList", ()):
                roles[role["RoleName"]] = _role(role)
            for policy in page.get("Policies", ()):
                policies[policy["Arn"]] = _policy(policy)
        return True

    first, *others = sorted(wanted)
    if not reader.ask(first, _ACTION, read, False):
        for part in others:
            reader.missing(part, _ACTION, "AWS refuses it")
    held = _held(users.values(), groups.values(), roles.values())
    missing = sorted(arn for arn in held if arn not in policies)
    for found in reader.each(missing, lambda arn: _managed(reader, arn, "users" if "users" in wanted else "roles")):
        if found is not None:
            policies[found.arn] = found
    return People(users, groups, roles, dict(sorted(policies.items())))


def _held(*everybody: Iterable[LiveUser | LiveGroup | LiveRole]) -> set[str]:
    """ARNs of the managed policies that somebody has, boundaries included."""
    held: set[str] = set()
    for people in everybody:
        for one in people:
            held.update(one.attached)
            if not isinstance(one, LiveGroup) and one.boundary:
                held.add(one.boundary)
    return held


def _managed(reader: Reader, arn: str, part: str) -> LivePolicy | None:
    iam = reader.client("iam")
    gone = ("NoSuchEntity",)
    answer: dict[str, Any] = reader.ask(part, "iam:GetPolicy", lambda: iam.get_policy(PolicyArn=arn), {}, absent=gone)
    policy = answer.get("Policy")
    if policy is None:
        return None
    version = policy["DefaultVersionId"]
    answer = reader.ask(
        part,
        "iam:GetPolicyVersion",
        lambda: iam.get_policy_version(PolicyArn=arn, VersionId=version),
        {},
        absent=gone,
    )
    if "PolicyVersion" not in answer:
        return None
    return LivePolicy(arn, policy["PolicyName"], answer["PolicyVersion"]["Document"], version)


def _attached(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(p["PolicyArn"] for p in entry.get("AttachedManagedPolicies", ())))


def _inline(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {p["PolicyName"]: p["PolicyDocument"] for p in sorted(entries, key=lambda p: str(p["PolicyName"]))}


def _boundary(entry: Mapping[str, Any]) -> str | None:
    return (entry.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")


def _user(entry: Mapping[str, Any]) -> LiveUser:
    return LiveUser(
        name=entry["UserName"],
        arn=entry["Arn"],
        path=entry.get("Path", "/"),
        created=utc(entry.get("CreateDate")),
        attached=_attached(entry),
        inline=_inline(entry.get("UserPolicyList", ())),
        groups=tuple(sorted(entry.get("GroupList", ()))),
        boundary=_boundary(entry),
        tags={tag["Key"]: tag["Value"] for tag in entry.get("Tags", ())},
    )


def _group(entry: Mapping[str, Any]) -> LiveGroup:
    return LiveGroup(
        name=entry["GroupName"],
        arn=entry["Arn"],
        path=entry.get("Path", "/"),
        attached=_attached(entry),
        inline=_inline(entry.get("GroupPolicyList", ())),
    )


def _role(entry: Mapping[str, Any]) -> LiveRole:
    return LiveRole(
        name=entry["RoleName"],
        arn=entry["Arn"],
        path=entry.get("Path", "/"),
        trust=entry.get("AssumeRolePolicyDocument") or {},
        attached=_attached(entry),
        inline=_inline(entry.get("RolePolicyList", ())),
        boundary=_boundary(entry),
    )


def _policy(entry: Mapping[str, Any]) -> LivePolicy:
    version = entry.get("DefaultVersionId", "")
    versions = entry.get("PolicyVersionList", ())
    document: Document = next(
        (v["Document"] for v in versions if v.get("IsDefaultVersion") or v.get("VersionId") == version), {}
    )
    name = entry.get("PolicyName") or entry["Arn"].rpartition("/")[2]  # moto leaves it out
    return LivePolicy(entry["Arn"], name, document, version)
