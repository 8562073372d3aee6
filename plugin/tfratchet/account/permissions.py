"""The least that the audit needs to be allowed: every action that it calls, and why. A test holds the two together."""

from __future__ import annotations

import json

AUDIT: dict[str, tuple[str, ...]] = {
    "Users": (
        "iam:GenerateCredentialReport",
        "iam:GetCredentialReport",
        "iam:GetAccountAuthorizationDetails",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetLoginProfile",
        "iam:ListMFADevices",
        "iam:ListAccessKeys",
        "iam:GetAccessKeyLastUsed",
    ),
    "Account": ("iam:GetAccountPasswordPolicy", "iam:GetAccountSummary"),
    "Trails": (
        "cloudtrail:ListTrails",
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "cloudtrail:GetEventSelectors",
        "cloudtrail:GetInsightSelectors",
    ),
    "LogBuckets": (
        "s3:ListAllMyBuckets",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetAccountPublicAccessBlock",
        "s3:GetBucketPolicy",
        "s3:GetBucketLogging",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetLifecycleConfiguration",
    ),
    "Alarms": (
        "events:ListRules",
        "events:ListTargetsByRule",
        "logs:DescribeMetricFilters",
        "cloudwatch:DescribeAlarms",
        "sns:ListSubscriptionsByTopic",
    ),
}
"""By statement. ``sts:GetCallerIdentity``, which is called too, needs no permission."""

DEFAULT_ORG_ROLE = "OrganizationAccountAccessRole"
"""The role that AWS Organizations makes in accounts that it creates."""
ORGANIZATION = ("organizations:ListAccounts",)
"""What ``--org`` adds in the account that it starts from, beside ``sts:AssumeRole``."""


def audit_policy(*, org_role: str | None = None, partition: str = "aws") -> str:
    """The policy, as JSON. ``org_role``: name of the role that ``--org`` assumes in the other accounts."""
    statements = [
        {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": "*"} for sid, actions in AUDIT.items()
    ]
    if org_role is not None:
        statements += [
            {"Sid": "Organization", "Effect": "Allow", "Action": sorted(ORGANIZATION), "Resource": "*"},
            {
                "Sid": "OtherAccounts",
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Resource": f"arn:{partition}:iam::*:role/{org_role}",
            },
        ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n"
