"""How a function is declared, and what all of them share.

A plain function sees only known arguments, converted to the types of its parameters; the wrapper answers for the rest.
A *partial* function sees unknown parts and keeps what is known of the result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tfratchet.hcl.convert import EvalError, same, to_bool, to_number, to_string, type_name
from tfratchet.hcl.inputs import element_of
from tfratchet.values import (
    REF_CLOSE,
    REST_KEY,
    JsonText,
    Rest,
    SetValue,
    Template,
    Unknown,
    Value,
    canonical,
    is_known,
)

MAX_TEXT = 16_000_000
"""Characters that one function may produce; ``replace`` and ``indent`` could multiply a text without end."""

MAX_DEPTH = 200
"""Nesting of a decoded document; deeper ones would exhaust the stack of whoever walks over the value."""


class FunctionContext(Protocol):
    """What functions may ask of the evaluator."""

    max_elements: int
    """Elements that one function may produce."""

    def read_file(self, path: str) -> bytes:
        """The content of a file; ``path`` is as the configuration has it. Raises EvalError."""
        ...

    def file_exists(self, path: str) -> bool:
        """Whether there is such a regular file. Raises EvalError when it would be outside of the tree."""
        ...

    def list_files(self, directory: str) -> list[str]:
        """All files below a directory, relative to it. Raises EvalError when it is outside of the tree."""
        ...

    def render_template(self, source: str, variables: dict[str, Value], path: str) -> Value:
        """A template with its variables. Raises EvalError."""
        ...


Run = Callable[..., Value]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of Terraform's language: types of its parameters (see ``_CONVERSIONS``) and what it does."""

    name: str
    run: Run
    parameters: tuple[str, ...]
    variadic: str | None
    partial: bool

    def __call__(self, args: list[Any], context: FunctionContext) -> Value:
        """The value of a call. Raises EvalError."""
        rest = any(isinstance(a, Rest) for a in args)  # f(list...) of a list that is partly unknown
        if rest and (self.variadic is None or any(isinstance(a, Rest) for a in args[: len(self.parameters)])):
            return unknown(self.name, args)
        if len(args) < len(self.parameters) or (self.variadic is None and len(args) > len(self.parameters)):
            wanted = f"{'at least ' if self.variadic else ''}{len(self.parameters)}"
            raise EvalError(f"{self.name}: {len(args)} arguments, {wanted} are needed")
        if not self.partial and not all(is_known(a) for a in args):
            return unknown(self.name, args)
        types = (*self.parameters, *[self.variadic or ""] * (len(args) - len(self.parameters)))
        result = self.run(context, *(self._converted(a, t) for a, t in zip(args, types, strict=True)))
        return normal(result) if isinstance(result, str) else result

    def _converted(self, arg: Any, wanted: str) -> Any:
        if arg is None and wanted != "nullable":
            raise EvalError(f"{self.name}: an argument must not be null")
        try:
            return _CONVERSIONS[wanted](arg) if not isinstance(arg, Rest) else arg
        except EvalError as error:
            raise EvalError(f"{self.name}: {error}", error.kind) from None


def _whole(value: Value) -> Any:
    number = to_number(value)
    if isinstance(number, (int, Unknown)):
        return number
    raise EvalError("a whole number is needed")


def _list(value: Value) -> Any:
    if isinstance(value, (list, Unknown)) and not isinstance(value, (Template, JsonText)):
        return value
    raise EvalError(f"a list is needed, not a {type_name(value)}")


def _strings(value: Value) -> Any:
    checked = _list(value)
    if isinstance(checked, Unknown):
        return checked
    strings = [e if isinstance(e, Rest) else to_string(e) for e in checked]
    return SetValue.of(strings) if isinstance(checked, SetValue) else strings


def _bools(value: Value) -> Any:
    checked = _list(value)
    return checked if isinstance(checked, Unknown) else [e if isinstance(e, Rest) else to_bool(e) for e in checked]


def _map(value: Value) -> Any:
    if isinstance(value, (dict, Unknown)) and not isinstance(value, (Template, JsonText)):
        return value
    raise EvalError(f"a map is needed, not a {type_name(value)}")


_CONVERSIONS: dict[str, Callable[[Value], Any]] = {
    "string": to_string,
    "number": to_number,
    "whole": _whole,
    "bool": to_bool,
    "list": _list,
    "strings": _strings,
    "bools": _bools,
    "map": _map,
    "any": lambda value: value,
    "nullable": lambda value: value,
}


class Module(dict[str, Function]):
    """The functions of one module of this package, by Terraform's name."""

    def function(
        self, name: str, *parameters: str, variadic: str | None = None, partial: bool = False
    ) -> Callable[[Run], Run]:
        """Declare the decorated callable as the function ``name``; it is called with the context and the converted
        arguments.
        """

        def declare(run: Run) -> Run:
            self[name] = Function(name, run, parameters, variadic, partial)
            return run

        return declare


# Unknown results -----------------------------------------------------------------------------------------------------


def expression(name: str, args: Iterable[Any]) -> str:
    """The canonical expression of a call."""
    return f"{name}({', '.join(canonical(a) for a in args)})"


def unknown(name: str, args: Iterable[Any]) -> Unknown:
    """The result of a call of which nothing is known."""
    return Unknown(expression(name, args))


def access(of: Unknown, step: str) -> Unknown:
    """An element of an unknown value: ``access(x, "[*]")``."""
    expr = of.expr
    return element_of(of, f"({expr}){step}" if " " in expr and not expr.endswith(")") else expr + step)


def rest_of(of: Unknown) -> Rest:
    """All elements of an unknown collection."""
    return Rest(access(of, "[*]"), of)


def maybe(element: Value, why: Unknown) -> Rest:
    """An element that may be there or not, as ``why`` turns out."""
    return Rest(element, why)


def elements(value: list[Any] | Unknown) -> list[Any]:
    """The elements of a list or set, ``Rest`` for those that are not known."""
    return [rest_of(value)] if isinstance(value, Unknown) else list(value)


def has_rest(items: Iterable[Any]) -> bool:
    """Whether the number of elements is open."""
    return any(isinstance(e, Rest) for e in items)


def fixed(items: Sequence[Any]) -> list[Any]:
    """The elements before the first ``Rest``: the only ones whose position is known."""
    end = next((i for i, e in enumerate(items) if isinstance(e, Rest)), len(items))
    return list(items[:end])


def unordered(items: Sequence[Any], known: Sequence[Any]) -> list[Any]:
    """A list whose elements are in an order that depends on the unknown ones among them.

    Positions count only before the first and behind the last ``Rest``; so the uncertain elements go to both ends, as
    elements that may be there, and ``known`` between them. What is unknown depends on nothing but itself, so that a
    change of the known part does not look like a change of the unknown one.
    """
    if all(is_known(e) for e in items):
        return list(known)
    return list(items) if len(items) == 1 else surrounded(items, known)


def surrounded(items: Sequence[Any], known: Sequence[Any]) -> list[Any]:
    """``known`` between the uncertain elements of ``items``, which may be there or not, in any order."""
    open_ends = [e if isinstance(e, Rest) else maybe(e, Unknown(f"[{canonical(e)}]")) for e in items if not is_known(e)]
    return [*open_ends, *known, *open_ends] if known else open_ends


def rest_entry(value: dict[str, Any]) -> Unknown | None:
    """What stands for the further entries of a map, if any."""
    found = value.get(REST_KEY)
    if found is None or isinstance(found, Unknown):
        return found
    return found.of if isinstance(found, Rest) else Unknown(canonical(found))


_STRING_ATTRIBUTE = re.compile(rf"^[^{REF_CLOSE}]*{REF_CLOSE}(\[[^\]*]*\])?\.(arn|id|name|unique_id|json)$")


def is_text(value: Any) -> bool:
    """Whether an unknown is certainly a string that is neither null nor empty.

    The attributes ``arn``, ``id``, ``name``, ``unique_id`` and ``json`` of every resource and data source of the AWS
    provider are such strings once they are known.
    """
    if isinstance(value, Template):
        return any(isinstance(p, str) and p for p in value.parts)
    return isinstance(value, JsonText) or (isinstance(value, Unknown) and bool(_STRING_ATTRIBUTE.match(value.expr)))


def is_string(value: Any) -> bool:
    """Whether a value is certainly a string (which may be empty)."""
    return isinstance(value, (str, Template)) or is_text(value)


def same_element(a: Value | Rest, b: Value | Rest) -> bool | None:
    """Whether two elements of one (unified) collection are equal; None when it cannot be told."""
    if is_known(a) and is_known(b):
        return canonical(a) == canonical(b)
    return same(a, b)


def unique(items: Iterable[Any]) -> list[Any]:
    """``items`` without repeated texts, in their order."""
    found: dict[str, Any] = {}
    for item in items:
        found.setdefault(canonical(item), item)
    return list(found.values())


class Joined(Unknown):
    """The unknown part of a joined list: its elements with the separator ``before`` or ``behind`` a known one, or
    ``all`` there is. ``jsondecode`` makes elements of them again.
    """

    __slots__ = ("rests", "separator", "side")

    def __init__(self, expr: str, rests: Sequence[Rest], separator: str, side: str) -> None:
        self.rests = tuple(rests)
        self.separator = separator
        self.side = side
        super().__init__(expr)


def pieces(parts: Iterable[Any]) -> Any:
    """A string of known and unknown parts; the unknown itself when there is nothing else."""
    merged: list[str | Unknown] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Template) else (part,):
            if isinstance(piece, str) and merged and isinstance(merged[-1], str):
                merged[-1] += piece
            elif piece != "":
                merged.append(piece)
    if not merged:
        return ""
    if len(merged) == 1:
        return limited(merged[0]) if isinstance(merged[0], str) else merged[0]
    return Template(merged)


def normal(text: str) -> str:
    """A text in Unicode's normal form C: Terraform keeps every string in it."""
    if text.isascii():
        return text
    import unicodedata

    return unicodedata.normalize("NFC", text)


def limited(text: str) -> str:
    """``text``, unless it is too long. Raises EvalError."""
    if len(text) > MAX_TEXT:
        raise EvalError(f"a text of more than {MAX_TEXT} characters", "limit")
    return text


def check_count(count: int, context: FunctionContext) -> None:
    """Raise EvalError when a collection of ``count`` elements is too large."""
    if count > context.max_elements:
        raise EvalError(f"a collection of more than {context.max_elements} elements", "limit")
