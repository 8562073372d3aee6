"""Looks at an account for ``tfratchet init --from-account``. Every call only reads; SecurityAudit allows them all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from tfratchet.account.session import Account, error_code, told
from tfratchet.initialise.found import Bucket, Found, PasswordPolicy, Trail

_SELECTOR_FIELDS = {
    "Equals": "equals",
    "NotEquals": "not_equals",
    "StartsWith": "starts_with",
    "NotStartsWith": "not_starts_with",
    "EndsWith": "ends_with",
    "NotEndsWith": "not_ends_with",
}
_ATTACHED_BY_BASELINE = 5
_MOST_POLICIES = 10
"""Managed policies that a group can hold (default quota of IAM)."""

# What the modules accept as names (validations of cloudtrail and log-bucket).
_TRAIL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,48}[A-Za-z0-9]")
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,54}[a-z0-9]")


def look(account: Account) -> Found:
    """What the account holds of a baseline. Raises UserError when AWS refuses a call."""
    notes: list[str] = []
    identity = account.identity
    with told("looking at the account"):
        return Found(
            account_id=identity.account,
            partition=identity.partition,
            region=account.region,
            password_policy=_password_policy(account.client("iam")),
            trail=_trail(account, notes),
            groups=_groups(account.client("iam"), notes),
            notes=notes,
        )


def _password_policy(iam: Any) -> PasswordPolicy | None:
    try:
        found = iam.get_account_password_policy()["PasswordPolicy"]
    except iam.exceptions.NoSuchEntityException:
        return None
    return PasswordPolicy(
        length=found.get("MinimumPasswordLength", 0),
        max_age=found.get("MaxPasswordAge", 0),
        hard_expiry=found.get("HardExpiry", False),
    )


def _groups(iam: Any, notes: list[str]) -> list[str]:
    names = []
    for page in iam.get_paginator("list_groups").paginate():
        for group in page["Groups"]:
            name = group["GroupName"]
            attached = sum(
                len(p["AttachedPolicies"])
                for p in iam.get_paginator("list_attached_group_policies").paginate(GroupName=name)
            )
            if attached + _ATTACHED_BY_BASELINE > _MOST_POLICIES:
                notes.append(
                    f"group {name} is left out: beside its {attached} managed policies there is no room for more"
                )
            else:
                names.append(name)
    return sorted(names)


def _rank(trail: Mapping[str, Any]) -> tuple[bool, bool, bool, str]:
    """The trail that records most comes first."""
    return (
        not trail.get("IsMultiRegionTrail", False),
        not trail.get("IsOrganizationTrail", False),
        not trail.get("LogFileValidationEnabled", False),
        trail["Name"],
    )


def _why_not(trail: Mapping[str, Any], account: Account) -> str:
    """Why the baseline cannot take this trail over; ``""`` when it can."""
    owner = trail["TrailARN"].split(":")[4]
    if owner != account.identity.account:
        return f"it belongs to account {owner}"
    home = trail.get("HomeRegion", account.region)
    if home != account.region:
        return f"its home is {home} (use --region {home} to take it over)"
    return "" if _TRAIL_NAME.fullmatch(trail["Name"]) else "its name is longer than 50 characters"


def _trail(account: Account, notes: list[str]) -> Trail | None:
    cloudtrail = account.client("cloudtrail")
    candidates = []
    for trail in cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]:
        if reason := _why_not(trail, account):
            notes.append(f"trail {trail['Name']} is left alone: {reason}")
        else:
            candidates.append(trail)
    if not candidates:
        return None
    chosen, *others = sorted(candidates, key=_rank)
    notes += [f"trail {other['Name']} is left alone: the baseline takes over {chosen['Name']}" for other in others]
    selectors = cloudtrail.get_event_selectors(TrailName=chosen["TrailARN"])
    organization = ""
    if chosen.get("IsOrganizationTrail"):
        organization = account.client("organizations").describe_organization()["Organization"]["Id"]
    return Trail(
        name=chosen["Name"],
        arn=chosen["TrailARN"],
        bucket_name=chosen["S3BucketName"],
        bucket=_bucket(account, chosen["S3BucketName"], notes),
        key_prefix=chosen.get("S3KeyPrefix", ""),
        kms_key_arn=chosen.get("KmsKeyId", ""),
        log_group_arn=chosen.get("CloudWatchLogsLogGroupArn", ""),
        role_arn=chosen.get("CloudWatchLogsRoleArn", ""),
        organization_id=organization,
        data_events=_data_events(selectors),
        advanced=_advanced(selectors, notes),
    )


def _data_events(selectors: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for selector in selectors.get("EventSelectors", []):
        for resource in selector.get("DataResources", []):
            found.setdefault(resource["Type"], []).extend(resource["Values"])
    return found


def _advanced(selectors: Mapping[str, Any], notes: list[str]) -> dict[str, dict[str, dict[str, list[str]]]]:
    found: dict[str, dict[str, dict[str, list[str]]]] = {}
    for position, selector in enumerate(selectors.get("AdvancedEventSelectors", []), 1):
        fields = {
            f["Field"]: {ours: f[theirs] for theirs, ours in _SELECTOR_FIELDS.items() if f.get(theirs)}
            for f in selector["FieldSelectors"]
        }
        category = fields.pop("eventCategory", {}).get("equals", [])
        name = selector.get("Name") or f"selector {position}"
        if category == ["Data"]:
            found[name] = fields
        elif category != ["Management"]:  # the module records every management event anyway
            notes.append(f"selector {name!r} of the trail is dropped by the baseline: it selects {', '.join(category)}")
    return found


def _bucket(account: Account, name: str, notes: list[str]) -> Bucket | None:
    """The bucket's settings, or None when the baseline cannot take it over; then ``notes`` says why."""
    s3 = account.client("s3")
    owner = {"Bucket": name, "ExpectedBucketOwner": account.identity.account}
    try:
        region = s3.get_bucket_location(**owner)["LocationConstraint"] or "us-east-1"
    except ClientError as error:
        if error_code(error) == "NoSuchBucket":
            notes.append(f"bucket {name} of the trail does not exist: no log has arrived since it went")
            return Bucket(exists=False)
        if error_code(error) != "AccessDenied":
            raise
        notes.append(f"bucket {name} stays as it is: it belongs to another account, or may not be looked at")
        return None
    region = "eu-west-1" if region == "EU" else region
    if region != account.region:
        notes.append(f"bucket {name} stays as it is: it is in {region}, not in the region of the trail")
        return None
    if not _BUCKET_NAME.fullmatch(name):
        notes.append(f"bucket {name} stays as it is: its name is no name of 56 characters at most that S3 gives today")
        return None

    def get(call: str, absent: str) -> dict[str, Any]:
        try:
            return getattr(s3, call)(**owner)
        except ClientError as error:
            if error_code(error) != absent:
                raise
            return {}

    lock = get("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError")
    lock = lock.get("ObjectLockConfiguration", {})
    retention = lock.get("Rule", {}).get("DefaultRetention", {})
    return Bucket(
        has_policy=bool(get("get_bucket_policy", "NoSuchBucketPolicy")),
        has_access_block=bool(get("get_public_access_block", "NoSuchPublicAccessBlockConfiguration")),
        access_logs_to=s3.get_bucket_logging(**owner).get("LoggingEnabled", {}).get("TargetBucket", ""),
        locked=lock.get("ObjectLockEnabled") == "Enabled",
        lock_mode=retention.get("Mode", ""),
        lock_days=retention.get("Days", 0) + 365 * retention.get("Years", 0),
    )
