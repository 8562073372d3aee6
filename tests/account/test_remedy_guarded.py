"""Whom and what remediation must not touch, in the cases that are easily forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from moto import mock_aws
from remedy_world import ACCOUNT, GUARD, World, connect, weak

from tfratchet.account.acts import Act, AttachPolicy, DeactivateKey, PutPolicyDocument, StartLogging
from tfratchet.account.acts.base import State
from tfratchet.account.facts import Facts, LiveGroup, LiveRole, LiveTrail, LiveUser, Unread
from tfratchet.account.journal import Journal, read
from tfratchet.account.remedy.audit import AuditPlanner
from tfratchet.account.remedy.checks import AccountChecks
from tfratchet.account.remedy.protect import Protection
from tfratchet.account.remedy.request import Request, open_context
from tfratchet.account.remedy.run import Run
from tfratchet.account.remedy.steps import ASKED, Phase, Reason, Step, history, plan_record
from tfratchet.account.remedy.wishes import deactivated
from tfratchet.account.session import Access
from tfratchet.config import Settings
from tfratchet.errors import UserError
from tfratchet.model import Certainty, Finding, Severity


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield weak(connect())


def people(**more: Any) -> Facts:
    start = f"arn:aws:iam::{ACCOUNT}"
    return Facts(
        ACCOUNT,
        users={"rescue-1": LiveUser("rescue-1", f"{start}:user/ops/rescue-1", groups=("Ops",))},
        groups={"Ops": LiveGroup("Ops", f"{start}:group/Ops")},
        roles={"break-glass": LiveRole("break-glass", f"{start}:role/ops/break-glass")},
        **more,
    )


@pytest.mark.parametrize(
    ("pattern", "kind", "name"),
    [
        ("rescue-*", "user", "rescue-1"),
        ("RESCUE-1", "user", "rescue-1"),
        ("rescue-1", "user", "Rescue-1"),
        ("user/rescue-?", "user", "rescue-1"),
        ("user/ops/*", "user", "rescue-1"),
        ("user/ops/*", "user", "Rescue-1"),
        (f"arn:aws:iam::{ACCOUNT}:user/rescue-1", "user", "rescue-1"),
        ("arn:aws:iam::*:user/ops/Rescue-*", "user", "rescue-1"),
        ("rescue-*", "group", "ops"),
        ("group/O*", "group", "Ops"),
        (f"arn:aws:iam::{ACCOUNT}:role/break-glass", "role", "break-glass"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/break-glass/*", "role", "break-glass"),
        ("arn:aws:sts::*:assumed-role/break-*/alice", "role", "break-glass"),
    ],
)
def test_however_a_break_glass_principal_is_written(pattern: str, kind: str, name: str) -> None:
    assert Protection(people(), [], [pattern]).reason(AttachPolicy(kind, name, GUARD)) is not None
    assert Protection(people(), [], ["other"]).reason(AttachPolicy(kind, name, GUARD)) is None


@pytest.mark.parametrize(
    ("part", "act", "protected"),
    [
        ("users", AttachPolicy("group", "staff", GUARD), True),
        ("users", AttachPolicy("user", "bob", GUARD), True),
        ("users", PutPolicyDocument(GUARD, {}), True),
        ("roles", PutPolicyDocument(GUARD, {}), True),
        ("roles", AttachPolicy("user", "bob", GUARD), False),
        ("trails", AttachPolicy("user", "bob", GUARD), False),
    ],
)
def test_people_who_could_not_be_read_are_protected(part: str, act: Act, protected: bool) -> None:
    gap = Unread(part, "iam:GetAccountAuthorizationDetails", "AWS refuses it")
    reason = Protection(Facts(ACCOUNT, unread=(gap,)), []).reason(act)
    assert (reason is not None) is protected
    assert not protected or "could not be read" in str(reason)
    # one policy that could not be read hides nobody
    one = Unread(part, "iam:GetPolicy", "AWS refuses it")
    assert Protection(Facts(ACCOUNT, unread=(one,)), []).reason(act) is None


def test_who_stands_behind_the_role_of_a_profile(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = world.iam.create_access_key(UserName="eve")["AccessKey"]
    (tmp_path / "credentials").write_text(
        f"[eve]\naws_access_key_id={key['AccessKeyId']}\naws_secret_access_key={key['SecretAccessKey']}\n"
        f"[both]\naws_access_key_id={key['AccessKeyId']}\naws_secret_access_key={key['SecretAccessKey']}\n"
    )
    role = f"arn:aws:iam::{ACCOUNT}:role/deploy"
    (tmp_path / "config").write_text(
        f"[profile deploy]\nrole_arn={role}\nsource_profile=eve\nregion=eu-central-1\n"
        f"[profile chain]\nrole_arn={role}2\nsource_profile=deploy\n"
        f"[profile both]\nrole_arn={role}\nsource_profile=both\n"
        f"[profile env]\nrole_arn={role}\ncredential_source=Environment\n"
    )
    world.iam.create_role(RoleName="deploy", AssumeRolePolicyDocument="{}")
    world.iam.create_role(RoleName="deploy2", AssumeRolePolicyDocument="{}")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    facts = Facts(ACCOUNT, users={"eve": LiveUser("eve", f"arn:aws:iam::{ACCOUNT}:user/eve")})

    def reason(profile: str) -> str | None:
        context = open_context(Request(access=Access(profile)))
        return Protection(facts, context.callers).reason(AttachPolicy("user", "eve", GUARD))

    for profile in ("deploy", "chain", "both", "eve"):
        assert reason(profile) == "user eve is who runs this", profile
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    assert reason("env") == "user eve is who runs this"


def one_act(world: World, path: Path, act: Act) -> tuple[Step, bool]:
    book = Journal.create(path)
    steps = [Step(0, act, (Reason(ASKED, "a test"),))]
    book.write("begin", run="r", account=ACCOUNT, options={}, acts=plan_record(steps))
    checks = AccountChecks(world.account, Settings())
    try:
        Run(world.account, book, checks, lambda *_: None, lambda _: None, pause=lambda _: None).apply(steps)
        stopped = False
    except UserError:
        stopped = True
    finally:
        book.close()
    return history(read(path).records).steps[0], stopped


def test_a_key_that_was_used_after_the_plan_stays_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    iam = world.iam
    used = {"AccessKeyLastUsed": {"LastUsedDate": datetime(2026, 3, 1, tzinfo=timezone.utc)}}
    monkeypatch.setattr(iam, "get_access_key_last_used", lambda **_: used)
    step, _ = one_act(world, tmp_path / "a", DeactivateKey("bob", world.key, "2026-01-01T00:00:00+00:00"))
    assert step.phase is Phase.FAILED
    assert "used since the plan" in step.error
    assert iam.list_access_keys(UserName="bob")["AccessKeyMetadata"][0]["Status"] == "Active"
    step, _ = one_act(world, tmp_path / "b", DeactivateKey("bob", world.key, "2026-03-01T00:00:00+00:00"))
    assert step.phase is Phase.DONE


def refusal(code: str, tries: int) -> botocore.exceptions.ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": tries},
    }
    return botocore.exceptions.ClientError(answer, "AttachUserPolicy")


@pytest.mark.parametrize(
    ("happens", "code", "tries", "phase", "stops"),
    [
        # the first call was made, its answer lost, and the repetition refused
        (True, "LimitExceeded", 1, Phase.DONE, False),
        (True, "Throttling", 10, Phase.DONE, False),
        (False, "LimitExceeded", 1, Phase.FAILED, False),
        (False, "LimitExceeded", 0, Phase.FAILED, False),
        (False, "Throttling", 10, Phase.OPEN, True),
    ],
)
def test_a_repeated_call_that_is_refused_may_have_happened(
    happens: bool, code: str, tries: int, phase: Phase, stops: bool, world: World, tmp_path: Path
) -> None:
    class Refused(AttachPolicy):
        def do(self, account: Any, before: State) -> None:
            if happens:
                super().do(account, before)
            raise refusal(code, tries)

    step, stopped = one_act(world, tmp_path / "j", Refused("user", "bob", GUARD))
    assert (step.phase, stopped) == (phase, stops)
    assert step.changed is (phase is not Phase.FAILED)  # undo knows of it


def test_a_trail_of_another_account_is_left_to_that_account() -> None:
    arn = "arn:aws:cloudtrail:eu-central-1:999999999999:trail/org"
    trail = LiveTrail("org", arn, "eu-central-1", organization=True, logging=False)
    planner = AuditPlanner(Facts(ACCOUNT, trails={arn: trail}), Settings())
    finding = Finding("TFR614", "", "audit", Severity.HIGH, Certainty.CERTAIN, arn, "Stopped.", None, None)
    proposals, left = planner.plan([finding])
    assert not [p for p in proposals if isinstance(p.act, StartLogging)]
    assert any("999999999999" in one.why for one in left)


def test_the_journal_of_a_run_that_died_at_once_hides_no_other(tmp_path: Path) -> None:
    when = datetime.now(timezone.utc)
    begin = {"type": "begin", "run": "r", "account": ACCOUNT}
    acts = [{"act": DeactivateKey("bob", "AKIA1").as_json(), "why": []}]
    done = {"type": "done", "n": 0, "before": {}, "after": {"status": "Inactive"}, "how": "called"}
    found = deactivated([[], [{**begin, "acts": acts}, {**done, "at": when.isoformat()}]])
    assert abs(found["AKIA1"] - when) < timedelta(seconds=1)
