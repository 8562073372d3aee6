"""The ways into Checkov: ``tfratchet scan``, ``--external-checks-dir``, a bare copy without tfratchet."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from check_environments import bare_python, environment, overwritten_hcl2, run
from scanning import CHECKS, FIXTURES, ROOT, Scan, read, run_checkov

UNWATCHED = FIXTURES / "unwatched"
TFRATCHET = Path(sys.executable).parent / "tfratchet"
ONLY = ("--framework", "terraform", "--check", "CKV_TFR_*", "-o", "json")


def same(one: Scan, other: Scan) -> bool:
    return set(one.records) == set(other.records) and one.undecided == other.undecided


@pytest.fixture(scope="module")
def by_folder() -> Scan:
    """What --external-checks-dir with the folder that ``tfratchet checks-dir`` prints gives."""
    printed = subprocess.run([TFRATCHET, "checks-dir"], capture_output=True, text=True, check=True).stdout
    folder = Path(printed.strip())
    assert folder == CHECKS
    return read(run_checkov("-d", UNWATCHED, *ONLY, checks=folder))


def test_the_folder_that_checks_dir_prints(by_folder: Scan) -> None:
    assert "aws_cloudtrail.main" in by_folder.failed("CKV_TFR_415")
    assert by_folder.code == 1


def test_tfratchet_scan_gives_the_same(by_folder: Scan) -> None:
    done = subprocess.run([TFRATCHET, "scan", UNWATCHED, "--", *ONLY], capture_output=True, text=True, check=False)
    assert same(read(done), by_folder)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bare_python(tmp_path_factory.mktemp("venv") / "venv")


def test_a_bare_copy_where_tfratchet_is_not_installed(by_folder: Scan, python: Path, tmp_path: Path) -> None:
    packages = environment(tmp_path / "packages", without=("tfratchet", "tree_sitter", "__editable__", "_tfratchet"))
    for module in ("tfratchet", "tfratchet_checks"):
        assert run(python, packages, "-c", f"import {module}").returncode == 1, f"{module} must not be there"
    copy = tmp_path / "anywhere" / "else"
    shutil.copytree(CHECKS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    arguments = (
        "-m",
        "checkov.main",
        "--skip-download",
        "--external-checks-dir",
        str(copy),
        "-d",
        str(UNWATCHED),
        *ONLY,
    )
    assert same(read(run(python, packages, *arguments)), by_folder)


def test_the_folder_holds_nothing_that_checkov_takes_for_a_graph_check() -> None:
    assert {p.suffix for p in CHECKS.rglob("*") if p.is_file() and "__pycache__" not in p.parts} == {".py"}
    # Loaded as top-level modules, so the names must collide with nothing.
    names = [p.stem for p in CHECKS.glob("*.py") if p.stem != "__init__"]
    assert all(re.fullmatch(r"ckv_tfr_\d{3}_\w+|tfr_\w+|__tfr_\w+__", n) for n in names)


def test_no_check_imports_what_is_not_there_in_a_bare_copy() -> None:
    allowed = {"checkov", "collections", "dataclasses", "json", "logging", "os", "re", "abc", "typing", "__future__"}
    for path in CHECKS.glob("*.py"):
        text = re.sub(r"if TYPE_CHECKING or __package__:\n(?:    .*\n|\n)+", "", path.read_text())
        for module in re.findall(r"^\s*(?:from|import) ([\w.]+)", text, re.MULTILINE):
            root = module.split(".")[0]
            assert root in allowed or (CHECKS / f"{root}.py").is_file(), f"{path.name} imports {module}"


def test_the_checks_load_as_a_package_too() -> None:
    code = "import importlib, pathlib; [importlib.import_module(f'tfratchet_checks.{n}') for n in %r]"
    names = sorted(p.stem for p in CHECKS.glob("*.py") if p.stem != "__init__")
    done = subprocess.run([sys.executable, "-c", code % names], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def python_hcl2() -> Path:
    found = sorted((ROOT / ".venv-hcl2").glob("lib/python3*/site-packages/hcl2"))
    if not found:
        if os.environ.get("TFRATCHET_REQUIRE_ALL") == "1":
            pytest.fail("python-hcl2 is not in .venv-hcl2: make test-environments")
        pytest.skip("python-hcl2 is not in .venv-hcl2: make test-environments")
    return found[0]


def test_scan_says_what_to_do_when_python_hcl2_has_broken_checkov(python: Path, tmp_path: Path) -> None:
    broken = overwritten_hcl2(tmp_path / "hcl2", python_hcl2())
    ours = {name: ROOT / folder / name for name, folder in (("tfratchet", "plugin"), ("tfratchet_checks", "checks"))}
    packages = environment(tmp_path / "packages", instead={"hcl2": broken, **ours})
    checkov = run(python, packages, "-c", "from checkov.main import Checkov")
    assert "cannot import name 'START_LINE' from 'hcl2'" in checkov.stderr, "the breakage itself is gone"
    done = run(python, packages, "-m", "tfratchet", "scan", str(UNWATCHED))
    assert done.returncode == 2
    assert "python-hcl2 has overwritten the module hcl2" in done.stderr
    assert "pip install --force-reinstall --no-deps bc-python-hcl2" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_scan_says_what_to_do_without_checkov(python: Path, tmp_path: Path) -> None:
    ours = {name: ROOT / folder / name for name, folder in (("tfratchet", "plugin"), ("tfratchet_checks", "checks"))}
    packages = environment(tmp_path / "packages", without=("checkov",), instead=ours)
    done = run(python, packages, "-m", "tfratchet", "scan", str(UNWATCHED))
    assert done.returncode == 2
    assert done.stderr == (
        "tfratchet: error: Checkov is not installed in the environment of tfratchet "
        "(pip install 'tfratchet[checkov]')\n"
    )


def test_the_other_graph_library_of_checkov_gives_the_same(by_folder: Scan) -> None:
    assert same(read(run_checkov("-d", UNWATCHED, *ONLY, env={"CHECKOV_GRAPH_FRAMEWORK": "NETWORKX"})), by_folder)


def test_where_checkov_gives_no_graph_nothing_passes_that_does_not_pass_with_one(scan: Callable[[str], Scan]) -> None:
    split = read(run_checkov("-d", FIXTURES / "people", *ONLY, env={"TF_SPLIT_GRAPH": "True"}))
    whole = {r for r in scan("people").records if r.result == "pass"}
    assert {r for r in split.records if r.result == "pass"} <= whole
    assert "CKV_TFR_101" in {check for check, _, _ in split.undecided}
