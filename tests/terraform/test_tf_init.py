"""What ``tfratchet init`` writes, with real Terraform: a new account, and one that has a past."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import tf_harness

import gitrepo
from tfratchet.initialise.hcl import attributes, quoted

BREAK_GLASS = ("arn:aws:iam::*:role/break-glass", "arn:aws:iam::*:role/terraform-apply")


@pytest.mark.parametrize("text", ["${var.x}", "%{ if true }", 'a"b', "a\\${b}", "tab\there", "line\nbreak", "ä€"])
def test_texts_stay_texts(terraform_program: str, terraform_env: dict[str, str], tmp_path: Path, text: str) -> None:
    (tmp_path / "main.tf").write_text(f"locals {{\n  x = {quoted(text)}\n}}\n")
    done = subprocess.run(
        [terraform_program, "console"],
        input="jsonencode(local.x)",
        cwd=tmp_path,
        env=terraform_env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(json.loads(done.stdout)) == text, done.stderr


def test_layout_is_that_of_fmt(terraform_program: str, terraform_env: dict[str, str], tmp_path: Path) -> None:
    values: Any = {
        "a": 1,
        "long_name": True,
        "list": ["x", "y"],
        "b": "x",
        "map": {"k": {"deep-er": ["z"]}, "2": []},
        "empty": {},
    }
    (tmp_path / "main.tf").write_text("locals {\n" + attributes(values, 2) + "}\n")
    command = [terraform_program, "fmt", "-check", "-diff", str(tmp_path)]
    done = subprocess.run(command, env=terraform_env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def init(top: Path, *arguments: str, aws: str | None = None) -> str:
    """Run ``tfratchet init`` as a user would; with ``aws``, on the account behind that URL. Returns what it says."""
    command = [sys.executable, "-m", "tfratchet", "init", str(top), "--root", "infra/baseline", "--ci", "none"]
    command += [*arguments, *(part for arn in BREAK_GLASS for part in ("--break-glass", arn))]
    env = tf_harness.clean_environment()
    if aws:
        env |= {"AWS_ENDPOINT_URL": aws, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
        env |= {"NO_PROXY": "*", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def root_module(top: Path, endpoint: str, program: str, env: Mapping[str, str]) -> tf_harness.Workspace:
    """What init wrote below ``top``, made ready for provider 3.39.0 and initialised."""
    root = top / "infra" / "baseline"
    check = subprocess.run(
        [program, "fmt", "-check", "-diff", str(root)], env=env, capture_output=True, text=True, check=False
    )
    assert check.stdout == ""
    tf_harness.pin(root / "main.tf")
    if (root / "imports.tf").exists():
        # Provider 5 and 6 import a trail by its ARN, 3.39.0 by its name.
        text = (root / "imports.tf").read_text()
        (root / "imports.tf").write_text(text.replace("arn:aws:cloudtrail:eu-central-1:123456789012:trail/", ""))
    tf_harness.write_provider_override(root, endpoint)
    workspace = tf_harness.Workspace(root, program, env)
    workspace.init()
    return workspace


@pytest.mark.terraform
def test_a_new_account(tmp_path: Path, aws: str, terraform_program: str, terraform_env: dict[str, str]) -> None:
    """The pinned source is one that Terraform really fetches, and everything is planned to be made."""
    modules = gitrepo.make_repo(tmp_path, "modules")
    tf_harness.copy_modules(modules.path / "terraform", prevent_destroy=True)
    modules.git("add", "--all")
    modules.git("commit", "-q", "-m", "modules")
    modules.git("tag", "v0.1.0")
    top = tmp_path / "repository"
    top.mkdir()
    init(top, "--source", f"git::file://{modules.path}//terraform/baseline?ref=v0.1.0", "--region", "eu-central-1")
    plan = root_module(top, aws, terraform_program, terraform_env).plan()
    assert {tuple(kinds) for kinds in tf_harness.actions(plan).values()} == {("create",)}


def make_a_past(aws: str) -> Any:
    """A weak password policy, a group, a trail of one region and its bucket, with object lock. Returns the clients."""
    settings: Any = {
        "region_name": "eu-central-1",
        "endpoint_url": aws,
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
    }
    iam, s3, cloudtrail = (boto3.client(service, **settings) for service in ("iam", "s3", "cloudtrail"))
    iam.update_account_password_policy(MinimumPasswordLength=20, RequireSymbols=False)
    iam.create_group(GroupName="admins")
    place: Any = {"LocationConstraint": "eu-central-1"}
    s3.create_bucket(Bucket="old-logs", CreateBucketConfiguration=place, ObjectLockEnabledForBucket=True)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::old-logs/*",
    }
    s3.put_bucket_policy(Bucket="old-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    s3.put_public_access_block(Bucket="old-logs", PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    cloudtrail.create_trail(Name="management-events", S3BucketName="old-logs")
    cloudtrail.start_logging(Name="management-events")
    return iam, s3, cloudtrail


@pytest.mark.terraform
def test_an_account_with_a_past(
    tmp_path: Path, aws: str, terraform_program: str, terraform_env: dict[str, str]
) -> None:
    """What exists is imported and changed in place; nothing is destroyed; then nothing is left to do."""
    iam, s3, cloudtrail = make_a_past(aws)
    tf_harness.copy_modules(tmp_path / "terraform", prevent_destroy=True)
    arguments = ("--from-account", "--region", "eu-central-1", "--source", "../../terraform/baseline")
    said = init(tmp_path, *arguments, aws=aws)
    assert "written   infra/baseline/imports.tf" in said

    root = root_module(tmp_path, aws, terraform_program, terraform_env)
    plan = root.plan()
    kinds = tf_harness.actions(plan)
    assert not [address for address, actions in kinds.items() if "delete" in actions]
    imported = {change["address"] for change in plan["resource_changes"] if change["change"].get("importing")}
    trail = "module.baseline.module.cloudtrail."
    assert imported == {
        "module.baseline.module.password_policy.aws_iam_account_password_policy.this",
        trail + "aws_cloudtrail.this",
        trail + "module.log_bucket[0].aws_s3_bucket.logs",
        trail + "module.log_bucket[0].aws_s3_bucket_policy.logs",
        trail + "module.log_bucket[0].aws_s3_bucket_public_access_block.logs",
    }
    assert all(kinds[address] == ["update"] for address in imported)

    # The counterpart: without what init found out about object lock, Terraform would replace the bucket.
    main = root.directory / "main.tf"
    text = main.read_text()
    assert text.count("    object_lock_days = 1\n") == 1
    main.write_text(text.replace("    object_lock_days = 1\n", ""))
    refused = root.run("plan", "-no-color", "-lock=false", check=False)
    assert "Instance cannot be destroyed" in refused.stderr
    assert "module.log_bucket[0].aws_s3_bucket.logs" in refused.stderr
    main.write_text(text)

    root.apply()
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["RequireSymbols"]) == (20, True)
    (found,) = cloudtrail.describe_trails()["trailList"]
    assert (found["Name"], found["S3BucketName"]) == ("management-events", "old-logs")
    assert found["IsMultiRegionTrail"]
    assert found["LogFileValidationEnabled"]
    assert set(s3.get_public_access_block(Bucket="old-logs")["PublicAccessBlockConfiguration"].values()) == {True}
    attached = iam.list_attached_group_policies(GroupName="admins")["AttachedPolicies"]
    assert {p["PolicyName"] for p in attached} >= {"baseline-deny-without-mfa", "baseline-detach-guard"}
    unchanged, text = root.is_unchanged()
    assert unchanged, text
