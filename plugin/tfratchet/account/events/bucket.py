"""Log files of CloudTrail in a bucket: found by day and region, downloaded in batches, read from the disk.

Layout ("Finding your CloudTrail log files", CloudTrail user guide):
``PREFIX/AWSLogs/[ORGANIZATION/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/``. Below a region keys are in order of time, so
one listing from the first day on, left at the last, is all that is asked for.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions as aws

from tfratchet.account.events.logs import SUFFIXES, LogFile, LogReader, log_file, wanted_name
from tfratchet.account.events.window import Window
from tfratchet.account.session import WORKERS, Account, told, told_error
from tfratchet.errors import UserError

_BATCH = 64 << 20
"""Bytes downloaded at once; gzip makes about ten times as much text of them."""
_DEPTH = 12
_PLACE = re.compile(r"(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?(?:(\d{12})/)?(?:([^/]+)/)?(?:([a-z0-9-]+)/)?")
_REGION = re.compile(r"(?:^|/)CloudTrail/[a-z]{2}[a-z0-9-]*-\d+/$")


@dataclass(frozen=True, slots=True)
class Logs:
    """Where to look, and for what."""

    bucket: str
    prefix: str
    window: Window
    accounts: Sequence[str] = ()
    regions: Sequence[str] = ()


@dataclass
class Download:
    """What was fetched, and what could not be."""

    objects: int = 0
    bytes: int = 0
    requests: int = 0
    problems: list[str] = field(default_factory=list)


def fits(prefix: str, logs: Logs) -> bool:
    """Whether log files that are wanted can lie below a prefix (which ends in ``/``)."""
    place = _PLACE.search(prefix)
    if place is None:
        return True
    account, service, region = place.groups()
    if account and logs.accounts and account not in logs.accounts:
        return False
    if service and account and service != "CloudTrail":
        return False  # CloudTrail-Digest, Config, elasticloadbalancing ...
    return not (region and account and logs.regions and region not in logs.regions)


def keys(client: Any, logs: Logs, download: Download) -> Iterator[tuple[str, int]]:
    """Key and size of every log file that is wanted."""
    pending = [(logs.prefix, 0)]
    while pending:
        prefix, depth = pending.pop()
        if _REGION.search(prefix):
            yield from _below_region(client, logs, prefix, download)
            continue
        below: list[str] = []
        for page in _list(client, download, Bucket=logs.bucket, Prefix=prefix, Delimiter="/"):
            yield from _wanted(page, logs)
            below += [p["Prefix"] for p in page.get("CommonPrefixes", ()) if fits(p["Prefix"], logs)]
        if depth < _DEPTH:
            pending += [(p, depth + 1) for p in reversed(below)]
        elif below:
            download.problems.append(f"s3://{logs.bucket}/{prefix}: nested too deep, not looked into")


def _below_region(client: Any, logs: Logs, prefix: str, download: Download) -> Iterator[tuple[str, int]]:
    first, last = logs.window.days()
    arguments = {"Bucket": logs.bucket, "Prefix": prefix}
    if first is not None:
        arguments["StartAfter"] = f"{prefix}{first:%Y/%m/%d}"
    end = f"{prefix}{last:%Y/%m/%d}/\U0010ffff" if last is not None else None
    for page in _list(client, download, **arguments):
        yield from _wanted(page, logs)
        contents = page.get("Contents", ())
        if end is not None and contents and contents[-1]["Key"] > end:
            return


def _list(client: Any, download: Download, **arguments: Any) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator("list_objects_v2").paginate(**arguments):
        download.requests += 1
        yield page


def _wanted(page: Mapping[str, Any], logs: Logs) -> Iterator[tuple[str, int]]:
    for item in page.get("Contents", ()):
        key = item["Key"]
        name = key.rpartition("/")[2]
        if name.endswith(SUFFIXES) and "CloudTrail-Digest" not in key and wanted_name(name, logs.window, logs.regions):
            yield key, item["Size"]


def bucket_records(
    account: Account,
    logs: Logs,
    reader: LogReader,
    download: Download,
    step: Callable[[str], object] = lambda _: None,
) -> Iterator[Mapping[str, Any]]:
    """The records that the reader's question asks for. The next files are fetched while these are read.

    Raises UserError when the bucket cannot be listed. An object that cannot be read is told in ``download.problems``.
    """
    client = account.client("s3")  # botocore follows a bucket into its region
    folder = tempfile.mkdtemp(prefix="tfratchet-events-")
    pool = ThreadPoolExecutor(WORKERS, "download")
    try:
        ahead: list[Future[LogFile | None]] = []
        for batch in _batches(client, logs, download):
            coming = [pool.submit(_fetch, client, logs.bucket, k, n, folder, download) for n, k in batch]
            yield from _read(ahead, reader, step)
            ahead = coming
        yield from _read(ahead, reader, step)
    finally:
        pool.shutdown(cancel_futures=True)  # broken off, nothing more is fetched
        shutil.rmtree(folder, ignore_errors=True)


def _batches(client: Any, logs: Logs, download: Download) -> Iterator[list[tuple[int, str]]]:
    batch: list[tuple[int, str]] = []
    total = number = 0
    listing = keys(client, logs, download)
    while True:
        with told(f"listing s3://{logs.bucket}/{logs.prefix}"):
            key, size = next(listing, (None, 0))
        if key is None:
            break
        if batch and total + size > _BATCH:
            yield batch
            batch, total = [], 0
        batch.append((number, key))
        total += size
        number += 1
    if batch:
        yield batch


def _fetch(client: Any, bucket: str, key: str, number: int, folder: str, download: Download) -> LogFile | None:
    """One object on the disk. Named by number: a key may hold anything, ``..`` too."""
    url = f"s3://{bucket}/{key}"
    path = os.path.join(folder, f"{number:08d}{'.json.gz' if key.endswith('.gz') else '.json'}")
    try:
        body = client.get_object(Bucket=bucket, Key=key)["Body"]
        with open(path, "wb") as handle:
            shutil.copyfileobj(body, handle, 1 << 20)
    except (aws.BotoCoreError, aws.ClientError) as error:
        download.problems.append(str(told_error(error, url)))
        return None
    except OSError as error:
        raise UserError(f"cannot write log files: {error.strerror}", where=folder, hint="set TMPDIR") from None
    file = log_file(path, url)
    download.objects += 1
    download.bytes += os.path.getsize(path)
    return file


def _read(
    fetched: Sequence[Future[LogFile | None]], reader: LogReader, step: Callable[[str], object]
) -> Iterator[Mapping[str, Any]]:
    files = [f for f in (future.result() for future in fetched) if f is not None]
    yield from reader.records(files, step)
    for file in files:
        os.unlink(file.path)
