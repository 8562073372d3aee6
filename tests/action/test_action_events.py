"""The other events: pushes, merge queues, runs by hand; and clones that are shallow, elsewhere, or have no origin."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from actionrun import Done, Job
from githubapi import GitHub
from pulls import PASSWORD, USERS, Origin

ZERO = "0" * 40
BAD = {"iam/users.tf": USERS}


@pytest.fixture
def run(github: GitHub, temp: Path) -> Any:
    """Run the action for an event on a clone."""

    def call(workspace: Path, name: str, payload: dict[str, Any], env: dict[str, str], **inputs: str) -> Done:
        return Job(workspace, temp, name, payload, api=github.url, env=env).run(**inputs)

    return call


def pushed(before: str, after: str, **more: Any) -> dict[str, Any]:
    return {"before": before, "after": after, "repository": {"default_branch": "main"}, **more}


def env(commit: str, ref: str = "refs/heads/main") -> dict[str, str]:
    return {"GITHUB_SHA": commit, "GITHUB_REF": ref}


def test_a_push_is_compared_with_what_was_there(origin: Origin, run: Any, github: GitHub, tmp_path: Path) -> None:
    before = origin.main
    origin.repo.commit("one", {"notes.txt": "x"})
    after = origin.repo.commit("two", BAD)
    clone = origin.checkout(tmp_path / "clone", "refs/heads/main")
    done = run(clone, "push", pushed(before, after), env(after))
    assert (done.code, done.outputs["base"], done.outputs["head"]) == (1, before, after)
    assert (done.outputs["findings"], github.comments) == ("1", [])
    assert (github.uploads[0]["ref"], github.uploads[0]["commit_sha"]) == ("refs/heads/main", after)


def test_a_trailer_of_any_pushed_commit_counts(origin: Origin, run: Any, tmp_path: Path) -> None:
    before = origin.main
    address = "aws_iam_user_policy_attachment.bob"
    origin.repo.commit(f'one\n\nTfratchet-Ignore: TFR101 {address} reason="ticket 1"', {"notes.txt": "x"})
    for i in range(70):
        after = origin.repo.commit(f"more {i}", {"notes.txt": f"{i}"})
    after = origin.repo.commit("last", BAD)
    clone = origin.checkout(tmp_path / "clone", "refs/heads/main")
    done = run(clone, "push", pushed(before, after), env(after))
    assert (done.code, done.outputs["findings"], done.outputs["suppressed"]) == (0, "0", "1")


def test_a_forced_push_is_compared_with_what_it_threw_away(origin: Origin, run: Any, tmp_path: Path) -> None:
    git = origin.repo.git
    git("switch", "--quiet", "topic")
    before = origin.repo.commit("stronger", {"iam/password.tf": PASSWORD % 30})
    git("reset", "--quiet", "--hard", "HEAD~2")
    after = origin.repo.commit("another", {"notes.txt": "y"})
    clone = origin.checkout(tmp_path / "clone", "refs/heads/topic")
    done = run(clone, "push", pushed(before, after, forced=True), env(after, "refs/heads/topic"))
    assert (done.code, done.outputs["base"], done.outputs["medium"]) == (1, before, "1")


def test_a_new_branch_is_compared_with_where_it_left(origin: Origin, run: Any, tmp_path: Path) -> None:
    head = origin.push(BAD)
    clone = origin.checkout(tmp_path / "clone", "refs/heads/topic")
    done = run(clone, "push", pushed(ZERO, head, created=True), env(head, "refs/heads/topic"))
    assert (done.code, done.outputs["base"], done.outputs["findings"]) == (1, origin.fork_point, "1")


def test_the_first_push_of_all_has_nothing_to_lose(origin: Origin, run: Any, github: GitHub, tmp_path: Path) -> None:
    clone = origin.checkout(tmp_path / "clone", "refs/heads/main")
    done = run(clone, "push", pushed(ZERO, origin.main, created=True), env(origin.main))
    assert (done.code, done.outputs["base"], done.outputs["exit-code"]) == (0, "", "0")
    assert "nothing to compare" in done.summary
    assert (github.uploads, github.comments) == ([], [])
    assert any(c.startswith("::notice") and "first push" in c for c in done.commands)


def test_a_branch_that_is_deleted(origin: Origin, run: Any, tmp_path: Path) -> None:
    clone = origin.checkout(tmp_path / "clone", "refs/heads/main")
    payload = pushed(origin.head, ZERO, deleted=True)
    done = run(clone, "push", payload, env(origin.main, "refs/heads/topic"))
    assert (done.code, done.outputs["findings"]) == (0, "0")


def test_what_was_there_before_a_push_may_be_gone(origin: Origin, run: Any, tmp_path: Path) -> None:
    clone = origin.checkout(tmp_path / "clone", "refs/heads/main")
    done = run(clone, "push", pushed("ab" * 20, origin.main), env(origin.main))
    assert done.code == 2
    assert f"{'ab' * 20} cannot be fetched" in done.summary


def test_a_merge_queue(origin: Origin, run: Any, tmp_path: Path) -> None:
    origin.push(BAD)
    head = origin.repo.git("rev-parse", "refs/pull/7/merge")
    clone = origin.checkout(tmp_path / "clone")
    payload = {"merge_group": {"base_sha": origin.main, "head_sha": head}}
    done = run(clone, "merge_group", payload, env(head, "refs/heads/gh-readonly-queue/main/pr-7-x"))
    assert (done.code, done.outputs["base"], done.outputs["findings"]) == (1, origin.main, "1")


def test_a_run_by_hand(origin: Origin, run: Any, tmp_path: Path) -> None:
    head = origin.push(BAD)
    payload = {"repository": {"default_branch": "main"}}
    clone = origin.checkout(tmp_path / "clone", "refs/heads/topic")
    done = run(clone, "workflow_dispatch", payload, env(head, "refs/heads/topic"))
    assert (done.code, done.outputs["base"]) == (1, origin.fork_point)
    clone = origin.checkout(tmp_path / "main", "refs/heads/main")
    done = run(clone, "schedule", payload, env(origin.main))
    assert done.code == 2
    assert "set the input base" in done.summary


@pytest.mark.parametrize("base", ["main", "v1", "commit"])
def test_a_base_of_ones_own(origin: Origin, run: Any, tmp_path: Path, base: str) -> None:
    head = origin.push(BAD)
    origin.repo.git("branch", "v1", origin.main)
    clone = origin.checkout(tmp_path / "clone", "refs/heads/topic")
    given = origin.main if base == "commit" else base
    done = run(clone, "schedule", {}, env(head, "refs/heads/topic"), base=given)
    assert (done.outputs["base"], done.outputs["head"]) == (origin.main, head)
    assert done.code == 1


@pytest.mark.parametrize("base", ["nowhere", "--help", "a..b", "$(touch pwned)", "main:iam/users.tf"])
def test_a_base_that_is_none(origin: Origin, run: Any, tmp_path: Path, base: str) -> None:
    clone = origin.checkout(tmp_path / "clone", "refs/heads/main")
    done = run(clone, "schedule", {}, env(origin.main), base=base)
    assert done.code == 2
    assert "neither a commit, a branch nor a tag" in done.summary
    assert not list(tmp_path.rglob("pwned"))


def test_a_clone_in_a_folder_and_none_at_all(origin: Origin, run: Any, tmp_path: Path) -> None:
    before = origin.main
    after = origin.repo.commit("bad", BAD)
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    origin.checkout(workspace / "infra", "refs/heads/main")
    shutil.rmtree(tmp_path / ".git", ignore_errors=True)
    done = run(workspace, "push", pushed(before, after), env(after), working_directory="infra", paths="iam")
    assert (done.code, done.outputs["findings"]) == (1, "1")
    for folder, message in (("nowhere", "there is no folder"), (".", "run actions/checkout before")):
        done = run(workspace, "push", pushed(before, after), env(after), working_directory=folder)
        assert done.code == 2
        assert message in done.summary


def test_a_whole_clone_stays_whole_and_nothing_is_fetched(origin: Origin, run: Any, tmp_path: Path) -> None:
    before = origin.main
    after = origin.repo.commit("bad", BAD)
    clone = origin.checkout(tmp_path / "clone", "refs/heads/main", depth=0)
    shutil.move(origin.repo.path, tmp_path / "away")
    done = run(clone, "push", pushed(before, after), env(after))
    assert (done.code, done.outputs["findings"]) == (1, "1")
    assert not (clone / ".git" / "shallow").exists()
