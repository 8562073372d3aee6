"""Known arguments of registry modules."""

from __future__ import annotations

import pytest
from rulerun import root_of

from build import root
from tfratchet.controls import CONTROLS
from tfratchet.model import ModuleCall
from tfratchet.rules.judge import ModuleDefault
from tfratchet.rules.modules import (
    ALARMS,
    BUCKET,
    PASSWORD,
    TRAIL,
    carries,
    context_enabled,
    known_module,
    may_carry,
    module_setting,
    switched_on,
)
from tfratchet.values import Unknown


def call(source: str, **arguments: object) -> ModuleCall:
    return root({}, calls={"module.x": {"source": source, **arguments}}).calls["module.x"]


@pytest.mark.parametrize(
    ("source", "contents"),
    [
        ("terraform-aws-modules/iam/aws//modules/iam-account", {PASSWORD}),
        (
            "git::https://github.com/terraform-aws-modules/terraform-aws-iam.git//modules/iam-account?ref=v5.0.0",
            {PASSWORD},
        ),
        ("terraform-aws-modules/iam/aws//modules/iam-user", set()),
        ("cloudposse/iam-account-settings/aws", {PASSWORD}),
        ("git::https://github.com/cloudposse/terraform-aws-iam-account-settings.git?ref=tags/0.3.1", {PASSWORD}),
        ("nozaq/secure-baseline/aws", {PASSWORD, TRAIL, ALARMS}),
        ("github.com/nozaq/terraform-aws-secure-baseline?ref=2.0.0", {PASSWORD, TRAIL, ALARMS}),
        ("nozaq/secure-baseline/aws//modules/iam-baseline", {PASSWORD}),
        ("nozaq/secure-baseline/aws//modules/vpc-baseline", set()),
        ("cloudposse/cloudtrail/aws", {TRAIL}),
        ("git::https://github.com/cloudposse/terraform-aws-cloudtrail.git?ref=tags/0.14.0", {TRAIL}),
        ("cloudposse/cloudtrail-s3-bucket/aws", {BUCKET}),
        ("cloudposse/cloudtrail-cloudwatch-alarms/aws", {ALARMS}),
        ("trussworks/cloudtrail/aws", {TRAIL}),
        ("trussworks/logs/aws", set()),
        ("example/vpc/aws", set()),
    ],
)
def test_what_modules_carry(source: str, contents: set[str]) -> None:
    found = call(source)
    assert {c for c in (PASSWORD, TRAIL, BUCKET, ALARMS) if carries(found, c)} == contents


def test_arguments_tell_what_an_unknown_module_carries() -> None:
    assert carries(call("example/account/aws", minimum_password_length=14), PASSWORD)
    assert not carries(call("example/account/aws", require_numbers=True), PASSWORD)
    assert not carries(call("example/account/aws", iam_password_policy_min_length="16"), PASSWORD)
    assert carries(call("example/x/aws", is_multi_region_trail=True), TRAIL)
    assert may_carry(call("example/account-baseline/aws"), PASSWORD)
    assert not may_carry(call("example/vpc/aws"), PASSWORD)
    assert not may_carry(call("trussworks/cloudtrail/aws"), PASSWORD)  # known, and has none


def test_settings() -> None:
    length = CONTROLS["minimum_password_length"]
    account = call("terraform-aws-modules/iam/aws//modules/iam-account")
    found = module_setting(account, length)
    assert (found.value, found.given) == (8, False)
    given = module_setting(call("x/y/aws", password_minimum_length=12), length)
    assert (given.name, given.value, given.given) == ("password_minimum_length", 12, True)
    unknown = module_setting(call("x/y/aws"), length)
    assert isinstance(unknown.value, ModuleDefault)
    assert not unknown.given
    alias = module_setting(call("trussworks/cloudtrail/aws", enabled=False), CONTROLS["enable_logging"])
    assert (alias.name, alias.value) == ("enabled", False)


@pytest.mark.parametrize(
    ("source", "arguments", "content", "expected"),
    [
        ("cloudposse/cloudtrail/aws", {}, TRAIL, True),
        ("cloudposse/cloudtrail/aws", {"enabled": "false"}, TRAIL, False),
        ("cloudposse/cloudtrail/aws", {"context": {"enabled": False}}, TRAIL, False),
        ("cloudposse/cloudtrail/aws", {"context": {"enabled": None}}, TRAIL, True),
        ("cloudposse/cloudtrail/aws", {"enabled": True, "context": {"enabled": False}}, TRAIL, True),
        ("cloudposse/cloudtrail/aws", {"enabled": Unknown("var.on")}, TRAIL, Unknown("var.on")),
        ("cloudposse/iam-account-settings/aws", {"enabled": False}, PASSWORD, True),  # gates the alias only
        ("cloudposse/iam-account-settings/aws", {"password_policy_enabled": False}, PASSWORD, False),
        ("nozaq/secure-baseline/aws", {"iam_baseline_enabled": False}, PASSWORD, False),
        ("nozaq/secure-baseline/aws", {"iam_baseline_enabled": False}, TRAIL, True),
        ("trussworks/cloudtrail/aws", {"enabled": False}, TRAIL, True),  # stopped, not removed: TFR402
    ],
)
def test_switches(source: str, arguments: dict[str, object], content: str, expected: object) -> None:
    assert switched_on(root(), call(source, **arguments), content) == expected


def test_labels_are_followed_through_several_calls() -> None:
    text = """
    module "first" {
      source  = "cloudposse/label/null"
      enabled = false
    }
    module "second" {
      source  = "git::https://github.com/cloudposse/terraform-null-label.git?ref=tags/0.25.0"
      context = module.first.context
    }
    module "other" {
      source  = "example/label/null"
      enabled = false
    }
    module "a" {
      source  = "cloudposse/cloudtrail/aws"
      context = module.second.context
    }
    module "b" {
      source  = "cloudposse/cloudtrail/aws"
      context = module.other.context
    }
    module "c" {
      source  = "cloudposse/cloudtrail/aws"
      enabled = module.first.enabled
    }
    """
    evaluated = root_of(text)
    assert context_enabled(evaluated, evaluated.calls["module.a"]) is False
    assert isinstance(context_enabled(evaluated, evaluated.calls["module.b"]), Unknown)
    assert context_enabled(evaluated, evaluated.calls["module.c"]) is False


def test_sources_are_matched_whole() -> None:
    assert known_module(call("example/mycloudposse-cloudtrail/aws")) is None
    assert known_module(call("./modules/cloudtrail")) is None
