"""The fingerprint of a finding: one loss, wherever it stands, and never another one."""

from __future__ import annotations

from pathlib import Path

import pytest

import fakes
from tfratchet.model import Finding, Location, Side
from tfratchet.pipeline import DiffOptions, diff
from tfratchet.rules.base import side


@pytest.mark.parametrize(
    "other",
    [
        {"rule": "TFR102"},
        {"root": "infra"},
        {"variant": "prod.tfvars"},
        {"address": "aws_iam_user_policy_attachment.mfa[0]"},
        {"base": Side("another policy")},
        {"head": Side("something else")},
        {"message": "alice stays and no longer has require-mfa"},
        {"lost": ("the words of another loss",)},
        {"details": ("dave",)},
        {"base": Side("require-mfa", whole="a digest")},
    ],
)
def test_each_part_counts(other: dict[str, object]) -> None:
    assert fakes.finding(**other).fingerprint != fakes.finding().fingerprint


def test_the_place_does_not_count() -> None:
    here = fakes.finding(message="length is weaker: 20 → 8 (the value comes from a.tf:3)", base=Side("20"))
    there = fakes.finding(
        message="length is weaker: 20 → 8 (the value comes from envs/(old) b.tf:44)",
        base=Side("20", Location("other.tf", 7)),
    )
    assert here.fingerprint == there.fingerprint
    assert here.fingerprint != fakes.finding(message="length is weaker: 20 → 9", base=Side("20")).fingerprint


def test_long_values_that_start_alike_are_two() -> None:
    one, two = side("x" * 300 + "a", None), side("x" * 300 + "b", None)
    assert one.value == two.value
    assert fakes.finding(base=one).fingerprint != fakes.finding(base=two).fingerprint
    assert side("x" * 200, None).whole == ""


GUARD = """
resource "aws_iam_user" "this" {
  for_each = toset(["alice", "bob", "carol", "dave", "erin"])
  name     = each.key
}
resource "aws_iam_policy" "guard" {
  name   = "require-mfa"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Deny", Action = "*", Resource = "*",
    Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } } }] })
}
resource "aws_iam_user_policy_attachment" "guard" {
  for_each   = toset([%s])
  user       = aws_iam_user.this[each.key].name
  policy_arn = aws_iam_policy.guard.arn
}
resource "aws_iam_user_policy_attachment" "work" {
  for_each   = aws_iam_user.this
  user       = each.value.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
"""


def _lost_guard(folder: Path, stays: str) -> Finding:
    base, head = folder / "base", folder / stays
    for place, names in ((base, '"alice", "bob", "carol", "dave", "erin"'), (head, f'"{stays}"')):
        place.mkdir(exist_ok=True)
        (place / "main.tf").write_text(GUARD % names)
    found = [f for f in diff(DiffOptions(base_dir=str(base), head_dir=str(head))).result.findings if f.rule == "TFR304"]
    assert len(found) == 1
    return found[0]


def test_users_who_are_not_named_in_the_text_count(tmp_path: Path) -> None:
    one, two = _lost_guard(tmp_path, "dave"), _lost_guard(tmp_path, "erin")
    assert "alice, bob, carol and 1 more" in one.message
    assert one.message == two.message
    assert (one.address, one.base.value if one.base else "") == (two.address, two.base.value if two.base else "")
    assert one.fingerprint != two.fingerprint
