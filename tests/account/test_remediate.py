"""``tfratchet remediate`` and ``undo`` as commands, against a moto server."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from live_server import command, endpoint, server_url
from remedy_world import ACCOUNT, GUARD, TRAIL, World, connect, weak

from tfratchet.account.acts import AttachPolicy
from tfratchet.account.auditrun import findings as audit_findings
from tfratchet.account.collect import collect
from tfratchet.account.remedy.request import AUDIT_PARTS
from tfratchet.config import Settings
from tfratchet.rules import live_rules
from tfratchet.rules.live.audit.base import AuditRule

__all__ = ["endpoint", "server_url"]

ANSWERED = {"TFR601", "TFR602", "TFR612", "TFR614", "TFR615", "TFR616", "TFR618"}
"""Rules whose findings remediate answers in the weak account. The key there is too young to be unused."""


@pytest.fixture
def world(endpoint: str) -> World:
    return weak(connect(endpoint))


def audited(world: World) -> set[tuple[str, str]]:
    """(rule, address) of what the audit finds, now."""
    rules = [r for r in live_rules() if isinstance(r, AuditRule) and AUDIT_PARTS.issuperset(r.reads)]
    facts = collect(connect("server"), AUDIT_PARTS)
    return {(f.rule, f.address) for f in audit_findings(facts, Settings(), rules)}


def journal(folder: Path) -> Path:
    (path,) = (folder / "state").glob("journal-*.jsonl")
    return path


def planned(*arguments: str) -> Any:
    done = command("remediate", "--format", "json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def test_audit_remediate_audit_undo_audit(world: World, tmp_path: Path) -> None:
    first = audited(world)
    assert ANSWERED - {"TFR601", "TFR615", "TFR618"} <= {rule for rule, _ in first}
    dry = command("remediate", process=True)
    assert dry.returncode == 1
    assert "6 changes would be made" not in dry.stdout
    assert "5 changes would be made; --apply makes them" in dry.stdout
    assert audited(world) == first  # a dry run changes nothing
    assert not (tmp_path / "state").exists()

    done = command("remediate", "--apply", "--yes", process=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 of 5 done, 5 checked again and green" in done.stdout
    clean = audited(world)
    assert not {rule for rule, _ in clean} & ANSWERED
    assert command("remediate").returncode == 0  # nothing left to do

    path = journal(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f"tfratchet undo {path}" in done.stdout
    look = command("undo", str(path))
    assert look.returncode == 1
    assert audited(world) == clean
    back = command("undo", str(path), "--apply", "--yes", process=True)
    assert back.returncode == 0, back.stdout + back.stderr
    assert "everything is as it was before" in back.stdout
    assert audited(world) == first
    again = command("undo", str(path), "--apply", "--yes")
    assert (again.returncode, again.stdout) == (0, "nothing to undo\n")
    gone = command("remediate", "--resume", str(path), "--apply", "--yes")
    assert gone.returncode == 2
    assert "this run was undone" in gone.stderr


def test_what_only_shows_once_a_trail_logs_is_in_the_same_plan(world: World) -> None:
    plan = planned()["plan"]
    acts = {p["act"]["kind"]: p for p in plan}
    assert acts["start-logging"]["why"][0]["rule"] == "TFR614"
    assert {w["rule"] for w in acts["update-trail"]["why"]} == {"TFR615", "TFR616"}
    assert acts["update-trail"]["act"]["values"] == {"validation": True, "multi_region": True, "global_events": True}
    assert acts["put-event-selectors"]["why"][0]["rule"] == "TFR618"
    assert [p["act"]["kind"] for p in plan].index("start-logging") < [p["act"]["kind"] for p in plan].index(
        "update-trail"
    )


def test_only_some_rules(world: World) -> None:
    plan = planned("--only", "TFR614,tfr602")["plan"]
    assert [p["act"]["kind"] for p in plan] == ["set-password-policy", "start-logging"]
    wrong = command("remediate", "--only", "TFR101")
    assert wrong.returncode == 2
    assert "there is no rule TFR101 on a live account" in wrong.stderr


def test_without_a_terminal_and_without_yes_nothing_happens(world: World, tmp_path: Path) -> None:
    first = audited(world)
    done = command("remediate", "--apply", stdin="y\n")
    assert done.returncode == 2
    assert "nobody can be asked here, so nothing was changed" in done.stderr
    assert audited(world) == first


def test_too_many_changes_refuse_the_whole_plan(world: World) -> None:
    first = audited(world)
    done = command("remediate", "--apply", "--yes", "--max-changes", "4")
    assert done.returncode == 2
    assert "the plan has 5 changes, the limit is 4; nothing was changed" in done.stderr
    assert audited(world) == first


def test_break_glass_and_protected_principals(world: World, tmp_path: Path) -> None:
    for options in (("--protect", "bob"), ("--protect", f"arn:aws:iam::{ACCOUNT}:user/b*")):
        plan = planned(*options)
        assert "attach-policy" not in {p["act"]["kind"] for p in plan["plan"]}
        assert any(one["why"] == "user bob is a break-glass principal" for one in plan["left"])
    (tmp_path / "settings.toml").write_text('break_glass = ["bob"]\n')
    plan = planned("--config", str(tmp_path / "settings.toml"), "--force-password-reset", "all")
    assert plan["plan"] == []
    assert plan["left"][0]["why"] == "user bob is a break-glass principal"


def test_accepted_findings_are_left_alone(world: World, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        f'[[ignore]]\nrule = "TFR614"\naddress = "{TRAIL}"\nreason = "moved to the organization trail"\n'
    )
    kinds = {p["act"]["kind"] for p in planned("--config", str(tmp_path / "settings.toml"))["plan"]}
    assert "start-logging" not in kinds
    assert "set-password-policy" in kinds


def test_the_guard(world: World) -> None:
    (attach,) = [p for p in planned()["plan"] if p["act"]["kind"] == "attach-policy"]
    assert attach["act"]["policy"] == GUARD  # found by what it does, not by its name
    second = world.iam.create_policy(
        PolicyName="another",
        PolicyDocument=json.dumps(
            world.iam.get_policy_version(PolicyArn=GUARD, VersionId="v1")["PolicyVersion"]["Document"]
        ),
    )["Policy"]["Arn"]
    plan = planned()
    assert "attach-policy" not in {p["act"]["kind"] for p in plan["plan"]}
    assert any("name one with --mfa-guard-arn" in one["why"] for one in plan["left"])
    (attach,) = [p for p in planned("--mfa-guard-arn", second)["plan"] if p["act"]["kind"] == "attach-policy"]
    assert attach["act"]["policy"] == second
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    weak_arn = world.iam.create_policy(PolicyName="no-guard", PolicyDocument=json.dumps(allow))["Policy"]["Arn"]
    wrong = command("remediate", "--mfa-guard-arn", weak_arn)
    assert wrong.returncode == 2
    assert "lets protected calls through without MFA" in wrong.stderr


def test_programs_are_not_locked_out(world: World) -> None:
    world.iam.delete_login_profile(UserName="bob")
    plan = planned("--only", "TFR612")
    assert plan["plan"] == []
    assert "lock out programs" in plan["left"][0]["why"]


def test_a_device_on_request_and_no_secret_anywhere(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "seeds"
    arguments = ["--create-mfa-device", "bob", "--seed-dir", str(folder)]
    assert [p["act"]["kind"] for p in planned(*arguments)["plan"]] == ["create-mfa-device"]  # and nothing else
    done = command("remediate", *arguments, "--apply", "--yes")
    assert done.returncode == 0, done.stderr
    seed = (folder / "bob.mfa-seed").read_text().splitlines()[1].removeprefix("seed: ")
    texts = [done.stdout, done.stderr, journal(tmp_path).read_text()]
    assert not any(seed in text for text in texts)
    secret = world.iam.create_access_key(UserName="eve")["AccessKey"]["SecretAccessKey"]
    assert not any(secret in text for text in texts)
    assert "testing" not in journal(tmp_path).read_text()  # the credentials of this run
    missing = command("remediate", "--create-mfa-device", "bob")
    assert missing.returncode == 2
    assert "needs --seed-dir" in missing.stderr


def test_values_of_variables_are_not_in_the_journal(world: World, tmp_path: Path) -> None:
    source = tmp_path / "infra"
    source.mkdir()
    (source / "main.tf").write_text(
        'variable "secret" {}\n'
        f'resource "aws_iam_user_policy_attachment" "eve" {{\n  user = "eve"\n  policy_arn = "{GUARD}"\n}}\n'
    )
    done = command(
        "remediate", "--from", "drift", "--source", str(source), "--var", "secret=hunter2", "--apply", "--yes"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = journal(tmp_path).read_text()
    assert "hunter2" not in text
    assert str(source) in text  # a resumption finds the source again


def test_drift_is_put_back_and_undone(world: World, tmp_path: Path) -> None:
    source = tmp_path / "infra"
    source.mkdir()
    (source / "users.tf").write_text(
        f"""
resource "aws_iam_user_policy_attachment" "eve" {{
  user       = "eve"
  policy_arn = "{GUARD}"
}}
resource "aws_iam_user_group_membership" "eve" {{
  user   = "eve"
  groups = ["staff"]
}}
"""
    )
    found = command("drift", str(source), "--format", "json")
    assert found.returncode == 1, found.stderr
    findings = json.loads(found.stdout)["findings"]
    assert [(f["rule"], f["base"]["file"], f["base"]["line"]) for f in findings] == [
        ("TFR660", "users.tf", 4),
        ("TFR664", "users.tf", 8),
    ]
    done = command("remediate", "--from", "drift", "--source", str(source), "--apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "declared in users.tf:4" in done.stdout
    assert command("drift", str(source)).returncode == 0
    assert command("undo", str(journal(tmp_path)), "--apply", "--yes").returncode == 0
    assert command("drift", str(source)).returncode == 1


def test_undo_leaves_alone_what_somebody_has_changed_since(world: World, tmp_path: Path) -> None:
    assert command("remediate", "--apply", "--yes").returncode == 0
    world.iam.update_account_password_policy(MinimumPasswordLength=30)
    done = command("undo", str(journal(tmp_path)), "--apply", "--yes")
    assert done.returncode == 1
    assert "not undone: set the password policy" in done.stdout
    assert "somebody has changed it since" in done.stdout
    assert world.iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"] == 30
    attached = world.iam.list_attached_user_policies(UserName="bob")["AttachedPolicies"]
    assert attached == []  # the others went back


def test_keys_that_have_long_been_off(world: World, tmp_path: Path) -> None:
    plan = planned("--delete-inactive-keys-after", "30")
    assert plan["plan"] == []  # made today
    assert "less than 30 days ago" in plan["left"][0]["why"]
    wrong = command("remediate", "--delete-inactive-keys-after", "0")
    assert wrong.returncode == 2


def test_a_run_that_did_not_end_is_told(world: World, tmp_path: Path) -> None:
    from test_remedy_kill import begin

    path = tmp_path / "state" / f"journal-{ACCOUNT}-20260101T000000Z-aaaa.jsonl"
    begin(path, [])
    done = command("remediate")
    assert f"an earlier run did not end; go on with: tfratchet remediate --resume {path}" in done.stderr


def test_a_journal_of_another_account_is_refused(world: World, tmp_path: Path) -> None:
    from test_remedy_kill import begin

    path = tmp_path / "j.jsonl"
    begin(path, [])
    path.write_text(path.read_text().replace(ACCOUNT, "999999999999"))
    for arguments in (["undo", str(path)], ["remediate", "--resume", str(path)]):
        done = command(*arguments)
        assert done.returncode == 2
        assert f"the journal is of account 999999999999, the credentials are of {ACCOUNT}" in done.stderr


def test_a_journal_of_another_partition_is_refused(world: World, tmp_path: Path) -> None:
    command("remediate", "--only", "TFR614", "--apply", "--yes")
    path = journal(tmp_path)
    path.write_text(path.read_text().replace('"caller":"arn:aws:', '"caller":"arn:aws-cn:'))
    for arguments in (["undo", str(path)], ["remediate", "--resume", str(path)]):
        done = command(*arguments, "--apply", "--yes")
        assert done.returncode == 2
        assert f"is of account {ACCOUNT} (aws-cn), the credentials are of {ACCOUNT} (aws)" in done.stderr
    assert world.cloudtrail.get_trail_status(Name="main")["IsLogging"] is True


@pytest.mark.parametrize("how", ["protect", "config"])
def test_whom_a_run_was_told_to_spare_is_spared_on(how: str, world: World, tmp_path: Path) -> None:
    settings = tmp_path / "strict.toml"
    settings.write_text("" if how == "protect" else 'break_glass = ["bo*"]\n')
    spare = ["--config", str(settings), *(["--protect", "bo*"] if how == "protect" else [])]
    command("remediate", "--only", "TFR614", *spare, "--apply", "--yes")
    path = journal(tmp_path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[0]["acts"] = [{"act": AttachPolicy("user", "bob", GUARD).as_json(), "why": []}]
    settings.unlink()
    path.write_text(json.dumps(lines[0]) + "\n")  # as if bob had not been known then
    done = command("remediate", "--resume", str(path), "--apply", "--yes")
    assert (done.returncode, "bob is a break-glass principal" in done.stdout) == (1, True)
    assert world.iam.list_attached_user_policies(UserName="bob")["AttachedPolicies"] == []
    world.iam.attach_user_policy(UserName="bob", PolicyArn=GUARD)
    begun = {"type": "intent", "n": 0, "before": {"attached": False}}
    path.write_text(json.dumps(lines[0]) + "\n" + json.dumps(begun) + "\n")
    back = command("undo", str(path), "--apply", "--yes")
    assert (back.returncode, "bob is a break-glass principal" in back.stdout) == (1, True)


def test_a_named_journal_that_exists_is_not_overwritten(world: World, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text("precious\n")
    done = command("remediate", "--apply", "--yes", "--journal", str(path))
    assert done.returncode == 2
    assert "a journal holds one run" in done.stderr
    assert path.read_text() == "precious\n"
    assert os.listdir(tmp_path / "state") == [f"lock-{ACCOUNT}"]


def test_the_policy_that_it_needs(world: World) -> None:
    done = command("remediate", "--print-iam-policy")
    assert done.returncode == 0
    (statement,) = json.loads(done.stdout)["Statement"]
    assert {"iam:UpdateAccountPasswordPolicy", "cloudtrail:StartLogging", "iam:AttachUserPolicy"} <= set(
        statement["Action"]
    )
    assert not any("*" in action for action in statement["Action"])


def test_whoever_runs_it_is_not_touched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", world.key)  # bob's own
    plan = planned("--force-password-reset", "bob")
    assert plan["plan"] == []
    assert plan["left"][0]["why"] == "user bob is who runs this"
    (one,) = [x for x in planned("--only", "TFR612")["left"] if x["what"].startswith("attach")]
    assert one["why"] == "user bob is who runs this"


def test_the_role_that_it_assumes_is_not_touched_either(world: World, tmp_path: Path) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/deploy"
    for name in ("deploy", "other"):
        world.iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "main.tf").write_text(
        'resource "aws_iam_role_policy_attachment" "all" {\n  for_each = toset(["deploy", "other"])\n'
        f'  role = each.value\n  policy_arn = "{GUARD}"\n}}\n'
    )
    plan = planned("--from", "drift", "--source", str(tmp_path / "infra"), "--role-arn", role)
    assert [p["act"]["name"] for p in plan["plan"]] == ["other"]
    assert [one["why"] for one in plan["left"]] == ["role deploy is who runs this"]
