"""Real Terraform, real AWS provider, a moto server: every example is applied, planned again, and destroyed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import tf_harness
from drift_check import drift_of

pytestmark = pytest.mark.terraform

EXAMPLES = sorted(
    str(path.relative_to(tf_harness.TERRAFORM))
    for pattern in ("modules/*/examples/*", "examples/*")
    for path in tf_harness.TERRAFORM.glob(pattern)
    if path.is_dir()
)
NO_ACCOUNT = {"modules/log-bucket/examples/basic"}
"""Examples that declare nothing that drift looks at."""
Clients = Callable[..., Any]


@pytest.fixture
def client(aws: str) -> Clients:
    def make(service: str, region: str = "eu-central-1") -> Any:
        settings: Any = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return boto3.client(service, region_name=region, endpoint_url=aws, **settings)

    return make


def empty_buckets(client: Clients) -> None:
    """What an operator does before a log bucket can go: S3 deletes no bucket that holds something.

    The policies go first: moto obeys DenyTampering, as S3 would. So does the access log, or each call fills it again.
    """
    s3 = client("s3")
    buckets = s3.list_buckets()["Buckets"]
    for bucket in buckets:
        s3.put_bucket_logging(Bucket=bucket["Name"], BucketLoggingStatus={})
        s3.delete_bucket_policy(Bucket=bucket["Name"])
    for bucket in buckets:
        versions = s3.list_object_versions(Bucket=bucket["Name"])
        for version in versions.get("Versions", []) + versions.get("DeleteMarkers", []):
            s3.delete_object(Bucket=bucket["Name"], Key=version["Key"], VersionId=version["VersionId"])


def trails_are_strong(client: Clients, region: str, *, organization: bool) -> None:
    cloudtrail = client("cloudtrail", region)
    (trail,) = cloudtrail.describe_trails()["trailList"]
    assert trail["IsMultiRegionTrail"]
    assert trail["IncludeGlobalServiceEvents"]
    assert trail["LogFileValidationEnabled"]
    assert trail["IsOrganizationTrail"] is organization
    assert trail["KmsKeyId"].startswith(f"arn:aws:kms:{region}:123456789012:key/")
    assert trail["CloudWatchLogsLogGroupArn"].endswith(":*")
    assert cloudtrail.get_trail_status(Name=trail["Name"])["IsLogging"]
    key = client("kms", region).describe_key(KeyId=trail["KmsKeyId"])["KeyMetadata"]["KeyId"]
    assert client("kms", region).get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    buckets_are_strong(client, trail["S3BucketName"])


def buckets_are_strong(client: Clients, name: str) -> None:
    s3 = client("s3")
    for bucket in (name, f"{name}-access"):
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert set(block.values()) == {True}
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        denied = {s["Sid"] for s in policy["Statement"] if s["Effect"] == "Deny"}
        assert {"DenyInsecureTransport", "DenyOldTls"} <= denied
    encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert s3.get_bucket_logging(Bucket=name)["LoggingEnabled"]["TargetBucket"] == f"{name}-access"


def attached(client: Clients, group: str) -> set[str]:
    found = client("iam").list_attached_group_policies(GroupName=group)["AttachedPolicies"]
    return {policy["PolicyName"] for policy in found}


def check_password_policy(client: Clients) -> None:
    policy = client("iam").get_account_password_policy()["PasswordPolicy"]
    assert policy["MinimumPasswordLength"] == 16
    assert policy["PasswordReusePrevention"] == 24
    assert policy["MaxPasswordAge"] == 90
    assert all(
        policy[f"Require{kind}"] for kind in ("Symbols", "Numbers", "UppercaseCharacters", "LowercaseCharacters")
    )
    assert policy["AllowUsersToChangePassword"]
    assert not policy["HardExpiry"]


def check_mfa(client: Clients) -> None:
    both = {"example-deny-without-mfa", "example-mfa-self-service"}
    assert attached(client, "admins") == attached(client, "developers") == attached(client, "example-mfa-users") == both
    groups = client("iam").list_groups_for_user(UserName="carol")["Groups"]
    assert [group["GroupName"] for group in groups] == ["example-mfa-users"]


def check_cloudtrail(client: Clients) -> None:
    trails_are_strong(client, "eu-central-1", organization=False)
    assert attached(client, "auditors") == {"cloudtrail-example-reader"}
    (selector,) = client("cloudtrail").get_event_selectors(TrailName="example")["EventSelectors"]
    assert selector["IncludeManagementEvents"]
    assert selector["ReadWriteType"] == "All"


def check_log_bucket(client: Clients) -> None:
    buckets_are_strong(client, "example-logs-123456789012")
    found = client("s3").get_object_lock_configuration(Bucket="example-logs-123456789012")
    lock = found["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert (lock["Mode"], lock["Days"]) == ("COMPLIANCE", 30)


def check_guard(client: Clients) -> None:
    assert attached(client, "admins") == {"example-detach-guard"}
    assert len(client("events", "us-east-1").list_rules()["Rules"]) == 11
    assert len(client("cloudwatch", "us-east-1").describe_alarms()["MetricAlarms"]) == 15
    assert len(client("logs", "us-east-1").describe_metric_filters()["metricFilters"]) == 15
    (subscription,) = client("sns", "us-east-1").list_subscriptions()["Subscriptions"]
    assert subscription["Endpoint"] == "https://security.example.com/aws-guard"


def check_access_keys(client: Clients) -> None:
    assert attached(client, "developers") == {"example-people-access-keys"}
    assert attached(client, "programs") == {"example-programs-access-keys"}
    rules = {rule["Source"]["SourceIdentifier"] for rule in client("config").describe_config_rules()["ConfigRules"]}
    assert rules == {"ACCESS_KEYS_ROTATED", "IAM_USER_UNUSED_CREDENTIALS_CHECK", "IAM_ROOT_ACCESS_KEY_CHECK"}
    assert client("iam").get_role(RoleName="example-people-audit")["Role"]["MaxSessionDuration"] == 3600
    # The role may do exactly what the audit says that it needs.
    command = [sys.executable, "-m", "tfratchet", "audit", "--print-iam-policy"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    policy = client("iam").get_role_policy(RoleName="example-people-audit", PolicyName="audit")["PolicyDocument"]
    assert policy == json.loads(printed)


def check_groups(client: Clients) -> None:
    assert attached(client, "auditors") == {"SecurityAudit"}
    assert attached(client, "readers") == {"ReadOnlyAccess"}
    iam = client("iam")
    for user, groups in {"alice": {"auditors", "readers"}, "bob": {"readers"}}.items():
        assert {group["GroupName"] for group in iam.list_groups_for_user(UserName=user)["Groups"]} == groups
        assert iam.list_attached_user_policies(UserName=user)["AttachedPolicies"] == []


def check_minimal(client: Clients) -> None:
    trails_are_strong(client, "us-east-1", organization=False)
    assert client("iam").get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"] == 14
    assert attached(client, "administrators") == {
        "AdministratorAccess",
        "baseline-access-keys",
        "baseline-deny-without-mfa",
        "baseline-detach-guard",
        "baseline-mfa-self-service",
    }


def check_complete(client: Clients) -> None:
    trails_are_strong(client, "eu-central-1", organization=True)
    policy = client("iam").get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["HardExpiry"]) == (20, True)
    assert attached(client, "programs") == {"ReadOnlyAccess", "complete-detach-guard"}
    assert attached(client, "auditors") >= {"cloudtrail-complete-reader", "complete-deny-without-mfa"}
    organizations = client("organizations", "us-east-1")
    (root,) = organizations.list_roots()["Roots"]
    (unit,) = organizations.list_organizational_units_for_parent(ParentId=root["Id"])["OrganizationalUnits"]
    scps = organizations.list_policies_for_target(TargetId=unit["Id"], Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert {scp["Name"] for scp in scps} >= {"complete-detach-guard", "complete-deny-users-without-mfa"}
    for scp in scps:
        content = organizations.describe_policy(PolicyId=scp["Id"])["Policy"]["Content"]
        assert len(content.encode()) <= 5120
    for region in ("eu-central-1", "us-east-1"):
        assert "complete-guard-policies" in {rule["Name"] for rule in client("events", region).list_rules()["Rules"]}


CHECKS: dict[str, Callable[[Clients], None]] = {
    "examples/complete": check_complete,
    "examples/minimal": check_minimal,
    "modules/access-key-hygiene/examples/basic": check_access_keys,
    "modules/cloudtrail/examples/basic": check_cloudtrail,
    "modules/detach-guard/examples/basic": check_guard,
    "modules/iam-groups/examples/basic": check_groups,
    "modules/log-bucket/examples/basic": check_log_bucket,
    "modules/mfa-enforcement/examples/basic": check_mfa,
    "modules/password-policy/examples/basic": check_password_policy,
}


def test_every_example_is_applied() -> None:
    assert sorted(CHECKS) == EXAMPLES
    modules = {example.split("/")[1] for example in EXAMPLES if example.startswith("modules/")}
    assert modules == set(tf_harness.MODULES)


@pytest.mark.parametrize("example", EXAMPLES)
def test_apply(
    workspace: tf_harness.MakeWorkspace,
    client: Clients,
    example: str,
    aws: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Apply, check with boto3, no drift, an empty second plan, and a destroy."""
    root = workspace(example, prevent_destroy=True)
    assert root.validate() == []
    root.apply()
    CHECKS[example](client)
    if example not in NO_ACCOUNT:
        assert drift_of(root, aws, tmp_path, monkeypatch) == []
    unchanged, text = root.is_unchanged()
    assert unchanged, text
    empty_buckets(client)
    if example == "examples/minimal":
        # The plan of a destroy is refused; lifting prevent_destroy is the documented way.
        done = root.run("plan", "-destroy", "-no-color", "-lock=false", check=False)
        assert done.returncode == 1
        assert "Instance cannot be destroyed" in done.stderr
    tf_harness.lift_prevent_destroy(root.directory)
    root.destroy()
    assert root.resources() == []
