"""IAM policy documents as Checkov renders them, in one form: a list of statements and whether that is all of them.

Checkov hands a document over as a dict (heredoc, resolved ``jsonencode``), as the text of ``jsonencode({...})`` with
Python's quotes (references inside), as JSON text (plan files), or as a reference to a document data source.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_rendered__ import RenderedTextError, parse_rendered
    from tfratchet_checks.__tfr_values__ import Block, Unresolved, as_texts, is_expression, unwrap
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_rendered__ import RenderedTextError, parse_rendered
    from __tfr_values__ import Block, Unresolved, as_texts, is_expression, unwrap

MFA_PRESENT = "aws:multifactorauthpresent"
MFA_AGE = "aws:multifactorauthage"
MFA_KEYS = frozenset({MFA_PRESENT, MFA_AGE})


@dataclass(frozen=True)
class Condition:
    """One condition: operator without qualifier and ``IfExists`` (lower case), key (lower case) and values."""

    operator: str
    key: str
    values: tuple[str | Unresolved, ...]
    if_exists: bool = False
    qualifier: str = ""
    """``forallvalues``, ``foranyvalue`` or nothing."""

    @property
    def lower(self) -> tuple[str, ...] | None:
        """The values in lower case, None when one is not known."""
        if any(isinstance(v, Unresolved) for v in self.values):
            return None
        return tuple(sorted({str(v).lower() for v in self.values}))


@dataclass(frozen=True)
class Statement:
    """One statement. An element that is absent is None; one that could not be read holds ``Unresolved``."""

    effect: str | Unresolved
    actions: tuple[str | Unresolved, ...] | None = None
    not_actions: tuple[str | Unresolved, ...] | None = None
    resources: tuple[str | Unresolved, ...] | None = None
    not_resources: tuple[str | Unresolved, ...] | None = None
    principals: Mapping[str, tuple[str | Unresolved, ...]] | None = None
    not_principals: bool = False
    conditions: tuple[Condition, ...] = ()
    opaque_conditions: bool = False
    """The conditions, or some of them, could not be read."""
    sid: str = ""
    certain: bool = True
    """False when the statement may not be there (a ``dynamic`` block over an unknown)."""

    @property
    def label(self) -> str:
        """How a report names the statement."""
        return f"statement {self.sid!r}" if self.sid else "a statement without Sid"

    def conditions_on(self, *keys: str) -> list[Condition]:
        """The conditions on these keys (lower case)."""
        return [c for c in self.conditions if c.key in keys]


@dataclass(frozen=True)
class Document:
    """A policy document: its statements, and whether there may be more that could not be read."""

    statements: tuple[Statement, ...]
    complete: bool = True
    why: str = ""
    """What could not be read, when it is not complete."""
    lines: Mapping[str, Any] = field(default_factory=dict)

    def joined(self, other: Document) -> Document:
        """This document with the statements of another behind its own."""
        return Document(
            self.statements + other.statements, self.complete and other.complete, self.why or other.why, self.lines
        )


def unreadable(why: object) -> Document:
    """A document of which nothing could be read."""
    return Document((), complete=False, why=str(why)[:200])


def read_document(value: Any) -> Document | None:
    """The document behind an argument; None when it is not set. A reference or odd shape gives an incomplete one."""
    value = unwrap(value)
    if value is None or value in ("", {}, []):
        return None
    if isinstance(value, str):
        text = value.strip()
        if "jsonencode(" in text:
            try:
                value = parse_rendered(text)
            except RenderedTextError as error:
                return unreadable(f"{error}: {text}")
        elif text.startswith("{"):
            try:
                value = json.loads(text)
            except ValueError:
                return unreadable(text)
        else:
            return unreadable(text)
    if isinstance(value, dict) and "Statement" in value:
        return _from_dict(value)
    return unreadable(value)


def _from_dict(value: Mapping[str, Any]) -> Document:
    statements = value["Statement"]
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, (list, tuple)):
        return unreadable(statements)
    read: list[Statement] = []
    odd = ""
    for statement in statements:
        if isinstance(statement, Mapping) and "Effect" in statement:
            read.append(_statement(statement))
        elif isinstance(statement, (list, tuple)) and all(isinstance(s, Mapping) and "Effect" in s for s in statement):
            read.extend(_statement(s) for s in statement)
        else:
            odd = odd or str(statement)
    return Document(tuple(read), complete=not odd, why=odd[:200])


def _statement(raw: Mapping[str, Any]) -> Statement:
    effect = unwrap(raw.get("Effect"))
    conditions, opaque = _conditions(raw.get("Condition"))
    return Statement(
        effect=effect if effect in ("Allow", "Deny") else Unresolved(str(effect)),
        actions=_element(raw, "Action"),
        not_actions=_element(raw, "NotAction"),
        resources=_element(raw, "Resource"),
        not_resources=_element(raw, "NotResource"),
        principals=_principals(raw.get("Principal")),
        not_principals="NotPrincipal" in raw,
        conditions=tuple(conditions),
        opaque_conditions=opaque,
        sid=str(raw.get("Sid") or ""),
    )


def _element(raw: Mapping[str, Any], name: str) -> tuple[str | Unresolved, ...] | None:
    texts = as_texts(raw.get(name))
    return None if texts is None else tuple(texts)


def _principals(raw: Any) -> Mapping[str, tuple[str | Unresolved, ...]] | None:
    if raw is None:
        return None
    if isinstance(raw, Mapping):
        return {str(kind): tuple(as_texts(v) or ()) for kind, v in raw.items()}
    return {"AWS": tuple(as_texts(raw) or ())}  # "*" stands for everybody


def _conditions(raw: Any) -> tuple[list[Condition], bool]:
    if raw is None:
        return [], False
    found: list[Condition] = []
    opaque = False
    for block in raw if isinstance(raw, (list, tuple)) else [raw]:
        if not isinstance(block, Mapping):
            opaque = True
            continue
        for operator, keys in block.items():
            if not isinstance(keys, Mapping):
                opaque = True
                continue
            found.extend(condition(str(operator), str(key), values) for key, values in keys.items())
    return found, opaque


def condition(operator: str, key: str, values: Any) -> Condition:
    """A condition from its operator as written (``ForAnyValue:StringLikeIfExists``), key and values."""
    qualifier, _, name = operator.lower().rpartition(":")
    if_exists = name.endswith("ifexists")
    name = name[: -len("ifexists")] if if_exists else name
    return Condition(name, key.lower(), tuple(as_texts(values) or ()), if_exists, qualifier)


def from_data_source(block: Block) -> Document:
    """The statements that ``data "aws_iam_policy_document"`` itself holds (not those of its source documents)."""
    statements = []
    for s in block.blocks("statement"):
        conditions, opaque = [], False
        for c in s.blocks("condition"):
            test, variable = c.text("test"), c.text("variable")
            if not c.certain or not isinstance(test, str) or not isinstance(variable, str):
                opaque = True
                continue
            conditions.append(condition(test, variable, c.conf.get("values")))
        effect = s.text("effect") or "Allow"
        statements.append(
            Statement(
                effect=effect if effect in ("Allow", "Deny") else Unresolved(str(effect)),
                actions=_optional(s, "actions"),
                not_actions=_optional(s, "not_actions"),
                resources=_optional(s, "resources"),
                not_resources=_optional(s, "not_resources"),
                principals=_principal_blocks(s.blocks("principals")),
                not_principals=bool(s.blocks("not_principals")),
                conditions=tuple(conditions),
                opaque_conditions=opaque,
                sid=str(unwrap(s.conf.get("sid")) or ""),
                certain=s.certain,
            )
        )
    return Document(tuple(statements))


def _optional(block: Block, name: str) -> tuple[str | Unresolved, ...] | None:
    texts = block.texts(name)
    return tuple(texts) if texts else None


def _principal_blocks(blocks: list[Block]) -> Mapping[str, tuple[str | Unresolved, ...]] | None:
    if not blocks:
        return None
    found: dict[str, tuple[str | Unresolved, ...]] = {}
    for block in blocks:
        kind = block.text("type")
        kind = kind if isinstance(kind, str) else "AWS"
        kind = "AWS" if kind == "*" else kind
        found[kind] = found.get(kind, ()) + tuple(block.texts("identifiers") or ())
    return found


def matches(pattern: str, text: str) -> bool:
    """True when an action or resource pattern of IAM (``*``, ``?``, any case) covers ``text``."""
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), text, re.I | re.S) is not None


def covers(statement: Statement, action: str) -> bool | None:
    """Whether a statement speaks of an action; None when an element that is not known may decide it."""
    if statement.actions is not None:
        if any(isinstance(a, str) and matches(a, action) for a in statement.actions):
            return True
        return None if any(isinstance(a, Unresolved) for a in statement.actions) else False
    if statement.not_actions is not None:
        if any(isinstance(a, str) and matches(a, action) for a in statement.not_actions):
            return False
        return None if any(isinstance(a, Unresolved) for a in statement.not_actions) else True
    return False


def strings(values: tuple[str | Unresolved, ...] | None) -> Iterator[str]:
    """The values that are known."""
    for value in values or ():
        if isinstance(value, str):
            yield value


__all__ = [
    "MFA_AGE",
    "MFA_KEYS",
    "MFA_PRESENT",
    "Condition",
    "Document",
    "Statement",
    "condition",
    "covers",
    "from_data_source",
    "is_expression",
    "matches",
    "read_document",
    "strings",
    "unreadable",
]
