"""The project as a whole: versions, links, file sizes, the hook file, and what a run of ``diff`` imports."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gitrepo
import tfratchet
from tfratchet.pages import pages, stale
from tfratchet.rules import every_rule

ROOT = Path(__file__).resolve().parents[1]

# About 400 lines is the aim; what may be far longer stands here, with its reason.
LONG = {
    "LICENSE": "a text that nobody edits",
}
GENERATED = re.compile(r"^docs/rules/|\.(json|jsonl|svg|png|lock)$|^tests/.*/fixtures/|^tests/cases/")
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".tf", ".json", ".sh", ".html", ".hcl", ".tfvars", ""}


def tracked() -> list[str]:
    """Every file of the project that git knows and that is there."""
    out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [f for f in out.split("\0") if f and (ROOT / f).is_file()]


def test_the_version_has_its_entry_in_the_changelog() -> None:
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == tfratchet.__version__
    assert importlib.metadata.version("tfratchet") == tfratchet.__version__


def test_no_file_is_too_long() -> None:
    long = {}
    for name in tracked():
        if GENERATED.search(name) or Path(name).suffix not in TEXT:
            continue
        lines = (ROOT / name).read_text(encoding="utf-8", errors="replace").count("\n")
        if lines > (650 if name.startswith("tests/") else 480) and name not in LONG:
            long[name] = lines
    assert not long, f"split these by meaning: {long}"


def test_nothing_speaks_of_a_machine() -> None:
    forbidden = [  # written so that this file does not contain them
        re.compile(p)
        for p in (
            "/wor" + "k/",
            r"\.\./shar" + "ed/(DESIGN|FACTS|tools|realcases|fixtures)",
            "/tmp/br" + "ief",
            "/root/[.a-z]",
            r"\bhelper sess" + "ion",
        )
    ]
    found = []
    for name in tracked():
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        found += [f"{name}: {p.pattern}" for p in forbidden if p.search(text)]
    assert not found


def test_links_between_documents_resolve() -> None:
    broken = []
    for name in tracked():
        if not name.endswith(".md"):
            continue
        text = re.sub(r"^(```|~~~).*?^\1", "", (ROOT / name).read_text(), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:|#", target):
                continue
            if not ((ROOT / name).parent / target.partition("#")[0]).exists():
                broken.append(f"{name}: {target}")
    assert not broken


def test_the_pages_of_the_rules_are_up_to_date() -> None:
    assert stale(ROOT / "docs" / "rules", pages(every_rule())) == []


def test_every_rule_has_a_whole_page() -> None:
    for rule in every_rule():
        page = pages([rule])[f"{rule.id}.md"]
        for section in ("## Why", "## Fires on", "## Silent on", "## Fix", "## References"):
            assert page.count(f"{section}\n") == 1, f"{rule.id}: {section}"
        assert re.fullmatch(r"TFR[1-9]\d\d", rule.id)
        assert rule.title == rule.title.strip(". ")
        assert rule.fix


def test_the_hook_file_is_what_pre_commit_wants() -> None:
    from pre_commit.clientlib import load_manifest

    hooks = {hook["id"]: hook for hook in load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))}
    assert hooks["tfratchet"]["entry"] == "tfratchet diff --staged"
    assert hooks["tfratchet"]["pass_filenames"] is False
    assert hooks["tfratchet"]["always_run"] is True


def test_the_console_script_is_installed() -> None:
    script = Path(sys.executable).parent / "tfratchet"
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"tfratchet {tfratchet.__version__}\n"


def test_commands_in_the_documents_exist() -> None:
    from tfratchet.commands import COMMANDS

    words = set()
    for name in tracked():
        if name.endswith(".md"):
            text = (ROOT / name).read_text()
            words |= set(re.findall(r"^\$ (?:\.venv/bin/)?tfratchet ([a-z-]+)", text, re.MULTILINE))
    assert words - COMMANDS.keys() - {"--version"} == set()


IMPORTS = """
import json, sys
from tfratchet import cli
sys.argv = ["tfratchet", "diff", "--staged"]
try:
    cli.main()
except SystemExit as ended:
    print(json.dumps({"code": ended.code, "modules": sorted(sys.modules)}), file=sys.stderr)
"""


def imported(folder: Path) -> tuple[int, set[str]]:
    done = subprocess.run([sys.executable, "-c", IMPORTS], cwd=folder, capture_output=True, text=True, check=True)
    told = json.loads(done.stderr.splitlines()[-1])
    return told["code"], set(told["modules"])


HEAVY = {
    *("typer", "click", "pydantic", "rich", "boto3", "botocore", "checkov", "hcl2", "yaml", "jsonschema", "jinja2"),
    *("duckdb", "moto", "requests", "urllib3", "asyncio", "http.client", "email.message", "networkx", "unittest"),
}


def test_a_run_of_diff_imports_only_what_it_needs(tmp_path: Path) -> None:
    repo = gitrepo.make_repo(tmp_path)
    policy = 'resource "aws_iam_account_password_policy" "this" {\n  minimum_password_length = %d\n}\n'
    repo.commit("base", {"main.tf": policy % 20})
    repo.write({"main.tf": policy % 8})
    repo.stage()
    code, modules = imported(repo.path)
    assert code == 1
    assert modules & HEAVY == set()


def test_a_commit_without_terraform_is_over_at_once(tmp_path: Path) -> None:
    repo = gitrepo.make_repo(tmp_path)
    repo.commit("base", {"main.tf": 'resource "aws_iam_user" "a" {\n  name = "a"\n}\n', "notes.txt": "a"})
    repo.write({"notes.txt": "b"})
    repo.stage()
    code, modules = imported(repo.path)
    assert code == 0
    assert modules & HEAVY == set()
    assert "tree_sitter" not in modules, "nothing had to be parsed"


def test_every_dependency_is_told_with_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    section = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    names = set(re.findall(r'"([a-zA-Z0-9-]+)(?:\[[^]]*\])?(?:[>=;][^"]*)?"', section)) - {"tfratchet"}
    assert {"typer", "checkov", "boto3", "rich", "pytest", "moto"} <= names
    told = (ROOT / "docs" / "dependencies.md").read_text()
    assert [n for n in sorted(names) if f"`{n}`" not in told] == []


def test_the_readme_shows_the_real_output_of_the_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import demo

    monkeypatch.setattr(demo, "DEMO", tmp_path / "demo")
    monkeypatch.setenv("COLUMNS", "100")
    assert demo.readme() == (ROOT / "README.md").read_text(), "run: make docs"
