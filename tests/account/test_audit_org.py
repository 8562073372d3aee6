"""The audit of an organization: every account by a role in it, and one that fails does not stop the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import boto3
import pytest
from audit_accounts import ACCOUNT
from moto import mock_aws
from refusals import account, client, refuse, reply

from tfratchet.account import auditrun
from tfratchet.account.auditrun import audit_organization, errors, notes
from tfratchet.account.collect import credentials as collecting
from tfratchet.account.facts import Facts, LiveBucket
from tfratchet.account.org import enter, members
from tfratchet.account.permissions import DEFAULT_ORG_ROLE
from tfratchet.account.session import Account
from tfratchet.config import Settings
from tfratchet.errors import UserError


@pytest.fixture(autouse=True)
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(collecting, "_PAUSE", 0.0)
    with mock_aws():
        yield


def organization(*names: str) -> list[str]:
    """An organization with these accounts besides its own; gives their ids."""
    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    made = []
    for name in names:
        status = organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]
        made.append(status["AccountId"])
    return made


def inside(found: Account, member: str) -> boto3.Session:
    """A session in an account of the organization."""
    role = f"arn:aws:iam::{member}:role/{DEFAULT_ORG_ROLE}"
    keys = found.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name="us-east-1")


def test_every_account_is_looked_at_with_its_own_findings() -> None:
    dev, prod = organization("dev", "prod")
    found = account()
    inside(found, dev).client("iam").create_user(UserName="only-in-dev")
    inside(found, prod).client("iam").update_account_password_policy(MinimumPasswordLength=6)
    audited = audit_organization(found, DEFAULT_ORG_ROLE, Settings())
    assert audited.errors == []
    assert [f.account for f in audited.accounts] == sorted([ACCOUNT, dev, prod])
    assert {f.account: list(f.users) for f in audited.accounts}[dev] == ["only-in-dev"]
    passwords = {(f.root, f.rule) for f in audited.findings if f.rule in ("TFR601", "TFR602")}
    assert passwords == {(ACCOUNT, "TFR601"), (dev, "TFR601"), (prod, "TFR602")}
    outcome = audited.outcome()
    assert outcome.statistics.roots == 3
    assert outcome.scope.startswith("3 accounts: ")
    assert [f.root for f in outcome.result.findings] == sorted(f.root for f in outcome.result.findings)


def test_the_account_itself_is_looked_at_without_a_role() -> None:
    organization()
    found = account()
    assert enter(found, members(found)[0], "no-such-role") is found


def test_an_account_that_cannot_be_entered_is_an_error_and_the_rest_goes_on() -> None:
    dev, prod = organization("dev", "prod")
    found = account()
    refuse(found, "sts.AssumeRole", times=1)
    audited = audit_organization(found, DEFAULT_ORG_ROLE, Settings())
    first, second = sorted([dev, prod])
    assert [f.account for f in audited.accounts] == sorted([ACCOUNT, second])
    (error,) = audited.errors
    assert f"account {first} (" in error.message
    assert "AWS refuses AssumeRole" in error.message


def test_an_account_that_breaks_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    (dev,) = organization("dev")
    real = auditrun.collect

    def collect(entered: Account, *arguments: object, **more: object) -> Facts:
        if entered.identity.account == dev:
            raise UserError("AWS is throttling GetAccountAuthorizationDetails", where="reading users")
        return real(entered, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(auditrun, "collect", collect)
    audited = audit_organization(account(), DEFAULT_ORG_ROLE, Settings())
    assert [f.account for f in audited.accounts] == [ACCOUNT]
    assert ["throttling" in e.message for e in audited.errors] == [True]


def test_suspended_accounts_are_left_out_with_a_note() -> None:
    found = account()
    own = {"Id": ACCOUNT, "Name": "own", "Status": "ACTIVE"}
    closed = {"Id": "222222222222", "Name": "closed", "Status": "SUSPENDED"}
    newer = {"Id": "333333333333", "Name": "leaving", "State": "PENDING_CLOSURE", "Status": "ACTIVE"}
    reply(found, "organizations.ListAccounts", lambda _: {"Accounts": [closed, newer, own]})
    audited = audit_organization(found, DEFAULT_ORG_ROLE, Settings())
    assert [f.account for f in audited.accounts] == [ACCOUNT]
    assert audited.errors == []
    told = [n.message for n in audited.notes if "was not looked at" in n.message]
    assert told == [
        "account 222222222222 (closed) is suspended: it was not looked at",
        "account 333333333333 (leaving) is pending_closure: it was not looked at",
    ]


def test_every_page_of_accounts_is_read() -> None:
    found = account()

    def page(number: int) -> dict[str, object]:
        entry = {"Id": f"{number:012d}", "Name": f"n{number}", "Status": "ACTIVE"}
        return {"Accounts": [entry], **({"NextToken": f"more-{number}"} if number < 4 else {})}

    reply(found, "organizations.ListAccounts", page)
    assert [m.id for m in members(found)] == [f"{n:012d}" for n in range(5)]


def test_no_organization() -> None:
    with pytest.raises(UserError, match="there is no organization"):
        members(account())


def test_not_allowed_to_list() -> None:
    found = account()
    refuse(found, "organizations.ListAccounts")
    with pytest.raises(UserError, match="AWS refuses ListAccounts"):
        members(found)


# -- what else a reader is told


def test_a_central_log_bucket_is_noted() -> None:
    facts = Facts("111122223333", buckets={"central": LiveBucket("central", foreign=True)})
    assert [n.message for n in notes(facts)] == [
        "account 111122223333: log bucket central belongs to another account: audit it there"
    ]


def test_an_old_report_is_noted() -> None:
    made = datetime(2026, 11, 24, 8, 12, tzinfo=timezone.utc)
    taken = datetime(2026, 11, 24, 11, 0, tzinfo=timezone.utc)
    (note,) = notes(Facts("1", taken=taken, report_made=made))
    assert "2026-11-24 08:12 UTC" in note.message
    assert notes(Facts("1", taken=taken, report_made=taken)) == []
    assert errors(Facts("1")) == []
