"""What was done by hand: put back by the plan, left as it is, or moot because whoever had it goes."""

from __future__ import annotations

from typing import Any

import pytest

import planjson
from tfratchet.config import Settings
from tfratchet.model import Finding, Severity
from tfratchet.plans.drift import drift_findings
from tfratchet.rules import all_rules
from tfratchet.sources.plan import Masks, read, roots

CHANGE = planjson.change
ARN = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ALICE = {"name": "alice"}
USER, ATTACHED = "aws_iam_user.alice", "aws_iam_user_policy_attachment.read"
HELD = {"user": "alice", "policy_arn": ARN, "id": "alice-1"}
PASSWORD = "aws_iam_account_password_policy.this"


def length(value: int) -> dict[str, Any]:
    return {"minimum_password_length": value}


def drifted(plan: dict[str, Any]) -> list[Finding]:
    made = roots(read(planjson.text(plan), "plan.json"), ".", Masks())
    return drift_findings(made, Settings(), all_rules())


@pytest.mark.parametrize(
    ("changes", "severity", "words"),
    [
        ([CHANGE(USER, ALICE, ALICE), CHANGE(ATTACHED, None, HELD)], Severity.LOW, "puts it back"),
        ([CHANGE(USER, ALICE, ALICE)], Severity.HIGH, "does not put it back"),
        (None, Severity.HIGH, "does not put it back"),
        ([CHANGE(USER, ALICE, None)], Severity.LOW, "goes as well"),
    ],
    ids=["created again", "given up", "refresh only", "user deleted"],
)
def test_a_detachment_by_hand(changes: list[Any] | None, severity: Severity, words: str) -> None:
    plan = planjson.plan(changes, drift=[CHANGE(ATTACHED, HELD, None)], prior={USER: ALICE})
    (finding,) = drifted(plan)
    assert (finding.rule, finding.address, finding.severity) == ("TFR101", ATTACHED, severity)
    assert "outside of Terraform" in finding.message
    assert finding.message.endswith(words)


@pytest.mark.parametrize(
    ("after", "severity"), [(20, Severity.LOW), (24, Severity.LOW), (8, Severity.HIGH), (16, Severity.MEDIUM)]
)
def test_a_setting_that_was_weakened_by_hand(after: int, severity: Severity) -> None:
    """20 was applied, somebody set 16 or 8, the plan makes it ``after``."""
    found = 16 if after == 16 else 8
    plan = planjson.plan(
        [CHANGE(PASSWORD, length(found), length(after))], drift=[CHANGE(PASSWORD, length(20), length(found))]
    )
    (finding,) = drifted(plan)
    assert (finding.rule, finding.severity) == ("TFR202", severity)
    assert ("does not put it back" in finding.message) == (after < 20)


def test_what_was_strengthened_by_hand_is_no_finding() -> None:
    plan = planjson.plan([CHANGE(PASSWORD, length(30), length(20))], drift=[CHANGE(PASSWORD, length(20), length(30))])
    assert drifted(plan) == []


def test_drift_of_what_is_moved_in_the_same_plan() -> None:
    """The state has the new address already; the drift is told at the old one, as all of base is."""
    new = "aws_iam_user_policy_attachment.moved"
    plan = planjson.plan(
        [
            CHANGE(USER, ALICE, ALICE),
            CHANGE(new, HELD, HELD, previous_address=ATTACHED),
            CHANGE(PASSWORD, length(8), length(8)),
        ],
        drift=[CHANGE(new, HELD, HELD, previous_address=ATTACHED), CHANGE(PASSWORD, length(20), length(8))],
        prior={USER: ALICE, new: HELD, PASSWORD: length(8)},
    )
    assert [(f.rule, f.address) for f in drifted(plan)] == [("TFR202", PASSWORD)]


def test_no_drift() -> None:
    assert drifted(planjson.plan([CHANGE(USER, ALICE, None)])) == []
