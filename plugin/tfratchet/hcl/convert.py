"""Conversions between Terraform's types, equality and the operators, over partially known values.

An operand that is unknown gives an unknown result whose canonical expression names the operation, except where the
result is the same for every value the unknown may take (``false && x``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tfratchet.hcl import bigfloat
from tfratchet.values import (
    REST_KEY,
    Choice,
    JsonText,
    Rest,
    SetValue,
    Template,
    Unknown,
    Value,
    canonical,
    number_text,
)

IMPURE = re.compile(r"\b(?:uuid|bcrypt|timestamp)\(")
"""Calls that give another value each time, so that two equal expressions are not two equal values."""

_MAX_OUTCOMES = 64


class EvalError(Exception):
    """An expression that Terraform would refuse (kind ``evaluation``), or one that crosses a limit (kind ``limit``).

    The message is for people and names no file; the evaluator adds where the expression stands.
    """

    def __init__(self, message: str, kind: str = "evaluation") -> None:
        super().__init__(message)
        self.kind = kind


def type_name(value: Value | Rest) -> str:
    """Terraform's name for the kind of a value, as its error messages have it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, Decimal)):
        return "number"
    if isinstance(value, SetValue):
        return "set"
    if isinstance(value, list):
        return "list"
    return "map" if isinstance(value, dict) else "unknown value"


def parse_number(text: str) -> int | Decimal:
    """A number from a literal or a string (``1.5e3``). Raises EvalError."""
    try:
        number = bigfloat.parse(text)
    except bigfloat.NumberTooLarge as error:
        raise EvalError(str(error), "limit") from None
    if number is None:
        raise EvalError(f'cannot convert "{text[:60]}" to number: a decimal number is needed')
    return number


def to_string(value: Value) -> Any:
    """``value`` as a string; null stays null, an unknown stays what it is. Raises EvalError for a collection."""
    if value is None or isinstance(value, (str, Unknown)):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return number_text(value)
    raise EvalError(f"a string is needed, not a {type_name(value)}")


def to_number(value: Value) -> Any:
    """``value`` as a number; null stays null, an unknown stays what it is (unless it is certainly a string).

    Raises EvalError.
    """
    if isinstance(value, str):
        return parse_number(value)
    if isinstance(value, (Template, JsonText)):
        return Unknown(f"tonumber({value.expr})")
    if value is None or isinstance(value, Unknown):
        return value
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return value
    raise EvalError(f"a number is needed, not a {type_name(value)}")


_BOOLS = {"true": True, "false": False, "1": True, "0": False}


def to_bool(value: Value) -> Any:
    """``value`` as a bool; null stays null, an unknown stays what it is (unless it is certainly a string).

    Raises EvalError.
    """
    if isinstance(value, (Template, JsonText)):
        return Unknown(f"tobool({value.expr})")
    if value is None or isinstance(value, (bool, Unknown)):
        return value
    if isinstance(value, str):
        if value in _BOOLS:
            return _BOOLS[value]
        raise EvalError(f'cannot convert "{value[:60]}" to bool: only "true" and "false" are allowed')
    raise EvalError(f"a bool is needed, not a {type_name(value)}")


# Equality ------------------------------------------------------------------------------------------------------------


def equal(a: Value, b: Value) -> bool | Unknown:
    """Terraform's ``==``: a bool, or an unknown where it cannot be told.

    Two collections of equal elements are equal only when their types are (``[1] == tolist([1])`` and
    ``var.names == []`` are false), and values have no types here: the answer is unknown then.
    """
    verdict = same(a, b)
    return verdict if verdict is not None else Unknown(f"({canonical(a)} == {canonical(b)})")


def same(a: Value | Rest, b: Value | Rest) -> bool | None:
    """``equal`` as True, False, or None when it cannot be told."""
    if isinstance(a, Rest) or isinstance(b, Rest):
        return None
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return _equal_unknown(a, b)
    if isinstance(a, dict) and isinstance(b, dict):
        return _equal_dicts(a, b)
    if isinstance(a, SetValue) and isinstance(b, SetValue):
        return _equal_sets(a, b)
    if isinstance(a, list) and isinstance(b, list) and isinstance(a, SetValue) == isinstance(b, SetValue):
        return _equal_lists(a, b)
    if isinstance(a, (list, dict)) or isinstance(b, (list, dict)):
        return False
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def _equal_unknown(a: Value, b: Value) -> bool | None:
    if isinstance(a, Unknown) and isinstance(b, Unknown):
        if a.expr == b.expr:
            return None if IMPURE.search(a.expr) else True
        if isinstance(a, JsonText) and isinstance(b, JsonText):
            return False if same(a.value, b.value) is False and _plain_json(a.value, b.value) else None
        if isinstance(a, Template) and isinstance(b, Template):
            return None if _ends_agree(a, b) else False
    known, unknown = (b, a) if isinstance(a, Unknown) else (a, b)
    if not isinstance(known, Unknown) and isinstance(unknown, (Template, JsonText)):  # certainly strings, never null
        if not isinstance(known, str):
            return False
        return None if may_match(unknown, known) else False
    if isinstance(a, Choice) or isinstance(b, Choice):
        choice, other = (a, b) if isinstance(a, Choice) else (b, a)
        verdicts = {same(choice.if_true, other), same(choice.if_false, other)}  # type: ignore[union-attr]
        return verdicts.pop() if len(verdicts) == 1 else None
    return None


def _plain_json(a: Value, b: Value) -> bool:
    """JSON tells no sets from lists and no tuples from lists, so only a difference of scalars or keys counts."""
    if isinstance(a, dict) and isinstance(b, dict):
        if REST_KEY not in a and REST_KEY not in b and a.keys() != b.keys():
            return True
        return any(_plain_json(a[k], b[k]) for k in a.keys() & b.keys())
    scalars = (str, int, Decimal)
    return isinstance(a, scalars) and isinstance(b, scalars) and same(a, b) is False


def _ends_agree(a: Template, b: Template) -> bool:
    """Whether two templates may be one string, judged by their literal beginnings and ends."""
    for at in (0, -1):
        x, y = a.parts[at], b.parts[at]
        if isinstance(x, str) and isinstance(y, str):
            length = min(len(x), len(y))
            if (x[:length] != y[:length]) if at == 0 else (x[len(x) - length :] != y[len(y) - length :]):
                return False
    return True


def may_match(unknown: Unknown, text: str) -> bool:
    """Whether a partly known string may turn out to be ``text``."""
    if not isinstance(unknown, Template):
        return True
    at = 0
    last = len(unknown.parts) - 1
    for i, part in enumerate(unknown.parts):
        if not isinstance(part, str):
            continue
        if i == 0:
            if not text.startswith(part):
                return False
            at = len(part)
        elif i == last:
            return text.endswith(part) and len(text) - len(part) >= at
        else:
            found = text.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
    return last > 0 or at == len(text) or not isinstance(unknown.parts[0], str)


def _equal_lists(a: list[Any], b: list[Any]) -> bool | None:
    rest_a, rest_b = (any(isinstance(e, Rest) for e in x) for x in (a, b))
    least_a, least_b = (sum(not isinstance(e, Rest) for e in x) for x in (a, b))
    if (not rest_a and least_b > len(a)) or (not rest_b and least_a > len(b)):
        return False
    for x, y in zip(a, b, strict=False):
        if isinstance(x, Rest) or isinstance(y, Rest):
            break
        if same(x, y) is False:
            return False
    return None


def _equal_sets(a: SetValue, b: SetValue) -> bool | None:
    scalars = (str, bool, int, Decimal)
    if all(isinstance(e, scalars) for e in (*a, *b)):
        if a and b:
            return {canonical(e) for e in a} == {canonical(e) for e in b}
        return None if not a and not b else False
    return None


def _equal_dicts(a: dict[str, Any], b: dict[str, Any]) -> bool | None:
    for x, y in ((a, b), (b, a)):
        if REST_KEY not in y and any(k not in y for k in x if k != REST_KEY):
            return False
    return False if any(same(a[k], b[k]) is False for k in a.keys() & b.keys()) else None


# Element types -------------------------------------------------------------------------------------------------------


def unify(values: Sequence[Value | Rest]) -> list[Any]:
    """``values`` as elements of one list: Terraform converts them to one type (``[1, "a"]`` gives ``["1", "a"]``).

    Raises EvalError when there is no such type. What is unknown is left as it is.
    """
    kinds = {_kind(v) for v in values if v is not None and not (isinstance(v, Unknown) and _kind(v) == "unknown")}
    kinds.discard("rest")
    if len(kinds) <= 1 and not kinds & {"object", "tuple", "set"}:
        return list(values)
    if kinds <= {"string", "number", "bool"}:
        if "string" not in kinds:
            raise EvalError("the elements must all have the same type")
        return [v if isinstance(v, Rest) else to_string(v) for v in values]
    if kinds == {"object"}:
        return _unify_dicts(values)
    if kinds <= {"tuple", "set"}:
        return _unify_lists(values)
    raise EvalError("the elements must all have the same type")


def _kind(value: Value | Rest) -> str:
    if isinstance(value, (Template, JsonText)):
        return "string"
    if isinstance(value, Unknown):
        return "unknown"
    if isinstance(value, Rest):
        return "rest"
    return {"list": "tuple", "map": "object"}.get(type_name(value), type_name(value))


def _unify_dicts(values: Sequence[Any]) -> list[Any]:
    dicts = [v for v in values if isinstance(v, dict)]
    keys = {k: None for d in dicts for k in d if k != REST_KEY}
    if all(d.keys() == dicts[0].keys() for d in dicts):  # objects of one shape: attribute by attribute
        columns = {k: iter(unify([d[k] for d in dicts])) for k in keys}
        return [
            {k: next(columns[k]) if k in columns else v[k] for k in v} if isinstance(v, dict) else v for v in values
        ]
    flat = iter(unify([v for d in dicts for k, v in d.items() if k != REST_KEY]))  # otherwise maps of one type
    return [{k: v[k] if k == REST_KEY else next(flat) for k in v} if isinstance(v, dict) else v for v in values]


def _unify_lists(values: Sequence[Any]) -> list[Any]:
    lists = [v for v in values if isinstance(v, list)]
    if all(len(x) == len(lists[0]) for x in lists) and not any(isinstance(x, SetValue) for x in lists):
        columns = [unify(column) for column in zip(*lists, strict=True)]
        rows = iter([list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in lists])
        return [next(rows) if isinstance(v, list) else v for v in values]
    flat = iter(unify([e for x in lists for e in x]))
    result: list[Any] = []
    for v in values:
        if not isinstance(v, list):
            result.append(v)
            continue
        elements = [next(flat) for _ in v]
        result.append(SetValue.of(elements) if isinstance(v, SetValue) else elements)
    return result


# Choices -------------------------------------------------------------------------------------------------------------


def choose(condition: str, if_true: Value, if_false: Value) -> Value:
    """One of two values by an unknown condition; the value itself when both are the same."""
    if canonical(if_true) == canonical(if_false):
        return if_true
    return Choice(condition, if_true, if_false)


def _outcomes(value: Any) -> int:
    return _outcomes(value.if_true) + _outcomes(value.if_false) if isinstance(value, Choice) else 1


def over_choices(function: Callable[[list[Any]], Value], args: Sequence[Any], name: str) -> Value:
    """``function(args)``, done once for each branch of the choices among ``args``.

    A branch in which it fails gives an unknown; when it fails in every branch, EvalError is raised.
    """
    conditions = {a.condition for a in args if isinstance(a, Choice)}
    if not conditions:
        return function(list(args))
    if math.prod(_outcomes(a) for a in args) > _MAX_OUTCOMES:
        return Unknown(f"{name}({', '.join(canonical(a) for a in args)})")
    condition = min(conditions)
    branches: list[Value] = []
    failure: EvalError | None = None
    failures = 0
    for side in ("if_true", "if_false"):
        chosen = [getattr(a, side) if isinstance(a, Choice) and a.condition == condition else a for a in args]
        try:
            branches.append(over_choices(function, chosen, name))
        except EvalError as error:
            failure, failures = error, failures + 1
            branches.append(Unknown(f"{name}({', '.join(canonical(a) for a in chosen)})"))
    if failure is not None and (failures == 2 or failure.kind == "limit"):
        raise failure
    return choose(condition, branches[0], branches[1])


# Operators -----------------------------------------------------------------------------------------------------------

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def binary(operator: str, a: Value, b: Value) -> Value:
    """The value of ``a operator b``. Raises EvalError for operands of the wrong type or null, and for division by zero.

    ``false && x`` and ``true || x`` are decided although ``x`` is unknown: no value of ``x`` changes them.
    """
    if isinstance(a, Choice) or isinstance(b, Choice):
        return over_choices(lambda args: binary(operator, args[0], args[1]), [a, b], operator)
    if operator in ("==", "!="):
        verdict = same(a, b)
        if verdict is None:
            return Unknown(f"({canonical(a)} {operator} {canonical(b)})")
        return verdict if operator == "==" else not verdict
    convert = to_bool if operator in ("&&", "||") else to_number
    x, y = (_operand(convert, v, side) for v, side in ((a, "left"), (b, "right")))
    if operator in ("&&", "||"):
        decided = operator == "||"
        if x is decided or y is decided:
            return decided
        if not isinstance(x, Unknown) and not isinstance(y, Unknown):
            return not decided
    if isinstance(x, Unknown) or isinstance(y, Unknown):
        return Unknown(f"({canonical(a)} {operator} {canonical(b)})")
    return _COMPARE[operator](x, y) if operator in _COMPARE else arithmetic(operator, x, y)


def _operand(convert: Callable[[Value], Any], value: Value, side: str) -> Any:
    if value is None:
        raise EvalError(f"the {side} operand must not be null")
    try:
        return convert(value)
    except EvalError as error:
        raise EvalError(f"unsuitable value for the {side} operand: {error}", error.kind) from None


def arithmetic(operator: str, a: int | Decimal, b: int | Decimal) -> int | Decimal:
    """The value of ``a operator b`` for known numbers. Raises EvalError for division by zero and numbers too large."""
    try:
        if isinstance(a, int) and isinstance(b, int) and operator in "+-*":
            whole = a + b if operator == "+" else a - b if operator == "-" else a * b
            return whole if whole.bit_length() <= bigfloat.PRECISION else bigfloat.rounded(Fraction(whole))
        x, y = bigfloat.fraction(a), bigfloat.fraction(b)
        if operator == "%":  # the sign is the dividend's; rounded at each step, as Terraform does
            if y == 0:
                return a
            times = int(bigfloat.fraction(bigfloat.rounded(x / y)))
            return bigfloat.rounded(x - bigfloat.fraction(bigfloat.rounded(y * times)))
        if operator == "/":
            if y == 0:
                raise EvalError("division by zero")
            return bigfloat.rounded(x / y)
        return bigfloat.rounded(x + y if operator == "+" else x - y if operator == "-" else x * y)
    except bigfloat.NumberTooLarge as error:
        raise EvalError(str(error), "limit") from None


def unary(operator: str, a: Value) -> Value:
    """The value of ``!a`` or ``-a``. Raises EvalError."""
    if isinstance(a, Choice):
        return over_choices(lambda args: unary(operator, args[0]), [a], operator)
    value: Value = _operand(to_bool if operator == "!" else to_number, a, "only")
    if isinstance(value, (int, Decimal)):
        return (not value) if operator == "!" else bigfloat.negated(value)
    return Unknown(f"{operator}{_grouped(canonical(value))}")


def _grouped(expr: str) -> str:
    return f"({expr})" if " " in expr and not expr.startswith("(") else expr
