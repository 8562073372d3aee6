"""``tfratchet diff`` with known findings, on real repositories: which version of the file counts, how it is written."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gitrepo
from tfratchet import cli

PASSWORD = 'resource "aws_iam_account_password_policy" "this" {\n  minimum_password_length = %d\n}\n'
USERS = """\
resource "aws_iam_user" "this" {
  for_each = toset(["alice", "bob"])
  name     = each.key
}

resource "aws_iam_user_policy_attachment" "read" {
  for_each   = toset([%s])
  user       = aws_iam_user.this[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
}
"""
BOTH, NO_BOB, NO_ALICE, NOBODY = (USERS % names for names in ('"alice", "bob"', '"alice"', '"bob"', ""))
EMPTY = '{"version": 1, "findings": []}\n'
WHY = ("--reason", "ticket 4711", "--owner", "platform")

Run = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``tfratchet diff --format json`` in a folder: exit code, report (empty without one), stderr."""

    def call(folder: Path, *argv: str) -> tuple[int, dict[str, Any], str]:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["tfratchet", "diff", "--format", "json", *argv])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return code, json.loads(captured.out) if captured.out else {}, captured.err

    return call


@pytest.fixture
def repo(tmp_path: Path) -> gitrepo.Repo:
    """Two folders with the same users, and a password policy in one; committed."""
    made = gitrepo.make_repo(tmp_path)
    made.commit("base", {"a/users.tf": BOTH, "b/users.tf": BOTH, "a/password.tf": PASSWORD % 20})
    return made


def live(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = [f for f in report["findings"] if f["suppressed"] is None]
    return [(f["rule"], f["root"], f["address"].rpartition(".")[2]) for f in found]


def notes(report: dict[str, Any]) -> str:
    return "\n".join(n["message"] for n in report["notes"])


BOB_IN_A = ("TFR101", "a", 'read["bob"]')


def test_accept_what_is_there_and_nothing_else(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"a/users.tf": NO_BOB})
    code, report, err = run(repo.path, "--write-baseline", "known.json", *WHY)
    assert (code, live(report), err) == (0, [], "")
    assert "known.json is written: 1 known finding, 1 of them new" in notes(report)
    assert run(repo.path)[0] == 1
    code, report, _ = run(repo.path, "--baseline", "known.json")
    assert (code, live(report)) == (0, [])
    assert report["findings"][0]["suppressed"] == {
        "by": "baseline",
        "expires": None,
        "reason": "ticket 4711 (owner: platform)",
    }
    assert report["summary"]["suppressed"] == 1
    assert "this change itself brings the known finding" in notes(report)

    # the same edit for another user, in another folder, and with more taken away
    repo.write({"a/users.tf": NO_ALICE})
    assert live(run(repo.path, "--baseline", "known.json")[1]) == [("TFR101", "a", 'read["alice"]')]
    repo.write({"a/users.tf": BOTH, "b/users.tf": NO_BOB})
    assert live(run(repo.path, "--baseline", "known.json")[1]) == [("TFR101", "b", 'read["bob"]')]
    repo.write({"a/users.tf": NOBODY, "b/users.tf": BOTH})
    assert live(run(repo.path, "--baseline", "known.json")[1]) == [("TFR101", "a", 'read["alice"]')]


def test_it_lapses_when_the_change_is_another_one(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"a/password.tf": PASSWORD % 16})
    assert run(repo.path, "--write-baseline", "known.json", *WHY)[0] == 0
    repo.commit("accepted", {"a/password.tf": PASSWORD % 20})
    repo.write({"a/password.tf": PASSWORD % 16})
    assert run(repo.path, "--baseline", "known.json")[0] == 0
    repo.write({"a/password.tf": PASSWORD % 12})
    code, report, _ = run(repo.path, "--baseline", "known.json")
    assert (code, [rule for rule, _, _ in live(report)]) == (1, ["TFR202"])
    assert "it accepted 20 characters → 16 characters" in notes(report)


def test_lines_may_move(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"a/users.tf": NO_BOB})
    run(repo.path, "--write-baseline", "known.json", *WHY)
    repo.write({"a/users.tf": "# one more line\n\n" + NO_BOB})
    assert run(repo.path, "--baseline", "known.json")[0] == 0


def test_the_file_of_the_change_is_told_and_can_be_refused(repo: gitrepo.Repo, run: Run) -> None:
    repo.commit(
        "settings", {"tfratchet.toml": 'baseline = "known.json"\nnew_ignores = "refuse"\n', "known.json": EMPTY}
    )
    repo.write({"a/users.tf": NO_BOB})
    code, report, _ = run(repo.path, "--write-baseline", "known.json", *WHY)
    assert (code, live(report)) == (1, [BOB_IN_A])  # the next run with this file ends like this
    assert "does not hold before it is merged (new_ignores = refuse)" in notes(report)
    assert live(run(repo.path)[1]) == [BOB_IN_A]

    # merged first, it holds; the file of head counts: taken out of it, it is gone
    text = (repo.path / "known.json").read_text()
    repo.commit("accept", {"a/users.tf": BOTH})
    repo.write({"a/users.tf": NO_BOB})
    assert run(repo.path)[0] == 0
    repo.write({"known.json": EMPTY})
    assert live(run(repo.path)[1]) == [BOB_IN_A]
    # a later day, given by the change itself, is a new acceptance too
    repo.write(
        {"known.json": text.replace('"owner": "platform"', '"owner": "platform",\n      "expires": "2999-01-01"')}
    )
    assert live(run(repo.path)[1]) == [BOB_IN_A]


def test_a_change_cannot_point_to_a_file_of_its_own(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"a/users.tf": NO_BOB})
    run(repo.path, "--write-baseline", "known.json", *WHY)
    repo.write({"tfratchet.toml": 'baseline = "known.json"\n'})
    code, report, _ = run(repo.path)
    assert (code, live(report)) == (1, [BOB_IN_A])
    assert "edits the settings of tfratchet (baseline: none to known.json)" in notes(report)


def test_the_index_and_revisions_have_their_own_version_of_the_file(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"a/users.tf": NO_BOB})
    run(repo.path, "--write-baseline", "known.json", *WHY)
    repo.stage("a")
    code, _, err = run(repo.path, "--staged", "--baseline", "known.json")
    assert code == 2
    assert "known.json: there is no such file of known findings in" in err
    repo.stage("known.json")
    assert run(repo.path, "--staged", "--baseline", "known.json")[0] == 0
    repo.commit("change")
    (repo.path / "known.json").unlink()
    argv = ("--base", "HEAD~1", "--head", "HEAD", "--baseline", "../known.json")
    assert run(repo.path / "a", *argv)[0] == 0


def test_a_file_from_elsewhere_holds_as_it_is(repo: gitrepo.Repo, run: Run, tmp_path: Path) -> None:
    repo.commit("settings", {"tfratchet.toml": 'new_ignores = "refuse"\n'})
    repo.write({"a/users.tf": NO_BOB})
    code, report, _ = run(repo.path, "--write-baseline", str(tmp_path / "known.json"), *WHY)
    assert (code, live(report)) == (0, [])
    code, report, _ = run(repo.path, "--baseline", str(tmp_path / "known.json"))
    assert (code, report["notes"]) == (0, [])


def test_two_folders(run: Run, tmp_path: Path) -> None:
    for name, text in {"old": BOTH, "new": NO_BOB}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text(text)
    argv = ("--base-dir", "old", "--head-dir", "new")
    assert run(tmp_path, *argv, "--write-baseline", "new/known.json", *WHY)[0] == 0
    code, report, _ = run(tmp_path, *argv, "--baseline", "new/known.json")
    assert code == 0
    assert "this change itself brings" in notes(report)


# -- writing


def test_entries_are_kept_dropped_and_added(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"a/users.tf": NO_BOB, "b/users.tf": NO_ALICE})
    run(repo.path, "--write-baseline", "known.json", *WHY, "--expires", "2999-12-31")
    first = (repo.path / "known.json").read_text()
    repo.write({"b/users.tf": BOTH, "a/password.tf": PASSWORD % 8})
    code, report, _ = run(repo.path, "--write-baseline", "known.json", "--reason", "later", "--owner", "me")
    assert code == 0
    assert (
        'known finding dropped, nothing matches it any more: TFR101 at aws_iam_user_policy_attachment.read["alice"]'
        in (notes(report))
    )
    entries = json.loads((repo.path / "known.json").read_text())["findings"]
    assert [(e["rule"], e["root"], e["reason"], e.get("expires")) for e in entries] == [
        ("TFR101", "a", "ticket 4711", "2999-12-31"),
        ("TFR202", "a", "later", None),
    ]
    repo.write({"b/users.tf": NO_ALICE, "a/password.tf": PASSWORD % 20})
    assert run(repo.path, "--write-baseline", "known.json", *WHY, "--expires", "2999-12-31")[0] == 0
    assert (repo.path / "known.json").read_text() == first


def test_a_run_over_one_folder_leaves_the_others(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"a/users.tf": NO_BOB, "b/users.tf": NO_BOB})
    run(repo.path, "--write-baseline", "known.json", *WHY)
    repo.write({"a/users.tf": BOTH})
    _, report, _ = run(repo.path, "--write-baseline", "known.json", "a")
    assert "matched nothing" not in notes(report)
    assert [e["root"] for e in json.loads((repo.path / "known.json").read_text())["findings"]] == ["b"]


def test_nothing_is_written_without_a_reason(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"a/users.tf": NO_BOB})
    code, report, err = run(repo.path, "--write-baseline", "known.json", "--owner", "me")
    assert (code, report) == (2, {})
    assert err == "tfratchet: error: --write-baseline: 1 new finding cannot be accepted without --reason\n"
    assert not (repo.path / "known.json").exists()


def test_nothing_is_written_when_something_could_not_be_compared(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"a/users.tf": NO_BOB, "b/broken.tf": "resource {{{\n"})
    code, report, _ = run(repo.path, "--write-baseline", "known.json", *WHY)
    assert code == 2
    assert live(report) == [BOB_IN_A]
    assert "known.json is not written, since not everything could be compared" in notes(report)
    assert not (repo.path / "known.json").exists()


def test_a_broken_file_is_never_replaced(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"a/users.tf": NO_BOB, "known.json": "{"})
    code, _, err = run(repo.path, "--write-baseline", "known.json", *WHY)
    assert (code, err.count("\n")) == (2, 1)
    assert (repo.path / "known.json").read_text() == "{"


def test_the_file_is_replaced_whole(repo: gitrepo.Repo, run: Run, tmp_path: Path) -> None:
    target = tmp_path / "kept" / "known.json"
    target.parent.mkdir()
    target.write_text(EMPTY)
    target.chmod(0o640)
    os.link(target, tmp_path / "old.json")
    (repo.path / "known.json").symlink_to(target)
    repo.write({"a/users.tf": NO_BOB})
    assert run(repo.path, "--write-baseline", "known.json", *WHY)[0] == 0
    assert (repo.path / "known.json").is_symlink()
    assert len(json.loads(target.read_text())["findings"]) == 1
    assert (tmp_path / "old.json").read_text() == EMPTY
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert [p.name for p in target.parent.iterdir()] == ["known.json"]


def test_a_place_that_cannot_be_written_is_one_line(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"a/users.tf": NO_BOB})
    code, _, err = run(repo.path, "--write-baseline", "no/such/known.json", *WHY)
    assert (code, err) == (
        2,
        "tfratchet: error: no/such/known.json: cannot write the known findings: No such file or directory\n",
    )


# -- mistakes


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--baseline", "a.json", "--write-baseline", "a.json"), "contradict each other"),
        (("--reason", "x"), "--reason: is for new entries of --write-baseline"),
        (("--owner", "x", "--baseline", "a.json"), "--owner: is for new entries"),
        (("--write-baseline", "k.json", "--expires", "soon"), "--expires: 'soon' is no day"),
        (("--baseline", "no.json"), "no.json: there is no such file of known findings in"),
        (("--baseline", "/no/such.json"), "/no/such.json: cannot read the known findings"),
    ],
)
def test_wrong_options(repo: gitrepo.Repo, run: Run, argv: tuple[str, ...], message: str) -> None:
    code, report, err = run(repo.path, *argv)
    assert (code, report, err.count("\n")) == (2, {}, 1)
    assert message in err


@pytest.mark.parametrize(
    ("setting", "files", "message"),
    [
        ("known.json", {"known.json": "{\n"}, "known.json:2: not valid JSON"),
        ("known.json", {}, "known.json: there is no such file"),
        ("../known.json", {}, "lies outside of what is compared"),
        ("/etc/known.json", {}, "lies outside of what is compared"),
    ],
)
def test_a_file_of_the_configuration_that_is_wrong_is_an_error_beside_the_findings(
    repo: gitrepo.Repo, run: Run, setting: str, files: dict[str, str], message: str
) -> None:
    repo.commit("settings", {"tfratchet.toml": f'baseline = "{setting}"\n', **files})
    repo.write({"a/users.tf": NO_BOB})
    code, report, err = run(repo.path)
    assert (code, live(report), err.count("\n")) == (2, [BOB_IN_A], 1)
    assert message in err


def test_a_change_that_takes_the_file_away_accepts_nothing(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"a/users.tf": NO_BOB})
    run(repo.path, "--write-baseline", "known.json", *WHY)
    repo.commit("accept", {"a/users.tf": BOTH, "tfratchet.toml": 'baseline = "known.json"\n'})
    repo.write({"a/users.tf": NO_BOB, "known.json": None})
    code, report, _ = run(repo.path)
    assert (code, live(report)) == (1, [BOB_IN_A])
    assert "this change takes the known findings away" in notes(report)


def test_a_broken_file_in_base_is_put_right_by_a_change(repo: gitrepo.Repo, run: Run) -> None:
    repo.commit("broken", {"tfratchet.toml": 'baseline = "known.json"\n', "known.json": "{"})
    repo.write({"known.json": EMPTY})
    assert run(repo.path)[0] == 0
