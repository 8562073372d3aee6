"""The audit of whole accounts that boto3 made in moto: collector and rules together, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import audit_accounts
import boto3
import pytest
from audit_accounts import ACCOUNT, REGION, WEAK
from moto import mock_aws

from tfratchet.account.auditrun import PARTS, audit_account, findings
from tfratchet.account.collect import collect
from tfratchet.account.session import Account
from tfratchet.config import Settings

ROOT = ("TFR604", "root")  # moto cannot give root an MFA device


@pytest.fixture(autouse=True)
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with mock_aws():
        yield


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def account() -> Account:
    return Account(boto3.Session(), REGION)


def told() -> set[tuple[str, str]]:
    """(rule, end of the address) of everything that is found."""
    audited = audit_account(account(), Settings())
    assert audited.errors == []
    found = audited.findings
    ends = {(f.rule, f.address.partition(f":{ACCOUNT}:")[2] or f.address.rpartition(":")[2]) for f in found}
    assert len(ends) == len(found), "one finding an address"
    return ends


def test_sound_account() -> None:
    audit_accounts.sound(client)
    assert told() == {ROOT}


def test_weak_account() -> None:
    audit_accounts.weak(client)
    assert told() == WEAK


def test_credentials_grow_old() -> None:
    """The same account, read on a later day."""
    audit_accounts.sound(client)
    iam = client("iam")
    iam.create_user(UserName="robot")
    key = iam.create_access_key(UserName="robot")["AccessKey"]["AccessKeyId"]
    today = datetime.now(timezone.utc)

    def on_day(days: int) -> set[tuple[str, str]]:
        facts = collect(account(), PARTS, now=today + timedelta(days=days))
        return {(f.rule, f.address.rpartition("/")[2]) for f in findings(facts, Settings()) if f.rule != "TFR604"}

    robot = f'robot["{key}"]'
    assert on_day(13) == set()
    assert on_day(20) == {("TFR608", robot)}
    assert on_day(46) == {("TFR608", robot), ("TFR610", "bob")}
    assert on_day(92) == {("TFR607", robot), ("TFR608", robot), ("TFR610", "bob")}
    iam.update_access_key(UserName="robot", AccessKeyId=key, Status="Inactive")
    assert on_day(92) == {("TFR610", "bob")}


def test_empty_account() -> None:
    assert told() == {
        ROOT,
        ("TFR601", "account-password-policy"),
        ("TFR613", "trails"),
        *((rule, end) for rule, end in WEAK if rule == "TFR624"),
    }
