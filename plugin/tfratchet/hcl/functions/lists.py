"""Functions over lists."""

from __future__ import annotations

from typing import Any

from tfratchet.hcl.collections import element_at
from tfratchet.hcl.convert import EvalError, choose, same, to_string, type_name, unify
from tfratchet.hcl.functions.base import (
    FunctionContext,
    Module,
    access,
    check_count,
    elements,
    expression,
    fixed,
    has_rest,
    is_string,
    is_text,
    maybe,
    rest_entry,
    rest_of,
    same_element,
    surrounded,
    unique,
    unknown,
    unordered,
)
from tfratchet.hcl.functions.graphemes import graphemes
from tfratchet.values import Filter, JsonText, Rest, SetValue, Template, Unknown, Value, canonical, is_known

FUNCTIONS = Module()
function = FUNCTIONS.function


@function("concat", variadic="list", partial=True)
def _concat(context: FunctionContext, *lists: Any) -> Value:
    if not lists:
        raise EvalError("concat: at least one list is needed")
    result: list[Any] = []
    for one in lists:
        if isinstance(one, SetValue):
            raise EvalError("concat: a list is needed, not a set")
        if isinstance(one, Rest):
            _flatten_rest(one, result, context, deep=False)
        else:
            result.extend(elements(one))
    check_count(len(result), context)
    return result


@function("flatten", "list", partial=True)
def _flatten(context: FunctionContext, value: Any) -> Value:
    if isinstance(value, Unknown):
        return [rest_of(unknown("flatten", [value]))]
    result: list[Any] = []
    _flatten_into(value, result, context)
    return result


def _flatten_into(items: list[Any], into: list[Any], context: FunctionContext) -> None:
    check_count(len(into), context)
    if isinstance(items, SetValue) and not is_known(items):
        items = unordered(items, [e for e in items if is_known(e)])
    for item in items:
        if isinstance(item, list):
            _flatten_into(item, into, context)
        elif isinstance(item, Rest):
            _flatten_rest(item, into, context, deep=True)
        elif isinstance(item, Unknown) and not is_string(item):  # a list itself, or one element
            into.append(rest_of(Unknown(f"flatten([{item.expr}])")))
        else:
            into.append(item)


def _flatten_rest(rest: Rest, into: list[Any], context: FunctionContext, deep: bool) -> None:
    """Add the elements of any number of unknown lists, each of the shape of ``rest.value``."""
    value = rest.value
    if isinstance(value, list):
        inner: list[Any] = []
        if deep:
            _flatten_into(value, inner, context)
        else:
            inner = list(value)
        for item in inner:
            if isinstance(item, Rest):
                filtered = isinstance(rest.of, Filter) or isinstance(item.of, Filter)
                of = f"{rest.of.expr}: {item.of.expr}"
                into.append(Rest(item.value, Filter(of) if filtered else Unknown(of)))
            else:
                into.append(Rest(item, rest.of))
    elif deep and not (isinstance(value, Unknown) and not is_string(value)):
        into.append(rest)
    else:
        into.append(rest_of(Unknown(f"flatten([{canonical(rest)}])")))


@function("contains", "any", "any", partial=True)
def _contains(_: FunctionContext, value: Any, wanted: Any) -> Value:
    if isinstance(value, Unknown) and not isinstance(value, (Template, JsonText)):
        return unknown("contains", [value, wanted])
    if not isinstance(value, list):
        raise EvalError("contains: a list or set is needed")
    verdicts = [same(element, wanted) for element in value]
    if True in verdicts:
        return True
    if not all(v is False for v in verdicts):
        return unknown("contains", [value, wanted])
    return False


@function("distinct", "list", partial=True)
def _distinct(_: FunctionContext, value: Any) -> Value:
    if isinstance(value, Unknown):
        return [rest_of(unknown("distinct", [value]))]
    items = unique(unify(value))
    if isinstance(value, SetValue) and not is_known(value):
        return surrounded(items, [e for e in items if is_known(e)])
    certain = next((i for i in range(len(items)) if not _stands_alone(i, items)), len(items))
    behind = items[certain:]  # an unknown element may equal a known one behind it, which then moves forward
    return [*items[:certain], *surrounded(behind, [e for e in behind if is_known(e)])]


def _stands_alone(position: int, items: list[Any]) -> bool:
    """Whether the element at ``position`` is certainly kept and takes no later one's place."""
    element = items[position]
    if is_known(element):
        return True
    others = (other for i, other in enumerate(items) if i != position)
    return not isinstance(element, Rest) and all(same(element, other) is False for other in others)


@function("compact", "strings", partial=True)
def _compact(_: FunctionContext, value: Any) -> Value:
    if isinstance(value, Unknown):
        return [rest_of(unknown("compact", [value]))]
    result: list[Any] = []
    for element in value:
        if element is None or element == "":
            continue
        if isinstance(element, Unknown) and not is_text(element):
            result.append(maybe(element, Unknown(f"compact([{element.expr}])")))
        else:
            result.append(element)
    return _in_order(value, result)


def _in_order(value: Any, result: list[Any]) -> list[Any]:
    """The order of a set's elements depends on the unknown ones."""
    return unordered(result, [e for e in result if is_known(e)]) if isinstance(value, SetValue) else result


@function("element", "any", "whole", partial=True)
def _element(_: FunctionContext, value: Any, index: Any) -> Value:
    if isinstance(index, Unknown) and isinstance(value, (Unknown, list)):
        found = element_at(value, index)
        if found is not None:
            return found
    if isinstance(value, (Unknown, SetValue)) or not isinstance(value, list):
        if isinstance(value, Unknown) and not isinstance(value, (Template, JsonText)):
            return unknown("element", [value, index])
        raise EvalError(f"element: a list is needed, not a {type_name(value)}")
    if isinstance(index, int) and index < 0:
        raise EvalError("element: the index must not be negative")
    if not value:
        raise EvalError("element: the list is empty")
    if isinstance(index, Unknown):
        return unknown("element", [value, index])
    if has_rest(value):
        known = fixed(value)
        return known[index] if index < len(known) else unknown("element", [value, index])
    return value[index % len(value)]


@function("index", "any", "any", partial=True)
def _index(_: FunctionContext, value: Any, wanted: Any) -> Value:
    if isinstance(value, Unknown) and not isinstance(value, (Template, JsonText)):
        return unknown("index", [value, wanted])
    if not isinstance(value, list) or isinstance(value, SetValue):
        raise EvalError("index: a list is needed")
    for position, item in enumerate(value):
        verdict = same(item, wanted)
        if verdict is None:
            return unknown("index", [value, wanted])
        if verdict:
            return position
    raise EvalError("index: there is no such element")


@function("length", "any", partial=True)
def _length(_: FunctionContext, value: Any) -> Value:
    if isinstance(value, str):
        return len(graphemes(value))
    if isinstance(value, Unknown):
        return unknown("length", [value])
    if isinstance(value, dict):
        return unknown("length", [value]) if rest_entry(value) else len(value)
    if not isinstance(value, list):
        raise EvalError("length: a list, a map or a string is needed")
    undecided = isinstance(value, SetValue) and len(value) > 1 and not _all_different(value)
    return unknown("length", [value]) if has_rest(value) or undecided else len(value)


def _all_different(items: list[Any]) -> bool:
    open_ones = [(i, e) for i, e in enumerate(items) if not is_known(e)]
    return all(same(e, other) is False for i, e in open_ones for j, other in enumerate(items) if j != i)


@function("reverse", "list", partial=True)
def _reverse(_: FunctionContext, value: Any) -> Value:
    if isinstance(value, Unknown):
        return unknown("reverse", [value])
    known = [e for e in value if is_known(e)]
    return unordered(value, known[::-1]) if isinstance(value, SetValue) else value[::-1]


@function("sort", "strings", partial=True)
def _sort(_: FunctionContext, value: Any) -> Value:
    if isinstance(value, Unknown):
        return unknown("sort", [value])
    if None in value:
        raise EvalError("sort: an element is null")
    return unordered(value, sorted(e for e in value if isinstance(e, str)))


@function("one", "any", partial=True)
def _one(_: FunctionContext, value: Any) -> Value:
    if isinstance(value, Unknown) and not isinstance(value, (Template, JsonText)):
        return unknown("one", [value])
    if not isinstance(value, list):
        raise EvalError("one: a list or set is needed")
    certain = [e for e in value if not isinstance(e, Rest)]
    if len(certain) > 1 and not (isinstance(value, SetValue) and not _all_different(certain)):
        raise EvalError("one: there is more than one element")
    if certain:  # were there another one, Terraform would refuse
        return next((e for e in certain if is_known(e)), certain[0])
    return unknown("one", [value]) if value else None


@function("coalesce", variadic="nullable", partial=True)
def _coalesce(_: FunctionContext, *values: Any) -> Value:
    if all(is_known(v) for v in values):
        values = tuple(unify(values))
    elif any(is_string(v) for v in values) and not any(isinstance(v, Rest) for v in values):
        values = tuple(to_string(v) for v in values)
    return _first(list(values))


def _first(values: list[Any]) -> Value:
    for position, value in enumerate(values):
        if value is None or value == "":
            continue
        if isinstance(value, Rest):
            return unknown("coalesce", values[position:])
        if isinstance(value, Unknown) and not is_text(value):
            if not any(v is not None and v != "" for v in values[position + 1 :]):
                return value  # nothing else can be meant
            return choose(f'({value.expr} != null && {value.expr} != "")', value, _first(values[position + 1 :]))
        return value
    raise EvalError("coalesce: every argument is null or an empty string")


@function("coalescelist", variadic="list", partial=True)
def _coalescelist(_: FunctionContext, *lists: Any) -> Value:
    for position, value in enumerate(lists):
        if isinstance(value, SetValue):
            raise EvalError("coalescelist: a list is needed, not a set")
        if isinstance(value, Rest):
            return unknown("coalescelist", lists[position:])
        if isinstance(value, Unknown) or (value and not fixed(value) and all(isinstance(e, Rest) for e in value)):
            try:
                behind = _coalescelist(_, *lists[position + 1 :])
            except EvalError:
                return value  # nothing else can be meant
            return choose(f"(length({canonical(value)}) > 0)", value, behind)
        if value:
            return value
    raise EvalError("coalescelist: every list is empty")


@function("chunklist", "list", "whole", partial=True)
def _chunklist(_: FunctionContext, value: Any, size: Any) -> Value:
    if (isinstance(value, (Unknown, SetValue)) and not is_known(value)) or isinstance(size, Unknown):
        return unknown("chunklist", [value, size])
    if size < 0:
        raise EvalError("chunklist: the size must not be negative")
    items = unify(value)
    known = fixed(items)
    if size == 0:
        return unknown("chunklist", [value, size]) if items and not known else [items] if items else []
    whole = len(items) == len(known)
    end = len(known) if whole else len(known) // size * size
    chunks: list[Any] = [known[i : i + size] for i in range(0, end, size)]
    if not whole:
        chunks.append(rest_of(Unknown(expression("chunklist", [items[end:], size]))))
    return chunks


@function("matchkeys", "list", "list", "list", partial=True)
def _matchkeys(_: FunctionContext, values: Any, keys: Any, wanted: Any) -> Value:
    if any(isinstance(a, Unknown) or (isinstance(a, SetValue) and not is_known(a)) for a in (values, keys)):
        return unknown("matchkeys", [values, keys, wanted])
    open_ended = has_rest(values) or has_rest(keys)
    if not open_ended and len(values) != len(keys):
        raise EvalError("matchkeys: values and keys must be equally long")
    searched = elements(wanted)
    unified = unify([*keys, *searched])
    keys, searched = unified[: len(keys)], unified[len(keys) :]
    known_values, known_keys = fixed(values), fixed(keys)
    result: list[Any] = []
    for value, key in zip(known_values, known_keys, strict=False):
        verdicts = [False if key is None or other is None else same_element(key, other) for other in searched]
        if True in verdicts:
            result.append(value)
        elif None in verdicts:
            result.append(maybe(value, unknown("matchkeys", [[value], [key], wanted])))
    if open_ended:
        paired = min(len(known_values), len(known_keys))
        result.append(rest_of(unknown("matchkeys", [values[paired:], keys[paired:], wanted])))
    return result


@function("slice", "any", "whole", "whole", partial=True)
def _slice(_: FunctionContext, value: Any, start: Any, end: Any) -> Value:
    if isinstance(value, Unknown) and not isinstance(value, (Template, JsonText)):
        return unknown("slice", [value, start, end])
    if not isinstance(value, list) or isinstance(value, SetValue):
        raise EvalError("slice: a list is needed")
    known = fixed(value)
    whole = len(known) == len(value)
    if isinstance(start, Unknown) or isinstance(end, Unknown) or (not whole and end > len(known)):
        return _rest_of_slice(value, known, start, end)
    if not 0 <= start <= end or (whole and end > len(value)):
        raise EvalError(f"slice: there are no elements from {start} to {end}")
    return known[start:end]


def _rest_of_slice(value: list[Any], known: list[Any], start: Any, end: Any) -> Value:
    """The certain beginning of a slice, and that its further elements are not known."""
    if isinstance(start, Unknown) or isinstance(end, Unknown) or start >= len(known):
        return unknown("slice", [value, start, end])
    behind = access(unknown("slice", [value[len(known) :], 0, end - len(known)]), "")
    return [*known[start:], rest_of(behind)]


@function("alltrue", "bools", partial=True)
def _alltrue(_: FunctionContext, value: Any) -> Value:
    if not isinstance(value, Unknown) and (False in value or None in value):
        return False
    return unknown("alltrue", [value]) if not is_known(value) else True


@function("anytrue", "bools", partial=True)
def _anytrue(_: FunctionContext, value: Any) -> Value:
    if not isinstance(value, Unknown) and True in value:
        return True
    return unknown("anytrue", [value]) if not is_known(value) else False
