"""Strings of which parts may be unknown, wildcards, and matching with three answers: True, False, None (not known).

A string with unknown parts becomes a plain ``str``: each unknown expression is one character of a private plane, always
the same for the same expression. So ``"${aws_s3_bucket.logs.arn}/*"`` matches ``"${aws_s3_bucket.logs.arn}/a"`` for
certain, whatever the ARN is, and may match ``"arn:aws:s3:::x/a"``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

from tfratchet.values import Template, Unknown

Kleene: TypeAlias = bool | None
"""True, False, or None: not known."""

_FIRST = 0xF0000
_LAST = 0x10FFFD
ACCOUNT = chr(_FIRST)
"""The account that the configuration is applied to."""
PARTITION = chr(_FIRST + 1)
"""The partition of that account (``aws``, ``aws-cn``, ...)."""
LITERAL_STAR = chr(_FIRST + 2)
LITERAL_QUESTION = chr(_FIRST + 3)
LITERAL_DOLLAR = chr(_FIRST + 4)
_DIGIT = chr(_FIRST + 6)
NOBODY = chr(_FIRST + 5)
"""A value that is equal to no other: the null of a policy variable whose key is not in the request."""
_RESERVED = 16

_ACCOUNT_EXPR = re.compile(
    r"\u27e6(?:module\.[^\u27e7]*\.)?data\.aws_caller_identity(?:\.[^.\[\u27e7]+)?\u27e7\.(?:account_id|id)"
)
_PARTITION_EXPR = re.compile(
    r"\u27e6(?:module\.[^\u27e7]*\.)?data\.aws_partition(?:\.[^.\[\u27e7]+)?\u27e7\.(?:partition|id)"
)
_HOLE = re.compile("[\U000f0000-\U000f0001\U000f0010-\U0010fffd]")
_ACCOUNT_DIGITS = re.compile(r"(?:(?<=:)|^)[0-9]{12}(?=:|$)")
_PARTITION_TEXT = re.compile(r"(?<=^arn:)aws(?:-[a-z-]+)?(?=:)")

_characters: dict[str, str] = {}
_expressions: dict[str, str] = {}


def hole(expr: str) -> str:
    """The character that stands for an unknown expression."""
    found = _characters.get(expr)
    if found is None:
        if _ACCOUNT_EXPR.fullmatch(expr):
            found = ACCOUNT
        elif _PARTITION_EXPR.fullmatch(expr):
            found = PARTITION
        else:
            code = _FIRST + _RESERVED + len(_expressions)
            # 131,000 different expressions in one process: the last character then stands for all further ones, and
            # since it would be equal to itself it is never handed out as equal (see match).
            found = chr(min(code, _LAST))
        _characters[expr] = found
        _expressions.setdefault(found, expr)
    return found


def encode(leaf: str | Unknown) -> str:
    """A string or unknown value as one ``str`` with a character for each hole."""
    if isinstance(leaf, str):
        if leaf.isascii():
            return leaf
        return hole("text " + leaf) if any(ord(c) >= _FIRST for c in leaf) else leaf
    if isinstance(leaf, Template):
        return "".join(encode(p) for p in leaf.parts)
    return hole(leaf.expr)


def decode(text: str) -> str:
    """For people: the encoded text with ``${expression}`` for each hole."""

    def shown(match: re.Match[str]) -> str:
        character = match[0]
        if character == ACCOUNT:
            return "${account}"
        if character == PARTITION:
            return "aws"
        return "${" + _expressions.get(character, "unknown").replace("\u27e6", "").replace("\u27e7", "") + "}"

    text = text.replace(LITERAL_STAR, "*").replace(LITERAL_QUESTION, "?").replace(LITERAL_DOLLAR, "$")
    return _HOLE.sub(shown, text)


def has_holes(text: str) -> bool:
    """True when a part of the encoded text is unknown."""
    return not text.isascii() and _HOLE.search(text) is not None


def expression(character: str) -> str:
    """The expression that a hole stands for."""
    return _expressions.get(character, "")


def _unescape(text: str) -> str:
    if text.isascii():
        return text
    return text.replace(LITERAL_STAR, "*").replace(LITERAL_QUESTION, "?").replace(LITERAL_DOLLAR, "$")


def glob(pattern: str, text: str) -> bool:
    """True when ``pattern`` (``*``: any characters, ``?``: one) matches the whole ``text``. Linear in time for patterns
    without ``?``, else quadratic. ``?`` never matches a hole, which may stand for any number of characters.
    """
    if "?" in pattern:
        return _glob_general(pattern, text)
    if "*" not in pattern:
        return _unescape(pattern) == text
    pieces = [_unescape(p) for p in pattern.split("*")]
    first, last = pieces[0], pieces[-1]
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for piece in pieces[1:-1]:
        found = text.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def _glob_general(pattern: str, text: str) -> bool:
    p = t = 0
    star = mark = -1
    while t < len(text):
        character = pattern[p] if p < len(pattern) else ""
        if character == "*":
            star, mark = p, t
            p += 1
        elif character and (_unescape(character) == text[t] if character != "?" else not has_holes(text[t])):
            p += 1
            t += 1
        elif star >= 0:
            mark += 1
            p, t = star + 1, mark
        else:
            return False
    return all(c == "*" for c in pattern[p:])


def may_match(pattern: str, text: str) -> bool:
    """False when no values of the holes in both let ``pattern`` match ``text``."""
    if PARTITION in pattern or PARTITION in text:
        pattern, text = fold_partition(pattern), fold_partition(text)
    pattern, text = pattern.replace(ACCOUNT, _DIGIT * 12), text.replace(ACCOUNT, _DIGIT * 12)
    # Written in both, the partition is the same in both; else it may be any.
    same_partition = PARTITION in pattern and PARTITION in text
    n, m = len(pattern), len(text)
    seen: set[tuple[int, int]] = set()
    todo = [(0, 0)]
    while todo:
        state = todo.pop()
        if state in seen:
            continue
        seen.add(state)
        i, j = state
        if i == n and j == m:
            return True
        p = pattern[i] if i < n else ""
        t = text[j] if j < m else ""
        p_any = p == "*" or (p != "" and has_holes(p) and not (same_partition and p == PARTITION))
        t_any = t != "" and has_holes(t) and not (same_partition and t == PARTITION)
        if p_any:
            todo.append((i + 1, j))
            if t:
                todo.append((i, j + 1))
        if t_any:
            todo.append((i, j + 1))
            if p:
                todo.append((i + 1, j))
        if p and t and not p_any and not t_any and p != NOBODY and (p == "?" or _alike(_unescape(p), t)):
            todo.append((i + 1, j + 1))
    return False


def _alike(left: str, right: str) -> bool:
    return left == right or (left == _DIGIT and right.isdigit()) or (right == _DIGIT and left.isdigit())


def own_account(*texts: str) -> bool:
    """True when one of them names the configuration's own account or partition."""
    return any(ACCOUNT in t or PARTITION in t for t in texts)


def fold(one: str, other: str) -> tuple[str, str]:
    """Two texts with literal account numbers and partitions written like the unknown ones of the configuration's own
    account: each where one of the two has the unknown one.
    """
    if ACCOUNT in one or ACCOUNT in other:
        one, other = _ACCOUNT_DIGITS.sub(ACCOUNT, one), _ACCOUNT_DIGITS.sub(ACCOUNT, other)
    if PARTITION in one or PARTITION in other:
        one, other = fold_partition(one), fold_partition(other)
    return one, other


def fold_partition(text: str) -> str:
    """The partition of an ARN written like that of the configuration's own account."""
    return _PARTITION_TEXT.sub(PARTITION, text)


@lru_cache(maxsize=200_000)
def match(pattern: str, text: str) -> Kleene:
    """Whether ``pattern`` with wildcards matches ``text``; both encoded.

    ``data.aws_caller_identity`` and a literal account number count as the same account: that rewriting is common, and
    the policies of one configuration protect the account it is applied to.
    """
    if NOBODY in pattern:
        return False
    if glob(pattern, text):
        return chr(_LAST) not in pattern or None
    if not has_holes(pattern) and not has_holes(text):
        return False
    if own_account(pattern, text) and glob(*fold(pattern, text)):
        return True
    return None if may_match(pattern, text) else False


def escape(text: str) -> str:
    """``text`` as a pattern that matches only itself."""
    return text.replace("*", LITERAL_STAR).replace("?", LITERAL_QUESTION)


def equals(left: str, right: str) -> Kleene:
    """Whether two encoded strings are equal."""
    return match(escape(left), right)


def covers(wide: str, narrow: str) -> bool:
    """True when pattern ``wide`` certainly matches everything that pattern ``narrow`` matches (may miss some)."""
    if wide == narrow:
        return True
    star = wide.find("*")
    if star < 0 or "?" in wide:
        return False
    if wide.isascii():  # without holes and escapes most answers need no look at the rest
        if not narrow.startswith(wide[:star]):
            return False
        if star == len(wide) - 1:
            return True
    return glob(wide, narrow)


def meet(left: str, right: str) -> str | None:
    """One string that both patterns match, or None. Wildcards become as short as they can; a hole stands for itself."""
    parents: dict[tuple[int, int], tuple[tuple[int, int], str] | None] = {(0, 0): None}
    queue = [(0, 0)]
    for state in queue:
        i, j = state
        if i == len(left) and j == len(right):
            return _path(parents, state)
        p = left[i] if i < len(left) else ""
        q = right[j] if j < len(right) else ""
        steps: list[tuple[tuple[int, int], str]] = []
        if p == "*":
            steps.append(((i + 1, j), ""))
            if q and q != "*":
                steps.append(((i, j + 1), "x" if q == "?" else q))
        if q == "*":
            steps.append(((i, j + 1), ""))
            if p and p != "*":
                steps.append(((i + 1, j), "x" if p == "?" else p))
        if p and q and "*" not in (p, q):
            if p == "?" or q == "?":
                other = q if p == "?" else p
                if not has_holes(other):
                    steps.append(((i + 1, j + 1), "x" if other == "?" else other))
            elif p == q:
                steps.append(((i + 1, j + 1), p))
        for target, emitted in steps:
            if target not in parents:
                parents[target] = (state, emitted)
                queue.append(target)
    return None


def _path(parents: dict[tuple[int, int], tuple[tuple[int, int], str] | None], state: tuple[int, int]) -> str:
    out: list[str] = []
    step = parents[state]
    while step is not None:
        previous, emitted = step
        out.append(emitted)
        step = parents[previous]
    return _unescape("".join(reversed(out)))
