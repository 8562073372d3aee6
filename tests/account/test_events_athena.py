"""Athena: the query is started where it should be, waited for, read page after page, and stopped when we are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from tfratchet.account.events.athena import Asked, Place, ask, dialect_of
from tfratchet.account.events.catalog import asked_for, chosen
from tfratchet.account.events.ddl import PARTITIONS
from tfratchet.account.events.parse import event_of
from tfratchet.account.events.query import COLUMNS, Athena, Question, sql
from tfratchet.account.session import Account
from tfratchet.errors import UserError

PLACE = Place("security", "cloudtrail_logs", "primary", "s3://results/x/")
QUESTION = Question(asked_for(chosen("detach")))
TABLE = {
    "TableMetadata": {
        "Name": "cloudtrail_logs",
        "Columns": [{"Name": n} for n in sorted({p[0].lower() for p in COLUMNS})],
        "PartitionKeys": [{"Name": n} for n in ("account", "region", "day")],
        "Parameters": {"projection.day.format": "yyyy/MM/dd"},
    }
}
ABOUT_TABLE = {"CatalogName": "AwsDataCatalog", "DatabaseName": "security", "TableName": "cloudtrail_logs"}
HEADING = [".".join(p) for p in COLUMNS]


@pytest.fixture
def account() -> Account:
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="y", region_name="us-east-1")
    return Account(session, "us-east-1")


@pytest.fixture
def stub(account: Account) -> Iterator[Stubber]:
    with ExitStack() as stack:
        yield stack.enter_context(Stubber(account.client("athena")))


def row(**fields: str) -> dict[str, Any]:
    cells = [{"VarCharValue": fields[p[-1]]} if p[-1] in fields else {} for p in COLUMNS]
    return {"Data": cells}


def execution(state: str, scanned: int = 0, reason: str = "") -> dict[str, Any]:
    status = {"State": state, **({"StateChangeReason": reason} if reason else {})}
    counted = {"DataScannedInBytes": scanned, "TotalExecutionTimeInMillis": 1500}
    return {"QueryExecution": {"QueryExecutionId": "q1", "Status": status, "Statistics": counted}}


def results(*rows: dict[str, Any], token: str = "") -> dict[str, Any]:
    return {"ResultSet": {"Rows": list(rows)}, **({"NextToken": token} if token else {})}


def start(stub: Stubber, statement: object = ANY) -> None:
    stub.add_response(
        "start_query_execution",
        {"QueryExecutionId": "q1"},
        {
            "QueryString": statement,
            "QueryExecutionContext": {"Database": "security", "Catalog": "AwsDataCatalog"},
            "WorkGroup": "primary",
            "ResultConfiguration": {"OutputLocation": "s3://results/x/"},
        },
    )


def test_from_question_to_events(account: Account, stub: Stubber) -> None:
    stub.add_response("get_table_metadata", TABLE, ABOUT_TABLE)
    start(stub, sql(QUESTION, Athena("cloudtrail_logs", "security", PARTITIONS)))
    for state, scanned in (("QUEUED", 0), ("RUNNING", 10), ("SUCCEEDED", 4321)):
        stub.add_response("get_query_execution", execution(state, scanned), {"QueryExecutionId": "q1"})
    names = {"Data": [{"VarCharValue": n} for n in HEADING]}
    one = row(eventName="DetachUserPolicy", eventSource="iam.amazonaws.com", requestParameters='{"userName": "alice"}')
    two = row(eventName="DetachUserPolicy", eventSource="iam.amazonaws.com", requestParameters='{"userName": "bob"}')
    stub.add_response("get_query_results", results(names, one, token="n"), {"QueryExecutionId": "q1"})
    stub.add_response("get_query_results", results(two), {"QueryExecutionId": "q1", "NextToken": "n"})
    asked, slept = Asked(), list[float]()
    found = [event_of(r) for r in ask(account, PLACE, QUESTION, asked, sleep=slept.append)]
    assert [e.target.name for e in found if e is not None] == ["alice", "bob"]
    assert (asked.query_id, asked.scanned, asked.seconds, asked.note) == ("q1", 4321, 1.5, "")
    assert len(slept) == 2
    stub.assert_no_pending_responses()


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_query_that_fails_is_one_clear_line(account: Account, stub: Stubber, state: str) -> None:
    stub.add_response("get_table_metadata", TABLE, ABOUT_TABLE)
    start(stub)
    stub.add_response("get_query_execution", execution(state, reason="TABLE_NOT_FOUND: line 1:2"), ANY_ID)
    with pytest.raises(UserError, match="TABLE_NOT_FOUND"):
        list(ask(account, PLACE, QUESTION, Asked(), sleep=lambda _: None))


ANY_ID = {"QueryExecutionId": "q1"}


def test_a_run_that_is_broken_off_stops_its_query(account: Account, stub: Stubber) -> None:
    stub.add_response("get_table_metadata", TABLE, ABOUT_TABLE)
    start(stub)
    stub.add_response("get_query_execution", execution("RUNNING"), ANY_ID)
    stub.add_response("stop_query_execution", {}, ANY_ID)

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(ask(account, PLACE, QUESTION, Asked(), sleep=interrupted))
    stub.assert_no_pending_responses()


def test_a_refused_start_says_what_to_do(account: Account, stub: Stubber) -> None:
    stub.add_response("get_table_metadata", TABLE, ABOUT_TABLE)
    stub.add_client_error("start_query_execution", "AccessDeniedException", "no")
    with pytest.raises(UserError, match="AWS refuses StartQueryExecution"):
        list(ask(account, PLACE, QUESTION, Asked(), sleep=lambda _: None))


def metadata(**changed: Any) -> dict[str, Any]:
    return {"TableMetadata": {**TABLE["TableMetadata"], **changed}}


def test_a_table_that_cannot_be_looked_at_is_taken_for_ours(account: Account, stub: Stubber) -> None:
    stub.add_client_error("get_table_metadata", "AccessDeniedException", "no")
    asked = Asked()
    assert dialect_of(account.client("athena"), PLACE, asked).partitions == PARTITIONS
    assert "glue:GetTable" in asked.note


@pytest.mark.parametrize(
    ("keys", "parameters", "partitions", "noted"),
    [
        (["timestamp"], {"projection.timestamp.format": "yyyy/MM/dd"}, {"timestamp"}, False),
        # Days that are written otherwise do not compare as texts do: nothing may be pruned by them.
        (["day"], {"projection.day.format": "yyyy-MM-dd"}, set(), True),
        (["day"], {}, set(), True),
        ([], {}, set(), True),
        (["account", "region", "year"], {}, {"account", "region", "year"}, True),
    ],
)
def test_only_partitions_that_compare_rightly_are_used(
    account: Account, stub: Stubber, keys: list[str], parameters: dict[str, str], partitions: set[str], noted: bool
) -> None:
    stub.add_response(
        "get_table_metadata", metadata(PartitionKeys=[{"Name": k} for k in keys], Parameters=parameters), ABOUT_TABLE
    )
    asked = Asked()
    assert dialect_of(account.client("athena"), PLACE, asked).partitions == partitions
    assert bool(asked.note) is noted


def test_columns_of_an_older_table(account: Account, stub: Stubber) -> None:
    columns = [c for c in TABLE["TableMetadata"]["Columns"] if c["Name"] != "sessioncredentialfromconsole"]  # type: ignore[index]
    stub.add_response("get_table_metadata", metadata(Columns=columns), ABOUT_TABLE)
    assert dialect_of(account.client("athena"), PLACE, Asked()).absent == {"sessioncredentialfromconsole"}


def test_a_table_of_something_else(account: Account, stub: Stubber) -> None:
    stub.add_response("get_table_metadata", metadata(Columns=[{"Name": "request_url"}]), ABOUT_TABLE)
    with pytest.raises(UserError, match="no table of CloudTrail logs"):
        dialect_of(account.client("athena"), PLACE, Asked())
