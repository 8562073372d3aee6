"""``format`` and ``formatlist``: Terraform's formatting verbs, with holes for what is unknown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from tfratchet.hcl.bigfloat import fraction, negated
from tfratchet.hcl.convert import EvalError, to_bool, to_number, to_string
from tfratchet.hcl.functions.base import (
    FunctionContext,
    Module,
    check_count,
    fixed,
    has_rest,
    is_text,
    pieces,
    rest_of,
    unknown,
)
from tfratchet.hcl.functions.graphemes import graphemes
from tfratchet.hcl.functions.jsontext import encode, quoted
from tfratchet.values import JsonText, Rest, SetValue, Template, Unknown, Value, is_known, number_text

FUNCTIONS = Module()
function = FUNCTIONS.function

_MAX_WIDTH = 10_000
_VERB = re.compile(r"%(?:%|([ +\-#0]*)(\d+)?(?:(\.)(\d*))?(?:\[(\d+)\])?([vtbdoxXeEfgGsq]))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb of a format: which argument, and how it is written."""

    text: str
    index: int
    flags: str
    width: int
    precision: int | None
    mode: str

    @property
    def plain(self) -> bool:
        """Whether the argument's text is put in as it is."""
        return self.mode in "sv" and not self.flags and not self.width and self.precision is None


@lru_cache(maxsize=256)
def parse(template: str) -> tuple[list[str | Verb], int]:
    """The literals and verbs of a format, and how many arguments it needs. Raises EvalError."""
    parts: list[str | Verb] = []
    position = index = needed = 0
    while True:
        found = template.find("%", position)
        parts.append(template[position:] if found < 0 else template[position:found])
        if found < 0:
            return parts, needed
        match = _VERB.match(template, found)
        if match is None:
            raise EvalError(f"unsupported format verb at {template[found : found + 12]!r}")
        position = match.end()
        if match[0] == "%%":
            parts.append("%")
            continue
        flags, width, dot, precision, chosen, mode = match.groups()
        if chosen:
            index = _small(chosen) - 1
            if index < 0:
                raise EvalError(f"{match[0]}: arguments are counted from 1")
        parts.append(Verb(match[0], index, flags, _small(width), _small(precision) if dot else None, mode))
        index += 1
        needed = max(needed, index)


def _small(digits: str | None) -> int:
    if digits and (len(digits) > 6 or int(digits) > _MAX_WIDTH):
        raise EvalError(f"a width of more than {_MAX_WIDTH}", "limit")
    return int(digits or 0)


@function("format", "string", variadic="nullable", partial=True)
def _format(_: FunctionContext, template: Any, *args: Any) -> Value:
    if isinstance(template, Unknown) or any(a is None or isinstance(a, Rest) for a in args):
        return unknown("format", [template, *args])  # Terraform does not tell either, for null
    return _filled(_checked("format", template, len(args)), list(args))


def _checked(name: str, template: str, given: int) -> list[str | Verb]:
    try:
        parts, needed = parse(template)
    except EvalError as error:
        raise EvalError(f"{name}: {error}", error.kind) from None
    if needed != given:
        raise EvalError(f"{name}: {given} arguments, the format needs {needed}")
    return parts


def _filled(parts: list[str | Verb], args: list[Any]) -> Value:
    return pieces(part if isinstance(part, str) else _argument(part, args[part.index]) for part in parts)


def _argument(verb: Verb, arg: Any) -> str | Unknown:
    if is_known(arg):
        return write(verb, arg)
    if verb.plain and isinstance(arg, Unknown):
        return arg
    if not isinstance(arg, Unknown) and verb.mode != "v":
        raise EvalError(f"format: {verb.text} needs a simple value")
    if verb.plain:
        return JsonText(arg)
    return unknown("format", [re.sub(r"\[\d+\]", "", verb.text), arg])


def write(verb: Verb, value: Any) -> str:
    """The text of a known value, as ``verb`` asks. Raises EvalError."""
    mode = verb.mode
    if mode == "v":
        if value is None:
            return "null"
        if "#" in verb.flags:
            return _padded(verb, encode(value))
        if isinstance(value, (list, dict)):
            return _padded(verb, encode(value))
        mode = "s" if isinstance(value, (str, bool)) else "g"
    if value is None:
        raise EvalError(f"{verb.text}: the value is null")
    if mode == "t":
        return str(to_string(to_bool(value)))
    if mode == "s":
        text = str(to_string(value))
        if verb.precision and verb.mode == "s":
            text = "".join(graphemes(text)[: verb.precision])
        return _padded(verb, text)
    if mode == "q":
        return _padded(verb, quoted(str(to_string(value))))
    number = to_number(value)
    if mode in "bdoxX":
        if not isinstance(number, int):
            raise EvalError(f"{verb.text}: a whole number is needed")
        return _signed(verb, number < 0, _whole(verb, abs(number)))
    precision = None if verb.mode == "v" else verb.precision
    return _signed(verb, number < 0, _float(mode, negated(number) if number < 0 else number, precision))


def _padded(verb: Verb, text: str) -> str:
    missing = verb.width - len(graphemes(text)) if verb.width else 0
    if missing <= 0:
        return text
    if "-" in verb.flags:
        return text + " " * missing
    return ("0" if "0" in verb.flags else " ") * missing + text


def _signed(verb: Verb, negative: bool, digits: str) -> str:
    """A number with its sign; zeros for the width go between both."""
    sign = "-" if negative else "+" if "+" in verb.flags else " " if " " in verb.flags else ""
    missing = verb.width - len(sign) - len(digits)
    if missing <= 0:
        return sign + digits
    if "-" in verb.flags:
        return sign + digits + " " * missing
    return sign + "0" * missing + digits if "0" in verb.flags else " " * missing + sign + digits


_PREFIXES = {"x": "0x", "X": "0X", "o": "0", "b": "0b"}


def _whole(verb: Verb, number: int) -> str:
    digits = format(number, verb.mode).rjust(verb.precision or 0, "0")
    return _PREFIXES.get(verb.mode, "") + digits if "#" in verb.flags else digits


def _float(mode: str, number: int | Decimal, precision: int | None) -> str:
    if mode in "gG":
        text = _general(number, precision)
    elif mode == "f":
        text = _fixed(fraction(number), 6 if precision is None else precision)
    else:
        text = _exponential(*_rounded_digits(fraction(number), (6 if precision is None else precision) + 1))
    return text.upper() if mode in "EG" else text


def _fixed(value: Fraction, places: int) -> str:
    digits = str(round(value * 10**places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def _rounded_digits(value: Fraction, count: int) -> tuple[str, int]:
    """The first ``count`` digits of a number, and where its point stands: ``0.digits * 10**point``."""
    if value == 0:
        return "0" * count, 1
    point = len(str(value.numerator)) - len(str(value.denominator))
    point += 1 if value >= Fraction(10) ** point else 0
    digits = str(round(value * Fraction(10) ** (count - point)))
    return digits[:count], point + len(digits) - count


def _exponential(digits: str, point: int) -> str:
    exponent = 0 if not digits.strip("0") else point - 1
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"


def _general(number: int | Decimal, precision: int | None) -> str:
    """Go's %g: the shortest text; an exponent for very small numbers, and for large ones."""
    if precision is None:
        whole, _, part = number_text(number).partition(".")
        point = len(whole) if whole != "0" else -(len(part) - len(part.lstrip("0")))
        digits = (whole + part).strip("0") or "0"
        limit = 6
    else:
        digits, point = _rounded_digits(fraction(number), precision or 1)
        digits = digits.rstrip("0") or "0"
        limit = precision or 1
        if limit > len(digits) and len(digits) >= point:
            limit = len(digits)
    if digits == "0":
        return "0"
    if point - 1 < -4 or point - 1 >= limit:
        return _exponential(digits, point)
    if point <= 0:
        return "0." + "0" * -point + digits
    padded = digits.ljust(point, "0")
    return padded[:point] + ("." + padded[point:] if len(padded) > point else "")


@function("formatlist", "string", variadic="nullable", partial=True)
def _formatlist(context: FunctionContext, template: Any, *args: Any) -> Value:
    if isinstance(template, Unknown) or any(a is None or isinstance(a, Rest) for a in args):
        return unknown("formatlist", [template, *args])
    if any(isinstance(a, SetValue) and len(a) > 1 and not is_known(a) for a in args):
        return unknown("formatlist", [template, *args])  # the order of that set is not known
    parts = _checked("formatlist", template, len(args))
    # A plain unknown may be a list or a single value; as a list of an open number of elements it is both.
    columns = [[rest_of(a)] if _may_be_list(a) else a for a in args]
    lists = [c for c in columns if isinstance(c, list)]
    if not lists:
        return [_element(parts, columns)]
    if len({len(one) for one in lists if not has_rest(one)}) > 1:
        raise EvalError("formatlist: the lists must be equally long")
    count = min(len(fixed(one)) for one in lists)
    check_count(count, context)
    result: list[Any] = [_element(parts, _row(columns, i)) for i in range(count)]
    if not any(has_rest(one) for one in lists):
        return result
    behind = [c[count:] if isinstance(c, list) else c for c in columns]
    of = unknown("formatlist", [template, *behind])
    if len(lists) == 1:
        length = len(lists[0]) - count
        result.extend(_open_element(parts, _row(behind, i), None) for i in range(length))
    elif all(len(c) == 1 for c in behind if isinstance(c, list)):
        result.append(_open_element(parts, _row(behind, 0), of))
    else:
        result.append(rest_of(of))
    return result


def _may_be_list(value: Any) -> bool:
    return isinstance(value, Unknown) and not isinstance(value, (Template, JsonText)) and not is_text(value)


def _row(columns: list[Any], position: int) -> list[Any]:
    return [c[position] if isinstance(c, list) else c for c in columns]


def _element(parts: list[str | Verb], row: list[Any]) -> Value:
    if None in row:
        raise EvalError("formatlist: an element is null")
    return _filled(parts, row)


def _open_element(parts: list[str | Verb], row: list[Any], of: Unknown | None) -> Value | Rest:
    """The format of any number of further elements; of one, when none of the row is a ``Rest``."""
    rests = [e.of for e in row if isinstance(e, Rest)]
    text = _element(parts, [e.value if isinstance(e, Rest) else e for e in row])
    return Rest(text, of or rests[0]) if rests else text
