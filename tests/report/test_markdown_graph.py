"""The graph against the real rules: it reads their words, so another wording must not empty it unseen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tfratchet.pipeline import DiffOptions, Outcome, diff
from tfratchet.report import FORMATS, ReportOptions, render
from tfratchet.report.finish import rules_by_id

PEOPLE = """
resource "aws_iam_user" "alice" { name = "alice" }
resource "aws_iam_group" "dev" { name = "dev" }
"""
BASE = """
resource "aws_iam_user_policy_attachment" "ro" {
  user       = aws_iam_user.alice.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
resource "aws_iam_group_policy_attachment" "power" {
  group      = aws_iam_group.dev.name
  policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
}
resource "aws_iam_user_group_membership" "alice" {
  user   = aws_iam_user.alice.name
  groups = [aws_iam_group.dev.name]
}
"""


def outcome(folder: Path, base: str, head: str) -> Outcome:
    for name, text in (("base", base), ("head", head)):
        (folder / name).mkdir()
        (folder / name / "main.tf").write_text(text)
    return diff(DiffOptions(base_dir=str(folder / "base"), head_dir=str(folder / "head")))


def test_what_real_rules_find_is_drawn(tmp_path: Path) -> None:
    report = render("markdown", outcome(tmp_path, PEOPLE + BASE, PEOPLE), ReportOptions(rules=rules_by_id()))
    graph = report.split("```mermaid\n")[1].split("```")[0]
    for line in ('(["user alice"])', '[["group dev"]]', '["policy ReadOnlyAccess"]', '["policy PowerUserAccess"]'):
        assert graph.count(line) == 1, line
    assert graph.count('-. "lost" .->') == 2
    assert graph.count('-. "left" .->') == 1
    assert "elsewhere" not in graph


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_each_real_finding_and_is_the_same_twice(name: str, tmp_path: Path) -> None:
    found = outcome(tmp_path, PEOPLE + BASE, PEOPLE)
    options = ReportOptions(rules=rules_by_id())
    report = render(name, found, options)
    assert {f.rule for f in found.result.findings} >= {"TFR101", "TFR103", "TFR104"}
    for finding in found.result.findings:
        assert finding.rule in report
        assert finding.message in report
    assert render(name, found, options) == report
    if name in {"json", "sarif", "gitlab"}:
        json.loads(report)


def test_an_addition_is_clean(tmp_path: Path) -> None:
    report = render("markdown", outcome(tmp_path, PEOPLE, PEOPLE + BASE), ReportOptions(rules=rules_by_id()))
    assert "✅ tfratchet: nothing is taken away" in report
    assert "fail" not in report.lower()
    assert "mermaid" not in report
