"""What is found in events, how much it weighs, and what belongs together."""

from __future__ import annotations

from typing import Any

import pytest
from events_records import ACCOUNT, CLI, GUARD, TERRAFORM, detach, record, session, user

from tfratchet.account.events.catalog import DETACHING, RESTORES, asked_for, chosen, event_names, groups, protected
from tfratchet.account.events.judge import Judge, Judged, Selection
from tfratchet.account.events.parse import event_of
from tfratchet.account.events.window import Window, moment, window
from tfratchet.config import Settings
from tfratchet.errors import UserError
from tfratchet.model import Certainty, Severity

NOW = moment("2026-11-24T00:00:00Z", "", moment("2026-11-24", "", None))  # type: ignore[arg-type]
TRAIL = "cloudtrail.amazonaws.com"


def judge(
    *records: dict[str, Any], settings: Settings | None = None, buckets: tuple[str, ...] = (), **selection: Any
) -> list[Judged]:
    selection.setdefault("names", chosen("all"))
    events = [e for e in map(event_of, records) if e is not None]
    return Judge(Selection(**selection), settings or Settings(), log_buckets=buckets).judge(events)


def told(found: list[Judged]) -> list[tuple[str, str, str]]:
    return [(j.finding.rule, str(j.finding.severity), j.events[0].name) for j in found]


def at(minute: int, hour: int = 9) -> str:
    return f"2026-11-20T{hour:02d}:{minute:02d}:00Z"


def test_a_detachment_says_who_what_when_from_where_and_by_what() -> None:
    [found] = judge(detach(userIdentity=session("Admin", "bob@x", "false")))
    assert told([found]) == [("TFR640", "high", "DetachUserPolicy")]
    assert found.finding.message == (
        "Role Admin (session bob@x) took policy RequireMFA off user alice at 2026-11-20 09:14:02Z "
        "from 203.0.113.9 by CLI or SDK, without MFA"
    )
    assert found.finding.address == f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert found.finding.root == ACCOUNT


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("DetachGroupPolicy", {"groupName": "staff", "policyArn": GUARD}, "took policy RequireMFA off group staff"),
        ("DetachRolePolicy", {"roleName": "ci", "policyArn": GUARD}, "took policy RequireMFA off role ci"),
        ("DeleteUserPolicy", {"userName": "a", "policyName": "p"}, "deleted inline policy p of user a"),
        ("RemoveUserFromGroup", {"userName": "a", "groupName": "g"}, "took user a out of group g"),
        ("DeleteUserPermissionsBoundary", {"userName": "a"}, "lifted the permissions boundary of user a"),
        ("DeleteGroup", {"groupName": "g"}, "deleted group g"),
        ("DetachUserPolicy", None, "took policy (not named) off a user that the record does not name"),
    ],
)
def test_every_detaching_call_in_words(name: str, parameters: Any, words: str) -> None:
    [found] = judge(record(name, requestParameters=parameters))
    assert found.finding.rule == "TFR640"
    assert words in found.finding.message


@pytest.mark.parametrize(
    ("name", "source", "parameters", "severity"),
    [
        ("StopLogging", "cloudtrail", {"name": "main"}, "critical"),
        ("DeleteAccountPasswordPolicy", "iam", None, "critical"),
        ("LeaveOrganization", "organizations", None, "critical"),
        ("PutEventSelectors", "cloudtrail", {"trailName": "main"}, "high"),
        ("DeactivateMFADevice", "iam", {"userName": "a"}, "high"),
        ("ScheduleKeyDeletion", "kms", {"keyId": "k"}, "high"),
        ("CreateAccessKey", "iam", {"userName": "a"}, "medium"),
        ("UpdateAccountPasswordPolicy", "iam", {}, "medium"),
        ("UpdateAccessKey", "iam", {"status": "Active"}, "medium"),
        ("UpdateAccessKey", "iam", {"status": "Inactive"}, "low"),
        ("EnableMFADevice", "iam", {"userName": "a"}, "low"),
        ("AttachUserPolicy", "iam", {"userName": "a", "policyArn": GUARD}, "low"),
        (
            "AttachUserPolicy",
            "iam",
            {"userName": "a", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
            "high",
        ),
        ("PutBucketPolicy", "s3", {"bucketName": "web"}, "low"),
        ("PutBucketPolicy", "s3", {"bucketName": "trail"}, "high"),
        ("DeleteBucket", "s3", {"bucketName": "trail"}, "critical"),
        (
            "PutBucketVersioning",
            "s3",
            {"bucketName": "trail", "VersioningConfiguration": {"Status": "Suspended"}},
            "high",
        ),
        ("PutBucketVersioning", "s3", {"bucketName": "trail", "VersioningConfiguration": {"Status": "Enabled"}}, "low"),
        ("DeleteObject", "s3", {"bucketName": "x", "key": "AWSLogs/1/CloudTrail/a"}, "high"),
        ("DeleteLogStream", "logs", {"logGroupName": "g"}, "low"),
    ],
)
def test_how_much_a_call_weighs(name: str, source: str, parameters: Any, severity: str) -> None:
    found = judge(
        record(name, eventSource=f"{source}.amazonaws.com", requestParameters=parameters),
        buckets=("trail",),
    )
    assert told([j for j in found if j.finding.rule != "TFR646"]) == [("TFR641", severity, name)]


def test_detachments_stand_before_others_of_their_weight() -> None:
    found = judge(record("DeactivateMFADevice", at(0), requestParameters={"userName": "a"}), detach(time=at(5)))
    assert [j.events[0].name for j in found] == ["DetachUserPolicy", "DeactivateMFADevice"]


def test_what_is_not_protected_is_silent() -> None:
    assert judge(record("GetUser"), record("StartLogging", eventSource=TRAIL), detach(eventSource="x.com")) == []


def test_the_same_event_of_two_trails_is_one() -> None:
    assert len(judge(detach(eventID="1"), detach(eventID="1"), detach(eventID="2"))) == 2


# -- attempts


def test_attempts_at_the_same_are_told_once_with_their_number() -> None:
    refused = {"errorCode": "AccessDenied", "requestParameters": None}
    [found] = judge(*(detach(time=at(n), **refused) for n in range(5)))
    assert told([found]) == [("TFR642", "medium", "DetachUserPolicy")]
    assert "5 times, last 2026-11-20 09:04:00Z" in found.finding.message
    assert len(found.events) == 5


def test_attempts_of_others_or_at_others_are_told_apart() -> None:
    refused = {"errorCode": "AccessDenied"}
    found = judge(
        detach("a", at(1), **refused),
        detach("b", at(2), **refused),
        detach("a", at(3), userIdentity=user("eve"), **refused),
        record("CreateAccessKey", at(4), requestParameters={"userName": "a"}, **refused),
    )
    assert [j.finding.severity for j in found] == [Severity.MEDIUM] * 3 + [Severity.LOW]
    assert len({j.finding.fingerprint for j in found}) == 4


# -- omitted parameters

OMITTED = {"omitted": True, "originalSize": 131122, "reason": "requestParameters too large"}


def test_omitted_parameters_are_a_finding_of_their_own() -> None:
    [found] = judge(record("PutUserPolicy", requestParameters=OMITTED))
    assert told([found]) == [("TFR643", "high", "PutUserPolicy")]
    assert "131,122 bytes" in found.finding.message


def test_an_omitted_call_is_still_told_when_that_rule_is_off() -> None:
    [found] = judge(
        record("DetachUserPolicy", requestParameters=OMITTED), settings=Settings(disabled=frozenset({"TFR643"}))
    )
    assert found.finding.rule == "TFR640"


def test_an_attempt_with_omitted_parameters() -> None:
    [found] = judge(record("PutUserPolicy", requestParameters=OMITTED, errorCode="AccessDenied"))
    assert told([found]) == [("TFR643", "medium", "PutUserPolicy")]


# -- break-glass


@pytest.mark.parametrize(
    "pattern", ["break-glass", "arn:aws:iam::*:role/break-glass", f"arn:aws:iam::{ACCOUNT}:role/break-*"]
)
def test_break_glass_is_marked_and_counted(pattern: str) -> None:
    who = {"userIdentity": session("break-glass", "bob", "true")}
    found = judge(
        detach("a", at(1), **who),
        detach("b", at(2), **who),
        detach("c", at(3)),
        settings=Settings(break_glass=(pattern,)),
    )
    assert [j.finding.rule for j in found] == ["TFR640"] * 3 + ["TFR644"]
    assert ["break-glass" in j.finding.message for j in found[:3]] == [True, True, False]
    assert "made 2 protected calls (DetachUserPolicy 2 times)" in found[3].finding.message
    assert found[3].finding.address.endswith("assumed-role/break-glass/bob")


@pytest.mark.parametrize("pattern", ["break", "arn:aws:iam::*:role/break", "arn:aws:iam::*:user/*glass"])
def test_others_are_not_break_glass(pattern: str) -> None:
    found = judge(detach(userIdentity=session("break-glass", "bob")), settings=Settings(break_glass=(pattern,)))
    assert [j.finding.rule for j in found] == ["TFR640"]


# -- sign-ins


def sign_in(kind: str, used: str | None, answer: str = "Success") -> dict[str, Any]:
    return record(
        "ConsoleLogin",
        eventSource="signin.amazonaws.com",
        userIdentity={"type": kind, "arn": f"arn:aws:iam::{ACCOUNT}:user/a", "userName": "a", "accountId": ACCOUNT},
        responseElements={"ConsoleLogin": answer},
        additionalEventData=None if used is None else {"MFAUsed": used},
    )


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (sign_in("IAMUser", "No"), [("TFR645", "high", "ConsoleLogin")]),
        (sign_in("Root", "No"), [("TFR645", "critical", "ConsoleLogin")]),
        (sign_in("IAMUser", None), [("TFR645", "medium", "ConsoleLogin")]),
        (sign_in("IAMUser", "Yes"), []),
        (sign_in("AssumedRole", "No"), []),
        (sign_in("IAMUser", "No", "Failure"), []),
    ],
)
def test_sign_ins(made: dict[str, Any], wanted: list[tuple[str, str, str]]) -> None:
    found = judge(made)
    assert told(found) == wanted
    assert all((j.finding.certainty is Certainty.POSSIBLE) == (str(j.finding.severity) == "medium") for j in found)


# -- what was put back, and gaps


def test_what_was_put_back_is_said() -> None:
    attach = {"requestParameters": {"userName": "Alice", "policyArn": GUARD}, "userIdentity": user("bob")}
    found = judge(
        record("AttachUserPolicy", at(0), **attach),
        detach("alice", at(10)),
        record("AttachUserPolicy", at(30), **attach),
        detach("carol", at(11)),
    )
    remarks = {j.events[0].target.name: j.remarks for j in found if j.finding.rule == "TFR640"}
    assert remarks == {"alice": ("put back 2026-11-20 09:30:00Z by user bob",), "carol": ()}


@pytest.mark.parametrize(
    "attach",
    [
        {"requestParameters": {"userName": "alice", "policyArn": GUARD}, "errorCode": "AccessDenied"},
        {"requestParameters": {"userName": "alice", "policyArn": GUARD + "2"}},
        {"requestParameters": {"userName": "alice2", "policyArn": GUARD}},
        {"requestParameters": {"userName": "alice", "policyArn": GUARD}, "recipientAccountId": "210987654321"},
        {"requestParameters": OMITTED},
    ],
)
def test_what_puts_nothing_back(attach: dict[str, Any]) -> None:
    found = judge(detach("alice", at(10)), record("AttachUserPolicy", at(30), **attach))
    assert [j.remarks for j in found if j.finding.rule == "TFR640"] == [()]


def test_every_restoring_call_is_asked_for() -> None:
    for name in RESTORES:
        read = {n for names in asked_for([name]).values() for n in names}
        assert read >= {name, *RESTORES[name]}


def stop(minute: int, trail: str = "main", name: str = "StopLogging") -> dict[str, Any]:
    return record(name, at(minute), eventSource=TRAIL, requestParameters={"name": trail})


def gaps(*records: dict[str, Any]) -> list[tuple[str, str]]:
    found = [j for j in judge(*records) if j.finding.rule == "TFR646"]
    return [(str(j.finding.severity), j.remarks[0]) for j in found]


def test_a_gap_has_an_end_and_what_happened_in_it() -> None:
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
    records = [stop(0), detach(time=at(5)), stop(35, arn, "StartLogging"), detach("b", at(40))]
    assert gaps(*records) == [("high", "no record for 35 min, until 2026-11-20 09:35:00Z")]
    [found] = [j for j in judge(*records) if j.finding.rule == "TFR646"]
    assert "1 protected call in that time" in found.finding.message
    assert found.finding.address == f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"


def test_a_gap_that_lasts_is_critical() -> None:
    [(severity, remark)] = gaps(stop(0), stop(35, "other", "StartLogging"))
    assert severity == "critical"
    assert "nothing that was read says" in remark


def test_stopped_twice_is_one_gap_and_again_is_another() -> None:
    records = [stop(0), stop(5), stop(10, name="StartLogging"), stop(20), stop(21, name="StartLogging")]
    assert [r for _, r in gaps(*records)] == [
        "no record for 10 min, until 2026-11-20 09:10:00Z",
        "no record for 1 min, until 2026-11-20 09:21:00Z",
    ]


def test_a_deleted_trail_that_is_made_again() -> None:
    assert gaps(stop(0, name="DeleteTrail"), stop(90 - 60, name="CreateTrail")) == [
        ("high", "no record for 30 min, until 2026-11-20 09:30:00Z")
    ]


def test_an_attempt_makes_no_gap() -> None:
    assert gaps({**stop(0), "errorCode": "AccessDenied"}) == []


# -- what is chosen


def test_what_is_asked_for_is_told_and_nothing_else() -> None:
    records = [
        detach("alice", at(1)),
        detach("carol", at(2), userIdentity=user("alice"), userAgent=TERRAFORM),
        detach("dave", at(3), userIdentity=user("eve"), userAgent=CLI, recipientAccountId="210987654321"),
        record("CreateAccessKey", at(4), requestParameters={"userName": "alice"}),
        record("RemoveUserFromGroup", at(5), requestParameters={"userName": "x", "groupName": "alice"}),
        detach("alice", "2026-10-01T00:00:00Z"),
        detach("alice", None, eventID="no time"),  # type: ignore[arg-type]
    ]

    def names(**selection: Any) -> list[str]:
        return sorted(f"{j.events[0].name[:6]} {j.events[0].target.name}" for j in judge(*records, **selection))

    assert len(names()) == 7
    assert names(users=frozenset({"carol"})) == ["Detach carol"]
    assert names(users=frozenset({"alice"})).count("Detach alice") == 3
    assert "Detach carol" in names(users=frozenset({"alice"}))
    assert "Remove x" in names(users=frozenset({"alice"}))
    assert "Detach carol" not in names(terraform=False)
    padded = record("PutUserPolicy", at(6), requestParameters=OMITTED)
    refused = record("PutUserPolicy", at(6), errorCode="AccessDenied")
    assert len(judge(padded, refused, users=frozenset({"alice"}))) == 1  # it may be about alice
    assert names(accounts=frozenset({"210987654321"})) == ["Detach dave"]
    placeless = detach("frank", at(7), recipientAccountId=None, awsRegion=None, userIdentity=None)
    assert len(judge(placeless, accounts=frozenset({"210987654321"}), regions=frozenset({"eu-west-1"}))) == 1
    assert names(names=chosen("detach")) == [n for n in names() if not n.startswith("Create")]
    window = Window(moment("2026-11-20T09:02:00Z", "", NOW), moment("2026-11-20T09:04:00Z", "", NOW))
    assert names(window=window) == ["Detach alice", "Detach carol", "Detach dave"]  # what has no time is never left out


def test_severities_and_rules_of_the_configuration() -> None:
    settings = Settings(severities={"TFR640": Severity.CRITICAL}, disabled=frozenset({"TFR642"}))
    found = judge(detach(), detach(errorCode="AccessDenied"), settings=settings)
    assert told(found) == [("TFR640", "critical", "DetachUserPolicy")]
    assert judge(detach(), settings=Settings(disabled=frozenset({"events"}))) == []


def test_deleted_log_files_of_one_caller_are_one_finding() -> None:
    def deleted(n: int, who: str) -> dict[str, Any]:
        parameters = {"bucketName": "logs", "key": f"AWSLogs/1/CloudTrail/{n}.json.gz"}
        return record(
            "DeleteObject",
            at(n),
            eventSource="s3.amazonaws.com",
            requestParameters=parameters,
            userIdentity=user(who),
            eventID=f"{n}",
        )

    found = judge(*(deleted(n, "eve" if n % 2 else "mallory") for n in range(10)))
    assert [len(j.events) for j in found] == [5, 5]


# -- the catalog


def test_every_protected_call_is_known_by_its_name() -> None:
    assert {"DetachUserPolicy", "StopLogging", "ConsoleLogin"} <= event_names()
    assert event_names() >= DETACHING
    assert set(RESTORES) <= event_names()
    for group in groups():
        assert chosen(group)
    assert chosen("all", ["StopLogging"]) == {"StopLogging"}


def test_a_name_of_another_service_is_not_protected() -> None:
    assert protected("iam.amazonaws.com", "DeletePolicy") is not None
    assert protected("iot.amazonaws.com", "DeletePolicy") is None
    assert protected("", "DeletePolicy") is not None


# -- times


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("24h", "2026-11-23T00:00:00"),
        ("7d", "2026-11-17T00:00:00"),
        ("2w", "2026-11-10T00:00:00"),
        ("90m", "2026-11-23T22:30:00"),
        ("2026-11-01", "2026-11-01T00:00:00"),
        ("2026-11-01T10:00:00+02:00", "2026-11-01T08:00:00"),
        ("2026-11-01T10:00:00z", "2026-11-01T10:00:00"),
    ],
)
def test_points_in_time(text: str, wanted: str) -> None:
    assert moment(text, "--since", NOW).strftime("%Y-%m-%dT%H:%M:%S") == wanted


@pytest.mark.parametrize("text", ["", "soon", "7", "7x", "2026-13-01"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(UserError, match="--since"):
        moment(text, "--since", NOW)


def test_a_window_ends_after_it_begins() -> None:
    assert str(window("2d", "1d", NOW)) == "from 2026-11-22 00:00Z until 2026-11-23 00:00Z"
    assert window(None, None, NOW, 7).since == moment("7d", "", NOW)
    assert window(None, "2026-11-10", NOW, 7).since == moment("2026-11-03", "", NOW)
    with pytest.raises(UserError, match="not before"):
        window("1d", "2d", NOW)
