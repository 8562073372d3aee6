"""Log files of CloudTrail in a folder, read by DuckDB; files that DuckDB refuses are read by Python, as far as they go.

Memory is bounded: DuckDB has a limit, and files are read in batches whose largest is known from the size that gzip
keeps at a file's end. DuckDB is kept off the network and off every file but these.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tfratchet.account.events.query import COLUMNS, NAME, DuckDb, Question, literal, record_of, sql
from tfratchet.account.events.unwrap import Reading
from tfratchet.account.events.window import Window
from tfratchet.errors import UserError

MEMORY = "1200MB"
THREADS = 2
_BATCH = 192 << 20
"""Bytes of text in one batch."""
_FILES = 2000
"""Files in one batch: halving it finds a broken one in eleven steps."""
_OBJECT = 16 << 20
"""DuckDB's usual limit of one JSON object; a file of CloudTrail is one object."""
_LARGEST = 128 << 20
"""A JSON object larger than this is not read: CloudTrail's own files stay far below."""

# .../CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_ID.json.gz
_STAMP = re.compile(r"_CloudTrail_([a-z0-9-]+)_(\d{4})(\d\d)(\d\d)T\d{4}Z_")
_OTHER = re.compile(r"(?:/|^|_)CloudTrail-(?:Digest|Insight|NetworkActivity|Aggregated)[/_]")
SUFFIXES = (".json.gz", ".json", ".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".gz")

# Records of one JSON document, whatever wraps them; see ``unwrap.py``, which knows a few more. Records whose text shows
# that they are other calls go at once, before their JSON is looked into: that halves the time.
_RECORDS = """(
  SELECT record, filename FROM (
    SELECT filename, unnest(CASE
      WHEN len(listed) > 0 THEN listed
      WHEN json_type(json, '$.Records') = 'ARRAY' THEN []
      WHEN json_type(json, '$.Records') = 'OBJECT' THEN [json_extract(json, '$.Records')]
      WHEN json_type(json, '$.Events') = 'ARRAY' THEN list_transform(json_extract(json, '$.Events[*]'),
        lambda x: COALESCE(TRY_CAST(json_extract_string(x, '$.CloudTrailEvent') AS JSON), x))
      WHEN json_type(json) = 'ARRAY' THEN json_extract(json, '$[*]')
      WHEN json_type(json, '$.detail') = 'OBJECT' THEN [json_extract(json, '$.detail')]
      ELSE [json] END) AS record
    FROM (
      SELECT json, filename, json_extract(json, '$.Records[*]') AS listed
      FROM read_json_objects($files, format = 'auto', filename = true, maximum_object_size = {largest})))
  WHERE {maybe}
) AS records"""


def records_table(question: Question, largest: int) -> DuckDb:
    """The records in ``$files`` that may be of the calls of a question, and what is no record."""
    names = sorted({n for names in question.calls.values() for n in names})
    text = "record::VARCHAR"
    named = literal(r'"eventName"\s*:\s*\[?\s*"(?:' + "|".join(map(re.escape, names)) + ')"')
    maybe = f"regexp_matches({text}, {named}) OR NOT contains({text}, '\"eventName\"')"
    return DuckDb(_RECORDS.format(largest=largest, maybe=maybe))


_NAME = COLUMNS.index(NAME)


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file to read: where it lies, what the user calls it, how large its text is."""

    path: str
    name: str
    size: int


@dataclass
class LogReading:
    """What was read, and what went wrong."""

    files: int = 0
    bytes: int = 0
    problems: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    """Names of files that hold JSON and no record of CloudTrail."""

    def notes(self) -> list[str]:
        """What a reader should know."""
        if not self.foreign:
            return []
        names = ", ".join(self.foreign[:3]) + (", ..." if len(self.foreign) > 3 else "")
        number = len(self.foreign)
        return [f"{number:,} file{' holds' if number == 1 else 's hold'} no record of CloudTrail: {names}"]


def duckdb_module() -> Any:
    """DuckDB. Raises UserError when the extra is not installed."""
    try:
        import duckdb
    except ImportError:
        raise UserError("reading log files needs DuckDB", hint="pip install 'tfratchet[events]'") from None
    return duckdb


def found_files(folder: str, window: Window, regions: Sequence[str], reading: LogReading) -> list[LogFile]:
    """The log files at ``folder`` (or the one file) that can hold events of the window. Raises UserError for none."""
    if os.path.isfile(folder):
        return [log_file(folder, os.path.basename(folder))]
    if not os.path.isdir(folder):
        raise UserError("no such file or folder", where=folder)
    files = []
    seen = False

    def unreadable(error: OSError) -> None:
        reading.problems.append(f"{error.filename}: {error.strerror}")

    for directory, below, names in os.walk(folder, onerror=unreadable):
        below.sort()
        for name in sorted(names):
            path = os.path.join(directory, name)
            if not name.endswith(SUFFIXES) or _OTHER.search(path.replace(os.sep, "/")):
                continue
            seen = True
            if not wanted_name(name, window, regions):
                continue
            try:
                if os.path.isfile(path):  # a pipe would be waited on for ever
                    files.append(log_file(path, os.path.relpath(path, folder)))
            except OSError as error:
                reading.problems.append(f"{path}: {error.strerror}")
    if not seen and not reading.problems:
        raise UserError("holds no log files", where=folder, hint="log files end in .json.gz or .json")
    return files


def wanted_name(name: str, window: Window, regions: Sequence[str]) -> bool:
    """False when the name of a log file of CloudTrail says that it holds nothing of the window or regions."""
    stamp = _STAMP.search(name)
    if stamp is None:
        return True
    first, last = window.days()
    try:
        day = date(int(stamp[2]), int(stamp[3]), int(stamp[4]))
    except ValueError:
        return True
    if regions and stamp[1] not in regions:
        return False
    return (first is None or day >= first) and (last is None or day <= last)


def log_file(path: str, name: str) -> LogFile:
    """A file with the size of its text: of a gzip file what its last four bytes say (RFC 1952)."""
    size = os.path.getsize(path)
    with open(path, "rb") as handle:
        if handle.read(2) == b"\x1f\x8b" and size >= 18:
            handle.seek(-4, os.SEEK_END)
            told = int.from_bytes(handle.read(4), "little")
            # A broken file ends in anything; deflate makes nothing smaller than a thousandth (zlib's technical notes).
            size = told if size <= told + 64 and told < 1032 * size else size
    return LogFile(path, name, size)


def batches(files: Iterable[LogFile]) -> Iterator[list[LogFile]]:
    """The files in batches of bounded size; a large one by itself."""
    batch: list[LogFile] = []
    total = 0
    for file in files:
        large = file.size > _OBJECT or (batch and batch[-1].size > _OBJECT)
        if batch and (large or total + file.size > _BATCH or len(batch) == _FILES):
            yield batch
            batch, total = [], 0
        batch.append(file)
        total += file.size
    if batch:
        yield batch


class LogReader:
    """Puts a question to log files."""

    def __init__(self, question: Question, *, memory: str = MEMORY, threads: int = THREADS) -> None:
        self.question = question
        self.reading = LogReading()
        self._threads = threads
        self._duckdb = duckdb_module()
        self._connection = self._duckdb.connect(
            ":memory:",
            config={
                "memory_limit": memory,
                "threads": threads,
                "preserve_insertion_order": False,
                "temp_directory": "",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )

    def __enter__(self) -> LogReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def records(
        self, files: Iterable[LogFile], step: Callable[[str], object] = lambda _: None
    ) -> Iterator[Mapping[str, Any]]:
        """The records that the question asks for. What cannot be read is told in ``reading.problems``."""
        for batch in batches(files):
            yield from self._batch(batch)
            for file in batch:
                self.reading.files += 1
                self.reading.bytes += file.size
                step(file.name)

    def _batch(self, batch: list[LogFile]) -> Iterator[Mapping[str, Any]]:
        """A batch; when something in it cannot be read, its halves."""
        by_hand: list[tuple[LogFile, bool]] = []
        plain = []
        for file in batch:
            if re.search(r"[*?\[\]]", file.path):
                by_hand.append((file, False))  # DuckDB would take its name for a pattern
            else:
                plain.append(file)
        rows: list[tuple[Any, ...]] = []
        try:
            rows = self._query(plain) if plain else []
            if any(row[_NAME] is None or row[_NAME].startswith("[") for row in rows):
                odd = self._odd(plain)
                by_hand += [(f, False) for f in plain if f.path in odd]
                plain = [f for f in plain if f.path not in odd]
                rows = self._query(plain) if plain else []
        except self._duckdb.Error:
            if len(plain) > 1:
                middle = len(plain) // 2
                yield from self._batch(plain[:middle])
                yield from self._batch(plain[middle:])
            else:
                by_hand += [(f, True) for f in plain]
        yield from map(record_of, rows)
        for file, refused in by_hand:
            yield from self._by_hand(file, refused=refused)

    def _odd(self, batch: Sequence[LogFile]) -> set[str]:
        """The files that hold something else than records in the usual wrapping."""
        table = records_table(self.question, max(_OBJECT, batch[0].size + 1 if len(batch) == 1 else 0))
        statement = f"SELECT DISTINCT filename FROM {table.source()} WHERE {table.beside()}"  # noqa: S608 (both are ours)
        found = self._connection.execute(statement, {"files": [f.path for f in batch]}).fetchall()
        return {name for (name,) in found}

    def _query(self, batch: Sequence[LogFile]) -> list[tuple[Any, ...]]:
        try:
            return self._ask(batch, _OBJECT, self._threads)
        except self._duckdb.Error:
            if len(batch) > 1 or not _OBJECT < batch[0].size <= _LARGEST:
                raise
        # A large file may be many small objects, or one large one: then its buffers are as large, once is enough.
        return self._ask(batch, batch[0].size + 1, 1)

    def _ask(self, batch: Sequence[LogFile], largest: int, threads: int) -> list[tuple[Any, ...]]:
        statement = sql(self.question, records_table(self.question, largest))
        self._connection.execute(f"SET threads = {threads}")
        asked = self._connection.execute(statement, {"files": [f.path for f in batch]})
        rows: list[tuple[Any, ...]] = asked.fetchall()
        return rows

    def _by_hand(self, file: LogFile, *, refused: bool) -> Iterator[Mapping[str, Any]]:
        """A file that DuckDB does not read, as far as Python can. All its records: what is wanted is chosen later."""
        reading = Reading(file.name, limit=_LARGEST)
        try:
            with open(file.path, "rb") as handle:
                content = handle.read(_LARGEST)
        except OSError as error:
            self.reading.problems.append(f"{file.name}: {error.strerror}")
            return
        yield from reading.read(content)
        self.reading.problems += reading.problems
        if not content and refused:
            self.reading.problems.append(f"{file.name}: empty")
        elif not reading.records and not reading.problems:
            self.reading.foreign.append(file.name)
