"""Runs the real Checkov program on a folder or plan, and reads its report and its log."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CHECKS = ROOT / "checks" / "tfratchet_checks"
FIXTURES = Path(__file__).parent / "fixtures"

# What Checkov logs when a check could not be loaded, or died.
_DEFECTS = re.compile(r"\[ERROR\]|Cannot load external check|Failed to run check|Traceback|is missing required fields")
_UNDECIDED = re.compile(r"(CKV_TFR_\d+) is not decided for (\S+) \(([^)]*)\)")


@dataclass(frozen=True)
class Record:
    """One line of Checkov's report."""

    check: str
    result: str
    """``pass`` or ``fail``."""
    resource: str
    file: str
    line: int
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scan:
    """What one run of Checkov said."""

    records: tuple[Record, ...]
    undecided: frozenset[tuple[str, str, str]]
    """(check, address, file) of every log line that says a check could not decide."""
    log: str
    code: int

    def failed(self, check: str) -> set[str]:
        """Resources for which a check failed."""
        return {r.resource for r in self.records if r.check == check and r.result == "fail"}


def environment() -> dict[str, str]:
    """An environment in which Checkov neither asks the network nor finds settings of this machine."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("CKV_", "CHECKOV_", "BC_", "LOG_LEVEL"))}
    return keep | {"PYTHONDONTWRITEBYTECODE": "1"}


def run_checkov(
    *arguments: str | Path,
    python: str | Path = sys.executable,
    checks: Path | None = CHECKS,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the checkov program of an environment with our checks."""
    command = [str(python), "-m", "checkov.main", "--skip-download"]
    if checks is not None:
        command += ["--external-checks-dir", str(checks)]
    return subprocess.run(
        [*command, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=cwd,
        env=environment() | (env or {}),
    )


def defects(log: str) -> list[str]:
    """Lines of a log that tell of a check that could not be loaded or died."""
    return [line for line in log.splitlines() if _DEFECTS.search(line)]


def read(done: subprocess.CompletedProcess[str], only: str = "CKV_TFR_") -> Scan:
    """The report of a run with ``-o json``. Fails on any load or check error that Checkov only logs."""
    assert not defects(done.stderr), done.stderr
    data: Any = json.loads(done.stdout)
    reports = data if isinstance(data, list) else [data]
    records = [
        Record(
            check=r["check_id"],
            result={"PASSED": "pass", "FAILED": "fail", "SKIPPED": "skip"}[r["check_result"]["result"]],
            resource=r["resource"],
            file=r["file_path"].lstrip("/"),
            line=r["file_line_range"][0],
            details=tuple(r.get("details") or ()),
        )
        for report in reports
        for kind in ("passed_checks", "failed_checks", "skipped_checks")
        for r in report.get("results", {}).get(kind, ())
        if r["check_id"].startswith(only)
    ]
    undecided = frozenset(_UNDECIDED.findall(done.stderr))
    return Scan(tuple(records), undecided, done.stderr, done.returncode)
