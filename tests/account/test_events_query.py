"""One question, two dialects: a parser of Athena's SQL takes it, and both give the same rows on the same records."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from events_records import ACCOUNT, detach, log_name, record, session, user, write_log
from sqlglot import exp

from tfratchet.account.events.catalog import asked_for, chosen, event_names
from tfratchet.account.events.ddl import PARTITIONS, ddl
from tfratchet.account.events.logs import records_table
from tfratchet.account.events.query import COLUMNS, Athena, Question, record_of, sql
from tfratchet.account.events.window import Window, moment
from tfratchet.errors import UserError

NOW = moment("2026-11-24T00:00:00Z", "", moment("2026-11-24", "", None))  # type: ignore[arg-type]
WINDOW = Window(moment("2026-11-12", "", NOW), moment("2026-11-22T12:00:00Z", "", NOW))
QUESTIONS = {
    "everything": Question(asked_for(chosen("all"))),
    "detachments in a window": Question(asked_for(chosen("detach")), WINDOW),
    "one call": Question(asked_for(chosen("all", ["DetachUserPolicy"])), WINDOW),
    "an account and regions": Question(asked_for(chosen("all")), WINDOW, ("210987654321",), ("us-east-1", "eu-west-1")),
    "a log bucket": Question(asked_for(chosen("log-bucket")), buckets=("trail-logs",)),
    "cloudtrail": Question(asked_for(chosen("cloudtrail"))),
}
TABLE = Athena("cloudtrail_logs", "security", PARTITIONS)


def records() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for n, (source, calls) in enumerate(asked_for(chosen("all")).items()):
        for i, name in enumerate(calls):
            day = 10 + (n + i) % 14
            made.append(
                record(
                    name,
                    f"2026-11-{day}T10:{i:02d}:00Z",
                    eventSource=source,
                    eventID=f"{source}-{name}",
                    requestParameters={"userName": f"u{i}", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
                    awsRegion=["us-east-1", "eu-west-1", "ap-south-1"][i % 3],
                    recipientAccountId=[ACCOUNT, "210987654321"][i % 2],
                    userIdentity=[user("x"), session("Admin", "b@x"), {"type": "Root", "accountId": ACCOUNT}][i % 3],
                )
            )
    made += [
        detach(eventSource="other.amazonaws.com"),
        record("GetUser"),
        detach(time="2026-11-22T12:00:00Z", eventID="at the end"),
        detach(time="2026-11-12T00:00:00Z", eventID="at the beginning"),
        record("DeleteObject", eventSource="s3.amazonaws.com", requestParameters={"bucketName": "web", "key": "a"}),
        record(
            "DeleteObject",
            eventSource="s3.amazonaws.com",
            requestParameters={"bucketName": "trail-logs", "key": "a"},
            eventID="of the log bucket",
        ),
        record(
            "DeleteObject",
            eventSource="s3.amazonaws.com",
            requestParameters={"bucketName": "b", "key": "AWSLogs/1/x"},
            eventID="a log file",
        ),
        {k: v for k, v in detach(eventID="no time").items() if k != "eventTime"},
        detach(eventID="no place", awsRegion=None, recipientAccountId=None),
        detach(who="o'neill", eventID="quote", userAgent="a'b\"c;--"),
        record("PutUserPolicy", requestParameters={"omitted": True, "reason": "too large"}, eventID="omitted"),
    ]
    return made


# What the table of CloudTrail's documentation holds of a record: names in lower case, objects as structs or JSON text.
_ISSUER = dict.fromkeys(("type", "principalid", "arn", "accountid", "username"), "VARCHAR")
_SESSION = {"attributes": dict.fromkeys(("mfaauthenticated", "creationdate"), "VARCHAR"), "sessionissuer": _ISSUER}
SHAPE = json.dumps({**_ISSUER, "invokedby": "VARCHAR", "sessioncontext": _SESSION})


def lowered(value: Any) -> Any:
    return {k.lower(): lowered(v) for k, v in value.items()} if isinstance(value, dict) else value


def athena_table(connection: duckdb.DuckDBPyConnection, made: list[dict[str, Any]]) -> None:
    """The records in a table as Athena shows it, with the columns that it is divided by."""
    plain = sorted({path[0].lower() for path in COLUMNS} - {"useridentity"})
    connection.execute("CREATE SCHEMA security")
    connection.execute(
        f"CREATE TABLE security.cloudtrail_logs AS SELECT {', '.join(f'NULL::VARCHAR AS {c}' for c in plain)}, "
        f"json_transform('{{}}', '{SHAPE}') AS useridentity, '' AS account, '' AS region, '' AS day WHERE false"
    )
    for one in made:
        low = {k.lower(): v for k, v in one.items()}
        values = [low.get(c) for c in plain]
        texts = [v if v is None or isinstance(v, str) else json.dumps(v) for v in values]
        # Files lie in the folder of the day on which they were delivered; a record without a time may lie anywhere.
        day = (one.get("eventTime") or "2026-11-15")[:10].replace("-", "/")
        identity = json.dumps(lowered(low.get("useridentity")))
        marks = ", ".join("?" * len(plain))
        connection.execute(
            f"INSERT INTO security.cloudtrail_logs SELECT {marks}, json_transform(?::JSON, '{SHAPE}'), ?, ?, ?",
            [*texts, identity, one["recipientAccountId"] or "210987654321", one["awsRegion"] or "us-east-1", day],
        )


@pytest.fixture(scope="module")
def athena() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    athena_table(connection, records())
    return connection


def of_files(question: Question, folder: Path) -> list[tuple[Any, ...]]:
    path = write_log(folder / log_name(), records())
    statement = sql(question, records_table(question, 1 << 24))
    with duckdb.connect(":memory:") as connection:
        return connection.execute(statement, {"files": [str(path)]}).fetchall()


def normal(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Rows as records; JSON inside of them without its spaces."""
    found = []
    for row in rows:
        made = record_of(row)
        for name in ("requestParameters", "responseElements", "additionalEventData"):
            if isinstance(made.get(name), str):
                made[name] = json.loads(made[name])
        found.append(made)
    return found


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("dialect", ["athena", "trino", "presto"])
def test_the_statement_is_sql_of_athena(name: str, dialect: str) -> None:
    statement = sql(QUESTIONS[name], TABLE)
    parsed = sqlglot.parse(statement, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    assert len(parsed) == 1
    select = parsed[0]
    assert isinstance(select, exp.Select)
    assert [c.alias for c in select.selects] == [".".join(p) for p in COLUMNS]
    assert [t.sql() for t in select.find_all(exp.Table)] == ['"security"."cloudtrail_logs"']
    # What the parser does not know would be an anonymous function or a command.
    assert not list(select.find_all(exp.Anonymous, exp.Command))


@pytest.mark.parametrize("name", QUESTIONS)
def test_both_dialects_give_the_same_rows(name: str, tmp_path: Path, athena: duckdb.DuckDBPyConnection) -> None:
    question = QUESTIONS[name]
    [there] = sqlglot.transpile(sql(question, TABLE), read="athena", write="duckdb")
    of_athena = normal(athena.execute(there).fetchall())
    of_duckdb = normal(of_files(question, tmp_path))
    assert of_athena == of_duckdb
    assert of_duckdb
    ids = {r["eventID"] for r in of_duckdb}
    if question.window is WINDOW:
        assert "at the end" not in ids
    if name == "everything":
        assert {"at the end", "at the beginning", "a log file", "no time", "quote", "omitted"} <= ids
        assert "of the log bucket" not in ids
        assert {r["eventName"] for r in of_duckdb} >= event_names() - {"DeleteObjects"}
    if name == "an account and regions":
        assert "no place" in ids
    if name == "a log bucket":
        assert {"of the log bucket", "a log file"} <= ids


def test_without_partitions_nothing_is_pruned_and_the_rows_are_the_same(athena: duckdb.DuckDBPyConnection) -> None:
    question = QUESTIONS["an account and regions"]
    plain = sql(question, Athena("cloudtrail_logs", "security"))
    assert '"day"' not in plain
    pruned = sql(question, TABLE)
    assert "\"day\" >= '2026/11/12'" in pruned
    assert "\"day\" <= '2026/11/23'" in pruned  # what is delivered late lies in the folder of the next day
    assert "\"account\" IN ('210987654321')" in pruned
    rows = [athena.execute(sqlglot.transpile(s, read="athena", write="duckdb")[0]).fetchall() for s in (plain, pruned)]
    assert rows[0] == rows[1]


def test_a_column_that_an_older_table_lacks_is_null(athena: duckdb.DuckDBPyConnection) -> None:
    old = Athena("cloudtrail_logs", "security", absent=frozenset({"sessioncredentialfromconsole"}))
    statement = sql(QUESTIONS["one call"], old)
    assert "sessioncredentialfromconsole" not in statement
    assert athena.execute(sqlglot.transpile(statement, read="athena", write="duckdb")[0]).fetchall()


@pytest.mark.parametrize("bad", ["x'; DROP TABLE y; --", 'a"b', "a'b", "a\x00'b", "%"])
def test_names_and_values_cannot_leave_their_quotes(bad: str) -> None:
    question = Question({bad: [bad]}, accounts=(bad,), regions=(bad,))
    statement = sql(question, Athena(bad, bad, PARTITIONS))
    parsed = sqlglot.parse(statement, read="athena", error_level=sqlglot.ErrorLevel.RAISE)
    assert len(parsed) == 1
    assert isinstance(parsed[0], exp.Select)
    kept = bad.replace("\x00", "")
    assert {t.name for t in parsed[0].find_all(exp.Table)} == {kept}
    assert {x.this for x in parsed[0].find_all(exp.Literal)} == {kept}


def test_a_question_for_nothing_finds_nothing(tmp_path: Path) -> None:
    assert of_files(Question({}), tmp_path) == []


# -- the table


def test_the_table_has_every_column_of_the_query_and_is_divided_by_day() -> None:
    statement = ddl("logs", "", "cloudtrail_logs", accounts=[ACCOUNT], regions=["us-east-1"])
    parsed = sqlglot.parse_one(statement.strip(), read="athena", error_level=sqlglot.ErrorLevel.RAISE)
    assert isinstance(parsed, exp.Create)
    body = statement.partition("PARTITIONED BY")[0]
    top = set(re.findall(r"^  (\w+) ", body, re.MULTILINE))
    assert {p[0].lower() for p in COLUMNS} <= top
    identity = body[body.index("useridentity") : body.index("  eventtime")]
    for path in COLUMNS:
        for part in path[1:]:
            assert f"{part.lower()}: " in identity
    assert body.count("<") == body.count(">")
    assert set(re.findall(r"`(\w+)` STRING", statement)) == PARTITIONS


@pytest.mark.parametrize(
    ("prefix", "organization", "key"),
    [
        ("", "", f"AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026/11/20"),
        ("a/b", "", f"a/b/AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026/11/20"),
        ("", "o-a1b2c3d4e5", f"AWSLogs/o-a1b2c3d4e5/{ACCOUNT}/CloudTrail/eu-west-1/2026/11/20"),
        (f"x/AWSLogs/{ACCOUNT}/CloudTrail/", "", f"x/AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026/11/20"),
    ],
)
def test_the_folders_are_those_that_cloudtrail_writes(prefix: str, organization: str, key: str) -> None:
    statement = ddl(
        "logs", prefix, "t", organization=organization, accounts=[ACCOUNT], regions=["us-east-1", "eu-west-1"]
    )
    found = re.search(r"'storage.location.template' = '([^']*)'", statement)
    assert found is not None
    place = found[1].replace("${account}", ACCOUNT).replace("${region}", "eu-west-1").replace("${day}", "2026/11/20")
    assert place == f"s3://logs/{key}"
    assert "'projection.region.values' = 'us-east-1,eu-west-1'" in statement
    assert "'projection.day.format' = 'yyyy/MM/dd'" in statement


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"accounts": []}, "accounts"),
        ({"regions": []}, "regions"),
        ({"accounts": ["12"]}, "--account"),
        ({"regions": ["us-east-1'"]}, "--region"),
        ({"organization": "x"}, "--organization"),
    ],
)
def test_what_the_table_cannot_be_made_of(options: dict[str, Any], word: str) -> None:
    given = {"accounts": [ACCOUNT], "regions": ["us-east-1"], **options}
    with pytest.raises(UserError, match=re.escape(word)):
        ddl("logs", "", "t", **given)
