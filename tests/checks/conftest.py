"""One run of Checkov for each folder of fixtures, shared by all tests."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from scanning import FIXTURES, Scan, read, run_checkov


@pytest.fixture(scope="session")
def scan() -> Callable[[str], Scan]:
    """Scan a folder of fixtures (``people``); the result is kept for the session."""
    done: dict[str, subprocess.CompletedProcess[str]] = {}

    def run(name: str) -> Scan:
        if name not in done:
            arguments = ("--framework", "terraform", "--check", "CKV_TFR_*", "-o", "json")
            done[name] = run_checkov("-d", FIXTURES / name, *arguments)
        return read(done[name])

    return run
