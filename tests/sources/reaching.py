"""What the tests of ``reach`` share: a repository with a change, and short texts of configuration."""

from __future__ import annotations

from gitrepo import Repo
from tfratchet.sources.git import INDEX, Repository
from tfratchet.sources.reach import Reach, reach

BACKEND = 'terraform {\n  backend "s3" {}\n}\n'
RESOURCE = 'resource "aws_iam_user" "u" {\n  name = "u"\n}\n'
LIBRARY = 'variable "name" {}\n\nresource "aws_iam_user" "u" {\n  name = var.name\n}\n'


def call(source: str, name: str = "m") -> str:
    return f'module "{name}" {{\n  source = "{source}"\n}}\n'


class Change:
    """A repository with one commit, and a change after it."""

    def __init__(self, repo: Repo, spec: str) -> None:
        self.repo = repo
        self.spec = spec

    def base(self, files: dict[str, str]) -> None:
        self.repo.commit(files=files)

    def head(self, files: dict[str, str | None], **options) -> Reach:
        self.repo.write(files)
        base = "HEAD"
        if self.spec == "HEAD":
            self.repo.commit()
            base = "HEAD~1"
        elif self.spec == INDEX:
            self.repo.stage()
        with Repository.open(str(self.repo.path)) as opened:
            trees = opened.tree(base), opened.tree(self.spec)
            return reach(*trees, opened.changed(base, self.spec), **options)


def sides(found: Reach) -> list[tuple[str | None, str | None]]:
    return [(t.base_path, t.head_path) for t in found.targets]


def roots(found: Reach) -> list[str]:
    assert all(t.base_path == t.head_path for t in found.targets)
    return [t.path for t in found.targets]
