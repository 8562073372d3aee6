"""What a trail records: event selectors, basic and advanced, as a set of records that can be compared.

A record is one class of events: management or data, reads or writes, of one type of resource, under constraints
(``eventSource`` is not KMS, the ARN starts with ...). Two configurations are compared by asking whether each record of
the one is recorded by the other, so rewriting basic selectors as advanced ones, or splitting them, changes nothing.

Sources: CloudTrail API, ``EventSelector`` (defaults: management events, all; ARN prefixes) and
``AdvancedFieldSelector`` (all fields of one selector must match, one of the values of a field).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfratchet.arns import in_usual_partition
from tfratchet.model import ModuleCall, Resource
from tfratchet.rules.judge import ModuleDefault, boolean
from tfratchet.rules.modules import argument
from tfratchet.values import Rest, Template, Unknown, Value, display

Text = Callable[[Value], str]
"""A value as canonical text, in which renamed resources have one name."""

MANAGEMENT = "Management"
DATA = "Data"
_READ_WRITE = ("ReadOnly", "WriteOnly")
_OPERATORS = ("equals", "not_equals", "starts_with", "not_starts_with", "ends_with", "not_ends_with")
# "arn:aws:s3" and "arn:aws:s3:::" stand for all of them (EventSelector, DataResource.Values).
_EVERYTHING = re.compile(r"^arn:[^:]*:(?:s3|lambda|dynamodb)(?::::?)?$")
_MAX_RECORDS = 5_000
_NONE = "none of "


@dataclass(frozen=True, slots=True)
class Constraint:
    """One field, one operator, its values (canonical texts): any of them for ``equals``, none for ``not_equals``."""

    field: str
    operator: str
    values: frozenset[str]
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One class of events."""

    category: str
    access: str
    """``ReadOnly`` or ``WriteOnly``."""
    kind: str
    """The type of resource of data events (``AWS::S3::Object``); empty for management events."""
    constraints: frozenset[Constraint] = frozenset()
    maybe: str = ""
    """The unknown expression that decides whether it is recorded."""
    blur: bool = False
    """True when an unknown value takes part."""

    @property
    def management(self) -> bool:
        """True for management events."""
        return self.category == MANAGEMENT

    @property
    def words(self) -> str:
        """For people: "management events (ReadOnly)", "data events of AWS::S3::Object (WriteOnly)"."""
        text = (
            "management events" if self.management else f"{self.category.lower()} events of {self.kind or 'all types'}"
        )
        text += f" ({'read' if self.access == 'ReadOnly' else 'write'})"
        for c in sorted(self.constraints, key=lambda c: (c.field, c.operator)):
            verb = c.operator.replace("_", " ")
            text += f", {c.field} {verb} {', '.join(sorted(c.values))}"
        return text


@dataclass(frozen=True, slots=True)
class Coverage:
    """Everything that one trail records."""

    records: tuple[Record, ...]
    unknowns: tuple[Unknown, ...] = ()
    """Unknown values that took part."""


def records_of(item: Resource | ModuleCall, text: Text) -> Coverage:
    """The records of a trail (or of a module call, or an event data store), the default in place."""
    basic, advanced = _selectors(item)
    builder = _Builder(text)
    there = False  # a selector that certainly is, whether it selects anything or not
    for block, maybe in _each(basic, text, builder):
        builder.basic(block, maybe)
        there = there or not maybe
    for block, maybe in _each(advanced, text, builder):
        builder.advanced(block, maybe)
        there = there or not maybe
    if not there:
        # Without selectors, management events of both kinds are recorded.
        maybe = builder.records[0].maybe if builder.records else ""
        for access in _READ_WRITE:
            builder.add(Record(MANAGEMENT, access, "", frozenset(), f"{_NONE}{maybe}" if maybe else ""))
    return Coverage(tuple(dict.fromkeys(builder.records)), tuple(dict.fromkeys(builder.unknowns)))


def _selectors(item: Resource | ModuleCall) -> tuple[Value, Value]:
    if isinstance(item, Resource):
        return item.values.get("event_selector"), item.values.get("advanced_event_selector")
    basic = argument(item, ("event_selector", "event_selectors")).value
    advanced = argument(item, ("advanced_event_selector", "advanced_event_selectors")).value
    return basic, advanced


def _each(blocks: Value, text: Text, builder: _Builder) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every selector with the expression that decides whether it is there."""
    if isinstance(blocks, ModuleDefault) or blocks is None:
        return
    for block in blocks if isinstance(blocks, list) else [blocks]:
        if isinstance(block, Rest):
            builder.unknowns.append(block.of)
            if isinstance(block.value, Mapping):
                yield block.value, text(block.of)
            else:
                builder.opaque(block.of)
        elif isinstance(block, Mapping):
            yield block, ""
        elif isinstance(block, Unknown):
            builder.opaque(block)


class _Builder:
    def __init__(self, text: Text) -> None:
        self.text = text
        self.records: list[Record] = []
        self.unknowns: list[Unknown] = []

    def add(self, record: Record) -> None:
        if len(self.records) < _MAX_RECORDS:
            self.records.append(record)

    def opaque(self, value: Unknown) -> None:
        """A selector of which nothing is known."""
        self.unknowns.append(value)
        for access in _READ_WRITE:
            self.add(Record("unknown", access, "", frozenset(), self.text(value), blur=True))

    def basic(self, block: Mapping[str, Any], maybe: str) -> None:
        """An ``event_selector``."""
        wanted = block.get("read_write_type")
        accesses, blur = self._accesses("All" if wanted is None else wanted)
        flag = block.get("include_management_events")
        managed = True if flag is None else boolean(flag)
        if managed is None:
            self.unknowns.extend([flag] if isinstance(flag, Unknown) else [])
            maybe_managed = maybe or self.text(flag)
        else:
            maybe_managed = maybe
        if managed is not False:
            limits = self._not_equal("eventSource", block.get("exclude_management_event_sources"))
            for access in accesses:
                self.add(Record(MANAGEMENT, access, "", limits, maybe_managed, blur))
        for data in _blocks(block.get("data_resource")):
            if isinstance(data, Mapping):
                kind, prefixes = data.get("type"), data.get("values")
                for access, constraint in itertools.product(accesses, self._prefixes(prefixes)):
                    record = Record(DATA, access, self._plain(kind), constraint, maybe, blur)
                    self.add(record)
            elif isinstance(data, (Unknown, Rest)):
                self.opaque(data if isinstance(data, Unknown) else data.of)

    def advanced(self, block: Mapping[str, Any], maybe: str) -> None:
        """An ``advanced_event_selector``."""
        categories, kinds, accesses, blur = ["unknown"], [""], list(_READ_WRITE), False
        constraints: set[Constraint] = set()
        for field in _blocks(block.get("field_selector")):
            if not isinstance(field, Mapping):
                self.unknowns.append(field.of if isinstance(field, Rest) else field)
                blur = True
                continue
            name = self._plain(field.get("field"))
            for operator in _OPERATORS:
                values = field.get(operator)
                if values is None or values == []:
                    continue
                texts, vague = self._texts(values)
                if name == "eventCategory" and operator == "equals":
                    categories = sorted(texts)
                elif name == "resources.type" and operator == "equals":
                    kinds = sorted(texts)
                elif name == "readOnly" and operator == "equals":
                    accesses = ["ReadOnly" if t == "true" else "WriteOnly" for t in sorted(texts)]
                else:
                    constraints.add(Constraint(name, operator, texts, vague))
                blur = blur or vague
        for category, kind, access in itertools.product(categories, kinds, accesses):
            self.add(Record(category, access, kind, frozenset(constraints), maybe, blur))

    def _accesses(self, value: Value) -> tuple[tuple[str, ...], bool]:
        if value in _READ_WRITE:
            return (str(value),), False
        if isinstance(value, Unknown):
            self.unknowns.append(value)
            return _READ_WRITE, True
        return _READ_WRITE, False

    def _prefixes(self, values: Value) -> Iterator[frozenset[Constraint]]:
        found: list[Any] = values if isinstance(values, list) else [values]
        for value in found:
            inner = value.of if isinstance(value, Rest) else value
            if inner is None:
                continue
            plain = self._plain(inner)
            if _EVERYTHING.match(plain):
                yield frozenset()
                continue
            vague = isinstance(inner, Unknown) and not isinstance(inner, Template)
            yield frozenset({Constraint("resources.ARN", "starts_with", frozenset({plain}), vague)})

    def _not_equal(self, field: str, values: Value) -> frozenset[Constraint]:
        if values is None or values == []:
            return frozenset()
        texts, vague = self._texts(values)
        return frozenset({Constraint(field, "not_equals", texts, vague)})

    def _texts(self, values: Value) -> tuple[frozenset[str], bool]:
        found: list[Any] = values if isinstance(values, list) else [values]
        texts, vague = set(), False
        for value in found:
            inner = value.of if isinstance(value, Rest) else value
            if isinstance(inner, Unknown):
                vague = vague or not isinstance(inner, Template)
            texts.add(self._plain(inner))
        return frozenset(texts), vague

    def _plain(self, value: Value) -> str:
        """A string without quotes; unknown parts as ``${...}``, so that prefixes can be compared."""
        if isinstance(value, Unknown):
            value = in_usual_partition(value)
        if isinstance(value, str):
            return value
        if isinstance(value, Template):
            self.unknowns.append(value)
            return self.text(value)[1:-1]
        if isinstance(value, Unknown):
            self.unknowns.append(value)
            return "${" + self.text(value) + "}"
        return display(value)


def _blocks(value: Value) -> Sequence[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@dataclass(frozen=True, slots=True)
class Loss:
    """A record of base that head does not have."""

    record: Record
    certain: bool

    @property
    def words(self) -> str:
        return self.record.words

    @property
    def management(self) -> bool:
        return self.record.management


def lost_records(base: Coverage, heads: Sequence[Coverage]) -> list[Loss]:
    """The records of ``base`` that none of ``heads`` has."""
    head = [r for h in heads for r in h.records]
    found = []
    for record in base.records:
        best = _best(record, head)
        if best < 2:
            found.append(Loss(record, best == 0 and not record.maybe and not record.blur))
    return found


def _best(record: Record, head: Sequence[Record]) -> int:
    """2: surely recorded too; 1: perhaps; 0: surely not."""
    best = 0
    conditions: set[str] = set()
    for other in head:
        strength = _covers(record, other)
        if strength == 2 and other.maybe and other.maybe != record.maybe:
            conditions.add(other.maybe)
            strength = 1
        if strength == 2:
            return 2
        best = max(best, strength)
    # recorded if there are selectors, and recorded if there are none
    return 2 if any(f"{_NONE}{c}" in conditions for c in conditions) else best


def _covers(base: Record, head: Record) -> int:
    """What ``_best`` says, of one record, whatever decides whether that is there."""
    if head.category == "unknown" or base.category == "unknown":
        # The same unknown selectors: handed on as a whole (Terraform 0.11), or written out one by one.
        same = base.maybe != "" and (base.maybe, base.access) == (head.maybe, head.access)
        return 2 if base == head or (same and base.category == "unknown") else 1
    if base.category != head.category or base.access != head.access:
        return 0
    if head.kind and base.kind != head.kind:
        return 1 if "${" in head.kind or "${" in base.kind else 0
    result = 2
    for constraint in head.constraints:
        result = min(result, _implied(constraint, base.constraints))
        if not result:
            return 0
    return result


def _implied(wanted: Constraint, given: frozenset[Constraint]) -> int:
    """Whether what fulfils ``given`` fulfils ``wanted``: 2 surely, 1 perhaps (unknown values), 0 no."""
    if wanted in given:
        return 2
    own = [c for c in given if c.field == wanted.field]
    if any(_one_implies(c, wanted) for c in own):
        return 2
    return 1 if wanted.unknown or any(c.unknown for c in own) else 0


def _one_implies(given: Constraint, wanted: Constraint) -> bool:
    tests: dict[str, Callable[[str, str], bool]] = {
        "equals": str.__eq__,
        "starts_with": str.startswith,
        "ends_with": str.endswith,
    }
    if given.operator == "equals":
        negative = wanted.operator.startswith("not_")
        test = tests[wanted.operator.removeprefix("not_")]
        return all(any(test(v, w) for w in wanted.values) is not negative for v in given.values)
    if given.operator == wanted.operator:
        if given.operator.startswith("not_"):
            # none of more values: what is not among many is not among few
            test = tests[given.operator.removeprefix("not_")]
            return all(any(test(w, v) for v in given.values) for w in wanted.values)
        test = tests[given.operator]
        return all(any(test(v, w) for w in wanted.values) for v in given.values)
    if given.operator == "starts_with" and wanted.operator in ("not_equals", "not_starts_with"):
        near = [w for v in given.values for w in wanted.values if w.startswith(v) or v.startswith(w)]
        return not near
    return False
