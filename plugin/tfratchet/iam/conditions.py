"""Condition operators: IAM user guide, "IAM JSON policy elements: Condition operators".

Every operator answers True, False or None (not known). A request says of each key which values it has, that it is not
in the request (None), or that nothing is known of it (``ANY``).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from tfratchet.iam.engine.patterns import (
    AnyValue,
    Lookup,
    Pattern,
    all_of,
    alternatives,
    any_of,
    negate,
)
from tfratchet.iam.engine.strings import NOBODY, Kleene, encode, equals, fold, has_holes, match, own_account
from tfratchet.iam.statements import Condition
from tfratchet.values import Unknown

NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnLike",
    "ArnNotLike": "ArnLike",
}
"""Operators that match when the other does not, and when the key is not in the request."""

Test = Callable[[str, str], Kleene]
"""(value of the policy, value of the request), both encoded."""


class CompiledCondition:
    """One condition, ready to be asked."""

    __slots__ = ("_choices", "_if_exists", "_negated", "_null", "_qualifier", "_test", "_values", "condition", "key")

    def __init__(self, condition: Condition, *, variables: bool) -> None:
        self.condition = condition
        self.key: str | None = None
        """Lower case; None when the key is not known."""
        if isinstance(condition.operator, Unknown) or isinstance(condition.key, Unknown):
            return
        operator = condition.operator
        self.key = condition.key
        self._negated = operator in NEGATED
        self._null = operator == "Null"
        self._test = _TESTS[NEGATED.get(operator, operator)] if not self._null else equals
        self._if_exists = condition.if_exists
        self._qualifier = condition.qualifier
        self._values: list[Pattern] = []
        self._choices: list[Pattern] = []
        # Variables stand in strings and ARNs; elsewhere "${" cannot be part of a value.
        for leaf in condition.values:
            possible = alternatives(leaf)
            for each in [leaf] if possible is None else possible:
                (self._values if possible is None else self._choices).append(Pattern(each, variables=variables))

    @property
    def variables(self) -> tuple[str, ...]:
        """Keys of the policy variables in the values."""
        if self.key is None:
            return ()
        return tuple(v for p in (*self._values, *self._choices) for v in p.variables)

    def texts(self, lookup: Lookup) -> list[str]:
        """The encoded values with the policy variables of a request put in."""
        return [] if self.key is None or self._null else [p.text(lookup) for p in (*self._values, *self._choices)]

    def holds(self, lookup: Lookup) -> Kleene:
        """Whether the condition is met by a request."""
        if self.key is None:
            return None
        found = lookup(self.key)
        if self._null:
            return self._is_null(found, lookup)
        if isinstance(found, AnyValue):
            return None
        if not found:
            if self._if_exists:
                return True
            if self._qualifier:
                return self._qualifier == "ForAllValues"
            return self._negated
        texts = [p.text(lookup) for p in self._values]
        maybe = [p.text(lookup) for p in self._choices]
        if self._qualifier:
            each = [self._value_matches(value, texts, maybe) for value in found]
            return all_of(each) if self._qualifier == "ForAllValues" else any_of(each)
        if self._negated:
            # NOR: none of the values of the request equals any value of the policy
            return all_of(self._value_matches(value, texts, maybe) for value in found)
        return any_of([self._value_matches(value, texts, maybe) for value in found])

    def _value_matches(self, value: str, texts: list[str], maybe: list[str]) -> Kleene:
        answers: list[Kleene] = [self._ask(text, value) for text in texts]
        answers += [None for text in maybe if self._ask(text, value) is not False]
        answer = any_of(answers)
        return negate(answer) if self._negated else answer

    def _ask(self, text: str, value: str) -> Kleene:
        return False if NOBODY in text else self._test(text, value)

    def _is_null(self, found: tuple[str, ...] | AnyValue | None, lookup: Lookup) -> Kleene:
        answers: list[Kleene] = []
        for pattern in (*self._values, *self._choices):
            wanted = equals(pattern.text(lookup).lower(), "true")
            if isinstance(found, AnyValue) or wanted is None or pattern in self._choices:
                answers.append(None)
            else:
                answers.append(wanted == (not found))
        return any_of(answers)


def _string_like(pattern: str, value: str) -> Kleene:
    return match(pattern, value)


def _ignore_case(left: str, right: str) -> Kleene:
    return equals(left.lower(), right.lower())


def _boolean(wanted: str, value: str) -> Kleene:
    return equals(wanted.lower(), value.lower())


def arn_like(pattern: str, value: str) -> Kleene:
    """Each of the six parts of an ARN is compared by itself, so ``*`` does not reach over a colon between them."""
    if own_account(pattern, value):
        pattern, value = fold(pattern, value)
    wanted, found = pattern.split(":", 5), value.split(":", 5)
    if len(wanted) == 6 and len(found) == 6 and wanted[0] == found[0] == "arn":
        return all_of(match(p, v) for p, v in zip(wanted, found, strict=True))
    if has_holes(pattern) or has_holes(value) or not pattern.startswith("arn:"):
        return match(pattern, value)
    return False


@lru_cache(maxsize=10_000)
def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _numeric(compare: Callable[[Decimal, Decimal], bool], *, same: bool) -> Test:
    def test(wanted: str, value: str) -> Kleene:
        if has_holes(wanted) or has_holes(value):
            return same if wanted == value else None
        left, right = _number(value), _number(wanted)
        return left is not None and right is not None and compare(left, right)

    return test


_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.IGNORECASE,
)


@lru_cache(maxsize=10_000)
def parse_date(text: str) -> Decimal | None:
    """Seconds since 1970 of a W3C date (``2026-11-24T00:00:00Z`` and its shorter forms) or of a number of seconds."""
    text = text.strip()
    found = _DATE.fullmatch(text)
    if found is None or (text.isdigit() and len(text) != 4):
        return _number(text)
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        moment = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0),
            tzinfo=timezone.utc,
        )  # fmt: skip
    except ValueError:
        return None
    if zone and zone.upper() != "Z":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        moment = moment - offset if zone[0] == "+" else moment + offset
    return Decimal(int(moment.timestamp())) + (Decimal(f"0.{fraction}") if fraction else 0)


def _date(compare: Callable[[Decimal, Decimal], bool], *, same: bool) -> Test:
    def test(wanted: str, value: str) -> Kleene:
        if has_holes(wanted) or has_holes(value):
            return same if wanted == value else None
        left, right = parse_date(value), parse_date(wanted)
        return left is not None and right is not None and compare(left, right)

    return test


@lru_cache(maxsize=10_000)
def _network(text: str) -> tuple[int, int, int] | None:
    """(version, first address, last address) of an address or a network."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return network.version, int(network.network_address), int(network.broadcast_address)


def _ip_address(wanted: str, value: str) -> Kleene:
    if has_holes(wanted) or has_holes(value):
        return True if wanted == value else None
    outer, inner = _network(wanted), _network(value)
    if outer is None or inner is None:
        return False
    return outer[0] == inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2]


_TESTS: dict[str, Test] = {
    "StringEquals": equals,
    "StringEqualsIgnoreCase": _ignore_case,
    "StringLike": _string_like,
    "BinaryEquals": equals,
    "Bool": _boolean,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "IpAddress": _ip_address,
}
for _prefix, _make in (("Numeric", _numeric), ("Date", _date)):
    _TESTS[f"{_prefix}Equals"] = _make(lambda a, b: a == b, same=True)
    _TESTS[f"{_prefix}LessThan"] = _make(lambda a, b: a < b, same=False)
    _TESTS[f"{_prefix}LessThanEquals"] = _make(lambda a, b: a <= b, same=True)
    _TESTS[f"{_prefix}GreaterThan"] = _make(lambda a, b: a > b, same=False)
    _TESTS[f"{_prefix}GreaterThanEquals"] = _make(lambda a, b: a >= b, same=True)


def holds(condition: Condition, context: dict[str, list[str]], *, variables: bool = True) -> Kleene:
    """Whether ``condition`` is met by a request with exactly these keys. For tests and single questions."""
    encoded = {k.lower(): tuple(encode(v) for v in values) for k, values in context.items()}
    return CompiledCondition(condition, variables=variables).holds(encoded.get)
