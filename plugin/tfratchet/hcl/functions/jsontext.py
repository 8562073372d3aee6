"""JSON, also of values and texts that are partly unknown."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from tfratchet.hcl.convert import EvalError, parse_number
from tfratchet.hcl.functions.base import (
    MAX_DEPTH,
    FunctionContext,
    Joined,
    Module,
    is_text,
    limited,
    pieces,
    rest_of,
    unknown,
)
from tfratchet.values import JsonText, Template, Unknown, Value, is_known, number_text

FUNCTIONS = Module()
function = FUNCTIONS.function


@function("jsonencode", "nullable", partial=True)
def _jsonencode(_: FunctionContext, value: Any) -> Value:
    return encode(value) if is_known(value) else JsonText(value)


_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_NEEDS_ESCAPE = re.compile("[<>&\u2028\u2029]")


def encode(value: Value) -> str:
    """The JSON text that Terraform writes of a known value. Raises EvalError."""
    parts: list[str] = []
    _write(value, parts)
    return limited("".join(parts))


def quoted(text: str) -> str:
    """A string as Go's JSON encoder writes it."""
    return _NEEDS_ESCAPE.sub(lambda m: _ESCAPED[m[0]], json.dumps(text, ensure_ascii=False))


def _write(value: Any, parts: list[str]) -> None:
    if value is None:
        parts.append("null")
    elif isinstance(value, bool):
        parts.append("true" if value else "false")
    elif isinstance(value, str):
        parts.append(quoted(value))
    elif isinstance(value, (int, Decimal)):
        parts.append(number_text(value))
    elif isinstance(value, dict):
        opening = "{"
        for key in sorted(value):
            parts.append(f"{opening}{quoted(key)}:")
            _write(value[key], parts)
            opening = ","
        parts.append("}" if value else "{}")
    else:
        opening = "["
        for element in value:
            parts.append(opening)
            _write(element, parts)
            opening = ","
        parts.append("]" if value else "[]")


@function("jsondecode", "string", partial=True)
def _jsondecode(_: FunctionContext, text: Any) -> Value:
    if isinstance(text, str):
        return decode(text)
    if isinstance(text, JsonText):
        return text.value
    if isinstance(text, Template):
        return _Holes(text).decode()
    return unknown("jsondecode", [text])


_SURROGATE = re.compile("[\ud800-\udfff]")


def decode(text: str) -> Any:
    """The value of a JSON text. Raises EvalError."""
    if text.startswith("\ufeff"):
        raise EvalError("jsondecode: invalid JSON: it starts with a byte order mark")
    try:
        value = json.loads(text, parse_int=parse_number, parse_float=parse_number, parse_constant=_refuse)
    except RecursionError:
        raise EvalError("jsondecode: the JSON text is nested too deeply", "limit") from None
    except json.JSONDecodeError as error:
        raise EvalError(f"jsondecode: invalid JSON: {error}") from None
    return _tidy(value, 0)


def _refuse(constant: str) -> Any:
    raise EvalError(f"jsondecode: invalid JSON: {constant}")


def _tidy(value: Any, depth: int) -> Any:
    """Keys in Terraform's order, half surrogate pairs as Go reads them. Raises EvalError when nested too deeply."""
    if depth > MAX_DEPTH:
        raise EvalError("jsondecode: the JSON text is nested too deeply", "limit")
    if isinstance(value, dict):
        return {_text(k): _tidy(value[k], depth + 1) for k in sorted(value)}
    if isinstance(value, list):
        return [_tidy(v, depth + 1) for v in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text)


# Texts with holes ----------------------------------------------------------------------------------------------------

_TOKEN = re.compile("\ue000([srv])(\\d+)\ue001")
_COMMA = re.compile(r'"\s*,\s*"')


class _Holes:
    r"""A JSON text of which some parts are unknown, decoded with a mark in the place of each hole.

    A mark says what its hole may be: part of a string (``s``), any value (``v``), or further elements of an array
    (``r``: ``["${join("\",\"", var.arns)}"]``).
    """

    def __init__(self, text: Template) -> None:
        self.text = text
        self.holes: list[Unknown] = []

    def decode(self) -> Value:
        if any(isinstance(p, str) and "\ue000" in p for p in self.text.parts):
            return unknown("jsondecode", [self.text])
        source: list[str] = []
        inside = False
        for part in self.text.parts:
            if isinstance(part, str):
                source.append(part)
                inside = _ends_inside(part, inside)
            else:
                source.append(self._mark(part, inside))
        try:
            value = decode("".join(source))
        except EvalError as error:
            if error.kind == "limit":
                raise
            return unknown("jsondecode", [self.text])  # the holes may hold what is missing
        return self._filled(value)

    def _mark(self, hole: Unknown, inside: bool) -> str:
        number = len(self.holes)
        self.holes.append(hole)
        if not inside:
            return f'"\ue000v{number}\ue001"'
        if isinstance(hole, Joined) and _COMMA.fullmatch(hole.separator):
            token = f"\ue000r{number}\ue001"
            return {"before": f'{token}","', "behind": f'","{token}', "all": token}[hole.side]
        return f"\ue000{'r' if _may_break_out(hole) else 's'}{number}\ue001"

    def _filled(self, value: Any) -> Any:
        """``value`` with the unknown parts in the place of the marks."""
        if isinstance(value, dict):
            if any("\ue000" in key for key in value):
                return unknown("jsondecode", [self.text])
            return {k: self._filled(v) for k, v in value.items()}
        if isinstance(value, list):
            items: list[Any] = []
            for element in value:
                if isinstance(element, str) and "\ue000" in element:
                    items.extend(self._elements(element))
                else:
                    items.append(self._filled(element))
            return items
        return self._leaf(value) if isinstance(value, str) and "\ue000" in value else value

    def _leaf(self, text: str) -> Any:
        whole = _TOKEN.fullmatch(text)
        if whole and whole[1] == "v":
            hole = self.holes[int(whole[2])]
            return hole.value if isinstance(hole, JsonText) else unknown("jsondecode", [hole])
        return self._template(text)

    def _elements(self, text: str) -> list[Any]:
        """What one element of an array with holes in it may be: ``Rest`` where it may be any number of elements."""
        whole = _TOKEN.fullmatch(text)
        hole = self.holes[int(whole[2])] if whole else None
        if whole and whole[1] == "v" and not isinstance(hole, JsonText) and not is_text(hole):
            return [rest_of(unknown("jsondecode", [[hole]]))]
        if whole and whole[1] == "r" and isinstance(hole, Joined) and _COMMA.fullmatch(hole.separator):
            return list(hole.rests)
        if any(m[1] == "r" for m in _TOKEN.finditer(text)):
            return [rest_of(unknown("jsondecode", [[self._template(text)]]))]
        return [self._leaf(text)]

    def _template(self, text: str) -> Any:
        parts: list[Any] = []
        position = 0
        for match in _TOKEN.finditer(text):
            parts += [text[position : match.start()], self.holes[int(match[2])]]
            position = match.end()
        return pieces([*parts, text[position:]])


def _ends_inside(text: str, inside: bool) -> bool:
    """Whether a JSON text that begins inside of a string, or not, ends inside of one."""
    escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = inside
        elif character == '"':
            inside = not inside
    return inside


def _may_break_out(hole: Unknown) -> bool:
    """Whether a hole inside of a string puts quotation marks of its own into it."""
    return '\\"' in hole.expr
