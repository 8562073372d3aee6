"""The question before the changes, at a real terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from live_server import endpoint, server_url
from remedy_world import GUARD, World, connect, weak

__all__ = ["endpoint", "server_url"]


@pytest.fixture
def world(endpoint: str) -> World:
    return weak(connect(endpoint))


def asked(answer: str, *arguments: str, meanwhile: Callable[[], object] | None = None) -> tuple[int, str]:
    """Run ``tfratchet`` with a terminal as its input, and give one answer, to the question when ``meanwhile`` is done
    before it.
    """
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tfratchet", *arguments],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.close(slave)
    shown = ""
    if meanwhile is not None:
        assert process.stdout is not None
        while "Make " not in shown:
            character = process.stdout.read(1)
            assert character, shown
            shown += character
        meanwhile()
    os.write(master, f"{answer}\n".encode())
    out = shown + process.communicate()[0]
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


def test_who_became_protected_while_the_question_stood_there(world: World, tmp_path: Path) -> None:
    (tmp_path / "users.tf").write_text(
        f'''resource "aws_iam_group_policy_attachment" "staff" {{
  group      = "staff"
  policy_arn = "{GUARD}"
}}
'''
    )
    arguments = ["remediate", "--from", "drift", "--source", str(tmp_path), "--protect", "eve", "--apply"]

    def eve_joins() -> None:
        world.iam.add_user_to_group(GroupName="staff", UserName="eve")

    code, out = asked("y", *arguments, meanwhile=eve_joins)
    assert code == 1, out
    assert "group staff has a protected member" in out
    assert world.iam.list_attached_group_policies(GroupName="staff")["AttachedPolicies"] == []
