"""Which resources protect the account, and which of their arguments do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_account__ import Account, Node
    from tfratchet_checks.__tfr_guard__ import has_guard, protected_in
    from tfratchet_checks.__tfr_policy__ import Document
    from tfratchet_checks.__tfr_values__ import Unresolved, text_of
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_account__ import Account, Node
    from __tfr_guard__ import has_guard, protected_in
    from __tfr_policy__ import Document
    from __tfr_values__ import Unresolved, text_of

SETTINGS: dict[str, frozenset[str]] = {
    "aws_iam_account_password_policy": frozenset(
        {
            "minimum_password_length",
            "require_lowercase_characters",
            "require_uppercase_characters",
            "require_numbers",
            "require_symbols",
            "max_password_age",
            "password_reuse_prevention",
            "allow_users_to_change_password",
            "hard_expiry",
        }
    ),
    "aws_cloudtrail": frozenset(
        {
            "enable_logging",
            "is_multi_region_trail",
            "include_global_service_events",
            "enable_log_file_validation",
            "kms_key_id",
            "cloud_watch_logs_group_arn",
            "cloud_watch_logs_role_arn",
            "event_selector",
            "advanced_event_selector",
            "insight_selector",
            "s3_bucket_name",
            "sns_topic_name",
            "is_organization_trail",
        }
    ),
    "aws_iam_user": frozenset({"permissions_boundary", "force_destroy"}),
    "aws_iam_role": frozenset({"assume_role_policy", "permissions_boundary"}),
    "aws_iam_policy": frozenset({"policy"}),
    "aws_iam_user_policy": frozenset({"policy", "user"}),
    "aws_iam_group_policy": frozenset({"policy", "group"}),
    "aws_iam_role_policy": frozenset({"policy", "role"}),
    "aws_iam_user_policy_attachment": frozenset({"user", "policy_arn"}),
    "aws_iam_group_policy_attachment": frozenset({"group", "policy_arn"}),
    "aws_iam_policy_attachment": frozenset({"users", "groups", "roles", "policy_arn"}),
    "aws_iam_group_membership": frozenset({"users", "group"}),
    "aws_iam_user_group_membership": frozenset({"user", "groups"}),
    "aws_iam_user_login_profile": frozenset({"password_reset_required"}),
    "aws_cognito_user_pool": frozenset(
        {"mfa_configuration", "password_policy", "software_token_mfa_configuration", "sms_configuration"}
    ),
    "aws_s3_bucket": frozenset(
        {
            "policy",
            "acl",
            "versioning",
            "logging",
            "lifecycle_rule",
            "server_side_encryption_configuration",
            "object_lock_configuration",
        }
    ),
    "aws_kms_key": frozenset({"policy", "is_enabled", "enable_key_rotation", "deletion_window_in_days"}),
    "aws_organizations_policy": frozenset({"content"}),
    "aws_organizations_policy_attachment": frozenset({"policy_id", "target_id"}),
    "aws_cloudwatch_event_rule": frozenset({"event_pattern", "is_enabled", "state"}),
    "aws_cloudwatch_log_metric_filter": frozenset({"pattern", "log_group_name", "metric_transformation"}),
    "aws_cloudwatch_metric_alarm": frozenset({"actions_enabled", "alarm_actions", "threshold", "metric_name"}),
}
"""Type → arguments that protect the account. Not all of a bucket, a key or a policy does: see ``protected``."""


def trails_of(account: Account, node: Node, argument: str) -> list[Node]:
    """The trails whose ``argument`` (bucket, key, log group) is this resource."""
    own = {v for v in (node.block.text(a) for a in ("bucket", "id", "arn", "name")) if v is not None}
    own_texts = {text_of(v) for v in own}
    found = []
    for trail in account.of_type("aws_cloudtrail"):
        value = trail.block.text(argument)
        if value is None:
            continue
        text = text_of(value)
        if isinstance(value, Unresolved) and node in account.refers(trail, value, node.type):
            found.append(trail)
        elif text in own_texts and (isinstance(value, str) or trail.root == node.root):
            # The same text: a name, or the same expression (``logs-${var.env}``) within one root module.
            found.append(trail)
        elif argument == "cloud_watch_logs_group_arn" and any(text == f"{t}:*" for t in own_texts):
            found.append(trail)
    return found


def protected(account: Account, node: Node) -> bool:
    """True for a resource that protects the account: see CKV_TFR_503."""
    if node.type in ("aws_cloudtrail", "aws_iam_account_password_policy"):
        return True
    if node.type == "aws_s3_bucket":
        return bool(trails_of(account, node, "s3_bucket_name"))
    if node.type == "aws_kms_key":
        return bool(trails_of(account, node, "kms_key_id"))
    if node.type == "aws_iam_policy":
        document = account.document(node, node.block.conf.get("policy"))
        return document is not None and (has_guard(document) is True or _denies_protected(document))
    if node.type == "aws_organizations_policy":
        kind = node.block.text("type") or "SERVICE_CONTROL_POLICY"
        document = account.document(node, node.block.conf.get("content"))
        denies = document is not None and any(s.effect == "Deny" for s in document.statements)
        return kind == "SERVICE_CONTROL_POLICY" and denies
    return False


def _denies_protected(document: Document) -> bool:
    """True when a document denies protected actions to whoever has it: a guard against detaching, a boundary."""
    denies = (s for s in document.statements if s.effect == "Deny" and s.principals is None)
    return any(any(True for _ in protected_in(s)) for s in denies)
