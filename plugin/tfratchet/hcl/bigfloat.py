"""Terraform's numbers: binary floats with a mantissa of 512 bits, as exact Python numbers.

A number is an ``int``, or a ``decimal.Decimal`` when it is not whole. The decimal is the shortest one that stands for
the binary float, which is also how Terraform prints it; so texts agree, and nothing is rounded twice.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

Number: TypeAlias = int | Decimal

PRECISION = 512
MAX_EXPONENT = 1000
"""Decimal digits before or after the point that a number may have; ``1e999999999`` would fill the memory."""

_NUMBER = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?\Z", re.ASCII)


class NumberTooLarge(ArithmeticError):  # noqa: N818  (a limit, not a fault)
    """A number beyond ``MAX_EXPONENT`` digits."""


def parse(text: str) -> Number | None:
    """A number from its decimal text (``-1.5e3``); None when it is not one. Raises NumberTooLarge."""
    match = _NUMBER.match(text)
    if match is None:
        return None
    sign, digits, exponent = match.groups()
    power = _bounded(exponent)
    if len(digits) > MAX_EXPONENT or abs(power) > MAX_EXPONENT:
        raise NumberTooLarge(f"a number with more than {MAX_EXPONENT} digits")
    whole, _, part = digits.partition(".")
    value = Fraction(int((whole + part) or "0")) * Fraction(10) ** (power - len(part))
    return rounded(-value if sign == "-" else value)


def _bounded(exponent: str | None) -> int:
    if not exponent:
        return 0
    if len(exponent.lstrip("+-0")) > len(str(MAX_EXPONENT)):
        return MAX_EXPONENT + 1
    return int(exponent)


def negated(value: Number) -> Number:
    """``-value``, with all of its digits (the operator would round a decimal)."""
    return -value if isinstance(value, int) else value.copy_negate()


def fraction(value: Number) -> Fraction:
    """The exact value of the binary float that a number stands for."""
    if isinstance(value, int):
        return Fraction(value)
    numerator, denominator = value.as_integer_ratio()
    mantissa, exponent = _nearest(Fraction(abs(numerator), denominator))
    exact = Fraction(mantissa) * Fraction(2) ** exponent
    return -exact if numerator < 0 else exact


def rounded(value: Fraction) -> Number:
    """The nearest number that Terraform can hold. Raises NumberTooLarge."""
    numerator, denominator = value.numerator, value.denominator
    if denominator == 1 and numerator.bit_length() <= PRECISION:
        return numerator
    if max(numerator.bit_length(), denominator.bit_length()) > MAX_EXPONENT * 4:
        raise NumberTooLarge(f"a number with more than {MAX_EXPONENT} digits")
    mantissa, exponent = _nearest(abs(value))
    digits, point = _shortest(mantissa, exponent)
    sign = "-" if value < 0 else ""
    if len(digits) <= point:
        return int(sign + digits + "0" * (point - len(digits)))
    return Decimal(f"{sign}{digits}E{point - len(digits)}")


def _nearest(value: Fraction) -> tuple[int, int]:
    """Mantissa of ``PRECISION`` bits and binary exponent of the float nearest to a positive value (ties to even)."""
    numerator, denominator = value.numerator, value.denominator
    shift = PRECISION - (numerator.bit_length() - denominator.bit_length())
    for exponent in (shift, shift - 1):  # the first try has PRECISION or PRECISION + 1 bits
        scaled = numerator << exponent if exponent >= 0 else numerator
        divisor = denominator if exponent >= 0 else denominator << -exponent
        mantissa, rest = divmod(scaled, divisor)
        if mantissa.bit_length() <= PRECISION:
            break
    if 2 * rest > divisor or (2 * rest == divisor and mantissa & 1):
        mantissa += 1
    return mantissa, -exponent


def _digits(mantissa: int, exponent: int) -> tuple[str, int]:
    """All decimal digits of ``mantissa * 2**exponent``, and where the point stands (``0.digits * 10**point``)."""
    if exponent >= 0:
        text = str(mantissa << exponent)
        return text.rstrip("0"), len(text)
    text = str(mantissa * 5**-exponent)
    return text.rstrip("0"), len(text) + exponent


def _shortest(mantissa: int, exponent: int) -> tuple[str, int]:
    """The fewest digits that still name this float: any digits inside half a unit of the last bit do."""
    digits, point = _digits(mantissa, exponent)
    lower, _ = _digits(2 * mantissa - 1, exponent - 1)
    upper, _ = _digits(2 * mantissa + 1, exponent - 1)
    inclusive = mantissa % 2 == 0
    for i, digit in enumerate(digits):
        low = lower[i] if i < len(lower) else "0"
        high = upper[i] if i < len(upper) else "0"
        down = low != digit or (inclusive and i + 1 == len(lower))
        up = digit != high and (inclusive or int(digit) + 1 < int(high) or i + 1 < len(upper))
        if down or up:
            kept = digits[: i + 1]
            if not up or (down and not _rounds_up(digits, i + 1)):
                return _trimmed(kept, point)
            raised = str(int(kept) + 1)
            return _trimmed(raised, point + len(raised) - len(kept))
    return digits, point


def _rounds_up(digits: str, at: int) -> bool:
    """Whether the digits from ``at`` on are more than half a unit (exactly half goes to the even digit)."""
    if at >= len(digits):
        return False
    if digits[at] == "5" and at + 1 == len(digits):
        return int(digits[at - 1]) % 2 == 1
    return digits[at] >= "5"


def _trimmed(digits: str, point: int) -> tuple[str, int]:
    return digits.rstrip("0") or "0", point
