"""Step: one comment on the pull request, found again by a hidden marker and updated.

Without findings none is posted; one that is there is updated to say so. What cannot be posted (a fork's token may not)
is told in a notice and never fails the job: the report is in the summary.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from api import Api, ApiError
from compare import category
from gh import command, env, needed, output, say, state, step, switched_on, work

LIMIT = 65_536  # characters of a comment
PAGE = 100


def marker(name: str) -> str:
    """The first line of our comment."""
    return f"<!-- tfratchet action{': ' + name if name else ''} -->\n"


def has_news(folder: Path) -> bool:
    """Whether a reviewer should know something: findings, accepted ones too, errors, edited settings."""
    file = folder / "report.json"
    if not file.exists():
        return (folder / "exit-code").read_text(encoding="ascii") != "0"
    report = json.loads(file.read_text(encoding="utf-8"))
    notes = any(note["kind"] in ("config", "ignore") for note in report["notes"])
    return bool(report["findings"] or report["errors"] or notes)


class Comments:
    """The comments of one pull request."""

    def __init__(self, api: Api, repository: str, number: int) -> None:
        self.api = api
        self.repository = repository
        self.number = number

    def mine(self, mark: str) -> int | None:
        """The id of our comment. One of somebody else that only copies the marker is left alone."""
        me = self._login()
        page = 1
        while True:
            path = f"repos/{self.repository}/issues/{self.number}/comments?per_page={PAGE}&page={page}"
            comments = self.api.get(path)
            for comment in comments:
                if str(comment.get("body") or "").replace("\r\n", "\n").startswith(mark) and _is_mine(comment, me):
                    return int(comment["id"])
            if len(comments) < PAGE:
                return None
            page += 1

    def _login(self) -> str | None:
        """Who we are; None for the token of a workflow, which may not ask."""
        try:
            return str(self.api.get("user")["login"])
        except ApiError as error:
            if error.refused:
                return None
            raise

    def write(self, mark: str, text: str, *, post: bool) -> str:
        """Update our comment, or post it when there is none and ``post``. Gives its address, or nothing."""
        found = self.mine(mark)
        if found is not None:
            path = f"repos/{self.repository}/issues/comments/{found}"
            return str(self.api.call("PATCH", path, {"body": text})["html_url"])
        if not post:
            return ""
        # Not tried again: a comment that was posted although the answer got lost would be there twice.
        path = f"repos/{self.repository}/issues/{self.number}/comments"
        return str(self.api.call("POST", path, {"body": text}, again=False)["html_url"])


def _is_mine(comment: dict[str, Any], me: str | None) -> bool:
    user = comment.get("user") or {}
    return user.get("login") == me if me is not None else user.get("type") == "Bot"


def main() -> None:
    """Post or update the comment."""
    found = state()
    if found["pull"] is None or not switched_on("INPUT_COMMENT", True):
        return
    token = env("INPUT_TOKEN")
    if not token:
        command("notice", "no comment is posted, since there is no token; the report is in the summary")
        return
    folder = work()
    mark = marker(category())
    text = (mark + (folder / "report.md").read_text(encoding="utf-8"))[:LIMIT]
    comments = Comments(Api(needed("GITHUB_API_URL"), token), needed("GITHUB_REPOSITORY"), found["pull"])
    try:
        address = comments.write(mark, text, post=has_news(folder))
    except ApiError as error:
        if error.refused:
            hint = "this job may not comment (a fork, or no 'pull-requests: write')"
            command("notice", f"{hint}; the report is in the summary: {error}")
        else:
            command("warning", f"the comment could not be written; the report is in the summary: {error}")
        return
    output("comment-url", address)
    say(f"tfratchet: comment {address}" if address else "tfratchet: nothing to say, no comment")


if __name__ == "__main__":
    step(main)
