"""Reads the text that Checkov leaves of ``jsonencode({...})`` when a reference inside could not be filled in.

The text is Python's way of writing the object, with quotes that are not escaped where a reference stood:
``jsonencode({'Action': 'iam:*', 'Resource': ''aws_s3_bucket.b.arn'/*'})``. So a quote ends a string only when a
delimiter follows. What is no string, number, constant, list or object is kept as text (and so stays an expression).
"""

from __future__ import annotations

import re
from typing import Any

_OPEN = "jsonencode("
_CALL = re.compile(r"[a-z][a-z0-9_]*\(")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_CONSTANTS = {"True": True, "true": True, "False": False, "false": False, "None": None, "null": None}
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_MAX_DEPTH = 60


class RenderedTextError(ValueError):
    """The text is not what this reader knows."""


def parse_rendered(text: str) -> Any:
    """The object inside ``jsonencode(...)``. Raises RenderedTextError."""
    start = text.find(_OPEN)
    if start < 0:
        raise RenderedTextError("no jsonencode")
    body = text[start + len(_OPEN) :]
    while "\\'" in body or '\\"' in body:  # a text inside a text inside a text
        body = re.sub(r"\\+(['\"])", r"\1", body)
    reader = _Reader(body)
    value = reader.value(0)
    reader.skip()
    if reader.peek() != ")":
        raise RenderedTextError("jsonencode has no end")
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def skip(self) -> None:
        while self.peek() and self.peek().isspace():
            self.at += 1

    def value(self, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise RenderedTextError("nested too deep")
        self.skip()
        char = self.peek()
        if char == "{":
            return self.mapping(depth)
        if char == "[":
            return self.sequence(depth)
        if char and char in "'\"":
            return self.quoted(char)
        return self.bare()

    def mapping(self, depth: int) -> dict[str, Any]:
        self.at += 1
        found: dict[str, Any] = {}
        while True:
            self.skip()
            if self.peek() == "}":
                self.at += 1
                return found
            key = self.quoted(self.peek()) if self.peek() and self.peek() in "'\"" else self.word()
            self.skip()
            if self.peek() not in (":", "="):
                raise RenderedTextError("a key without a value")
            self.at += 1
            found[key] = self.value(depth + 1)
            self.separator("}")

    def sequence(self, depth: int) -> list[Any]:
        self.at += 1
        found: list[Any] = []
        while True:
            self.skip()
            if self.peek() == "]":
                self.at += 1
                return found
            found.append(self.value(depth + 1))
            self.separator("]")

    def separator(self, end: str) -> None:
        self.skip()
        if self.peek() == ",":
            self.at += 1
        elif self.peek() != end:
            raise RenderedTextError(f"expected ',' or '{end}'")

    def quoted(self, quote: str) -> str:
        start = at = self.at + 1
        if call := _CALL.match(self.text, start):  # a call kept as text: its arguments may hold quotes
            at = self.balanced_end(call.end(), "(", ")")
        while at < len(self.text):
            if self.text.startswith("${", at):
                at = self.balanced_end(at + 2, "{", "}")
            elif self.text[at] == quote and (self.next_char(at + 1) or ",") in ",:]})":
                self.at = at + 1
                return self.text[start:at]
            else:
                at += 1
        raise RenderedTextError("a text without an end")

    def next_char(self, at: int) -> str:
        while at < len(self.text) and self.text[at].isspace():
            at += 1
        return self.text[at : at + 1]

    def balanced_end(self, at: int, opening: str, closing: str) -> int:
        depth = 1
        while at < len(self.text):
            depth += {opening: 1, closing: -1}.get(self.text[at], 0)
            at += 1
            if depth == 0:
                return at
        raise RenderedTextError(f"'{opening}' without an end")

    def word(self) -> str:
        found = re.compile(r"[\w.:/*-]+").match(self.text, self.at)
        if not found:
            raise RenderedTextError("expected a key")
        self.at = found.end()
        return found.group()

    def bare(self) -> Any:
        """Anything else, up to the delimiter that ends it: a constant, a number, or an expression as text."""
        start = self.at
        stack: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in _CLOSING:
                stack.append(_CLOSING[char])
            elif stack and char == stack[-1]:
                stack.pop()
            elif not stack and char in ",]})":
                break
            self.at += 1
        word = self.text[start : self.at].strip()
        if not word:
            raise RenderedTextError("expected a value")
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        if _NUMBER.fullmatch(word):
            return float(word) if "." in word else int(word)
        return f"${{{word}}}"
