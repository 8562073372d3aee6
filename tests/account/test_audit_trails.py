"""The audit's rules on trails: what fires, and what nearly does."""

from __future__ import annotations

from typing import Any

import pytest
from audit_facts import ACCOUNT, TRAIL, found, ids, trail, unread, with_trails

from tfratchet.account.facts import Facts
from tfratchet.config import Settings
from tfratchet.model import Severity

OTHER = TRAIL.replace("main", "second")
ORG = "arn:aws:cloudtrail:eu-west-1:999900001111:trail/org"


def second(**more: Any) -> Any:
    return trail(**{"name": "second", "arn": OTHER, **more})


def organization(**more: Any) -> Any:
    return trail(**{"name": "org", "arn": ORG, "organization": True, **more})


def test_no_trail() -> None:
    (finding,) = found(with_trails())
    assert (finding.rule, finding.severity) == ("TFR613", Severity.CRITICAL)
    assert finding.address == f"arn:aws:iam::{ACCOUNT}:trails"


def test_trails_that_could_not_be_listed_are_not_taken_for_none() -> None:
    assert ids(with_trails(unread=unread(("trails", "cloudtrail:ListTrails")))) == []


def test_the_trail_of_the_organization_is_enough() -> None:
    assert ids(with_trails(organization(validation=False, kms_key=None, log_group=None, insights=()))) == []
    assert ids(with_trails(organization(logging=False))) == ["TFR613"]


def test_stopped_trail() -> None:
    (finding,) = found(with_trails(trail(logging=False)))
    assert (finding.rule, finding.severity, finding.address) == ("TFR614", Severity.CRITICAL, TRAIL)
    severities = [(f.rule, f.severity) for f in found(with_trails(trail(logging=False), second()))]
    assert severities == [("TFR614", Severity.HIGH)]


def test_status_that_could_not_be_read() -> None:
    refused = unread(("trail:main", "cloudtrail:GetTrailStatus"))
    assert ids(with_trails(trail(logging=None), unread=refused)) == []


def test_one_region_only() -> None:
    assert ids(with_trails(trail(multi_region=False))) == ["TFR615"]
    assert ids(with_trails(trail(global_events=False))) == ["TFR615"]
    assert ids(with_trails(trail(multi_region=False), second())) == []
    assert ids(with_trails(trail(multi_region=False), second(logging=False))) == ["TFR614", "TFR615"]
    assert ids(with_trails(trail(multi_region=False), organization())) == []


def test_a_trail_that_could_not_be_read_may_be_the_one_for_all_regions() -> None:
    refused = unread(("trail:second", "cloudtrail:DescribeTrails"))
    blank = second(
        multi_region=False, global_events=False, validation=False, kms_key=None, log_group=None, logging=None
    )
    assert ids(with_trails(trail(multi_region=False), blank, unread=refused)) == []


@pytest.mark.parametrize(
    ("rule", "more", "severity"),
    [
        ("TFR616", {"validation": False}, Severity.MEDIUM),
        ("TFR617", {"kms_key": None}, Severity.MEDIUM),
        ("TFR619", {"insights": ()}, Severity.LOW),
        ("TFR621", {"log_group": None}, Severity.LOW),
    ],
)
def test_settings(rule: str, more: dict[str, Any], severity: Severity) -> None:
    (finding,) = found(with_trails(trail(**more)))
    assert (finding.rule, finding.severity, finding.address) == (rule, severity, TRAIL)


def test_settings_that_the_configuration_does_not_want() -> None:
    bare = trail(validation=False, kms_key=None, log_group=None)
    wanted = {"enable_log_file_validation": False, "kms_key_id": False, "cloud_watch_logs_group_arn": False}
    assert ids(with_trails(bare)) == ["TFR616", "TFR617", "TFR621"]
    assert ids(with_trails(bare), Settings(floors=wanted)) == []


def test_insights_of_one_trail_are_enough() -> None:
    assert ids(with_trails(trail(insights=()), second())) == []
    assert ids(with_trails(trail(insights=()), second(logging=False))) == ["TFR614", "TFR619"]


# -- selectors


def basic(**more: Any) -> dict[str, Any]:
    return {"event_selectors": ({"ReadWriteType": "All", "IncludeManagementEvents": True, **more},)}


def advanced(*fields: dict[str, Any]) -> dict[str, Any]:
    selectors = ({"Name": "x", "FieldSelectors": list(fields)},)
    return {"event_selectors": (), "advanced_selectors": selectors}


MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
DATA = {"Field": "eventCategory", "Equals": ["Data"]}


def selected(*trails: dict[str, Any]) -> Facts:
    made = [trail(**trails[0]), *(second(**t) for t in trails[1:])]
    return with_trails(*made)


@pytest.mark.parametrize(
    ("selectors", "severity"),
    [
        (basic(IncludeManagementEvents=False), Severity.HIGH),
        (basic(ReadWriteType="ReadOnly"), Severity.HIGH),
        (basic(ReadWriteType="WriteOnly"), Severity.MEDIUM),
        (basic(ExcludeManagementEventSources=["kms.amazonaws.com"]), Severity.MEDIUM),
        (advanced(DATA, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}), Severity.HIGH),
        (advanced(MANAGEMENT, {"Field": "readOnly", "Equals": ["true"]}), Severity.HIGH),
        (advanced(MANAGEMENT, {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}), Severity.MEDIUM),
    ],
)
def test_management_events_left_out(selectors: dict[str, Any], severity: Severity) -> None:
    (finding,) = found(selected(selectors))
    assert (finding.rule, finding.severity, finding.address) == ("TFR618", severity, TRAIL)


@pytest.mark.parametrize(
    "selectors",
    [
        {"event_selectors": ()},  # none is the default: everything
        basic(DataResources=[{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]),
        advanced(MANAGEMENT),
    ],
)
def test_management_events_recorded(selectors: dict[str, Any]) -> None:
    assert ids(selected(selectors)) == []


def test_trails_are_taken_together() -> None:
    reads, writes = basic(ReadWriteType="ReadOnly"), basic(ReadWriteType="WriteOnly")
    assert ids(selected(reads, writes)) == []
    assert ids(selected(reads, reads)) == ["TFR618", "TFR618"]
    assert ids(selected(reads, {**writes, "multi_region": False})) == ["TFR618"]
    assert ids(selected(reads, {**writes, "logging": False})) == ["TFR614", "TFR618"]


def test_selectors_that_could_not_be_read() -> None:
    facts = with_trails(trail(event_selectors=()), unread=unread(("trail:main", "cloudtrail:GetEventSelectors")))
    assert ids(facts) == []


# -- delivery


@pytest.mark.parametrize("what", ["delivery_error", "digest_error", "log_group_error"])
def test_delivery_errors(what: str) -> None:
    (finding,) = found(with_trails(trail(**{what: "AccessDenied"})))
    assert (finding.rule, finding.severity) == ("TFR620", Severity.HIGH)
    assert ids(with_trails(organization(**{what: "AccessDenied"}))) == []
