"""``tfratchet events`` as a user runs it: sources, reports, exit codes, what is missing and what is wrong."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import pytest
import requests
from botocore.stub import Stubber
from events_records import ACCOUNT, GUARD, TERRAFORM, detach, log_name, record, session, write_log
from moto import mock_aws

from tfratchet.account import session as sessions
from tfratchet.account.events import athena, lookup
from tfratchet.account.events.arguments import EventsArguments
from tfratchet.account.events.query import COLUMNS, Athena
from tfratchet.account.events.run import run
from tfratchet.errors import UserError

BIN = Path(sys.executable).parent / "tfratchet"


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795478400")  # 2026-11-24
    monkeypatch.setenv("COLUMNS", "110")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A small account's logs: a stop, detachments by hand and by Terraform, attempts, a padded policy."""
    folder = tmp_path / "logs"
    trail = {"eventSource": "cloudtrail.amazonaws.com", "requestParameters": {"name": "main"}}
    write_log(
        folder / log_name("20261120"),
        [
            record("StopLogging", "2026-11-20T09:00:00Z", **trail),
            detach("alice", userIdentity=session("Admin", "bob@x", "false")),
            detach("carol", "2026-11-20T09:15:00Z", userAgent=TERRAFORM),
            detach("dave", "2026-11-20T09:16:00Z", errorCode="AccessDenied"),
            record("PutUserPolicy", "2026-11-20T09:17:00Z", requestParameters={"omitted": True, "reason": "too large"}),
            record("StartLogging", "2026-11-20T09:35:00Z", **trail),
            *(record("GetUser") for _ in range(20)),
        ],
    )
    return folder


def test_the_table(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(EventsArguments(logs=str(logs), color="never")) == 1
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.splitlines()[:6] == [
        "severity  time (UTC)            call                    target",
        "critical  2026-11-20 09:00:00Z  StopLogging             trail main",
        "          TFR641  user mallory from 203.0.113.9 by CLI or SDK, account 123456789012, us-east-1",
        "                  put back 2026-11-20 09:35:00Z by user mallory",
        "high      2026-11-20 09:14:02Z  DetachUserPolicy        user alice, policy RequireMFA",
        "          TFR640  role Admin (session bob@x) from 203.0.113.9 by CLI or SDK, without MFA, account",
    ]
    assert shown.out.splitlines()[-2] == "1 critical, 4 high, 1 medium"
    size = len(gzip.decompress(next(logs.iterdir()).read_bytes())) / 1000
    wanted = f"looked at 1 log file ({size:.1f} kB) in {logs}: 5 protected calls at any time"
    assert shown.out.splitlines()[-1] == wanted


def test_names_cannot_drive_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "a\x1b[2J\u202eb"
    write_log(tmp_path / "x.json.gz", [detach(evil, policy=evil, sourceIPAddress=evil, eventTime=evil, userAgent=evil)])
    assert run(EventsArguments(logs="x.json.gz", color="always")) == 1
    shown = capsys.readouterr().out
    assert "\x1b[2J" not in shown
    assert "\u202e" not in shown
    assert "\\x1b[2J" in shown


def test_the_example_in_the_documents_is_what_comes_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trail = {"eventSource": "cloudtrail.amazonaws.com", "requestParameters": {"name": "main"}}
    refusal = (
        "User: x is not authorized to perform: iam:DetachUserPolicy on resource: user dave "
        "with an explicit deny in an identity-based policy"
    )
    browser = {"userAgent": "Mozilla/5.0", "sessionCredentialFromConsole": "true"}
    refused = {"requestParameters": None, "errorCode": "AccessDenied", "errorMessage": refusal}
    records = [
        record("StopLogging", "2026-11-20T09:00:00Z", **trail),
        record("StartLogging", "2026-11-20T09:35:00Z", **trail),
        detach("alice", userIdentity=session("Admin", "bob@example.com"), **browser),
        detach("dave", "2026-11-20T09:16:00Z", **refused),
    ]
    write_log(tmp_path / "logs" / log_name(), records)
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "users.tf").write_text(
        'resource "aws_iam_user" "alice" {\n  name = "alice"\n}\n\n'
        'resource "aws_iam_policy" "mfa" {\n  name   = "RequireMFA"\n  policy = "{}"\n}\n\n'
        'resource "aws_iam_user_policy_attachment" "alice" {\n'
        "  user       = aws_iam_user.alice.name\n  policy_arn = aws_iam_policy.mfa.arn\n}\n"
    )
    (tmp_path / "infra" / "trail.tf").write_text(
        '# The trail.\n\nresource "aws_cloudtrail" "main" {\n  name = "main"\n}\n'
    )
    assert run(EventsArguments(logs="logs/", source="infra/", color="never")) == 1
    page = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
    example = page.partition("$ tfratchet events logs/ --source infra/\n")[2].partition("```")[0]
    assert re.sub(r"\([\d.]+ kB\)", "", capsys.readouterr().out) == re.sub(r"\([\d.]+ kB\)", "", example)


def test_the_report_for_programs_follows_its_schema(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(EventsArguments(logs=str(logs), format_name="json"))
    schema = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text())
    jsonschema.validate(json.loads(capsys.readouterr().out), schema)


@pytest.mark.parametrize("name", ["json", "sarif", "github", "markdown", "junit", "gitlab", "html"])
def test_every_format(logs: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert run(EventsArguments(logs=str(logs), format_name=name, output=[f"{name}=out"])) == 1
    shown = capsys.readouterr().out
    assert "DetachUserPolicy" in shown
    assert Path("out").read_text() == shown


def test_the_text_report_goes_into_a_file_as_well(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(EventsArguments(logs=str(logs), format_name="json", output=["text=out.txt"]))
    report = json.loads(capsys.readouterr().out)
    assert report["summary"]["by_severity"] == {"critical": 1, "high": 4, "medium": 1, "low": 0}
    assert {f["root"] for f in report["findings"]} == {ACCOUNT}
    assert len({f["fingerprint"] for f in report["findings"]}) == len(report["findings"])
    assert Path("out.txt").read_text().startswith("severity  time (UTC)")


@pytest.mark.parametrize(
    ("changed", "code", "count"),
    [
        ({}, 1, 6),
        ({"fail_on": "never"}, 0, 6),
        ({"only": "detach"}, 1, 3),
        ({"only": "detach", "terraform": False}, 1, 2),
        ({"events": ["DetachUserPolicy"], "users": ["alice"]}, 1, 1),
        ({"users": ["dave"], "fail_on": "critical"}, 0, 2),  # the padded policy may be about dave
        ({"only": "kms"}, 0, 0),
        ({"since": "2026-11-20T09:16:30Z"}, 1, 1),
        ({"until": "2026-11-20T09:10:00Z"}, 1, 2),
        ({"accounts": ["210987654321"]}, 0, 0),
        ({"regions": ["eu-west-1"]}, 1, 6),  # IAM's region is always read
        ({"break_glass": ["mallory"], "only": "detach"}, 1, 4),
    ],
)
def test_what_is_asked_for(
    logs: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, Any], code: int, count: int
) -> None:
    arguments = replace(EventsArguments(logs=str(logs), format_name="json"), **changed)
    assert run(arguments) == code
    assert len(json.loads(capsys.readouterr().out)["findings"]) == count


def test_a_broken_file_is_an_error_beside_the_findings(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (logs / log_name("20261121", mark="bad")).write_bytes(gzip.compress(b'{"Records": [{}' * 100)[:-20])
    assert run(EventsArguments(logs=str(logs), color="never")) == 2
    shown = capsys.readouterr()
    assert "DetachUserPolicy" in shown.out
    assert "1 error: not everything was read" in shown.out
    assert shown.err.startswith(f"tfratchet: error: {log_name('20261121', mark='bad')}: ")


def test_nothing_of_the_window_is_no_clean_run(logs: Path) -> None:
    with pytest.raises(UserError, match="no log file can hold events until 2026-10-01"):
        run(EventsArguments(logs=str(logs), until="2026-10-01"))


def test_very_many_problems_are_cut(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for n in range(30):
        (logs / log_name(mark=f"bad{n:02d}")).write_bytes(b"")
    assert run(EventsArguments(logs=str(logs))) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 21
    assert "10 more" in errors[-1]


def test_declared_in_terraform(logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "users.tf").write_text(
        'resource "aws_iam_user_policy_attachment" "a" {\n'
        f'  user       = "alice"\n  policy_arn = "{GUARD}"\n}}\n'
        'resource "aws_cloudtrail" "main" {\n  name           = "main"\n  s3_bucket_name = "trail"\n}\n'
    )
    arguments = EventsArguments(logs=str(logs), source="infra", color="never")
    assert run(arguments) == 1
    shown = capsys.readouterr().out
    assert "declared in users.tf:3; apply puts it back" in shown
    assert "declared in users.tf:5; apply puts it back" in shown
    assert shown.count("not declared") == 1  # carol
    assert run(replace(arguments, format_name="json", events=["DetachUserPolicy"], users=["alice"])) == 1
    [finding] = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["base"]["file"], finding["base"]["line"]) == ("users.tf", 3)
    assert finding["fix"] == "terraform apply puts it back (aws_iam_user_policy_attachment.a)."


def test_a_source_that_cannot_be_read_whole_is_an_error(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "broken.tf").write_text('resource "aws_iam_user" "a" {{{\n')
    assert run(EventsArguments(logs=str(logs), source="infra", color="never")) == 2
    shown = capsys.readouterr()
    assert "may be declared: the configuration could not be read whole" in shown.out
    assert "broken.tf:1" in shown.err


def test_the_configuration_names_break_glass_and_accepts(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tfratchet.toml").write_text(
        'break_glass = ["arn:aws:iam::*:role/Admin"]\ndisable = ["TFR646"]\n[severity]\nTFR642 = "low"\n'
        f'[[ignore]]\nrule = "TFR640"\naddress = "arn:aws:iam::{ACCOUNT}:user/carol"\nreason = "left the company"\n'
    )
    assert run(EventsArguments(logs=str(logs), color="never")) == 1
    shown = capsys.readouterr().out
    assert "TFR646" not in shown
    assert "TFR644  role Admin" in shown
    assert "accepted  TFR640 User mallory took policy RequireMFA off user carol" in shown
    assert "1 critical, 2 high, 1 medium, 1 low, 1 accepted" in shown


# -- standard input


def given(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize(
    ("content", "code", "count"),
    [
        (json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": detach()}).encode(), 1, 1),
        (json.dumps({"Records": [detach(), detach("b")]}, indent=1).encode(), 1, 2),
        (gzip.compress(json.dumps(detach()).encode()), 1, 1),
        (json.dumps(detach()).encode() + b"\nbroken\n" + json.dumps(detach("b")).encode(), 2, 2),
        (json.dumps(record("GetUser")).encode(), 0, 0),
        (b"", 0, 0),
        (b'{"hello": 1}', 2, 0),
    ],
    ids=["EventBridge", "a log file", "gzip", "broken between", "nothing protected", "empty", "something else"],
)
def test_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: bytes, code: int, count: int
) -> None:
    given(monkeypatch, content)
    assert run(EventsArguments(logs="-", format_name="json")) == code
    assert len(json.loads(capsys.readouterr().out)["findings"]) == count


# -- a bucket, the event history, Athena


def test_a_bucket(capsys: pytest.CaptureFixture[str]) -> None:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="trail")
        policy = record("PutBucketPolicy", eventSource="s3.amazonaws.com", requestParameters={"bucketName": "trail"})
        body = gzip.compress(json.dumps({"Records": [detach(), policy]}).encode())
        place = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/11/20/{log_name()}"
        client.put_object(Bucket="trail", Key=place, Body=body)
        assert run(EventsArguments(logs="s3://trail", color="never")) == 1
        shown = capsys.readouterr().out
        assert "2 high" in shown  # the bucket that the logs come from holds logs
        assert "looked at 1 log file" in shown
        assert "from 2026-11-17 00:00Z" in shown
        with pytest.raises(UserError, match="holds no log files"):
            run(EventsArguments(logs="s3://trail", since="1d"))


def test_the_event_history(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(lookup, "RATE", 1000.0)
    session = boto3.Session(region_name="eu-west-1")
    owner = sessions.Account(session, "eu-west-1")
    monkeypatch.setattr(sessions, "connect", lambda access: owner)
    stub = Stubber(owner.client("cloudtrail", "us-east-1"))
    for name in ("AttachUserPolicy", "DetachUserPolicy"):
        events = [{"CloudTrailEvent": json.dumps(detach())}] if name == "DetachUserPolicy" else []
        about = [{"AttributeKey": "EventName", "AttributeValue": name}]
        since = datetime(2026, 11, 17, tzinfo=timezone.utc)
        stub.add_response(
            "lookup_events",
            {"Events": events},
            {"LookupAttributes": about, "StartTime": since, "MaxResults": 50},
        )
    with stub:
        assert run(EventsArguments(events=["DetachUserPolicy"], color="never")) == 1
    stub.assert_no_pending_responses()
    assert "CloudTrail's event history in us-east-1 (2 requests): 1 protected call" in capsys.readouterr().out


def test_athena(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    # moto has no GetTableMetadata; what is made of it is tested in test_events_athena.
    monkeypatch.setattr(athena, "dialect_of", lambda client, place, asked: Athena(place.table, place.database))
    names = [".".join(path) for path in COLUMNS]
    cells = {
        "eventName": "DetachUserPolicy",
        "eventSource": "iam.amazonaws.com",
        "eventTime": "2026-11-20T09:14:02Z",
        "userIdentity.type": "IAMUser",
        "userIdentity.userName": "mallory",
        "requestParameters": json.dumps({"userName": "alice", "policyArn": GUARD}),
    }
    texts = (names, [cells.get(n, "") for n in names])
    rows = [{"Data": [{"VarCharValue": text} for text in row]} for row in texts]
    columns = [{"Name": n, "Type": "varchar"} for n in names]
    with mock_aws():
        answer = {"region": "eu-west-1", "results": [{"rows": rows, "column_info": columns}]}
        requests.post("http://motoapi.amazonaws.com/moto-api/static/athena/query-results", json=answer, timeout=10)
        place = {"database": "security", "output_location": "s3://results/", "athena_region": "eu-west-1"}
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="results")
        assert run(EventsArguments(engine="athena", color="never", **place)) == 1
    shown = capsys.readouterr().out
    assert "TFR640  user mallory by unknown client" in shown
    assert "scanned by Athena" in shown


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"logs": "nowhere"}, "no such file"),
        ({"logs": "s3://A_B"}, "no bucket"),
        ({"events": ["DetachUserPolcy"]}, "did you mean DetachUserPolicy"),
        ({"only": "everything"}, "known: all, detach, policies"),
        ({"since": "soon"}, "--since"),
        ({"since": "1d", "until": "2d"}, "not before"),
        ({"source_rev": "HEAD"}, "--source"),
        ({"engine": "athena"}, "--database"),
        ({"engine": "duckdb"}, "reads log files"),
        ({"engine": "athena", "database": "x", "logs": "logs"}, "reads a table"),
        ({"logs": "-", "every_region": True}, "--all-regions"),
        ({"print_ddl": True}, "needs the bucket"),
        ({"print_ddl": True, "logs": "s3://trail"}, "needs the accounts"),
        ({"format_name": "tabel"}, "unknown format"),
        ({"config": "nothing.toml"}, "cannot read"),
    ],
)
def test_what_the_user_can_put_right(changed: dict[str, Any], word: str) -> None:
    with pytest.raises(UserError, match=word):
        run(replace(EventsArguments(), **changed))


def test_statements_are_printed_and_nobody_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(EventsArguments(print_query=True, database="sec", only="detach")) == 0
    query = capsys.readouterr().out
    assert 'FROM "sec"."cloudtrail_logs"' in query
    assert "'DetachUserPolicy'" in query
    assert "\"day\" >= '2026/11/17'" in query
    arguments = EventsArguments(logs="s3://trail/x", print_ddl=True, accounts=[ACCOUNT], regions=["us-east-1"])
    assert run(arguments) == 0
    assert "'s3://trail/x/AWSLogs/${account}/CloudTrail/${region}/${day}'" in capsys.readouterr().out


# -- the program itself


def program(*arguments: str, stdin: bytes = b"", code: str = "") -> subprocess.CompletedProcess[bytes]:
    line = [sys.executable, "-c", code, *arguments] if code else [str(BIN), "events", *arguments]
    return subprocess.run(line, input=stdin, capture_output=True, check=False, env=dict(os.environ))


def test_the_program(logs: Path) -> None:
    done = program(str(logs), "--only", "detach", "--fail-on", "critical")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"DetachUserPolicy        user alice, policy RequireMFA" in done.stdout
    assert program("--help").returncode == 0
    typo = program(str(logs), "--account", "12345678901")
    assert typo.returncode == 2
    assert typo.stderr.endswith(b"error: --account: '12345678901' is not like 123456789012\n")
    wrong = program("--event", "Nonsense")
    assert (wrong.returncode, wrong.stdout) == (2, b"")


BLOCKED = """
import sys
for name in {blocked!r}:
    sys.modules[name] = None
sys.argv = ["tfratchet", "events", *sys.argv[1:]]
from tfratchet.cli import main
main()
"""


@pytest.mark.parametrize(
    ("blocked", "arguments", "hint"),
    [
        (["duckdb"], ["."], "pip install 'tfratchet[events]'"),
        (["boto3"], [], "pip install 'tfratchet[aws]'"),
        (["boto3"], ["s3://trail"], "pip install 'tfratchet[aws]'"),
        (["boto3"], ["--engine", "athena", "--database", "x"], "pip install 'tfratchet[aws]'"),
    ],
)
def test_a_missing_extra_is_one_line(blocked: list[str], arguments: list[str], hint: str) -> None:
    done = program(*arguments, code=BLOCKED.format(blocked=blocked))
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.decode().count("\n") == 1
    assert hint in done.stderr.decode()


def test_standard_input_needs_neither_extra() -> None:
    code = BLOCKED.format(blocked=["duckdb", "boto3", "botocore", "rich"])
    done = program("-", stdin=json.dumps(detach()).encode(), code=code)
    assert (done.returncode, done.stderr) == (1, b"")
    ddl = program("s3://trail", "--print-ddl", "--account", ACCOUNT, "--region", "us-east-1", code=code)
    assert ddl.returncode == 0
