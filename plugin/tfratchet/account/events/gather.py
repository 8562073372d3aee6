"""Reads the events, wherever they are: standard input, files, a bucket, the event history, Athena."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tfratchet.account.events.arguments import EventsArguments
from tfratchet.account.events.event import Event
from tfratchet.account.events.parse import event_of
from tfratchet.account.events.query import Question
from tfratchet.errors import UserError

if TYPE_CHECKING:
    from tfratchet.account.session import Account
    from tfratchet.progress import Progress

STDIN = "-"


@dataclass
class Gathered:
    """What was read."""

    events: list[Event] = field(default_factory=list)
    label: str = ""
    """What the user would call it."""
    read: str = ""
    """How much it was, for the closing line."""
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def gather(arguments: EventsArguments, question: Question, clock: datetime, progress: Progress) -> Gathered:
    """The events that the question asks for, and perhaps some more. Raises UserError when nothing can be read."""
    logs = arguments.logs
    if arguments.engine == "athena":
        return _from_athena(arguments, question, progress)
    if arguments.every_region and logs is not None:
        raise UserError("is about the event history", where="--all-regions", hint="log files hold all regions anyway")
    if logs is None:
        if arguments.engine == "duckdb":
            raise UserError("reads log files", where="--engine duckdb", hint="tfratchet events LOGS --engine duckdb")
        return _from_history(arguments, question, clock, progress)
    if logs == STDIN:
        return _from_stdin(question)
    if logs.startswith("s3://"):
        return _from_bucket(arguments, question, progress)
    return _from_files(logs, question, progress)


def _events(records: Iterable[Mapping[str, Any]], question: Question) -> Iterator[Event]:
    """The events that the question asks for; some readers give more than was asked."""
    wanted = {name for names in question.calls.values() for name in names}
    for record in records:
        event = event_of(record)
        if event is not None and event.name in wanted:
            yield event


def _from_stdin(question: Question) -> Gathered:
    from tfratchet.account.events.unwrap import Reading

    reading = Reading("standard input")
    content = sys.stdin.buffer.read(reading.limit)
    found = list(_events(reading.read(content), question))
    gathered = Gathered(found, "standard input", problems=reading.problems)
    if not reading.records:
        if content.strip() and not reading.problems:
            gathered.problems.append("standard input holds no record of CloudTrail")
        elif not content.strip():
            gathered.notes.append("standard input was empty")
    gathered.read = f"{count(reading.records, 'record')} on standard input"
    return gathered


def _from_files(folder: str, question: Question, progress: Progress) -> Gathered:
    from tfratchet.account.events.logs import LogReader, LogReading, found_files

    looked = LogReading()
    with LogReader(question) as reader:
        files = found_files(folder, question.window, question.regions, looked)
        if not files and not looked.problems:
            raise UserError(f"no log file can hold events {question.window}", where=folder)
        progress.say("reading log files", len(files))
        found = list(_events(reader.records(files, progress.step), question))
        read = reader.reading
    size = size_text(read.bytes)
    return Gathered(
        found,
        folder,
        f"{count(read.files, 'log file')} ({size}) in {folder}",
        notes=read.notes(),
        problems=[*looked.problems, *read.problems],
    )


def _account(arguments: EventsArguments) -> Account:
    """The account that the options lead to. For Athena ``--region`` says what to read, not where Athena is."""
    from tfratchet.commands.live import open_account

    region = arguments.regions[0] if arguments.regions else None
    if arguments.engine == "athena":
        region = arguments.athena_region or None
    return open_account(arguments.profile, region, arguments.role_arn)


def _from_history(arguments: EventsArguments, question: Question, clock: datetime, progress: Progress) -> Gathered:
    account = _account(arguments)
    from tfratchet.account.events.lookup import Lookup, all_regions, home_region, look_up, names_by_region

    regions = all_regions(account) if arguments.every_region else list(arguments.regions) or [account.region]
    plan = names_by_region(question.calls, regions, home_region(account))
    progress.say("asking CloudTrail", sum(map(len, plan.values())))
    lookup = Lookup()
    records = look_up(account, question.calls, regions, question.window, clock, lookup, step=progress.step)
    found = list(_events(records, question))
    return Gathered(
        found,
        "the event history of CloudTrail",
        f"CloudTrail's event history in {', '.join(lookup.regions)} ({count(lookup.requests, 'request')})",
        notes=lookup.notes,
        problems=lookup.problems,
    )


def _from_bucket(arguments: EventsArguments, question: Question, progress: Progress) -> Gathered:
    from tfratchet.account.events.logs import LogReader

    url = arguments.logs or ""
    with LogReader(question) as reader:
        account = _account(arguments)
        from tfratchet.account.events.bucket import Download, Logs, bucket_records
        from tfratchet.account.events.urls import parse_url

        logs = Logs(*parse_url(url), question.window, question.accounts, question.regions)
        download = Download()
        progress.say(f"reading {url}")
        records = bucket_records(account, logs, reader, download, progress.step)
        found = list(_events(records, question))
        read = reader.reading
    if not download.objects and not download.problems:
        raise UserError(f"holds no log files {question.window}", where=url)
    size, text = size_text(download.bytes), size_text(read.bytes)
    requests, files = download.requests + download.objects, count(download.objects, "log file")
    return Gathered(
        found,
        url,
        f"{files} ({size}, {text} unzipped; {count(requests, 'request')}) of {url}",
        notes=read.notes(),
        problems=[*download.problems, *read.problems],
    )


def _from_athena(arguments: EventsArguments, question: Question, progress: Progress) -> Gathered:
    if arguments.logs is not None:
        raise UserError(
            "Athena reads a table", where=arguments.logs, hint="leave LOGS out; give --database and --table"
        )
    if not arguments.database:
        raise UserError(
            "is missing", where="--database", hint="--engine athena --database security --table cloudtrail_logs"
        )
    account = _account(arguments)
    from tfratchet.account.events.athena import Asked, Place, ask

    place = Place(arguments.database, arguments.table, arguments.workgroup, arguments.output_location)
    asked = Asked()
    progress.say("asking Athena")
    found = list(_events(ask(account, place, question, asked, step=progress.step), question))
    return Gathered(
        found,
        f"Athena {place.database}.{place.table}",
        f"{size_text(asked.scanned)} scanned by Athena in {asked.seconds:.1f} s (query {asked.query_id})",
        notes=[asked.note] if asked.note else [],
    )


def count(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def size_text(number: float) -> str:
    """A number of bytes for people."""
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.1f} {unit}" if unit != "B" and number < 100 else f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:,.1f} GB"
