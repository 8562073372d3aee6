"""The collector when AWS says no: one account, made once, of which single calls are refused or fail."""

from __future__ import annotations

from collections.abc import Iterator

import audit_accounts
import botocore.endpoint
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto import mock_aws
from moto.core.botocore_stubber import MockRawResponse
from refusals import account, client, refuse

from tfratchet.account.collect import collect
from tfratchet.account.collect import credentials as collecting
from tfratchet.account.facts import Facts
from tfratchet.errors import UserError

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture(scope="module", autouse=True)
def weak() -> Iterator[None]:
    """The account; nothing here changes it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        patch.setattr(collecting, "_PAUSE", 0.0)
        patch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        with mock_aws():
            audit_accounts.weak(client)
            topic = client("sns").create_topic(Name="guard")["TopicArn"]
            client("events").put_targets(Rule="guard-cloudtrail", Targets=[{"Id": "topic", "Arn": topic}])
            iam = client("iam")
            iam.create_user(UserName="reader")
            iam.attach_user_policy(UserName="reader", PolicyArn=READ)
            yield


def unread(facts: Facts) -> set[tuple[str, str]]:
    return {(gap.part, gap.action) for gap in facts.unread}


@pytest.mark.parametrize(
    ("operation", "part", "action"),
    [
        ("iam.GetAccountPasswordPolicy", "password_policy", "iam:GetAccountPasswordPolicy"),
        ("iam.GetAccountSummary", "root", "iam:GetAccountSummary"),
        ("iam.GenerateCredentialReport", "credentials", "iam:GenerateCredentialReport"),
        ("iam.GetCredentialReport", "credentials", "iam:GetCredentialReport"),
        ("iam.ListAccessKeys", "credentials", "iam:ListAccessKeys"),
        ("iam.GetAccessKeyLastUsed", "credentials", "iam:GetAccessKeyLastUsed"),
        ("iam.GetLoginProfile", "credentials", "iam:GetLoginProfile"),
        ("iam.ListMFADevices", "credentials", "iam:ListMFADevices"),
        ("cloudtrail.ListTrails", "trails", "cloudtrail:ListTrails"),
        ("cloudtrail.DescribeTrails", "trail:main", "cloudtrail:DescribeTrails"),
        ("cloudtrail.GetTrailStatus", "trail:main", "cloudtrail:GetTrailStatus"),
        ("cloudtrail.GetEventSelectors", "trail:main", "cloudtrail:GetEventSelectors"),
        ("cloudtrail.GetInsightSelectors", "trail:main", "cloudtrail:GetInsightSelectors"),
        ("s3.ListBuckets", "buckets", "s3:ListAllMyBuckets"),
        ("s3.GetBucketVersioning", "bucket:weak-logs", "s3:GetBucketVersioning"),
        ("s3.GetBucketEncryption", "bucket:weak-logs", "s3:GetEncryptionConfiguration"),
        ("s3.GetPublicAccessBlock", "bucket:weak-logs", "s3:GetBucketPublicAccessBlock"),
        ("s3-control.GetPublicAccessBlock", "buckets", "s3:GetAccountPublicAccessBlock"),
        ("s3.GetBucketPolicy", "bucket:weak-logs", "s3:GetBucketPolicy"),
        ("s3.GetBucketLogging", "bucket:weak-logs", "s3:GetBucketLogging"),
        ("s3.GetObjectLockConfiguration", "bucket:weak-logs", "s3:GetBucketObjectLockConfiguration"),
        ("s3.GetBucketLifecycleConfiguration", "bucket:weak-logs", "s3:GetLifecycleConfiguration"),
        ("eventbridge.ListRules", "watches", "events:ListRules"),
        ("eventbridge.ListTargetsByRule", "watches", "events:ListTargetsByRule"),
        ("cloudwatch-logs.DescribeMetricFilters", "watches", "logs:DescribeMetricFilters"),
        ("cloudwatch.DescribeAlarms", "watches", "cloudwatch:DescribeAlarms"),
        ("sns.ListSubscriptionsByTopic", "topics", "sns:ListSubscriptionsByTopic"),
    ],
)
def test_a_refused_call_is_unread_and_the_rest_is_read(operation: str, part: str, action: str) -> None:
    found = account()
    refuse(found, operation)
    facts = collect(found)
    assert (part, action) in unread(facts)
    assert {a for _, a in unread(facts)} == {action}
    assert not facts.could_read(part)
    read = [facts.password_policy is not None, bool(facts.users), bool(facts.trails)]
    assert sum(read) >= 2


def test_refused_details_leave_the_users_of_the_report() -> None:
    found = account()
    refuse(found, "iam.GetAccountAuthorizationDetails")
    facts = collect(found)
    assert unread(facts) == {
        ("users", "iam:GetAccountAuthorizationDetails"),
        ("roles", "iam:GetAccountAuthorizationDetails"),
    }
    assert set(facts.users) == {"bob", "careless", "reader", "robot"}
    assert facts.users["careless"].console


@pytest.mark.parametrize("operation", ["iam.GetPolicy", "iam.GetPolicyVersion"])
def test_refused_policies_of_aws(operation: str) -> None:
    assert "Statement" in collect(account(), frozenset(["users"])).policies[READ].document
    found = account()
    refuse(found, operation)
    facts = collect(found, frozenset(["users"]))
    assert unread(facts) == {("users", operation.replace(".", ":"))}
    assert READ not in facts.policies
    assert facts.users["reader"].attached == (READ,)


def test_throttling_is_waited_for_and_does_not_go_on_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it comes over the wire: botocore repeats the call, with growing pauses, ten times."""
    body = b"<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
    pauses: list[float] = []
    calls: list[str] = []
    monkeypatch.setattr(botocore.endpoint.time, "sleep", pauses.append)

    def throttled(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        calls.append(request.url)
        return AWSResponse(request.url, 400, {}, MockRawResponse(body))

    found = account()
    found.identity  # noqa: B018 (asked before the throttling begins)
    found.session.events.register_first("before-send.iam.GetAccountPasswordPolicy", throttled)
    with pytest.raises(UserError, match="AWS is throttling GetAccountPasswordPolicy"):
        collect(found, frozenset(["password_policy"]))
    assert len(calls) == 11
    assert len(pauses) == 10


@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        ("iam.GetAccountAuthorizationDetails", "Throttling", "AWS is throttling"),
        ("iam.GetLoginProfile", "Throttling", "AWS is throttling"),
        ("cloudtrail.GetTrailStatus", "ThrottlingException", "AWS is throttling"),
        ("s3.GetBucketPolicy", "ExpiredToken", "the credentials have expired"),
        ("iam.GetCredentialReport", "InvalidClientTokenId", "AWS does not know these credentials"),
        ("eventbridge.ListRules", "ServiceFailure", "ServiceFailure"),
    ],
)
def test_other_errors_end_the_run_in_one_line(operation: str, code: str, message: str) -> None:
    found = account()
    refuse(found, operation, code)
    with pytest.raises(UserError, match=message) as ended:
        collect(found)
    assert "\n" not in str(ended.value)
