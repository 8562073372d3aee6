"""Every folder of ``tests/cases``: two versions of a configuration, and exactly the findings that ``expect.toml`` says.

``tests/cases/<family>/<rule>/<case>/{base,head}/`` with ``expect.toml`` beside them: a list of ``[[finding]]`` with
``rule``, ``address`` and, where it matters, ``severity`` and ``certainty``. An empty list must stay silent; names of
such cases end with ``_silent``.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tfratchet.config import Settings
from tfratchet.configfile import from_file
from tfratchet.model import Finding
from tfratchet.pipeline import DiffOptions, diff
from tfratchet.report.finish import vocabulary
from tfratchet.rules import all_rules

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(p.parent for p in CASES.glob("*/*/*/expect.toml"))


def expected(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((folder / "expect.toml").read_text())["finding"]
    return found


def run(folder: Path) -> list[Finding]:
    options = DiffOptions(base_dir=str(folder / "base"), head_dir=str(folder / "head"), settings=settings_of(folder))
    outcome = diff(options)
    assert not outcome.result.errors, outcome.result.errors
    return list(outcome.result.findings)


def settings_of(folder: Path) -> Settings:
    """What a ``tfratchet.toml`` in base says."""
    file = folder / "base" / "tfratchet.toml"
    if not file.exists():
        return Settings()
    config = from_file(str(file), vocabulary())
    return Settings(break_glass=config.break_glass, include=frozenset(config.include), floors=config.floors)


@pytest.mark.parametrize("folder", FOLDERS, ids=[str(p.relative_to(CASES)) for p in FOLDERS])
def test_case(folder: Path) -> None:
    findings = run(folder)
    wanted = expected(folder)
    assert Counter((f.rule, f.address) for f in findings) == Counter((w["rule"], w["address"]) for w in wanted)
    for want in wanted:
        for found in findings:
            if (found.rule, found.address) == (want["rule"], want["address"]):
                assert str(found.severity) == want.get("severity", str(found.severity))
                assert str(found.certainty) == want.get("certainty", str(found.certainty))
                assert (found.base or found.head) is not None
    assert bool(wanted) or folder.name.endswith("_silent")


def test_every_rule_fires_and_stays_silent() -> None:
    firing = {w["rule"] for folder in FOLDERS for w in expected(folder)}
    silent = {folder.parent.name for folder in FOLDERS if not expected(folder)}
    for rule in all_rules():
        if not rule.group:
            assert rule.id in firing, f"no case in which {rule.id} fires"
            assert rule.id in silent, f"no near miss of {rule.id}"
