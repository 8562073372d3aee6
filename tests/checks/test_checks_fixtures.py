"""Every check on real Checkov: what each fixture says about itself in its comments is what Checkov must report.

``# checks: A B`` at the top of a file: these checks are judged in it. ``# expect A fail [resource]`` above a block: the
result, at the line of the block. ``pass`` and ``fail`` are records of the report, ``unknown`` is a line in the log and
no record, ``silent`` neither. Any record or log line of these checks that no comment expects is an error too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from scanning import CHECKS, FIXTURES, Scan

_EXPECT = re.compile(r"# expect (CKV_TFR_\d+) (pass|fail|unknown|silent)(?: (\S+))?$")
_BLOCK = re.compile(r'^(resource|data|module) "([^"]+)"(?: "([^"]+)")?')


@dataclass(frozen=True, order=True)
class Expected:
    file: str
    line: int
    check: str
    result: str
    resource: str


def _expectations(path: Path, scan: str) -> tuple[set[str], list[Expected]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    checks = {c for line in lines if line.startswith("# checks:") for c in line.split(":")[1].split()}
    found: list[Expected] = []
    waiting: list[tuple[str, str, str | None]] = []
    for number, line in enumerate(lines, 1):
        expect = _EXPECT.match(line)
        block = _BLOCK.match(line)
        if expect:
            waiting.append((expect[1], expect[2], expect[3]))
        elif block:
            kind, type_, name = block.groups()
            own = type_ if kind == "module" else f"{type_}.{name}"
            file = path.relative_to(FIXTURES / scan).as_posix()
            found += [Expected(file, number, check, result, resource or own) for check, result, resource in waiting]
            waiting = []
    assert not waiting, f"{path}: an expectation without a block"
    return checks, found


def _files() -> Iterator[tuple[str, Path]]:
    for folder in sorted(FIXTURES.iterdir()):
        if folder.is_dir() and folder.name != "special":
            for path in sorted(folder.rglob("*.tf")):
                yield folder.name, path


_FILES = list(_files())


@pytest.mark.parametrize(("name", "path"), _FILES, ids=[p.parent.relative_to(FIXTURES).as_posix() for _, p in _FILES])
def test_fixture_says_what_checkov_reports(name: str, path: Path, scan: Callable[[str], Scan]) -> None:
    result = scan(name)
    checks, expected = _expectations(path, name)
    file = path.relative_to(FIXTURES / name).as_posix()
    assert checks, "the file names no checks"

    records = {(r.line, r.check, r.result, r.resource) for r in result.records if r.file == file and r.check in checks}
    wanted = {(e.line, e.check, e.result, e.resource) for e in expected if e.result in ("pass", "fail")}
    assert records == wanted

    undecided = {
        (check, address) for check, address, where in result.undecided if where == str(path) and check in checks
    }
    assert undecided == {(e.check, e.resource) for e in expected if e.result == "unknown"}


def test_every_check_passes_and_fails_somewhere(scan: Callable[[str], Scan]) -> None:
    ids = {re.match(r"ckv_tfr_\d+", p.name)[0].upper() for p in CHECKS.glob("ckv_tfr_*.py")}  # type: ignore[index]
    assert len(ids) >= 29
    seen: dict[str, set[str]] = {}
    for name, path in _FILES:
        for e in _expectations(path, name)[1]:
            seen.setdefault(e.check, set()).add(e.result)
    always_fails = {"CKV_TFR_107"}  # there is no good aws_iam_policy_attachment
    assert {c for c in ids if not {"pass", "fail"} <= seen.get(c, set())} == always_fails
    assert {c for c in ids if "fail" not in seen.get(c, set())} == set()


def test_failures_say_why(scan: Callable[[str], Scan]) -> None:
    for name in ("people", "policies", "trails"):
        for record in scan(name).records:
            if record.result == "fail":
                assert record.details, record
