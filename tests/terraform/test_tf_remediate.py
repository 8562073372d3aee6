"""End to end: real Terraform applies the baseline, somebody detaches by hand, drift finds it with its line, remediate
puts it back, and Terraform's plan is empty.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
import tf_harness

pytestmark = pytest.mark.terraform

REGION = "us-east-1"  # of the minimal example
ACCOUNT = "123456789012"
USERS = """
resource "aws_iam_user" "auditor" {
  name = "auditor"
}

resource "aws_iam_user_policy_attachment" "auditor" {
  user       = aws_iam_user.auditor.name
  policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
}
"""


@pytest.fixture
def baseline(workspace: tf_harness.MakeWorkspace) -> tf_harness.Workspace:
    """The baseline as the minimal example calls it, with a user of its own, applied."""
    root = workspace("examples/minimal")
    (root.directory / "users.tf").write_text(USERS)
    root.apply()
    return root


def client(endpoint: str, service: str = "iam") -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def line_of(file: Path, text: str) -> int:
    """The line of ``file`` that holds ``text``."""
    return next(n for n, line in enumerate(file.read_text().splitlines(), 1) if text in line)


def test_detached_found_put_back_and_terraform_content(
    baseline: tf_harness.Workspace, aws: str, tmp_path: Path
) -> None:
    env = tf_harness.clean_environment() | {
        "AWS_ENDPOINT_URL": aws,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "TFRATCHET_STATE_DIR": str(tmp_path / "state"),
        "NO_PROXY": "*",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "tfratchet", *arguments]
        return subprocess.run(program, capture_output=True, text=True, check=False, env=env)

    def drift(source: str) -> list[dict[str, Any]]:
        done = run("drift", source, "--format", "json")
        assert done.returncode in (0, 1), done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
        return found

    folder = str(baseline.directory)
    assert drift(folder) == []  # freshly applied: nothing differs, in either direction
    state = tmp_path / "state.json"
    state.write_text(baseline.run("show", "-json").stdout)
    assert drift(str(state)) == []

    iam = client(aws)
    iam.detach_user_policy(UserName="auditor", PolicyArn="arn:aws:iam::aws:policy/SecurityAudit")
    deny = f"arn:aws:iam::{ACCOUNT}:policy/baseline-deny-without-mfa"
    iam.detach_group_policy(GroupName="administrators", PolicyArn=deny)
    iam.update_account_password_policy(MinimumPasswordLength=8)
    trail = client(aws, "cloudtrail")
    (found,) = trail.describe_trails()["trailList"]
    trail.stop_logging(Name=found["TrailARN"])

    findings = drift(folder)
    by_rule: dict[str, list[dict[str, Any]]] = {}
    for finding in findings:
        by_rule.setdefault(finding["rule"], []).append(finding)
    user, group = sorted(by_rule["TFR660"], key=lambda f: ":group/" in f["address"])
    assert user["base"]["file"].endswith("examples/minimal/users.tf")
    assert user["base"]["line"] == line_of(baseline.directory / "users.tf", "SecurityAudit")
    module = tf_harness.copy_of(baseline.directory) / "modules" / "mfa-enforcement"
    assert group["base"]["file"].startswith("modules/mfa-enforcement/")
    source = (module.parents[1] / group["base"]["file"]).read_text().splitlines()
    assert re.search(r"policy_arn\s*=", source[group["base"]["line"] - 1])
    assert "denies something" in group["message"]
    assert {"TFR660", "TFR668", "TFR669"} == set(by_rule)
    assert [f["severity"] for f in by_rule["TFR669"]] == ["critical"]
    assert {(f["rule"], f["address"]) for f in drift(str(state))} == {(f["rule"], f["address"]) for f in findings}

    dry = run("remediate", "--from", "drift", "--source", folder)
    assert dry.returncode == 1, dry.stderr
    unchanged, _ = baseline.is_unchanged()
    assert not unchanged  # Terraform sees that something is missing
    done = run("remediate", "--from", "drift", "--source", folder, "--apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert drift(folder) == []
    unchanged, text = baseline.is_unchanged()
    assert unchanged, text
