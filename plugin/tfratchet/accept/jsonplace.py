"""Where a value stands in a JSON text. ``json`` gives values without places."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},\n]')

Path = tuple["str | int", ...]


def lines(text: str) -> Mapping[Path, int]:
    """The line (from 1) of every key, and of every object and array in an array, by path: ``("findings", 0, "rule")``.

    ``text`` must be valid JSON.
    """
    found: dict[Path, int] = {}
    path: list[str | int] = []  # the key or index in each container that is open
    arrays: list[bool] = []
    line = 1
    wants_key = False
    for match in _PART.finditer(text):
        part = match[0]
        if part == "\n":
            line += 1
        elif part in "[{":
            found.setdefault(tuple(path), line)
            arrays.append(part == "[")
            path.append(0 if part == "[" else "")
            wants_key = part == "{"
        elif part in "]}":
            arrays.pop()
            path.pop()
            wants_key = False
        elif part == ",":
            wants_key = not arrays[-1]
            if arrays[-1]:
                last = path[-1]
                path[-1] = last + 1 if isinstance(last, int) else 0
        elif wants_key:
            path[-1] = json.loads(part)
            found[tuple(path)] = line
            wants_key = False
    return found
