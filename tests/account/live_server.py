"""A moto server for tests of whole commands, and the environment that leads a process to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "terraform"))

import moto_server

__all__ = ["command", "endpoint", "environment", "server_url"]


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with moto_server.server(managed_policies=False) as url:
        yield url


@pytest.fixture
def endpoint(server_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """URL of an empty moto server; this process and its children are led to it."""
    moto_server.reset(server_url)
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in environment(server_url, tmp_path).items():
        monkeypatch.setenv(name, value)
    return server_url


def environment(url: str, folder: Path) -> dict[str, str]:
    """What leads a process to the server at ``url`` and nowhere else."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(folder / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "no-credentials"),
        "TFRATCHET_STATE_DIR": str(folder / "state"),
        "NO_PROXY": "*",
        "no_proxy": "*",
        "COLUMNS": "200",
        "NO_COLOR": "1",
    }


@dataclass(frozen=True)
class Done:
    """What a command ended with."""

    returncode: int
    stdout: str
    stderr: str


def command(*arguments: str, stdin: str = "", process: bool = False) -> Done:
    """Run ``tfratchet``: in this process, which saves loading everything each time, or in one of its own."""
    if process:
        program = [sys.executable, "-m", "tfratchet", *arguments]
        ended = subprocess.run(program, capture_output=True, text=True, check=False, input=stdin)
        done = Done(ended.returncode, ended.stdout, ended.stderr)
    else:
        from typer.testing import CliRunner

        from tfratchet.app import app

        result = CliRunner().invoke(app, list(arguments), input=stdin, prog_name="tfratchet")
        done = Done(result.exit_code, result.stdout, result.stderr)
    assert "internal error" not in done.stderr, done.stderr
    return done
