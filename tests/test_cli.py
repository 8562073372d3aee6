"""The command line, in process and as a real process. What it compares is faked; the rest of the suite compares."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import fakes
from tfratchet import __version__, cli, pipeline
from tfratchet.commands import COMMANDS
from tfratchet.diffargs import DiffArguments
from tfratchet.model import Problem, Severity
from tfratchet.quick import CHOICES, FLAG, LIST, OPTIONS, parse
from tfratchet.sources.tree import TreeError

Run = Callable[..., int]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line in this process; gives the exit code."""

    def call(*argv: str) -> int:
        monkeypatch.setattr(sys, "argv", ["tfratchet", *argv])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        return code if isinstance(code, int) else 0

    return call


class Compared:
    """Puts a made-up comparison in the place of the pipeline and keeps what it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.options: list[pipeline.DiffOptions] = []
        self.outcome = fakes.outcome()
        self.sides = fakes.sides({"main.tf": "a", "infra/main.tf": "x"}, {"main.tf": "b", "infra/main.tf": "x"})
        monkeypatch.setattr(pipeline, "open_sides", lambda options: self.sides)
        monkeypatch.setattr(pipeline, "diff", self.diff)

    def diff(self, options: pipeline.DiffOptions, sides: pipeline.Sides, progress: object = None) -> pipeline.Outcome:
        assert sides is self.sides
        self.options.append(options)
        return self.outcome


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Compared:
    return Compared(monkeypatch)


def test_version(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out == f"tfratchet {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_has_examples_kept_line_by_line(
    name: str, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(name, "--help") == 0
    out = capsys.readouterr().out
    assert "Examples:" in out
    examples = out[out.index("Examples:") :].splitlines()[1:]
    assert any(f"tfratchet {name}" in line for line in examples)


def test_help_lists_commands_with_a_line_each(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    out = capsys.readouterr().out
    assert re.search(r"^  diff  +Say what a change takes away", out, re.MULTILINE)
    assert "rules-docs" not in out


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "rules-docs"])
def test_help_is_plain_and_short_enough_for_the_list_of_commands(
    command: str, run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run("--help") == 0
    assert not re.search(r"\.\.\.$", capsys.readouterr().out.partition("Commands:")[2], re.MULTILINE)
    assert run(command, "--help") == 0
    assert not re.search(r"list\[|<str>", capsys.readouterr().out)


def test_no_command_shows_help_and_is_no_success(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 2
    assert "Usage: tfratchet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["dif"], "No such command 'dif'. Did you mean 'diff'? (see 'tfratchet --help')"),
        (["zzzz"], "No such command 'zzzz'. 'tfratchet --help' lists the commands."),
        (["--foo"], "No such option: --foo"),
        (["diff", "--basedir", "x"], "No such option: --basedir"),
        (["diff", "--fail-on", "x"], "'x' is not one of 'low', 'medium', 'high', 'critical', 'never'"),
        (["diff", "--base"], "--base"),
        (["diff", "--format", "jsn"], "--format: unknown format 'jsn' (did you mean 'json'?)"),
        (["diff", "--output", "report.json"], "--output: 'report.json' is not FORMAT=FILE"),
        (["diff", "--output", "xml=report.xml"], "--output: unknown format 'xml'"),
        (["diff", "--var", "x"], "--var: 'x' is not NAME=VALUE"),
        (["diff", "--base-dir", "."], "--head-dir is missing"),
        (["diff", "--base-dir", ".", "--head-dir", ".", "--staged"], "--base-dir and --head-dir compare folders"),
        (["diff", "--base-dir", ".", "--head-dir", "no/such"], "--head-dir: 'no/such' is not a folder"),
        (["diff", "--staged", "--head", "HEAD"], "--staged and --head contradict each other"),
        (["diff", "--base", "", "--head", "HEAD"], "--base: is empty (an unset variable?"),
        (["diff", "--head", " "], "--head: is empty (an unset variable?"),
        (["plan", "plan.json", "--source", ".", "--base", ""], "--base: is empty (an unset variable?"),
        (["plan", "plan.json", "--merge-base"], "--merge-base: is about the source of a plan (add --source DIR)"),
        (["diff", "--var-file", "."], "--var-file: '.' is a folder"),
        (["diff", "--today", "soon"], "--today: 'soon' is no day such as 2027-01-31"),
        (["diff", "nowhere"], "PATH: 'nowhere' is neither in HEAD nor in WORKTREE"),
        (["diff", ".."], "PATH: '..' lies outside of what is compared"),
        (["diff", "/"], "PATH: '/' lies outside of what is compared"),
        (["diff", "--var-file", "no.tfvars"], "--var-file: 'no.tfvars' is neither in HEAD nor in WORKTREE"),
        (["diff", "--include", "role"], "--include: unknown group 'role'"),
        (["diff", "--config", "no.toml"], "no.toml: cannot read the configuration: No such file or directory"),
        (["explain", "TFR2002"], "there is no rule 'TFR2002' (did you mean TFR202?)"),
    ],
)
def test_mistakes_end_in_one_line_and_exit_code_2(
    argv: list[str], message: str, run: Run, compared: Compared, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.startswith("tfratchet: error: ")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("severity", "fail_on", "code"),
    [
        (None, None, 0),
        (Severity.LOW, None, 0),
        (Severity.MEDIUM, None, 1),
        (Severity.CRITICAL, None, 1),
        (Severity.LOW, "low", 1),
        (Severity.HIGH, "critical", 0),
        (Severity.CRITICAL, "critical", 1),
        (Severity.CRITICAL, "never", 0),
    ],
)
def test_exit_code_follows_severity(
    severity: Severity | None, fail_on: str | None, code: int, run: Run, compared: Compared
) -> None:
    if severity:
        compared.outcome = fakes.outcome([fakes.finding(severity=severity)])
    assert run("diff", *(("--fail-on", fail_on) if fail_on else ())) == code


def test_errors_of_the_analysed_tree_go_to_stderr_beside_the_findings(
    run: Run, compared: Compared, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Problem("syntax", "unexpected \x1b[2J brace", None)
    compared.outcome = fakes.outcome([fakes.finding()], errors=[broken, broken])
    assert run("diff") == 2
    captured = capsys.readouterr()
    assert "TFR101" in captured.out
    assert captured.err == "tfratchet: error: unexpected \\x1b[2J brace\n"
    assert run("diff", "--fail-on", "never") == 2


def test_options_reach_the_comparison(run: Run, compared: Compared) -> None:
    argv = "diff infra --base A --merge-base --staged --repo R --var a=b=c --var region= --include roles"
    assert run(*argv.split(), "--today", "2026-05-04") == 0
    (options,) = compared.options
    assert options.paths == ["infra"]
    assert (options.base, options.head, options.merge_base, options.repo) == ("A", "INDEX", True, "R")
    assert options.variables == {"a": "b=c", "region": ""}
    assert options.settings.include == {"roles"}
    assert options.settings.today.isoformat() == "2026-05-04"


def test_paths_are_relative_to_where_the_user_stands(run: Run, compared: Compared, tmp_path: Path) -> None:
    compared.sides = fakes.sides({"infra/a/main.tf": ""}, {"infra/b/main.tf": ""}, prefix="infra/b", top=str(tmp_path))
    assert run("diff", "main.tf", "../a/", str(tmp_path / "infra" / "b")) == 0
    assert compared.options[0].paths == ["infra/b/main.tf", "infra/a", "infra/b"]


def test_source_date_epoch_gives_the_day(run: Run, compared: Compared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert run("diff") == 0
    assert compared.options[0].settings.today.isoformat() == "2026-01-01"


def test_output_files_are_written_beside_stdout(
    run: Run, compared: Compared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compared.outcome = fakes.outcome([fakes.finding()])
    text, data = tmp_path / "a.txt", tmp_path / "b.json"
    assert run("diff", "-f", "json", "-o", f"text={text}", "--output", f"json={data}", "--color", "always") == 1
    assert json.loads(capsys.readouterr().out) == json.loads(data.read_text())
    assert "TFR101" in text.read_text()
    assert "\x1b" not in text.read_text()


def test_output_that_cannot_be_written_is_told(
    run: Run, compared: Compared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("diff", "--output", f"json={tmp_path}/no/out.json") == 2
    assert f"{tmp_path}/no/out.json: cannot write the report: No such file or directory" in capsys.readouterr().err


def test_a_defect_is_one_line_with_a_traceback_on_demand(
    run: Run, compared: Compared, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*args: Any) -> None:
        raise KeyError("two\nlines \x1b]0;title\x07")

    monkeypatch.setattr(pipeline, "diff", broken)
    assert run("diff") == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == r"""tfratchet: internal error: KeyError: 'two\nlines \x1b]0;title\x07'"""
    assert "tfratchet --debug" in second
    monkeypatch.setenv("TFRATCHET_DEBUG", "")  # restored afterwards: --debug sets it
    assert run("--debug", "diff") == 2
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(28, "No space left on device"), "tfratchet: error: cannot go on: No space left on device"),
        (PermissionError(13, "Permission denied", "a/b.yaml"), "tfratchet: error: a/b.yaml: Permission denied"),
        (TreeError("a: the folder cannot be read"), "tfratchet: error: a: the folder cannot be read"),
    ],
)
def test_what_the_system_refuses_is_no_defect(
    error: Exception,
    line: str,
    run: Run,
    compared: Compared,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*args: Any) -> None:
        raise error

    monkeypatch.setattr(pipeline, "diff", broken)
    assert run("diff") == 2
    assert capsys.readouterr().err == f"{line}\n"


def test_ctrl_c_is_quiet(
    run: Run, compared: Compared, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "diff", interrupted)
    monkeypatch.setenv("TFRATCHET_DEBUG", "")  # restored afterwards: --debug sets it
    assert run("diff") == 130
    assert run("--debug", "diff") == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", [["explain"], ["explain", "TFR202"]])
def test_a_reader_who_leaves_early_sees_no_complaint(command: list[str]) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tfratchet", *command], stdout=write_end, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(write_end)
    assert done.stderr == b""
    assert done.returncode == 128 + signal.SIGPIPE


# -- the command line without typer means the same as typer's


def _typer_options() -> dict[str, Any]:
    import typer

    from tfratchet.commands.diff import app

    return {p.name: p for p in typer.main.get_command(app).params}


def test_quick_options_are_those_of_typer() -> None:
    params = _typer_options()
    by_option = {flag: p for p in params.values() for flag in p.opts if flag.startswith("-")}
    by_option = {flag: p for flag, p in by_option.items() if flag not in ("--help", "-h")}
    assert {flag: p.name for flag, p in by_option.items()} == {flag: name for flag, (name, _) in OPTIONS.items()}
    for flag, (_, kind) in OPTIONS.items():
        param = by_option[flag]
        assert (param.multiple, param.is_flag) == (kind == LIST, kind == FLAG), flag


def test_quick_defaults_and_choices_are_those_of_typer() -> None:
    defaults = DiffArguments()
    for name, param in _typer_options().items():
        if name == "help":
            continue
        default = param.default
        wanted = getattr(default, "value", default)
        assert (getattr(defaults, name) or None) == (wanted or None), name
    from tfratchet.commands.shared import Color, FailOn

    assert tuple(c.value for c in FailOn) == CHOICES["fail_on"]
    assert tuple(c.value for c in Color) == CHOICES["color"]


@pytest.mark.parametrize(
    "argv",
    [
        "diff",
        "diff a b/c --base X --head=Y -q",
        "diff --staged --merge-base --quiet --fail-on never --color always --config c.toml --today 2026-01-01",
        "diff --var a=b --var=c=d --var-file f --var-file g -o json=x --output text=y -f json x",
        "diff --base-dir=a --head-dir b --include roles --repo= --base one --base two",
        "diff --baseline known.json --write-baseline=k --reason r --owner=o --expires 2027-01-31",
    ],
)
def test_quick_reads_what_typer_reads(argv: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import typer

    from tfratchet import diffrun
    from tfratchet.commands.diff import app

    seen: list[DiffArguments] = []
    monkeypatch.setattr(diffrun, "run", lambda arguments: seen.append(arguments) or 0)
    words = argv.split()
    with pytest.raises(SystemExit):
        typer.main.get_command(app)(words[1:])
    quick = parse(words)
    assert quick is not None
    for name in DiffArguments.__slots__:
        ours, theirs = getattr(quick, name), getattr(seen[0], name)
        assert (list(ours), list(theirs)) if isinstance(ours, (list, tuple)) else ours == theirs, name
        assert ours == theirs or (not ours and not theirs), name


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["explain"],
        ["--debug", "diff"],
        ["diff", "--help"],
        ["diff", "--nope"],
        ["diff", "--base"],
        ["diff", "--base", "--staged"],
        ["diff", "--staged=yes"],
        ["diff", "-f=json"],
        ["diff", "-qf", "json"],
        ["diff", "--color", "maybe"],
        ["diff", "--", "--base"],
        ["diff", "-"],
    ],
)
def test_quick_leaves_everything_else_to_typer(argv: list[str]) -> None:
    assert parse(argv) is None


# -- real processes


def _process(*argv: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tfratchet", *argv], capture_output=True, text=True, check=False, **more
    )


def test_an_ascii_terminal_is_no_reason_to_die() -> None:
    done = _process("diff", "bücher\udcff", env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert r"b\xfccher" in done.stderr


def test_completion_names_commands_and_options() -> None:
    env = {**os.environ, "_TFRATCHET_COMPLETE": "complete_bash", "COMP_CWORD": "1", "COMP_WORDS": "tfratchet ex"}
    assert _process(env=env).stdout.split() == ["explain"]
    env |= {"COMP_CWORD": "2", "COMP_WORDS": "tfratchet diff --ba"}
    assert _process(env=env).stdout.split() == ["--base", "--base-dir", "--baseline"]
    env |= {"COMP_CWORD": "2", "COMP_WORDS": "tfratchet explain TFR20"}
    assert "TFR202" in _process(env=env).stdout.split()


def test_explain_lists_rules_and_prints_pages(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain") == 0
    table = capsys.readouterr().out
    assert re.search(r"^  TFR202  high      minimum password length", table, re.MULTILINE)
    assert run("explain", "tfr202") == 0
    page = capsys.readouterr().out
    assert page.startswith("# TFR202: ")
    assert "## Why" in page
    assert "## References" in page


def test_rules_docs_write_and_check(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "rules"
    assert run("rules-docs", str(folder), "--check") == 1
    assert run("rules-docs", str(folder)) == 0
    assert run("rules-docs", str(folder), "--check") == 0
    (folder / "TFR202.md").write_text("old")
    (folder / "TFR9.md").write_text("gone")
    capsys.readouterr()
    assert run("rules-docs", str(folder), "--check") == 1
    err = capsys.readouterr().err
    assert f"{folder}/TFR202.md is out of date" in err
    assert f"{folder}/TFR9.md belongs to no rule" in err
    assert run("rules-docs", str(folder)) == 0
    assert not (folder / "TFR9.md").exists()
