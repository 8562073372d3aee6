"""Whatever shape Checkov hands over, a check answers: an exception would only be logged, and the check silent."""

from __future__ import annotations

import importlib
import logging
from typing import Any

import pytest
from checkov.common.models.enums import CheckResult
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rustworkx import PyDiGraph
from scanning import CHECKS

_TEXTS = st.sampled_from(
    [
        "",
        "*",
        "true",
        "alice",
        "Allow",
        "Deny",
        "all",
        "Management",
        "var.x",
        "${var.x}",
        "each.value",
        "aws_iam_user.u.name",
        "aws_iam_policy.p[0].arn",
        "aws_iam_group.g.name",
        "aws_s3_bucket.b.id",
        "module.m.x",
        "data.aws_iam_policy_document.d.json",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "iam:*",
        "sts:AssumeRole",
        "aws:MultiFactorAuthPresent",
        "BoolIfExists",
        "{",
        '{"Statement": 1}',
        '{"Statement": [{"Effect": "Deny", "NotAction": "*", "Condition": 7}]}',
        "jsonencode({'Statement': [{'Effect': 'Allow', 'Action': var.x}]})",
        "jsonencode([",
        "[for x in y : z]",
        "{ $.eventName = Detach* }",
        'file("${path.module}/x.json")',
    ]
)
_LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-2, 400), st.floats(allow_nan=True), _TEXTS)
_KEYS = st.sampled_from(
    [
        "name",
        "user",
        "users",
        "group",
        "groups",
        "role",
        "roles",
        "policy",
        "policy_arn",
        "policy_arns",
        "policy_names",
        "user_name",
        "group_name",
        "content",
        "Statement",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "Principal",
        "Condition",
        "Sid",
        "AWS",
        "Service",
        "Bool",
        "aws:MultiFactorAuthPresent",
        "statement",
        "effect",
        "actions",
        "not_actions",
        "resources",
        "condition",
        "test",
        "variable",
        "values",
        "principals",
        "type",
        "identifiers",
        "assume_role_policy",
        "inline_policy",
        "force_destroy",
        "bucket",
        "versioning",
        "enabled",
        "mfa_delete",
        "versioning_configuration",
        "status",
        "event_selector",
        "advanced_event_selector",
        "field_selector",
        "field",
        "equals",
        "include_management_events",
        "read_write_type",
        "exclude_management_event_sources",
        "enable_logging",
        "s3_bucket_name",
        "kms_key_id",
        "cloud_watch_logs_group_arn",
        "lifecycle",
        "prevent_destroy",
        "ignore_changes",
        "rule",
        "lifecycle_rule",
        "expiration",
        "days",
        "date",
        "retention_in_days",
        "password_policy",
        "minimum_length",
        "mfa_configuration",
        "minimum_password_length",
        "max_password_age",
        "password_reuse_prevention",
        "hard_expiry",
        "allow_users_to_change_password",
        "password_reset_required",
        "password_length",
        "is_organization_trail",
        "event_pattern",
        "source",
        "detail",
        "eventName",
        "prefix",
        "is_enabled",
        "state",
        "pattern",
        "metric_transformation",
        "metric_name",
        "alarm_actions",
        "provisioner",
        "local-exec",
        "command",
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
        "for_each",
        "count",
        "source_policy_documents",
        "override_json",
        "__resolved__",
        "__change_actions__",
        "__change_keys__",
        "suspend",
    ]
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=25,
)
# Checkov wraps every argument in a list; sometimes it does not.
_BODIES = st.dictionaries(_KEYS, st.one_of(_VALUES.map(lambda v: [v]), _VALUES), max_size=8)


def _checks() -> list[Any]:
    found = []
    for path in sorted(CHECKS.glob("ckv_tfr_*.py")):
        module = importlib.import_module(f"tfratchet_checks.{path.stem}")
        found += [getattr(module, n) for n in ("check", "data_check", "module_check") if hasattr(module, n)]
    return found


_ALL = _checks()
_TYPES = sorted(
    {t for c in _ALL for t in c.supported_entities}
    | {
        "aws_iam_group_membership",
        "aws_iam_user_group_membership",
        "aws_iam_user_policy_attachment",
        "aws_iam_group_policy_attachment",
        "aws_s3_bucket_versioning",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        "aws_cloudwatch_log_metric_filter",
        "aws_cloudwatch_metric_alarm",
        "aws_organizations_organization",
    }
)
_NAMES = {"aws_iam_user": "u", "aws_iam_policy": "p", "aws_iam_group": "g", "aws_s3_bucket": "b"}


def _graph(blocks: list[tuple[str, dict[str, Any]]]) -> PyDiGraph:
    graph = PyDiGraph()
    for index, (type_, body) in enumerate(blocks):
        kind = {"module": "module", "aws_iam_policy_document": "data"}.get(type_, "resource")
        name = _NAMES.get(type_, "d")
        address = name if kind == "module" else f"{type_}.{name}"
        body["__address__"] = address
        config: dict[str, Any] = {name: body} if kind == "module" else {type_: {name: body}}
        graph.add_node(
            (index, {"block_type_": kind, "config_": config, "file_path_": "/x/main.tf", "__address__": address})
        )
    return graph


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(st.tuples(st.sampled_from(_TYPES), _BODIES), min_size=1, max_size=8))
def test_every_check_answers_whatever_it_is_given(blocks: list[tuple[str, dict[str, Any]]]) -> None:
    graph = _graph(blocks)
    logging.disable(logging.CRITICAL)
    try:
        for type_, body in blocks:
            for check in _ALL:
                if type_ in check.supported_entities:
                    check.graph = graph
                    result = check.run("/main.tf", body, _NAMES.get(type_, "d"), type_, {})
                    assert result["result"] in (CheckResult.PASSED, CheckResult.FAILED, CheckResult.UNKNOWN)
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize("check", _ALL, ids=lambda c: f"{c.id}-{c.block_type}")
def test_without_a_graph_nothing_that_depends_on_others_passes(check: Any) -> None:
    """Checkov gives no graph when it splits it (TF_SPLIT_GRAPH); such a check must not pass for want of evidence."""
    check.graph = None
    for type_ in check.supported_entities:
        result = check.run("/main.tf", {"__address__": f"{type_}.x", "name": ["x"]}, "x", type_, {})
        if check.id in ("CKV_TFR_101", "CKV_TFR_201", "CKV_TFR_304", "CKV_TFR_415"):
            assert result["result"] is CheckResult.UNKNOWN
