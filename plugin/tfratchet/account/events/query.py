"""The question that is put to stored log files, written once and said in two dialects of SQL: DuckDB's and Athena's.

Both answers have the same columns (``COLUMNS``), all of them texts, and hold the same rows for the same logs.
``record_of`` turns a row back into a record of CloudTrail. Athena's table is the one of CloudTrail's documentation
(``ddl.py``): its columns carry CloudTrail's names in lower case, ``userIdentity`` is a struct, ``requestParameters`` is
JSON text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tfratchet.account.events.window import Window

Path = tuple[str, ...]

COLUMNS: tuple[Path, ...] = (
    ("eventTime",),
    ("eventSource",),
    ("eventName",),
    ("eventID",),
    ("awsRegion",),
    ("recipientAccountId",),
    ("sourceIPAddress",),
    ("userAgent",),
    ("errorCode",),
    ("errorMessage",),
    ("requestParameters",),
    ("responseElements",),
    ("additionalEventData",),
    ("sessionCredentialFromConsole",),
    ("userIdentity", "type"),
    ("userIdentity", "arn"),
    ("userIdentity", "principalId"),
    ("userIdentity", "accountId"),
    ("userIdentity", "userName"),
    ("userIdentity", "invokedBy"),
    ("userIdentity", "sessionContext", "attributes", "mfaAuthenticated"),
    ("userIdentity", "sessionContext", "sessionIssuer", "arn"),
    ("userIdentity", "sessionContext", "sessionIssuer", "userName"),
    ("userIdentity", "sessionContext", "sessionIssuer", "accountId"),
)
"""What is read of each record, as paths into it."""

DAYS = frozenset({"day", "timestamp", "date"})
"""Names that the partition of the days has in tables of CloudTrail logs."""

TIME, SOURCE, NAME, PARAMETERS = ("eventTime",), ("eventSource",), ("eventName",), ("requestParameters",)

# Deleted objects: only where the parameters speak of log files, since a busy bucket deletes millions of others.
LOG_FILES = "%AWSLogs/%"
OBJECT_CALLS = ("DeleteObject", "DeleteObjects")


class Dialect(Protocol):
    """How a dialect says what differs."""

    def column(self, path: Path) -> str:
        """The text at ``path`` of a record."""
        ...

    def source(self) -> str:
        """What stands behind FROM."""
        ...

    def beside(self) -> str:
        """A condition on rows that are wanted beside those that are asked for, or an empty text."""
        ...


def literal(value: str) -> str:
    """A text in SQL. NUL cannot stand in one and is left out."""
    return "'" + value.replace("\x00", "").replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace("\x00", "").replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class DuckDb:
    """Records are JSON in a column ``record`` of ``table``."""

    table: str

    def column(self, path: Path) -> str:
        found = f"json_extract_string(record, '$.{'.'.join(path)}')"
        if len(path) == 1:
            return found
        # A list where an object is usual: its first element.
        return f"COALESCE({found}, json_extract_string(record, '$.{path[0]}[0].{'.'.join(path[1:])}'))"

    def source(self) -> str:
        return self.table

    def beside(self) -> str:
        # Something that is no record, where a record should be: the reader looks at its file more closely.
        name = self.column(NAME)
        return f"({name} IS NULL AND json_type(record) IN ('OBJECT', 'ARRAY') OR {name} LIKE '[%')"


@dataclass(frozen=True, slots=True)
class Athena:
    """A table of CloudTrail's documentation. ``partitions``: the columns that it is divided by, for pruning."""

    table: str
    database: str = ""
    partitions: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    """Columns that an older table lacks, in lower case."""

    def column(self, path: Path) -> str:
        if path[0].lower() in self.absent:
            return "CAST(NULL AS VARCHAR)"
        return ".".join(identifier(part.lower()) for part in path)

    def source(self) -> str:
        return ".".join(identifier(n) for n in (self.database, self.table) if n)

    def beside(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Question:
    """Which records are wanted."""

    calls: Mapping[str, Sequence[str]]
    """Source → names."""
    window: Window = field(default_factory=Window)
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    """Buckets whose deleted objects are wanted whatever their names."""


@dataclass
class _Where:
    """Conditions, all of which must hold."""

    parts: list[str] = field(default_factory=list)

    def text(self) -> str:
        return "\n  AND ".join(self.parts)


def sql(question: Question, dialect: Dialect) -> str:
    """The whole query."""
    columns = ",\n  ".join(f"{dialect.column(p)} AS {identifier('.'.join(p))}" for p in COLUMNS)
    where = _Where()
    # The name alone first: it leaves few records for everything behind it to be worked out.
    names = sorted({n for names in question.calls.values() for n in names})
    where.parts.append(f"{dialect.column(NAME)} IN ({_list(names)})" if names else "1 = 0")
    where.parts.append(_calls(question, dialect))
    where.parts += _time(question.window, dialect)
    for path, values in ((("recipientAccountId",), question.accounts), (("awsRegion",), question.regions)):
        if values:
            column = dialect.column(path)
            where.parts.append(f"({column} IS NULL OR {column} IN ({_list(values)}))")
    if isinstance(dialect, Athena):
        where.parts += _pruning(question, dialect)
    order = ", ".join(dialect.column(p) for p in (TIME, ("eventID",)))
    wanted = where.text()
    if dialect.beside():
        wanted = f"({wanted})\n  OR {dialect.beside()}"
    return f"SELECT\n  {columns}\nFROM {dialect.source()}\nWHERE {wanted}\nORDER BY {order}"


def _list(values: Iterable[str]) -> str:
    return ", ".join(literal(v) for v in values)


def _calls(question: Question, dialect: Dialect) -> str:
    name, source, parameters = dialect.column(NAME), dialect.column(SOURCE), dialect.column(PARAMETERS)
    options = []
    for service, names in question.calls.items():
        plain = [n for n in names if n not in OBJECT_CALLS]
        if plain:
            options.append(f"({source} = {literal(service)} AND {name} IN ({_list(plain)}))")
        objects = [n for n in names if n in OBJECT_CALLS]
        if objects:
            about = [f"{parameters} LIKE {literal(LOG_FILES)}"]
            about += [f"{parameters} LIKE {literal(_about(bucket))}" for bucket in question.buckets]
            condition = " OR ".join(about)
            options.append(f"({source} = {literal(service)} AND {name} IN ({_list(objects)}) AND ({condition}))")
    if options:
        options.append(f"{source} IS NULL")  # an odd record: its name will do
    return "(" + "\n    OR ".join(options or ["1 = 0"]) + ")"


def _about(bucket: str) -> str:
    return f'%"bucketName"%"{bucket}"%'  # names of buckets hold no character that LIKE takes for more than itself


def _time(window: Window, dialect: Dialect) -> list[str]:
    """Times are ISO 8601 in UTC, so their texts compare as they do. What is no such text is not left out here."""
    column = dialect.column(TIME)
    parts = []
    for limit, sign in ((window.since, ">="), (window.until, "<")):
        if limit is not None:
            odd = f"{column} IS NULL OR {column} NOT LIKE '____-__-__T%'"
            parts.append(f"({odd} OR {column} {sign} {literal(_stamp(limit))})")
    return parts


def _stamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _pruning(question: Question, dialect: Athena) -> list[str]:
    """Conditions on partition columns: the days, accounts and regions whose files need not be read."""
    parts = []
    for column in sorted(DAYS & dialect.partitions):
        first, last = question.window.days()
        if first is not None:
            parts.append(f"{identifier(column)} >= {literal(first.strftime('%Y/%m/%d'))}")
        if last is not None:
            parts.append(f"{identifier(column)} <= {literal(last.strftime('%Y/%m/%d'))}")
    for column, values in (("account", question.accounts), ("region", question.regions)):
        if column in dialect.partitions and values:
            parts.append(f"{identifier(column)} IN ({_list(values)})")
    return parts


def record_of(row: Sequence[Any]) -> dict[str, Any]:
    """The record that a row of the answer is of, with the fields that were asked for."""
    record: dict[str, Any] = {}
    for path, value in zip(COLUMNS, row, strict=True):
        if value is None or value == "":
            continue
        place = record
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
    return record
