"""Quoted strings, heredocs and template files: literals, interpolations, ``if`` and ``for`` directives.

Strip markers and heredoc indentation follow HCL's own template parser (hclsyntax/parser_template.go), which works on
one token a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tree_sitter import Node

from tfratchet.hcl import collections as coll
from tfratchet.hcl.convert import EvalError, choose, to_bool, to_string
from tfratchet.hcl.scope import LimitError, Scope
from tfratchet.hcl.syntax import SourceFile, parse_tree
from tfratchet.values import Template, Unknown, Value, canonical

if TYPE_CHECKING:
    from tfratchet.hcl.expressions import Compiler, Evaluator

# A token of a flat template: text, or a node with its kind.
Token = list[
    Any
]  # ["text", str] | ["value", Evaluator] | ["if", Evaluator] | ["else"] | ["endif"] | ["for", ...] | ...

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|\$\$(?=\{)|%%(?=\{)", re.DOTALL)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_HEREDOC_ESCAPE = re.compile(r"\$\$(?=\{)|%%(?=\{)")


def unescape(text: str) -> str:
    """The text of a quoted literal: backslash escapes, ``$${`` and ``%%{``."""
    if "\\" not in text and "$${" not in text and "%%{" not in text:
        return _normal(text)
    return _normal(_ESCAPE.sub(_escape, text))


def _normal(text: str) -> str:
    """Terraform keeps strings in Unicode's normal form C."""
    if text.isascii():
        return text
    from unicodedata import normalize

    return normalize("NFC", text)


def _escape(match: re.Match[str]) -> str:
    code = match[1]
    if code is None:
        return match[0][0]
    if code[0] in "uU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number < 0x110000 else "\ufffd"
    return _SIMPLE.get(code, "\\" + code)


def unescape_heredoc(text: str) -> str:
    """The text of a heredoc literal: no backslash escapes."""
    return _normal(_HEREDOC_ESCAPE.sub(lambda m: m[0][0], text) if "{" in text else text)


def compile_template(compiler: Compiler, node: Node, depth: int) -> Evaluator:
    """A ``quoted_template`` or ``heredoc_template`` node."""
    if node.type == "quoted_template":
        start, end = node.start_byte + 1, node.end_byte - 1
        tokens = _flat(compiler, node, start, end, depth, heredoc=False)
    else:
        start, end, indented = _heredoc_extent(compiler.file, node)
        tokens = _flat(compiler, node, start, end, depth, heredoc=True)
        if indented:
            _strip_indentation(tokens)
    return _compile_tokens(tokens)


def _heredoc_extent(file: SourceFile, node: Node) -> tuple[int, int, bool]:
    """First and last byte of the text between the opening line and the closing marker, and whether it is ``<<-``."""
    opening = file.text(node.children[0])
    markers = [c for c in node.children if c.type == "heredoc_identifier"]
    start = file.content.find(b"\n", markers[0].end_byte) + 1
    end = file.content.rfind(b"\n", 0, markers[-1].start_byte) + 1
    return start, max(start, end), opening.endswith("-")


def _flat(compiler: Compiler, node: Node, start: int, end: int, depth: int, heredoc: bool) -> list[Token]:
    """The template as a flat list of tokens: one text token a line in heredocs, strip markers applied."""
    tokens: list[Token] = []
    position = start
    strip_next = False
    for item in _items(node):
        kind = item.type
        strip_next = _text(compiler, tokens, position, item.start_byte, strip_next, heredoc)
        position = item.end_byte
        children = item.children
        strips = [c for c in children if c.type == "strip_marker"]
        before = bool(strips) and strips[0].start_byte == children[0].end_byte
        after = bool(strips) and strips[-1].end_byte == children[-1].start_byte
        if before and tokens and tokens[-1][0] == "text":
            tokens[-1][1] = tokens[-1][1].rstrip()
        expression = next((c for c in children if c.type == "expression"), None)
        evaluator = compiler.expression(expression, depth + 1) if expression is not None else None
        if kind == "template_interpolation":
            tokens.append(["value", evaluator or compiler.broken("empty interpolation")])
        elif kind == "template_for_start":
            names = [compiler.file.text(c) for c in children if c.type == "identifier"]
            tokens.append(["for", names, evaluator])
        elif kind == "template_if_intro":
            tokens.append(["if", evaluator])
        else:
            tokens.append([{"template_else_intro": "else", "template_if_end": "endif"}.get(kind, "endfor")])
        strip_next = after
    _text(compiler, tokens, position, end, strip_next, heredoc)
    return tokens


_ITEMS = frozenset(
    ["template_interpolation", "template_for_start", "template_for_end", "template_if_intro", "template_else_intro",
     "template_if_end"]
)  # fmt: skip


def _items(node: Node) -> list[Node]:
    """Interpolations and directive marks below a template node, in order of the text."""
    found: list[Node] = []
    stack = list(reversed(node.children))
    while stack:
        child = stack.pop()
        if child.type in _ITEMS:
            found.append(child)
        elif child.type.startswith("template_") and child.type != "template_literal":
            stack.extend(reversed(child.children))
    return found


def _text(compiler: Compiler, tokens: list[Token], start: int, end: int, strip: bool, heredoc: bool) -> bool:
    """Add the literal text between two bytes. Returns whether a strip mark is still waiting for text."""
    if end <= start:
        return strip
    text = compiler.file.content[start:end].decode("utf-8", "replace")
    text = text.replace("\r\n", "\n") if heredoc else text
    for line in text.splitlines(keepends=True) if heredoc else (text,):
        literal = unescape_heredoc(line) if heredoc else unescape(line)
        tokens.append(["text", literal.lstrip() if strip else literal])
        strip = False
    return False


def _strip_indentation(tokens: list[Token]) -> None:
    """``<<-``: the smallest indentation of all lines is taken off each."""
    smallest: int | None = None
    adjust: list[Token] = []
    at_start = True
    for token in tokens:
        if at_start:
            at_start = False
            if token[0] == "text":
                trimmed = token[1].lstrip()
                if trimmed or not token[1].endswith("\n"):
                    spaces = len(token[1]) - len(trimmed)
                    adjust.append(token)
                    smallest = spaces if smallest is None else min(smallest, spaces)
            else:
                smallest = 0
        if token[0] == "text" and token[1].endswith("\n"):
            at_start = True
    for token in adjust:
        token[1] = token[1][smallest or 0 :]


def _compile_tokens(tokens: list[Token]) -> Evaluator:
    """A flat template to one evaluator; a template that is one interpolation gives the value itself."""
    parts, used = _parse(tokens, 0, ())
    if used != len(tokens):
        parts = [lambda _: _unbalanced()]
    if len(tokens) == 1 and tokens[0][0] == "value":
        evaluator: Evaluator = tokens[0][1]
        return evaluator
    return _concatenate(parts)


def _unbalanced() -> Unknown:
    raise EvalError("the template's directives are not balanced")


def _parse(tokens: list[Token], position: int, until: Sequence[str]) -> tuple[list[Any], int]:
    """Parts up to one of the closing marks ``until`` (not consumed)."""
    parts: list[Any] = []
    while position < len(tokens):
        token = tokens[position]
        kind = token[0]
        if kind in until:
            return parts, position
        position += 1
        if kind == "text":
            if token[1]:
                parts.append(token[1])
        elif kind == "value":
            parts.append(token[1])
        elif kind == "if":
            yes, position = _parse(tokens, position, ("else", "endif"))
            no: list[Any] = []
            if position < len(tokens) and tokens[position][0] == "else":
                no, position = _parse(tokens, position + 1, ("endif",))
            position += 1
            parts.append(_conditional(token[1], _concatenate(yes), _concatenate(no)))
        elif kind == "for":
            inner, position = _parse(tokens, position, ("endfor",))
            position += 1
            parts.append(_loop(token[1], token[2], _concatenate(inner)))
        else:
            return parts, -1
    return parts, position


def _conditional(predicate: Evaluator, yes: Evaluator, no: Evaluator) -> Evaluator:
    def evaluate(scope: Scope) -> Any:
        condition = to_bool(predicate(scope))
        if isinstance(condition, Unknown):
            return choose(condition.expr, yes(scope), no(scope))
        return yes(scope) if condition else no(scope)

    return evaluate


def _loop(names: list[str], source: Evaluator, body: Evaluator) -> Evaluator:
    def evaluate(scope: Scope) -> Any:
        parts: list[str | Unknown] = []
        for element in coll.elements(source(scope)):
            scope.module.budget.step()
            given = {names[0]: element.value} if len(names) == 1 else {names[0]: element.key, names[1]: element.value}
            text = body(scope.with_names(given))
            if element.of is not None:
                parts.append(Unknown(f"%{{for {element.of.expr}}}{canonical(text)}%{{endfor}}"))
            else:
                parts.append(text)
        return _joined(parts)

    return evaluate


def _concatenate(parts: Sequence[Any]) -> Evaluator:
    if not parts:
        return lambda _: ""
    if all(isinstance(p, str) for p in parts):
        whole = "".join(parts)
        return lambda _: whole

    def evaluate(scope: Scope) -> Any:
        limit = scope.module.budget.limits.text
        values: list[str | Unknown] = []
        size = 0
        for part in parts:
            if isinstance(part, str):
                value: Any = part
            else:
                value = to_string(part(scope))
                if value is None:
                    raise EvalError("null cannot be part of a string")
            size += len(value) if isinstance(value, str) else len(value.expr)
            if size > limit:
                raise LimitError(f"a string is longer than {limit:,} characters")
            values.append(value)
        return _joined(values)

    return evaluate


def _joined(values: Sequence[str | Unknown]) -> Value:
    """Known and unknown parts as one string; neighbouring texts melt together."""
    if all(isinstance(v, str) for v in values):
        return "".join(v for v in values if isinstance(v, str))
    flat: list[str | Unknown] = []
    for value in values:
        for piece in value.parts if isinstance(value, Template) else (value,):
            if isinstance(piece, str) and flat and isinstance(flat[-1], str):
                flat[-1] += piece
            elif piece != "":
                flat.append(piece)
    return flat[0] if len(flat) == 1 else Template(flat)


def json_string(compiler: Compiler, node: Node) -> Evaluator:
    """A string of the JSON syntax: JSON escapes first, then a template."""
    try:
        text = json.loads(compiler.file.text(node), strict=False)
    except ValueError:
        return compiler.broken("not a JSON string")
    literal = compiler.file.path.endswith(".tfvars.json")  # values, no expressions
    if literal or ("${" not in text and "%{" not in text):
        return lambda _: text
    return compile_text(text, compiler.file.path, node.start_point[0])


def compile_text(text: str, path: str, _line: int = 0) -> Evaluator:
    """A template from a string or a file (``templatefile``, JSON syntax). Raises EvalError when it cannot be read."""
    from tfratchet.hcl.expressions import Compiler

    marker = "TFRATCHET_TEMPLATE"
    while marker in text:
        marker += "_"
    # A heredoc ends with a newline that the text does not have: it is taken off again.
    content = f"t = <<{marker}\n{text}\n{marker}\n".encode("utf-8", "surrogateescape")
    file = SourceFile(path, content)
    root = parse_tree(content).root_node
    if root.has_error:
        raise EvalError(f"the template {path} has a syntax error")
    found = _find(root, "heredoc_template")
    if found is None:
        raise EvalError(f"the template {path} cannot be read")
    compiler = Compiler(file)
    start, end, _ = _heredoc_extent(file, found)
    return _compile_tokens(_flat(compiler, found, start, end - 1, 1, heredoc=True))


def _find(root: Node, kind: str) -> Node | None:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == kind:
            return node
        stack.extend(reversed(node.children))
    return None
