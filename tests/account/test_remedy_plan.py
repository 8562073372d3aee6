"""Plans: which acts answer which findings, what is merged, what is left alone, which keys are old enough to go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from drift_cases import CONFIGURATION, clean, differences, with_user
from moto import mock_aws
from remedy_world import ACCOUNT, REGION, TRAIL, World, connect, weak

from tfratchet.account.acts import (
    Act,
    AttachPolicy,
    DeactivateKey,
    DeleteKey,
    PutSelectors,
    SetPasswordPolicy,
    StartLogging,
    UpdateTrail,
)
from tfratchet.account.auditrun import findings as audit_findings
from tfratchet.account.drift.compare import Compared
from tfratchet.account.drift.run import told
from tfratchet.account.facts import AccessKey, Facts, LiveTrail, LiveUser
from tfratchet.account.journal import Journal, read
from tfratchet.account.remedy.audit import AuditPlanner
from tfratchet.account.remedy.plan import Proposal, from_drift, make
from tfratchet.account.remedy.protect import Protection
from tfratchet.account.remedy.request import AUDIT_PARTS
from tfratchet.account.remedy.show import Show, as_json, undoing
from tfratchet.account.remedy.steps import ASKED, AUDIT, Reason, Step, history, plan_record
from tfratchet.account.remedy.wishes import Wishes, deactivated, old_keys, proposals
from tfratchet.config import Settings
from tfratchet.errors import UserError
from tfratchet.rules import live_rules
from tfratchet.rules.live.audit.base import AuditRule

NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)


def facts(**more: Any) -> Facts:
    policy: dict[str, Any] = {
        "minimum_password_length": 14,
        "require_uppercase_characters": True,
        "require_lowercase_characters": True,
        "require_numbers": True,
        "require_symbols": True,
        "allow_users_to_change_password": True,
        "max_password_age": 90,
        "password_reuse_prevention": 24,
        "hard_expiry": False,
    }
    base = Facts(ACCOUNT, taken=NOW, root_mfa=True, root_keys=False, password_policy=policy)
    trail = LiveTrail("main", TRAIL, REGION, multi_region=True, global_events=True, validation=True, logging=True)
    return replace(base, **{"trails": {TRAIL: replace(trail, kms_key="k", log_group="g", insights=("x",))}, **more})


def acts(found: Facts, settings: Settings | None = None, guard: str | None = None) -> list[Act]:
    settings = settings or Settings()
    rules = [r for r in live_rules() if isinstance(r, AuditRule) and AUDIT_PARTS.issuperset(r.reads)]
    planner = AuditPlanner(found, settings, guard)
    proposed, _ = planner.plan(audit_findings(found, settings, rules))
    return [step.act for step in make(proposed, [], Protection(found, [])).steps]


def test_a_clean_account_needs_nothing() -> None:
    assert acts(facts()) == []


def test_the_password_policy_is_one_act_for_all_its_findings() -> None:
    policy = {**(facts().password_policy or {}), "minimum_password_length": 8, "max_password_age": 0}
    assert acts(facts(password_policy=policy)) == [
        SetPasswordPolicy({"minimum_password_length": 14, "max_password_age": 90})
    ]
    # only what is below its floor: what is stronger stays
    strong = {**policy, "minimum_password_length": 30}
    assert acts(facts(password_policy=strong)) == [SetPasswordPolicy({"max_password_age": 90})]


def test_floors_of_the_configuration_are_the_target() -> None:
    settings = Settings(floors={"minimum_password_length": 20, "max_password_age": 0})
    assert acts(facts(), settings) == [SetPasswordPolicy({"minimum_password_length": 20})]


def test_one_trail_is_widened_and_not_all() -> None:
    narrow = replace(facts().trails[TRAIL], multi_region=False)
    other_arn = TRAIL.replace("main", "other")
    other = replace(narrow, name="other", arn=other_arn, global_events=False)
    (act,) = acts(facts(trails={TRAIL: narrow, other_arn: other}))
    assert act == UpdateTrail(TRAIL, REGION, {"multi_region": True, "global_events": True})


def test_a_trail_of_the_organization_is_not_ours_to_change() -> None:
    arn = TRAIL.replace(ACCOUNT, "999999999999")
    stopped = replace(facts().trails[TRAIL], arn=arn, logging=False, organization=True)
    assert not [a for a in acts(facts(trails={arn: stopped})) if isinstance(a, (StartLogging, UpdateTrail))]


def test_unused_keys_are_switched_off_and_old_ones_are_not() -> None:
    def user(key: AccessKey) -> dict[str, LiveUser]:
        return {"bob": LiveUser("bob", f"arn:aws:iam::{ACCOUNT}:user/bob", keys=(key,))}

    long_ago, lately = NOW - timedelta(days=200), NOW - timedelta(days=3)
    assert acts(facts(users=user(AccessKey("AKIA1", True, long_ago, long_ago)))) == [
        DeactivateKey("bob", "AKIA1", long_ago.isoformat())
    ]
    assert acts(facts(users=user(AccessKey("AKIA1", True, long_ago, None)))) == [
        DeactivateKey("bob", "AKIA1", long_ago.isoformat())
    ]
    assert acts(facts(users=user(AccessKey("AKIA1", True, long_ago, lately)))) == []  # old, and in use
    assert acts(facts(users=user(AccessKey("AKIA1", False, long_ago, None)))) == []


def test_a_declared_selector_wins_over_a_floor() -> None:
    audit = Reason(AUDIT, "x", "TFR618", TRAIL)
    declared = PutSelectors(TRAIL, REGION, [{"ReadWriteType": "WriteOnly"}])
    plan = make(
        [Proposal(PutSelectors(TRAIL, REGION), audit), Proposal(declared, Reason("drift", "y", "TFR670", TRAIL, "z"))],
        [],
        Protection(facts(), []),
    )
    (step,) = plan.steps
    assert step.act == declared
    assert [r.rule for r in step.reasons] == ["TFR618", "TFR670"]


def test_what_cannot_be_undone_stands_last_but_for_passwords() -> None:
    wanted = [
        Proposal(DeleteKey("eve", "AKIA"), Reason(ASKED, "")),
        Proposal(AttachPolicy("user", "eve", "arn:aws:iam::1:policy/x"), Reason(ASKED, "")),
        Proposal(SetPasswordPolicy({"max_password_age": 90}), Reason(ASKED, "")),
    ]
    plan = make(wanted, [], Protection(facts(), []))
    assert [type(s.act) for s in plan.steps] == [SetPasswordPolicy, AttachPolicy, DeleteKey]
    assert undoing(plan.steps[2]) == "NO: cannot be undone"
    assert as_json(plan.steps[2])["can_be_undone"] is False


def test_drift_that_is_only_possible_or_has_no_act_is_left_alone() -> None:
    gone = differences(CONFIGURATION, with_user(clean(), "alice", attached=()))
    proposed, left = from_drift(told(Compared(gone), Settings()))
    assert [p.act for p in proposed] == [AttachPolicy("user", "alice", f"arn:aws:iam::{ACCOUNT}:policy/require-mfa")]
    assert left == []
    possible = [replace(d, depends=("var.x",)) for d in gone]
    proposed, left = from_drift(told(Compared(possible), Settings()))
    assert proposed == []
    assert "only possible" in left[0].why
    hand = differences(CONFIGURATION, with_user(clean(), "alice", attached=("arn:aws:iam::aws:policy/ReadOnlyAccess",)))
    _, left = from_drift(told(Compared(hand), Settings()))
    assert any("detach it by hand, or declare it" in one.why for one in left)


def test_a_plan_survives_its_journal() -> None:
    steps = make(
        [Proposal(SetPasswordPolicy({"max_password_age": 90}), Reason(AUDIT, "text", "TFR602", "arn"))],
        [],
        Protection(facts(), []),
    ).steps
    begin = {"type": "begin", "run": "r", "account": ACCOUNT, "acts": plan_record(steps)}
    (again,) = history([begin]).steps
    assert (again.act, again.reasons) == (steps[0].act, steps[0].reasons)


@pytest.mark.parametrize("broken", [{"acts": None}, {"acts": [{}]}, {"acts": [], "run": None, "account": None}])
def test_a_journal_that_does_not_fit_together(broken: dict[str, Any]) -> None:
    begin = {"type": "begin", "run": "r", "account": ACCOUNT, "acts": [], **broken}
    with pytest.raises(UserError, match="does not fit together"):
        history([begin, {"type": "intent", "n": 3, "before": {}}])


def test_the_table_holds_whatever_a_name_holds(capsys: pytest.CaptureFixture[str]) -> None:
    act = AttachPolicy("user", "bob[red]\x1b[31m", "arn:aws:iam::1:policy/x")
    Show(color="never").table("plan", [Step(0, act, (Reason(ASKED, "[bold]why"),))])
    out = capsys.readouterr().out
    assert "bob[red]" in out
    assert "[bold]why" in out
    assert "\x1b" not in out


# -- wishes -------------------------------------------------------------------------------------------------------


def test_wishes_are_checked_before_anything_is_done() -> None:
    everybody = facts(
        users={
            "bob": LiveUser("bob", "arn:b", console=True),
            "eve": LiveUser("eve", "arn:e"),
        }
    )
    found = list(proposals(Wishes(force_reset=("all",)), everybody))
    assert [p.act.subject.name for p in found] == ["bob"]  # who has no password needs none
    for wishes, message in (
        (Wishes(force_reset=("eve",)), "user eve has no console password"),
        (Wishes(force_reset=("zoe",)), "there is no user zoe"),
        (Wishes(mfa_devices=("zoe",), seed_dir="x"), "there is no user zoe"),
    ):
        with pytest.raises(UserError, match=message):
            list(proposals(wishes, everybody))
    for wishes, message in (
        (Wishes(mfa_devices=("bob",)), "needs --seed-dir"),
        (Wishes(seed_dir="x"), "is for --create-mfa-device"),
        (Wishes(delete_keys_after=0), "at least 1"),
    ):
        with pytest.raises(UserError, match=message):
            wishes.check()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield weak(connect())


def test_only_keys_that_have_been_off_long_enough_are_deleted(world: World, tmp_path: Path) -> None:
    inactive = {"eve": LiveUser("eve", "arn:e", keys=(AccessKey("", False),)), "bob": LiveUser("bob", "arn:b")}
    later = datetime.now(timezone.utc) + timedelta(days=100)
    found, left = old_keys(world.account, facts(users=inactive, taken=later), 90, [])
    assert [p.act for p in found] == [DeleteKey("eve", world.old_key)]
    assert left == []
    found, left = old_keys(world.account, facts(users=inactive, taken=later), 120, [])
    assert found == []
    assert "less than 120 days ago" in left[0].why
    # our own journal says that it was switched off yesterday: AWS does not tell that day
    path = tmp_path / "j"
    book = Journal.create(path)
    step = Step(0, DeactivateKey("eve", world.old_key), (Reason(ASKED, ""),))
    book.write("begin", run="r", account=ACCOUNT, acts=plan_record([step]))
    book.write("done", n=0, before={"status": "Active"}, after={"status": "Inactive"}, how="called")
    book.close()
    records = [{**r, "at": (later - timedelta(days=1)).isoformat()} for r in read(path).records]
    assert list(deactivated([records])) == [world.old_key]
    found, left = old_keys(world.account, facts(users=inactive, taken=later), 90, [records])
    assert found == []
    assert "switched off on" in left[0].why
    undone = [*records, {"type": "undone", "n": 0, "at": later.isoformat()}]
    assert deactivated([undone]) == {}
