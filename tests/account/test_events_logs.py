"""Folders of log files, read by DuckDB: every shape, broken files beside good ones, never less than Python reads."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from events_records import detach, log_name, record, session, user, write_log

from tfratchet.account.events import logs
from tfratchet.account.events.catalog import asked_for, chosen
from tfratchet.account.events.event import Event
from tfratchet.account.events.logs import LogReader, LogReading, found_files, log_file
from tfratchet.account.events.parse import event_of
from tfratchet.account.events.query import Question
from tfratchet.account.events.unwrap import Reading
from tfratchet.account.events.window import Window, moment
from tfratchet.errors import UserError

NOW = moment("2026-11-24T00:00:00Z", "", moment("2026-11-24", "", None))  # type: ignore[arg-type]
ALL = Question(asked_for(chosen("all")))


def read(folder: Path, question: Question = ALL) -> tuple[list[Event], list[str]]:
    looked = LogReading()
    with LogReader(question) as reader:
        files = found_files(str(folder), question.window, question.regions, looked)
        events = [event_of(r) for r in reader.records(files)]
        return [e for e in events if e is not None], [*looked.problems, *reader.reading.problems]


def names(events: list[Event]) -> list[str]:
    return sorted(f"{e.name} {e.target.name}".strip() for e in events)


def test_a_tree_of_log_files(tmp_path: Path) -> None:
    place = tmp_path / "AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/20"
    write_log(place / log_name(mark="a"), [detach("alice"), record("GetUser"), record("ListUsers")])
    write_log(
        place / log_name(mark="b"), [detach("bob"), record("StopLogging", eventSource="cloudtrail.amazonaws.com")]
    )
    (tmp_path / "notes.txt").write_text("no log")
    digest = tmp_path / "AWSLogs/123456789012/CloudTrail-Digest/us-east-1/2026/11/20/x.json.gz"
    digest.parent.mkdir(parents=True)
    digest.write_bytes(b"broken, and nobody looks")
    events, problems = read(tmp_path)
    assert problems == []
    assert names(events) == ["DetachUserPolicy alice", "DetachUserPolicy bob", "StopLogging"]


def test_a_row_is_the_record_again(tmp_path: Path) -> None:
    made = [
        detach(userIdentity=session("Admin", "bob@example.com", "true"), sessionCredentialFromConsole="true"),
        detach(userIdentity={**user("x"), "invokedBy": "cloudformation.amazonaws.com"}),
        record(
            "ConsoleLogin",
            eventSource="signin.amazonaws.com",
            responseElements={"ConsoleLogin": "Failure"},
            additionalEventData={"MFAUsed": "No"},
        ),
        detach(errorCode="AccessDenied", errorMessage="on resource: user alice", requestParameters=None),
        record("PutUserPolicy", requestParameters={"omitted": True, "originalSize": 5, "reason": "too large"}),
    ]
    write_log(tmp_path / log_name(), made)
    events, _ = read(tmp_path)
    wanted = [event_of(m) for m in made]
    assert sorted(events, key=repr) == sorted(wanted, key=repr)
    for one, other in zip(sorted(events, key=repr), sorted(wanted, key=repr), strict=True):
        assert other is not None
        assert (one.parameters, one.additional, one.response) == (other.parameters, other.additional, other.response)


ODD: dict[str, Any] = {
    "a dict where a list is usual": {"Records": detach("alice")},
    "a list without a wrapper": [detach("alice")],
    "a record": detach("alice"),
    "an event of EventBridge": {"detail-type": "AWS API Call via CloudTrail", "detail": detach("alice")},
    "an answer of lookup-events": {"Events": [{"CloudTrailEvent": json.dumps(detach("alice"))}, {"a": 1}]},
    "messages of a queue": {"Messages": [{"Body": json.dumps({"detail": detach("alice")})}]},
    "a notification": {"Message": json.dumps({"Records": [detach("alice")]})},
    "a name in a list": {"Records": [{**detach("alice"), "eventName": ["DetachUserPolicy"]}]},
    "lists in lists": {"Records": [[detach("alice")]]},
    "no records": [{"Records": None}, {"Records": []}, detach("alice")],
    "rubbish beside a record": {"Records": [None, 5, "x", [], {}, detach("alice")]},
    "numbers and texts for each other": {"Records": [{**detach("alice"), "eventVersion": 1, "readOnly": "false"}]},
    "no identity": {"Records": [{k: v for k, v in detach("alice").items() if k != "userIdentity"}]},
    "an identity that is a list": {"Records": [detach("alice", userIdentity=[user("x")])]},
    "an identity that is a text": {"Records": [detach("alice", userIdentity="x")]},
    "parameters in a list": {"Records": [record("DetachUserPolicy", requestParameters=[{"userName": "alice"}])]},
    "a NUL": {"Records": [detach("alice", userAgent="a\x00b")]},
    "half a surrogate pair": {"Records": [detach("alice", userAgent="\ud800")]},
    "no source": {"Records": [detach("alice", eventSource=None)]},
    "no time": {"Records": [detach("alice", eventTime=None)]},
    "a time of another kind": {"Records": [detach("alice", eventTime=[1, 2])]},
}


@pytest.mark.parametrize("shape", ODD)
def test_odd_shapes(tmp_path: Path, shape: str) -> None:
    (tmp_path / "x.json.gz").write_bytes(gzip.compress(json.dumps(ODD[shape]).encode()))
    question = Question(ALL.calls, Window(moment("2026-11-01", "", NOW), NOW))
    events, problems = read(tmp_path, question)
    assert (names(events), problems) == (["DetachUserPolicy alice"], [])


def test_odd_shapes_side_by_side(tmp_path: Path) -> None:
    for n, made in enumerate(ODD.values()):
        (tmp_path / f"{n}.json.gz").write_bytes(gzip.compress(json.dumps(made).encode()))
    lines = "\n".join(json.dumps(detach("alice", time=f"2026-11-20T09:{n:02d}:00Z")) for n in range(30))
    (tmp_path / "lines.jsonl").write_text(lines)
    (tmp_path / "pretty.json").write_text(json.dumps({"Records": [detach("alice")]}, indent=2))
    events, problems = read(tmp_path)
    assert problems == []
    assert names(events) == ["DetachUserPolicy alice"] * (len(ODD) + 31)


GOOD = gzip.compress(json.dumps({"Records": [detach(f"user{n}") for n in range(200)]}).encode())
BROKEN: dict[str, bytes] = {
    "truncated": GOOD[: len(GOOD) // 2],
    "trailer gone": GOOD[:-4],
    "empty": b"",
    "no gzip": b"\x1f\x8bxxxxxxxxxxxxxxxxxxxxxxxx",
    "no JSON": gzip.compress(b"hello"),
    "JSON that ends early": gzip.compress(b'{"Records": [{"eventName": "GetUser"}, {'),
    "flipped": GOOD[: len(GOOD) // 2] + bytes([GOOD[len(GOOD) // 2] ^ 0xFF]) + GOOD[len(GOOD) // 2 + 1 :],
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_told_and_the_others_are_read(tmp_path: Path, kind: str) -> None:
    for n in range(5):
        write_log(tmp_path / log_name(mark=f"good{n}"), [detach("alice", time=f"2026-11-20T09:0{n}:00Z")])
    (tmp_path / log_name(mark="bad")).write_bytes(BROKEN[kind])
    events, problems = read(tmp_path)
    assert len(problems) == 1
    assert problems[0].startswith(log_name(mark="bad"))
    assert names(events).count("DetachUserPolicy alice") == 5


def test_a_truncated_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "x.json.gz").write_bytes(BROKEN["truncated"])
    events, problems = read(tmp_path)
    assert 0 < len(events) < 200
    assert "ends in the middle" in problems[0]


def test_several_broken_files_among_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_BATCH", 20_000)  # several batches
    rng = random.Random(7)
    for n in range(60):
        path = write_log(tmp_path / log_name(mark=f"{n:03d}"), [detach(f"u{n}")] * rng.choice([1, 5]))
        if n % 13 == 5:
            path.write_bytes(path.read_bytes()[:-9])
    events, problems = read(tmp_path)
    assert len(problems) == 5
    assert {e.target.name for e in events} >= {f"u{n}" for n in range(60) if n % 13 != 5}


def test_names_that_duckdb_takes_for_patterns(tmp_path: Path) -> None:
    write_log(tmp_path / "old [1]" / "a*.json.gz", [detach("alice")])
    write_log(tmp_path / "old 1" / "ab.json.gz", [detach("bob")])
    events, problems = read(tmp_path)
    assert (names(events), problems) == (["DetachUserPolicy alice", "DetachUserPolicy bob"], [])


def test_a_large_object_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_OBJECT", 1 << 16)
    padding = [record("GetUser", requestParameters={"x": "y" * 1000}) for _ in range(500)]
    write_log(tmp_path / log_name(), [*padding, detach("alice")])
    events, problems = read(tmp_path)
    assert (names(events), problems) == (["DetachUserPolicy alice"], [])


def test_the_size_that_a_broken_file_claims_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "x.json.gz"
    path.write_bytes(GOOD[:100] + b"\xff\xff\xff\x7f")
    assert log_file(str(path), "x").size == 104
    path.write_bytes(GOOD)
    assert log_file(str(path), "x").size == len(gzip.decompress(GOOD))


def test_only_files_of_the_window_and_region_are_opened(tmp_path: Path) -> None:
    for day in (18, 19, 20, 21, 22):
        write_log(tmp_path / log_name(f"202611{day}"), [detach("alice", f"2026-11-{day}T00:01:00Z")])
    write_log(tmp_path / log_name("20261120", "eu-west-1"), [])
    write_log(tmp_path / "renamed.json.gz", [detach("renamed", "2026-11-19T10:00:00Z")])
    window = Window(moment("2026-11-19T00:00:00Z", "", NOW), moment("2026-11-20T00:00:00Z", "", NOW))
    looked = LogReading()
    found = {f.name for f in found_files(str(tmp_path), window, ("us-east-1",), looked)}
    # Records of the last minutes of a day arrive in files of the next.
    assert found == {log_name("20261119"), log_name("20261120"), log_name("20261121"), "renamed.json.gz"}
    events, _ = read(tmp_path, Question(ALL.calls, window))
    assert [e.time.day for e in events if e.time] == [19, 19]


def test_deleted_objects_only_where_they_are_log_files(tmp_path: Path) -> None:
    def deleted(bucket: str, key: str) -> dict[str, Any]:
        return record(
            "DeleteObject", eventSource="s3.amazonaws.com", requestParameters={"bucketName": bucket, "key": key}
        )

    write_log(
        tmp_path / log_name(),
        [deleted("logs", "AWSLogs/1/CloudTrail/a.json.gz"), deleted("web", "x.png"), deleted("trail", "copy/x")],
    )
    assert names(read(tmp_path)[0]) == ["DeleteObject logs/AWSLogs/1/CloudTrail/a.json.gz"]
    events, _ = read(tmp_path, Question(ALL.calls, buckets=("trail",)))
    assert len(events) == 2


def test_duckdb_finds_what_python_finds(tmp_path: Path) -> None:
    rng = random.Random(11)
    wanted = list(chosen("all"))
    for n in range(25):
        records = []
        for i in range(rng.randint(0, 40)):
            name = rng.choice([*wanted, "GetUser", "AssumeRole", "Decrypt"])
            source = next((s for s, calls in ALL.calls.items() if name in calls), "sts.amazonaws.com")
            shapes = [None, {"userName": f"u{i}"}, [{"groupName": "g"}], {"omitted": True}, "x", {"bucketName": "b"}]
            made = record(name, eventSource=source, requestParameters=rng.choice(shapes), eventID=f"{n}-{i}")
            made["eventTime"] = rng.choice([f"2026-11-{rng.randint(10, 23)}T10:00:00Z", None, 5, "never"])
            made["userIdentity"] = rng.choice([user("x"), [user("y")], None])
            records.append(made)
        write_log(tmp_path / f"{n}.json.gz", records)
    window = Window(moment("2026-11-12", "", NOW), moment("2026-11-20", "", NOW))
    events, problems = read(tmp_path, Question(ALL.calls, window))
    assert problems == []
    by_hand = [event_of(r) for n in range(25) for r in Reading("x").read((tmp_path / f"{n}.json.gz").read_bytes())]
    expected = [
        e
        for e in by_hand
        if e is not None
        and e.name in ALL.calls.get(e.source, ())
        and window.holds(e)
        and e.name not in ("DeleteObject", "DeleteObjects")
    ]
    assert len(expected) > 50
    assert {e.id for e in events if window.holds(e)} == {e.id for e in expected}
    assert {e.id: e for e in events if window.holds(e)} == {e.id: e for e in expected}


def test_files_of_something_else_are_told(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "x", "version": "1.0.0"}')
    write_log(tmp_path / log_name(), [detach("alice")])
    write_log(tmp_path / log_name(mark="quiet"), [])
    with LogReader(ALL) as reader:
        found = list(reader.records(found_files(str(tmp_path), Window(), (), LogReading())))
    assert len(found) == 1
    assert reader.reading.problems == []
    assert reader.reading.notes() == ["1 file holds no record of CloudTrail: package.json"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_a_pipe_among_the_files_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.json.gz")
    write_log(tmp_path / log_name(), [detach("alice")])
    assert names(read(tmp_path)[0]) == ["DetachUserPolicy alice"]


def test_no_folder_and_no_files(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(UserError):
            read(path)


def test_duckdb_stays_off_the_network_and_within_its_memory() -> None:
    with LogReader(ALL) as reader:
        settings = dict(
            reader._connection.execute(
                "SELECT name, value FROM duckdb_settings() WHERE name IN "
                "('autoinstall_known_extensions', 'autoload_known_extensions', 'memory_limit', 'threads')"
            ).fetchall()
        )
    assert settings["autoinstall_known_extensions"] == settings["autoload_known_extensions"] == "false"
    assert settings["threads"] == "2"
    assert settings["memory_limit"] == "1.1 GiB"
