"""The table of AWS managed policies."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tfratchet.iam.documents import parse_document
from tfratchet.iam.engine.decide import Policies, decide
from tfratchet.iam.engine.policy import CompiledPolicy
from tfratchet.iam.engine.request import Principal, Request
from tfratchet.iam.managed import allows, is_known, managed_path, managed_policy, table
from tfratchet.values import Template, Unknown, ref

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("name", "action", "expected"),
    [
        ("AdministratorAccess", "cloudtrail:StopLogging", True),
        ("ReadOnlyAccess", "cloudtrail:StopLogging", False),
        ("PowerUserAccess", "cloudtrail:StopLogging", True),
        ("PowerUserAccess", "iam:DetachUserPolicy", False),
        ("IAMFullAccess", "iam:DetachUserPolicy", True),
        ("IAMFullAccess", "cloudtrail:StopLogging", False),
        ("AmazonS3FullAccess", "s3:PutBucketPolicy", True),
        ("SecurityAudit", "iam:CreateAccessKey", False),
        ("job-function/ViewOnlyAccess", "iam:CreateAccessKey", False),
        ("AdministratorAccess", "x:NotInTheTable", None),
        ("NewerThanTheTable", "iam:CreateAccessKey", None),
    ],
)
def test_facts(name: str, action: str, expected: bool | None) -> None:
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        assert allows(f"arn:{partition}:iam::aws:policy/{name}", action) is expected


def test_arns() -> None:
    partition = ref("data.aws_partition.current", ".partition")
    assert managed_path(Template(["arn:", partition, ":iam::aws:policy/ReadOnlyAccess"])) == "ReadOnlyAccess"
    assert managed_path("arn:aws:iam::aws:policy/job-function/Billing") == "job-function/Billing"
    assert managed_path("arn:aws:iam::123456789012:policy/ReadOnlyAccess") is None
    assert managed_path(Unknown("var.x")) is None
    assert managed_path(None) is None
    assert is_known("arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert not is_known("arn:aws:iam::aws:policy/NewerThanTheTable")
    assert allows("arn:aws:iam::123456789012:policy/x", "iam:CreateUser") is None


def test_in_a_decision() -> None:
    def ask(path: str, action: str) -> str:
        return decide(Policies([managed_policy(path)]), Request(Principal.user("a"), action, "*")).answer

    assert ask("AdministratorAccess", "iam:DetachUserPolicy") == "allowed"
    assert ask("ReadOnlyAccess", "iam:DetachUserPolicy") == "denied"
    assert ask("NewerThanTheTable", "iam:DetachUserPolicy") == "not_known"
    found = decide(Policies([managed_policy("NewerThanTheTable")]), Request(Principal.user("a"), "iam:CreateUser", "*"))
    assert "not in the table" in found.depends_on[0].expr


def test_table_agrees_with_the_documents() -> None:
    """Every certain answer of the table is the engine's answer to the document itself."""
    managed = pytest.importorskip("moto.iam.aws_managed_policies")
    documents = json.loads(managed.aws_managed_policies_data)
    alice = Principal.user("alice", account="123456789012")
    checked = 0
    for name, entry in documents.items():
        path = entry["Path"].lstrip("/") + name
        if path not in table().policies or (checked > 20_000 and not any(table().policies[path])):
            continue
        policy = CompiledPolicy(path, parse_document(entry["Document"]))
        for action in table().actions:
            request = Request(alice, action, "arn:aws:x:::some-resource")
            for effect in ("Allow", "Deny"):
                known = table().answer(path, effect, action)
                if known is not None:
                    assert policy.says(effect, request).answer is known, (path, effect, action)
                    checked += 1
    assert checked > 50_000


def test_table_is_up_to_date() -> None:
    moto = pytest.importorskip("moto")
    if f"moto {moto.__version__}" != table().source:
        pytest.skip(f"the table was made from {table().source}, here is moto {moto.__version__}")
    made = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "make_managed_policies.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
