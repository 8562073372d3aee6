"""What the drift tests share: configuration as text, an account as plain facts, and what differs between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from memtree import MemTree
from tfratchet.account.drift.compare import Difference, compare
from tfratchet.account.drift.source import from_state
from tfratchet.account.facts import Facts, LiveGroup, LivePolicy, LiveRole, LiveTrail, LiveUser
from tfratchet.hcl.load import load_root
from tfratchet.model import Root

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}"
MFA = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "NotAction": ["iam:EnableMFADevice"],
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        }
    ],
}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}

CONFIGURATION = """
resource "aws_iam_user" "alice" {
  name = "alice"
}
resource "aws_iam_group" "staff" {
  name = "staff"
}
resource "aws_iam_policy" "mfa" {
  name   = "require-mfa"
  policy = jsonencode(DOCUMENT)
}
resource "aws_iam_user_policy_attachment" "alice" {
  user       = aws_iam_user.alice.name
  policy_arn = aws_iam_policy.mfa.arn
}
resource "aws_iam_group_policy_attachment" "staff" {
  group      = aws_iam_group.staff.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
resource "aws_iam_user_group_membership" "alice" {
  user   = aws_iam_user.alice.name
  groups = [aws_iam_group.staff.name]
}
""".replace("DOCUMENT", json.dumps(MFA))


def user(name: str, **more: Any) -> LiveUser:
    return LiveUser(name, f"{IAM}:user/{name}", **more)


def group(name: str, **more: Any) -> LiveGroup:
    return LiveGroup(name, f"{IAM}:group/{name}", **more)


def role(name: str, **more: Any) -> LiveRole:
    return LiveRole(name, f"{IAM}:role/{name}", **more)


def policy(name: str, document: Mapping[str, Any]) -> LivePolicy:
    return LivePolicy(f"{IAM}:policy/{name}", name, document, "v1")


def named(*things: Any) -> dict[str, Any]:
    return {t.name: t for t in things}


def clean() -> Facts:
    """The account as CONFIGURATION declares it."""
    return Facts(
        ACCOUNT,
        users=named(user("alice", attached=(f"{IAM}:policy/require-mfa",), groups=("staff",))),
        groups=named(group("staff", attached=("arn:aws:iam::aws:policy/ReadOnlyAccess",))),
        policies={f"{IAM}:policy/require-mfa": policy("require-mfa", MFA)},
    )


def with_user(facts: Facts, name: str, **changes: Any) -> Facts:
    return replace(facts, users={**facts.users, name: replace(facts.users[name], **changes)})


def with_group(facts: Facts, name: str, **changes: Any) -> Facts:
    return replace(facts, groups={**facts.groups, name: replace(facts.groups[name], **changes)})


def root_of(text: str, **more: Any) -> Root:
    return load_root(MemTree({"main.tf": text}), ".", **more)


def state_root(path: Path, resources: list[dict[str, Any]]) -> Root:
    """A root module out of a state file of version 4."""
    path.write_text(json.dumps({"version": 4, "resources": resources}))
    (found,) = from_state(str(path)).roots
    return found


def differences(text: str | Root, facts: Facts, *, everything: bool = False) -> list[Difference]:
    root = root_of(text) if isinstance(text, str) else text
    assert not root.errors, root.errors
    return list(compare([root], facts, everything=everything).differences)


def told(text: str | Root, facts: Facts, *, everything: bool = False) -> list[tuple[str, str]]:
    """(rule, message) of each difference; possible ones have a question mark behind the rule."""
    found = differences(text, facts, everything=everything)
    return [(d.rule + ("?" if d.depends else ""), d.message) for d in found]


def trail(name: str = "main", **more: Any) -> LiveTrail:
    arn = f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/{name}"
    settings = {"multi_region": True, "global_events": True, "validation": True, "logging": True, "bucket": "logs"}
    return LiveTrail(name, arn, "eu-central-1", **{**settings, **more})
