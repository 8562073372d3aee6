"""Values of a partially evaluated Terraform configuration.

A value is one of

* ``None`` (null, and an argument that is not set), ``bool``, ``int``, ``decimal.Decimal`` (a number that is not whole),
  ``str``;
* ``list`` (a Terraform list or tuple), ``SetValue`` (a list without duplicates, in canonical order), ``dict`` (a map
  or an object; keys are strings in the order of Terraform, which is sorted for maps);
* ``Unknown``: a value the configuration alone cannot give. It keeps its canonical expression, so that equal unknowns
  compare equal in base and head.

Collections may be *partly* known: ``concat([aws_iam_user.b.name], var.more)`` is the list
``["b", Rest(Unknown("var.more[*]"))]``. A ``Rest`` element stands for any number (zero included) of further elements
of a list; under the key ``REST_KEY`` it stands for further entries of a map.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias, Union

# Addresses of resources and data sources stand between these two inside a canonical expression, so that a rule can
# put another address in their place (``moved``, renames) without parsing the expression again.
REF_OPEN = "\u27e6"
REF_CLOSE = "\u27e7"
_REF = re.compile(f"{REF_OPEN}([^{REF_OPEN}{REF_CLOSE}]*){REF_CLOSE}")

REST_KEY = "\x00rest"


class Unknown:
    """A value that is not known before apply, or needs input that the configuration does not hold.

    ``expr`` is its canonical expression; equal expressions are equal values.
    """

    __slots__ = ("expr",)

    def __init__(self, expr: str) -> None:
        self.expr = expr

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unknown) and self.expr == other.expr

    def __hash__(self) -> int:
        return hash(self.expr)

    def __repr__(self) -> str:
        return f"Unknown({self.expr!r})"

    @property
    def refs(self) -> tuple[str, ...]:
        """Addresses of the resources and data sources that this value depends on, in the order of the expression."""
        return tuple(_REF.findall(self.expr))


class Template(Unknown):
    """A string of which some parts are known: ``"${aws_s3_bucket.logs.arn}/*"``."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[str | Unknown]) -> None:
        self.parts: tuple[str | Unknown, ...] = tuple(parts)
        text = "".join(p if isinstance(p, str) else "${" + p.expr + "}" for p in self.parts)
        super().__init__(canonical(text))


class JsonText(Unknown):
    """The JSON text (``jsonencode``) of a value that is partly unknown; ``value`` is that value."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value
        super().__init__(f"jsonencode({canonical(value)})")


class Choice(Unknown):
    """One of two values; which of them depends on an unknown condition (its canonical expression)."""

    __slots__ = ("condition", "if_false", "if_true")

    def __init__(self, condition: str, if_true: Value, if_false: Value) -> None:
        self.condition = condition
        self.if_true = if_true
        self.if_false = if_false
        super().__init__(f"{condition} ? {canonical(if_true)} : {canonical(if_false)}")


class Filter(Unknown):
    """The unknown condition of a ``for`` expression: whether an element of the collection is taken."""

    __slots__ = ()


class Entries(Unknown):
    """Entries of a map under keys that are not known, or that are there only perhaps.

    ``by_key`` has them by their key's canonical expression: what an equal unknown key finds again. ``entries`` has each
    as (key, value, what its being there hangs on): what a walk over the map meets.
    """

    __slots__ = ("by_key", "entries")

    def __init__(
        self, expr: str, by_key: dict[str, Value], entries: Sequence[tuple[Value, Value, Unknown | None]] = ()
    ) -> None:
        self.by_key = by_key
        self.entries = tuple(entries)
        super().__init__(expr)


class Rest:
    """Any number of further elements of a list (or entries of a map), each of the shape of ``value``.

    ``of`` is the unknown collection that the elements come from.
    """

    __slots__ = ("of", "value")

    def __init__(self, value: Value, of: Unknown) -> None:
        self.value = value
        self.of = of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rest) and self.of == other.of and self.value == other.value

    def __hash__(self) -> int:
        return hash((self.of, "rest"))

    def __repr__(self) -> str:
        return f"Rest({self.value!r}, of={self.of!r})"


class SetValue(list[Any]):
    """A Terraform set: no duplicates, canonical order. Build it with ``SetValue.of``."""

    @staticmethod
    def of(elements: Sequence[Value | Rest]) -> SetValue:
        """A set of ``elements`` (which may be unknown or ``Rest``), without duplicates, in canonical order."""
        unique = {canonical(e): e for e in elements}
        return SetValue(unique[k] for k in sorted(unique, key=lambda k: _set_order(unique[k], k)))


def _set_order(element: Value | Rest, key: str) -> tuple[int, Any, str]:
    if isinstance(element, str):
        return (1, element, key)
    if isinstance(element, (int, Decimal)):
        return (0, element, key)
    return (3, 0, key) if isinstance(element, Rest) else (2, 0, key)


Value: TypeAlias = Union[bool, int, Decimal, str, "list[Any]", "dict[str, Any]", Unknown, None]


def is_known(value: Value | Rest) -> bool:
    """True when neither the value nor anything in it is unknown."""
    if isinstance(value, (Unknown, Rest)):
        return False
    if isinstance(value, dict):
        return all(is_known(v) for v in value.values())
    if isinstance(value, list):
        return all(is_known(v) for v in value)
    return True


def unknowns(value: Value | Rest) -> Iterator[Unknown]:
    """Every unknown in a value, outermost first."""
    if isinstance(value, Rest):
        yield value.of
        yield from unknowns(value.value)
    elif isinstance(value, Unknown):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from unknowns(v)
    elif isinstance(value, list):
        for v in value:
            yield from unknowns(v)


_ESCAPES = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"})


def quote(text: str) -> str:
    """A string as an HCL literal (interpolation marks are kept as they are: see ``Template``)."""
    return f'"{text.translate(_ESCAPES)}"'


def number_text(value: int | Decimal) -> str:
    """A number as Terraform writes it in a template."""
    if isinstance(value, int):
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def canonical(value: Value | Rest) -> str:
    """One text for each value: equal values have equal texts. Unknowns are written as their canonical expression."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, (int, Decimal)):
        return number_text(value)
    if isinstance(value, Unknown):
        return value.expr
    if isinstance(value, Rest):
        element, of = canonical(value.value), value.of.expr
        return f"{of}..." if element == f"{of}[*]" else f"{element} for {of}..."
    if isinstance(value, dict):
        items = (f"{'...' if k == REST_KEY else quote(k)} = {canonical(v)}" for k, v in sorted(value.items()))
        return "{" + ", ".join(items) + "}"
    if isinstance(value, SetValue):
        return "toset([" + ", ".join(canonical(v) for v in value) + "])"
    return "[" + ", ".join(canonical(v) for v in value) + "]"


def display(value: Value | Rest, limit: int = 200) -> str:
    """A value for people: strings without quotes at the top level, unknowns as their expression, cut at ``limit``."""
    text = value if isinstance(value, str) else canonical(value)
    text = text.replace(REF_OPEN, "").replace(REF_CLOSE, "")
    if isinstance(value, SetValue):
        text = text[len("toset(") : -1]
    return text if len(text) <= limit else text[: limit - 1] + "\u2026"


def replace_refs(value: Any, rename: Callable[[str], str]) -> Any:
    """The same value with every address in its canonical expressions replaced by ``rename(address)``."""
    if isinstance(value, Unknown):
        if REF_OPEN not in value.expr:
            return value
        if isinstance(value, Template):
            return Template([replace_refs(p, rename) for p in value.parts])
        if isinstance(value, JsonText):
            return JsonText(replace_refs(value.value, rename))
        if isinstance(value, Choice):
            condition = _REF.sub(lambda m: REF_OPEN + rename(m[1]) + REF_CLOSE, value.condition)
            return Choice(condition, replace_refs(value.if_true, rename), replace_refs(value.if_false, rename))
        return Unknown(_REF.sub(lambda m: REF_OPEN + rename(m[1]) + REF_CLOSE, value.expr))
    if isinstance(value, Rest):
        return Rest(replace_refs(value.value, rename), replace_refs(value.of, rename))
    if isinstance(value, SetValue):
        return SetValue.of([replace_refs(v, rename) for v in value])
    if isinstance(value, list):
        return [replace_refs(v, rename) for v in value]
    if isinstance(value, Mapping):
        return {k: replace_refs(v, rename) for k, v in value.items()}
    return value


def ref(address: str, path: str = "") -> Unknown:
    """The unknown attribute ``path`` (``.arn``, ``[0].id``) of the resource or data source at ``address``."""
    return Unknown(f"{REF_OPEN}{address}{REF_CLOSE}{path}")
