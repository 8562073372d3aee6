"""The note on a GitLab merge request, and the client of both APIs, against a server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import githubapi
import pytest
from gitlabapi import GitLab

from tfratchet.hosting import gitlab
from tfratchet.hosting.comment import has_news, marker
from tfratchet.hosting.web import Api, ApiError

MARK = marker("tfratchet")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitLab]:
    with githubapi.serve(GitLab()) as state:
        for name, value in {
            "CI_API_V4_URL": state.url,
            "CI_JOB_NAME_SLUG": "tfratchet",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_PROJECT_ID": "12",
            "TFRATCHET_NOTE_TOKEN": "secret",
            "no_proxy": "*",
        }.items():
            monkeypatch.setenv(name, value)
        yield state


def reports(folder: Path, text: str, findings: list[str]) -> list[str]:
    (folder / "r.md").write_text(f"<!-- tfratchet -->\n{text}\n")
    (folder / "r.json").write_text(json.dumps({"findings": findings, "errors": [], "notes": []}))
    return [str(folder / "r.md"), str(folder / "r.json")]


def test_a_note_is_posted_once_and_updated(server: GitLab, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gitlab.main(["0", *reports(tmp_path, "clean", [])]) == 0
    assert server.notes == []
    for text, findings in (("bad", ["x"]), ("worse", ["x", "y"]), ("clean", [])):
        assert gitlab.main(["1", *reports(tmp_path, text, findings)]) == 0
        assert [n["body"] for n in server.notes] == [f"{MARK}<!-- tfratchet -->\n{text}\n"]
    assert server.tokens == {"secret"}
    assert "secret" not in capsys.readouterr().out


def test_on_a_later_page_and_never_one_of_somebody_else(server: GitLab, tmp_path: Path) -> None:
    server.add(f"{MARK}all is well", author=2)
    for i in range(150):
        server.add(f"talk {i}")
    server.add(f"{MARK}old".replace("\n", "\r\n"))
    gitlab.main(["1", *reports(tmp_path, "bad", ["x"])])
    assert len(server.notes) == 152
    assert server.notes[0]["body"] == f"{MARK}all is well"
    assert "bad" in server.notes[-1]["body"]


def test_what_could_not_be_compared_is_told(server: GitLab, tmp_path: Path) -> None:
    gitlab.main(["2", str(tmp_path / "no.md"), str(tmp_path / "no.json")])
    assert "could not compare" in server.notes[0]["body"]


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_a_server_that_refuses_fails_nothing(
    server: GitLab, tmp_path: Path, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    server.status = status
    assert gitlab.main(["1", *reports(tmp_path, "bad", ["x"])]) == 0
    assert capsys.readouterr().out == f"tfratchet: the note could not be written: {status}: no\\x1b[31m\n"
    assert len(server.asked) == 1


def test_without_merge_request_nothing_is_asked(
    server: GitLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_MERGE_REQUEST_IID", "../../../user")
    assert gitlab.main(["1", *reports(tmp_path, "bad", ["x"])]) == 0
    monkeypatch.delenv("TFRATCHET_NOTE_TOKEN")
    assert gitlab.main(["1", *reports(tmp_path, "bad", ["x"])]) == 0
    assert server.asked == []


@pytest.mark.parametrize(
    ("report", "news"),
    [
        ({"findings": [], "errors": [], "notes": []}, False),
        ({"findings": [], "errors": [], "notes": [{"kind": "move"}, {"kind": "baseline"}]}, False),
        ({"findings": [{"suppressed": {}}], "errors": [], "notes": []}, True),
        ({"findings": [], "errors": [{}], "notes": []}, True),
        ({"findings": [], "errors": [], "notes": [{"kind": "config"}]}, True),
        ({"findings": [], "errors": [], "notes": [{"kind": "ignore"}]}, True),
    ],
)
def test_what_is_news(tmp_path: Path, report: dict[str, Any], news: bool) -> None:
    file = tmp_path / "report.json"
    assert [has_news(file, code) for code in (0, 1, 2)] == [False, True, True]
    file.write_text(json.dumps(report))
    assert has_news(file, 0) is news


# -- the client


def test_a_server_that_stumbles_is_asked_again(server: GitLab) -> None:
    api = Api(server.url, {}, pause=0)
    server.status = 502
    with pytest.raises(ApiError) as told:
        api.get("user")
    assert (told.value.status, len(server.asked), told.value.refused) == (502, 3, False)
    with pytest.raises(ApiError):
        api.call("POST", "user", {}, again=False)
    assert len(server.asked) == 4
    server.status = 403
    with pytest.raises(ApiError) as told:
        api.get("user")
    assert (told.value.refused, len(server.asked)) == (True, 5)


def test_a_redirect_is_not_followed(server: GitLab) -> None:
    server.status = 302
    with pytest.raises(ApiError, match="302"):
        Api(server.url, {"PRIVATE-TOKEN": "secret"}).get("user")
    assert server.asked == ["GET /user"]


def test_nobody_there() -> None:
    with pytest.raises(ApiError, match="no answer"):
        Api("http://127.0.0.1:9", {}, pause=0).get("user")
