"""From a CloudTrail record to an ``Event``. Takes whatever it is given: odd shapes make empty fields, never an error.

Seen in real logs: a dict where a list is usual and the other way round, numbers and booleans as strings, no
``userIdentity`` at all, ``requestParameters`` as null, as JSON text (Athena), or left out:
``{"omitted": true, "originalSize": 107414, "reason": "requestParameters too large"}``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from tfratchet.account.events.event import Actor, Event
from tfratchet.account.events.targets import partition_of, target_of, target_of_refusal
from tfratchet.account.events.via import via

_STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE)
_ROLE_SESSION = re.compile(r"^arn:[^:]*:sts::\d*:assumed-role/(.+)/([^/]*)$", re.DOTALL)
_TOO_LARGE = re.compile(r"too\s*large|omitted", re.IGNORECASE)
_LONGEST = 4096
"""Characters of a text that are kept: a user agent or a name may be as long as its writer liked."""


def event_of(record: object) -> Event | None:
    """The event in a record of CloudTrail, or None when it is none (no ``eventName``)."""
    fields = _mapping(record)
    name = text(fields.get("eventName"))
    if not name:
        return None
    source = text(fields.get("eventSource"))
    actor = actor_of(fields)
    raw = fields.get("requestParameters")
    parameters = _parameters(raw)
    omitted, size = _omitted(raw, parameters)
    region = text(fields.get("awsRegion"))
    account = text(fields.get("recipientAccountId")) or actor.account
    agent, ip = text(fields.get("userAgent")), text(fields.get("sourceIPAddress") or fields.get("sourceIpAddress"))
    told = text(fields.get("errorMessage"))
    target = target_of(name, source, parameters, account, region, partition_of(region, actor.arn))
    if not target.name and told:
        target = target_of_refusal(target, told)
    return Event(
        name=name,
        source=source,
        time=time_of(fields.get("eventTime")),
        id=text(fields.get("eventID") or fields.get("eventId")),
        region=region,
        account=account,
        actor=actor,
        target=target,
        via=via(agent, ip, actor),
        ip=ip,
        agent=agent,
        error=text(fields.get("errorCode")) or _failed_sign_in(name, fields),
        denied_by="explicit deny" if "explicit deny" in told else "",
        omitted=omitted,
        omitted_size=size,
        parameters=parameters,
        additional=_parameters(fields.get("additionalEventData")),
        response=_parameters(fields.get("responseElements")) if name == "ConsoleLogin" else {},
    )


def actor_of(fields: Mapping[str, Any]) -> Actor:
    """Who made the call."""
    identity = _mapping(fields.get("userIdentity"))
    context = _mapping(identity.get("sessionContext"))
    issuer = _mapping(context.get("sessionIssuer"))
    attributes = _mapping(context.get("attributes"))
    kind, arn = text(identity.get("type")), text(identity.get("arn"))
    name = text(identity.get("userName"))
    session = ""
    role = _ROLE_SESSION.match(arn)
    if role is not None:
        name, session = role[1], role[2]
    elif not name:
        name = text(issuer.get("userName")) or arn.rpartition("/")[2]
        if kind == "AssumedRole":
            session = text(identity.get("principalId")).partition(":")[2]
    mfa = attributes.get("mfaAuthenticated")
    return Actor(
        kind=kind,
        arn=arn,
        name=name,
        session=session,
        issuer=text(issuer.get("arn")),
        account=text(identity.get("accountId")) or text(issuer.get("accountId")),
        mfa=None if mfa is None or text(mfa) == "" else truth(mfa),
        invoked_by=text(identity.get("invokedBy")),
        from_console=truth(fields.get("sessionCredentialFromConsole")),
    )


def time_of(value: object) -> datetime | None:
    """A time in UTC: ISO 8601, or seconds (or milliseconds) since 1970, also as text."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    stamp = text(value).strip()
    match = _STAMP.fullmatch(stamp)
    try:
        if match is not None:
            zone = match[7]
            year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
            moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
            if zone and zone.upper() != "Z":
                digits = zone.replace(":", "")
                offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
                moment = moment - offset if digits[0] == "+" else moment + offset
            return moment
        if re.fullmatch(r"\d{9,13}(\.\d+)?", stamp):
            seconds = float(stamp)
            return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def text(value: object) -> str:
    """A value as text; of a list its first element; of what has no text of its own, none."""
    if isinstance(value, str):
        return value[:_LONGEST]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value) if isinstance(value, float) or abs(value) < 10**18 else ""
    if isinstance(value, (list, tuple)) and value and not isinstance(value[0], (list, tuple)):
        return text(value[0])
    return ""


def truth(value: object) -> bool:
    """``true``, also as text."""
    return text(value).lower() in ("true", "1", "yes")


def _mapping(value: object) -> Mapping[str, Any]:
    """A mapping; of a list its first one; of JSON text what it holds."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, (list, tuple)):
        return next((v for v in value if isinstance(v, Mapping)), {})
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return _mapping(decoded(value))
    return {}


def _parameters(value: object) -> dict[str, object]:
    return {k: v for k, v in _mapping(value).items() if isinstance(k, str)}


def decoded(value: str) -> object:
    """What a JSON text holds, None when it is none."""
    try:
        return json.loads(value, strict=False)  # control characters as they are, too
    except (ValueError, RecursionError):
        return None


def _omitted(raw: object, parameters: Mapping[str, object]) -> tuple[bool, int | None]:
    """Whether the parameters were left out as too large, and how large they were."""
    if parameters:
        gone = truth(parameters.get("omitted")) or (
            len(parameters) <= 3 and _TOO_LARGE.search(text(parameters.get("reason"))) is not None
        )
        size = text(parameters.get("originalSize"))
        return gone, int(size) if gone and size.isdecimal() and size.isascii() else None
    return isinstance(raw, str) and len(raw) < 200 and _TOO_LARGE.search(raw) is not None, None


def _failed_sign_in(name: str, fields: Mapping[str, Any]) -> str:
    """A failed sign-in has no ``errorCode``."""
    if name != "ConsoleLogin":
        return ""
    answer = text(_mapping(fields.get("responseElements")).get("ConsoleLogin"))
    return answer if answer.lower() == "failure" else ""
