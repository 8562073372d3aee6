"""The real S3 calls that the arguments of ``log-bucket/main.tf`` stand for, made with boto3 against moto.

Provider 3.39.0 cannot apply that file (its twin is applied in ``test_tf_apply``). So its own arguments are read from
it, turned into the calls that provider 5 and 6 make of them, and read back.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import hcl_blocks
import pytest
import tf_harness

FILE = tf_harness.TERRAFORM / tf_harness.BUCKET
NAME = "example-logs"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
VALUES = {
    "var.bucket_name": NAME,
    "local.access_bucket": f"{NAME}-access",
    "var.kms_key_arn": KEY,
    "var.object_lock_mode": "COMPLIANCE",
    "var.object_lock_days": 30,
    "var.object_lock_days > 0": True,
    'var.mfa_delete ? "Enabled" : null': None,
    "local.own_access_bucket ? aws_s3_bucket.access[0].id : var.access_log_bucket_name": f"{NAME}-access",
    '"${var.bucket_name}/"': f"{NAME}/",
    "transition.value": 90,
    "expiration.value": 730,
    "noncurrent_version_expiration.value": 730,
}


def value(expression: str) -> Any:
    """The value of an expression of that file: a literal, or one of ``VALUES``."""
    if expression in VALUES:
        return VALUES[expression]
    if re.fullmatch(r'"[^"$]*"|\d+|true|false', expression):
        return json.loads(expression)
    raise AssertionError(f"{expression}: say in VALUES what this is")


class Arguments:
    """One resource (or block) of the file, evaluated."""

    def __init__(self, block: hcl_blocks.Block) -> None:
        self._block = block

    def __getitem__(self, path: str) -> Any:
        *parents, name = path.split(".")
        block = self._block
        for parent in parents:
            named = [b for b in block.blocks if b.type == parent]
            dynamic = [c for b in block.of("dynamic") if b.labels == (parent,) for c in b.of("content")]
            (block,) = named or dynamic
        return value(block.text(name)) if name in block.arguments else None


def arguments(file: Path) -> dict[str, Arguments]:
    """The resources of ``file`` by address."""
    return {".".join(block.labels): Arguments(block) for block in hcl_blocks.read(file).of("resource")}


def client(endpoint: str) -> Any:
    """A client of S3."""
    settings: Any = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client("s3", region_name="us-east-1", endpoint_url=endpoint, **settings)


@pytest.fixture(scope="module")
def module() -> dict[str, Arguments]:
    return arguments(FILE)


@pytest.fixture
def s3(aws: str) -> Any:
    return client(aws)


def create(s3: Any, module: dict[str, Arguments], which: str) -> str:
    bucket = module[f"aws_s3_bucket.{which}"]
    name: str = bucket["bucket"]
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=bool(bucket["object_lock_enabled"]))
    return name


@pytest.mark.parametrize("which", ["logs", "access"])
def test_versioning_and_ownership(s3: Any, module: dict[str, Arguments], which: str) -> None:
    name = create(s3, module, which)
    status = module[f"aws_s3_bucket_versioning.{which}"]["versioning_configuration.status"]
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    ownership = module[f"aws_s3_bucket_ownership_controls.{which}"]["rule.object_ownership"]
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})
    rules = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    for key in ("a", "a"):
        s3.put_object(Bucket=name, Key=key, Body=b"x")
    s3.delete_object(Bucket=name, Key="a")
    assert len(s3.list_object_versions(Bucket=name)["Versions"]) == 2


@pytest.mark.parametrize("which", ["logs", "access"])
def test_encryption(s3: Any, module: dict[str, Arguments], which: str) -> None:
    name = create(s3, module, which)
    found_in = module[f"aws_s3_bucket_server_side_encryption_configuration.{which}"]
    default = {"SSEAlgorithm": found_in["rule.apply_server_side_encryption_by_default.sse_algorithm"]}
    if key := found_in["rule.apply_server_side_encryption_by_default.kms_master_key_id"]:
        default["KMSMasterKeyID"] = key
    rule = {
        "ApplyServerSideEncryptionByDefault": default,
        "BucketKeyEnabled": bool(found_in["rule.bucket_key_enabled"]),
    }
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket=name, Key="a", Body=b"x")
    head = s3.head_object(Bucket=name, Key="a")
    assert head["ServerSideEncryption"] == ("aws:kms" if which == "logs" else "AES256")
    assert head.get("SSEKMSKeyId") == (KEY if which == "logs" else None)


@pytest.mark.parametrize("which", ["logs", "access"])
def test_lifecycle(s3: Any, module: dict[str, Arguments], which: str) -> None:
    name = create(s3, module, which)
    found_in = module[f"aws_s3_bucket_lifecycle_configuration.{which}"]
    rule: dict[str, Any] = {
        "ID": found_in["rule.id"],
        "Status": found_in["rule.status"],
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": found_in["rule.expiration.days"]},
        "NoncurrentVersionExpiration": {
            "NoncurrentDays": found_in["rule.noncurrent_version_expiration.noncurrent_days"]
        },
        "AbortIncompleteMultipartUpload": {
            "DaysAfterInitiation": found_in["rule.abort_incomplete_multipart_upload.days_after_initiation"]
        },
    }
    if which == "logs":
        days, storage = found_in["rule.transition.days"], found_in["rule.transition.storage_class"]
        rule["Transitions"] = [{"Days": days, "StorageClass": storage}]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    (found,) = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert found["Status"] == "Enabled"
    assert found["Expiration"]["Days"] == found["NoncurrentVersionExpiration"]["NoncurrentDays"] == 730
    assert found.get("Transitions", [])[:1] == ([{"Days": 90, "StorageClass": "GLACIER"}] if which == "logs" else [])


def test_object_lock(s3: Any, module: dict[str, Arguments]) -> None:
    name = create(s3, module, "logs")
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    found_in = module["aws_s3_bucket_object_lock_configuration.logs"]
    retention = {"Mode": found_in["rule.default_retention.mode"], "Days": found_in["rule.default_retention.days"]}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
    s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    version = s3.put_object(Bucket=name, Key="a", Body=b"x")["VersionId"]
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=name, Key="a", VersionId=version)


def test_access_logging(s3: Any, module: dict[str, Arguments]) -> None:
    name, access = create(s3, module, "logs"), create(s3, module, "access")
    found_in = module["aws_s3_bucket_logging.logs"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{access}/{name}/*",
    }
    s3.put_bucket_policy(Bucket=access, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    target = {"TargetBucket": found_in["target_bucket"], "TargetPrefix": found_in["target_prefix"]}
    s3.put_bucket_logging(Bucket=name, BucketLoggingStatus={"LoggingEnabled": target})
    s3.put_object(Bucket=name, Key="a", Body=b"x")
    found = s3.list_objects_v2(Bucket=access).get("Contents", [])
    assert found
    assert all(item["Key"].startswith(f"{name}/") for item in found)


def test_the_rendered_policy_is_taken_and_obeyed(s3: Any, module: dict[str, Arguments], rendered: Any) -> None:
    """S3 takes the policy; DenyTampering stops this caller, who is no administrator of the bucket."""
    name = create(s3, module, "logs")
    s3.put_object(Bucket=name, Key="a", Body=b"x")
    s3.put_bucket_policy(Bucket=name, Policy=rendered.documents["log_bucket"])
    with pytest.raises(s3.exceptions.ClientError, match="403"):
        s3.delete_object(Bucket=name, Key="a")


# For the mutation test: the calls, by name.
CALLS = {
    "versioning_and_ownership": test_versioning_and_ownership,
    "encryption": test_encryption,
    "lifecycle": test_lifecycle,
}
