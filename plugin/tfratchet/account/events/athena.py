"""The same question put to Amazon Athena, for logs beyond one machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import botocore.exceptions as aws

from tfratchet.account.events.ddl import PARTITIONS
from tfratchet.account.events.query import COLUMNS, DAYS, Athena, Question, record_of, sql
from tfratchet.account.session import Account, told
from tfratchet.errors import UserError

_LONGEST_PAUSE = 3.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the table is, and where Athena may write its answer."""

    database: str
    table: str
    workgroup: str = ""
    output: str = ""
    """``s3://...``; empty: the workgroup says it."""
    catalog: str = "AwsDataCatalog"


@dataclass
class Asked:
    """What the query cost."""

    query_id: str = ""
    scanned: int = 0
    """Bytes: what Athena charges for."""
    seconds: float = 0.0
    note: str = ""


def dialect_of(client: Any, place: Place, asked: Asked) -> Athena:
    """The dialect for the table as it is: which partitions and columns it has. Where that cannot be read, the table is
    taken for the one of ``--print-ddl``.
    """
    try:
        answer = client.get_table_metadata(
            CatalogName=place.catalog, DatabaseName=place.database, TableName=place.table
        )["TableMetadata"]
    except (aws.BotoCoreError, aws.ClientError):
        asked.note = (
            f"the columns of {place.database}.{place.table} could not be read (athena:GetTableMetadata, "
            "glue:GetTable); it is taken for a table as --print-ddl makes it"
        )
        return Athena(place.table, place.database, PARTITIONS)
    partitions = frozenset(c["Name"].lower() for c in answer.get("PartitionKeys", ()))
    columns = {c["Name"].lower() for c in answer.get("Columns", ())}
    absent = frozenset(path[0].lower() for path in COLUMNS) - columns if columns else frozenset()
    needed = sorted(absent & {"eventtime", "eventsource", "eventname", "useridentity", "requestparameters"})
    if needed:
        raise UserError(
            f"has no column {needed[0]}: it is no table of CloudTrail logs",
            where=f"{place.database}.{place.table}",
            hint="tfratchet events s3://BUCKET --print-ddl",
        )
    # Days are compared as texts, which is right for one way of writing them only.
    parameters = answer.get("Parameters", {})
    written = {d for d in DAYS & partitions if parameters.get(f"projection.{d}.format") == "yyyy/MM/dd"}
    partitions -= DAYS - written
    if not written:
        asked.note = (
            f"{place.database}.{place.table} is not divided by day (yyyy/MM/dd): every query reads all of it "
            "(tfratchet events s3://BUCKET --print-ddl makes a table that is)"
        )
    return Athena(place.table, place.database, partitions, absent)


def ask(
    account: Account,
    place: Place,
    question: Question,
    asked: Asked,
    *,
    sleep: Callable[[float], None] = time.sleep,
    step: Callable[[str], object] = lambda _: None,
) -> Iterator[Mapping[str, Any]]:
    """The records that Athena finds. ``asked`` says afterwards what it cost.

    Raises UserError when the query is refused, fails or is cancelled. A run that is broken off stops the query.
    """
    client = account.client("athena")
    statement = sql(question, dialect_of(client, place, asked))
    arguments: dict[str, Any] = {
        "QueryString": statement,
        "QueryExecutionContext": {"Database": place.database, "Catalog": place.catalog},
    }
    if place.workgroup:
        arguments["WorkGroup"] = place.workgroup
    if place.output:
        arguments["ResultConfiguration"] = {"OutputLocation": place.output}
    with told("starting the Athena query"):
        asked.query_id = client.start_query_execution(**arguments)["QueryExecutionId"]
    done = False
    try:
        failure = _wait(client, asked, sleep, step)
        done = True
    finally:
        if not done:
            _stop(client, asked.query_id)
    if failure:
        raise UserError(f"the query {asked.query_id} {failure}", where="Athena")
    with told("reading Athena's answer"):
        yield from _rows(client, asked.query_id)


def _wait(client: Any, asked: Asked, sleep: Callable[[float], None], step: Callable[[str], object]) -> str:
    """Wait for the end of the query; gives why it failed, or an empty text."""
    pause = 0.25
    while True:
        with told("waiting for Athena"):
            execution = client.get_query_execution(QueryExecutionId=asked.query_id)["QueryExecution"]
        counted = execution.get("Statistics", {})
        asked.scanned = counted.get("DataScannedInBytes", 0)
        asked.seconds = counted.get("TotalExecutionTimeInMillis", 0) / 1000
        status = execution.get("Status", {})
        state = status.get("State", "")
        if state == "SUCCEEDED":
            return ""
        if state in ("FAILED", "CANCELLED"):
            return f"{state.lower()}: {status.get('StateChangeReason') or 'no reason was given'}"
        step(f"{state.lower()}, {asked.scanned / 1e6:,.0f} MB")
        sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _stop(client: Any, query_id: str) -> None:
    try:
        client.stop_query_execution(QueryExecutionId=query_id)
    except (aws.BotoCoreError, aws.ClientError):
        return  # it has ended by itself, or cannot be reached: what went wrong before is told


def _rows(client: Any, query_id: str) -> Iterator[Mapping[str, Any]]:
    """The rows of every page; the first of the first page are the names of the columns."""
    heading = True
    for page in client.get_paginator("get_query_results").paginate(QueryExecutionId=query_id):
        for row in page["ResultSet"]["Rows"]:
            if heading:
                heading = False
                continue
            values = [cell.get("VarCharValue") for cell in row.get("Data", ())]
            yield record_of(values + [None] * (len(COLUMNS) - len(values)))
