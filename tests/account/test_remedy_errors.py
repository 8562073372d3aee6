"""What goes wrong in the middle of a run: one clear error, nothing lost, and a resumption ends as if all was well."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws
from remedy_world import ACCOUNT, FLOORS, GUARD, REGION, TRAIL, World, connect, weak

from tfratchet.account.acts import Act, AttachPolicy, DeactivateKey, PutPolicyDocument, SetPasswordPolicy, StartLogging
from tfratchet.account.facts import Facts, LiveGroup, LiveRole, LiveUser
from tfratchet.account.journal import Journal, read
from tfratchet.account.remedy.checks import AccountChecks
from tfratchet.account.remedy.protect import Caller, Protection
from tfratchet.account.remedy.run import PAUSES, Run
from tfratchet.account.remedy.steps import ASKED, Phase, Reason, Step, history, plan_record
from tfratchet.config import Settings
from tfratchet.errors import UserError


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield weak(connect())


def acts_of(world: World) -> list[Act]:
    return [
        SetPasswordPolicy(FLOORS),
        AttachPolicy("user", "bob", GUARD),
        StartLogging(TRAIL, REGION),
        DeactivateKey("bob", world.key),
    ]


def begin(path: Path, acts: list[Act]) -> None:
    steps = [Step(n, act, (Reason(ASKED, "a test"),)) for n, act in enumerate(acts)]
    book = Journal.create(path)
    book.write("begin", run="r", account=ACCOUNT, options={}, acts=plan_record(steps))
    book.close()


def run(
    world: World,
    path: Path,
    *,
    checks: Any = None,
    pauses: list[float] | None = None,
    protected: Callable[[Act], str | None] = lambda _: None,
    backwards: bool = False,
) -> bool:
    book = Journal.reopen(path)
    try:
        it = Run(
            world.account,
            book,
            checks or AccountChecks(world.account, Settings()),
            lambda *_: None,
            protected,
            pause=(pauses if pauses is not None else []).append,
            resume_hint="go on with: tfratchet remediate --resume J",
        )
        steps = history(book.records).steps
        return it.undo(steps) if backwards else it.apply(steps)
    finally:
        book.close()


def refuse(client: Any, service: str, operation: str, code: str, status: int = 403) -> Callable[[], None]:
    """Let AWS answer every call of ``operation`` with an error (after all repetitions); gives the way to stop that."""

    def answer(**_: object) -> tuple[AWSResponse, dict[str, Any]]:
        error = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return AWSResponse("", status, {}, None), error

    name = f"before-call.{service}.{operation}"
    client.meta.events.register(name, answer)
    return lambda: client.meta.events.unregister(name, answer)


def phases(path: Path) -> list[Phase]:
    return [s.phase for s in history(read(path).records).steps]


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("AccessDenied", 403, "AWS refuses AttachUserPolicy"),
        ("ExpiredToken", 403, "the credentials have expired"),
        ("Throttling", 400, "AWS is throttling AttachUserPolicy"),
    ],
)
def test_a_call_that_aws_refuses(world: World, tmp_path: Path, code: str, status: int, message: str) -> None:
    path = tmp_path / "j"
    begin(path, acts_of(world))
    allow = refuse(world.iam, "iam", "AttachUserPolicy", code, status)
    with pytest.raises(UserError, match=message) as caught:
        run(world, path)
    assert "1 of 4 acts are done; go on with: tfratchet remediate --resume J" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert phases(path) == [Phase.DONE, Phase.FAILED, Phase.NEW, Phase.NEW]
    allow()
    assert run(world, path)
    assert phases(path) == [Phase.DONE] * 4


def test_an_act_that_cannot_be_done_does_not_stop_the_others(world: World, tmp_path: Path) -> None:
    path = tmp_path / "j"
    begin(path, acts_of(world))
    allow = refuse(world.iam, "iam", "AttachUserPolicy", "LimitExceeded", 409)
    assert not run(world, path)
    assert phases(path) == [Phase.DONE, Phase.FAILED, Phase.DONE, Phase.DONE]
    assert history(read(path).records).steps[1].error == "AttachUserPolicy: LimitExceeded: no"
    allow()
    assert run(world, path)


def test_a_check_that_cannot_be_asked_is_asked_later(world: World, tmp_path: Path) -> None:
    class Expired:
        def green(self, step: Step) -> bool:
            raise UserError("the credentials have expired", where="reading users", hint="sign in again")

    path = tmp_path / "j"
    begin(path, acts_of(world)[:1])
    with pytest.raises(UserError, match=r"expired \(sign in again; 1 of 1 acts are done; go on with"):
        run(world, path, checks=Expired())
    assert phases(path) == [Phase.DONE]
    assert run(world, path)


def test_credentials_that_expire_while_looking(world: World, tmp_path: Path) -> None:
    path = tmp_path / "j"
    begin(path, acts_of(world))
    allow = refuse(world.cloudtrail, "cloudtrail", "GetTrailStatus", "ExpiredTokenException")
    with pytest.raises(UserError, match="the credentials have expired"):
        run(world, path)
    assert phases(path) == [Phase.DONE, Phase.DONE, Phase.NEW, Phase.NEW]
    allow()
    assert run(world, path)


def test_an_error_inside_aws_leaves_it_open_whether_the_call_happened(world: World, tmp_path: Path) -> None:
    path = tmp_path / "j"
    begin(path, acts_of(world))
    allow = refuse(world.iam, "iam", "AttachUserPolicy", "InternalFailure", 500)
    with pytest.raises(UserError, match="InternalFailure"):
        run(world, path)
    assert phases(path)[1] is Phase.OPEN  # the live account will tell
    allow()
    assert run(world, path)


def test_a_connection_that_breaks_after_the_call(world: World, tmp_path: Path) -> None:
    path = tmp_path / "j"
    begin(path, acts_of(world))
    made: list[str] = []

    def breaks(model: Any, **_: object) -> None:
        made.append(model.name)
        raise botocore.exceptions.ConnectionClosedError(endpoint_url="https://iam.amazonaws.com")

    world.iam.meta.events.register("after-call.iam.AttachUserPolicy", breaks)
    assert run(world, path)  # the account shows that it happened: no reason to stop, or to do it again
    assert made == ["AttachUserPolicy"]


def test_a_disk_that_is_full_when_the_call_has_been_made(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j"
    begin(path, acts_of(world))
    real = Journal._append

    def full(book: Journal, data: bytes) -> None:
        if data.startswith(b'{"type":"done"') and b'"n":1' in data:
            os.write(book._descriptor, data[:7])
            error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            raise UserError(f"cannot write the journal: {error.strerror}")
        real(book, data)

    monkeypatch.setattr(Journal, "_append", full)
    with pytest.raises(UserError, match="No space left on device"):
        run(world, path)
    monkeypatch.undo()
    content = read(path)
    assert content.torn is not None
    assert phases(path)[1] is Phase.OPEN
    assert world.iam.list_attached_user_policies(UserName="bob")["AttachedPolicies"]
    assert run(world, path)
    done = [r for r in read(path).records if r["type"] == "done"]
    assert [(r["n"], r["how"]) for r in done] == [(0, "called"), (1, "found"), (2, "called"), (3, "called")]
    assert done[1]["before"] == {"attached": False}  # so that it can be undone


def test_what_somebody_changes_in_between_is_not_overwritten(world: World, tmp_path: Path) -> None:
    path = tmp_path / "j"
    begin(path, acts_of(world))
    book = Journal.reopen(path)
    book.write("intent", n=0, before=SetPasswordPolicy(FLOORS).read(world.account))
    book.close()
    world.iam.update_account_password_policy(MinimumPasswordLength=20)  # neither the old policy nor the new one
    assert not run(world, path)
    (first, *others) = history(read(path).records).steps
    assert first.phase is Phase.FAILED
    assert "somebody else has changed it meanwhile" in first.error
    assert all(s.phase is Phase.DONE for s in others)
    assert world.iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"] == 20


def test_iam_may_take_some_seconds_to_show_a_change(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, pauses = tmp_path / "j", list[float]()
    begin(path, acts_of(world)[1:2])
    real, answers = AttachPolicy.read, [0]

    def late(act: AttachPolicy, account: Any) -> dict[str, Any]:
        answers[0] += 1
        return {"attached": False} if answers[0] < 4 else real(act, account)

    monkeypatch.setattr(AttachPolicy, "read", late)
    assert run(world, path, pauses=pauses)
    assert pauses == list(PAUSES[1:3])


def test_a_change_that_never_shows_is_not_taken_for_done(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j"
    begin(path, acts_of(world)[1:2])
    monkeypatch.setattr(AttachPolicy, "do", lambda *_: None)
    assert not run(world, path)
    assert phases(path) == [Phase.OPEN]
    monkeypatch.undo()
    assert run(world, path)


def test_an_act_counts_only_when_its_check_is_green(world: World, tmp_path: Path) -> None:
    class Red:
        answers = 0

        def green(self, step: Step) -> bool:
            self.answers += 1
            return False

    path, red = tmp_path / "j", Red()
    begin(path, acts_of(world)[:1])
    assert not run(world, path, checks=red)
    assert red.answers == len(PAUSES)
    (step,) = history(read(path).records).steps
    assert (step.phase, step.green) == (Phase.DONE, False)
    assert run(world, path)  # a resumption only checks again
    assert [r["type"] for r in read(path).records].count("intent") == 1


def test_an_undo_that_is_refused_goes_on_later(world: World, tmp_path: Path) -> None:
    path = tmp_path / "j"
    begin(path, acts_of(world))
    assert run(world, path)
    allow = refuse(world.iam, "iam", "DetachUserPolicy", "AccessDenied")
    with pytest.raises(UserError, match="AWS refuses DetachUserPolicy"):
        run(world, path, backwards=True)
    undone = [s.undo for s in history(read(path).records).steps]
    assert undone == [Phase.NEW, Phase.FAILED, Phase.DONE, Phase.DONE]
    allow()
    assert run(world, path, backwards=True)
    assert not world.iam.list_attached_user_policies(UserName="bob")["AttachedPolicies"]


def test_protection_is_asked_once_more_before_the_call(world: World, tmp_path: Path) -> None:
    path = tmp_path / "j"
    begin(path, acts_of(world)[1:2])
    assert not run(world, path, protected=lambda _: "user bob is who runs this")
    (step,) = history(read(path).records).steps
    assert (step.phase, step.error) == (Phase.FAILED, "user bob is who runs this")
    assert world.iam.list_attached_user_policies(UserName="bob")["AttachedPolicies"] == []


# -- who is protected ---------------------------------------------------------------------------------------------


def people() -> Facts:
    def arn(kind: str, name: str, path: str = "/") -> str:
        return f"arn:aws:iam::{ACCOUNT}:{kind}{path}{name}"

    return Facts(
        ACCOUNT,
        users={
            "Admin": LiveUser("Admin", arn("user", "Admin"), groups=("admins",)),
            "bob": LiveUser("bob", arn("user", "bob"), groups=("staff",)),
            "rescue": LiveUser("rescue", arn("user", "rescue", "/emergency/"), groups=("emergency",)),
        },
        groups={
            n: LiveGroup(n, arn("group", n), attached=(arn("policy", "all"),) if n == "emergency" else ())
            for n in ("admins", "staff", "emergency")
        },
        roles={"deploy": LiveRole("deploy", arn("role", "deploy"))},
    )


@pytest.mark.parametrize(
    ("act", "caller", "reason"),
    [
        (AttachPolicy("user", "bob", GUARD), f"arn:aws:iam::{ACCOUNT}:user/admin", None),
        (AttachPolicy("user", "Admin", GUARD), f"arn:aws:iam::{ACCOUNT}:user/x/admin", "is who runs this"),
        (AttachPolicy("user", "Admin", GUARD), "arn:aws:iam::999999999999:user/admin", None),
        (AttachPolicy("group", "admins", GUARD), f"arn:aws:iam::{ACCOUNT}:user/Admin", "has a protected member"),
        (AttachPolicy("group", "staff", GUARD), f"arn:aws:iam::{ACCOUNT}:user/Admin", None),
        (AttachPolicy("role", "deploy", GUARD), f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/s", "is who runs this"),
        (AttachPolicy("user", "rescue", GUARD), "", "break-glass principal"),
        (AttachPolicy("group", "emergency", GUARD), "", "break-glass principal"),
        (AttachPolicy("user", "<root_account>", GUARD), "", "root is never touched"),
        (DeactivateKey("bob", "AKIAOWN"), "", "access key of this very run"),
        (DeactivateKey("bob", "AKIAOTHER"), "", None),
        (PutPolicyDocument(f"arn:aws:iam::{ACCOUNT}:policy/all", {}), "", "somebody protected has the policy"),
        (PutPolicyDocument(f"arn:aws:iam::{ACCOUNT}:policy/some", {}), "", None),
        (SetPasswordPolicy(FLOORS), f"arn:aws:iam::{ACCOUNT}:user/Admin", None),
    ],
)
def test_whom_no_act_touches(act: Act, caller: str, reason: str | None) -> None:
    shield = Protection(people(), [Caller(caller, "AKIAOWN")], [f"arn:aws:iam::{ACCOUNT}:user/emergency/*"])
    found = shield.reason(act)
    assert (found is None) is (reason is None)
    assert reason is None or reason in str(found)
