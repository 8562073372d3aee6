"""A state of another account than the one that the credentials lead to: nothing of it is drift, nor put right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from drift_cases import ACCOUNT, IAM, group, named, state_root, user

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
