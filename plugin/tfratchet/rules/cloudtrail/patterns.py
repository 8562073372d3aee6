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
from functools import lru_cache
from typing import Any

from tfratchet.iam.protected import protected_actions
from tfratchet.values import Choice, JsonText, Rest, Template, Unknown, Value, display

MAX_CONJUNCTIONS = 2_000
MAX_CASES = 16
EVENT_NAME = "eventName"
_EVENT_SOURCE = "eventSource"


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on one field: ``eventName = any of values``."""

    field: str
    """Path without ``$.``: ``userIdentity.type``; empty for what could not be read."""
    operator: str
    """``=``, ``!=``, ``exists``, ``not exists``, or an operator that is compared as text only."""
    values: frozenset[str] = frozenset()

    def __str__(self) -> str:
        values = ", ".join(sorted(self.values))
        return f"{self.field} {self.operator} {values}".strip()


Conjunction = frozenset[Term]


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


def words(conjunction: Conjunction) -> str:
    """A conjunction for people: the name of the event where there is one."""
    names = sorted(v for t in conjunction if t.field == EVENT_NAME and t.operator == "=" for v in t.values)
    if names:
        return ", ".join(names)
    return " and ".join(sorted(str(t) for t in conjunction))


def fields(pattern: Pattern) -> set[str]:
    """First parts of the fields that a pattern looks at."""
    return {t.field.split(".")[0] for c in pattern.any_of for t in c if t.field}


def event_names(conjunction: Conjunction) -> frozenset[str]:
    """The names of events that a conjunction asks for; empty when it asks for none by name."""
    return frozenset(v for t in conjunction if t.field == EVENT_NAME and t.operator == "=" for v in t.values)


# -- metric filters ------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""\s*(?:(?P<sign>\|\||&&|\(|\)|\{|\}|!=|<=|>=|=|<|>)
    |(?P<text>"(?:[^"\\]|\\.)*")
    |(?P<regex>%[^%]*%)
    |(?P<word>(?:\[[^\]]*\]|[^\s()&|=<>!"{}])+))""",
    re.VERBOSE,
)


class _PatternError(ValueError):
    pass


def filter_pattern(value: Value) -> Pattern:
    """A metric filter's ``pattern``. What is no JSON pattern is compared as a whole."""
    return _by_case(value, _one_filter)


def _one_filter(value: Value) -> Pattern:
    unknowns: list[Unknown] = []
    text = _text(value, unknowns)
    if text is None:
        return _opaque(value)
    try:
        found = _Filter(text).parse()
    except (_PatternError, RecursionError):
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


class _Filter:
    """Recursive descent over ``{ ($.a = "b") && ... || ... }``."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        position = 0
        text = text.strip()
        if not text.startswith("{"):
            raise _PatternError("no JSON pattern")
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None or match.end() == position:
                if text[position:].strip():
                    raise _PatternError(f"unexpected {text[position : position + 10]!r}")
                break
            self.tokens.append(match[0].strip())
            position = match.end()
        self.index = 0

    def parse(self) -> list[Conjunction]:
        self.expect("{")
        found = self.either(0)
        self.expect("}")
        if self.index != len(self.tokens):
            raise _PatternError("text behind the pattern")
        return found

    def peek(self) -> str:
        return self.tokens[self.index] if self.index < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise _PatternError("the pattern ends too early")
        self.index += 1
        return token

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise _PatternError(f"{token} is missing")

    def either(self, depth: int) -> list[Conjunction]:
        found = self.both(depth)
        while self.peek() == "||":
            self.take()
            found = found + self.both(depth)
        return found

    def both(self, depth: int) -> list[Conjunction]:
        found = self.single(depth)
        while self.peek() == "&&":
            self.take()
            right = self.single(depth)
            if len(found) * len(right) > MAX_CONJUNCTIONS:
                raise _PatternError("too many alternatives")
            found = [a | b for a in found for b in right]
        return found

    def single(self, depth: int) -> list[Conjunction]:
        if depth > 100:
            raise _PatternError("nested too deep")
        if self.peek() == "(":
            self.take()
            found = self.either(depth + 1)
            self.expect(")")
            return found
        return [frozenset({self.term()})]

    def term(self) -> Term:
        field = _field(self.take())
        operator = self.take()
        if operator.upper() == "NOT" and self.peek().upper() == "EXISTS":
            self.take()
            return Term(field, "not exists")
        if operator.upper() == "EXISTS":
            return Term(field, "exists")
        if operator.upper() == "IS":
            rest = [self.take().upper()]
            if rest == ["NOT"]:
                rest.append(self.take().upper())
            return Term(field, "is " + " ".join(rest).lower())
        if operator not in ("=", "!=", "<", ">", "<=", ">="):
            raise _PatternError(f"unexpected {operator!r}")
        value = self.take()
        if value in ("(", ")", "{", "}", "&&", "||"):
            raise _PatternError("a value is missing")
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        return Term(field, operator, frozenset({value}))


def _field(token: str) -> str:
    if not token.startswith("$"):
        raise _PatternError(f"{token!r} is no selector")
    return re.sub(r"\[[\"']([^\"']*)[\"']\]", r".\1", token[1:]).lstrip(".")


# -- event patterns -------------------------------------------------------------------------------------------------


def event_pattern(value: Value) -> Pattern:
    """An EventBridge rule's ``event_pattern``."""
    return _by_case(value, _one_event_pattern)


def _one_event_pattern(value: Value) -> Pattern:
    unknowns: list[Unknown] = []
    decoded: Any = value.value if isinstance(value, JsonText) else value
    if isinstance(decoded, Template):
        try:
            decoded = json.loads(_text(decoded, unknowns) or "")
        except ValueError:
            return _opaque(value)
    if isinstance(decoded, str):
        try:
            decoded = json.loads(decoded)
        except ValueError:
            return _opaque(value)
    if not isinstance(decoded, Mapping):
        return _opaque(value)
    try:
        found = _event_terms(decoded, "", unknowns)
    except _PatternError:
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
            raise _PatternError("too many alternatives")
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
        return [frozenset({Term(_EVENT_SOURCE, "=", sources)}), *options] if plain else options
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


# -- comparison -----------------------------------------------------------------------------------------------------


def covers(wide: Conjunction, narrow: Conjunction) -> bool:
    """True when everything that ``narrow`` matches, ``wide`` matches too."""
    return all(t in narrow or _follows(t, narrow) for t in wide)


def _follows(wanted: Term, given: Conjunction) -> bool:
    if any(_implies(t, wanted) for t in given if t.field == wanted.field):
        return True
    if wanted.field == _EVENT_SOURCE and wanted.operator == "=":
        # the name of an event says which service it is of
        sources = {_sources().get(n) for n in event_names(given)}
        return bool(sources) and all(s is not None and _any_match(s, wanted.values) for s in sources)
    return False


def _implies(given: Term, wanted: Term) -> bool:
    if wanted.operator == "exists":
        return given.operator == "="
    if given.operator == "=" and wanted.operator == "=":
        return all(_any_match(v, wanted.values) for v in given.values)
    if given.operator == "=" and wanted.operator == "!=":
        return not any("*" in v or _any_match(v, wanted.values) for v in given.values)
    if given.operator == "!=" and wanted.operator == "!=":
        return all(_any_match(v, given.values) for v in wanted.values)
    return False


def _any_match(value: str, patterns: frozenset[str]) -> bool:
    return any(value == p or ("*" in p and _glob(p, value)) for p in patterns)


def _glob(pattern: str, value: str) -> bool:
    """``*`` stands for anything, in time that grows with the length of the text only."""
    first, *middle, last = pattern.split("*")
    if len(value) < len(first) + len(last) or not value.startswith(first) or not value.endswith(last):
        return False
    position, end = len(first), len(value) - len(last)
    for part in middle:
        found = value.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


@lru_cache(maxsize=1)
def _sources() -> Mapping[str, str]:
    """Event source by name of event, for the protected actions (each name belongs to one service)."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for action in protected_actions().actions:
        for event in action.events:
            if found.setdefault(event, action.event_source) != action.event_source:
                twice.add(event)
    return {e: s for e, s in found.items() if e not in twice}


def protected_events() -> frozenset[str]:
    """Names of the events of the protected actions."""
    return frozenset(e for a in protected_actions().actions for e in a.events)
