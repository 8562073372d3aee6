"""``docs/audit.md`` says what the audit does: every rule, every call, every setting."""

from __future__ import annotations

import re
from pathlib import Path

from tfratchet.account.limits import Limits
from tfratchet.account.permissions import AUDIT
from tfratchet.config import Settings
from tfratchet.controls import LIVE_FLOORS
from tfratchet.rules import live_rules
from tfratchet.rules.live.audit.base import AuditRule, limits

PAGE = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
RULES = [rule for rule in live_rules() if isinstance(rule, AuditRule)]
# The page groups the calls for the protections of a bucket; IAM's name of this action is not the call's.
GROUPED = {"s3"}


def test_every_rule_is_in_the_table_with_its_severity() -> None:
    rows = dict(re.findall(r"^\| \[(TFR6\d\d)\]\(rules/TFR6\d\d\.md\) \| [^|]+ \| ([a-z, ]+) \|", PAGE, re.MULTILINE))
    assert list(rows) == [rule.id for rule in RULES]
    for rule in RULES:
        assert str(rule.severity) in rows[rule.id] or rows[rule.id] == "critical to low", rule.id


def test_cis_numbers_of_the_table_are_those_of_the_rules() -> None:
    rows = dict(re.findall(r"^\| \[(TFR6\d\d)\].*\|([^|]*)\|$", PAGE, re.MULTILINE))
    for rule in RULES:
        sections = {r.section for r in rule.references if r.source == "CIS AWS Foundations 5.0"}
        told = {cell.strip() for cell in rows[rule.id].split(",") if not cell.strip().startswith("(")} - {""}
        assert told == sections, rule.id


def test_every_call_is_named() -> None:
    actions = [action for found in AUDIT.values() for action in found]
    missing = [a for a in actions if a.partition(":")[0] not in GROUPED and f"`{a.partition(':')[2]}`" not in PAGE]
    assert missing == []


def test_every_setting_of_its_own_is_shown() -> None:
    assert all(f"{name} " in PAGE or f"{name}=" in PAGE for name in LIVE_FLOORS)
    moved = limits(Settings(floors=dict.fromkeys(LIVE_FLOORS, 7)))
    assert moved == Limits(7, 7, 7)
    assert limits(Settings()) == Limits()
    numbers = Limits()
    for days in (numbers.unused_days, numbers.key_days, numbers.grace_days):
        assert f" {days} days" in PAGE


def test_every_rule_names_the_parts_that_it_reads() -> None:
    parts = {"password_policy", "root", "users", "credentials", "trails", "buckets", "watches"}
    for rule in RULES:
        assert rule.reads, rule.id
        assert set(rule.reads) <= parts, rule.id
