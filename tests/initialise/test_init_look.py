"""``tfratchet init --from-account``: what is read from an account, against moto in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tfratchet.account.session import Access, connect
from tfratchet.errors import UserError
from tfratchet.initialise.found import Found
from tfratchet.initialise.look import look
from tfratchet.initialise.render import Options, render
from tfratchet.initialise.source import ModuleSource

REGION = "eu-central-1"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield lambda service: boto3.client(service, region_name=REGION)


def read() -> Found:
    return look(connect(Access(region=REGION)))


def make_bucket(account: Any, name: str, *, lock: bool = False) -> None:
    place: Any = {"LocationConstraint": REGION}
    account("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place, ObjectLockEnabledForBucket=lock)


def make_trail(account: Any, name: str, bucket: str, **settings: Any) -> None:
    account("cloudtrail").create_trail(Name=name, S3BucketName=bucket, **settings)


def main_tf(found: Found) -> str:
    options = Options(ModuleSource("./modules"), "baseline", "baseline", REGION, ["arn:aws:iam::*:role/break-glass"])
    return render(options, found).module["baseline/main.tf"]


def imports_tf(found: Found) -> str:
    options = Options(ModuleSource("./modules"), "baseline", "baseline", REGION, ["arn:aws:iam::*:role/break-glass"])
    return render(options, found).module["baseline/imports.tf"]


def test_an_empty_account(account: Any) -> None:
    found = read()
    assert (found.account_id, found.partition) == ("123456789012", "aws")
    assert (found.password_policy, found.trail, found.groups, found.notes) == (None, None, [], [])
    options = Options(ModuleSource("./modules"), "baseline", "baseline", REGION, ["arn:aws:iam::*:role/break-glass"])
    assert set(render(options, found).module) == {"baseline/main.tf"}


def test_password_policy(account: Any) -> None:
    account("iam").update_account_password_policy(
        MinimumPasswordLength=20, MaxPasswordAge=60, PasswordReusePrevention=5, HardExpiry=True
    )
    found = read()
    assert found.password_policy is not None
    assert (found.password_policy.length, found.password_policy.max_age) == (20, 60)
    text = main_tf(found)
    # What is stricter stays, what is weaker becomes the floor; hard expiry comes with what it needs.
    for part in ("minimum_password_length = 20", "max_password_age        = 60", "hard_expiry             = true"):
        assert part in text
    assert "password_reuse_prevention" not in text
    assert "allow_password_change_without_mfa = true" in text


def test_the_strongest_trail_is_taken(account: Any) -> None:
    make_bucket(account, "trail-logs")
    make_trail(account, "a-weak-one", "trail-logs")
    make_trail(account, "management", "trail-logs", IsMultiRegionTrail=True, S3KeyPrefix="audit")
    found = read()
    assert found.trail is not None
    assert (found.trail.name, found.trail.key_prefix) == ("management", "audit")
    assert found.trail.arn == f"arn:aws:cloudtrail:{REGION}:123456789012:trail/management"
    assert found.notes == ["trail a-weak-one is left alone: the baseline takes over management"]
    text = main_tf(found)
    assert 'trail_name                 = "management"' in text
    assert 'key_prefix = "audit"' in text


def test_a_trail_of_another_region_is_left_alone(account: Any) -> None:
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="trail-logs")
    client = boto3.client("cloudtrail", region_name="us-east-1")
    client.create_trail(Name="elsewhere", S3BucketName="trail-logs", IsMultiRegionTrail=True)
    found = read()
    assert found.trail is None
    assert "us-east-1" in found.notes[0]


def test_bucket_settings(account: Any) -> None:
    make_bucket(account, "trail-logs", lock=True)
    s3 = account("s3")
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 1}}
    s3.put_object_lock_configuration(
        Bucket="trail-logs", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention}
    )
    s3.put_bucket_policy(Bucket="trail-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
    make_trail(account, "management", "trail-logs")
    found = read()
    assert found.trail is not None
    bucket = found.trail.bucket
    assert bucket is not None
    assert (bucket.locked, bucket.lock_mode, bucket.lock_days) == (True, "GOVERNANCE", 365)
    assert (bucket.has_policy, bucket.has_access_block) == (True, False)
    text = main_tf(found)
    assert "object_lock_days = 365" in text
    assert 'object_lock_mode = "GOVERNANCE"' in text


def test_access_logs_keep_their_bucket(account: Any) -> None:
    make_bucket(account, "trail-logs")
    make_bucket(account, "who-read")
    s3 = account("s3")
    grant = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}
    statement = grant | {"Resource": "arn:aws:s3:::who-read/*"}
    s3.put_bucket_policy(Bucket="who-read", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    target: Any = {"LoggingEnabled": {"TargetBucket": "who-read", "TargetPrefix": "x/"}}
    s3.put_bucket_logging(Bucket="trail-logs", BucketLoggingStatus=target)
    make_trail(account, "management", "trail-logs")
    assert 'access_log_bucket_name = "who-read"' in main_tf(read())


def test_a_bucket_that_cannot_be_taken_over(account: Any) -> None:
    """In another region, or with a name that the module does not take: the trail goes on writing to it."""
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="far-away")
    make_trail(account, "management", "far-away")
    found = read()
    assert found.trail is not None
    assert found.trail.bucket is None
    assert "it is in us-east-1" in found.notes[0]
    assert 'existing_log_bucket_name   = "far-away"' in main_tf(found)
    assert "aws_s3_bucket" not in imports_tf(found)
    long = "a-name-of-more-than-fifty-six-characters-is-one-for-itself"
    make_bucket(account, long)
    account("cloudtrail").update_trail(Name="management", S3BucketName=long)
    found = read()
    assert "56 characters" in found.notes[0]
    assert f'existing_log_bucket_name   = "{long}"' in main_tf(found)


def test_a_bucket_that_is_gone(account: Any) -> None:
    make_bucket(account, "trail-logs")
    make_trail(account, "management", "trail-logs")
    account("s3").delete_bucket(Bucket="trail-logs")
    found = read()
    assert "does not exist" in found.notes[0]
    assert 'log_bucket_name            = "trail-logs"' in main_tf(found)
    assert "aws_s3_bucket" not in imports_tf(found)
    assert "aws_cloudtrail.this" in imports_tf(found)


def test_what_has_the_names_of_the_module_is_imported(account: Any) -> None:
    """An account whose state was lost: log group and role are there already, under the same names."""
    make_bucket(account, "trail-logs")
    account("logs").create_log_group(logGroupName="/cloudtrail/management")
    role = account("iam").create_role(RoleName="cloudtrail-management", AssumeRolePolicyDocument="{}")["Role"]
    group = f"arn:aws:logs:{REGION}:123456789012:log-group:/cloudtrail/management:*"
    make_trail(account, "management", "trail-logs", CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role["Arn"])
    text = imports_tf(read())
    assert 'aws_cloudwatch_log_group.this\n  id = "/cloudtrail/management"' in text
    assert 'aws_iam_role.delivery\n  id = "cloudtrail-management"' in text


def test_a_name_that_the_module_does_not_take(account: Any) -> None:
    make_bucket(account, "trail-logs")
    make_trail(account, "m" * 60, "trail-logs")
    found = read()
    assert found.trail is None
    assert "longer than 50" in found.notes[0]


def test_selectors_are_kept(account: Any) -> None:
    make_bucket(account, "trail-logs")
    make_trail(account, "management", "trail-logs")
    account("cloudtrail").put_event_selectors(
        TrailName="management",
        EventSelectors=[
            {
                "ReadWriteType": "All",
                "IncludeManagementEvents": True,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]}],
            }
        ],
    )
    found = read()
    assert found.trail is not None
    assert found.trail.data_events == {"AWS::S3::Object": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]}
    assert '"AWS::S3::Object" = [' in main_tf(found)


def test_advanced_selectors_are_kept(account: Any) -> None:
    make_bucket(account, "trail-logs")
    make_trail(account, "management", "trail-logs")
    fields: Any = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
        {"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::scratch/"]},
    ]
    management: Any = [{"Field": "eventCategory", "Equals": ["Management"]}]
    network: Any = [{"Field": "eventCategory", "Equals": ["NetworkActivity"]}]
    account("cloudtrail").put_event_selectors(
        TrailName="management",
        AdvancedEventSelectors=[
            {"Name": "all ${management}", "FieldSelectors": management},
            {"Name": "objects ${x}", "FieldSelectors": fields},
            {"Name": "network", "FieldSelectors": network},
        ],
    )
    found = read()
    assert found.trail is not None
    assert found.trail.advanced == {
        "objects ${x}": {
            "resources.type": {"equals": ["AWS::S3::Object"]},
            "resources.ARN": {"not_starts_with": ["arn:aws:s3:::scratch/"]},
        }
    }
    assert found.notes == ["selector 'network' of the trail is dropped by the baseline: it selects NetworkActivity"]
    # Text of the account is text: nothing in it is interpolated.
    assert '"objects $${x}" = {' in main_tf(found)


def test_groups(account: Any) -> None:
    iam = account("iam")
    for name in ("readers", "admins", "full"):
        iam.create_group(GroupName=name)
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for number in range(6):
        arn = iam.create_policy(PolicyName=f"p{number}", PolicyDocument=document)["Policy"]["Arn"]
        iam.attach_group_policy(GroupName="full", PolicyArn=arn)
    found = read()
    assert found.groups == ["admins", "readers"]
    assert "group full is left out" in found.notes[0]
    assert "existing_group_names = [" in main_tf(found)


def test_no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(UserError, match="no AWS credentials"):
        read()


def test_unknown_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(UserError, match="nobody"):
        connect(Access("nobody"))
