"""Functions over numbers."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from tfratchet.hcl.bigfloat import NumberTooLarge, fraction, negated, rounded
from tfratchet.hcl.convert import EvalError, arithmetic, to_number
from tfratchet.hcl.functions.base import FunctionContext, Module
from tfratchet.values import Value

FUNCTIONS = Module()
function = FUNCTIONS.function

_MAX_RANGE = 1024
"""Elements ``range`` may give, in Terraform too."""


@function("abs", "number")
def _abs(_: FunctionContext, value: Any) -> Value:
    return negated(value) if value < 0 else value


@function("ceil", "number")
def _ceil(_: FunctionContext, value: Any) -> Value:
    return math.ceil(value)


@function("floor", "number")
def _floor(_: FunctionContext, value: Any) -> Value:
    return math.floor(value)


@function("max", "number", variadic="number")
def _max(_: FunctionContext, *values: Any) -> Value:
    return max(values)


@function("min", "number", variadic="number")
def _min(_: FunctionContext, *values: Any) -> Value:
    return min(values)


@function("signum", "whole")
def _signum(_: FunctionContext, value: Any) -> Value:
    return (value > 0) - (value < 0)


@function("log", "number", "number")
def _log(_: FunctionContext, value: Any, base: Any) -> Value:
    try:
        return _from_float(math.log(float(value)) / math.log(float(base)))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise EvalError("log: there is no such logarithm") from None


@function("pow", "number", "number")
def _pow(_: FunctionContext, value: Any, power: Any) -> Value:
    try:
        return _from_float(_power(float(value), float(power)))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise EvalError("pow: there is no such power, or it is too large") from None


def _power(x: float, y: float) -> float:
    """Go's own algorithm: C's ``pow`` differs from it in the last bit (``10**23``)."""
    if y in (0.0, 1.0, 0.5, -0.5) or x in (0.0, 1.0) or (x < 0 and y != int(y)):
        return math.pow(x, y)
    part, whole = math.modf(abs(y))
    if abs(math.frexp(x)[1]) * whole > 5000:
        raise OverflowError
    result = 1.0
    if part:
        if part > 0.5:
            part, whole = part - 1, whole + 1
        result = math.exp(part * math.log(x))
    mantissa, exponent = math.frexp(x)
    shift = 0
    times = int(whole)
    while times:
        if times & 1:
            result *= mantissa
            shift += exponent
        mantissa *= mantissa
        exponent *= 2
        if abs(mantissa) < 0.5:
            mantissa += mantissa
            exponent -= 1
        times >>= 1
    return math.ldexp(1 / result, -shift) if y < 0 else math.ldexp(result, shift)


def _from_float(value: float) -> Value:
    """Terraform computes these two with 64 bits."""
    decimal = Decimal(repr(value))
    if not decimal.is_finite():
        raise EvalError("the result is not a number")
    try:
        return rounded(fraction(decimal))
    except NumberTooLarge as error:
        raise EvalError(str(error), "limit") from None


@function("sum", "list")
def _sum(_: FunctionContext, values: Any) -> Value:
    if not values:
        raise EvalError("sum: the list is empty")
    total: Any = 0
    for value in values:
        number = to_number(value)
        if number is None:
            raise EvalError("sum: an element is null")
        total = arithmetic("+", total, number)
    return total


@function("range", "number", variadic="number")
def _range(context: FunctionContext, *bounds: Any) -> Value:
    if len(bounds) > 3:
        raise EvalError("range: at most three arguments")
    start, end = (0, bounds[0]) if len(bounds) == 1 else bounds[:2]
    step = bounds[2] if len(bounds) == 3 else 1 if end >= start else -1
    if step == 0 or ((step > 0) != (end >= start) and end != start):
        raise EvalError("range: the step leads away from the end")
    largest = min(_MAX_RANGE, context.max_elements)
    result: list[Any] = []
    value = start
    while value < end if step > 0 else value > end:
        if len(result) == largest:
            raise EvalError(f"range: more than {largest} elements", "limit")
        result.append(value)
        value = arithmetic("+", value, step)
    return result


_DIGITS = {c: i for i, c in enumerate("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")}


@function("parseint", "any", "whole")
def _parseint(_: FunctionContext, text: Any, base: Any) -> Value:
    if not isinstance(text, str):
        raise EvalError("parseint: a string is needed")
    if not 2 <= base <= 62:
        raise EvalError("parseint: the base must be between 2 and 62")
    digits = text[1:] if text[:1] in ("+", "-") else text
    if len(digits) > 1000:
        raise EvalError("parseint: more than 1000 digits", "limit")
    number = 0
    for digit in digits:
        value = _DIGITS.get(digit if base > 36 else digit.lower(), base)
        if value >= base:
            break
        number = number * base + value
    else:
        if digits:
            return -number if text[0] == "-" else number
    raise EvalError(f"parseint: cannot parse {text[:60]!r} as a whole number of base {base}")
