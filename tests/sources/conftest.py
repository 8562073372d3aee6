from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reaching import Change

from gitrepo import Repo, make_repo
from tfratchet.sources.git import INDEX, WORKTREE, Repository


@pytest.fixture(autouse=True)
def hermetic_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The code under test sees no configuration of this machine either."""
    for name in [n for n in os.environ if n.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make_repo(tmp_path)


@pytest.fixture
def opened() -> Iterator[Callable[..., Repository]]:
    """Opens repositories and closes them after the test."""
    found: list[Repository] = []

    def open_repository(path: str | Path | Repo = ".", **options: int) -> Repository:
        repository = Repository.open(str(path.path if isinstance(path, Repo) else path), **options)
        found.append(repository)
        return repository

    yield open_repository
    for repository in found:
        repository.close()


@pytest.fixture(params=["HEAD", INDEX, WORKTREE])
def change(request: pytest.FixtureRequest, repo: Repo) -> Change:
    """A change as a commit, staged, or on disk only."""
    return Change(repo, request.param)


@pytest.fixture
def staged(repo: Repo) -> Change:
    """A staged change."""
    return Change(repo, INDEX)
