"""Reading values as Checkov hands them to a check: wrapped in lists, rendered in part, or still an expression.

Checkov executes every .py file of this folder as a check, except those whose name begins with two underscores: the
shared parts are named so, and each is loaded once.

A value is None when the argument is not set, a plain Python value when it is known, and ``Unresolved`` when Checkov
could not work it out. A check must never take the last for one of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PLAN_ACTIONS = "__change_actions__"
PLAN_KEYS = "__change_keys__"
ADDRESS = "__address__"

# An interpolation that Terraform evaluates. "$${...}" is an escape, "${aws:username}" a variable of an IAM policy.
_INTERPOLATION = re.compile(r"(?<!\$)\$\{(?!\s*[A-Za-z0-9-]+:[A-Za-z])|(?<!%)%\{")
_REFERENCE = re.compile(
    r"(?:^|[^A-Za-z0-9_.\-/])"
    r"(?:(?:var|local)\.[A-Za-z_]|(?:module|data)\.[\w-]+[.\[]|(?:each|count|self|path|terraform)\.[a-z]"
    r"|aws_[a-z0-9_]+\.[\w-]+(?:\[[^\]]*\])?(?:\.|\[|$))"
)
# "arn:aws:iam::data.aws_caller_identity.me.account_id:root": Checkov drops the marks of what it cannot fill in.
_EMBEDDED = re.compile(
    r"(?:data\.[a-z0-9_]+\.[\w-]+\.|aws_[a-z0-9_]+\.[\w-]+\.[a-z_]+(?:[^\w-]|$)|\bvar\.\w|\blocal\.\w)"
)
_CALL = re.compile(r"^!?[a-z][a-z0-9_]*\(.*\)$", re.S)
_ITERATOR = re.compile(r"^[a-z][a-z0-9_]*\.(?:value|key)(?:[.\[]|$)")
_OPERATOR = re.compile(r"\s(?:\?|==|!=|&&|\|\||>=|<=)\s")


@dataclass(frozen=True)
class Unresolved:
    """A value that Checkov could not work out; ``text`` is what it left of the expression."""

    text: str


def text_of(value: object) -> str:
    """The text of a value, known or not."""
    return value.text if isinstance(value, Unresolved) else str(value)


def is_expression(text: str) -> bool:
    """True for text that is still an expression, or holds one, and so is no value yet."""
    stripped = text.strip()
    return bool(
        _INTERPOLATION.search(text)
        or _REFERENCE.search(text)
        or _EMBEDDED.search(text)
        or _CALL.match(stripped)
        or _ITERATOR.match(stripped)
        or _OPERATOR.search(text)
        or stripped.startswith(("[for ", "{for ", "!", "jsonencode("))
        or stripped == "true_after_unknown"  # how Checkov writes "known after apply"
    )


def unwrap(value: Any) -> Any:
    """The value without the lists of one element that Checkov wraps around it."""
    while isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    return value


def as_bool(value: Any) -> bool | Unresolved | None:
    """A boolean argument."""
    value = unwrap(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    return Unresolved(str(value))


def as_number(value: Any) -> int | float | Unresolved | None:
    """A numeric argument; text that is a number counts, as it does for Terraform."""
    value = unwrap(value)
    if isinstance(value, bool):
        return Unresolved(str(value))
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d+(?:\.\d+)?\s*", value):
        number = float(value)
        return int(number) if number.is_integer() else number
    return Unresolved(str(value))


def as_text(value: Any) -> str | Unresolved | None:
    """A text argument. Empty text is None: the provider treats both as not set."""
    value = unwrap(value)
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return Unresolved(value) if is_expression(value) else value
    return Unresolved(str(value))


def as_texts(value: Any) -> list[str | Unresolved] | None:
    """A list or set of texts, flat; None when it is not set. An expression in its place is one unresolved element."""
    if value is None:
        return None
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        nested = [as_texts(v) for v in items]
        if items and all(n is None for n in nested):
            return None
        return [text for texts in nested if texts is not None for text in texts]
    text = as_text(value)
    return [] if text is None else [text]


def raw_texts(value: Any) -> list[str]:
    """Every text in a list or set as Checkov wrote it, flat; values and expressions are not told apart."""
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in raw_texts(item)]
    if isinstance(value, (set, frozenset)):
        return [text for item in sorted(value, key=str) for text in raw_texts(item)]
    return [] if value is None else [str(value)]


@dataclass(frozen=True)
class Block:
    """The body of a resource, data source, module call or nested block."""

    conf: Mapping[str, Any]
    certain: bool = True
    """False for a block made by ``dynamic`` whose number Checkov could not work out: it may not be there."""

    def has(self, name: str) -> bool:
        """True when the argument is set to something other than null."""
        value = unwrap(self.conf.get(name))
        return value is not None and value not in ("", [], {})

    def flag(self, name: str) -> bool | Unresolved | None:
        """A boolean argument."""
        return as_bool(self.conf.get(name))

    def number(self, name: str) -> int | float | Unresolved | None:
        """A numeric argument."""
        return as_number(self.conf.get(name))

    def text(self, name: str) -> str | Unresolved | None:
        """A text argument."""
        return as_text(self.conf.get(name))

    def texts(self, name: str) -> list[str | Unresolved] | None:
        """A list of texts."""
        return as_texts(self.conf.get(name))

    def is_list(self, name: str) -> bool:
        """True when the argument is a list that is written out, with at least one element (known or not)."""
        value = self.conf.get(name)
        while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
            value = value[0]
            if value:
                return True
        return isinstance(value, list) and len(value) > 1

    def blocks(self, name: str) -> list[Block]:
        """The nested blocks called ``name``, those of ``dynamic`` included."""
        dynamic = list(_dynamic(self.conf.get("dynamic"), name))
        made = [content for content, _ in dynamic]  # Checkov may have put these among the others already
        static = [Block(d, self.certain) for d in _dicts(self.conf.get(name)) if d not in made]
        return static + [Block(c, self.certain and there is True) for c, there in dynamic if there is not False]

    @property
    def planned(self) -> bool:
        """True when this comes from a plan file (lifecycle settings and comments are not in it)."""
        return PLAN_ACTIONS in self.conf

    @property
    def actions(self) -> tuple[str, ...]:
        """What the plan does with the resource (``("delete", "create")``); empty for HCL."""
        found = self.conf.get(PLAN_ACTIONS)
        return tuple(str(a) for a in found) if isinstance(found, list) else ()

    def changed(self, name: str) -> bool:
        """True when the plan changes this argument of a resource that exists."""
        keys = self.conf.get(PLAN_KEYS)
        return isinstance(keys, list) and name in keys and "update" in self.actions


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _dicts(item)


def _dynamic(value: Any, name: str) -> Iterator[tuple[dict[str, Any], bool | None]]:
    """The contents of ``dynamic "name"`` blocks, and whether they are made: None when ``for_each`` is not known.

    Checkov either leaves ``for_each`` and ``content`` as they are, or puts the finished content in their place.
    """
    for entry in _dicts(value):
        for body in _dicts(entry.get(name)):
            if "content" not in body:
                # One block an element; where the elements are unknown, one that still names the iterator.
                yield body, None if _mentions_iterator(body, name) else True
                continue
            over = unwrap(body.get("for_each"))
            there: bool | None = True
            if over in ([], {}):
                there = False
            elif isinstance(over, str) and is_expression(over):
                there = None
            for content in _dicts(body["content"]):
                yield content, there


def _mentions_iterator(value: Any, name: str) -> bool:
    if isinstance(value, str):
        return f"{name}.value" in value or f"{name}.key" in value
    if isinstance(value, dict):
        return any(_mentions_iterator(v, name) for v in value.values())
    if isinstance(value, (list, tuple, set)):
        return any(_mentions_iterator(v, name) for v in value)
    return False
