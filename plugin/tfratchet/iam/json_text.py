"""JSON as people write it in policies: strict, and with ``${...}`` holes of unknown value anywhere in it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NoReturn

from tfratchet.values import JsonText, Template, Unknown

# A hole becomes a token in the JSON text while the parser reads it. Text that holds these characters is refused.
_OPEN, _CLOSE = "\ue000", "\ue001"
_TOKEN = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_MAX_LENGTH = 1_000_000


class HoleKey(str):
    """A key of an object that is not known, or not in whole; ``unknown`` is its value, the text is for people."""

    __slots__ = ("unknown",)

    unknown: Unknown

    @staticmethod
    def of(key: Unknown) -> HoleKey:
        """The key for an unknown value."""
        found = HoleKey("${" + key.expr + "}")
        found.unknown = key
        return found


class JsonError(ValueError):
    """The text is no JSON that AWS would accept."""


def _refuse_constant(name: str) -> NoReturn:
    raise JsonError(f"{name} is no JSON value")


def read_json(text: str | Template) -> Any:
    """The value of a JSON text. Holes come back as unknown values, unknown parts of strings as templates.

    Objects are dicts; a key with a hole in it is a ``HoleKey``. Raises JsonError for what is no JSON, for an object
    with the same key twice (AWS refuses some of these and reads others in its own way), for texts that are too long or
    nested too deeply.
    """
    parts: Sequence[str | Unknown] = text.parts if isinstance(text, Template) else (text,)
    if sum(len(p) for p in parts if isinstance(p, str)) > _MAX_LENGTH:
        raise JsonError("the text is too long")
    holes: list[Unknown] = []
    source = _with_tokens(parts, holes)

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for raw, value in pairs:
            restored = _restore(raw, holes)
            key = HoleKey.of(restored) if isinstance(restored, Unknown) else raw
            if key in found:
                raise JsonError(f"the key {raw!r} stands twice in one object")
            found[key] = value
        return found

    try:
        value = json.loads(
            source.lstrip("\ufeff"),
            object_pairs_hook=build,
            parse_constant=_refuse_constant,
            parse_float=Decimal,
        )
        return _restore_all(value, holes)
    except RecursionError:
        raise JsonError("the text is nested too deeply") from None
    except JsonError:
        raise
    except ValueError as error:
        raise JsonError(str(error)) from None


def _with_tokens(parts: Sequence[str | Unknown], holes: list[Unknown]) -> str:
    """The text with a token for each hole: bare inside a JSON string, else as a string with the commas it needs."""
    out: list[str] = []
    in_string = False
    last = ""  # the last character outside strings that is no space
    for position, part in enumerate(parts):
        if isinstance(part, Unknown):
            token = f"{_OPEN}{len(holes)}{_CLOSE}"
            if in_string:
                # A hole whose expression holds a quote may end the string (join("\", \"", ...)): nothing is known.
                holes.append(Unknown("\x00" + part.expr) if '\\"' in part.expr else part)
                out.append(token)
                continue
            holes.append(_json_hole(part))
            following = _next_character(parts[position + 1 :])
            before = "," if last and last not in "[{,:" else ""
            after = "," if following and following not in "]},:" else ""
            member = f'"{token}":"{token}"' if last == "{" and following != ":" else f'"{token}"'
            out.append(before + member + after)
            last = "," if after else '"'
            continue
        if _OPEN in part or _CLOSE in part:
            raise JsonError("the text holds characters of a private use area")
        out.append(part)
        if position + 1 < len(parts):
            in_string, last = _scan(part, in_string, last)
    return "".join(out)


def _scan(text: str, in_string: bool, last: str) -> tuple[bool, str]:
    """Whether ``text`` ends inside a JSON string, and its last character outside of strings that is no space."""
    position = 0
    while position < len(text):
        character = text[position]
        if in_string:
            if character == "\\":
                position += 1
            elif character == '"':
                in_string, last = False, '"'
        elif character == '"':
            in_string = True
        elif not character.isspace():
            last = character
        position += 1
    return in_string, last


def _next_character(parts: Sequence[str | Unknown]) -> str:
    for part in parts:
        if isinstance(part, Unknown):
            return '"'
        stripped = part.lstrip()
        if stripped:
            return stripped[0]
    return ""


def _json_hole(hole: Unknown) -> Any:
    """What stands for a hole outside of strings: it is JSON text itself, so ``jsonencode(x)`` there means ``x``."""
    if isinstance(hole, JsonText):
        return hole.value
    expr = hole.expr
    if expr.startswith("jsonencode(") and expr.endswith(")"):
        depth = 0
        for position, character in enumerate(expr[len("jsonencode") :], len("jsonencode")):
            depth += (character == "(") - (character == ")")
            if depth == 0:
                return Unknown(expr[len("jsonencode(") : -1]) if position == len(expr) - 1 else hole
    return hole


def _restore(text: str, holes: Sequence[Any]) -> Any:
    """A string of the parsed JSON with its holes put back."""
    if _OPEN not in text:
        return text
    parts: list[str | Unknown] = []
    for position, piece in enumerate(_TOKEN.split(text)):
        if position % 2:
            parts.append(holes[int(piece)])
        elif piece:
            parts.append(piece)
    if len(parts) == 1 and not (isinstance(parts[0], Unknown) and parts[0].expr.startswith("\x00")):
        return parts[0]
    strings: list[str | Unknown] = []
    opaque = False
    for part in parts:
        if isinstance(part, Unknown) and part.expr.startswith("\x00"):
            opaque = True
            part = Unknown(part.expr[1:])  # noqa: PLW2901
        strings.append(part)
    template = Template(strings)
    return Unknown(template.expr) if opaque else template


def _restore_all(value: Any, holes: Sequence[Any]) -> Any:
    if isinstance(value, str):
        return _restore(value, holes)
    if isinstance(value, list):
        return [_restore_all(v, holes) for v in value]
    if isinstance(value, dict):
        return {k: _restore_all(v, holes) for k, v in value.items()}
    return value
