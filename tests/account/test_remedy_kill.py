"""kill -9 at every point of a run and of an undo, each time a resumption: the end is the same, nothing is done twice.

One world is killed again and again: at every place where a run could die, in order. Each child process is a real one,
killed by a real SIGKILL; what the next one knows is the journal and the account.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from live_server import command, endpoint, server_url
from remedy_world import ACCOUNT, World, connect, every_act, states, weak

from tfratchet.account.acts import Act
from tfratchet.account.journal import Journal, read
from tfratchet.account.remedy.checks import AccountChecks
from tfratchet.account.remedy.run import Run
from tfratchet.account.remedy.steps import ASKED, Phase, Reason, Step, history, plan_record
from tfratchet.config import Settings

__all__ = ["endpoint", "server_url"]

Point = tuple[str, int, str]
"""What, which act, and where: ``("intent", 3, "half")`` is a record of which half is on disk."""

# Before an intent is after the last record of the act before.
FORWARDS = [
    ("intent", "half"),
    ("intent", "after"),
    ("call", "after"),
    ("done", "half"),
    ("done", "after"),
    ("checked", "half"),
    ("checked", "after"),
]
BACKWARDS = [
    ("undo-intent", "half"),
    ("undo-intent", "after"),
    ("call", "after"),
    ("undone", "half"),
    ("undone", "after"),
]


class Killer:
    """Kills this process at one point."""

    def __init__(self, point: Point | None, book: Journal, log: Path, steps: list[Step], verb: str) -> None:
        self.point = point
        self._write_through(book)
        for step in steps:
            wrapped = self._wrapped(getattr(step.act, verb), step.number, log, step.act.kind)
            object.__setattr__(step.act, verb, wrapped)  # acts are frozen

    def reach(self, *here: Any) -> None:
        if here == self.point:
            os.kill(os.getpid(), signal.SIGKILL)

    def _write_through(self, book: Journal) -> None:
        append = book._append

        def killing(data: bytes) -> None:
            record = json.loads(data) if data.strip() else {}
            here = (record.get("type", ""), record.get("n", -1))
            self.reach(*here, "before")
            if (*here, "half") == self.point:
                append(data[: len(data) // 2])
                self.reach(*here, "half")
            append(data)
            self.reach(*here, "after")

        book._append = killing  # type: ignore[method-assign]

    def _wrapped(self, call: Callable[..., None], number: int, log: Path, kind: str) -> Callable[..., None]:
        def wrapped(*arguments: Any) -> None:
            call(*arguments)
            with log.open("a") as file:
                file.write(f"{number} {kind}\n")
            self.reach("call", number, "after")

        return wrapped


def child(url: str, path: Path, log: Path, point: Point | None, *, backwards: bool = False) -> int:
    """Go on with the run in another process; gives the signal that ended it, or 0."""
    pid = os.fork()
    if pid:
        status = os.waitpid(pid, 0)[1]
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed"
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    try:
        account = connect(url)
        book = Journal.reopen(path)
        steps = list(history(book.records).steps)
        Killer(point, book, log, steps, "undo" if backwards else "do")
        run = Run(
            account, book, AccountChecks(account, Settings()), lambda *_: None, lambda _: None, pause=lambda _: None
        )
        whole = run.undo(steps) if backwards else run.apply(steps)
        os._exit(0 if whole or backwards else 1)
    except BaseException:  # noqa: BLE001 (a child of fork must not come back into pytest)
        import traceback

        traceback.print_exc()
        os._exit(3)


def begin(path: Path, acts: list[Act]) -> None:
    steps = [Step(n, act, (Reason(ASKED, "a test"),)) for n, act in enumerate(acts)]
    book = Journal.create(path)
    book.write("begin", run="r", account=ACCOUNT, options={}, acts=plan_record(steps))
    book.close()


@pytest.fixture
def world(endpoint: str) -> World:
    return weak(connect(endpoint))


def test_killed_at_every_point(world: World, endpoint: str, tmp_path: Path) -> None:
    acts = every_act(world, str(tmp_path / "seeds"))
    before = states(world, acts)
    wanted = [act.target(state) for act, state in zip(acts, before, strict=True)]
    path, log = tmp_path / "j.jsonl", tmp_path / "calls"
    begin(path, acts)
    for number in range(len(acts)):
        for what, where in FORWARDS:
            point = (what, number, where)
            assert child(endpoint, path, log, point) == signal.SIGKILL, point
        now = states(world, acts)
        # What is done stays done, what has not begun is untouched.
        assert now[: number + 1] == wanted[: number + 1]
        assert now[number + 1 :] == before[number + 1 :]
    assert child(endpoint, path, log, None) == 0
    assert states(world, acts) == wanted
    made = Counter(log.read_text().splitlines())
    assert made == {f"{n} {act.kind}": 1 for n, act in enumerate(acts)}  # nothing twice
    steps = history(read(path).records).steps
    assert [s.phase for s in steps] == [Phase.DONE] * len(acts)
    assert [s.before for s in steps] == before
    assert all(s.green for s in steps)

    # -- and back, killed at every point again; the deleted key alone cannot come back
    log.unlink()
    undoable = [n for n, act in enumerate(acts) if act.reversible]
    for number in reversed(undoable):
        for what, where in BACKWARDS:
            point = (what, number, where)
            assert child(endpoint, path, log, point, backwards=True) == signal.SIGKILL, point
    assert child(endpoint, path, log, None, backwards=True) == 0
    now = states(world, acts)
    assert [now[n] for n in undoable] == [before[n] for n in undoable]
    made = Counter(log.read_text().splitlines())
    assert made == {f"{n} {acts[n].kind}": 1 for n in undoable}
    last = history(read(path).records).steps[-1]
    assert (last.act.kind, last.undo, last.undo_error) == ("delete-access-key", Phase.FAILED, "cannot be undone")


def test_a_seed_that_was_lost_between_call_and_file_is_made_anew(world: World, endpoint: str, tmp_path: Path) -> None:
    """The one act that leaves something half done: a device whose seed nobody has."""
    (act,) = [a for a in every_act(world, str(tmp_path / "seeds")) if a.kind == "create-mfa-device"]
    path = tmp_path / "j.jsonl"
    begin(path, [act])
    book = Journal.reopen(path)
    book.write("intent", n=0, before=act.read(world.account))
    book.close()
    lost = world.iam.create_virtual_mfa_device(VirtualMFADeviceName="bob")["VirtualMFADevice"]["Base32StringSeed"]
    assert child(endpoint, path, tmp_path / "log", None) == 0
    text = (tmp_path / "seeds" / "bob.mfa-seed").read_text()
    assert lost.decode() not in text
    assert len(world.iam.list_virtual_mfa_devices()["VirtualMFADevices"]) == 1
    assert act.read(world.account) == {"device": "unassigned", "seed_file": True}
    seed = text.splitlines()[1].removeprefix("seed: ")
    assert seed not in path.read_text()  # and the journal does not know it


@pytest.mark.parametrize("what", [("intent", "after"), ("call", "after"), ("done", "half")])
def test_the_command_goes_on_after_a_kill(world: World, endpoint: str, tmp_path: Path, what: tuple[str, str]) -> None:
    acts = every_act(world, str(tmp_path / "seeds"))[:5]
    wanted = [act.target(act.read(world.account)) for act in acts]
    path = tmp_path / "j.jsonl"
    begin(path, acts)
    assert child(endpoint, path, tmp_path / "log", (what[0], 2, what[1])) == signal.SIGKILL
    dry = command("remediate", "--resume", str(path))
    assert dry.returncode == 1, dry.stderr
    assert "3 changes would be made or checked" in dry.stdout
    done = command("remediate", "--resume", str(path), "--apply", "--yes", process=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("was cut off" in done.stderr) is (what == ("done", "half"))
    assert states(world, acts) == wanted
    again = command("remediate", "--resume", str(path), "--apply", "--yes")
    assert (again.returncode, again.stdout) == (0, "nothing left to do\n")
