"""``tfratchet scan``: everything that Checkov's users know goes on working."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from scanning import defects, environment, read

from tfratchet.errors import UserError
from tfratchet.scan import command

TFRATCHET = Path(sys.executable).parent / "tfratchet"
USER = 'resource "aws_iam_user" "eve" {\n  name          = "eve"\n  force_destroy = true\n}\n'
ONLY = ("--framework", "terraform", "--check", "CKV_TFR_106")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("BC_API_KEY", raising=False)
    infra = tmp_path / "infra"
    infra.mkdir()
    (infra / "main.tf").write_text(USER)
    monkeypatch.chdir(infra)
    return infra


def scan(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TFRATCHET, "scan", *map(str, arguments)], capture_output=True, text=True, check=False, env=environment()
    )


def test_a_failing_check_gives_exit_code_1_and_a_soft_fail_0(folder: Path) -> None:
    done = scan("--", *ONLY, "--compact")
    assert done.returncode == 1, done.stderr
    assert "FAILED for resource: aws_iam_user.eve" in done.stdout
    assert "File: /main.tf:1-4" in done.stdout
    assert "Details: force_destroy is true" in done.stdout
    assert not defects(done.stderr)
    assert scan(folder, "--", *ONLY, "--soft-fail").returncode == 0


def test_a_skip_comment_with_its_reason(folder: Path) -> None:
    (folder / "main.tf").write_text(USER.replace("{\n", "{\n  # checkov:skip=CKV_TFR_106:a machine, ticket 7\n", 1))
    done = scan("main.tf", "--", *ONLY, "-o", "json")
    assert done.returncode == 0
    (record,) = json.loads(done.stdout)["results"]["skipped_checks"]
    assert record["check_result"]["suppress_comment"] == "a machine, ticket 7"


def test_report_formats_for_machines(folder: Path) -> None:
    done = scan("--", *ONLY, "-o", "sarif", "-o", "junitxml", "--output-file-path", str(folder / "out"))
    assert done.returncode == 1
    sarif = json.loads((folder / "out" / "results_sarif.sarif").read_text())
    (result,) = sarif["runs"][0]["results"]
    assert result["ruleId"] == "CKV_TFR_106"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 1
    assert "CKV_TFR_106" in (folder / "out" / "results_junitxml.xml").read_text()


def test_a_baseline_hides_what_is_known(folder: Path) -> None:
    assert scan(".", "--", *ONLY, "--create-baseline").returncode == 1
    assert "CKV_TFR_106" in (folder / ".checkov.baseline").read_text()
    assert scan(".", "--", *ONLY, "--baseline", ".checkov.baseline").returncode == 0


def test_the_configuration_file_counts(folder: Path) -> None:
    (folder / ".checkov.yaml").write_text(
        "framework: [terraform]\ncheck: [CKV_TFR_106]\nsoft-fail: true\noutput: json\n"
    )
    done = scan(folder)
    assert done.returncode == 0, done.stderr
    assert read(done).failed("CKV_TFR_106") == {"aws_iam_user.eve"}


def test_code_in_the_scanned_folder_is_not_run(folder: Path) -> None:
    for name in ("yaml.py", "checkov.py", "sitecustomize.py"):
        (folder / name).write_text("raise SystemExit('code of the scanned folder ran')\n")
    done = scan("--", *ONLY)
    assert done.returncode == 1, done.stderr
    assert "code of the scanned folder ran" not in done.stderr + done.stdout


# What is handed to Checkov; the rest of these tests needs no run of it.
def test_the_arguments(folder: Path) -> None:
    checks = Path("checks")
    start = ["--external-checks-dir", "checks", "--skip-download"]
    assert command([], [], checks) == [*start, "-d", "."]
    assert command(["."], ["--quiet"], checks) == [*start, "-d", ".", "--quiet"]
    assert command(["main.tf"], [], checks) == [*start, "-f", "main.tf"]
    assert command([], ["-f", "main.tf"], checks) == [*start, "-f", "main.tf"]
    assert command([], ["--directory=."], checks) == [*start, "--directory=."]


def test_paths_that_cannot_be(folder: Path) -> None:
    with pytest.raises(UserError, match="missing: no such file or folder"):
        command(["missing"], [], Path("checks"))
    with pytest.raises(UserError, match="either folders or files"):
        command([".", "main.tf"], [], Path("checks"))
    with pytest.raises(UserError, match="given twice"):
        command(["."], ["-d", "."], Path("checks"))


def test_settings_that_would_leave_our_checks_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match="would be left out"):
        command([], ["--external-checks-git=https://git.example.invalid/x"], Path("checks"))
    config = folder / ".checkov.yml"
    config.write_text("external-checks-git: [https://git.example.invalid/x]\n")
    with pytest.raises(UserError, match=r"\.checkov\.yml: external-checks-git"):
        command([], [], Path("checks"))
    config.write_text("external_checks_dir: [mine]\n")
    assert command([], [], Path("checks"))[:2] == ["--external-checks-dir", "checks"]
    assert "external-checks-dir is not used" in capsys.readouterr().err


def test_what_the_configuration_file_says_to_scan(folder: Path) -> None:
    other = folder / "other.yaml"
    other.write_text("directory: [x]\n")
    assert "-d" not in command([], ["--config-file", "other.yaml"], Path("checks"))
    assert "-d" in command(["."], ["--config-file=other.yaml"], Path("checks"))


def test_an_api_key_switches_downloads_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--skip-download" not in command([], ["--bc-api-key", "k"], Path("checks"))
    monkeypatch.setenv("BC_API_KEY", "k")
    assert "--skip-download" not in command([], [], Path("checks"))


def test_a_folder_of_checks_that_is_not_there(folder: Path) -> None:
    done = scan("--checks", "nowhere")
    assert done.returncode == 2
    assert done.stderr == "tfratchet: error: nowhere: no such folder\n"


def test_help_without_checkov_being_imported() -> None:
    done = subprocess.run([TFRATCHET, "scan", "--help"], capture_output=True, text=True, check=True)
    assert "goes to Checkov as it is" in " ".join(done.stdout.split())
