"""Type conversions, and the marks (sensitive, ephemeral) that change no value."""

from __future__ import annotations

from typing import Any

from tfratchet.hcl.convert import EvalError, choose, to_bool, to_number, to_string, type_name, unify
from tfratchet.hcl.functions.base import FunctionContext, Module, is_text, rest_of, unknown, unordered
from tfratchet.values import REST_KEY, Choice, JsonText, SetValue, Template, Unknown, Value, is_known

FUNCTIONS = Module()
function = FUNCTIONS.function


@function("tostring", "nullable", partial=True)
def _tostring(_: FunctionContext, value: Any) -> Value:
    """An unknown stays itself: a number and its text are the same thing to every AWS argument."""
    return to_string(value)


@function("tonumber", "nullable", partial=True)
def _tonumber(_: FunctionContext, value: Any) -> Value:
    return to_number(value)


@function("tobool", "nullable", partial=True)
def _tobool(_: FunctionContext, value: Any) -> Value:
    return to_bool(value)


@function("tolist", "nullable", partial=True)
def _tolist(_: FunctionContext, value: Any) -> Value:
    if value is None or _may_be_collection(value):
        return value
    if not isinstance(value, list):
        raise EvalError(f"tolist: a list or set is needed, not a {type_name(value)}")
    items = unify(value)
    return unordered(items, [e for e in items if is_known(e)]) if isinstance(value, SetValue) else items


@function("toset", "nullable", partial=True)
def _toset(_: FunctionContext, value: Any) -> Value:
    if value is None:
        return None
    if isinstance(value, Choice):
        return choose(value.condition, _set_of(value.if_true), _set_of(value.if_false))
    return _set_of(value)


def _set_of(value: Any) -> Value:
    if value is None:
        return None
    if _may_be_collection(value):
        # Its elements are those of the collection: ``for_each`` goes over them, whatever the set is called.
        return SetValue.of([rest_of(value)])
    if not isinstance(value, list):
        raise EvalError(f"toset: a list or set is needed, not a {type_name(value)}")
    return SetValue.of(unify(value))


@function("tomap", "nullable", partial=True)
def _tomap(_: FunctionContext, value: Any) -> Value:
    if value is None or _may_be_collection(value):
        return value
    if not isinstance(value, dict):
        raise EvalError(f"tomap: a map is needed, not a {type_name(value)}")
    names = sorted(k for k in value if k != REST_KEY)
    converted: dict[str, Any] = dict(zip(names, unify([value[k] for k in names]), strict=True))
    return converted | {k: v for k, v in value.items() if k == REST_KEY}


def _may_be_collection(value: Any) -> bool:
    return isinstance(value, Unknown) and not isinstance(value, (Template, JsonText)) and not is_text(value)


for _name in ("sensitive", "nonsensitive", "ephemeralasnull"):

    @function(_name, "nullable", partial=True)
    def _same(_: FunctionContext, value: Any) -> Value:
        """Ephemeral values are unknown anyway, and marks are not followed."""
        return value


@function("issensitive", "nullable", partial=True)
def _issensitive(_: FunctionContext, value: Any) -> Value:
    """Marks are not followed, so the answer is not known."""
    return unknown("issensitive", [value])
