"""Functions over maps and objects. The key ``REST_KEY`` stands for further entries, under keys not named otherwise."""

from __future__ import annotations

from typing import Any

from tfratchet.hcl.convert import EvalError, choose, to_string
from tfratchet.hcl.functions.base import (
    FunctionContext,
    Module,
    access,
    elements,
    fixed,
    has_rest,
    maybe,
    rest_entry,
    rest_of,
    unknown,
)
from tfratchet.hcl.inputs import Shaped
from tfratchet.values import REST_KEY, Choice, Entries, Rest, SetValue, Unknown, Value, canonical, is_known, quote

FUNCTIONS = Module()
function = FUNCTIONS.function


def _sorted(value: dict[str, Any]) -> dict[str, Any]:
    return {k: value[k] for k in sorted(value)}


def _entry(of: Unknown, key: str, otherwise: Value) -> Value:
    """``of[key]`` where the unknown map has this key, else ``otherwise``."""
    return choose(f"contains(keys({of.expr}), {quote(key)})", access(of, f"[{quote(key)}]"), otherwise)


def _overlay(below: dict[str, Any], above: Unknown, keep: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Entries of ``below`` that entries of an unknown map may replace."""
    return {k: v if k in keep or k == REST_KEY else _entry(above, k, v) for k, v in below.items()}


def _merged(rests: list[Unknown]) -> Unknown:
    """The further entries of several maps: under one key, the last one's."""
    of = unknown("merge", rests)
    entries: dict[str, tuple[Value, Value, Unknown | None]] = {}
    for one in rests:
        if not isinstance(one, Entries) or not one.entries:
            return of
        for entry in one.entries:
            entries.pop(canonical(entry[0]), None)
            entries[canonical(entry[0])] = entry
    return Entries(of.expr, {name: value for name, (_, value, _) in entries.items()}, list(entries.values()))


@function("merge", variadic="nullable", partial=True)
def _merge(_: FunctionContext, *maps: Any) -> Value:
    result: dict[str, Any] = {}
    rests: list[Unknown] = []
    for one in maps:
        if one is None:
            continue
        if isinstance(one, dict):
            rest = rest_entry(one)
            if rest is not None:
                result = _overlay(result, rest, frozenset(one))
                rests.append(rest)
            result.update((k, v) for k, v in one.items() if k != REST_KEY)
        elif isinstance(one, (Unknown, Rest)):
            of = one if isinstance(one, Unknown) else Unknown(f"merge({canonical(one)})")
            result = _overlay(result, of)
            rests.append(of)
        else:
            raise EvalError("merge: a map is needed")
    if rests:
        distinct = list(dict.fromkeys(rests))
        result[REST_KEY] = distinct[0] if len(distinct) == 1 else _merged(distinct)
    return _sorted(result)


@function("keys", "map", partial=True)
def _keys(_: FunctionContext, value: Any) -> Value:
    if isinstance(value, Unknown):
        return unknown("keys", [value])
    names = sorted(k for k in value if k != REST_KEY)
    return _between(names, value, "keys")


@function("values", "map", partial=True)
def _values(_: FunctionContext, value: Any) -> Value:
    if isinstance(value, Unknown):
        return unknown("values", [value])
    return _between([value[k] for k in sorted(value) if k != REST_KEY], value, "values")


def _between(known: list[Any], value: dict[str, Any], name: str) -> list[Any]:
    """Keys are sorted, so unknown ones may stand before, between and behind the known ones."""
    of = rest_entry(value)
    if of is None:
        return known
    rests = [rest_of(unknown(name, [of]))]
    if isinstance(of, Entries) and of.entries:
        rests = [Rest((key if name == "keys" else found), depends or of) for key, found, depends in of.entries]
    return [*rests, *known, *rests] if known else rests


@function("lookup", "map", "string", variadic="nullable", partial=True)
def _lookup(_: FunctionContext, value: Any, key: Any, *default: Any) -> Value:
    if len(default) > 1:
        raise EvalError("lookup: at most three arguments")
    if isinstance(key, Unknown) or any(isinstance(d, Rest) for d in default):
        return unknown("lookup", [value, key, *default])
    if isinstance(value, dict) and key in value and key != REST_KEY:
        return value[key]
    if isinstance(value, Shaped) and key in value.shape.absent:
        return value.attribute(key)
    of = value if isinstance(value, Unknown) else rest_entry(value)
    if of is not None:
        return _entry(of, key, default[0]) if default else access(of, f"[{quote(key)}]")
    if not default:
        raise EvalError(f"lookup: there is no key {key!r} and no default")
    return default[0]


@function("zipmap", "strings", "list", partial=True)
def _zipmap(_: FunctionContext, keys: Any, values: Any) -> Value:
    if isinstance(values, SetValue):
        raise EvalError("zipmap: the values must be a list")
    names = elements(keys)
    if isinstance(keys, SetValue) and not is_known(keys):
        return unknown("zipmap", [keys, values])
    if None in names:
        raise EvalError("zipmap: a key is null")
    if not has_rest(names) and not isinstance(values, Unknown) and not has_rest(values) and len(names) != len(values):
        raise EvalError("zipmap: keys and values must be equally long")
    result: dict[str, Any] = {}
    known = fixed(elements(values))
    for position, name in enumerate(names):
        if isinstance(name, Rest):
            of = unknown("zipmap", [names[position:], elements(values)[position:]])
        elif isinstance(name, Unknown):
            of = Unknown(f"{{{name.expr} = {canonical(_at(values, known, position))}}}")
        else:
            result[name] = _at(values, known, position)
            continue
        result = _overlay(result, of)
        before = rest_entry(result)
        result[REST_KEY] = of if before is None or before == of else unknown("merge", [before, of])
        if isinstance(name, Rest):
            for further in names[position + 1 :]:  # certainly keys, but which values they have is not known
                if isinstance(further, str):
                    result[further] = access(unknown("zipmap", [keys, values]), f"[{quote(further)}]")
            break
    return _sorted(result)


def _at(values: Any, known: list[Any], position: int) -> Value:
    if position < len(known):
        return known[position]
    of = values if isinstance(values, Unknown) else Unknown(canonical(values))
    return access(of, f"[{position}]")


@function("transpose", "map", partial=True)
def _transpose(_: FunctionContext, value: Any) -> Value:
    if isinstance(value, Unknown) or rest_entry(value) is not None:
        return unknown("transpose", [value])
    result: dict[str, list[Any]] = {}
    uncertain: list[tuple[str, Any]] = []
    for key in sorted(value):
        members = value[key]
        if isinstance(members, Unknown) and not isinstance(members, Choice):
            members = [rest_of(members)]
        if not isinstance(members, list):
            return unknown("transpose", [value]) if isinstance(members, Unknown) else _refused()
        for member in members:
            if isinstance(member, (Rest, Unknown)):
                uncertain.append((key, member))
                continue
            text = to_string(member)
            if text is None:
                return _refused()
            result.setdefault(text, []).append(key)
    if not uncertain:
        return _sorted(result)
    partial: dict[str, Any] = {}
    for text, keys in result.items():
        extra = [maybe(key, Unknown(f"contains([{canonical(member)}], {quote(text)})")) for key, member in uncertain]
        partial[text] = [*extra, *keys, *extra] if extra else keys
    partial[REST_KEY] = unknown("transpose", [{k: [m for key, m in uncertain if key == k] for k, _m in uncertain}])
    return _sorted(partial)


def _refused() -> Value:
    raise EvalError("transpose: a map of lists of strings is needed")
