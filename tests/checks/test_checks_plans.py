"""Plan files: planned values, what the plan does with a resource, and what Checkov never shows a check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scanning import ROOT, Scan, read, run_checkov

PLANS = ROOT / "tests" / "fixtures" / "plans"
ONLY = ("--framework", "terraform_plan", "--check", "CKV_TFR_*", "-o", "json")


def plan(name: str) -> Any:
    return json.loads((PLANS / name).read_text())


def scan(path: Path) -> Scan:
    return read(run_checkov("-f", path, *ONLY))


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scan, list[str]]:
    """The plan of a weakening, one value a line, so that each resource has lines of its own."""
    path = tmp_path_factory.mktemp("plan") / "head.json"
    path.write_text(json.dumps(plan("head.json"), indent=2))
    return scan(path), path.read_text().splitlines()


def test_the_plan_of_a_weakening(head: tuple[Scan, list[str]]) -> None:
    result, _ = head
    assert result.failed("CKV_TFR_101") == {'aws_iam_user.this["bob"]', 'aws_iam_user.this["carol"]'}
    assert result.failed("CKV_TFR_301") == {"aws_iam_policy.require_mfa"}
    assert result.failed("CKV_TFR_402") == {"aws_cloudtrail.this"}
    assert result.failed("CKV_TFR_435") == {"aws_s3_bucket.logs"}
    assert result.failed("CKV_TFR_207") == set()
    passed = {(r.check, r.resource) for r in result.records if r.result == "pass"}
    assert ("CKV_TFR_101", 'aws_iam_user.this["alice"]') in passed
    assert ("CKV_TFR_201", 'aws_iam_user.this["alice"]') in passed
    assert ("CKV_TFR_308", "aws_iam_policy.guard") in passed


def test_records_stand_at_the_lines_of_the_planned_resource(head: tuple[Scan, list[str]]) -> None:
    result, lines = head
    for record in result.records:
        # Checkov counts from the brace of the resource's values; the address stands a few lines above.
        above = "\n".join(lines[max(0, record.line - 12) : record.line])
        assert json.dumps(record.resource) in above, record


def test_what_the_plan_changes_is_said(head: tuple[Scan, list[str]]) -> None:
    details = {r.check: r.details for r in head[0].records if r.result == "fail"}
    assert details["CKV_TFR_402"] == ("enable_logging is false (this plan changes enable_logging)",)
    assert details["CKV_TFR_301"] == ("without MFA the guard lets through s3:* (this plan changes policy)",)
    assert details["CKV_TFR_435"] == ("force_destroy is true",)


def test_a_plan_that_replaces_protected_resources(tmp_path: Path) -> None:
    data = plan("noop.json")
    for change in data["resource_changes"]:
        if change["type"] in ("aws_cloudtrail", "aws_iam_user"):
            change["change"]["actions"] = ["delete", "create"]
    (tmp_path / "replace.json").write_text(json.dumps(data))
    result = scan(tmp_path / "replace.json")
    # Lifecycle settings are not in a plan, so nothing else is said about prevent_destroy there.
    assert result.failed("CKV_TFR_503") == {"aws_cloudtrail.this"}
    assert {r.resource for r in result.records if r.check in ("CKV_TFR_503", "CKV_TFR_531")} == {"aws_cloudtrail.this"}


def test_every_plan_at_once_and_what_checkov_hides(tmp_path: Path) -> None:
    result = read(run_checkov("-d", PLANS, *ONLY))
    files = {r.file for r in result.records}
    # Deleted resources reach no check: a plan that destroys everything gives no record at all.
    assert files == {
        "create.json",
        "drift.json",
        "head.json",
        "moved.json",
        "noop.json",
        "removed.json",
        "replace.json",
    }
    assert {r.resource for r in result.records if r.file == "removed.json" and r.check == "CKV_TFR_207"} == set()
    planned = {r.file for r in result.records if r.check == "CKV_TFR_301" and r.result == "fail"}
    assert planned == {"head.json"}


def test_a_created_exclusive_attachment_says_so(tmp_path: Path) -> None:
    data = plan("create.json")
    module = data["planned_values"]["root_module"]["resources"]
    values = {
        "name": "all",
        "users": ["alice"],
        "groups": None,
        "roles": None,
        "policy_arn": "arn:aws:iam::aws:policy/X",
    }
    attachment = {
        "address": "aws_iam_policy_attachment.all",
        "mode": "managed",
        "type": "aws_iam_policy_attachment",
        "name": "all",
        "values": values,
    }
    module.append(attachment)
    change = {k: v for k, v in attachment.items() if k != "values"}
    change["change"] = {"actions": ["create"], "before": None, "after": values, "after_unknown": {}}
    data["resource_changes"].append(change)
    (tmp_path / "exclusive.json").write_text(json.dumps(data))
    (record,) = [r for r in scan(tmp_path / "exclusive.json").records if r.check == "CKV_TFR_107"]
    assert record.result == "fail"
    assert record.details[0].startswith("this plan creates it: the apply detaches the policy")
