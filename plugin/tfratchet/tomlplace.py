"""Where a key stands in a TOML text. The TOML readers of Python give values without places."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\"'\- ]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-\"'. ]+?)\s*=")


def line_of(text: str, names: Sequence[str | int]) -> int | None:
    """The line (from 1) of the key, table or element of a table array at ``names``; None when it is not found.

    A search by line, good for messages: keys of inline tables and of multi-line values are not found.
    """
    here: tuple[str | int, ...] = ()
    seen: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        header = _HEADER.match(line)
        if header:
            parts = [p.strip(" \"'") for p in header[2].split(".")]
            here = tuple(parts)
            if header[1] == "[[":
                name = ".".join(parts)
                seen[name] = seen.get(name, -1) + 1
                here = (*parts, seen[name])
            if here == tuple(names):
                return number
            continue
        key = _KEY.match(line)
        if key and (*here, *(p.strip(" \"'") for p in key[1].split("."))) == tuple(names):
            return number
    return None
