"""Events that are written so that a reader stumbles over them: none is left out without a word."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from events_records import detach, record
from test_events_logs import read

from tfratchet.account.events.parse import event_of
from tfratchet.account.events.unwrap import Reading

TEXT = json.dumps(detach("alice", userAgent="AGENT"))


@pytest.mark.parametrize(
    "agent",
    [
        "a\\u0000b\\u001b[2J",
        "\\ud800",  # half a surrogate pair: DuckDB takes it for no JSON
        "a\x01\tb",  # not escaped, as JSON asks for
    ],
)
def test_the_text_of_an_event_of_the_history(agent: str, tmp_path: Path) -> None:
    text = TEXT.replace("AGENT", agent)
    entry = {"EventName": "DetachUserPolicy", "EventSource": "iam.amazonaws.com", "CloudTrailEvent": text}
    other = {"EventName": "ListUsers", "CloudTrailEvent": json.dumps(record("ListUsers"))}
    answer = json.dumps({"Events": [other, entry]}).encode()
    (tmp_path / "history.json.gz").write_bytes(gzip.compress(answer))
    by_files, problems = read(tmp_path)
    by_stdin = [e for r in Reading("-").read(answer) if (e := event_of(r)) is not None]
    assert problems == []
    for events in (by_files, by_stdin):
        assert [e.target.name for e in events if e.name == "DetachUserPolicy"] == ["alice"]


@pytest.mark.parametrize("text", [None, "", "cut off {", "[" * 5000])
def test_an_event_whose_text_cannot_be_read_still_has_its_name(text: str | None, tmp_path: Path) -> None:
    entry = {
        "EventName": "DetachUserPolicy",
        "EventSource": "iam.amazonaws.com",
        "EventTime": "2026-11-20T10:00:00Z",
        "Username": "eve",
        **({} if text is None else {"CloudTrailEvent": text}),
    }
    answer = json.dumps({"Events": [entry]}).encode()
    (tmp_path / "history.json").write_bytes(answer)
    by_files, problems = read(tmp_path)
    by_stdin = [e for r in Reading("-").read(answer) if (e := event_of(r)) is not None]
    assert problems == []
    for events in (by_files, by_stdin):
        assert [(e.name, e.actor.name) for e in events] == [("DetachUserPolicy", "eve")]
