"""Hiding parts of concrete values, and checking that what is left agrees with them: soundness of partial evaluation."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tfratchet.hcl.convert import EvalError, to_string
from tfratchet.values import REST_KEY, Choice, JsonText, Rest, SetValue, Template, Unknown


class Files:
    """A context of functions with a few files."""

    max_elements = 5_000

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = files or {}

    def read_file(self, path: str) -> bytes:
        found = path.removeprefix("./")
        if found not in self.files:
            raise EvalError(f"{path}: no such file", "missing")
        return self.files[found]

    def file_exists(self, path: str) -> bool:
        return path.removeprefix("./") in self.files

    def list_files(self, directory: str) -> list[str]:
        prefix = "" if directory in (".", "./") else directory.removeprefix("./") + "/"
        return [p.removeprefix(prefix) for p in sorted(self.files) if p.startswith(prefix)]

    def render_template(self, source: str, variables: dict[str, Any], path: str) -> Any:
        parts: list[Any] = []
        for i, piece in enumerate(re.split(r"\$\{(\w+)\}", source)):
            if i % 2 and piece not in variables:
                raise EvalError(f"{path}: there is no variable {piece}")
            parts.append(variables[piece] if i % 2 else piece)
        return "".join(parts) if all(isinstance(p, str) for p in parts) else Template(parts)


class Hider:
    """Replaces parts of a value by unknowns. ``choose(n)`` picks a number below ``n`` (hypothesis draws it)."""

    def __init__(self, choose: Any) -> None:
        self.choose = choose
        self.names = 0

    def name(self) -> str:
        self.names += 1
        return f"var.x{self.names}"

    def hide(self, value: Any, depth: int = 0) -> Any:
        """``value`` with none, some or all of it unknown."""
        kind = self.choose(6 if depth else 8)
        if kind == 0:
            return Unknown(self.name())
        if kind == 1 and depth < 2:
            other = self.choose(4)
            wrong = ["other", ["other"], {"other": "x"}, None][other]
            name = f"({self.name()} == 1)"
            inner = self.hide(value, depth + 1)
            return Choice(name, inner, wrong) if self.choose(2) else Choice(name, wrong, inner)
        if isinstance(value, dict):
            return self._hide_dict(value, depth)
        if isinstance(value, SetValue):
            return SetValue.of(self._hide_list(list(value), depth))
        if isinstance(value, list):
            return self._hide_list(value, depth)
        if isinstance(value, str) and len(value) > 1 and kind == 2:
            start = self.choose(len(value))
            end = start + self.choose(len(value) - start + 1)
            parts = [p for p in (value[:start], Unknown(self.name()), value[end:]) if p != ""]
            return Template(parts) if len(parts) > 1 else value
        return value

    def _hide_list(self, value: list[Any], depth: int) -> list[Any]:
        result: list[Any] = []
        position = 0
        while position < len(value) or (position == len(value) and self.choose(8) == 0):
            kind = self.choose(5)
            if kind == 0:  # a run of elements, an empty one too, becomes a rest
                of = Unknown(self.name())
                result.append(Rest(Unknown(of.expr + "[*]"), of))
                position += 1 + self.choose(len(value) - position + 1) - (1 if position < len(value) else 0)
                if position >= len(value):
                    break
                continue
            if position == len(value):
                break
            result.append(self.hide(value[position], depth + 1) if kind < 3 else value[position])
            position += 1
        return result

    def _hide_dict(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        hidden = False
        for key, member in value.items():
            kind = self.choose(5)
            if kind == 0:
                hidden = True
            else:
                result[key] = self.hide(member, depth + 1) if kind < 3 else member
        if hidden or self.choose(6) == 0:
            result[REST_KEY] = Unknown(self.name())
        return result


def hide_words(text: str, choose: Any) -> Any:
    """A JSON or YAML text with some of its words unknown: as an interpolation stands in a heredoc."""
    parts: list[Any] = []
    for number, piece in enumerate(re.split(r"([\w:*]*\w)", text)):
        if piece:
            parts.append(Unknown(f"var.w{number}") if number % 2 and choose(3) == 0 else piece)
    return text if all(isinstance(p, str) for p in parts) else Template(parts)


def consistent(partial: Any, concrete: Any) -> bool:
    """Whether ``concrete`` is one of the values that ``partial`` says it may be."""
    if isinstance(partial, Template):
        pattern = "".join(re.escape(p) if isinstance(p, str) else ".*" for p in partial.parts)
        return isinstance(concrete, str) and re.fullmatch(pattern, concrete, re.DOTALL) is not None
    if isinstance(partial, JsonText):
        return isinstance(concrete, str) and consistent(partial.value, json.loads(concrete, parse_float=Decimal))
    if isinstance(partial, Choice):
        return consistent(partial.if_true, concrete) or consistent(partial.if_false, concrete)
    if isinstance(partial, Unknown):
        return True
    if isinstance(partial, dict):
        return _dict(partial, concrete)
    if isinstance(partial, SetValue):
        return isinstance(concrete, list) and _set(partial, concrete)
    if isinstance(partial, list):
        return isinstance(concrete, list) and _list(partial, concrete)
    if isinstance(partial, bool) != isinstance(concrete, bool):
        return to_string(partial) == concrete  # an unknown neighbour may have made texts of all
    return bool(partial == concrete) or (
        isinstance(concrete, str) and partial is not None and to_string(partial) == concrete
    )


def _dict(partial: dict[str, Any], concrete: Any) -> bool:
    if not isinstance(concrete, dict):
        return False
    named = {k: v for k, v in partial.items() if k != REST_KEY}
    if not all(k in concrete and consistent(v, concrete[k]) for k, v in named.items()):
        return False
    return REST_KEY in partial or set(concrete) == set(named)


def _set(partial: SetValue, concrete: Sequence[Any]) -> bool:
    """Unknown elements may coincide with others; known ones are certainly there."""
    shapes = [e.value if isinstance(e, Rest) else e for e in partial]
    certain = [e for e in partial if not isinstance(e, Rest)]
    return all(any(consistent(s, c) for s in shapes) for c in concrete) and all(
        any(consistent(e, c) for c in concrete) for e in certain
    )


def _list(partial: list[Any], concrete: list[Any]) -> bool:
    """Positions count before the first ``Rest`` and behind the last one; between them only what is there."""
    rests = [i for i, e in enumerate(partial) if isinstance(e, Rest)]
    if not rests:
        return len(partial) == len(concrete) and all(map(consistent, partial, concrete))
    head, tail = partial[: rests[0]], partial[rests[-1] + 1 :]
    if len(head) + len(tail) > len(concrete):
        return False
    middle = concrete[len(head) : len(concrete) - len(tail)]
    if not all(map(consistent, head, concrete)) or (tail and not all(map(consistent, tail, concrete[-len(tail) :]))):
        return False
    between = partial[rests[0] : rests[-1] + 1]
    return _assigned(
        [e for e in between if not isinstance(e, Rest)], [e.value for e in between if isinstance(e, Rest)], middle
    )


def _assigned(fixed: list[Any], shapes: list[Any], middle: list[Any]) -> bool:
    """Whether each fixed element is one of the middle, and every other one of the middle has one of the shapes."""
    if not fixed:
        return all(any(consistent(s, c) for s in shapes) for c in middle)
    first, *others = fixed
    return any(
        consistent(first, c) and _assigned(others, shapes, middle[:i] + middle[i + 1 :]) for i, c in enumerate(middle)
    )
