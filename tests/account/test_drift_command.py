"""``tfratchet drift`` as a command, against a moto server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from live_server import command, endpoint, server_url
from remedy_world import ACCOUNT, GUARD, World, connect, weak

__all__ = ["endpoint", "server_url"]

TEXT = f"""
variable "member" {{
  type    = string
  default = "eve"
}}
resource "aws_iam_user" "bob" {{
  name = "bob"
}}
resource "aws_iam_user_policy" "bob" {{
  user   = aws_iam_user.bob.name
  name   = "all"
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = "*", Resource = "*" }}] }})
}}
resource "aws_iam_group_policy_attachment" "staff" {{
  group      = "staff"
  policy_arn = "{GUARD}"
}}
resource "aws_iam_user_group_membership" "eve" {{
  user   = var.member
  groups = ["staff"]
}}
"""


@pytest.fixture
def world(endpoint: str) -> World:
    return weak(connect(endpoint))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "users.tf").write_text(TEXT)
    return folder


def test_drift_with_lines_labels_and_exit_codes(world: World, source: Path) -> None:
    done = command("drift", str(source), process=True)
    assert done.returncode == 1, done.stderr
    assert "TFR660" in done.stdout
    assert "users.tf:16" in done.stdout
    assert "TFR664" in done.stdout
    assert f"with account {ACCOUNT}: 1 root module" in done.stdout
    world.iam.attach_group_policy(GroupName="staff", PolicyArn=GUARD)
    world.iam.add_user_to_group(GroupName="staff", UserName="eve")
    clean = command("drift", str(source))
    assert clean.returncode == 0, clean.stdout
    assert "nothing found" in clean.stdout


def test_variables_decide_what_is_declared(world: World, source: Path) -> None:
    world.iam.attach_group_policy(GroupName="staff", PolicyArn=GUARD)
    world.iam.add_user_to_group(GroupName="staff", UserName="bob")
    assert command("drift", str(source)).returncode == 1
    assert command("drift", str(source), "--var", "member=bob").returncode == 0
    (source / "prod.tfvars").write_text('member = "bob"\n')
    assert command("drift", str(source), "--var-file", str(source / "prod.tfvars")).returncode == 0


def test_every_format_and_files(world: World, source: Path, tmp_path: Path) -> None:
    for name in ("json", "sarif", "junit", "markdown", "github", "gitlab"):
        done = command("drift", str(source), "--format", name)
        assert done.returncode == 1, done.stderr
        assert "TFR660" in done.stdout, name
    out = tmp_path / "out.sarif"
    assert command("drift", str(source), "--output", f"sarif={out}", "--quiet").returncode == 1
    (found,) = [r for r in json.loads(out.read_text())["runs"][0]["results"] if r["ruleId"] == "TFR660"]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("users.tf")
    assert command("drift", str(source), "--fail-on", "critical").returncode == 0


def test_what_is_declared_nowhere_only_with_all(world: World, source: Path) -> None:
    def rules(*options: str) -> set[str]:
        found = json.loads(command("drift", str(source), "--format", "json", *options).stdout)["findings"]
        return {f["rule"] for f in found}

    assert "TFR672" not in rules()
    assert "TFR672" in rules("--all")


def test_settings_of_the_source_and_accepted_findings(world: World, source: Path, tmp_path: Path) -> None:
    (source / "tfratchet.toml").write_text('disable = ["TFR664"]\n')
    done = command("drift", str(source), "--format", "json")
    assert {f["rule"] for f in json.loads(done.stdout)["findings"]} == {"TFR660"}
    (source / "tfratchet.toml").write_text(
        'disable = ["TFR664"]\n[[ignore]]\nrule = "TFR660"\n'
        f'address = "arn:aws:iam::{ACCOUNT}:group/staff"\nreason = "ticket 4711"\n'
    )
    assert command("drift", str(source)).returncode == 0


def test_what_could_not_be_done_is_one_line(world: World, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments, message in (
        (["none"], "cannot read the state"),
        ([str(source), "--format", "jsn"], "did you mean 'json'"),
        ([str(source), "--var", "x"], "is not NAME=VALUE"),
    ):
        done = command("drift", *arguments)
        assert done.returncode == 2
        assert message in done.stderr
        assert done.stderr.count("\n") == 1
    (source / "broken.tf").write_text('resource "aws_iam_user" {')
    done = command("drift", str(source))
    assert done.returncode == 2  # beside the findings of everything else
    assert "TFR660" in done.stdout
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    done = command("drift", str(source))
    assert done.returncode == 2
    assert "AWS credentials" in done.stderr
