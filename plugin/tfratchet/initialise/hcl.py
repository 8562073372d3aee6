"""Values and blocks as Terraform text, laid out as ``terraform fmt`` would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TypeAlias, Union

HclValue: TypeAlias = Union[bool, int, str, "Expression", Sequence["HclValue"], Mapping[str, "HclValue"]]


class Expression(str):
    """Text that goes into the file as it is."""

    __slots__ = ()


def quoted(text: str) -> str:
    """A string literal in which nothing is interpolated: texts may come from an account."""
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'


def _key(name: str) -> str:
    plain = name.replace("_", "").replace("-", "")
    return name if plain.isascii() and plain.isalnum() and not name[0].isdigit() else quoted(name)


def value(item: HclValue, indent: int = 0) -> str:
    """A value; maps and lists of more than one element take several lines."""
    if isinstance(item, Expression):
        return str(item)
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int):
        return str(item)
    if isinstance(item, str):
        return quoted(item)
    pad = " " * (indent + 2)
    if isinstance(item, Mapping):
        if not item:
            return "{}"
        return "{\n" + attributes(item, indent + 2) + " " * indent + "}"
    if len(item) <= 1:
        return "[" + "".join(value(element, indent) for element in item) + "]"
    return "[\n" + "".join(f"{pad}{value(element, indent + 2)},\n" for element in item) + " " * indent + "]"


def attributes(items: Mapping[str, HclValue], indent: int) -> str:
    """``name = value`` lines. Neighbours of one line each are aligned; longer ones stand alone, between empty lines."""
    rendered = [(_key(name), value(item, indent)) for name, item in items.items()]
    pad = " " * indent
    chunks = []
    for long, entries in groupby(rendered, lambda entry: "\n" in entry[1]):
        neighbours = list(entries)
        if long:
            chunks += [f"{pad}{name} = {text}\n" for name, text in neighbours]
        else:
            width = max(len(name) for name, _ in neighbours)
            chunks.append("".join(f"{pad}{name.ljust(width)} = {text}\n" for name, text in neighbours))
    return "\n".join(chunks)
