"""The progress line, on a real pseudo-terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tfratchet.progress import Progress, _columns_of, _cut

pytest.importorskip("pty", reason="no pseudo-terminals on this system")

# The delay is set to nothing, so that no test waits or depends on how fast the machine is.
SETUP = "import sys\nfrom tfratchet import progress\nprogress.DELAY = progress.INTERVAL = 0\n"


def on_terminal(code: str, *, columns: int = 80, env: dict[str, str] | None = None) -> tuple[str, str, int]:
    """(what the terminal got, stdout, exit code) of Python code whose stderr is a terminal."""
    import fcntl
    import pty
    import struct
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    clean = {k: v for k, v in os.environ.items() if k not in ("CI", "TERM")}
    process = subprocess.Popen(
        [sys.executable, "-c", SETUP + textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=follower,
        env={**clean, "TERM": "xterm", **(env or {})},
        text=True,
    )
    os.close(follower)
    seen = b""
    while True:
        try:
            more = os.read(leader, 4096)
        except OSError:  # Linux says so when the other end is closed
            break
        if not more:
            break
        seen += more
    os.close(leader)
    out, _ = process.communicate()
    return seen.decode().replace("\r\n", "\n"), out, process.returncode


def screen(seen: str) -> list[str]:
    """What is to be seen in the end: each line after all its carriage returns."""
    lines = []
    for line in seen.split("\n"):
        cells: list[str] = []
        at = 0
        for c in line:
            if c == "\r":
                at = 0
            else:
                cells[at : at + 1] = [c]
                at += 1
        lines.append("".join(cells).rstrip())
    return lines


WORK = """
with progress.Progress("reading users", 3) as p:
    for name in ("alice", "bob", "carol"):
        p.step(name)
print("the report")
"""


def test_a_line_that_is_wiped_at_the_end() -> None:
    seen, out, code = on_terminal(WORK)
    assert "\rreading users 1/3  alice 0 s" in seen
    assert "\rreading users 3/3  carol 0 s" in seen
    assert "\n" not in seen
    assert screen(seen) == [""]
    assert (out, code) == ("the report\n", 0)


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("CI", "1"), ("TERM", "dumb")])
def test_none_where_nobody_looks(name: str, value: str) -> None:
    assert on_terminal(WORK, env={name: value}) == ("", "the report\n", 0)


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_ci_may_be_denied(value: str) -> None:
    assert "3/3" in on_terminal(WORK, env={"CI": value})[0]


def test_none_with_quiet_and_none_before_its_time() -> None:
    assert on_terminal(WORK.replace("3)", "3, quiet=True)"))[0] == ""
    assert on_terminal("progress.DELAY = 3600\n" + WORK)[0] == ""


def test_none_when_stderr_is_no_terminal() -> None:
    done = subprocess.run([sys.executable, "-c", SETUP + WORK], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("the report\n", "")


def test_a_single_long_step_is_shown_too() -> None:
    # Nothing calls the line while it waits; the work ends when the terminal has shown it.
    seen, _, _ = on_terminal("""
        import threading
        drawn = threading.Event()
        real = sys.stderr.write
        sys.stderr.write = lambda text: (real(text), drawn.set())
        with progress.Progress("asking AWS"):
            assert drawn.wait(60)
    """)
    assert "\rasking AWS 0 s" in seen
    assert screen(seen) == [""]


def test_an_error_and_a_question_stand_on_lines_of_their_own() -> None:
    seen, _, code = on_terminal("""
        with progress.Progress("working", 2) as p:
            p.step("one")
            with p.paused():
                print("continue?", file=sys.stderr)
                p.step("two")
            p.step("three")
            raise ValueError("broken")
    """)
    lines = screen(seen)
    assert lines[0] == "continue?"
    assert "working 2/2  two" not in seen
    assert lines[1] == "Traceback (most recent call last):"
    assert lines[-2] == "ValueError: broken"
    assert code == 1


def test_the_outer_one_of_two_is_shown() -> None:
    seen, _, _ = on_terminal("""
        with progress.Progress("outer", 2) as p:
            p.step()
            with progress.Progress("inner", 2) as q:
                q.step()
            p.say("then", 5)
            p.step("x")
        with progress.Progress("again") as p:
            p.step()
    """)
    assert "outer 1/2" in seen
    assert "inner" not in seen
    assert "then 1/5  x" in seen
    assert "again 1 0 s" in seen
    assert screen(seen) == [""]


def test_it_never_wraps_and_never_acts_on_the_terminal() -> None:
    seen, _, _ = on_terminal(
        r"""
        with progress.Progress("x") as p:
            p.step("a\x1b[2J\nb\u202e" + "\u30c6" * 200)
            p.step("y" * 500)
    """,
        columns=40,
        env={"PYTHONIOENCODING": "utf-8"},
    )
    assert "\x1b" not in seen
    assert "\n" not in seen
    assert "a\\x1b[2J\\nb\\u202e" in seen
    assert all(_columns_of(part) <= 39 for part in seen.split("\r"))


def test_a_terminal_that_has_gone_does_not_end_the_work() -> None:
    _, out, code = on_terminal("""
        import os
        with progress.Progress("x") as p:
            p.step()
            os.close(2)
            p.step()
            p.step()
        print("done")
    """)
    assert (out, code) == ("done\n", 0)


def test_the_text_counts_what_is_under_way(tmp_path: Path) -> None:
    work = Progress("reading")
    assert work.text() == "reading"
    work.step(str(tmp_path))
    assert work.text() == f"reading 1  {tmp_path}"
    work.total = 2000
    assert work.text() == f"reading 1/2,000  {tmp_path}"
    assert _cut("a\u0301b\u30c6\u30c6", 4) == "a\u0301b\u30c6"


POLICY = 'resource "aws_iam_account_password_policy" "this" {\n  minimum_password_length = %d\n}\n'


@pytest.mark.parametrize("quiet", [False, True])
def test_diff_tells_which_root_module_it_evaluates(tmp_path: Path, quiet: bool) -> None:
    for side, length in (("base", 20), ("head", 8)):
        for root in ("a", "b"):
            (tmp_path / side / root).mkdir(parents=True)
            (tmp_path / side / root / "main.tf").write_text(POLICY % length)
    seen, out, code = on_terminal(f"""
        from tfratchet.cli import main
        folders = ["--base-dir", {str(tmp_path / "base")!r}, "--head-dir", {str(tmp_path / "head")!r}]
        sys.argv = ["tfratchet", "diff", *folders, *["--quiet"] * {quiet}]
        main()
    """)
    assert code == 1
    assert out.count("TFR202") == 2
    if quiet:
        assert seen == ""
    else:
        assert "\revaluating root modules 1/2  a 0 s" in seen
        assert "\revaluating root modules 2/2  b 0 s" in seen
        assert screen(seen) == [""]
