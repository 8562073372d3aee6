"""Functions over strings. A ``Template`` keeps its known parts where the function works part by part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tfratchet.hcl.convert import EvalError
from tfratchet.hcl.functions.base import (
    MAX_TEXT,
    FunctionContext,
    Joined,
    Module,
    expression,
    fixed,
    limited,
    pieces,
    rest_of,
    unknown,
)
from tfratchet.hcl.functions.graphemes import graphemes
from tfratchet.values import Rest, SetValue, Template, Unknown, Value, canonical, quote

FUNCTIONS = Module()
function = FUNCTIONS.function


def _map(name: str, each: Callable[[str], str], value: str | Unknown) -> Value:
    """``each`` done to every known part of a string."""
    if isinstance(value, str):
        return each(value)
    if not isinstance(value, Template):
        return unknown(name, [value])
    return pieces(each(p) if isinstance(p, str) else unknown(name, [p]) for p in value.parts)


def _upper_letter(letter: str) -> str:
    upper = letter.upper()
    return upper if len(upper) == 1 else letter  # one letter for one letter, as in Go


def _lower_letter(letter: str) -> str:
    return letter.lower()[:1]


@function("upper", "string", partial=True)
def _upper(_: FunctionContext, text: Any) -> Value:
    return _map("upper", lambda s: "".join(map(_upper_letter, s)), text)


@function("lower", "string", partial=True)
def _lower(_: FunctionContext, text: Any) -> Value:
    return _map("lower", lambda s: "".join(map(_lower_letter, s)), text)


@function("title", "string")
def _title(_: FunctionContext, text: Any) -> Value:
    result = []
    separated = True
    for letter in text:
        title = letter.title()
        result.append(title if separated and len(title) == 1 else letter)
        separated = _separates(letter)
    return "".join(result)


def _separates(letter: str) -> bool:
    if letter.isascii():
        return not (letter.isalnum() or letter == "_")
    return not letter.isalpha() and letter.isspace()


@function("chomp", "string")
def _chomp(_: FunctionContext, text: Any) -> Value:
    return text.rstrip("\r\n")


@function("indent", "whole", "string")
def _indent(_: FunctionContext, spaces: Any, text: Any) -> Value:
    if spaces < 0:
        raise EvalError("indent: the number of spaces must not be negative")
    _check_growth(text, text.count("\n"), spaces)
    return text.replace("\n", "\n" + " " * spaces)


def _check_growth(text: str, times: int, by: int) -> None:
    if len(text) + times * by > MAX_TEXT:
        raise EvalError(f"a text of more than {MAX_TEXT} characters", "limit")


@function("trim", "string", "string")
def _trim(_: FunctionContext, text: Any, characters: Any) -> Value:
    return text.strip(characters) if characters else text


# What Go's unicode.IsSpace has; Python's strip() also takes the separators U+001C to U+001F.
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


@function("trimspace", "string")
def _trimspace(_: FunctionContext, text: Any) -> Value:
    return text.strip(_SPACES)


@function("trimprefix", "string", "string", partial=True)
def _trimprefix(_: FunctionContext, text: Any, prefix: Any) -> Value:
    begins = _starts(text, prefix)
    if begins is None:
        return unknown("trimprefix", [text, prefix])
    if not begins:
        return text
    if isinstance(text, str):
        return text[len(prefix) :]
    return pieces([text.parts[0][len(prefix) :], *text.parts[1:]])


@function("trimsuffix", "string", "string", partial=True)
def _trimsuffix(_: FunctionContext, text: Any, suffix: Any) -> Value:
    ends = _ends(text, suffix)
    if ends is None:
        return unknown("trimsuffix", [text, suffix])
    if not ends or not suffix:
        return text
    if isinstance(text, str):
        return text[: -len(suffix)]
    return pieces([*text.parts[:-1], text.parts[-1][: -len(suffix)]])


@function("startswith", "string", "string", partial=True)
def _startswith(_: FunctionContext, text: Any, prefix: Any) -> Value:
    begins = _starts(text, prefix)
    return unknown("startswith", [text, prefix]) if begins is None else begins


@function("endswith", "string", "string", partial=True)
def _endswith(_: FunctionContext, text: Any, suffix: Any) -> Value:
    ends = _ends(text, suffix)
    return unknown("endswith", [text, suffix]) if ends is None else ends


def _starts(text: Any, prefix: Any) -> bool | None:
    """Whether a string starts with another; None when it cannot be told from its known beginning."""
    if not isinstance(prefix, str):
        return None
    if isinstance(text, str):
        return text.startswith(prefix)
    part = text.parts[0] if isinstance(text, Template) else ""
    known = part if isinstance(part, str) else ""
    if len(known) >= len(prefix) and known:
        return known.startswith(prefix)
    return None if prefix.startswith(known) else False


def _ends(text: Any, suffix: Any) -> bool | None:
    if not isinstance(suffix, str):
        return None
    if isinstance(text, str):
        return text.endswith(suffix)
    part = text.parts[-1] if isinstance(text, Template) else ""
    known = part if isinstance(part, str) else ""
    if len(known) >= len(suffix) and known:
        return known.endswith(suffix)
    return None if suffix.endswith(known) else False


@function("strcontains", "string", "string", partial=True)
def _strcontains(_: FunctionContext, text: Any, part: Any) -> Value:
    if isinstance(part, str):
        if isinstance(text, str):
            return part in text
        if isinstance(text, Template) and any(isinstance(p, str) and part in p for p in text.parts):
            return True
    return unknown("strcontains", [text, part])


@function("strrev", "string")
def _strrev(_: FunctionContext, text: Any) -> Value:
    return "".join(reversed(graphemes(text)))


@function("substr", "string", "whole", "whole")
def _substr(_: FunctionContext, text: Any, offset: Any, length: Any) -> Value:
    clusters = graphemes(text)
    start = max(0, offset + len(clusters)) if offset < 0 else offset
    return "".join(clusters[start:] if length < 0 else clusters[start : start + length])


@function("split", "string", "string", partial=True)
def _split(_: FunctionContext, separator: Any, text: Any) -> Value:
    if isinstance(separator, str) and isinstance(text, str):
        return text.split(separator) if separator else list(text)
    if isinstance(text, Template) and isinstance(separator, str) and len(separator) == 1:
        return _split_template(separator, text)
    return unknown("split", [separator, text])


def _split_template(separator: str, text: Template) -> list[Any]:
    """Known elements where both ends of them are known; an unknown part may hold separators of its own."""
    elements: list[list[Any]] = [[]]
    for part in text.parts:
        first, *others = part.split(separator) if isinstance(part, str) else (part,)
        elements[-1].append(first)
        elements.extend([other] for other in others)
    result: list[Any] = []
    for parts in elements:
        element = pieces(parts)
        result.append(rest_of(unknown("split", [separator, element])) if isinstance(element, Unknown) else element)
    return result


@function("join", "string", "strings", variadic="strings", partial=True)
def _join(_: FunctionContext, separator: Any, *lists: Any) -> Value:
    if isinstance(separator, Unknown) or any(isinstance(one, Rest) for one in lists):
        return unknown("join", [separator, *lists])
    items: list[Any] = []
    for one in lists:
        if isinstance(one, SetValue) and any(isinstance(e, (Unknown, Rest)) for e in one) and len(one) > 1:
            return unknown("join", [separator, *lists])  # the order of a set depends on all of its elements
        items.extend([rest_of(one)] if isinstance(one, Unknown) else one)
    if None in items:
        raise EvalError("join: an element is null")
    if isinstance(items, list) and len(items) == 1 and isinstance(items[0], Rest):
        return Joined(expression("join", [separator, lists[0] if len(lists) == 1 else items]), items, separator, "all")
    return _joined(separator, items)


def _joined(separator: str, items: Sequence[Any]) -> Value:
    """The elements with the separator between them. A ``Rest`` brings its own separators along, as it may be empty."""
    start = len(fixed(items))
    anchor = next((i for i, e in enumerate(items) if not isinstance(e, Rest)), len(items))
    if start < len(items) and anchor == len(items):
        return Joined(expression("join", [separator, list(items)]), items, separator, "all")
    parts: list[Any] = []
    for position, item in enumerate(items):
        if isinstance(item, Rest):
            side = "behind" if position > anchor else "before"
            shape = f"{quote(separator)} + each" if side == "behind" else f"each + {quote(separator)}"
            parts.append(Joined(f'join("", [{shape} in {canonical(item)}])', [item], separator, side))
            continue
        if position > anchor:
            parts.append(separator)
        parts.append(item)
    _check_growth("", len(items), len(separator))
    return pieces(parts)


@function("replace", "string", "string", "string", partial=True)
def _replace(_: FunctionContext, text: Any, old: Any, new: Any) -> Value:
    if isinstance(text, Template) and isinstance(old, str) and isinstance(new, str) and len(old) == 1:
        return pieces(
            p.replace(old, new) if isinstance(p, str) else unknown("replace", [p, old, new]) for p in text.parts
        )
    if any(isinstance(a, Unknown) for a in (text, old, new)):
        return unknown("replace", [text, old, new])
    if len(old) > 1 and old[0] == old[-1] == "/":
        from tfratchet.hcl.functions.regexes import substitute

        return limited(substitute(text, old[1:-1], new))
    _check_growth(text, text.count(old) if old else len(text) + 1, len(new))
    return text.replace(old, new)
