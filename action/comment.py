"""Step: one comment on the pull request, found again by a hidden marker and updated.

Without findings none is posted; one that is there is updated to say so. What cannot be posted (a fork's token may not)
is told in a notice and never fails the job: the report is in the summary.
"""

from __future__ import annotations

from typing import Any

from api import Api, ApiError, github
from compare import category
from gh import command, env, needed, output, say, state, step, switched_on, work

from tfratchet.hosting.comment import has_news, is_marked, marker

LIMIT = 65_536  # characters of a comment


class Comments:
    """The comments of one pull request."""

    def __init__(self, api: Api, repository: str, number: int) -> None:
        self.api = api
        self.repository = repository
        self.number = number

    def mine(self, mark: str) -> int | None:
        """The id of our comment. One of somebody else that only copies the marker is left alone."""
        me = self._login()
        for comment in self.api.pages(f"repos/{self.repository}/issues/{self.number}/comments"):
            if is_marked(comment.get("body"), mark) and _is_mine(comment, me):
                return int(comment["id"])
        return None

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
    news = has_news(folder / "report.json", int((folder / "exit-code").read_text(encoding="ascii")))
    comments = Comments(github(token), needed("GITHUB_REPOSITORY"), found["pull"])
    try:
        address = comments.write(mark, text, post=news)
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
