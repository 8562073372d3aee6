"""Log groups, keys and event data stores."""

from __future__ import annotations

import pytest
from rulerun import run, told

TRAIL = """
resource "aws_cloudtrail" "main" {
  name                       = "main"
  s3_bucket_name             = "logs"
  kms_key_id                 = aws_kms_key.logs.arn
  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.main.arn}:*"
}
"""


def around(group: str = "", key: str = "", trail: str = TRAIL) -> str:
    return (
        trail
        + f'resource "aws_cloudwatch_log_group" "main" {{\n  name = "events"\n  {group}\n}}\n'
        + f'resource "aws_kms_key" "logs" {{\n  {key}\n}}\n'
    )


def cloudtrail(base: str, head: str) -> list[str]:
    return told(run(base, head, "cloudtrail"))


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ("retention_in_days = 365", "retention_in_days = 30", ["high"]),
        ("retention_in_days = 731", "retention_in_days = 400", ["medium"]),
        ("", "retention_in_days = 90", ["high"]),  # unset is for ever
        ("retention_in_days = 0", "retention_in_days = 90", ["high"]),
        ("retention_in_days = 365", "", []),
        ("retention_in_days = 365", "retention_in_days = 0", []),
        ("retention_in_days = 30", 'retention_in_days = "30"', []),
    ],
)
def test_retention_of_the_log_group(base: str, head: str, expected: list[str]) -> None:
    found = cloudtrail(around(base), around(head))
    assert found == [f"TFR414 {s} aws_cloudwatch_log_group.main" for s in expected]


def test_other_log_groups_are_left_alone() -> None:
    group = 'resource "aws_cloudwatch_log_group" "web" {\n  name = "web"\n  retention_in_days = %s\n}\n'
    assert cloudtrail(group % 365, group % 1) == []
    assert cloudtrail((group % 365).replace('"web"', '"cloudtrail"'), (group % 1).replace('"web"', '"cloudtrail"')) == [
        "TFR414 high aws_cloudwatch_log_group.cloudtrail"
    ]


def test_trail_that_delivers_to_another_group() -> None:
    short = 'resource "aws_cloudwatch_log_group" "short" {\n  name = "short"\n  retention_in_days = 7\n}\n'
    head = around("retention_in_days = 365").replace("log_group.main.arn", "log_group.short.arn") + short
    assert cloudtrail(around("retention_in_days = 365") + short, head) == ["TFR414 high aws_cloudwatch_log_group.short"]


def policy(*statements: str) -> str:
    return f'policy = jsonencode({{ Version = "2012-10-17", Statement = [{", ".join(statements)}] }})'


ENCRYPT = """{
  Effect    = "Allow"
  Principal = { Service = "cloudtrail.amazonaws.com" }
  Action    = "kms:GenerateDataKey*"
  Resource  = "*"
}"""
GUARD = '{ Effect = "Deny", Principal = "*", Action = "kms:ScheduleKeyDeletion", Resource = "*" }'
PUBLIC = '{ Effect = "Allow", Principal = "*", Action = "kms:Decrypt", Resource = "*" }'


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ("enable_key_rotation = true", "enable_key_rotation = false", ["high"]),
        ("enable_key_rotation = true", "", ["high"]),
        ("", "enable_key_rotation = true", []),
        ("deletion_window_in_days = 30", "deletion_window_in_days = 7", ["medium"]),
        ("", "deletion_window_in_days = 7", ["medium"]),  # the default is 30
        ("deletion_window_in_days = 30", "", []),
        ("deletion_window_in_days = 7", "deletion_window_in_days = 14", []),
        ("rotation_period_in_days = 90", "rotation_period_in_days = 365", ["medium"]),
        ("", "is_enabled = false", ["medium"]),
        (policy(GUARD, ENCRYPT), policy(ENCRYPT), ["high"]),
        (policy(GUARD, ENCRYPT), policy(GUARD), ["high"]),
        (policy(ENCRYPT), policy(ENCRYPT, PUBLIC), ["high"]),
        (policy(GUARD, ENCRYPT), policy(ENCRYPT, GUARD), []),
        ("", policy(ENCRYPT), []),
    ],
)
def test_key_of_the_trail(base: str, head: str, expected: list[str]) -> None:
    found = cloudtrail(around(key=base), around(key=head))
    assert found == [f"TFR416 {s} aws_kms_key.logs" for s in expected]


def test_other_keys_are_left_alone() -> None:
    base, head = (
        around(key=f"enable_key_rotation = {v}").replace("aws_kms_key.logs.arn", '"arn:x"') for v in ("true", "false")
    )
    assert cloudtrail(base, head) == []


def test_policy_that_moves_into_a_resource_of_its_own() -> None:
    apart = 'resource "aws_kms_key_policy" "logs" {\n  key_id = aws_kms_key.logs.key_id\n  %s\n}\n'
    base = around(key=policy(GUARD, ENCRYPT))
    assert cloudtrail(base, around() + apart % policy(GUARD, ENCRYPT)) == []
    assert cloudtrail(base, around() + apart % policy(ENCRYPT)) == ["TFR416 high aws_kms_key_policy.logs"]
    assert cloudtrail(base, around()) == ["TFR416 high aws_kms_key.logs"] * 2  # no guard, nothing for CloudTrail


STORE = "aws_cloudtrail_event_data_store.lake"


def store(text: str = "") -> str:
    return f'resource "aws_cloudtrail_event_data_store" "lake" {{\n  name = "lake"\n  {text}\n}}\n'


def selector(*fields: str) -> str:
    inner = "\n".join(fields)
    return f"advanced_event_selector {{\n{inner}\n}}"


MANAGEMENT = 'field_selector {\n field = "eventCategory"\n equals = ["Management"]\n}'
WRITES = 'field_selector {\n field = "readOnly"\n equals = ["false"]\n}'


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ("retention_period = 2555", "retention_period = 90", ["high"]),
        ("", "retention_period = 1095", ["medium"]),
        ("", "termination_protection_enabled = false", ["medium"]),
        ("", "multi_region_enabled = false", ["medium"]),
        ("organization_enabled = true", "", ["medium"]),
        ('kms_key_id = "arn:x"', "", ["medium"]),
        ("", "suspend = true", ["medium"]),
        ("", selector(MANAGEMENT, WRITES), ["high"]),
        ("", selector(MANAGEMENT), []),
        ("", "retention_period = 2555", []),
        ("", "retention_period = 3653", []),
    ],
)
def test_event_data_store(base: str, head: str, expected: list[str]) -> None:
    assert cloudtrail(store(base), store(head)) == [f"TFR417 {s} {STORE}" for s in expected]


def test_event_data_store_that_goes() -> None:
    assert cloudtrail(store(), "") == [f"TFR417 high {STORE}"]
    head = f"removed {{\n  from = {STORE}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"
    assert cloudtrail(store(), head) == [f"TFR417 low {STORE}"]
    moved = store().replace('"lake" {', '"main" {')
    assert cloudtrail(store(), moved) == []  # the same name: the same store
