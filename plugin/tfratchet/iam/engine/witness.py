"""Which questions tell two sets of policies apart: resources, environments and principals made from the statements.

A guard is worth what it stops, so each statement is asked about a request that it is made for: a resource that its
pattern matches, values that its conditions hold for, and values that each of its conditions fails for.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tfratchet.iam.conditions import CompiledCondition, parse_date
from tfratchet.iam.engine.compiled import CompiledStatement
from tfratchet.iam.engine.patterns import Lookup
from tfratchet.iam.engine.request import PRINCIPAL_KEYS, Principal
from tfratchet.iam.engine.strings import (
    ACCOUNT,
    LITERAL_QUESTION,
    LITERAL_STAR,
    Kleene,
    encode,
    expression,
    glob,
    has_holes,
    match,
    meet,
)

MFA_KEYS = frozenset(("aws:multifactorauthpresent", "aws:multifactorauthage"))
OTHER = "tfratchet-other"
_A = ACCOUNT
_NAME = "tfratchet-probe"
_MAX_RESOURCES = 50
_MAX_ENVIRONMENTS = 100

Environment = Mapping[str, tuple[str, ...]]
"""Encoded values by lower-case key; a key that is not there is not in the request."""

ALWAYS: dict[str, tuple[str, ...]] = {
    "aws:viaawsservice": ("false",),
    "aws:securetransport": ("true",),
    "aws:sourceip": ("198.51.100.1",),
    "aws:requestedregion": ("us-east-1",),
    "aws:useragent": (OTHER,),
    "aws:currenttime": ("2026-01-01T00:00:00Z",),
    "aws:epochtime": ("1767225600",),
}
"""Keys that every direct request carries (user guide, "AWS global condition context keys"), with a usual value."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource: one that no policy names, and the pattern of all of them."""

    generic: str
    pattern: str


def _arn(service: str, rest: str, *, region: bool = True, account: bool = True) -> Kind:
    where = f"arn:aws:{service}:{'us-east-1' if region else ''}:{_A if account else ''}:"
    anywhere = f"arn:*:{service}:{'*' if region else ''}:{'*' if account else ''}:"
    return Kind(where + rest.replace("*", _NAME), anywhere + rest)


KINDS: dict[str, Kind] = {
    **{k: _arn("iam", f"{k}/*", region=False) for k in ("user", "group", "role", "policy", "mfa")},
    "account": Kind("*", "*"),
    "trail": _arn("cloudtrail", "trail/*"),
    "event-data-store": _arn("cloudtrail", "eventdatastore/*"),
    "log-bucket": _arn("s3", "*", region=False, account=False),
    "log-object": _arn("s3", "*/*", region=False, account=False),
    "key": _arn("kms", "key/*"),
    "log-group": _arn("logs", "log-group:*:*"),
    "alarm": _arn("cloudwatch", "alarm:*"),
    "rule": _arn("events", "rule/*"),
    "topic": _arn("sns", "*"),
    "organization": Kind(f"arn:aws:organizations::{_A}:account/o-{_NAME}/1", "arn:*:organizations::*:*"),
    "permission-set": _arn("sso", "permissionSet/*/*", region=False, account=False),
    "config": _arn("config", "*"),
    "any": Kind("arn:aws:tfratchet:::probe", "*"),
}
"""By ``ProtectedAction.resource``."""

_SERVICES = {
    "aws_iam_": "iam",
    "aws_s3_": "s3",
    "aws_cloudtrail": "cloudtrail",
    "aws_kms_": "kms",
    "aws_cloudwatch_log": "logs",
    "aws_cloudwatch_event": "events",
    "aws_cloudwatch_metric": "cloudwatch",
    "aws_sns_": "sns",
    "aws_organizations": "organizations",
    "aws_config_": "config",
}
_TYPE = re.compile(r"\u27e6(?:module\.[^\u27e7]*\.)?(?:data\.)?(aws_[a-z0-9_]+)\.")


def _service_of(character: str) -> str | None:
    """The service of the resource that a hole refers to, where its expression tells."""
    found = _TYPE.search(expression(character))
    if found is None:
        return None
    return next((s for prefix, s in _SERVICES.items() if found[1].startswith(prefix)), "")


def resources(
    kind: str,
    changed: Sequence[CompiledStatement],
    others: Sequence[CompiledStatement],
    principal: Principal,
) -> list[tuple[str, bool]]:
    """(encoded resource, whether it is the principal's own) to ask about for actions on resources of one kind: one
    without a name, and one for each way in which the statements tell resources apart.
    """
    shape, lookup = KINDS[kind], principal.key
    own: list[str] = []
    if principal.type == "User" and any(v.startswith(PRINCIPAL_KEYS) for s in (*changed, *others) for v in s.variables):
        own = {"user": [principal.arn], "mfa": [f"arn:aws:iam::{principal.account}:mfa/{principal.name}"]}.get(kind, [])
    found = [shape.generic, *own]
    plain = frozenset(found)
    if kind != "account":
        texts: dict[str, None] = {}
        for statement in (*changed, *others):
            for patterns in (statement.resources, statement.not_resources):
                texts.update(dict.fromkeys(patterns.texts(lookup) if patterns is not None else ()))
        found += [w for w in (_resource(t, shape) for t in texts) if w is not None]
    told: dict[tuple[Kleene, ...], str] = {}
    for resource in found:
        told.setdefault(tuple(s.matches_resource(resource, lookup) for s in (*changed, *others)), resource)
    # Where the changed statements disagree, the change shows: these come first.
    ranked = sorted(told.items(), key=lambda item: (item[1] not in plain, len({*item[0][: len(changed)]}) < 2))
    return [(resource, resource in own) for _, resource in ranked[:_MAX_RESOURCES]]


def _resource(pattern: str, shape: Kind) -> str | None:
    """A resource of this kind that the pattern matches, unless the nameless one does."""
    if match(pattern, shape.generic):
        return None
    instance = _instance(pattern)
    if instance and has_holes(instance[0]) and not instance.startswith(ACCOUNT):
        service = _service_of(instance[0])
        wanted = shape.pattern.split(":")[2] if ":" in shape.pattern else ""
        if wanted and service not in (None, wanted):
            return None
        return instance if wanted != "s3" or ("/" in instance) == ("/" in shape.pattern) else None
    if glob(shape.pattern, instance) and (shape is not KINDS["log-bucket"] or "/" not in instance):
        return instance
    return meet(pattern, shape.pattern) if shape is not KINDS["log-bucket"] else None


def principals(statements: Iterable[CompiledStatement]) -> list[Principal]:
    """Principals that conditions or ``Principal`` elements of these statements tell from others."""
    found: dict[str, Principal] = {}
    nobody = Principal.user(OTHER)
    for statement in statements:
        named = (*(statement.statement.principals or ()), *(statement.statement.not_principals or ()))
        each = [_named(kind, encode(leaf)) for kind, leaf in named]
        for condition in statement.conditions:
            texts = list(condition.texts(nobody.key))
            if str(condition.condition.operator) == "Bool":
                texts = ["true", "false"]  # a Deny of those who have not got the tag spares those who have
            each += [_told(condition.key or "", _instance(text)) for text in texts]
        for principal in each:
            if principal is not None:
                found.setdefault(f"{principal.type} {principal.arn} {principal.identity} {principal.tags}", principal)
    return list(found.values())


def _told(key: str, value: str) -> Principal | None:
    root = f"arn:aws:iam::{ACCOUNT}:root" if (key, value) == ("aws:principaltype", "Account") else value
    if root.endswith(":root"):
        return Principal("Account", root, root.split(":")[4] if root.count(":") == 5 else ACCOUNT)
    if key == "aws:principalarn":
        return of_arn(value)
    if key == "aws:username":
        return Principal("User", f"arn:aws:iam::{ACCOUNT}:user/{value}", name=value)
    if key.startswith("aws:principaltag/"):
        user = f"arn:aws:iam::{ACCOUNT}:user/{OTHER}"
        return Principal("User", user, name=OTHER, tags={key.partition("/")[2]: value})
    if key == "aws:principaltype" and value == "AssumedRole":
        return Principal.of_role(OTHER)
    return None


def _named(kind: str, text: str) -> Principal | None:
    if kind == "Service":
        return Principal("Service", "", account="", identity=text)
    if kind == "Federated":
        return Principal("FederatedUser", "", identity=text)
    if kind != "AWS":
        return None
    return Principal.user(OTHER, account="000000000000") if text == "*" else of_arn(text)


def of_arn(arn: str) -> Principal | None:
    """The principal with this (encoded) ARN; of an account's root, a user in that account."""
    if len(arn) == 1 and has_holes(arn):
        if "aws_iam_role." in expression(arn):
            return Principal("AssumedRole", f"session of {arn}", role=arn)
        return Principal("User", arn, name=f"name of {arn}")
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return Principal.user(OTHER, account=arn) if arn.isdigit() else None
    account, (kind, _, rest) = parts[4], parts[5].partition("/")
    name = rest.rpartition("/")[2]
    if kind == "root":
        return Principal("User", f"{arn.removesuffix('root')}user/{OTHER}", account, OTHER)
    if kind == "user":
        return Principal("User", arn, account, name)
    if kind == "role":
        session = f"arn:{parts[1]}:sts::{account}:assumed-role/{name}/session"
        return Principal("AssumedRole", session, account, "session", role=arn)
    if kind == "assumed-role":
        role = f"arn:{parts[1]}:iam::{account}:role/{rest.partition('/')[0]}"
        return Principal("AssumedRole", arn, account, name, role=role)
    return None


def _is_environment(condition: CompiledCondition) -> bool:
    key = condition.key
    return key is not None and key not in MFA_KEYS and not key.startswith(PRINCIPAL_KEYS)


def candidates(conditions: Sequence[CompiledCondition], lookup: Lookup) -> list[tuple[str, ...]]:
    """Values of one key that may matter to these conditions; ``()`` stands for: not in the request."""
    found: list[tuple[str, ...]] = []
    several = False
    networks = []
    for compiled in conditions:
        condition = compiled.condition
        several = several or bool(condition.qualifier)
        operator = str(condition.operator)
        if operator == "Bool":
            found += [("true",), ("false",)]
            continue
        for text in compiled.texts(lookup):
            if operator.startswith(("Numeric", "Date")):
                found += _around(text, date=operator.startswith("Date"))
            elif operator in ("IpAddress", "NotIpAddress"):
                networks.append(text)
            else:
                found.append((_instance(text),))
    found += _addresses(networks)
    other = "arn:aws:iam::000000000000:role/tfratchet-other" if any(v[0].startswith("arn:") for v in found) else OTHER
    found.append((other,))
    if several:
        found.append((found[0][0], other))
    key = conditions[0].key or ""
    usual = ALWAYS.get(key)
    return list(dict.fromkeys([usual, *found] if usual is not None else [*found, ()]))


def _instance(pattern: str) -> str:
    """A text that the pattern matches."""
    return pattern.replace("*", "x").replace("?", "x").replace(LITERAL_STAR, "*").replace(LITERAL_QUESTION, "?")


def _around(text: str, *, date: bool) -> list[tuple[str, ...]]:
    number = parse_date(text) if date else None
    if not date:
        try:
            number = Decimal(text)
        except ArithmeticError:
            number = None
    if number is None:
        return [(text,)]
    return [(f"{number - 1}",), (f"{number}",), (f"{number + 1}",)]


_SOMEWHERE = ("198.51.100.1", "203.0.113.1", "192.0.2.1", "8.8.8.8", "10.11.12.13", "2001:db8::1")


def _addresses(networks: list[str]) -> list[tuple[str, ...]]:
    if not networks:
        return []
    found: list[tuple[str, ...]] = []
    known = []
    for text in networks:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            found.append((text,))
            continue
        known.append(network)
        found.append((str(network.network_address),))
    for address in _SOMEWHERE:
        if not any(ipaddress.ip_address(address) in n for n in known):
            found.append((address,))
            break
    return found


def environments(
    changed: Sequence[CompiledStatement], others: Sequence[CompiledStatement], principal: Principal
) -> list[Environment]:
    """The contexts, MFA apart, in which the changed statements may show: first one in which no other statement denies
    if that can be, then for each changed statement one that meets its conditions, and, key by key, one for each way in
    which the changed statements answer.
    """
    by_key: dict[str, list[CompiledCondition]] = {}
    for statement in (*changed, *others):
        for condition in statement.conditions:
            if _is_environment(condition):
                by_key.setdefault(condition.key or "", []).append(condition)
    if not by_key:
        return [ALWAYS]
    lookup = principal.key
    choices = {key: candidates(conditions, lookup) for key, conditions in by_key.items()}
    quiet: dict[str, tuple[str, ...]] = dict(ALWAYS)
    for statement in others:
        _settle(statement, quiet, choices, principal, wanted=statement.effect != "Deny")
    found: list[Environment] = [quiet]
    told = [c for s in changed for c in s.conditions if _is_environment(c)]
    for statement in changed:
        met = dict(quiet)
        _settle(statement, met, choices, principal, wanted=True, free=True)
        found.append(met)
        for key in dict.fromkeys(c.key or "" for c in statement.conditions if _is_environment(c)):
            # One value for each way in which the changed statements answer to this key.
            ways: dict[tuple[Kleene, ...], Environment] = {}
            for value in choices[key]:
                tried = {**met, key: value}
                asked = _lookup(tried, principal)
                ways.setdefault(tuple(c.holds(asked) for c in told if c.key == key), tried)
            found += ways.values()
    unique = {tuple(sorted((k, v) for k, v in e.items() if v)): e for e in found}
    return list(unique.values())[:_MAX_ENVIRONMENTS]


def _lookup(environment: Environment, principal: Principal) -> Lookup:
    def lookup(key: str) -> tuple[str, ...] | None:
        if key in environment:
            return environment[key] or None
        found = principal.key(key) if key.startswith(PRINCIPAL_KEYS) else None
        return found if isinstance(found, tuple) else None

    return lookup


def _settle(
    statement: CompiledStatement,
    environment: dict[str, tuple[str, ...]],
    choices: Mapping[str, Sequence[tuple[str, ...]]],
    principal: Principal,
    *,
    wanted: bool,
    free: bool = False,
) -> None:
    """Choose values so that the conditions of a statement are met, or (``wanted`` False) that one of them is not."""
    asked = [c for c in statement.conditions if _is_environment(c)]
    if not asked:
        return
    lookup = _lookup(environment, principal)
    if not wanted and any(c.holds(lookup) is False for c in asked):
        return
    for condition in asked:
        key = condition.key or ""
        holds = condition.holds(lookup)
        if holds is wanted or (key in environment and key not in ALWAYS and not free):
            continue
        same_key = [c for c in asked if c.key == key] if wanted else [condition]
        for value in choices[key]:
            tried = _lookup({**environment, key: value}, principal)
            if all(c.holds(tried) is wanted for c in same_key):
                environment[key] = value
                lookup = _lookup(environment, principal)
                break
        if not wanted and condition.holds(lookup) is False:
            return
