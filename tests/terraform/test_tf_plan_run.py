"""As a user does it: ``terraform apply``, ``plan -out``, ``show -json | tfratchet plan -``, and a hand that detaches.

Real terraform, real provider 3.39.0, a moto server for the account.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
import tf_harness

pytestmark = pytest.mark.terraform

PLANS = Path(__file__).parents[1] / "fixtures" / "plans"
ATTACHED = "aws_iam_user_policy_attachment.mfa"
PASSWORD = "aws_iam_account_password_policy.this"


def tfratchet(folder: Path, env: dict[str, str], *argv: str, stdin: bytes | None = None) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "tfratchet", "plan", "--format", "json", *argv]
    done = subprocess.run(command, cwd=folder, env=env, input=stdin, capture_output=True, check=False)
    assert done.stdout, done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


def words(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {(f["rule"], f["address"]) for f in report["findings"]}


def stage(source: str, folder: Path, endpoint: str) -> None:
    for file in (PLANS / source).glob("*.tf"):
        shutil.copy(file, folder)
    tf_harness.write_provider_override(folder, endpoint)


def test_apply_plan_and_drift(tmp_path: Path, aws: str, terraform_program: str, terraform_env: dict[str, str]) -> None:
    folder = tmp_path / "infra"
    folder.mkdir()
    env = {**terraform_env, "PATH": f"{Path(terraform_program).parent}:{terraform_env['PATH']}"}
    workspace = tf_harness.Workspace(folder, terraform_program, env)

    # Nothing is there yet: a plan without a state, and every reference unknown.
    stage("base", folder, aws)
    workspace.init()
    workspace.run("plan", "-lock=false", "-out=plan.bin")
    code, report = tfratchet(folder, env, "plan.bin")
    assert (code, report["findings"], report["errors"]) == (0, [], [])
    assert report["summary"]["unknown_values"] > 0
    workspace.run("apply", "-lock=false", "plan.bin")

    # The same, three ways: a binary plan where it was made, from elsewhere with --source, its JSON through a pipe.
    stage("head", folder, aws)
    workspace.run("plan", "-lock=false", "-out=plan.bin")
    code, binary = tfratchet(folder, env, "plan.bin")
    assert code == 1
    shown = workspace.run("show", "-json", "plan.bin").stdout.encode()
    code, piped = tfratchet(tmp_path, env, "-", stdin=shown)
    assert code == 1
    assert piped["findings"] == binary["findings"]
    code, placed = tfratchet(tmp_path, env, "infra/plan.bin", "--source", "infra")
    assert code == 1
    assert words(placed) == words(binary)
    assert all((f["head"] or f["base"])["file"] == "main.tf" for f in placed["findings"])
    recorded = json.loads(
        subprocess.run(
            [sys.executable, "-m", "tfratchet", "plan", "--format", "json", str(PLANS / "head.json")],
            env=env,
            capture_output=True,
            check=False,
        ).stdout
    )
    assert words(binary) == words(recorded), "the fixture says what a plan of today says"

    # What diff says of the same two folders, but for what no plan shows.
    command = [sys.executable, "-m", "tfratchet", "diff", "--format", "json"]
    command += ["--base-dir", str(PLANS / "base"), "--head-dir", str(PLANS / "head")]
    files = json.loads(subprocess.run(command, env=env, capture_output=True, check=False).stdout)
    assert words(files) - words(binary) == {("TFR211", PASSWORD)}
    assert words(binary) <= words(files)

    # Somebody detaches by hand: this plan puts it back, a refresh-only plan would not.
    stage("base", folder, aws)
    iam = boto3.client(
        "iam",
        endpoint_url=aws,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    arn = next(p["Arn"] for p in iam.list_policies(Scope="Local")["Policies"] if p["PolicyName"] == "require-mfa")
    iam.detach_user_policy(UserName="bob", PolicyArn=arn)
    workspace.run("plan", "-lock=false", "-out=plan.bin")
    code, report = tfratchet(folder, env, "plan.bin")
    assert code == 0
    (detached,) = [f for f in report["findings"] if f["rule"] == "TFR101"]
    assert detached["address"] == f'{ATTACHED}["bob"]'
    assert detached["severity"] == "low"
    assert detached["message"].endswith("outside of Terraform; this plan puts it back")
    workspace.run("plan", "-lock=false", "-refresh-only", "-out=plan.bin")
    code, report = tfratchet(folder, env, "plan.bin")
    assert code == 1
    (detached,) = [f for f in report["findings"] if f["rule"] == "TFR101"]
    assert detached["severity"] == "high"
    assert detached["message"].endswith("this plan does not put it back")

    # A plan of a part is never clean.
    workspace.run("plan", "-lock=false", "-target=aws_cloudtrail.this", "-out=plan.bin")
    code, report = tfratchet(folder, env, "plan.bin", "--fail-on", "never")
    assert code == 2
    assert "not complete" in report["errors"][0]["message"]
