"""Which resources some rule looks at. Every source reads these and leaves the rest alone."""

from __future__ import annotations

from collections.abc import Collection

_TYPES = (
    "aws_iam_",
    "aws_cloudtrail",
    "aws_s3_",
    "aws_kms_",
    "aws_cloudwatch_",
    "aws_sns_",
    "aws_organizations_",
    "aws_cognito_",
    "aws_config_",
    "aws_ssoadmin_",
)
_DATA_TYPES = (
    "aws_iam_",
    "aws_s3_bucket",
    "aws_kms_",
    "aws_cloudtrail",
    "aws_sns_topic",
    "aws_organizations_",
    "aws_ssoadmin_permission_set",
)
# Resource policies can hold MFA conditions and denials, whatever the service.
_POLICY_ARGUMENTS = frozenset(["policy", "access_policy", "access_policies", "resource_policy", "policy_document"])


def wanted(kind: str, arguments: Collection[str], *, managed: bool) -> bool:
    """Whether some rule looks at resources (data sources when not ``managed``) of type ``kind`` with these arguments.

    What is not wanted is evaluated only where something that is wanted refers to it.
    """
    if not managed:
        return kind.startswith(_DATA_TYPES)
    return kind.startswith(_TYPES) or (kind.startswith("aws_") and not _POLICY_ARGUMENTS.isdisjoint(arguments))
