"""Drift where the names alone do not say what is meant: states of another account, names that AWS completes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from drift_cases import ACCOUNT, IAM, differences, group, named, state_root, told, user

from tfratchet.account.drift.compare import compare
from tfratchet.account.facts import Facts

OTHER = "999999999999"


def entry(kind: str, label: str, /, **attributes: Any) -> dict[str, Any]:
    provider = 'provider["registry.terraform.io/hashicorp/aws"]'
    instance = {"attributes": attributes}
    return {"mode": "managed", "type": kind, "name": label, "provider": provider, "instances": [instance]}


def declared(account: str) -> list[dict[str, Any]]:
    return [
        entry("aws_iam_user", "bob", name="bob", arn=f"arn:aws:iam::{account}:user/bob"),
        entry("aws_iam_user_policy_attachment", "bob", user="bob", policy_arn=f"arn:aws:iam::{account}:policy/mfa"),
        entry("aws_iam_user_group_membership", "bob", user="bob", groups=["staff"]),
        entry("aws_iam_account_password_policy", "this", minimum_password_length=14),
    ]


LIVE = Facts(ACCOUNT, users=named(user("bob")), groups=named(group("staff")))


def test_a_state_of_this_account_is_compared(tmp_path: Path) -> None:
    found = compare([state_root(tmp_path / "s", declared(ACCOUNT))], LIVE)
    assert {d.rule for d in found.differences} == {"TFR660", "TFR664", "TFR668"}
    assert found.errors == []
    assert all(not d.depends for d in found.differences)


def test_a_state_of_another_account_is_an_error_and_no_drift(tmp_path: Path) -> None:
    found = compare([state_root(tmp_path / "s", declared(OTHER))], LIVE)
    assert list(found.differences) == []
    (error,) = found.errors
    assert f"everything in it is of account {OTHER}, the credentials are of {ACCOUNT}" in error.message


def test_of_a_state_of_two_accounts_what_tells_no_account_is_only_possible(tmp_path: Path) -> None:
    both = [*declared(OTHER), entry("aws_iam_user", "eve", name="eve", arn=f"{IAM}:user/eve")]
    found = compare([state_root(tmp_path / "s", both)], LIVE)
    sure = [d for d in found.differences if not d.depends]
    assert [(d.rule, d.message) for d in sure] == [("TFR671", "user eve is declared and does not exist")]
    assert all(OTHER in " ".join(d.depends) for d in found.differences if d not in sure)
    assert "2 of its resources" in found.errors[0].message
    assert json.dumps([d.address for d in found.differences]).count(OTHER) == 0


def test_aws_own_policy_that_a_data_source_finds_by_name() -> None:
    text = """
resource "aws_iam_user" "alice" { name = "alice" }
data "aws_iam_policy" "this" { name = "%s" }
resource "aws_iam_user_policy_attachment" "alice" {
  user       = aws_iam_user.alice.name
  policy_arn = data.aws_iam_policy.this.arn
}
"""
    start = "arn:aws:iam::aws:policy"
    for name, path in (("ReadOnlyAccess", "ReadOnlyAccess"), ("ViewOnlyAccess", "job-function/ViewOnlyAccess")):
        attached = Facts(ACCOUNT, users=named(user("alice", attached=(f"{start}/{path}",))))
        assert told(text % name, attached) == []
        (gone,) = differences(text % name, Facts(ACCOUNT, users=named(user("alice"))))
        assert gone.remedy is not None
        assert gone.remedy["policy"] == f"{start}/{path}"


def test_the_one_policy_that_a_name_prefix_fits_is_the_one_that_is_meant() -> None:
    text = """
resource "aws_iam_user" "alice" { name = "alice" }
resource "aws_iam_policy" "mfa" {
  name_prefix = "mfa-"
  policy      = "{}"
}
resource "aws_iam_user_policy_attachment" "alice" {
  user       = aws_iam_user.alice.name
  policy_arn = aws_iam_policy.mfa.arn
}
"""

    def alice(*names: str) -> Facts:
        return Facts(ACCOUNT, users=named(user("alice", attached=tuple(f"{IAM}:policy/{n}" for n in names))))

    assert told(text, alice("mfa-2026")) == []
    assert [rule for rule, _ in told(text, alice("mfa-2026", "admin"))] == ["TFR661"]
    assert [rule for rule, _ in told(text, alice("mfa-2026", "mfa-2"))] == ["TFR661?", "TFR661?"]
    assert [rule for rule, _ in told(text, alice("admin"))] == ["TFR660?", "TFR661"]
