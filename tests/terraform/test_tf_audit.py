"""The baseline, applied by real Terraform, audited: what it protects is found protected, and each hole is seen."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
import tf_harness

from tfratchet.account.auditrun import audit_account
from tfratchet.account.session import Account
from tfratchet.config import Settings

pytestmark = pytest.mark.terraform

REGION = "eu-central-1"


def client(aws: str, service: str, region: str = REGION) -> Any:
    return boto3.client(service, region_name=region, endpoint_url=aws, aws_access_key_id="x", aws_secret_access_key="x")


def people(aws: str) -> None:
    """Passwords and devices, which are nobody's but the users' own."""
    iam = client(aws, "iam")
    for name in ("alice", "bob"):
        iam.create_login_profile(UserName=name, Password="Correct-horse-battery-1")
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName=name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
    iam.create_access_key(UserName="backup")


def told(aws: str, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """(rule, last part of the address) of everything that the audit finds."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws)
    monkeypatch.setenv("NO_PROXY", "*")
    found = Account(boto3.Session("x", "x", region_name=REGION), REGION)
    audited = audit_account(found, Settings(break_glass=("arn:aws:iam::*:role/break-glass",)))
    assert audited.errors == []
    return {(f.rule, f.address.rpartition("/")[2].rpartition(":")[2]) for f in audited.findings}


def test_the_complete_example_and_what_a_hand_undoes(
    workspace: tf_harness.MakeWorkspace, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace("examples/complete").apply()
    people(aws)
    root = ("TFR604", "root")  # moto cannot give root an MFA device
    assert told(aws, monkeypatch) == {root}

    iam, cloudtrail, events = client(aws, "iam"), client(aws, "cloudtrail"), client(aws, "events", "us-east-1")
    # alice is an administrator and an auditor: the guard of one group is enough.
    for group, reads in (("administrators", "AdministratorAccess"), ("auditors", "SecurityAudit")):
        assert ("TFR612", "alice") not in told(aws, monkeypatch)
        for policy in iam.list_attached_group_policies(GroupName=group)["AttachedPolicies"]:
            if policy["PolicyName"] != reads:
                iam.detach_group_policy(GroupName=group, PolicyArn=policy["PolicyArn"])
    (trail,) = cloudtrail.describe_trails()["trailList"]
    cloudtrail.stop_logging(Name=trail["TrailARN"])
    client(aws, "s3").delete_public_access_block(Bucket=trail["S3BucketName"])
    rule = "complete-guard-people"
    targets = [t["Id"] for t in events.list_targets_by_rule(Rule=rule)["Targets"]]
    events.remove_targets(Rule=rule, Ids=targets)
    iam.update_account_password_policy(MinimumPasswordLength=20)  # everything else is reset
    settings = {
        "allow_users_to_change_password",
        "max_password_age",
        "password_reuse_prevention",
        "require_lowercase_characters",
        "require_numbers",
        "require_symbols",
        "require_uppercase_characters",
    }
    assert told(aws, monkeypatch) == {
        root,
        *(("TFR602", f'account-password-policy["{name}"]') for name in settings),
        ("TFR612", "alice"),
        ("TFR612", "bob"),
        ("TFR614", trail["Name"]),
        ("TFR623", f'{trail["S3BucketName"]}["public_access_block"]'),
        ("TFR624", 'alarms["further-calls"]'),
        ("TFR625", rule),
    }
