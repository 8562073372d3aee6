"""``tfratchet plan`` as a whole: what it takes, how it is configured, what it accepts, and how it ends."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import gitrepo
import planjson
from tfratchet import cli
from tfratchet.report import FORMATS

PLANS = Path(__file__).parent / "fixtures" / "plans"
HEAD = str(PLANS / "head.json")
PASSWORD = "aws_iam_account_password_policy.this"
STRONG = {"minimum_password_length": 20, "require_symbols": True}
WEAK = {"minimum_password_length": 15, "require_symbols": True}
CHANGE = planjson.change(PASSWORD, STRONG, WEAK)

Run = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run ``tfratchet plan --format json`` in an empty folder: exit code, report (empty without one), stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*argv: str, stdin: bytes | None = None) -> tuple[int, dict[str, Any], str]:
        monkeypatch.setattr(sys, "argv", ["tfratchet", "plan", "--format", "json", *argv])
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return code, json.loads(captured.out) if captured.out else {}, captured.err

    return call


def write(name: str, *changes: Any, **more: Any) -> str:
    """A plan in the working directory."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(planjson.text(planjson.plan(changes or (CHANGE,), **more)))
    return name


def rules(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(f["root"], f["rule"], f["address"]) for f in report["findings"]]


# -- what it takes


def test_a_file_and_standard_input_say_the_same(run: Run) -> None:
    code, from_file, err = run(HEAD)
    assert (code, err) == (1, "")
    code, from_stdin, err = run("-", stdin=Path(HEAD).read_bytes())
    assert (code, err) == (1, "")
    assert from_stdin["findings"] == from_file["findings"]
    assert from_stdin["head"]["label"] == "standard input"
    assert from_file["summary"]["resources"] == 12


def test_several_plans_are_several_root_modules(run: Run) -> None:
    one, two = (
        write("plans/prod.json"),
        write("plans/audit.json", planjson.change("aws_iam_user.a", {"name": "a"}, None)),
    )
    code, report, _ = run(one, two)
    assert code == 1
    assert rules(report) == [("plans/prod", "TFR202", PASSWORD)]
    assert report["summary"]["roots"] == 2
    assert run(one)[1]["findings"][0]["root"] == "."


def test_a_move_between_two_plans_is_none(run: Run) -> None:
    gone = write("a.json", planjson.change(PASSWORD, STRONG, None))
    come = write("b.json", planjson.change("module.x." + PASSWORD, None, STRONG, unknown={"id": True}))
    code, report, _ = run(gone, come)
    assert (code, report["findings"]) == (0, [])
    assert [n["kind"] for n in report["notes"]] == ["move"]
    assert rules(run(gone)[1]) == [(".", "TFR201", PASSWORD)]


def test_files_of_one_name_are_told_apart(run: Run) -> None:
    code, report, _ = run(write("x/plan.json"), write("y/plan.json"))
    assert code == 1
    assert [root for root, _, _ in rules(report)] == ["x/plan", "y/plan"]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["missing.json"], "missing.json: cannot be read: No such file"),
        (["."], ".: cannot be read: Is a directory"),
        (["-", "-"], "standard input can be one plan only"),
        ([HEAD, "--source", "nowhere"], "'nowhere' is not a folder"),
        ([HEAD, "--source", ".", "--source", "."], "2 for 1 plans"),
        ([HEAD, "--base", "main"], "add --source DIR"),
        ([HEAD, "--merge-base", "--source", "."], "needs --base REV"),
        ([HEAD, "--source", ".", "--base", "main"], "is in no git repository"),
        ([HEAD, "--include", "nonsense"], "unknown group 'nonsense'"),
        ([HEAD, "--config", "missing.toml"], "cannot read the configuration"),
        ([HEAD, "--format", "nonsense"], "unknown format 'nonsense'"),
        ([HEAD, "--output", "text=nowhere/out.txt"], "cannot write the report"),
    ],
)
def test_what_the_user_can_put_right(run: Run, argv: list[str], said: str) -> None:
    code, _, err = run(*argv)
    assert code == 2
    assert err.startswith("tfratchet: error: ")
    assert said in err
    assert err.count("\n") == 1


def test_no_plan_at_all(run: Run) -> None:
    code, report, err = run()
    assert (code, report) == (2, {})
    assert "PLAN" in err


# -- what could not be compared is never clean


@pytest.mark.parametrize(
    "stdin", [b"", b" \n", b"{", b"[]", b"Error: no plan", b'{"version":4,"serial":1,"lineage":"x"}']
)
def test_no_plan_on_standard_input(run: Run, stdin: bytes) -> None:
    code, report, err = run("-", stdin=stdin)
    assert (code, report) == (2, {})
    assert err.startswith("tfratchet: error: standard input: ")


@pytest.mark.parametrize(
    ("more", "said"),
    [({"errored": True}, "ended with an error"), ({"complete": False}, "not complete")],
)
def test_a_plan_that_is_not_whole(run: Run, more: dict[str, Any], said: str) -> None:
    """What it shows is told, and the run fails with 2, also when it shows no loss."""
    code, report, err = run(write("plan.json", **more))
    assert code == 2
    assert rules(report) == [(".", "TFR202", PASSWORD)]
    assert said in report["errors"][0]["message"]
    assert said in err
    code, report, _ = run(write("plan.json", planjson.change(PASSWORD, STRONG, STRONG), **more), "--fail-on", "never")
    assert (code, report["findings"]) == (2, [])


def test_a_plan_of_another_format_among_others(run: Run) -> None:
    """The others are compared; the run is no success."""
    good, bad = write("good.json"), write("bad.json", format_version="2.0")
    code, report, err = run(good, bad)
    assert code == 2
    assert rules(report) == [("good", "TFR202", PASSWORD)]
    assert "its format version is 2.0" in err
    assert run(bad)[:2] == (2, {})


def test_opentofu_plans_are_plans(run: Run) -> None:
    """OpenTofu writes the same format, with keys of its own."""
    plan = write("plan.json", terraform_version="1.9.0", timestamp="2026-01-01T00:00:00Z", provider_functions={})
    assert rules(run(plan)[1]) == [(".", "TFR202", PASSWORD)]


# -- configuration, acceptances, reports


def test_the_configuration_of_the_working_directory(run: Run) -> None:
    plan = write("plan.json")
    assert run(plan)[0] == 1
    Path("tfratchet.toml").write_text('fail_on = "critical"\n[severity]\nTFR202 = "high"\n')
    code, report, _ = run(plan)
    assert (code, report["findings"][0]["severity"]) == (0, "high")
    Path("other.toml").write_text('disable = ["password"]\n')
    assert run(plan, "--config", "other.toml")[1]["findings"] == []
    Path("tfratchet.toml").write_text("nonsense = 1\n")
    code, _, err = run(plan)
    assert code == 2
    assert "unknown key 'nonsense'" in err


def test_an_ignore_entry_accepts_by_address(run: Run) -> None:
    plan = write("plan.json")
    entry = f'[[ignore]]\nrule = "TFR202"\naddress = "{PASSWORD}"\nreason = "agreed"\nexpires = 2026-06-30\n'
    Path("tfratchet.toml").write_text(entry)
    code, report, _ = run(plan, "--today", "2026-06-01")
    assert code == 0
    assert report["findings"][0]["suppressed"]["reason"] == "agreed"
    code, report, _ = run(plan, "--today", "2026-07-01")
    assert code == 1
    assert "expired" in report["notes"][0]["message"]


def test_the_threshold(run: Run) -> None:
    plan = write("plan.json")
    assert run(plan)[1]["findings"][0]["severity"] == "medium"
    assert [run(plan, "--fail-on", level)[0] for level in ("low", "medium", "high", "never")] == [1, 1, 0, 0]


@pytest.mark.parametrize("name", FORMATS)
def test_every_report(name: str, run: Run) -> None:
    code, _, err = run(HEAD, "--output", f"{name}=out")
    assert (code, err) == (1, "")
    text = Path("out").read_text()
    assert "TFR101" in text
    assert "carol" in text


def test_sensitive_values_are_in_no_report(run: Run) -> None:
    secret = "s3cr3t-Action:Get"
    document = json.dumps({"Statement": [{"Effect": "Deny", "Action": [secret], "Resource": "*"}]})
    marks = {"before_sensitive": {"policy": True}, "after_sensitive": {"policy": True}}
    changes = [
        planjson.change("aws_iam_policy.p", {"name": "p", "policy": document}, {"name": "p", "policy": "{}"}, **marks),
        planjson.change(
            PASSWORD,
            {"minimum_password_length": 98765},
            {"minimum_password_length": 6},
            before_sensitive={"minimum_password_length": True},
            after_sensitive={},
        ),
    ]
    plan = write("plan.json", *changes)
    argv = [a for name in FORMATS for a in ("--output", f"{name}=out.{name}")]
    code, report, _ = run(plan, *argv)
    assert code == 1
    (length,) = [f for f in report["findings"] if f["rule"] == "TFR202"]
    assert length["certainty"] == "possible"
    assert length["base"]["value"] == f"(sensitive value of {PASSWORD}.minimum_password_length)"
    for name in FORMATS:
        text = Path(f"out.{name}").read_text()
        assert "s3cr3t" not in text
        assert "98765" not in text


# -- with the source


def test_two_workspaces_of_one_folder(run: Run) -> None:
    Path("infra").mkdir()
    Path("infra/password.tf").write_text(SOURCE.format(15, SYMBOLS))
    prod, test = write("prod.json"), write("test.json", planjson.change(PASSWORD, STRONG, None))
    code, report, _ = run(prod, test, "--source", "infra", "--source", "infra")
    assert code == 1
    found = {(f["rule"], f["variant"], f["root"]) for f in report["findings"]}
    assert found == {("TFR202", "prod.json", "."), ("TFR201", "test.json", ".")}


def test_sources_of_one_repository(run: Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        gitrepo.make_repo(tmp_path, name).commit("base", {"main.tf": "locals {}\n"})
    code, _, err = run(write("a.json"), write("b.json"), "--source", "one", "--source", "two")
    assert code == 2
    assert "different git repositories" in err


SOURCE = 'resource "aws_iam_account_password_policy" "this" {{\n  minimum_password_length = {}\n{}}}\n'
SYMBOLS = "  require_symbols         = true\n"


@pytest.fixture
def repo(tmp_path: Path) -> gitrepo.Repo:
    """``infra/`` with a password policy; in the working tree it is shorter and no longer asks for symbols."""
    made = gitrepo.make_repo(tmp_path)
    made.commit("base", {"infra/password.tf": SOURCE.format(20, SYMBOLS), "tfratchet.toml": 'fail_on = "low"\n'})
    made.write({"infra/password.tf": "\n" + SOURCE.format(15, "")})
    return made


def test_file_and_line_and_what_no_plan_shows(run: Run, repo: gitrepo.Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.path)
    plan = write("plan.json", planjson.change(PASSWORD, STRONG, WEAK))
    code, report, _ = run(plan, "--source", "infra")
    assert code == 1
    assert {r for _, r, _ in rules(report)} == {"TFR202", "TFR211"}
    assert {root for root, _, _ in rules(report)} == {"infra"}
    length = next(f for f in report["findings"] if f["rule"] == "TFR202")
    assert (length["base"]["file"], length["base"]["line"]) == ("infra/password.tf", 2)
    assert (length["head"]["file"], length["head"]["line"]) == ("infra/password.tf", 3)


def test_the_base_of_the_source(run: Run, repo: gitrepo.Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pull request the change is committed: HEAD shows nothing, and the note says what to do."""
    monkeypatch.chdir(repo.path)
    first = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "-q", "-b", "change")
    repo.commit("weaker")
    plan = write("../plan.json", planjson.change(PASSWORD, STRONG, WEAK))
    _, report, _ = run(plan, "--source", "infra")
    assert {r for _, r, _ in rules(report)} == {"TFR202"}
    assert any("--base REV" in n["message"] for n in report["notes"])
    _, report, _ = run(plan, "--source", "infra", "--base", "main", "--merge-base")
    assert {r for _, r, _ in rules(report)} == {"TFR202", "TFR211"}
    assert repo.git("rev-parse", "main") == first
    code, _, err = run(plan, "--source", "infra", "--base", "nowhere")
    assert code == 2
    assert "nowhere" in err


def test_settings_of_a_repository_come_from_its_base(
    run: Run, repo: gitrepo.Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change cannot loosen its own judge, as with ``diff``."""
    monkeypatch.chdir(repo.path)
    plan = write("plan.json", planjson.change(PASSWORD, STRONG, WEAK))
    repo.write({"tfratchet.toml": 'fail_on = "never"\ndisable = ["password"]\n'})
    code, report, _ = run(plan, "--source", "infra")
    assert code == 1
    assert any("edits the settings" in n["message"] for n in report["notes"])


def test_a_comment_in_the_source_accepts(run: Run, repo: gitrepo.Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.path)
    mark = '  # tfratchet:ignore=TFR202,TFR211 reason="agreed"\n'
    repo.write({"infra/password.tf": SOURCE.format(15, mark)})
    plan = write("plan.json", planjson.change(PASSWORD, STRONG, WEAK))
    code, report, _ = run(plan, "--source", "infra")
    assert code == 0
    assert {f["suppressed"]["reason"] for f in report["findings"]} == {"agreed"}


def test_a_source_that_is_not_the_plans(run: Run, repo: gitrepo.Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.path)
    Path("empty").mkdir()
    _, report, _ = run(write("plan.json"), "--source", "empty")
    assert any("is it the folder of this plan?" in n["message"] for n in report["notes"])


def test_an_unknown_value_is_read_from_the_source(run: Run, tmp_path: Path) -> None:
    """The policy is not known before apply, since its bucket is new: the files say most of it."""
    Path("infra").mkdir()
    Path("infra/main.tf").write_text(
        'resource "aws_s3_bucket" "logs" {\n  bucket_prefix = "logs"\n}\n'
        'resource "aws_iam_policy" "guard" {\n  name   = "guard"\n  policy = jsonencode({\n    Version = "2012-10-17"\n'
        '    Statement = [{ Effect = "Deny", Action = ["cloudtrail:StopLogging"], '
        'Resource = "*" }, { Effect = "Allow", Action = "s3:GetObject", Resource = aws_s3_bucket.logs.arn }]\n  })\n}\n'
    )
    deny = {"Effect": "Deny", "Action": ["cloudtrail:StopLogging"], "Resource": "*"}
    before = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    plan = write(
        "plan.json",
        planjson.change("aws_s3_bucket.logs", None, {"bucket_prefix": "logs"}, unknown={"arn": True, "bucket": True}),
        planjson.change(
            "aws_iam_policy.guard", {"name": "guard", "policy": before}, {"name": "guard"}, unknown={"policy": True}
        ),
        configuration={
            "aws_s3_bucket.logs": {"bucket_prefix": {"constant_value": "logs"}},
            "aws_iam_policy.guard": {"name": {}, "policy": {"references": ["aws_s3_bucket.logs.arn"]}},
        },
    )
    without = run(plan)[1]["findings"]
    assert {f["certainty"] for f in without} == {"possible"}
    assert run(plan, "--source", "infra")[1]["findings"] == []


def test_lifecycle_blocks_that_stay_are_no_change(
    run: Run, repo: gitrepo.Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = "  lifecycle {\n    ignore_changes = [minimum_password_length]\n  }\n"
    monkeypatch.chdir(repo.path)
    repo.commit("with it", {"infra/password.tf": SOURCE.format(20, block)})
    repo.write({"infra/password.tf": "\n" + SOURCE.format(20, block)})
    plan = write("plan.json", planjson.change(PASSWORD, STRONG, STRONG))
    assert run(plan, "--source", "infra")[1]["findings"] == []


def test_a_secret_that_is_not_known_yet_is_not_read_from_the_source(run: Run) -> None:
    Path("infra").mkdir()
    Path("infra/main.tf").write_text(
        'resource "aws_iam_policy" "p" {\n  name   = "p"\n'
        "  policy = jsonencode({ Statement = [\n"
        '    { Effect = "Deny", Action = "s3cr3t:*", Resource = aws_s3_bucket.b.arn }\n  ] })\n}\n'
        'resource "aws_s3_bucket" "b" {\n}\n'
    )
    deny = json.dumps({"Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]})
    plan = write(
        "plan.json",
        planjson.change(
            "aws_iam_policy.p",
            {"name": "p", "policy": deny},
            {"name": "p"},
            unknown={"policy": True},
            after_sensitive={"policy": True},
        ),
    )
    for argv in ([plan], [plan, "--source", "infra"]):
        _, report, _ = run(*argv)
        assert report["findings"]
        assert "s3cr3t" not in json.dumps(report)


def test_the_report_has_the_documented_shape(run: Run) -> None:
    schema = json.loads((Path(__file__).parents[1] / "docs" / "report.schema.json").read_text())
    for name in ("head", "drift", "removed", "noop"):
        jsonschema.validate(run(str(PLANS / f"{name}.json"))[1], schema)


# -- binary plans


def binary(path: str = "tfplan") -> str:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tfplan", b"\x0a\x02")
    return path


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!{sys.executable}\n{script}")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_a_binary_plan_needs_a_program(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    code, _, err = run(binary())
    assert code == 2
    assert "is a binary plan, and neither terraform nor tofu is on PATH" in err


SHOW = f"""
import os, sys
assert sys.argv[1:4] == ["show", "-json", "-no-color"], sys.argv
assert open(sys.argv[4], "rb").read(2) == b"PK"
assert sys.stdin.read() == ""
open("{{record}}", "a").write(os.getcwd() + "\\n")
sys.stdout.write(open({HEAD!r}).read())
"""


@pytest.mark.parametrize("name", ["terraform", "tofu"])
def test_a_binary_plan_is_shown_by_the_program(
    name: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "record"
    program(tmp_path / "bin", name, SHOW.replace("{record}", str(record)))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    plan = binary()
    code, report, err = run(plan)
    assert (code, err) == (1, "")
    assert len(report["findings"]) == 11
    assert run("-", stdin=Path(plan).read_bytes())[1]["findings"] == report["findings"]
    Path("infra").mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"], "/usr/bin", "/bin"]))
    run(plan, "--source", "infra")
    assert record.read_text().split() == [str(tmp_path), str(tmp_path), str(tmp_path / "infra")]


def test_what_the_program_says_when_it_cannot(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "terraform", 'import sys\nsys.exit("│ Error: Failed to load plugin schemas\\n╵")\n')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    code, _, err = run(binary())
    assert code == 2
    assert "Failed to load plugin schemas" in err
    assert "--source DIR" in err


def test_the_second_program_is_asked_when_the_first_cannot(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An OpenTofu plan on a machine that has both."""
    program(tmp_path / "bin", "terraform", 'import sys\nsys.exit("no plan of mine")\n')
    program(tmp_path / "bin", "tofu", SHOW.replace("{record}", str(tmp_path / "record")))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert run(binary())[0] == 1
