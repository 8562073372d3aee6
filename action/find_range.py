"""Step: which two commits are to be compared? From the event; fetches what a shallow clone lacks.

Writes ``range.json``: base, head, pull (number), ref (for code scanning), or ``skip`` / ``error`` with the reason. It
never ends the job itself: the later steps tell what is wrong in the summary and the comment, and the last one fails.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from gh import SHA, ZERO, StepError, at, command, env, event, output, repository_folder, say, step, work
from history import History


@dataclass
class Range:
    """What is compared."""

    base: str = ""
    head: str = ""
    pull: int | None = None
    ref: str = ""
    skip: str = ""
    error: str = ""


def sha(value: Any, what: str) -> str:
    """A full commit id of the payload; nothing else is ever given to git."""
    if not isinstance(value, str) or not SHA.fullmatch(value):
        raise StepError(f"the event says no commit for {what}")
    return value


def pull_request(history: History, payload: dict[str, Any], found: Range) -> None:
    """What the pull request itself changes: from the common ancestor to its newest commit, as GitHub shows it."""
    number = at(payload, "pull_request", "number")
    if not isinstance(number, int):
        raise StepError("the event says no number of the pull request")
    found.pull, found.ref = number, f"refs/pull/{number}/head"
    base = sha(at(payload, "pull_request", "base", "sha"), "the base of the pull request")
    found.head = sha(at(payload, "pull_request", "head", "sha"), "the head of the pull request")
    history.bring([base, found.head], f"refs/pull/{number}/head")
    found.base = history.merge_base(base, found.head)


def push(history: History, payload: dict[str, Any], found: Range) -> None:
    """From the newest commit before the push to the newest one after it, also when it was forced."""
    after = sha(env("GITHUB_SHA") or at(payload, "after"), "the push")
    found.ref = env("GITHUB_REF")
    if at(payload, "deleted") is True or ZERO.fullmatch(after):
        found.skip = "the push deletes a branch or tag"
        return
    history.bring([after])
    found.head = after
    before = at(payload, "before")
    if isinstance(before, str) and ZERO.fullmatch(before):
        _new_branch(history, payload, found)
        return
    found.base = sha(before, "what was there before the push")
    history.bring([found.base])
    if history.resolve(found.base) != found.base:
        raise StepError(f"{found.base} is no commit")
    # Trailers of the commits between are read: the history must reach back to where both meet.
    try:
        history.merge_base(found.base, found.head)
    except StepError as error:
        say(f"commits between the two are not looked at: {error}")


def _new_branch(history: History, payload: dict[str, Any], found: Range) -> None:
    """A branch that is new is compared with where it left the default branch."""
    default = at(payload, "repository", "default_branch")
    if isinstance(default, str) and found.ref != f"refs/heads/{default}":
        tip = history.branch(default)
        if tip is not None:
            found.base = history.merge_base(tip, found.head)
            return
    found.skip = "this is the first push: there is nothing to compare it with"


def merge_group(history: History, payload: dict[str, Any], found: Range) -> None:
    """What the merge queue is about to merge."""
    found.base = sha(at(payload, "merge_group", "base_sha"), "the base of the merge group")
    found.head = sha(at(payload, "merge_group", "head_sha"), "the head of the merge group")
    found.ref = env("GITHUB_REF")
    history.bring([found.base, found.head])
    history.merge_base(found.base, found.head)


def by_hand(history: History, payload: dict[str, Any], found: Range) -> None:
    """No event that says what changed: where this commit left the default branch."""
    found.ref = env("GITHUB_REF")
    found.head = history.resolve("HEAD") or ""
    default = at(payload, "repository", "default_branch")
    tip = history.branch(default) if isinstance(default, str) else None
    if tip is None or tip == found.head:
        raise StepError(f"the event {env('GITHUB_EVENT_NAME')} says no base: set the input base of this action")
    found.base = history.merge_base(tip, found.head)


def given(history: History, found: Range) -> None:
    """The inputs ``base`` and ``head`` go before what the event says."""
    for name in ("base", "head"):
        revision = env(f"INPUT_{name.upper()}")
        if not revision:
            continue
        commit = history.resolve(revision)
        if commit is None and SHA.fullmatch(revision):
            history.bring([revision])
            commit = revision
        commit = commit or history.branch(revision)
        if commit is None:
            raise StepError(f"the input {name} names {revision!r}, which is neither a commit, a branch nor a tag here")
        setattr(found, name, commit)
        found.skip = ""


EVENTS = {
    "pull_request": pull_request,
    "pull_request_target": pull_request,
    "push": push,
    "merge_group": merge_group,
}


def find() -> Range:
    """The range of this run, with ``error`` set when there is none."""
    found = Range()
    try:
        history = History(
            repository_folder(),
            server=env("GITHUB_SERVER_URL"),
            repository=env("GITHUB_REPOSITORY"),
            token=env("INPUT_TOKEN"),
        )
        payload, name = event(), env("GITHUB_EVENT_NAME")
        try:
            EVENTS.get(name, by_hand)(history, payload, found)
        except StepError:
            if not env("INPUT_BASE"):
                raise
        if not found.head:
            found.head = history.resolve("HEAD") or ""
        given(history, found)
    except StepError as error:
        found.error = str(error)
    return found


def main() -> None:
    """Find the range, write it down, say it."""
    found = find()
    (work() / "range.json").write_text(json.dumps(asdict(found)), encoding="utf-8")
    output("base", found.base)
    output("head", found.head)
    if found.error:
        say(f"tfratchet: {found.error}")
    elif found.skip:
        command("notice", f"nothing is compared: {found.skip}")
    else:
        say(f"tfratchet compares {found.base} with {found.head}")


if __name__ == "__main__":
    step(main)
