"""The question before the changes, at a real terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from live_server import endpoint, server_url
from remedy_world import World, connect, weak

__all__ = ["endpoint", "server_url"]


@pytest.fixture
def world(endpoint: str) -> World:
    return weak(connect(endpoint))


def asked(answer: str, *arguments: str) -> tuple[int, str]:
    """Run ``tfratchet`` with a terminal as its input, and give one answer."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tfratchet", *arguments],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.close(slave)
    os.write(master, f"{answer}\n".encode())
    out = process.communicate()[0]
    os.close(master)
    return process.returncode, out


def test_the_question(world: World, tmp_path: Path) -> None:
    code, out = asked("n", "remediate", "--only", "TFR614", "--apply")
    assert code == 1, out
    assert "Make 1 change in account 123456789012?" in out
    assert "nothing was changed" in out
    assert not world.cloudtrail.get_trail_status(Name="main")["IsLogging"]
    assert not list((tmp_path / "state").glob("journal-*"))

    code, out = asked("y", "remediate", "--only", "TFR614", "--apply")
    assert code == 0, out
    assert world.cloudtrail.get_trail_status(Name="main")["IsLogging"]
    (journal,) = (tmp_path / "state").glob("journal-*")

    code, out = asked("n", "undo", str(journal), "--apply")
    assert (code, "nothing was changed" in out) == (1, True)
    assert world.cloudtrail.get_trail_status(Name="main")["IsLogging"]
    code, out = asked("y", "undo", str(journal), "--apply")
    assert code == 0, out
    assert not world.cloudtrail.get_trail_status(Name="main")["IsLogging"]
