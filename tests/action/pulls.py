"""A repository of a company with a pull request, and the clone that actions/checkout makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gitrepo

USERS = """\
resource "aws_iam_user" "bob" {
  name = "bob"
}
"""
ATTACHED = """
resource "aws_iam_user_policy_attachment" "bob" {
  user       = aws_iam_user.bob.name
  policy_arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
}
"""
PASSWORD = 'resource "aws_iam_account_password_policy" "this" {\n  minimum_password_length = %d\n}\n'
GOOD: Mapping[str, str] = {"iam/users.tf": USERS + ATTACHED, "iam/password.tf": PASSWORD % 20}


class Origin:
    """The repository on the server: ``main`` goes on while the pull request 7 is open."""

    def __init__(self, tmp_path: Path) -> None:
        self.repo = gitrepo.make_repo(tmp_path, "origin")
        self.repo.commit("base", dict(GOOD))
        for i in range(3):
            self.repo.commit(f"before the branch {i}", {"notes.txt": str(i)})
        self.fork_point = self.repo.git("rev-parse", "HEAD")
        self.repo.git("branch", "topic")
        for i in range(3):
            self.repo.commit(f"main goes on {i}", {"other.txt": str(i)})
        # Another change weakens main meanwhile: no pull request but its own is blamed for it.
        self.main = self.repo.commit("somebody else", {"iam/password.tf": PASSWORD % 16})
        self.head = self.fork_point

    def push(self, files: Mapping[str, str | bytes | None], message: str = "change") -> str:
        """A commit on the pull request; GitHub makes the merge commit of it."""
        git = self.repo.git
        git("switch", "--quiet", "topic")
        self.head = self.repo.commit(message, files)
        git("switch", "--quiet", "--detach", "main")
        git("merge", "--quiet", "--no-edit", "--strategy-option=theirs", "topic")
        git("update-ref", "refs/pull/7/merge", "HEAD")
        git("update-ref", "refs/pull/7/head", "topic")
        git("switch", "--quiet", "main")
        return self.head

    def payload(self, **more: Any) -> dict[str, Any]:
        """The event of the pull request."""
        return {
            "action": "synchronize",
            "number": 7,
            "pull_request": {
                "number": 7,
                "title": "a title",
                "base": {"ref": "main", "sha": self.main},
                "head": {"ref": "topic", "sha": self.head},
                **more,
            },
            "repository": {"full_name": "acme/infra", "default_branch": "main"},
        }

    def checkout(self, folder: Path, ref: str = "refs/pull/7/merge", depth: int = 1) -> Path:
        """What actions/checkout leaves: one commit, detached (``depth`` 0: everything)."""
        clone = gitrepo.make_repo(folder.parent, folder.name)
        clone.git("remote", "add", "origin", f"file://{self.repo.path}")
        local = ref.replace("refs/", "refs/remotes/", 1)
        limit = [f"--depth={depth}"] if depth else []
        clone.git("fetch", "--quiet", "--no-tags", *limit, "origin", f"+{ref}:{local}")
        clone.git("checkout", "--quiet", "--force", "--detach", local)
        return folder
