"""The pages about the checks: up to date, complete, and speaking only of what is there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

from scanning import CHECKS, ROOT

from tfratchet.controls import CONTROLS
from tfratchet.rules import every_rule


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def our_ids() -> set[str]:
    return {f"CKV_TFR_{re.match(r'ckv_tfr_(.*?)_', p.name)[1]}" for p in CHECKS.glob("ckv_tfr_*.py")}  # type: ignore[index]


def builtin_ids() -> set[str]:
    """Ids of the checks that come with Checkov, read from its files: importing all of them takes seconds."""
    spec = importlib.util.find_spec("checkov")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "terraform" / "checks"
    text = "".join(p.read_text(encoding="utf-8") for p in folder.rglob("*") if p.suffix in (".py", ".yaml", ".json"))
    return set(re.findall(r"\bCKV2?_AWS_\d+\b", text))


def test_the_pages_of_the_checks_are_up_to_date() -> None:
    assert tool("checks_docs").stale() == []


def test_every_check_has_a_whole_page() -> None:
    pages = tool("checks_docs").pages()
    assert set(pages) == our_ids()
    for check, (_, page) in pages.items():
        for word in ("What", "Why", "Bad", "Good"):
            assert f"**{word}**" in page, f"{check}: {word}"


def test_the_number_of_a_check_is_that_of_a_rule_or_free() -> None:
    rules = {r.id for r in every_rule()}
    for check in our_ids():
        number = check.rpartition("_")[2]
        assert f"TFR{number}" in rules or int(number) % 100 > 30, check


def test_documents_name_only_ids_that_exist() -> None:
    known = our_ids() | builtin_ids() | {r.id for r in every_rule()}
    for path in [ROOT / "docs" / n for n in ("coverage.md", "checkov.md", "comparison.md", "accuracy-checks.md")]:
        named = set(re.findall(r"\b(?:CKV2?_[A-Z]+_\d+|TFR\d{3})\b", path.read_text(encoding="utf-8")))
        assert named - known == set(), path.name


def test_the_coverage_table_leaves_nothing_out() -> None:
    text = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert our_ids() - set(re.findall(r"CKV_TFR_\d+", text)) == set()
    assert {c.rule for c in CONTROLS.values()} - set(re.findall(r"TFR\d{3}", text)) == set()
    modules = {p.name for p in (ROOT / "terraform" / "modules").iterdir() if p.is_dir()}
    assert {m for m in modules if m not in text} == {"access-key-hygiene"}  # keys are no control of this table


def test_the_comparison_covers_every_pair_and_is_what_the_tools_say() -> None:
    comparison = tool("comparison")
    page = comparison.PAGE.read_text(encoding="utf-8")
    names = comparison.names()
    assert len([n for n in names if not n.startswith("9")]) >= 12
    for name in names:
        title = (comparison.PAIRS / name / "title.txt").read_text(encoding="utf-8").strip()
        assert f"| {title} |" in page, name
    # One pair is really compared here; the script compares all of them.
    assert comparison.line(comparison.compare("06-bool-if-exists-to-bool")) in page
