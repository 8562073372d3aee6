"""The parser of the credential report."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfratchet.account.collect.report import ROOT, ReportError, Row, moment, parse_report
from tfratchet.account.facts import AccessKey

COLUMNS = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
]
# As AWS documents it: root, a user with everything, a user with nothing.
REAL = (
    ",".join(COLUMNS)
    + """
<root_account>,arn:aws:iam::123456789012:root,2019-03-04T05:06:07+00:00,not_supported,2026-01-02T03:04:05+00:00,not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
alice,arn:aws:iam::123456789012:user/team/alice,2020-01-01T00:00:00+00:00,true,2026-11-20T08:00:00Z,2026-10-01T00:00:00+00:00,N/A,true,true,2026-09-01T00:00:00+00:00,2026-11-23T10:00:00+00:00,eu-west-1,s3,false,2024-01-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,false,N/A
robot,arn:aws:iam::123456789012:user/robot,2020-01-01T00:00:00+00:00,false,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
fresh,arn:aws:iam::123456789012:user/fresh,2026-11-24T00:00:00+00:00,true,no_information,2026-11-24T00:00:00+00:00,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
"""
)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[misc, arg-type]


def test_a_report_as_aws_writes_it() -> None:
    rows = parse_report(REAL.encode())
    assert list(rows) == [ROOT, "alice", "robot", "fresh"]
    assert rows["alice"] == Row(
        user="alice",
        arn="arn:aws:iam::123456789012:user/team/alice",
        created=at(2020, 1, 1),
        console=True,
        password_last_used=at(2026, 11, 20, 8),
        password_last_changed=at(2026, 10, 1),
        mfa=True,
        keys=(
            AccessKey("", True, at(2026, 9, 1), at(2026, 11, 23, 10)),
            AccessKey("", False, at(2024, 1, 1), None),
        ),
    )
    assert rows["robot"].keys == ()
    assert not rows["robot"].console
    assert rows["fresh"].password_last_used is None
    assert rows[ROOT].mfa
    assert not rows[ROOT].console


@pytest.mark.parametrize("word", ["N/A", "no_information", "not_supported", ""])
def test_words_that_mean_no_time(word: str) -> None:
    assert moment(word) is None


@pytest.mark.parametrize(
    ("column", "value"),
    [("mfa_active", "perhaps"), ("password_enabled", "TRUEISH"), ("access_key_1_last_rotated", "yesterday")],
)
def test_what_aws_does_not_document_is_an_error(column: str, value: str) -> None:
    row = next(csv.DictReader(io.StringIO(REAL.splitlines()[0] + "\n" + REAL.splitlines()[2])))
    with pytest.raises(ReportError, match="line 2"):
        parse_report(written([{**row, column: value}]))


@pytest.mark.parametrize("text", ["user,arn\nbob,x\n", "\n".join(REAL.splitlines()[:1]) + "\nbob,arn\n"])
def test_a_report_with_columns_missing_is_an_error(text: str) -> None:
    with pytest.raises(ReportError):
        parse_report(text)


def test_an_empty_report_has_no_users() -> None:
    assert parse_report(",".join(COLUMNS) + "\n") == {}


def written(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


NOTHING = st.sampled_from(["N/A", "no_information", "not_supported"])
TIME = st.datetimes(datetime(2012, 1, 1), datetime(2030, 1, 1)).map(
    lambda d: d.replace(microsecond=0, tzinfo=timezone.utc)
)
NAMES = st.text("abcXYZ019+=,.@_-", min_size=1, max_size=64)


@st.composite
def slots(draw: st.DrawFn) -> tuple[dict[str, str], AccessKey | None]:
    """The columns of one key, and the key that they mean."""
    there, active = draw(st.booleans()), draw(st.booleans())
    if not there:
        return {"active": "false", "last_rotated": draw(NOTHING), "last_used_date": draw(NOTHING)}, None
    created, used = draw(TIME), draw(st.none() | TIME)
    columns = {
        "active": str(active).lower(),
        "last_rotated": created.isoformat(),
        "last_used_date": draw(NOTHING) if used is None else used.isoformat(),
    }
    return columns, AccessKey("", active, created, used)


@st.composite
def people(draw: st.DrawFn) -> tuple[dict[str, str], Row]:
    """A line of a report, and what it means."""
    name = draw(NAMES)
    arn = f"arn:aws:iam::123456789012:user/{name}"
    console, mfa = draw(st.booleans()), draw(st.booleans())
    created, used, changed = draw(TIME), draw(st.none() | TIME), draw(st.none() | TIME)
    line = {
        **dict.fromkeys(COLUMNS, "N/A"),
        "user": name,
        "arn": arn,
        "user_creation_time": created.isoformat(),
        "password_enabled": str(console).lower(),
        "password_last_used": draw(NOTHING) if used is None else used.isoformat().replace("+00:00", "Z"),
        "password_last_changed": draw(NOTHING) if changed is None else changed.isoformat(),
        "mfa_active": str(mfa).lower(),
    }
    keys = []
    for number in (1, 2):
        columns, key = draw(slots())
        line |= {f"access_key_{number}_{k}": v for k, v in columns.items()}
        keys += [key] if key else []
    return line, Row(name, arn, created, console, used, changed, mfa, tuple(keys))


@given(st.lists(people(), max_size=5, unique_by=lambda p: p[0]["user"]))
def test_every_report_is_read_back(found: list[tuple[dict[str, str], Row]]) -> None:
    assert parse_report(written([line for line, _ in found])) == {row.user: row for _, row in found}


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_anything_else_is_an_error_or_empty(content: str | bytes) -> None:
    try:
        rows = parse_report(content)
    except (ReportError, UnicodeDecodeError):
        return
    assert rows == {}
