"""Accesses behind a term: ``.name``, ``[key]``, splats; and the members of objects."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tfratchet.hcl import collections as coll
from tfratchet.hcl.convert import EvalError, choose, to_bool, to_string
from tfratchet.hcl.inputs import Shaped, element_of
from tfratchet.hcl.scope import Lazy, Scope
from tfratchet.values import REST_KEY, Choice, Entries, Rest, Unknown, Value, canonical, is_known, quote

# One step behind the first term of an expression: ("attr", name), ("index", evaluator), ("splat", steps).
Step = tuple[str, Any]


def truth(value: Value) -> Any:
    """A condition as a bool; Terraform 0.11 took the numbers 1 and 0 as well. Raises EvalError."""
    return bool(value) if type(value) is int and value in (0, 1) else to_bool(value)


def add_member(result: dict[str, Any], key: Value, value: Value) -> None:
    """Put a member into an object; under an unknown key it becomes a further, unknown entry."""
    if isinstance(key, Unknown):
        add_entry(result, key, value, None)
    elif isinstance(key, (str, bool, int, Decimal)):
        result[str(to_string(key))] = value
    else:
        raise EvalError("an object key must be a string")


def add_entry(
    result: dict[str, Any], key: Value, value: Value, depends: Unknown | None, *, group: bool = False
) -> None:
    """Put an entry beside the known ones: under a key that is not known, or there only as ``depends`` turns out.

    ``group``: more values may come under the same key, so none of them is what the key finds.
    """
    text = f"{{{canonical(key)} = {canonical(value)}}}"
    if depends is not None:
        text += f" for {depends.expr}"
    before = result.get(REST_KEY)
    expr = f"{before.expr}, {text}" if before is not None else text
    by_key, entries = (dict(before.by_key), before.entries) if isinstance(before, Entries) else ({}, ())
    name = canonical(key)
    same = name not in by_key or canonical(by_key[name]) == canonical(value)
    by_key[name] = value if same and not group else Unknown(f"{{{expr}}}[{name}]")
    if group:
        value = [Rest(value, depends or Unknown(text))]
    known = before is None or isinstance(before, Entries)
    result[REST_KEY] = Entries(expr, by_key, (*entries, (key, value, depends)) if known else ())


def apply_steps(value: Any, steps: Sequence[Step], scope: Scope) -> Any:
    """Follow accesses behind a value. Raises EvalError where there is nothing to access."""
    for position, (kind, argument) in enumerate(steps):
        if kind == "attr":
            value = attribute_of(value, argument)
        elif kind == "index":
            value = index_of(value, argument(scope))
        else:
            value = coll.splat(value, argument, scope)
            return apply_steps(value, steps[position + 1 :], scope)
    return value


def attribute_of(value: Any, name: str) -> Any:
    """``value.name``."""
    if isinstance(value, dict):
        if name in value:
            return value[name]
        if REST_KEY in value:
            return Unknown(f"{value[REST_KEY].expr}.{name}")
        known = ", ".join(sorted(value)[:8])
        raise EvalError(f"this object has no attribute {name!r}" + (f"; it has {known}" if known else ""))
    if isinstance(value, Lazy):
        return value.attribute(name)
    if isinstance(value, Choice):
        return choose(value.condition, attribute_of(value.if_true, name), attribute_of(value.if_false, name))
    if isinstance(value, Shaped):
        return value.attribute(name)
    if isinstance(value, Unknown):
        return Unknown(f"{value.expr}.{name}")
    if isinstance(value, list) and name.isdigit():
        return index_of(value, int(name))
    kind = "null" if value is None else "a list" if isinstance(value, list) else "a simple value"
    raise EvalError(f"{kind} has no attribute {name!r}")


def index_of(value: Any, key: Any) -> Any:
    """``value[key]``."""
    if isinstance(value, Lazy):
        return value.index(key)
    if isinstance(value, Choice) and is_known(key):
        return choose(value.condition, index_of(value.if_true, key), index_of(value.if_false, key))
    if isinstance(key, Unknown) and isinstance(value, (Unknown, list)):
        element = coll.element_at(value, key)
        if element is not None:
            return element
    if isinstance(value, Shaped) and isinstance(key, str) and value.shape.element is None:
        return value.attribute(key)
    if isinstance(value, Unknown):
        return element_of(value, f"{value.expr}[{canonical(key)}]")
    if isinstance(key, Unknown):
        rest = value.get(REST_KEY) if isinstance(value, dict) else None
        if isinstance(rest, Entries) and key.expr in rest.by_key:
            return rest.by_key[key.expr]
        if isinstance(value, (list, dict)):
            return Unknown(f"{canonical(value)}[{key.expr}]")
        raise EvalError("only a list or a map can be indexed")
    if isinstance(value, dict):
        text = to_string(key)
        if not isinstance(text, str):
            raise EvalError("a map is indexed by a string")
        if text in value:
            return value[text]
        if REST_KEY in value:
            return Unknown(f"{value[REST_KEY].expr}[{quote(text)}]")
        raise EvalError(f"there is no element {text!r}")
    if isinstance(value, list):
        return list_index(value, key)
    raise EvalError("null cannot be indexed" if value is None else "only a list or a map can be indexed")


def list_index(value: list[Any], key: Any) -> Any:
    """``list[3]``; behind a ``Rest`` the position of an element is not known."""
    if isinstance(key, str) and key.isdigit():
        key = int(key)
    if isinstance(key, bool) or not isinstance(key, int):
        raise EvalError("a list is indexed by a whole number")
    for position, element in enumerate(value):
        if isinstance(element, Rest):
            # The only rest of a list, asked for its first element: whatever that is, it looks like this.
            return element.value if len(value) == 1 else Unknown(f"{canonical(value)}[{key}]")
        if position == key:
            return element
    raise EvalError(f"the list has {len(value)} elements, there is none at {key}")
