"""The syntax of a metric filter's JSON pattern: ``{ ($.a = "b") && ... || ... }`` as a list of conjunctions.

Source: CloudWatch Logs user guide, "Filter pattern syntax" (JSON log events).
"""

from __future__ import annotations

import re

from tfratchet.rules.cloudtrail.terms import Conjunction, Term

MAX_CONJUNCTIONS = 2_000

_TOKEN = re.compile(
    r"""\s*(?:(?P<sign>\|\||&&|\(|\)|\{|\}|!=|<=|>=|=|<|>)
    |(?P<text>"(?:[^"\\]|\\.)*")
    |(?P<regex>%[^%]*%)
    |(?P<word>(?:\[[^\]]*\]|[^\s()&|=<>!"{}])+))""",
    re.VERBOSE,
)


class PatternError(ValueError):
    """A pattern that is no JSON pattern, or too large to compare."""


class Filter:
    """Recursive descent over ``{ ($.a = "b") && ... || ... }``."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        position = 0
        text = text.strip()
        if not text.startswith("{"):
            raise PatternError("no JSON pattern")
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None or match.end() == position:
                if text[position:].strip():
                    raise PatternError(f"unexpected {text[position : position + 10]!r}")
                break
            self.tokens.append(match[0].strip())
            position = match.end()
        self.index = 0

    def parse(self) -> list[Conjunction]:
        self.expect("{")
        found = self.either(0)
        self.expect("}")
        if self.index != len(self.tokens):
            raise PatternError("text behind the pattern")
        return found

    def peek(self) -> str:
        return self.tokens[self.index] if self.index < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        if not token:
            raise PatternError("the pattern ends too early")
        self.index += 1
        return token

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise PatternError(f"{token} is missing")

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
                raise PatternError("too many alternatives")
            found = [a | b for a in found for b in right]
        return found

    def single(self, depth: int) -> list[Conjunction]:
        if depth > 100:
            raise PatternError("nested too deep")
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
            raise PatternError(f"unexpected {operator!r}")
        value = self.take()
        if value in ("(", ")", "{", "}", "&&", "||"):
            raise PatternError("a value is missing")
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        return Term(field, operator, frozenset({value}))


def _field(token: str) -> str:
    if not token.startswith("$"):
        raise PatternError(f"{token!r} is no selector")
    return re.sub(r"\[[\"']([^\"']*)[\"']\]", r".\1", token[1:]).lstrip(".")
