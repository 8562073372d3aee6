"""Trails: removed, stopped, narrowed; and what only looks so."""

from __future__ import annotations

import pytest
from rulerun import root_of, run, run_pair, told

from build import pair as pair_of
from build import root
from tfratchet.model import Finding

TRAIL = "aws_cloudtrail.main"
FULL = """
name                          = "main"
s3_bucket_name                = "logs"
enable_logging                = true
include_global_service_events = true
is_multi_region_trail         = true
enable_log_file_validation    = true
kms_key_id                    = aws_kms_key.trail.arn
cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.trail.arn}:*"
cloud_watch_logs_role_arn     = "arn:aws:iam::111122223333:role/trail"
sns_topic_name                = "trail"
is_organization_trail         = true
insight_selector {
  insight_type = "ApiCallRateInsight"
}
"""
AROUND = """
resource "aws_kms_key" "trail" {}
resource "aws_cloudwatch_log_group" "trail" {
  name = "cloudtrail"
}
"""


def trail(text: str = FULL, name: str = "main") -> str:
    return f'resource "aws_cloudtrail" "{name}" {{\n{text}\n}}\n' + AROUND


def edited(key: str, new: str = "") -> str:
    lines = [line for line in FULL.splitlines() if not line.startswith(key)]
    assert len(lines) == len(FULL.splitlines()) - 1, key
    return trail("\n".join([new, *lines]))


def cloudtrail(base: str | dict[str, str], head: str | dict[str, str]) -> list[str]:
    return told(run(base, head, "cloudtrail"))


@pytest.mark.parametrize(
    ("key", "new", "expected"),
    [
        ("enable_logging", "enable_logging = false", "TFR402 critical"),
        ("is_multi_region_trail", "is_multi_region_trail = false", "TFR403 high"),
        ("is_multi_region_trail", "", "TFR403 high"),  # the default is false
        ("include_global_service_events", "include_global_service_events = false", "TFR404 high"),
        ("enable_log_file_validation", 'enable_log_file_validation = "false"', "TFR405 high"),
        ("enable_log_file_validation", "", "TFR405 high"),  # the default is false
        ("kms_key_id", "", "TFR406 high"),
        ("kms_key_id", 'kms_key_id = ""', "TFR406 high"),
        ("kms_key_id", 'kms_key_id = "arn:aws:kms:eu-west-1:111122223333:key/other"', "TFR406 medium"),
        ("cloud_watch_logs_group_arn", "", "TFR407 high"),
        ("sns_topic_name", "", "TFR410 medium"),
        ("is_organization_trail", "", "TFR412 high"),
        ("name", 'name = "other"', "TFR418 low"),
    ],
)
def test_weaker_setting_is_told_by_its_rule_alone(key: str, new: str, expected: str) -> None:
    assert cloudtrail(trail(), edited(key, new)) == [f"{expected} {TRAIL}"]


@pytest.mark.parametrize(
    ("key", "new"),
    [
        ("enable_logging", ""),
        ("include_global_service_events", ""),
        ("is_multi_region_trail", 'is_multi_region_trail = "true"'),
        ("cloud_watch_logs_group_arn", "cloud_watch_logs_group_arn = aws_cloudwatch_log_group.trail.arn"),
        ("sns_topic_name", 'sns_topic_name = "arn:aws:sns:eu-west-1:111122223333:trail"'),
    ],
)
def test_equal_settings_are_silent(key: str, new: str) -> None:
    assert cloudtrail(trail(), edited(key, new)) == []


def test_stronger_settings_are_silent() -> None:
    assert cloudtrail(trail('name = "main"\ns3_bucket_name = "logs"'), trail()) == []


def test_insights_that_are_no_longer_looked_for() -> None:
    both = FULL + 'insight_selector {\n  insight_type = "ApiErrorRateInsight"\n}\n'
    found = run(trail(both), trail(), "cloudtrail")
    assert told(found) == [f"TFR413 medium {TRAIL}"]
    assert "ApiErrorRateInsight" in found[0].message
    dynamic = FULL.partition("insight_selector")[0] + (
        'dynamic "insight_selector" {\n  for_each = ["ApiErrorRateInsight", "ApiCallRateInsight"]\n'
        "  content {\n    insight_type = insight_selector.value\n  }\n}\n"
    )
    assert cloudtrail(trail(both), trail(dynamic)) == []


# -- removal --------------------------------------------------------------------------------------------------------


def test_removed_trail_is_critical() -> None:
    found = run(trail(), AROUND, "cloudtrail")
    assert told(found) == [f"TFR401 critical {TRAIL}"]
    assert found[0].head is None
    assert "is_multi_region_trail = true" in found[0].lost


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ("count = 1", "count = 0", ["TFR401 critical aws_cloudtrail.main[0]"]),
        ("count = 1", "count = var.on ? 1 : 0", ["TFR401 medium? aws_cloudtrail.main[0]"]),
        ("count = var.on ? 1 : 0", "count = var.on ? 1 : 0", []),
        ("", "count = 1", []),
    ],
)
def test_counts(base: str, head: str, expected: list[str]) -> None:
    variable = 'variable "on" {}\n'
    assert cloudtrail(variable + trail(FULL + base), variable + trail(FULL + head)) == expected


def test_forgotten_trail_is_low() -> None:
    head = AROUND + "removed {\n  from = aws_cloudtrail.main\n  lifecycle {\n    destroy = false\n  }\n}\n"
    assert cloudtrail(trail(), head) == [f"TFR401 low {TRAIL}"]


def test_trail_that_perhaps_was_never_there() -> None:
    variable = 'variable "on" {}\n'
    found = cloudtrail(variable + trail(FULL + "count = var.on ? 1 : 0"), variable + AROUND)
    assert found == ["TFR401 medium? aws_cloudtrail.main[0]"]


def test_root_module_that_is_deleted_as_a_whole() -> None:
    """Nobody may run Terraform there again: whether anything is destroyed is not known."""
    both = pair_of(root_of(trail()), root(exists=False))
    found = run_pair(both, "TFR401")
    assert told(found) == [f"TFR401 medium? {TRAIL}"]
    assert "trail" in found[0].lost  # a move to another root module is still recognised


def test_insight_type_that_was_null() -> None:
    nothing = FULL.replace('"ApiCallRateInsight"', "null")
    assert cloudtrail(trail(nothing), trail()) == []


def test_stopped_trail_that_goes_is_silent() -> None:
    assert (
        cloudtrail(trail(FULL.replace("enable_logging                = true", "enable_logging = false")), AROUND) == []
    )


def test_lesser_of_two_trails_goes() -> None:
    lesser = 'resource "aws_cloudtrail" "lesser" {\n  name = "lesser"\n  s3_bucket_name = "logs"\n}\n'
    assert cloudtrail(trail() + lesser, trail()) == []
    assert cloudtrail(trail() + lesser, AROUND + lesser)[0].startswith("TFR401 high aws_cloudtrail.main")


def test_data_trail_that_goes_is_high_while_management_events_stay() -> None:
    data = """
    resource "aws_cloudtrail" "data" {
      name                       = "data"
      s3_bucket_name             = "logs"
      is_multi_region_trail      = true
      enable_log_file_validation = true
      event_selector {
        include_management_events = false
        data_resource {
          type   = "AWS::S3::Object"
          values = ["arn:aws:s3"]
        }
      }
    }
    """
    found = run(trail() + data, trail(), "cloudtrail")
    assert told(found) == ["TFR401 high aws_cloudtrail.data"]
    assert "AWS::S3::Object" in found[0].message


def test_equal_trail_under_another_name_leaves_a_gap_only() -> None:
    other = trail(FULL.replace('"main"', '"other"'), "other")
    assert cloudtrail(trail(), other) == ["TFR418 low aws_cloudtrail.other"]


def test_weaker_trail_in_its_place_is_compared() -> None:
    other = trail(FULL.replace('"main"', '"other"').replace("enable_log_file_validation    = true", ""), "other")
    assert cloudtrail(trail(), other) == ["TFR405 high aws_cloudtrail.other", "TFR418 low aws_cloudtrail.other"]


def test_move_into_a_module() -> None:
    module = {"main.tf": 'module "trail" {\n  source = "./trail"\n}\n', "trail/main.tf": trail()}
    assert cloudtrail(trail(), module) == []
    weaker = {**module, "trail/main.tf": edited("is_multi_region_trail")}
    assert cloudtrail(trail(), weaker) == ["TFR403 high module.trail.aws_cloudtrail.main"]


def test_regional_trails_become_one() -> None:
    regional = "".join(
        f'resource "aws_cloudtrail" "{r}" {{\n  name = "{r}"\n  s3_bucket_name = "logs"\n  provider = aws.{r}\n}}\n'
        for r in ("eu", "us")
    )
    found = cloudtrail(regional, trail())
    # another provider may be another account
    assert found == ["TFR401 medium? aws_cloudtrail.eu", "TFR401 medium? aws_cloudtrail.us"]


def test_trail_of_another_account_does_not_stand_in() -> None:
    two = trail() + trail(FULL.replace('"main"', '"second"') + "provider = aws.other", "second").replace(AROUND, "")
    one = trail(FULL.replace("is_organization_trail         = true", ""))
    assert cloudtrail(two, trail()) == ["TFR401 medium? aws_cloudtrail.second"]
    assert cloudtrail(one + two.replace(trail(), ""), one) == ["TFR401 critical aws_cloudtrail.second"]


# -- keys -----------------------------------------------------------------------------------------------------------

ALIAS = 'resource "aws_kms_alias" "trail" {\n  name = "alias/trail"\n  target_key_id = aws_kms_key.trail.key_id\n}\n'


@pytest.mark.parametrize(
    "value",
    ["aws_kms_alias.trail.arn", "aws_kms_alias.trail.target_key_arn", "aws_kms_key.trail.key_id", '"alias/trail"'],
)
def test_another_name_of_the_same_key_is_silent(value: str) -> None:
    assert cloudtrail(trail() + ALIAS, edited("kms_key_id", f"kms_key_id = {value}") + ALIAS) == []


def test_key_that_is_replaced_and_destroyed_is_high() -> None:
    new = 'resource "aws_kms_key" "second" {\n  description = "second"\n  enable_key_rotation = true\n}\n'
    head = edited("kms_key_id", "kms_key_id = aws_kms_key.second.arn").replace('resource "aws_kms_key" "trail" {}', "")
    assert cloudtrail(trail(), head + new) == [f"TFR406 high {TRAIL}"]
    kept = edited("kms_key_id", "kms_key_id = aws_kms_key.second.arn")
    assert cloudtrail(trail(), kept + new) == [f"TFR406 medium {TRAIL}"]


def test_unknown_key_is_possible() -> None:
    head = 'variable "key" {}\n' + edited("kms_key_id", "kms_key_id = var.key")
    assert cloudtrail(trail(), head) == [f"TFR406 medium? {TRAIL}"]


# -- modules that cannot be read --------------------------------------------------------------------------------------

CLOUDPOSSE = {"source": "cloudposse/cloudtrail/aws", "version": "0.21.0"}


def calls(base: dict[str, object] | None, head: dict[str, object] | None) -> list[Finding]:
    sides = [root({}, calls={"module.cloudtrail": arguments} if arguments else {}) for arguments in (base, head)]
    return run_pair(pair_of(sides[0], sides[1]), "cloudtrail")


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ({"enable_logging": True}, {"enable_logging": False}, ["TFR402 critical"]),
        ({"is_multi_region_trail": True}, {"is_multi_region_trail": False}, ["TFR403 high"]),
        ({"include_global_service_events": True}, {"include_global_service_events": False}, ["TFR404 high"]),
        ({"enable_log_file_validation": True}, {"enable_log_file_validation": False}, ["TFR405 high"]),
        ({"enable_log_file_validation": True}, {}, []),  # the module's default
        ({"is_multi_region_trail": True}, {}, ["TFR403 medium?"]),  # depends on the version
        ({"kms_key_arn": "arn:x"}, {}, ["TFR406 medium?"]),
        ({}, {"kms_key_arn": "arn:x"}, []),
        ({"is_organization_trail": True}, {"is_organization_trail": False}, ["TFR412 high"]),
        ({"sns_topic_name": "trail"}, {"sns_topic_name": ""}, ["TFR410 medium"]),
        ({"enabled": True}, {"enabled": False}, ["TFR401 critical"]),
        ({"context": {"enabled": True}}, {"context": {"enabled": False}}, ["TFR401 critical"]),
        (
            {"event_selector": [{"data_resource": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}]},
            {"event_selector": []},
            ["TFR409 high"],
        ),
        ({"insight_selector": [{"insight_type": "ApiCallRateInsight"}]}, {}, ["TFR413 medium"]),
    ],
)
def test_arguments_of_cloudposse_cloudtrail(
    base: dict[str, object], head: dict[str, object], expected: list[str]
) -> None:
    found = calls({**CLOUDPOSSE, **base}, {**CLOUDPOSSE, **head})
    assert told(found) == [f"{e} module.cloudtrail" for e in expected]


@pytest.mark.parametrize(
    ("source", "base", "head", "expected"),
    [
        ("trussworks/cloudtrail/aws", {}, {"enabled": False}, ["TFR402 critical"]),
        ("trussworks/cloudtrail/aws", {"org_trail": "true"}, {}, ["TFR412 medium?"]),
        ("trussworks/cloudtrail/aws", {"log_retention_days": 365}, {"log_retention_days": 30}, ["TFR414 high"]),
        (
            "trussworks/cloudtrail/aws",
            {"key_deletion_window_in_days": 30},
            {"key_deletion_window_in_days": 7},
            ["TFR416 medium"],
        ),
        ("nozaq/secure-baseline/aws", {}, {"cloudtrail_baseline_enabled": False}, ["TFR401 critical"]),
        ("nozaq/secure-baseline/aws", {}, {"cloudtrail_cloudwatch_logs_enabled": False}, ["TFR407 high"]),
        ("nozaq/secure-baseline/aws", {}, {"alarm_baseline_enabled": False}, ["TFR415 high"]),
        ("nozaq/secure-baseline/aws", {}, {"root_usage_enabled": False}, ["TFR415 high"]),
        ("example/audit/aws", {"is_multi_region_trail": True}, {"is_multi_region_trail": False}, ["TFR403 high"]),
        ("example/vpc/aws", {"enable_logging": True}, {"enable_logging": False}, []),  # means something else there
    ],
)
def test_arguments_of_other_modules(
    source: str, base: dict[str, object], head: dict[str, object], expected: list[str]
) -> None:
    found = calls({"source": source, **base}, {"source": source, **head})
    assert told(found) == [f"{e} module.cloudtrail" for e in expected]


def test_trail_module_that_goes() -> None:
    assert told(calls(dict(CLOUDPOSSE), None)) == ["TFR401 critical module.cloudtrail"]


def test_resource_gives_way_to_a_module() -> None:
    text = {"name": "main", "is_multi_region_trail": True, "enable_log_file_validation": True}
    module = {**CLOUDPOSSE, "is_multi_region_trail": True, "include_global_service_events": True}
    both = pair_of(root({TRAIL: text}), root({}, calls={"module.cloudtrail": module}))
    assert told(run_pair(both, "cloudtrail")) == []
    unread = root({}, calls={"module.audit": {"source": "git::https://example.com/audit-baseline.git"}})
    assert told(run_pair(pair_of(root({TRAIL: text}), unread), "cloudtrail")) == [f"TFR401 medium? {TRAIL}"]


def test_label_module_switches_through_its_context() -> None:
    text = """
    variable "enabled" {}
    module "this" {
      source  = "cloudposse/label/null"
      version = "0.25.0"
      enabled = var.enabled
    }
    module "cloudtrail" {
      source                = "cloudposse/cloudtrail/aws"
      is_multi_region_trail = true
      context               = module.this.context
    }
    resource "aws_cloudtrail" "second" {
      count          = module.this.enabled ? 1 : 0
      name           = "second"
      s3_bucket_name = "logs"
    }
    """
    on = {"main.tf": text, "terraform.tfvars": "enabled = true"}
    off = {"main.tf": text, "terraform.tfvars": "enabled = false"}
    found = cloudtrail(on, off)
    assert found[1] == "TFR401 critical module.cloudtrail"
    assert found[0].startswith("TFR401 critical aws_cloudtrail.second")
    assert cloudtrail(off, on) == []
    assert cloudtrail(on, on) == []
