"""The journal: on disk before it counts, private, one run at a time, and a line that was cut off is neither lost nor
overwritten.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tfratchet.account import journal as journals
from tfratchet.account.journal import Journal, Torn, default_path, journals_of, locked, read, state_folder
from tfratchet.errors import UserError

ACCOUNT = "123456789012"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TFRATCHET_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def begun(path: Path) -> Journal:
    book = Journal.create(path)
    book.write("begin", run="r1", account=ACCOUNT, acts=[])
    return book


def test_records_come_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    book = begun(path)
    book.write("intent", n=0, before={"attached": False})
    book.write("done", n=0, after={"attached": True}, how="called")
    book.close()
    content = read(path)
    assert [r["type"] for r in content.records] == ["begin", "intent", "done"]
    assert content.records[0]["v"] == 1
    assert content.torn is None
    assert all(r["at"].endswith("+00:00") for r in content.records)


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "j.jsonl"
    begun(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_each_record_is_synced_and_so_is_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    book = begun(tmp_path / "j.jsonl")
    assert synced == ["folder", "file"]
    book.write("intent", n=0, before={})
    assert synced == ["folder", "file", "file"]
    book.close()


def test_a_journal_holds_one_run(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    begun(path).close()
    with pytest.raises(UserError, match="holds one run"):
        Journal.create(path)


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_a_line_that_was_cut_off_stays_and_is_told(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "j.jsonl"
    book = begun(path)
    book.write("intent", n=0, before={"attached": False})
    book.close()
    whole = path.read_bytes()
    torn = whole[: whole.index(b"\n") + 1 + cut]
    path.write_bytes(torn)
    assert read(path).torn == Torn(2, 2)
    again = Journal.reopen(path)
    assert again.torn == Torn(2, 2)
    assert "line 2 was cut off" in str(again.torn)
    again.write("resumed")
    again.close()
    assert path.read_bytes().startswith(torn + b"\n")  # not a byte of it is lost
    content = read(path)
    assert [r["type"] for r in content.records] == ["begin", "resumed"]
    assert content.torn is None


def test_a_record_that_only_lacks_its_line_break_counts(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    book = begun(path)
    book.write("intent", n=0, before={})
    book.close()
    path.write_bytes(path.read_bytes()[:-1])
    again = Journal.reopen(path)
    assert again.torn is None
    again.write("resumed")
    again.close()
    assert [r["type"] for r in read(path).records] == ["begin", "intent", "resumed"]


def test_a_run_may_die_while_it_tells_of_a_cut_off_line(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    begun(path).close()
    with path.open("ab") as file:
        file.write(b'{"type":"int\n{"type":"to')
    assert read(path).torn == Torn(2, 3)
    again = Journal.reopen(path)
    again.write("resumed")
    again.close()
    assert [r["type"] for r in read(path).records] == ["begin", "resumed"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.replace(b'"type":"intent"', b'"type":"int#'), "line 2 of the journal is damaged"),
        (lambda b: b.replace(b'"v":1', b'"v":2'), "has format 2, this version reads 1"),
        (lambda b: b"hello\nworld\n", "no journal of tfratchet"),
        (lambda b: b'{"type":"intent","n":0}\n', "no journal of tfratchet"),
    ],
)
def test_what_is_no_journal_is_refused(tmp_path: Path, change: Any, message: str) -> None:
    path = tmp_path / "j.jsonl"
    book = begun(path)
    book.write("intent", n=0, before={})
    book.write("done", n=0, after={})
    book.close()
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(UserError, match=message):
        read(path)


def test_a_journal_that_is_not_there_or_empty(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read the journal"):
        read(tmp_path / "none")
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(UserError, match="its run did nothing"):
        Journal.reopen(tmp_path / "empty")


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root, who runs tests in many a container, may write everywhere: so the system's answer is given by hand.
    def refuse(*_: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UserError, match="cannot write the journal: Read-only file system"):
        Journal.create(tmp_path / "j.jsonl")
    with pytest.raises(UserError, match="cannot make the lock: Read-only file system"), locked(ACCOUNT):
        pass


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write the journal"):
        Journal.create(tmp_path / "file" / "j.jsonl")


def test_a_full_disk_is_one_clear_error_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "j.jsonl"
    book = begun(path)
    real, room = os.write, [20]

    def write(descriptor: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real(descriptor, data[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(UserError, match="cannot write the journal: No space left on device"):
        book.write("intent", n=0, before={"attached": False})
    monkeypatch.undo()
    book.close()
    assert read(path).torn == Torn(2, 2)
    assert [r["type"] for r in read(path).records] == ["begin"]


def test_unknown_types_are_a_defect(tmp_path: Path) -> None:
    book = begun(tmp_path / "j.jsonl")
    with pytest.raises(ValueError, match="surprise"):
        book.write("surprise")
    book.close()


HOLD = """
import sys
from tfratchet.account.journal import locked
with locked("123456789012"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_of_two_runs_on_one_account_the_second_is_refused() -> None:
    other = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdin is not None
    assert other.stdout.readline() == "held\n"
    with pytest.raises(UserError, match="another run is changing account 123456789012"), locked(ACCOUNT):
        pass
    with locked("999999999999"):  # another account is another lock
        pass
    other.kill()  # a lock goes with its process, however that ends
    other.wait()
    other.stdin.close()
    other.stdout.close()
    with locked(ACCOUNT):
        pass


def test_where_journals_are_kept(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import datetime, timezone

    moment = datetime(2026, 11, 24, 10, 0, 1, tzinfo=timezone.utc)
    path = default_path(ACCOUNT, "ab12", moment)
    assert path == state / "journal-123456789012-20261124T100001Z-ab12.jsonl"
    begun(path).close()
    assert journals_of(ACCOUNT) == [path]
    assert journals_of("999999999999") == []
    monkeypatch.delenv("TFRATCHET_STATE_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", "/x")
    assert state_folder() == Path("/x/tfratchet")


def test_every_line_is_plain_ascii_json(tmp_path: Path) -> None:
    book = begun(tmp_path / "j.jsonl")
    book.write("failed", n=0, error="zeile\n\u2028\u00e4")
    book.close()
    data = (tmp_path / "j.jsonl").read_bytes()
    assert data.isascii()
    assert len(data.splitlines()) == 2
    assert json.loads(data.splitlines()[1])["error"] == "zeile\n\u2028\u00e4"


def test_the_module_needs_no_boto3() -> None:
    code = "import sys, tfratchet.account.journal; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert journals.VERSION == 1
