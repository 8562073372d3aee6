"""Regular expressions of Go's syntax (RE2), in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from tfratchet.hcl.convert import EvalError
from tfratchet.hcl.functions.base import MAX_TEXT, FunctionContext, Module, check_count
from tfratchet.values import Value

FUNCTIONS = Module()
function = FUNCTIONS.function


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        text = error.args[0] if error.args else b""
        reason = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
        raise EvalError(f"invalid regular expression {pattern[:60]!r}: {reason}") from None


def _matches(pattern: Any, text: str) -> Iterator[Any]:
    """All matches; an empty one that touches the match before it does not count (Go's rule)."""
    end = -1
    for match in pattern.finditer(text):
        if not (match.start() == match.end() == end):
            yield match
        end = match.end()


def _captured(pattern: Any, match: Any) -> Any:
    """The whole match, or a list of the groups, or a map of the named ones."""
    if pattern.groups == 0:
        return match.group(0)
    named = pattern.groupindex
    if named and len(named) != pattern.groups:
        raise EvalError("a regular expression must not have both named and unnamed groups")
    if named:
        return {name: match.group(named[name]) for name in sorted(named)}
    return list(match.groups())


@function("regex", "string", "string")
def _regex(_: FunctionContext, pattern: Any, text: Any) -> Value:
    compiled = _compiled(pattern)
    match = next(_matches(compiled, text), None)
    if match is None:
        raise EvalError(f"regex: {pattern[:60]!r} does not match")
    return _captured(compiled, match)


@function("regexall", "string", "string")
def _regexall(context: FunctionContext, pattern: Any, text: Any) -> Value:
    compiled = _compiled(pattern)
    found: list[Any] = []
    for match in _matches(compiled, text):
        found.append(_captured(compiled, match))
        check_count(len(found), context)
    return found


_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")


def substitute(text: str, pattern: str, replacement: str) -> str:
    """Every match of ``pattern`` replaced; ``$1``, ``${1}`` and ``${name}`` stand for groups. Raises EvalError."""
    compiled = _compiled(pattern)
    parts: list[str] = []
    position = size = 0
    for match in _matches(compiled, text):
        expanded = _REFERENCE.sub(lambda m, match=match: _group(compiled, match, m), replacement)  # type: ignore[misc]
        parts += [text[position : match.start()], expanded]
        position = match.end()
        size += len(expanded)
        if size > MAX_TEXT:
            raise EvalError(f"a text of more than {MAX_TEXT} characters", "limit")
    return "".join([*parts, text[position:]])


def _group(pattern: Any, match: Any, reference: re.Match[str]) -> str:
    if reference[1]:
        return "$"
    name = reference[2] or reference[3]
    if name.isdigit() and (name == "0" or name[0] != "0"):
        number = int(name) if len(name) < 9 else pattern.groups + 1
    else:
        number = pattern.groupindex.get(name, pattern.groups + 1)
    return (match.group(number) or "") if number <= pattern.groups else ""
