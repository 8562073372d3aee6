"""A bucket of log files on moto: found by day and region, fetched, read, and nothing else is asked for."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from events_records import detach, log_name, record
from moto import mock_aws

from tfratchet.account.events import bucket as module
from tfratchet.account.events.bucket import Download, Logs, bucket_records, keys
from tfratchet.account.events.catalog import asked_for, chosen
from tfratchet.account.events.logs import LogReader
from tfratchet.account.events.parse import event_of
from tfratchet.account.events.query import Question
from tfratchet.account.events.urls import parse_url
from tfratchet.account.events.window import Window, moment
from tfratchet.account.session import Account
from tfratchet.errors import UserError

NOW = moment("2026-11-24T00:00:00Z", "", moment("2026-11-24", "", None))  # type: ignore[arg-type]
WINDOW = Window(moment("2026-11-19", "", NOW), moment("2026-11-21", "", NOW))
ACCOUNTS = ("123456789012", "210987654321")
BUCKET = "trail-logs"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="y", region_name="us-east-1")
        owner = Account(session, "us-east-1")
        owner.client("s3").create_bucket(Bucket=BUCKET)
        yield owner


def put(owner: Account, key: str, content: Any) -> None:
    body = content if isinstance(content, bytes) else gzip.compress(json.dumps({"Records": content}).encode())
    owner.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)


def key(day: int, who: str, region: str = "us-east-1", top: str = "", account: str = ACCOUNTS[0]) -> str:
    name = log_name(f"202611{day}", region, who).replace(ACCOUNTS[0], account)
    return f"{top}AWSLogs/{account}/CloudTrail/{region}/2026/11/{day}/{name}"


def fill(owner: Account, top: str = "") -> None:
    for day in (17, 18, 19, 20, 21, 22, 23):
        for region in ("us-east-1", "eu-west-1"):
            who = f"{region}-{day}"
            put(owner, key(day, who, region, top), [detach(who, f"2026-11-{day}T10:00:00Z"), record("GetUser")])
    put(owner, f"{top}AWSLogs/{ACCOUNTS[0]}/CloudTrail-Digest/us-east-1/2026/11/20/digest.json.gz", b"no log")
    put(owner, f"{top}AWSLogs/{ACCOUNTS[0]}/Config/us-east-1/2026/11/20/config.json.gz", b"no log")


def read(owner: Account, prefix: str = "", **options: Any) -> tuple[list[str], Download, list[str]]:
    window = options.pop("window", WINDOW)
    download = Download()
    with LogReader(Question(asked_for(chosen("all")), window)) as reader:
        found = bucket_records(owner, Logs(BUCKET, prefix, window, **options), reader, download)
        events = [event_of(r) for r in found]
    return sorted(e.target.name for e in events if e is not None), download, reader.reading.problems


@pytest.mark.parametrize("top", ["", "central/logs/"])
def test_only_the_days_that_are_wanted(account: Account, top: str) -> None:
    fill(account, top)
    found, download, problems = read(account, top)
    # Files of the day behind the window are opened too: records of the last minutes lie in them.
    assert found == [f"{r}-{d}" for r in ("eu-west-1", "us-east-1") for d in (19, 20)]
    assert (download.objects, download.problems, problems) == (8, [], [])


def test_only_the_region_that_is_wanted(account: Account) -> None:
    fill(account)
    found, download, _ = read(account, regions=("eu-west-1",))
    assert (found, download.objects) == (["eu-west-1-19", "eu-west-1-20"], 4)


def test_a_prefix_far_down(account: Account) -> None:
    fill(account)
    found, _, _ = read(account, f"AWSLogs/{ACCOUNTS[0]}/CloudTrail/eu-west-1/2026/11/20/")
    assert found == ["eu-west-1-20"]
    found, _, _ = read(account, f"AWSLogs/{ACCOUNTS[0]}/CloudTrail/eu-west-1/")
    assert found == ["eu-west-1-19", "eu-west-1-20"]


def test_an_organization_and_its_accounts(account: Account) -> None:
    for owner in ACCOUNTS:
        place = key(20, f"of-{owner}", account=owner).replace("AWSLogs/", "AWSLogs/o-a1b2c3d4e5/")
        put(account, place, [detach(f"of-{owner}")])
    found, download, _ = read(account, "AWSLogs/o-a1b2c3d4e5/", accounts=ACCOUNTS[1:])
    assert (found, download.objects) == ([f"of-{ACCOUNTS[1]}"], 1)
    found, _, _ = read(account, "AWSLogs/o-a1b2c3d4e5/")
    assert found == [f"of-{a}" for a in ACCOUNTS]


def test_requests_do_not_grow_with_the_days_outside(account: Account) -> None:
    fill(account)
    _, few, _ = read(account)
    for day in (10, 11, 12, 13, 14, 15, 16, 24, 25, 26, 27, 28):
        put(account, key(day, "x"), [])
    _, many, _ = read(account)
    assert many.requests == few.requests


def test_listing_ends_behind_the_last_day() -> None:
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="y", region_name="us-east-1")
    client = session.client("s3")
    prefix = f"AWSLogs/{ACCOUNTS[0]}/CloudTrail/us-east-1/"
    contents = [{"Key": key(day, "x"), "Size": 1} for day in (19, 23)]
    page = {"IsTruncated": True, "NextContinuationToken": "more", "Contents": contents}
    download = Download()
    with Stubber(client) as stub:  # a second request would find no answer
        asked = {"Bucket": BUCKET, "Prefix": prefix, "StartAfter": f"{prefix}2026/11/19"}
        stub.add_response("list_objects_v2", page, asked)
        assert list(keys(client, Logs(BUCKET, prefix, WINDOW), download)) == [(key(19, "x"), 1)]
    assert download.requests == 1


def test_names_that_lead_elsewhere_stay_in_the_folder(account: Account, tmp_path: Path) -> None:
    put(account, "../../../../tmp/evil.json.gz", [detach("a")])
    put(account, "x/*[1]?.json.gz", [detach("b")])
    found, download, problems = read(account, window=Window())
    assert (found, download.problems, problems) == (["a", "b"], [], [])


def test_a_broken_object_is_told_by_its_name(account: Account) -> None:
    fill(account)
    put(account, key(20, "broken"), gzip.compress(b'{"Records": [')[:-9])
    found, _, problems = read(account)
    assert len(found) == 4
    assert len(problems) == 1
    assert problems[0].startswith(f"s3://{BUCKET}/{key(20, 'broken')}: ")


def test_an_object_that_cannot_be_fetched_is_told(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(account)
    archived = key(20, "archived")
    body = gzip.compress(b'{"Records": []}')
    account.client("s3").put_object(Bucket=BUCKET, Key=archived, Body=body, StorageClass="GLACIER")
    found, download, _ = read(account)
    assert len(found) == 4
    assert len(download.problems) == 1
    assert archived in download.problems[0]
    assert "InvalidObjectState" in download.problems[0]


def test_batches_are_fetched_ahead_and_removed(
    account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_BATCH", 1000)
    monkeypatch.setattr(module.tempfile, "mkdtemp", lambda prefix: str(tmp_path / "x"))
    (tmp_path / "x").mkdir()
    fill(account)
    found, download, _ = read(account)
    assert (len(found), download.objects) == (4, 8)
    assert not (tmp_path / "x").exists()


def test_nothing_is_asked_but_what_the_page_says(account: Account) -> None:
    fill(account)
    asked: set[str] = set()
    account.client("s3").meta.events.register("before-call.s3.*", lambda model, **_: asked.add(model.name))
    assert len(read(account)[0]) == 4
    assert asked == {"ListObjectsV2", "GetObject"}  # s3:ListBucket, s3:GetObject


def test_a_bucket_that_is_not_there(account: Account) -> None:
    with (
        pytest.raises(UserError, match="NoSuchBucket"),
        LogReader(Question(asked_for(chosen("all")))) as reader,
    ):
        list(bucket_records(account, Logs("nobody-has-this", "", WINDOW), reader, Download()))


@pytest.mark.parametrize(
    ("url", "wanted"),
    [("s3://logs", ("logs", "")), ("s3://my.logs/a/b", ("my.logs", "a/b")), ("s3://logs/", ("logs", ""))],
)
def test_urls(url: str, wanted: tuple[str, str]) -> None:
    assert parse_url(url) == wanted


@pytest.mark.parametrize("url", ["s3://", "s3://A", "s3:///x", "s3://a_b/c"])
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(UserError):
        parse_url(url)
