"""The credential report: one line of CSV a user, in AWS's own words (IAM user guide, "Credential reports")."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from tfratchet.account.facts import AccessKey

ROOT = "<root_account>"
_NOTHING = frozenset(["", "N/A", "no_information", "not_supported"])


class ReportError(ValueError):
    """The report has not the columns or values that AWS documents."""


@dataclass(frozen=True, slots=True)
class Row:
    """One user of the report."""

    user: str
    arn: str
    created: datetime | None
    console: bool
    password_last_used: datetime | None
    password_last_changed: datetime | None
    mfa: bool
    keys: tuple[AccessKey, ...]
    """Without ids: the report has none."""


@dataclass(frozen=True, slots=True)
class Report:
    """The report, read. ``made``: when AWS made it."""

    rows: Mapping[str, Row] = field(default_factory=dict)
    """By user; root under ``<root_account>``."""
    made: datetime | None = None


def parse_report(content: bytes | str) -> dict[str, Row]:
    """The rows of a report by user. Raises ReportError, naming the line, for what AWS does not document."""
    text = content.decode("utf-8") if isinstance(content, bytes) else content
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows: dict[str, Row] = {}
    try:
        for entry in reader:
            row = _row(entry)
            rows[row.user] = row
    except (csv.Error, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ReportError(f"line {reader.line_num} of the credential report: {error}") from error
    return rows


def moment(text: str) -> datetime | None:
    """A time of the report, aware; None for the words that mean there is none. Raises ValueError for anything else."""
    if text in _NOTHING:
        return None
    found = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    return found if found.tzinfo is not None else found.replace(tzinfo=timezone.utc)


def _flag(text: str) -> bool:
    """``true`` or ``false``; root's ``not_supported`` counts as false. Raises ValueError for anything else."""
    word = text.lower()
    if word == "true":
        return True
    if word == "false" or text in _NOTHING:
        return False
    raise ValueError(f"'{text}' is neither true nor false")


def _row(entry: Mapping[str, str]) -> Row:
    keys = []
    for slot in ("access_key_1", "access_key_2"):
        active = _flag(entry[f"{slot}_active"])
        created = moment(entry[f"{slot}_last_rotated"])
        if active or created is not None:
            keys.append(AccessKey("", active, created, moment(entry[f"{slot}_last_used_date"])))
    return Row(
        user=entry["user"],
        arn=entry["arn"],
        created=moment(entry["user_creation_time"]),
        console=_flag(entry["password_enabled"]),
        password_last_used=moment(entry["password_last_used"]),
        password_last_changed=moment(entry["password_last_changed"]),
        mfa=_flag(entry["mfa_active"]),
        keys=tuple(keys),
    )
