"""What a pattern matches: metric filters of CloudWatch Logs and event patterns of EventBridge, in one form.

Both become a list of conjunctions ("any of these"), each a set of terms ("all of these") over the fields of a
CloudTrail record, so that a filter can be compared with a filter, a rule with a rule, and the one with the other. One
conjunction covers another when each of its terms follows from the other's terms.

Sources: CloudWatch Logs user guide, "Filter pattern syntax" (JSON log events); EventBridge user guide, "Event
patterns" and "comparison operators".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tfratchet.rules.cloudtrail.filters import MAX_CONJUNCTIONS, Filter, PatternError
from tfratchet.rules.cloudtrail.terms import EVENT_NAME, EVENT_SOURCE, Conjunction, Term, covers
from tfratchet.values import Choice, JsonText, Rest, Template, Unknown, Value, display

MAX_CASES = 16

Case = frozenset[tuple[str, bool]]
"""Unknown conditions, each taken as true or false."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Everything that a pattern matches."""

    cases: tuple[tuple[Case, tuple[Conjunction, ...]], ...]
    """The alternatives in each case; one case without conditions unless the pattern hangs on an unknown condition."""
    unknowns: tuple[Unknown, ...] = ()
    """Unknown values that took part."""
    readable: bool = True
    """False when it is compared as a whole only."""

    @property
    def any_of(self) -> tuple[Conjunction, ...]:
        """Every conjunction that the pattern may match."""
        return tuple(dict.fromkeys(c for _, found in self.cases for c in found))

    def strength(self, wanted: Conjunction, case: Case) -> int:
        """Whether all that ``wanted`` matches in ``case`` is matched: 2 surely, 1 in some cases, 0 no."""
        possible = [found for own, found in self.cases if not any((c, not v) in case for c, v in own)]
        hits = [wanted in found or any(covers(c, wanted) for c in found) for found in possible]
        return 2 if hits and all(hits) else 1 if any(hits) else 0


def fields(pattern: Pattern) -> set[str]:
    """First parts of the fields that a pattern looks at."""
    return {t.field.split(".")[0] for c in pattern.any_of for t in c if t.field}


def filter_pattern(value: Value) -> Pattern:
    """A metric filter's ``pattern``. What is no JSON pattern is compared as a whole."""
    return _by_case(value, _one_filter)


def _one_filter(value: Value) -> Pattern:
    unknowns: list[Unknown] = []
    text = _text(value, unknowns)
    if text is None:
        return _opaque(value)
    try:
        found = Filter(text).parse()
    except (PatternError, RecursionError):
        whole = " ".join(text.split())
        return Pattern(((frozenset(), (frozenset({Term("", "text", frozenset({whole}))}),)),), tuple(unknowns), False)
    return Pattern(((frozenset(), tuple(dict.fromkeys(found))),), tuple(unknowns))


def _opaque(value: Value) -> Pattern:
    term = Term("", "unknown", frozenset({display(value)}))
    unknowns = (value,) if isinstance(value, Unknown) else ()
    return Pattern(((frozenset(), (frozenset({term}),)),), unknowns, readable=False)


def _by_case(value: Value, read: Callable[[Value], Pattern]) -> Pattern:
    """Reads a value for each outcome of the unknown conditions that it hangs on."""
    cases = _cases(value)
    if len(cases) > MAX_CASES:
        return _opaque(value)
    found: list[tuple[Case, tuple[Conjunction, ...]]] = []
    unknowns: list[Unknown] = []
    readable = True
    for case, plain in cases:
        pattern = read(plain)
        found.append((case, pattern.any_of))
        unknowns += [Unknown(c) for c, _ in sorted(case)]
        unknowns += pattern.unknowns
        readable = readable and pattern.readable
    return Pattern(tuple(found), tuple(dict.fromkeys(unknowns)), readable)


def _cases(value: Value) -> list[tuple[Case, Value]]:
    if isinstance(value, Choice):
        return [
            (case | {(value.condition, taken)}, plain)
            for taken, side in ((True, value.if_true), (False, value.if_false))
            for case, plain in _cases(side)
            if (value.condition, not taken) not in case
        ]
    if isinstance(value, Template) and any(isinstance(p, Choice) for p in value.parts):
        found: list[tuple[Case, list[str | Unknown]]] = [(frozenset(), [])]
        for part in value.parts:
            options = _cases(part)
            found = [
                (case | more, [*parts, _part(plain)])
                for case, parts in found
                for more, plain in options
                if not any((c, not v) in case for c, v in more)
            ]
            if len(found) > MAX_CASES:
                break
        return [(case, _joined(parts)) for case, parts in found]
    return [(frozenset(), value)]


def _part(value: Value) -> str | Unknown:
    return value if isinstance(value, (str, Unknown)) else display(value)


def _joined(parts: list[str | Unknown]) -> Value:
    if all(isinstance(p, str) for p in parts):
        return "".join(str(p) for p in parts)
    return Template(parts)


def _text(value: Value, unknowns: list[Unknown]) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, Template):
        parts = []
        for part in value.parts:
            if isinstance(part, str):
                parts.append(part)
            else:
                unknowns.append(part)
                # one word of the pattern's grammar, whatever the expression is
                parts.append("unknown:" + re.sub(r"[^\w.]", ".", part.expr))
        return "".join(parts)
    return None


def event_pattern(value: Value) -> Pattern:
    """An EventBridge rule's ``event_pattern``."""
    return _by_case(value, _one_event_pattern)


def _one_event_pattern(value: Value) -> Pattern:
    unknowns: list[Unknown] = []
    decoded: Any = value.value if isinstance(value, JsonText) else value
    if isinstance(decoded, Template):
        try:
            decoded = json.loads(_text(decoded, unknowns) or "", parse_float=Decimal)
        except ValueError:
            return _opaque(value)
    if isinstance(decoded, str):
        try:
            decoded = json.loads(decoded, parse_float=Decimal)
        except ValueError:
            return _opaque(value)
    if not isinstance(decoded, Mapping):
        return _opaque(value)
    try:
        found = _event_terms(decoded, "", unknowns)
    except PatternError:
        return _opaque(value)
    each = tuple(dict.fromkeys(_each_event(found)))
    return Pattern(((frozenset(), each),), tuple(dict.fromkeys(unknowns)))


def _event_terms(pattern: Mapping[str, Any], prefix: str, unknowns: list[Unknown]) -> list[Conjunction]:
    result: list[Conjunction] = [frozenset()]
    for key, value in pattern.items():
        path = f"{prefix}{key}"
        if key == "$or" and isinstance(value, list):
            options = [c for v in value if isinstance(v, Mapping) for c in _event_terms(v, prefix, unknowns)]
        elif isinstance(value, Mapping):
            options = _event_terms(value, f"{path}.", unknowns)
        else:
            options = _matchers(_record_field(path), value, unknowns)
        if len(result) * len(options) > MAX_CONJUNCTIONS:
            raise PatternError("too many alternatives")
        result = [a | b for a in result for b in options]
    return result


def _record_field(path: str) -> str:
    return path.removeprefix("detail.") if path.startswith("detail.") else f"event:{path}"


def _matchers(field: str, value: Any, unknowns: list[Unknown]) -> list[Conjunction]:
    """The alternatives of one field."""
    plain: set[str] = set()
    options: list[Conjunction] = []
    for item in value if isinstance(value, list) else [value]:
        inner = item.of if isinstance(item, Rest) else item
        if isinstance(inner, Unknown):
            unknowns.append(inner)
            plain.add("${" + inner.expr + "}")
        elif isinstance(inner, Mapping):
            options.append(frozenset({_matcher(field, inner)}))
        else:
            plain.add(display(inner))
    if field == "event:source":
        # "aws.iam" is what EventBridge makes of "iam.amazonaws.com"
        sources = frozenset(f"{p.removeprefix('aws.')}.amazonaws.com" for p in plain)
        return [frozenset({Term(EVENT_SOURCE, "=", sources)}), *options] if plain else options
    if field == "event:detail-type" and all("CloudTrail" in p for p in plain) and not options:
        return [frozenset()]  # every event of CloudTrail
    if plain:
        options.append(frozenset({Term(field, "=", frozenset(plain))}))
    return options


def _matcher(field: str, matcher: Mapping[str, Any]) -> Term:
    for name, value in matcher.items():
        if name == "prefix" and isinstance(value, str):
            return Term(field, "=", frozenset({f"{value}*"}))
        if name == "suffix" and isinstance(value, str):
            return Term(field, "=", frozenset({f"*{value}"}))
        if name in ("wildcard", "equals-ignore-case") and isinstance(value, str):
            return Term(field, "=", frozenset({value}))
        if name == "exists":
            return Term(field, "exists" if value else "not exists")
        if name == "anything-but":
            values = value if isinstance(value, list) else [value]
            if all(not isinstance(v, Mapping) for v in values):
                return Term(field, "!=", frozenset(display(v) for v in values))
    return Term(field, "matches", frozenset({display(dict(matcher))}))


def _each_event(found: Sequence[Conjunction]) -> Iterator[Conjunction]:
    """Conjunctions with one event name each, so that a lost name can be told."""
    for conjunction in found:
        names = [t for t in conjunction if t.field == EVENT_NAME and t.operator == "=" and len(t.values) > 1]
        if not names:
            yield conjunction
            continue
        rest = conjunction - {names[0]}
        for name in sorted(names[0].values):
            yield rest | {Term(EVENT_NAME, "=", frozenset({name}))}
