"""Who watches CloudTrail events: filters with alarms, EventBridge rules with targets."""

from __future__ import annotations

import pytest
from rulerun import run, told

FILTER = "aws_cloudwatch_log_metric_filter.trail"
ALARM = "aws_cloudwatch_metric_alarm.trail"
RULE = "aws_cloudwatch_event_rule.trail"
PATTERN = "{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) || ($.eventName = UpdateTrail) }"


def metric_filter(pattern: str = PATTERN, name: str = "trail", more: str = "") -> str:
    text = pattern.replace('"', '\\"')
    return f"""
resource "aws_cloudwatch_log_metric_filter" "{name}" {{
  name           = "{name}"
  pattern        = "{text}"
  log_group_name = "cloudtrail"
  {more}
  metric_transformation {{
    name      = "Changes"
    namespace = "Trail"
    value     = "1"
  }}
}}
"""


def alarm(actions: str = '["arn:aws:sns:eu-west-1:111122223333:alarms"]', more: str = "", threshold: str = "1") -> str:
    return f"""
resource "aws_cloudwatch_metric_alarm" "trail" {{
  alarm_name          = "trail"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  evaluation_periods  = 1
  metric_name         = "Changes"
  namespace           = "Trail"
  period              = 300
  statistic           = "Sum"
  threshold           = {threshold}
  alarm_actions       = {actions}
  {more}
}}
"""


def lost(base: str | dict[str, str], head: str | dict[str, str]) -> list[str]:
    return told(run(base, head, "TFR415"))


WATCH = metric_filter() + alarm()


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", f"high {FILTER}"),
        (alarm(), f"high {FILTER}"),
        (metric_filter(), f"high {ALARM}"),  # the filter counts, and nobody is told
        (metric_filter() + alarm("[]"), f"high {FILTER}"),
        (metric_filter() + alarm(more="actions_enabled = false"), f"high {FILTER}"),
        (metric_filter("{ $.eventName = DeleteTrail }") + alarm(), f"high {FILTER}"),
        (metric_filter(PATTERN.replace("{ (", "{ ($.userIdentity.type = Root) && (")) + alarm(), f"high {FILTER}"),
        (metric_filter() + alarm(threshold="10"), f"medium {ALARM}"),
    ],
)
def test_watch_lost(head: str, expected: str) -> None:
    assert lost(WATCH, head) == [f"TFR415 {expected}"]


def test_lost_events_are_named() -> None:
    found = run(WATCH, metric_filter("{ $.eventName = DeleteTrail }") + alarm(), "TFR415")
    assert "StopLogging" in found[0].message
    assert "UpdateTrail" in found[0].message
    assert "DeleteTrail" not in found[0].message


@pytest.mark.parametrize(
    "head",
    [
        metric_filter('{($.eventName=UpdateTrail)||($.eventName=DeleteTrail)||($.eventName="StopLogging")}') + alarm(),
        metric_filter("{ $.eventSource = cloudtrail.amazonaws.com }") + alarm(),  # wider
        metric_filter("{ ($.eventName = *Trail) || ($.eventName = *Logging) }") + alarm(),
        metric_filter(PATTERN.replace(" }", " || ($.eventName = CreateTrail) }")) + alarm(),
        # one filter for each event
        metric_filter(
            "{ $.eventName = ${each.key} }", more='for_each = toset(["StopLogging", "DeleteTrail", "UpdateTrail"])'
        )
        + alarm(),
        # names of blocks are only names
        metric_filter(name="other") + alarm().replace('"trail" {', '"other" {'),
        metric_filter() + alarm(more="datapoints_to_alarm = 1"),
        metric_filter() + alarm(threshold="0.5"),
    ],
)
def test_rewrites_that_watch_the_same_or_more(head: str) -> None:
    assert lost(WATCH, head) == []


def test_filter_that_nobody_listened_to_goes_lower() -> None:
    """A filter without an alarm still counts events; its end is told, its lost alarm is not."""
    assert lost(metric_filter(), "") == [f"TFR415 high {FILTER}"]
    assert lost(metric_filter(), WATCH) == []


def test_rule_of_eventbridge_may_take_the_place_of_a_filter() -> None:
    assert lost(WATCH, rule(["StopLogging", "DeleteTrail", "UpdateTrail"]) + TARGET) == []
    assert lost(WATCH, rule(["StopLogging", "DeleteTrail"]) + TARGET) == [f"TFR415 high {FILTER}"]
    assert lost(WATCH, rule(["StopLogging", "DeleteTrail", "UpdateTrail"])) == [f"TFR415 high {FILTER}"]  # no target


def rule(events: list[str], more: str = "", source: str = "cloudtrail") -> str:
    names = ", ".join(f'"{e}"' for e in events)
    return f"""
resource "aws_cloudwatch_event_rule" "trail" {{
  name          = "trail"
  {more}
  event_pattern = jsonencode({{
    source        = ["aws.{source}"]
    "detail-type" = ["AWS API Call via CloudTrail"]
    detail        = {{ eventName = [{names}] }}
  }})
}}
"""


TARGET = """
resource "aws_cloudwatch_event_target" "trail" {
  rule = aws_cloudwatch_event_rule.trail.name
  arn  = "arn:x"
}
"""
WATCHING_RULE = rule(["StopLogging", "DeleteTrail"]) + TARGET


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", f"high {RULE}"),
        (TARGET.replace("aws_cloudwatch_event_rule.trail.name", '"trail"'), f"high {RULE}"),
        (rule(["StopLogging", "DeleteTrail"]), f"high {RULE}"),
        (rule(["StopLogging"]) + TARGET, f"high {RULE}"),
        (rule(["StopLogging", "DeleteTrail"], "is_enabled = false") + TARGET, f"high {RULE}"),
        (rule(["StopLogging", "DeleteTrail"], 'state = "DISABLED"') + TARGET, f"high {RULE}"),
    ],
)
def test_rule_that_no_longer_watches(head: str, expected: str) -> None:
    assert lost(WATCHING_RULE, head) == [f"TFR415 {expected}"]


@pytest.mark.parametrize(
    "head",
    [
        rule(["DeleteTrail", "StopLogging", "UpdateTrail"]) + TARGET,
        rule(["StopLogging", "DeleteTrail"], 'state = "ENABLED"') + TARGET,
        rule(["StopLogging", "DeleteTrail"]).replace(
            "{ eventName", '{ eventSource = ["cloudtrail.amazonaws.com"], eventName'
        )
        + TARGET,
    ],
)
def test_rule_that_watches_the_same_or_more(head: str) -> None:
    assert lost(WATCHING_RULE, head) == []


def test_rules_that_automate_things_are_no_watch() -> None:
    assert lost(rule(["RunInstances"], source="ec2") + TARGET, "") == []
    schedule = 'resource "aws_cloudwatch_event_rule" "nightly" {\n  schedule_expression = "rate(1 day)"\n}\n'
    assert lost(schedule, "") == []
    assert lost(rule(["DisableKey"], source="kms") + TARGET, "") == [f"TFR415 high {RULE}"]


def test_filters_that_are_not_about_cloudtrail() -> None:
    web = metric_filter("{ $.status = 500 }") + alarm()
    assert lost(web, "") == []
    text = metric_filter("ERROR").replace('"cloudtrail"', '"web"')
    assert lost(text, "") == []


def test_alarm_on_the_name_of_the_filter() -> None:
    linked = metric_filter() + alarm().replace('"Changes"', f"{FILTER}.id")
    assert lost(WATCH, linked) == []
    assert lost(linked, metric_filter()) == [f"TFR415 high {ALARM}"]


def test_less_important_events_are_medium() -> None:
    base = metric_filter("{ ($.eventName = CreateRoute) || ($.eventName = DeleteRoute) }") + alarm()
    assert lost(base, "") == [f"TFR415 medium {FILTER}"]


MODULE = (
    'variable "pattern" {}\nvariable "name" {}\n'
    + metric_filter().replace(f'"{PATTERN}"', "var.pattern").replace('"Changes"', "var.name")
    + alarm().replace('"Changes"', "var.name")
)


def module(name: str, pattern: str) -> str:
    return f'module "{name}" {{\n  source  = "./alarm"\n  name    = "{name}"\n  pattern = "{pattern}"\n}}\n'


ROOT = "{ $.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS }"
LOGIN = "{ ($.eventName = ConsoleLogin) && ($.additionalEventData.MFAUsed != Yes) }"


def test_module_calls_that_go_are_told_by_the_call() -> None:
    base = {"main.tf": module("root-usage", ROOT) + module("no-mfa", LOGIN), "alarm/main.tf": MODULE}
    head = {"main.tf": module("no-mfa", LOGIN), "alarm/main.tf": MODULE}
    assert lost(base, head) == ["TFR415 high module.root-usage"]
    assert lost(base, {"main.tf": ""}) == ["TFR415 high module.no-mfa", "TFR415 high module.root-usage"]
    found = run(base, head, "TFR415")
    assert found[0].base is not None
    assert str(found[0].base.location) == "main.tf:1"  # the call, not the module's file


def test_module_calls_under_other_names_are_silent() -> None:
    base = {"main.tf": module("root-usage", ROOT), "alarm/main.tf": MODULE}
    head = {"main.tf": module("root_usage", ROOT), "alarm/main.tf": MODULE}
    assert lost(base, head) == []


def test_unknown_conditions_and_patterns() -> None:
    variable = 'variable "on" {}\n'
    head = variable + metric_filter(more="count = var.on ? 1 : 0") + alarm()
    found = run(WATCH, head, "TFR415")
    assert [f.certainty.value for f in found] == ["possible"]
    assert lost(head, head) == []
    part = variable + metric_filter("{ ($.eventName = StopLogging) && ($.userAgent != ${var.on}) }") + alarm()
    assert lost(part, part) == []
    whole = variable + metric_filter("{ $.eventName = StopLogging && ${var.on} }") + alarm()
    assert lost(whole, whole) == []


def test_patterns_that_hang_on_a_condition() -> None:
    variable = 'variable "core" {}\n'
    text = '{ ($.eventName = StopLogging) && ${var.core ? "($.a = x)" : "($.b = y)"} }'
    head = variable + metric_filter("X").replace('"X"', f'"{text}"') + alarm()
    assert lost(head, head) == []
    narrower = head.replace("StopLogging) &&", "StopLogging) && ($.requestParameters.name = main) &&")
    assert lost(head, narrower) == [f"TFR415 medium? {FILTER}"]
    assert lost(narrower, head) == []
    # narrower whatever the condition is
    stop = metric_filter("{ $.eventName = StopLogging }") + alarm()
    assert lost(stop, head) == [f"TFR415 high {FILTER}"]
    # narrower in one case only
    half = head.replace("($.b = y)", "($.eventName = StopLogging)")
    assert lost(stop, half) == [f"TFR415 medium? {FILTER}"]


def test_instances_of_one_block_are_one_finding() -> None:
    each = metric_filter("{ $.eventName = ${each.key} }", more='for_each = toset(["StopLogging", "DeleteTrail"])')
    found = run(each + alarm(), alarm(), "TFR415")
    assert len(found) == 1
    assert "StopLogging" in found[0].message
    assert "DeleteTrail" in found[0].message


def test_watch_of_another_region() -> None:
    base = metric_filter(more="provider = aws.a") + alarm() + metric_filter(name="b", more="provider = aws.b")
    assert lost(base, metric_filter(more="provider = aws.a") + alarm()) == [
        "TFR415 high aws_cloudwatch_log_metric_filter.b"
    ]


def test_forgotten_filter_is_low() -> None:
    blocks = "".join(
        f"removed {{\n  from = {a}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n" for a in (FILTER, ALARM)
    )
    assert lost(WATCH, blocks) == [f"TFR415 low {FILTER}"]
