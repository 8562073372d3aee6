"""The journal of a run that changes an account: one JSON object a line, only appended to, on disk before it counts.

A record is written and synced *before* each call (``intent``: what will be done and what is there now) and *after* it
(``done``, ``failed``), so that whatever kills a run in between leaves enough to go on, or to go back. One file holds
one run, its resumptions and its undoing. Records by ``type``:

``begin``    run, account, caller, command, the acts of the plan, what to check them against
``intent``   n (index of the act), before: the state to go back to
``done``     n, after: the state that the act left; how: ``called`` or ``found`` (it had been done before we looked)
``failed``   n, error: the call had no effect
``checked``  n, green: whether the check that asked for the act is content now
``undo-begin``, ``undo-intent``, ``undone``, ``undo-failed``   the same on the way back
``resumed``  a later process goes on from here
``torn``     line, to: these lines, just before, were cut off when a run died
``end``      the run came to its end

No secret is ever in a record: acts have none in their state (a test searches the files for them).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tfratchet.errors import UserError

VERSION = 1
TYPES = frozenset(
    [
        *("begin", "intent", "done", "failed", "checked", "end"),
        *("undo-begin", "undo-intent", "undone", "undo-failed", "resumed", "torn"),
    ]
)

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Torn:
    """A last line that was cut off: the run died, or the disk was full, while it was written."""

    first: int
    """Counted from 1."""
    last: int
    """The same line, unless the run that went on from there died while it told of it."""

    def __str__(self) -> str:
        return f"line {self.first} was cut off while it was written; it is kept and passed over"


@dataclass(frozen=True, slots=True)
class Content:
    """What a journal holds."""

    records: Sequence[Record]
    torn: Torn | None = None
    """The last line, when it is no whole record."""
    ended_well: bool = True
    """Whether the file ends with a line break."""


def state_folder() -> Path:
    """Where journals and locks are kept: ``TFRATCHET_STATE_DIR``, else ``tfratchet`` below ``XDG_STATE_HOME``.

    Not the working directory: a journal must not end up in somebody's commit, and two runs on one account that are
    started in different folders must see each other's lock.
    """
    named = os.environ.get("TFRATCHET_STATE_DIR")
    if named:
        return Path(named)
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "tfratchet"


def default_path(account: str, run: str, now: datetime) -> Path:
    """The journal of a run that names none: ``journal-ACCOUNT-DAYTIME-RUN.jsonl`` in the state folder."""
    return state_folder() / f"journal-{account}-{now:%Y%m%dT%H%M%SZ}-{run}.jsonl"


def journals_of(account: str) -> list[Path]:
    """The journals of an account in the state folder, oldest first."""
    return sorted(state_folder().glob(f"journal-{account}-*.jsonl"))


def read(path: Path) -> Content:
    """What the journal at ``path`` holds.

    A last line without its end is no error (see ``Content.torn``). Raises UserError when the file cannot be read, is no
    journal, has the format of a later version, or is damaged anywhere else.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read the journal: {error.strerror}", where=str(path)) from None
    return parse(data, str(path))


def parse(data: bytes, where: str) -> Content:
    """The records in ``data``; ``where`` is for messages. Raises UserError as ``read`` does."""
    lines = data.split(b"\n")
    ended_well = lines[-1] == b""
    if ended_well:
        lines.pop()
    records: list[Record] = []
    broken: list[int] = []
    for number, line in enumerate(lines, 1):
        record = _record(line)
        if record is None:
            broken.append(number)
            continue
        if broken:
            # In the middle there may only stand what a later run has recognised as cut off.
            if record["type"] != "torn" or (record.get("line"), record.get("to")) != (broken[0], broken[-1]):
                raise UserError(f"line {broken[0]} of the journal is damaged", where=where)
            broken = []
            continue
        if not records and record["type"] != "begin":
            raise UserError("this is no journal of tfratchet: its first line is no 'begin'", where=where)
        if record["type"] == "begin" and record.get("v") != VERSION:
            raise UserError(
                f"the journal has format {record.get('v')}, this version reads {VERSION}",
                where=where,
                hint="use the version of tfratchet that wrote it",
            )
        records.append(record)
    if broken and not records and broken[-1] > 1:
        raise UserError("this is no journal of tfratchet", where=where)
    return Content(records, Torn(broken[0], broken[-1]) if broken else None, ended_well)


def _record(line: bytes) -> Record | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("type") in TYPES else None


class Journal:
    """An open journal. Every ``write`` is on disk when it returns."""

    def __init__(self, path: Path, descriptor: int, records: Sequence[Record], torn: Torn | None = None) -> None:
        self.path = path
        self.torn = torn
        """What was found cut off when the journal was opened."""
        self.records = list(records)
        self._descriptor = descriptor

    @classmethod
    def create(cls, path: Path) -> Journal:
        """A new journal. Raises UserError when there is one already, or it cannot be written."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise _unwritable(path.parent, error) from None
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | _CLOEXEC, 0o600)
        except FileExistsError:
            raise UserError(
                "there is a journal of this name, and a journal holds one run",
                where=str(path),
                hint=f"go on with it: tfratchet remediate --resume {path}, or name another --journal",
            ) from None
        except OSError as error:
            raise _unwritable(path, error) from None
        try:
            _sync_folder(path.parent)  # else the name itself may be lost when the machine stops
        except OSError as error:
            os.close(descriptor)
            raise _unwritable(path, error) from None
        return cls(path, descriptor, ())

    @classmethod
    def reopen(cls, path: Path) -> Journal:
        """An existing journal, to go on with. A line that was cut off stays as it is; a ``torn`` record tells of it.

        Raises UserError when it cannot be read or written.
        """
        content = read(path)
        if not content.records:
            raise UserError("the journal is empty: its run did nothing", where=str(path))
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | _CLOEXEC)
        except OSError as error:
            raise _unwritable(path, error) from None
        journal = cls(path, descriptor, content.records, content.torn)
        if not content.ended_well:
            journal._append(b"\n")
        if content.torn is not None:
            journal.write("torn", line=content.torn.first, to=content.torn.last)
        return journal

    def write(self, type_: str, /, **fields: Any) -> Record:
        """Append a record; it is on disk when this returns. Raises UserError when it cannot be (a full disk)."""
        record = {"type": type_, "at": _now(), **fields}
        if type_ == "begin":
            record = {"type": type_, "v": VERSION, **record}
        if type_ not in TYPES:
            raise ValueError(type_)
        self._append((json.dumps(record, ensure_ascii=True, separators=(",", ":"), sort_keys=False) + "\n").encode())
        if type_ != "torn":
            self.records.append(record)
        return record

    def _append(self, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            os.fsync(self._descriptor)
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


@contextmanager
def locked(account: str) -> Iterator[None]:
    """Holds the lock of an account: of two runs that would change it, the second is refused (UserError).

    The lock goes with the process, however that ends.
    """
    path = state_folder() / f"lock-{account}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _CLOEXEC, 0o600)
    except OSError as error:
        raise UserError(
            f"cannot make the lock: {error.strerror}", where=str(path), hint="set TFRATCHET_STATE_DIR to a folder"
        ) from None
    try:
        try:
            _lock(descriptor)
        except OSError:
            raise UserError(
                f"another run is changing account {account}", where=str(path), hint="wait until it has ended"
            ) from None
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # directories cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> UserError:
    return UserError(
        f"cannot write the journal: {error.strerror}",
        where=str(path),
        hint="nothing is changed without it; what was done stands in it",
    )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
