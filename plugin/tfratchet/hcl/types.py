"""Type constraints of variables: conversion of a given value, and the defaults of optional object attributes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tree_sitter import Node

from tfratchet.hcl.convert import EvalError, to_bool, to_number, to_string, unify
from tfratchet.hcl.syntax import MAX_NESTING, Attribute, SourceFile
from tfratchet.values import REST_KEY, Choice, Rest, SetValue, Unknown, Value


@dataclass(frozen=True, slots=True)
class TypeConstraint:
    """``kind``: string, number, bool, any, list, set, map, tuple, object."""

    kind: str
    element: TypeConstraint | None = None
    """Of a list, set or map."""
    members: dict[str, TypeConstraint] = field(default_factory=dict)
    """Of an object; of a tuple under ``"0"``, ``"1"``, ..."""
    defaults: dict[str, Any] = field(default_factory=dict)
    """Optional attributes of an object with their default (None without one)."""


ANY = TypeConstraint("any")
_PLAIN = {"string", "number", "bool", "any"}


def parse_type(attribute: Attribute, evaluate: Callable[[Node], Value]) -> TypeConstraint:
    """The constraint in ``type = ...``; whatever cannot be read is ``any``. ``evaluate`` gives constant defaults."""
    return _parse(attribute.node, attribute.file, evaluate, 0)


def _parse(node: Node, file: SourceFile, evaluate: Callable[[Node], Value], depth: int) -> TypeConstraint:
    while node.type in ("expression", "collection_value", "variable_expr") and node.named_child_count == 1:
        node = node.named_children[0]
    if depth > MAX_NESTING:
        return ANY
    if node.type in ("identifier", "literal_value", "string_lit", "template_expr"):
        # Terraform 0.11 wrote the type as a string.
        text = file.text(node).strip('"')
        if text in _PLAIN:
            return TypeConstraint(text)
        return TypeConstraint(text, ANY) if text in ("list", "map", "set") else ANY
    if node.type != "function_call":
        return ANY
    name = file.text(node.children[0])
    arguments = [
        c
        for child in node.named_children
        if child.type == "function_arguments"
        for c in child.named_children
        if c.type == "expression"
    ]
    if name in ("list", "set", "map"):
        return TypeConstraint(name, _parse(arguments[0], file, evaluate, depth + 1) if arguments else ANY)
    if name == "optional" and arguments:
        return _parse(arguments[0], file, evaluate, depth + 1)
    if name == "tuple" and arguments:
        inner = _inner(arguments[0], "tuple")
        items = [c for c in inner.named_children if c.type == "expression"] if inner else []
        return TypeConstraint(
            "tuple", None, {str(i): _parse(c, file, evaluate, depth + 1) for i, c in enumerate(items)}
        )
    if name == "object" and arguments:
        return _parse_object(_inner(arguments[0], "object"), file, evaluate, depth)
    return ANY


def _inner(node: Node, kind: str) -> Node | None:
    while node.type in ("expression", "collection_value") and node.named_child_count == 1:
        node = node.named_children[0]
    return node if node.type == kind else None


def _parse_object(node: Node | None, file: SourceFile, evaluate: Callable[[Node], Value], depth: int) -> TypeConstraint:
    members: dict[str, TypeConstraint] = {}
    defaults: dict[str, Any] = {}
    for element in node.named_children if node else ():
        parts = [c for c in element.named_children if c.type == "expression"]
        if element.type != "object_elem" or len(parts) != 2:
            continue
        name = file.text(parts[0]).strip('"')
        members[name] = _parse(parts[1], file, evaluate, depth + 1)
        call = _inner(parts[1], "function_call")
        if call is not None and file.text(call.children[0]) == "optional":
            given = [
                c
                for child in call.named_children
                if child.type == "function_arguments"
                for c in child.named_children
                if c.type == "expression"
            ]
            defaults[name] = evaluate(given[1]) if len(given) > 1 else None
    return TypeConstraint("object", None, members, defaults)


def convert(value: Any, wanted: TypeConstraint) -> Any:
    """``value`` as ``wanted``; null and unknowns stay as they are. Raises EvalError when Terraform would refuse it."""
    if isinstance(value, Rest):
        return Rest(convert(value.value, wanted), value.of)
    if isinstance(value, Choice) and wanted.kind not in ("any", "string", "number", "bool"):
        return Choice(value.condition, convert(value.if_true, wanted), convert(value.if_false, wanted))
    if value is None or wanted.kind == "any" or isinstance(value, Unknown):
        return value
    if wanted.kind == "string":
        return to_string(value)
    if wanted.kind == "number":
        return to_number(value)
    if wanted.kind == "bool":
        return to_bool(value)
    if wanted.kind in ("list", "set"):
        return _convert_list(value, wanted)
    if wanted.kind == "tuple" and isinstance(value, list):
        return [convert(v, wanted.members.get(str(i), ANY)) for i, v in enumerate(value)]
    if not isinstance(value, dict):
        raise EvalError(f"a value of type {wanted.kind} is needed")
    if wanted.kind == "map":
        converted = {k: v if k == REST_KEY else convert(v, wanted.element or ANY) for k, v in sorted(value.items())}
        if wanted.element is ANY or wanted.element is None:
            return dict(zip(converted, unify(list(converted.values())), strict=True))
        return converted
    return _convert_object(value, wanted)


def _convert_list(value: Any, wanted: TypeConstraint) -> Any:
    if not isinstance(value, list):
        raise EvalError(f"a {wanted.kind} is needed")
    converted = [convert(v, wanted.element or ANY) for v in value]
    if wanted.element is None or wanted.element.kind == "any":
        converted = unify(converted)
    return SetValue.of(converted) if wanted.kind == "set" else converted


def _convert_object(value: dict[str, Any], wanted: TypeConstraint) -> dict[str, Any]:
    converted: dict[str, Any] = {}
    for name, member in wanted.members.items():
        given = value.get(name)
        if given is None and name in wanted.defaults:
            given = wanted.defaults[name]
        elif name not in value and REST_KEY in value:
            given = Unknown(f"{value[REST_KEY].expr}.{name}")
        elif name not in value:
            raise EvalError(f"attribute {name!r} is required")
        converted[name] = convert(given, member)
    return {k: converted[k] for k in sorted(converted)}
