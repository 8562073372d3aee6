"""Accounts made by boto3 in moto: a sound one, and one with every weakness that moto can show."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from audit_facts import BLOCKED, SIGN_IN, calls, document, guard, statement

Client = Callable[[str], Any]
"""Gives a client of a service in us-east-1."""

REGION = "us-east-1"
ACCOUNT = "123456789012"


def text(content: dict[str, Any]) -> str:
    return json.dumps(content)


def passwords(client: Client) -> None:
    client("iam").update_account_password_policy(
        MinimumPasswordLength=14,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        AllowUsersToChangePassword=True,
        MaxPasswordAge=90,
        PasswordReusePrevention=24,
    )


def console_user(client: Client, name: str, *, mfa: bool = True, group: str | None = "staff") -> None:
    iam = client("iam")
    iam.create_user(UserName=name)
    iam.create_login_profile(UserName=name, Password="Correct-horse-battery-1")
    if mfa:
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName=name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
    if group:
        iam.add_user_to_group(GroupName=group, UserName=name)


def staff(client: Client) -> None:
    """A group with permissions, and the guard."""
    iam = client("iam")
    iam.create_group(GroupName="staff")
    arn = iam.create_policy(PolicyName="work", PolicyDocument=text(document(statement("Allow", "*"))))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="staff", PolicyArn=arn)
    iam.put_group_policy(GroupName="staff", PolicyName="guard", PolicyDocument=text(guard()))


def log_bucket(client: Client, name: str = "trail-logs") -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="access-logs")
    s3.put_bucket_acl(Bucket="access-logs", ACL="log-delivery-write")
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    s3.put_object_lock_configuration(
        Bucket=name,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 400}},
        },
    )
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=BLOCKED)
    s3.put_bucket_logging(
        Bucket=name, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "access-logs", "TargetPrefix": "s3/"}}
    )
    tls = {"Bool": {"aws:SecureTransport": "false"}}
    every = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    s3.put_bucket_policy(
        Bucket=name, Policy=text(document(statement("Deny", "s3:*", tls, Principal="*", Resource=every)))
    )


def trail(client: Client, name: str = "main", bucket: str = "trail-logs", **more: Any) -> str:
    """A trail that records everything and logs; gives its ARN."""
    logs, iam, cloudtrail = client("logs"), client("iam"), client("cloudtrail")
    logs.create_log_group(logGroupName=name)
    role = iam.create_role(RoleName=f"{name}-logs", AssumeRolePolicyDocument=text(document()))["Role"]["Arn"]
    values = {
        "S3BucketName": bucket,
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": True,
        "EnableLogFileValidation": True,
        "KmsKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k",
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*",
        "CloudWatchLogsRoleArn": role,
        **more,
    }
    arn: str = cloudtrail.create_trail(Name=name, **values)["TrailARN"]
    cloudtrail.start_logging(Name=name)
    cloudtrail.put_insight_selectors(TrailName=name, InsightSelectors=[{"InsightType": "ApiCallRateInsight"}])
    return arn


def watchers(client: Client) -> None:
    events, sns = client("events"), client("sns")
    target = sns.create_topic(Name="guard")["TopicArn"]
    sns.subscribe(TopicArn=target, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:guard")
    patterns = {group: calls(group) for group in ("policies", "people", "cloudtrail")} | {"signin": SIGN_IN}
    for name, pattern in patterns.items():
        events.put_rule(Name=f"guard-{name}", EventPattern=text(pattern))
        events.put_targets(Rule=f"guard-{name}", Targets=[{"Id": "topic", "Arn": target}])


def sound(client: Client) -> None:
    """Nothing is found but that root has no MFA, which moto cannot give it."""
    passwords(client)
    staff(client)
    console_user(client, "bob")
    log_bucket(client)
    trail(client)
    watchers(client)


def metric_alarm(
    client: Client, group: str, name: str, pattern: str, actions: list[str], *, enabled: bool = True
) -> None:
    """A metric filter with an alarm."""
    transformation = {"metricName": name, "metricNamespace": "CIS", "metricValue": "1"}
    client("logs").put_metric_filter(
        logGroupName=group, filterName=name, filterPattern=pattern, metricTransformations=[transformation]
    )
    client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        MetricName=name,
        Namespace="CIS",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=actions,
        ActionsEnabled=enabled,
    )


WEAK = {
    ("TFR602", 'account-password-policy["password_reuse_prevention"]'),
    ("TFR602", 'account-password-policy["require_symbols"]'),
    ("TFR603", "user/careless"),
    ("TFR604", "root"),
    ("TFR609", "user/robot"),
    ("TFR611", "user/careless"),
    ("TFR611", "user/robot"),
    ("TFR612", "user/careless"),
    ("TFR612", "user/robot"),
    ("TFR614", "trail/stopped"),
    ("TFR615", "trail/main"),
    ("TFR616", "trail/main"),
    ("TFR617", "trail/main"),
    ("TFR618", "trail/main"),
    ("TFR619", "trail/main"),
    ("TFR621", "trail/main"),
    ("TFR623", 'weak-logs["access_logging"]'),
    ("TFR623", 'weak-logs["mfa_delete"]'),
    ("TFR623", 'weak-logs["public_access_block"]'),
    ("TFR623", 'weak-logs["retention"]'),
    ("TFR623", 'weak-logs["secure_transport"]'),
    ("TFR623", 'weak-logs["versioning"]'),
    ("TFR624", 'alarms["cloudtrail-changes"]'),
    ("TFR624", 'alarms["console-sign-in-without-mfa"]'),
    ("TFR624", 'alarms["further-calls"]'),
    ("TFR624", 'alarms["iam-policy-changes"]'),
    ("TFR625", "rule/guard-cloudtrail"),
    ("TFR625", "alarm:cis-4.4"),
}
"""(rule, end of the address) of everything that is found in the weak account."""


def weak(client: Client) -> None:
    """Every weakness that moto can show without turning its clock."""
    iam, s3, cloudtrail = client("iam"), client("s3"), client("cloudtrail")
    passwords(client)
    iam.update_account_password_policy(
        MinimumPasswordLength=14,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        AllowUsersToChangePassword=True,
        MaxPasswordAge=90,
    )
    staff(client)
    console_user(client, "bob")
    console_user(client, "careless", mfa=False, group=None)
    everything = text(document(statement("Allow", "*")))
    iam.put_user_policy(UserName="careless", PolicyName="all", PolicyDocument=everything)
    iam.create_user(UserName="robot")
    arn = iam.create_policy(PolicyName="robots", PolicyDocument=everything)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="robot", PolicyArn=arn)
    for _ in range(2):
        iam.create_access_key(UserName="robot")
    s3.create_bucket(Bucket="weak-logs")
    s3.put_bucket_lifecycle_configuration(
        Bucket="weak-logs",
        LifecycleConfiguration={
            "Rules": [{"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}]
        },
    )
    cloudtrail.create_trail(Name="main", S3BucketName="weak-logs", IncludeGlobalServiceEvents=True)
    cloudtrail.start_logging(Name="main")
    cloudtrail.put_event_selectors(
        TrailName="main", EventSelectors=[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
    )
    trail(client, "stopped", bucket="weak-logs", IsMultiRegionTrail=False)
    cloudtrail.stop_logging(Name="stopped")
    metric_alarm(client, "stopped", "cis-4.4", "{ ($.eventName = DetachUserPolicy) }", [], enabled=False)
    client("events").put_rule(Name="guard-cloudtrail", EventPattern=text(calls("cloudtrail")))
