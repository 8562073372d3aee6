"""A small account with everything wrong that an act can put right, in moto."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import boto3

from tfratchet.account.acts import (
    Act,
    AddToGroup,
    AttachPolicy,
    CreateMfaDevice,
    DeactivateKey,
    DeleteKey,
    PutInlinePolicy,
    PutPolicyDocument,
    PutSelectors,
    SetPasswordPolicy,
    StartLogging,
    UpdateTrail,
)
from tfratchet.account.acts.base import State
from tfratchet.account.session import Account

REGION = "eu-central-1"
ACCOUNT = "123456789012"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
GUARD = f"arn:aws:iam::{ACCOUNT}:policy/require-mfa"
GUARD_DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", "iam:GetUser"],
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        }
    ],
}
STRICTER = {"Version": "2012-10-17", "Statement": [{**GUARD_DOCUMENT["Statement"][0], "NotAction": "iam:GetUser"}]}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
FLOORS: dict[str, int | bool] = {"minimum_password_length": 14, "require_symbols": True, "max_password_age": 90}


@lru_cache(maxsize=1)
def _session() -> boto3.Session:
    """One for all clients of a server: it keeps the descriptions of the services, which take long to read."""
    return boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)


def connect(endpoint: str | None = None) -> Account:
    """The account behind moto: in process, or at a server, to which ``AWS_ENDPOINT_URL`` leads."""
    return Account(_session.__wrapped__() if endpoint is None else _session(), REGION)


@dataclass
class World:
    """The weak account."""

    account: Account
    key: str = ""
    """An active access key of bob."""
    old_key: str = ""
    """An inactive one of eve."""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def iam(self) -> Any:
        return self.account.client("iam")

    @property
    def cloudtrail(self) -> Any:
        return self.account.client("cloudtrail")


def weak(account: Account) -> World:
    """Users without guard, a key, a group that lacks its policy, a trail that is stopped and half blind."""
    world = World(account)
    iam, trail = world.iam, world.cloudtrail
    iam.create_policy(PolicyName="require-mfa", PolicyDocument=json.dumps(GUARD_DOCUMENT))
    iam.create_group(GroupName="staff")
    for name in ("bob", "eve"):
        iam.create_user(UserName=name)
    iam.create_login_profile(UserName="bob", Password="x")
    iam.put_user_policy(UserName="bob", PolicyName="all", PolicyDocument=json.dumps(_everything()))
    world.key = iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
    world.old_key = iam.create_access_key(UserName="eve")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="eve", AccessKeyId=world.old_key, Status="Inactive")
    iam.update_account_password_policy(MinimumPasswordLength=8, RequireNumbers=True, AllowUsersToChangePassword=True)
    account.client("s3").create_bucket(Bucket="the-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    trail.create_trail(Name="main", S3BucketName="the-logs")
    trail.put_event_selectors(
        TrailName="main",
        EventSelectors=[
            {
                "ReadWriteType": "ReadOnly",
                "IncludeManagementEvents": True,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::b/"]}],
            }
        ],
    )
    return world


def _everything() -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def every_act(world: World, folder: str) -> list[Act]:
    """One act of each kind that moto can take, on that account."""
    return [
        SetPasswordPolicy(FLOORS),
        StartLogging(TRAIL, REGION),
        UpdateTrail(TRAIL, REGION, {"multi_region": True, "validation": True}),
        PutSelectors(TRAIL, REGION),
        AttachPolicy("user", "bob", GUARD),
        AttachPolicy("group", "staff", GUARD),
        PutInlinePolicy("user", "eve", "read", READ),
        AddToGroup("eve", "staff"),
        PutPolicyDocument(GUARD, STRICTER),
        CreateMfaDevice("bob", folder),
        DeactivateKey("bob", world.key),
        DeleteKey("eve", world.old_key),
    ]


def states(world: World, acts: list[Act]) -> list[State]:
    """The state of each act, now."""
    return [act.read(world.account) for act in acts]
