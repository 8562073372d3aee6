"""Passwords, MFA and access keys of the users: the credential report, and direct calls where it does not do.

AWS hands out one report for four hours. So whom it shows in a bad light is asked again by calls of their own, and so is
who is not in it yet; key ids are not in it at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from tfratchet.account.collect.reader import Reader, utc
from tfratchet.account.collect.report import ROOT, Report, ReportError, Row, parse_report
from tfratchet.account.collect.users import People
from tfratchet.account.facts import AccessKey, LiveUser
from tfratchet.account.limits import Limits
from tfratchet.account.session import error_code
from tfratchet.errors import UserError

PART = "credentials"
_WAIT = 300
"""Seconds that AWS gets to make the report; large accounts take a minute."""
_PAUSE = 0.5
"""Seconds before the first look; then longer and longer ones."""
_FRESH = timedelta(minutes=2)
"""A report younger than this needs no second look."""
_GONE = ("NoSuchEntity",)
_NOT_YET = frozenset(["ReportInProgress", "ReportNotPresent", "ReportExpired", "CredentialReportNotReadyException"])


def read_report(reader: Reader, pause: Callable[[float], bool] | None = None) -> Report | None:
    """The report, made now if there is none of the last four hours. None: AWS refuses it, or the run has ended.

    ``pause``: waits, and says whether to go on (default: the reader's). Raises UserError when the report is not ready
    in five minutes, or not what AWS documents.
    """
    iam = reader.client("iam")
    wait, waited = _PAUSE, 0.0
    pause = pause or reader.pause
    while True:
        answer: dict[str, Any] = reader.ask(PART, "iam:GenerateCredentialReport", iam.generate_credential_report, {})
        if not answer:
            return None
        if answer.get("State") == "COMPLETE":
            content = _fetched(reader)
            if content is None:
                return None
            if content:
                try:
                    return Report(parse_report(content["Content"]), utc(content.get("GeneratedTime")))
                except (ReportError, UnicodeDecodeError) as error:
                    raise UserError(str(error), where="reading credentials") from error
        if waited >= _WAIT:
            raise UserError("AWS has not made the credential report in five minutes", hint="run it again later")
        if not pause(wait):
            return None
        waited += wait
        wait = min(wait * 1.5, 5)


def _fetched(reader: Reader) -> dict[str, Any] | None:
    """The answer of GetCredentialReport; empty: not there (yet); None: refused."""
    iam = reader.client("iam")

    def fetch() -> dict[str, Any]:
        try:
            return dict(iam.get_credential_report())
        except ClientError as error:
            if error_code(error) in _NOT_YET:
                return {}
            raise

    return reader.ask(PART, "iam:GetCredentialReport", fetch, None)


def with_credentials(
    reader: Reader, people: People, report: Report, limits: Limits, now: datetime, *, every_user: bool = False
) -> People:
    """``people`` with what the report and the calls behind it (for ``every_user``, if wanted) say of their credentials.

    Users are those of ``people``; when these could not be read, those of the report.
    """
    users = people.users
    if not users and any(gap.part == "users" for gap in reader.unread):
        users = {row.user: LiveUser(row.user, row.arn) for row in report.rows.values() if row.user != ROOT}
    found = {name: _reported(user, report.rows.get(name)) for name, user in users.items()}
    fresh = report.made is not None and now - report.made < _FRESH
    asked = [u for u in found.values() if every_user or u.name not in report.rows or _suspicious(u, limits, now)]
    if reader.progress is not None:
        reader.progress.say("looking at users", len(asked))

    def ask(user: LiveUser) -> LiveUser:
        unknown = every_user or user.name not in report.rows
        return _asked(reader, user, passwords=unknown or (not fresh and user.console), keys=unknown or bool(user.keys))

    found.update(zip((u.name for u in asked), reader.each(asked, ask), strict=True))
    return replace(people, users=dict(sorted(found.items())))


def _reported(user: LiveUser, row: Row | None) -> LiveUser:
    if row is None:
        return user
    return replace(
        user,
        created=user.created or row.created,
        console=row.console,
        password_last_used=row.password_last_used,
        password_last_changed=row.password_last_changed,
        mfa=row.mfa,
        keys=row.keys,
    )


def _suspicious(user: LiveUser, limits: Limits, now: datetime) -> bool:
    """Whether a rule may find something in these credentials: then they are asked for by calls of their own."""
    if user.console and (not user.mfa or _long_ago(user.password_last_used or user.created, limits.unused_days, now)):
        return True
    if len(user.keys) > 1:
        return True
    return any(
        not key.active
        or _long_ago(key.created, limits.key_days, now)
        or _long_ago(key.last_used or key.created, limits.unused_days if key.last_used else limits.grace_days, now)
        for key in user.keys
    )


def _long_ago(when: datetime | None, days: int, now: datetime) -> bool:
    return when is None or now - when >= timedelta(days=days)


def _asked(reader: Reader, user: LiveUser, *, passwords: bool, keys: bool) -> LiveUser:
    """The user by calls of their own: ``passwords`` (and MFA), ``keys`` with their ids. What AWS refuses stays as the
    report has it; who is gone meanwhile has neither.
    """
    iam = reader.client("iam")
    name = user.name
    if passwords:
        console = reader.ask(PART, "iam:GetLoginProfile", lambda: _has_password(iam, name), None)
        user = user if console is None else replace(user, console=console)
        if user.console:
            devices = reader.ask(
                PART,
                "iam:ListMFADevices",
                lambda: reader.pages(iam, "list_mfa_devices", "MFADevices", UserName=name),
                None,
                absent=_GONE,
            )
            user = user if devices is None else replace(user, mfa=bool(devices))
    if keys:
        listed: list[Any] | None = reader.ask(
            PART,
            "iam:ListAccessKeys",
            lambda: reader.pages(iam, "list_access_keys", "AccessKeyMetadata", UserName=name),
            None,
            absent=_GONE,
        )
        if listed is not None:
            user = replace(user, keys=tuple(_key(reader, entry) for entry in listed))
    return user


def _key(reader: Reader, entry: Mapping[str, Any]) -> AccessKey:
    iam = reader.client("iam")
    key = entry["AccessKeyId"]
    used: dict[str, Any] = reader.ask(
        PART,
        "iam:GetAccessKeyLastUsed",
        lambda: iam.get_access_key_last_used(AccessKeyId=key),
        {},
        absent=_GONE,
    )
    last = used.get("AccessKeyLastUsed", {}).get("LastUsedDate")
    return AccessKey(key, entry["Status"] == "Active", utc(entry.get("CreateDate")), utc(last))


def _has_password(iam: Any, user: str) -> bool:
    try:
        iam.get_login_profile(UserName=user)
    except ClientError as error:
        if error_code(error) in _GONE:
            return False
        raise
    return True
