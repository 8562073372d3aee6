"""Fixtures that every part of the test suite may use."""

from __future__ import annotations

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

# The same examples every time, and no test depends on time: a run in CI finds what a run at home finds. To look for new
# examples: HYPOTHESIS_PROFILE=search.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def missing(program: str) -> None:
    """A program that a test needs is not there: skip so that one sees it, or fail where all must run."""
    message = f"the {program} program is not on PATH"
    if os.environ.get("TFRATCHET_REQUIRE_ALL") == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def terraform_program() -> str:
    """Path of the terraform program. Without it: a visible skip, or a failure under TFRATCHET_REQUIRE_ALL=1."""
    path = shutil.which("terraform")
    if path is None:
        missing("terraform")
    assert path is not None
    return path
