"""The pages: `configuration.md` names the floors that hold, `README.md` names every page, coverage real rules."""

from __future__ import annotations

import re
from pathlib import Path

from tfratchet.account.limits import Limits
from tfratchet.controls import floor_types, floors
from tfratchet.rules import every_rule

DOCS = Path(__file__).resolve().parents[1] / "docs"
LIVE = {
    "credential_unused_days": "unused_days",
    "access_key_max_days": "key_days",
    "access_key_grace_days": "grace_days",
}


def test_floors_have_the_defaults_of_the_page() -> None:
    section = (DOCS / "configuration.md").read_text().partition("## Floors")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \| (\w+) \|", section, re.MULTILINE)
    assert len(rows) >= 8
    for names, default in rows:
        for name in re.findall(r"`([a-z_]{2,})`", names):
            found = getattr(Limits(), LIVE[name]) if name in LIVE else floors()[name].floor
            assert (name, str(found).lower()) == (name, default)
    assert set(re.findall(r"`([a-z_]{2,})`", section)) - {"diff", "plan", "audit", "false"} <= floor_types().keys()


def test_the_index_names_every_page() -> None:
    index = (DOCS / "README.md").read_text()
    assert [p.name for p in DOCS.glob("*.md") if p.name != "README.md" and f"]({p.name})" not in index] == []


def test_coverage_names_rules_that_exist() -> None:
    named = set(re.findall(r"(?<!_)TFR\d+", (DOCS / "coverage.md").read_text()))
    assert named - {rule.id for rule in every_rule()} == set()
