"""Policy documents, read: statements with sorted lists, wherever they come from.

The grammar is that of the IAM user guide, "Grammar of the IAM JSON policy language". What AWS would refuse is never
guessed at: a text that is no JSON makes the document ``opaque``, a statement that is malformed becomes a statement of
which nothing is known, and ``problems`` says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from tfratchet.arns import in_its_partition, in_usual_partition
from tfratchet.iam.json_text import HoleKey, JsonError, read_json
from tfratchet.values import (
    REST_KEY,
    Choice,
    JsonText,
    Rest,
    Template,
    Unknown,
    Value,
    canonical,
    number_text,
)

Leaf: TypeAlias = str | Unknown
"""A string of a document; unknown in whole or (``Template``) in part."""

DEFAULT_VERSION = "2008-10-17"
"""What AWS assumes when a document has no ``Version``; policy variables are plain text there."""
VARIABLES_VERSION = "2012-10-17"

_ACCOUNT_ID = re.compile(r"[0-9]{12}")
_OPERATORS = {
    name.lower(): name
    for name in (
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "NotIpAddress",
        "ArnEquals",
        "ArnLike",
        "ArnNotEquals",
        "ArnNotLike",
        "Null",
    )
}
_QUALIFIERS = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}
_STATEMENT_KEYS = frozenset(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator. All conditions of a statement are ANDed."""

    operator: Leaf
    """``StringEquals``, without qualifier and ``IfExists``; an Unknown when nothing is known of the condition."""
    key: Leaf
    """Lower case: ``aws:multifactorauthpresent``."""
    values: tuple[Leaf, ...]
    qualifier: str = ""
    """``ForAllValues``, ``ForAnyValue`` or nothing."""
    if_exists: bool = False

    @property
    def text(self) -> str:
        """The operator as a document writes it: ``ForAnyValue:StringLikeIfExists``."""
        operator = self.operator if isinstance(self.operator, str) else canonical(self.operator)
        prefix = f"{self.qualifier}:" if self.qualifier else ""
        return f"{prefix}{operator}{'IfExists' if self.if_exists else ''}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. An element that is absent is None; lists are sorted and without duplicates."""

    sid: Leaf | None = None
    effect: Leaf = "Allow"
    """``Allow``, ``Deny`` or an Unknown."""
    principals: tuple[tuple[str, Leaf], ...] | None = None
    """(type, id): ``("AWS", "arn:aws:iam::123456789012:root")``, ``("Service", "ec2.amazonaws.com")``."""
    not_principals: tuple[tuple[str, Leaf], ...] | None = None
    actions: tuple[Leaf, ...] | None = None
    not_actions: tuple[Leaf, ...] | None = None
    resources: tuple[Leaf, ...] | None = None
    not_resources: tuple[Leaf, ...] | None = None
    conditions: tuple[Condition, ...] = ()
    index: int = 0
    """Position in the document, from 0."""
    maybe: Unknown | None = None
    """Not None: whether, or how often, the statement is there depends on this value."""

    def leaves(self) -> Iterator[Leaf]:
        """Every string or unknown of the statement that decides what it does."""
        yield self.effect
        for typed in (self.principals, self.not_principals):
            for _, value in typed or ():
                yield value
        for plain in (self.actions, self.not_actions, self.resources, self.not_resources):
            yield from plain or ()
        for condition in self.conditions:
            yield condition.operator
            yield condition.key
            yield from condition.values

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """The unknown values that what the statement does depends on."""
        found = [leaf for leaf in self.leaves() if isinstance(leaf, Unknown)]
        return tuple(dict.fromkeys([self.maybe, *found] if self.maybe is not None else found))


@dataclass(frozen=True, slots=True)
class Document:
    """A policy document."""

    statements: tuple[Statement, ...] = ()
    version: Leaf = DEFAULT_VERSION
    opaque: Unknown | None = None
    """Not None: nothing is known of the document but this expression."""
    choices: tuple[tuple[str, Document, Document], ...] = ()
    """(condition, document if true, document if false) for parts that hang on an unknown condition."""
    problems: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """True when the document says nothing."""
        return not self.statements and self.opaque is None and not self.choices

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """The unknown values in the document."""
        found: list[Unknown] = [] if self.opaque is None else [self.opaque]
        if isinstance(self.version, Unknown):
            found.append(self.version)
        for statement in self.statements:
            found.extend(statement.unknowns)
        for condition, if_true, if_false in self.choices:
            found += [Unknown(condition), *if_true.unknowns, *if_false.unknowns]
        return tuple(dict.fromkeys(found))

    def has_variables(self) -> bool:
        """True when policy variables (``${aws:username}``) are put in."""
        return self.version != DEFAULT_VERSION and any(
            "${" in part for s in self.statements for leaf in s.leaves() for part in texts(leaf)
        )


def parse_document(value: Value) -> Document:
    """The normal form of a policy document.

    ``value`` is a JSON text (``str``), a text with unknown parts (``Template``), ``JsonText``, an object that is
    already decoded, ``Choice`` (both sides are kept), any other Unknown (an opaque document) or None (no document).
    Never raises: see ``problems``.
    """
    if value is None:
        return Document()
    if isinstance(value, Choice):
        branches = (value.condition, parse_document(value.if_true), parse_document(value.if_false))
        return Document(version=VARIABLES_VERSION, choices=(branches,))
    if isinstance(value, JsonText):
        return parse_document(value.value) if not isinstance(value.value, str) else _refuse(value, "not an object")
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, Template):
        return _from_text(value)
    if isinstance(value, Unknown):
        return Document(opaque=value)
    if isinstance(value, Mapping):
        return _from_object(value)
    return _refuse(value, "not an object")


@lru_cache(maxsize=8192)  # base and head share most of their texts, and every rule reads them
def _of_text(text: str) -> Document:
    return _from_text(text)


def _from_text(value: str | Template) -> Document:
    try:
        decoded = read_json(value)
    except JsonError as error:
        return _refuse(value, f"no JSON: {error}")
    if isinstance(decoded, Unknown):
        # One hole and white space around it.
        return parse_document(decoded)
    return _from_object(decoded) if isinstance(decoded, dict) else _refuse(value, "not an object")


def _refuse(value: Value, reason: str) -> Document:
    expr = value if isinstance(value, Unknown) else Unknown(canonical(value))
    return Document(opaque=expr, problems=(f"the policy document is not readable ({reason})",))


def _from_object(value: Mapping[Any, Any]) -> Document:
    problems: list[str] = []
    extra = [k for k in value if k not in ("Version", "Id", "Statement")]
    if extra:
        if not any(isinstance(k, HoleKey) or k == REST_KEY for k in extra):
            problems.append(f"unknown element {extra[0]!r} in the policy document")
        return Document(opaque=Unknown(canonical(dict(value))), problems=tuple(problems))
    version = value.get("Version")
    if version is None:
        version = DEFAULT_VERSION
    elif not isinstance(version, Unknown) and version not in (DEFAULT_VERSION, VARIABLES_VERSION):
        problems.append(f"unknown policy version {version!r}")
        version = Unknown(canonical(version))
    builder = _Builder(problems, version)
    builder.statements(value.get("Statement"))
    return Document(tuple(builder.found), version, None, tuple(builder.choices), tuple(problems))


class _Builder:
    """Collects the statements of one document."""

    def __init__(self, problems: list[str], version: Leaf) -> None:
        self.problems = problems
        self.version = version
        self.found: list[Statement] = []
        self.choices: list[tuple[str, Document, Document]] = []
        self.index = 0

    def statements(self, value: Any) -> None:
        """Add the value of ``Statement``: one object or a list of them."""
        if value is None:
            self.problems.append("the policy document has no Statement")
        for element in value if isinstance(value, list) else [] if value is None else [value]:
            self.add(element)
            self.index += 1

    def add(self, element: Any, maybe: Unknown | None = None) -> None:
        """Add one element of the list of statements."""
        if isinstance(element, Rest):
            rest = Unknown(canonical(element))
            self.add(element.value, rest if maybe is None else maybe)
        elif isinstance(element, Choice) and maybe is None:
            self.choices.append((element.condition, self._branch(element.if_true), self._branch(element.if_false)))
        elif isinstance(element, Unknown):
            self.found.append(unknown_statement(maybe or element, self.index))
        elif isinstance(element, list):
            # concat() of an unknown list: a list as one alternative of a choice
            for nested in element:
                self.add(nested, maybe)
        elif isinstance(element, Mapping):
            try:
                self.found.append(replace(_statement(element, self.index), maybe=maybe))
            except _MalformedError as error:
                self.problems.append(f"statement {self.index}: {error}")
                expr = Unknown(canonical(dict(element)))
                self.found.append(unknown_statement(maybe or expr, self.index))
        elif element is not None:
            self.problems.append(f"statement {self.index} is no object")
            self.found.append(unknown_statement(Unknown(canonical(element)), self.index))

    def _branch(self, value: Any) -> Document:
        branch = _Builder(self.problems, self.version)
        branch.index = self.index
        if value is not None:
            branch.add(value)
        return Document(tuple(branch.found), self.version, None, tuple(branch.choices))


def unknown_statement(source: Unknown, index: int = 0) -> Statement:
    """A statement of which nothing is known but the expression that it comes from."""
    return Statement(effect=source, actions=(source,), resources=(source,), index=index, maybe=source)


class _MalformedError(ValueError):
    pass


def _statement(value: Mapping[Any, Any], index: int) -> Statement:
    keys = [k for k, v in value.items() if v is not None]
    for key in keys:
        if key not in _STATEMENT_KEYS:
            raise _MalformedError(f"unknown element {key!r}")
    for one in ("Principal", "Action", "Resource"):
        if one in keys and f"Not{one}" in keys:
            raise _MalformedError(f"{one} and Not{one} exclude each other")
    if "Action" not in keys and "NotAction" not in keys:
        raise _MalformedError("neither Action nor NotAction")
    effect = value.get("Effect")
    if not isinstance(effect, Unknown) and effect not in ("Allow", "Deny"):
        raise _MalformedError(f"Effect must be Allow or Deny, it is {effect!r}")
    sid = value.get("Sid")
    return Statement(
        sid=sid if isinstance(sid, (str, Unknown)) else None,
        effect=effect,
        principals=_principals(value.get("Principal")),
        not_principals=_principals(value.get("NotPrincipal")),
        actions=_leaves(value.get("Action"), "Action", fold=True),
        not_actions=_leaves(value.get("NotAction"), "NotAction", fold=True),
        resources=_leaves(value.get("Resource"), "Resource"),
        not_resources=_leaves(value.get("NotResource"), "NotResource"),
        conditions=_conditions(value.get("Condition")),
        index=index,
    )


def _leaf(value: Any, where: str) -> Leaf:
    if isinstance(value, (str, Unknown)):
        return in_its_partition(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return number_text(value)
    if isinstance(value, Rest):
        return Unknown(canonical(value))
    raise _MalformedError(f"{where} holds {canonical(value) if not isinstance(value, dict) else 'an object'}")


def _leaves(value: Any, where: str, *, fold: bool = False) -> tuple[Leaf, ...] | None:
    """A single value or a list: sorted, without duplicates (``fold``: whatever the case)."""
    if value is None:
        return None
    found: dict[str, Leaf] = {}
    for element in value if isinstance(value, list) else [value]:
        leaf = _leaf(element, where)
        if fold and not isinstance(element, (str, Unknown, Rest)):
            raise _MalformedError(f"{where} holds {leaf!r}")
        key = canonical(leaf)
        found.setdefault(key.lower() if fold and isinstance(leaf, str) else key, leaf)
    return tuple(found[k] for k in sorted(found))


def _principals(value: Any) -> tuple[tuple[str, Leaf], ...] | None:
    if value is None:
        return None
    if isinstance(value, Unknown):
        return (("", value),)
    if isinstance(value, str):
        if value != "*":
            raise _MalformedError(f"Principal is {value!r}")
        return (("AWS", "*"),)
    if not isinstance(value, Mapping):
        raise _MalformedError("Principal is no object")
    found: dict[tuple[str, str], tuple[str, Leaf]] = {}
    for kind, ids in value.items():
        if kind == REST_KEY or isinstance(kind, HoleKey):
            rest = Unknown(canonical(ids) if kind == REST_KEY else f"{kind}: {canonical(ids)}")
            found["", rest.expr] = ("", rest)
            continue
        # "Principal": {"*": "*"} is what the document data source writes for type "*"
        name = "AWS" if kind == "*" else kind
        if name not in ("AWS", "Service", "Federated", "CanonicalUser"):
            raise _MalformedError(f"unknown type of principal {kind!r}")
        for leaf in _leaves(ids, "Principal") or ():
            plain = _account_root(leaf) if name == "AWS" else leaf
            found[name, canonical(plain)] = (name, plain)
    return tuple(found[k] for k in sorted(found))


def _account_root(leaf: Leaf) -> Leaf:
    """An account number means the root of the account (AWS writes the ARN back). The partition is not told: ``aws``."""
    if isinstance(leaf, str) and _ACCOUNT_ID.fullmatch(leaf):
        return f"arn:aws:iam::{leaf}:root"
    return leaf


def _conditions(value: Any) -> tuple[Condition, ...]:
    if value is None:
        return ()
    if isinstance(value, Unknown):
        return (Condition(value, value, ()),)
    if not isinstance(value, Mapping):
        raise _MalformedError("Condition is no object")
    found: dict[str, Condition] = {}
    for operator, keys in value.items():
        for condition in _under_operator(operator, keys):
            text = condition_text(condition)
            found[text] = condition
    return tuple(found[k] for k in sorted(found))


def _under_operator(operator: Any, keys: Any) -> Iterable[Condition]:
    if operator == REST_KEY or isinstance(operator, HoleKey):
        source = Unknown(canonical(keys) if operator == REST_KEY else f"{operator}: {canonical(keys)}")
        yield Condition(source, source, ())
        return
    qualifier, colon, base = operator.rpartition(":")
    if colon and qualifier.lower() not in _QUALIFIERS:
        raise _MalformedError(f"unknown condition operator {operator!r}")
    lowered = base.lower()
    if_exists = lowered.endswith("ifexists")
    name = _OPERATORS.get(lowered.removesuffix("ifexists"))
    if name is None or (name == "Null" and if_exists):
        raise _MalformedError(f"unknown condition operator {operator!r}")
    if isinstance(keys, Unknown):
        yield Condition(keys, keys, ())
        return
    if not isinstance(keys, Mapping):
        raise _MalformedError(f"{operator} holds no object")
    for key, values in keys.items():
        if key == REST_KEY:
            rest = Unknown(canonical(values))
            yield Condition(rest, rest, ())
            continue
        yield Condition(
            operator=name,
            key=_lower(key.unknown) if isinstance(key, HoleKey) else key.lower(),
            values=_condition_values(name, values),
            qualifier=_QUALIFIERS.get(qualifier.lower(), ""),
            if_exists=if_exists,
        )


def _lower(key: Unknown) -> Unknown:
    if isinstance(key, Template):
        return Template([p.lower() if isinstance(p, str) else p for p in key.parts])
    return key


def _condition_values(operator: str, value: Any) -> tuple[Leaf, ...]:
    leaves = _leaves([] if value is None else value, "Condition") or ()
    if operator in ("Bool", "Null"):
        lowered = {canonical(v): v for v in (v.lower() if isinstance(v, str) else v for v in leaves)}
        return tuple(lowered[k] for k in sorted(lowered))
    return leaves


def condition_text(condition: Condition) -> str:
    """One text for each condition; conditions that mean the same have the same text."""
    operator = condition.text
    if isinstance(condition.operator, str):
        operator = _same_operator(condition)
    values = ", ".join(canonical(in_usual_partition(v)) for v in condition.values)
    return f"{operator} {canonical(condition.key)} [{values}]"


def _same_operator(condition: Condition) -> str:
    """The operator, of several that mean the same the first: ArnEquals behaves like ArnLike (user guide, "Amazon
    Resource Name (ARN) condition operators"), StringLike without wildcards like StringEquals.
    """
    name = str(condition.operator).replace("ArnEquals", "ArnLike").replace("ArnNotEquals", "ArnNotLike")
    if name in ("StringLike", "StringNotLike") and not any(
        c in part for v in condition.values for part in texts(v) for c in "*?"
    ):
        plain = all(isinstance(v, str) for v in condition.values)
        name = name.replace("Like", "Equals") if plain else name
    prefix = f"{condition.qualifier}:" if condition.qualifier else ""
    return f"{prefix}{name}{'IfExists' if condition.if_exists else ''}"


def texts(leaf: Leaf) -> Iterator[str]:
    """The known parts of a leaf."""
    if isinstance(leaf, str):
        yield leaf
    elif isinstance(leaf, Template):
        yield from (p for p in leaf.parts if isinstance(p, str))
