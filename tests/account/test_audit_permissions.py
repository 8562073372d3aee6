"""The least policy of the audit: every call that is made is in it, and every action in it is called."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import audit_accounts
import pytest
from moto import mock_aws
from refusals import account, client, record

from tfratchet.account.auditrun import audit_account, audit_organization
from tfratchet.account.collect import credentials as collecting
from tfratchet.account.permissions import AUDIT, DEFAULT_ORG_ROLE, ORGANIZATION, audit_policy
from tfratchet.config import Settings

ACTIONS = frozenset(action for actions in AUDIT.values() for action in actions)
# Where IAM's name of an action is not that of the operation (Service Authorization Reference).
PREFIX = {"eventbridge": "events", "cloudwatch-logs": "logs", "s3-control": "s3"}
NAMES = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
}
FREE = {"sts:GetCallerIdentity"}  # needs no permission


def action_of(operation: str) -> str:
    """``s3-control.GetPublicAccessBlock`` → ``s3:GetAccountPublicAccessBlock``."""
    if operation.endswith(".GetPublicAccessBlock"):
        return f"s3:Get{'Account' if operation.startswith('s3-control') else 'Bucket'}PublicAccessBlock"
    service, _, name = operation.partition(".")
    action = f"{PREFIX.get(service, service)}:{name}"
    return NAMES.get(action, action)


@pytest.fixture(autouse=True)
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(collecting, "_PAUSE", 0.0)
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    with mock_aws():
        yield


def make_everything() -> None:
    """An account in which every branch of the collector has something to ask."""
    audit_accounts.weak(client)
    iam = client("iam")
    topic = client("sns").create_topic(Name="guard")["TopicArn"]
    client("events").put_targets(Rule="guard-cloudtrail", Targets=[{"Id": "topic", "Arn": topic}])
    iam.create_user(UserName="reader")
    iam.attach_user_policy(UserName="reader", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")


def test_every_call_is_listed_and_every_listed_action_is_called() -> None:
    make_everything()
    found = account()
    seen = record(found)
    audited = audit_account(found, Settings())
    assert audited.errors == []
    assert {action_of(operation) for operation in seen} == ACTIONS | FREE


def test_nothing_that_is_called_can_change_anything() -> None:
    reading = re.compile(r"[a-z0-9]+:(Get|List|Describe)[A-Za-z]+")
    assert {a for a in ACTIONS if not reading.fullmatch(a)} == {"iam:GenerateCredentialReport"}


def test_organization_calls_are_listed() -> None:
    """From the account that it starts from; what is called in the members is the audit itself."""
    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.create_account(AccountName="dev", Email="dev@example.com")
    found = account()
    seen = record(found)
    audit_organization(found, DEFAULT_ORG_ROLE, Settings())
    called = {action_of(operation) for operation in seen}
    assert called - ACTIONS - FREE == {*ORGANIZATION, "sts:AssumeRole"}


def test_the_policy_allows_exactly_this() -> None:
    policy = json.loads(audit_policy())
    assert policy["Version"] == "2012-10-17"
    assert {a for s in policy["Statement"] for a in s["Action"]} == ACTIONS
    assert {s["Effect"] for s in policy["Statement"]} == {"Allow"}
    wider = json.loads(audit_policy(org_role="auditor", partition="aws-cn"))
    more = wider["Statement"][len(policy["Statement"]) :]
    assert [s["Action"] for s in more] == [sorted(ORGANIZATION), "sts:AssumeRole"]
    assert more[1]["Resource"] == "arn:aws-cn:iam::*:role/auditor"


def test_iam_takes_the_policy() -> None:
    iam = client("iam")
    policy = audit_policy(org_role=DEFAULT_ORG_ROLE)
    assert len(re.sub(r"\s", "", policy)) < 6144  # the limit of a managed policy
    assert iam.create_policy(PolicyName="audit", PolicyDocument=policy)["Policy"]["Arn"]


def test_print_needs_neither_boto3_nor_credentials(tmp_path: Path) -> None:
    (tmp_path / "boto3.py").write_text("raise ImportError('no boto3 here')\n")
    (tmp_path / "botocore.py").write_text("raise ImportError('no botocore here')\n")
    done = subprocess.run(
        [sys.executable, "-m", "tfratchet", "audit", "--print-iam-policy", "--org"],
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == json.loads(audit_policy(org_role=DEFAULT_ORG_ROLE))
    assert done.stderr == ""
