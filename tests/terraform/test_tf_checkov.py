"""Modules and examples pass Checkov's built-in checks and ours; what is skipped is skipped with a reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tf_harness

ROOT = tf_harness.TERRAFORM.parent
# Every check that a comment in the modules skips. The comment holds the reason.
SKIPPED = {
    "CKV2_AWS_62",
    "CKV_AWS_144",
    "CKV_AWS_145",
    "CKV_AWS_18",
    "CKV_AWS_273",
    "CKV_AWS_355",
    "CKV_TFR_307",
}
# What only fails in a plan, with the reason.
PLAN_ONLY = {
    "CKV_AWS_158": "the key of the log group is known after apply",
    "CKV_AWS_26": "the key of the topic is known after apply",
    "CKV_AWS_35": "the key of the trail is known after apply",
    "CKV_AWS_274": "the example guards a group of administrators",
}


@pytest.fixture(scope="module")
def checkov() -> str:
    program = Path(sys.executable).parent / "checkov"
    if not program.is_file():
        message = "checkov is not installed"
        if os.environ.get("TFRATCHET_REQUIRE_ALL") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return str(program)


def scan(checkov: str, *arguments: str) -> dict[str, Any]:
    checks = ROOT / "checks" / "tfratchet_checks"
    command = [checkov, "--compact", "--skip-download", "-o", "json", "--external-checks-dir", str(checks)]
    env = dict(os.environ) | {"LOG_LEVEL": "ERROR"}
    done = subprocess.run([*command, *arguments], env=env, capture_output=True, text=True, check=False)
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    return report


def lines(report: dict[str, Any]) -> list[str]:
    return sorted({f"{c['check_id']} {c['resource']} {c['file_path']}" for c in report["results"]["failed_checks"]})


def test_source(checkov: str) -> None:
    report = scan(checkov, "-d", str(tf_harness.TERRAFORM), "--framework", "terraform")
    assert lines(report) == []
    assert report["summary"]["passed"] > 350
    skipped = report["results"]["skipped_checks"]
    assert {check["check_id"] for check in skipped} == SKIPPED
    assert all(len(check["check_result"]["suppress_comment"]) > 20 for check in skipped)


@pytest.mark.terraform
def test_plan(checkov: str, workspace: tf_harness.MakeWorkspace) -> None:
    """The plan of the minimal example: here every value is the one that Terraform worked out."""
    root = workspace("examples/minimal")
    (root.directory / "plan.json").write_text(json.dumps(root.plan()))
    report = scan(checkov, "-f", str(root.directory / "plan.json"), "--framework", "terraform_plan")
    ids = {check["check_id"] for check in report["results"]["failed_checks"]}
    # A plan has no comments that skip.
    assert ids - SKIPPED - PLAN_ONLY.keys() == set(), lines(report)
