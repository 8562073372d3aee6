"""Drift of the password policy and of trails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from drift_cases import ACCOUNT, differences, told, trail

from tfratchet.account.facts import Facts, LiveTrail, Unread
from tfratchet.model import Location, Severity

PASSWORD = """
variable "age" {}
resource "aws_iam_account_password_policy" "this" {
  minimum_password_length = 14
  require_symbols         = true
  max_password_age        = %s
}
"""
LIVE: dict[str, int | bool] = {
    "minimum_password_length": 14,
    "require_uppercase_characters": False,
    "require_lowercase_characters": False,
    "require_numbers": False,
    "require_symbols": True,
    "allow_users_to_change_password": True,
    "max_password_age": 90,
    "password_reuse_prevention": 0,
    "hard_expiry": False,
}


def policy(**changes: int | bool) -> Facts:
    return Facts(ACCOUNT, password_policy={**LIVE, **changes})


def test_the_password_policy_is_as_declared() -> None:
    assert told(PASSWORD % 90, policy()) == []
    assert told(PASSWORD % 90, policy(require_numbers=True)) == []  # not declared: Terraform does not send it


def test_each_setting_is_told_with_its_line() -> None:
    (found,) = differences(PASSWORD % 90, policy(minimum_password_length=8))
    assert (found.rule, found.location, found.severity) == ("TFR668", Location("main.tf", 4), None)
    assert (found.required, found.live) == ("minimum_password_length = 14", "minimum_password_length = 8")
    assert found.remedy is not None
    assert found.remedy["values"]["minimum_password_length"] == 14
    (stronger,) = differences(PASSWORD % 90, policy(minimum_password_length=20))
    assert stronger.severity is Severity.LOW
    (default,) = differences(PASSWORD % 90, policy(allow_users_to_change_password=False))
    assert default.required == "allow_users_to_change_password = true"


def test_no_policy_at_all_is_critical() -> None:
    (found,) = differences(PASSWORD % 90, Facts(ACCOUNT))
    assert (found.severity, found.location) == (Severity.CRITICAL, Location("main.tf", 3))


def test_a_value_that_is_not_known() -> None:
    assert told(PASSWORD % "var.age", policy(max_password_age=1)) != []
    assert [r for r, _ in told(PASSWORD % "var.age", policy())] == ["TFR668?"]


TRAIL = """
resource "aws_cloudtrail" "main" {
  name                       = "main"
  s3_bucket_name             = "logs"
  is_multi_region_trail      = true
  enable_log_file_validation = true
  %s
}
"""


def account(*trails: LiveTrail) -> Facts:
    return Facts(ACCOUNT, trails={t.arn: t for t in trails})


def test_a_trail_as_declared() -> None:
    assert told(TRAIL % "", account(trail())) == []


@pytest.mark.parametrize(
    ("changes", "required", "remedy"),
    [
        ({"logging": False}, "enable_logging = true", {"kind": "start-logging"}),
        (
            {"multi_region": False, "global_events": False},
            "is_multi_region_trail = true",
            {"kind": "update-trail", "values": {"multi_region": True, "global_events": True}},
        ),
        ({"validation": False}, "enable_log_file_validation = true", {"values": {"validation": True}}),
        ({"bucket": "elsewhere"}, "s3_bucket_name = logs", None),
    ],
)
def test_settings_of_a_trail(changes: dict[str, Any], required: str, remedy: dict[str, Any] | None) -> None:
    found = differences(TRAIL % "", account(trail(**changes)))
    assert {d.rule for d in found} == {"TFR669"}
    one = next(d for d in found if d.required == required)
    if remedy is None:
        assert one.remedy is None
    else:
        assert one.remedy is not None
        assert remedy.items() <= one.remedy.items()
        assert one.remedy["region"] == "eu-central-1"


def test_a_trail_that_is_gone_or_stopped_is_critical() -> None:
    (gone,) = differences(TRAIL % "", account())
    (stopped,) = differences(TRAIL % "", account(trail(logging=False)))
    assert gone.severity is stopped.severity is Severity.CRITICAL


def test_a_status_that_could_not_be_read_is_no_drift() -> None:
    assert told(TRAIL % "", account(trail(logging=None))) == []


def test_keys_and_topics_by_any_of_their_names() -> None:
    key = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/0a1b"
    assert told(TRAIL % f'kms_key_id = "{key}"', account(trail(kms_key=key))) == []
    assert told(TRAIL % 'kms_key_id = "0a1b"', account(trail(kms_key=key))) == []
    reference = 'kms_key_id = aws_kms_key.k.arn\n}\nresource "aws_kms_key" "k" {'
    assert told(TRAIL % reference, account(trail(kms_key=key))) == []
    (gone,) = differences(TRAIL % reference, account(trail()))
    assert (gone.rule, gone.depends) == ("TFR669", ())  # the key exists, whatever its ARN
    assert [r for r, _ in told(TRAIL % "", account(trail(kms_key=key)))] == ["TFR669"]


READ_ONLY = ({"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True, "DataResources": []},)
DATA = """event_selector {
    data_resource {
      type   = "AWS::S3::Object"
      values = ["arn:aws:s3:::b/", "arn:aws:s3:::a/"]
    }
  }"""
ADVANCED = """advanced_event_selector {
    name = "mine"
    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }"""


def test_selectors_narrowed_by_hand() -> None:
    (found,) = differences(TRAIL % "", account(trail(event_selectors=READ_ONLY)))
    assert (found.rule, found.live) == ("TFR670", "management events (ReadOnly)")
    assert found.remedy is not None
    assert found.remedy["event_selectors"] == [{"ReadWriteType": "All", "IncludeManagementEvents": True}]


def test_selectors_in_another_order_are_the_same() -> None:
    resources = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]}]
    live = ({"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": resources},)
    assert told(TRAIL % DATA, account(trail(event_selectors=live))) == []
    assert [r for r, _ in told(TRAIL % DATA, account(trail()))] == ["TFR670"]


def test_advanced_selectors() -> None:
    fields = [{"Field": "eventCategory", "Equals": ["Management"]}]
    assert told(TRAIL % ADVANCED, account(trail(advanced_selectors=({"Name": "x", "FieldSelectors": fields},)))) == []
    (found,) = differences(TRAIL % ADVANCED, account(trail()))
    assert found.remedy is not None
    assert found.remedy["advanced"][0]["FieldSelectors"] == fields


def test_insights() -> None:
    text = TRAIL % 'insight_selector {\n insight_type = "ApiCallRateInsight"\n }'
    assert told(text, account(trail(insights=("ApiCallRateInsight",)))) == []
    (found,) = differences(text, account(trail()))
    assert (found.rule, found.severity) == ("TFR670", Severity.MEDIUM)


def test_trails_of_other_names_only_with_all() -> None:
    facts = account(trail(), replace(trail("other")))
    assert told(TRAIL % "", facts) == []
    assert [m for _, m in told(TRAIL % "", facts, everything=True)] == ["trail other exists and is declared nowhere"]


def test_one_name_in_two_regions() -> None:
    twin = replace(trail(), arn=trail().arn.replace("eu-central-1", "us-east-1"), home_region="us-east-1")
    assert told(TRAIL % "", account(trail(), replace(twin, logging=False))) == []  # one of them is as declared
    found = told(TRAIL % "", account(trail(logging=False), replace(twin, logging=False)))
    assert [r for r, _ in found] == ["TFR669"]


def test_a_trail_whose_name_is_not_known() -> None:
    text = (TRAIL % "").replace('name                       = "main"', "name = var.name") + 'variable "name" {}\n'
    assert told(text, account(trail())) == []
    assert [r for r, _ in told(text, account(trail(logging=False)))] == ["TFR669?"]


def test_a_trail_of_another_account_is_not_the_declared_one() -> None:
    foreign = replace(trail(), arn=trail().arn.replace(ACCOUNT, "999999999999"))
    assert [m for _, m in told(TRAIL % "", account(foreign))] == ["trail main is declared and does not exist"]


def test_a_trail_that_could_not_be_described_is_not_said_to_differ() -> None:
    text = """
resource "aws_cloudtrail" "this" {
  name           = "main"
  s3_bucket_name = "logs"
}
"""
    found = trail(bucket="")
    gap = Unread("trail:main", "cloudtrail:DescribeTrails", "AWS refuses it")
    assert told(text, Facts(ACCOUNT, trails={found.arn: found}, unread=(gap,))) == []
    other = replace(gap, action="cloudtrail:GetInsightSelectors")  # the settings are known
    ((rule, message),) = told(text, Facts(ACCOUNT, trails={found.arn: found}, unread=(other,)))
    assert (rule, "log bucket" in message) == ("TFR669", True)


@pytest.mark.parametrize(
    ("declared", "live", "expected"),
    [
        ("alias/trail", f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234", ["TFR669?"]),
        ("alias/trail", None, ["TFR669"]),
        ("1234", f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234", []),
        ("1234", f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/5678", ["TFR669"]),
    ],
)
def test_an_alias_may_be_the_key_that_the_trail_has(declared: str, live: str | None, expected: list[str]) -> None:
    text = f"""
resource "aws_cloudtrail" "this" {{
  name                       = "main"
  s3_bucket_name             = "logs"
  is_multi_region_trail      = true
  enable_log_file_validation = true
  kms_key_id                 = "{declared}"
}}
"""
    found = trail(kms_key=live)
    assert [rule for rule, _ in told(text, Facts(ACCOUNT, trails={found.arn: found}))] == expected
