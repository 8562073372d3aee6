"""Patterns of a policy: wildcards, policy variables, unknown parts; compiled once, matched often."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias, Union

from tfratchet.iam.engine.strings import (
    LITERAL_DOLLAR,
    LITERAL_QUESTION,
    LITERAL_STAR,
    NOBODY,
    Kleene,
    encode,
    escape,
    has_holes,
    hole,
    match,
)
from tfratchet.iam.statements import Leaf
from tfratchet.values import Choice, Unknown, canonical

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_LITERALS = {"*": LITERAL_STAR, "?": LITERAL_QUESTION, "$": LITERAL_DOLLAR}
_NAME = re.compile(r"[A-Za-z0-9_-]+:[^'\",]+")


class AnyValue:
    """The value of a condition key of which nothing is known, not even whether it is in the request."""

    def __repr__(self) -> str:
        return "ANY"


ANY = AnyValue()
Found: TypeAlias = Union["tuple[str, ...]", AnyValue, None]
"""What a request says of a key: its (encoded) values, ``ANY``, or None when the key is not in the request."""
Lookup: TypeAlias = Callable[[str], Found]


class Pattern:
    """One string of a document. ``text(lookup)`` is the encoded pattern with the policy variables of a request put in.

    Policy variables: IAM user guide, "IAM policy elements: Variables and tags". A variable whose key is not in the
    request is null: no value is equal to it or like it. Wildcards in the value of a variable are literal.
    """

    __slots__ = ("_pieces", "_text", "source", "variables")

    def __init__(self, leaf: Leaf, *, variables: bool) -> None:
        self.source = leaf
        encoded = encode(leaf)
        self._pieces: list[str | tuple[str, str | None]] = []
        self._text: str | None = encoded
        self.variables: tuple[str, ...] = ()
        if variables and "${" in encoded:
            self._compile(encoded)

    def _compile(self, encoded: str) -> None:
        position = 0
        for found in _VARIABLE.finditer(encoded):
            content = found[1].strip()
            name, comma, default = content.partition(",")
            default = default.strip()
            if content in _LITERALS:
                piece: str | tuple[str, str | None] = _LITERALS[content]
            elif not _NAME.fullmatch(name.strip()):
                continue
            elif comma and len(default) >= 2 and default[0] == default[-1] == "'":
                piece = (name.strip().lower(), escape(default[1:-1]))
            elif comma:
                continue
            else:
                piece = (name.strip().lower(), None)
            self._pieces.append(encoded[position : found.start()])
            self._pieces.append(piece)
            position = found.end()
        self._pieces.append(encoded[position:])
        self.variables = tuple(dict.fromkeys(p[0] for p in self._pieces if isinstance(p, tuple)))
        self._text = None if self.variables else "".join(p for p in self._pieces if isinstance(p, str))

    @property
    def exact(self) -> bool:
        """True when the pattern is a known text without wildcards."""
        text = self._text
        return text is not None and text.isascii() and "*" not in text and "?" not in text

    def text(self, lookup: Lookup) -> str:
        """The pattern as it stands for one request."""
        if self._text is not None:
            return self._text
        return "".join(p if isinstance(p, str) else _value(p[0], p[1], lookup) for p in self._pieces)


def _value(key: str, default: str | None, lookup: Lookup) -> str:
    found = lookup(key)
    if found is None:
        return NOBODY if default is None else default
    if isinstance(found, AnyValue):
        return hole(f"value of {key}")
    # Keys with several values are no variables.
    return escape(found[0]) if len(found) == 1 else NOBODY


def alternatives(leaf: Leaf) -> list[Leaf] | None:
    """The possible leaves of a choice between known strings or lists of them, else None."""
    if not isinstance(leaf, Choice):
        return None
    found: list[Leaf] = []
    for branch in (leaf.if_true, leaf.if_false):
        for element in branch if isinstance(branch, list) else [branch]:
            if isinstance(element, (str, Unknown)):
                found.append(element)
            elif element is not None:
                return None
    return found


class Patterns:
    """A list of strings of which one must match."""

    __slots__ = ("_cache", "_choices", "_exact", "_fold", "_plain", "_wild", "variables")

    def __init__(self, leaves: Iterable[Leaf], *, variables: bool, fold: bool = False, arns: bool = False) -> None:
        self._fold = fold
        self._plain: list[Pattern] = []
        self._choices: list[Pattern] = []
        for leaf in leaves:
            possible = alternatives(leaf)
            target = self._plain if possible is None else self._choices
            for each in [leaf] if possible is None else possible:
                target.append(Pattern(complete_arn(each) if arns else each, variables=variables))
        self.variables = tuple(dict.fromkeys(v for p in (*self._plain, *self._choices) for v in p.variables))
        self._cache: dict[str, Kleene] = {}
        # Long lists hold mostly plain names: one look instead of a loop.
        self._wild = [p for p in self._plain if not p.exact]
        self._exact = frozenset(self._text(p, _no_value) for p in self._plain if p.exact)

    def match(self, subject: str, lookup: Lookup) -> Kleene:
        """Whether one of the patterns matches the encoded subject."""
        if not self.variables:
            if subject not in self._cache:
                self._cache[subject] = self._match(subject, lookup)
            return self._cache[subject]
        return self._match(subject, lookup)

    def _match(self, subject: str, lookup: Lookup) -> Kleene:
        answer: Kleene = False
        if self._fold:
            subject = subject.lower()
        if subject in self._exact:
            return True
        for pattern in self._plain if has_holes(subject) else self._wild:
            found = match(self._text(pattern, lookup), subject)
            if found:
                return True
            if found is None:
                answer = None
        for pattern in self._choices:
            if match(self._text(pattern, lookup), subject) is not False:
                answer = None
        return answer

    def _text(self, pattern: Pattern, lookup: Lookup) -> str:
        text = pattern.text(lookup)
        return text.lower() if self._fold else text

    def texts(self, lookup: Lookup) -> list[str]:
        """The encoded patterns as they stand for one request."""
        return [self._text(p, lookup) for p in (*self._plain, *self._choices)]


def _no_value(key: str) -> None:
    del key


def complete_arn(leaf: Leaf) -> Leaf:
    """``arn:aws:sqs`` means ``arn:aws:sqs:*:*:*:*`` (user guide, "IAM JSON policy elements: Resource")."""
    if isinstance(leaf, str) and leaf.startswith("arn:"):
        missing = 5 - leaf.count(":")
        return leaf + ":*" * missing if missing > 0 else leaf
    return leaf


def any_of(answers: Sequence[Kleene]) -> Kleene:
    """Kleene's or."""
    if True in answers:
        return True
    return None if None in answers else False


def all_of(answers: Iterable[Kleene]) -> Kleene:
    """Kleene's and."""
    result: Kleene = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result


def negate(answer: Kleene) -> Kleene:
    """Kleene's not."""
    return None if answer is None else not answer


def shown(leaf: Leaf) -> str:
    """A leaf for people."""
    return leaf if isinstance(leaf, str) else canonical(leaf)
