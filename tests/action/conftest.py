"""Fixtures of the tests of the action."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import actionrun
import githubapi
import pytest
from pulls import Origin


@pytest.fixture(scope="module")
def temp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``RUNNER_TEMP`` with tfratchet in its environment."""
    return actionrun.installed(tmp_path_factory.mktemp("runner"))


@pytest.fixture
def github() -> Iterator[githubapi.GitHub]:
    """The API."""
    with githubapi.serve(githubapi.GitHub()) as state:
        yield state


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """The repository on the server."""
    return Origin(tmp_path)
