"""From bytes to blocks and attributes.

Parsed with tree-sitter-hcl, which is error-tolerant: what can still be read of a broken file is read, and each place
that could not be is reported with its line. Expressions stay syntax nodes until somebody asks for their value
(``expressions.compiled``): most of a configuration is never asked for.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import tree_sitter
import tree_sitter_hcl
from tree_sitter import Node

LANGUAGE = tree_sitter.Language(tree_sitter_hcl.language())

# A file of this size takes about 300 MB while it is read.
MAX_FILE_BYTES = 2 * 1024 * 1024
# Deeper nesting than any person writes; it bounds the recursion of everything that walks the syntax tree.
MAX_NESTING = 200


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """What could not be read, and on which line (from 1). ``kind`` is ``syntax`` or ``limit``."""

    message: str
    line: int
    kind: str = "syntax"


@dataclass(slots=True)
class Attribute:
    """``name = expression``. ``node`` is the expression's syntax node; ``file`` holds its text."""

    name: str
    node: Node
    line: int
    file: SourceFile
    compiled: Any = None
    """Cache of ``expressions.compiled``."""


@dataclass(slots=True)
class Block:
    """``type "label" ... { body }``."""

    type: str
    labels: tuple[str, ...]
    body: Body
    line: int
    end_line: int
    file: SourceFile
    constraint: Any = None
    """Cache of a variable's parsed type."""


@dataclass(slots=True)
class Body:
    """The content of a block or file: attributes by name (the last one of a name wins) and nested blocks in order."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def of_type(self, block_type: str) -> Iterator[Block]:
        """Nested blocks of one type, in order."""
        return (b for b in self.blocks if b.type == block_type)


@dataclass(slots=True)
class SourceFile:
    """One parsed file."""

    path: str
    content: bytes
    body: Body = field(default_factory=Body)
    problems: Sequence[SyntaxProblem] = ()
    is_json: bool = False
    offset: int = 0
    """Bytes that were put before the content to parse it (JSON)."""

    def text(self, node: Node) -> str:
        """The source text of a node."""
        return self.content[node.start_byte : node.end_byte].decode("utf-8", "replace")


def parse_tree(content: bytes) -> tree_sitter.Tree:
    """The syntax tree of ``content``; never fails, errors are nodes of the tree."""
    return tree_sitter.Parser(LANGUAGE).parse(content)


def parse_file(path: str, content: bytes) -> SourceFile:
    """Parse one ``.tf``, ``.tfvars`` or (by its name) ``.json`` file. Problems are in the result, nothing is raised."""
    if len(content) > MAX_FILE_BYTES:
        message = f"file of {len(content)} bytes is larger than {MAX_FILE_BYTES} bytes; it was not read"
        return SourceFile(path, b"", problems=(SyntaxProblem(message, 1, "limit"),))
    problems: list[SyntaxProblem] = []
    if content.startswith(b"\xef\xbb\xbf"):
        content = content[3:]
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.append(SyntaxProblem("not valid UTF-8", line))
    if path.endswith(".json"):
        return _parse_json(path, content, problems)
    file = SourceFile(path, content)
    root = parse_tree(content).root_node
    if root.has_error:
        # Terraform 0.11 let arguments end with a comma; old versions of a configuration still have them.
        content = _OLD_COMMA_BEHIND_BRACKET.sub(_blanked, _OLD_COMMA.sub(_blanked, content))
        file.content = content
        root = parse_tree(content).root_node
    if root.has_error or any(_header_over_lines(c) for top in root.children for c in top.children):
        file.body = _recovered(root, file, problems)
    else:
        file.body = _body(root, file, problems, 0)
    file.problems = tuple(problems)
    return file


# ``effect = "Allow",``: in an object such a comma in front of a newline means nothing, in a block it is 0.11.
_OLD_COMMA = re.compile(
    rb'^([ \t]*[\w-]+[ \t]*=[ \t]*(?:"[^"\n]*"|[\w.]+|\[[^\[\]\n]*\])[ \t]*),([ \t]*(?:[#/].*)?)$', re.M
)


# The same behind a bracket on a line of its own, when the next line is another argument or block, or the end.
_OLD_COMMA_BEHIND_BRACKET = re.compile(
    rb"^([ \t]*[\]}][ \t]*),([ \t]*\n(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:[\w-]+[ \t]*(?:=(?!=)|\{)|\}))", re.MULTILINE
)


def _blanked(match: re.Match[bytes]) -> bytes:
    return match[1] + b" " + match[2]


def _header_over_lines(node: Node) -> bool:
    """Whether a block's header goes over several lines, which the grammar accepts and HCL does not: prose in front of
    a block would swallow it.
    """
    if node.type != "block":
        return False
    opening = next((c for c in node.children if c.type == "block_start"), node)
    return opening.start_point[0] != node.start_point[0]


# Where a top-level block begins, as people and ``terraform fmt`` write it: at the start of a line.
_TOP_LEVEL = re.compile(
    rb"^(?:resource|data|module|variable|output|locals|provider|terraform|moved|removed|import|check|ephemeral)\b"
    rb'[ \t]*(?:"[^"\n]*"[ \t]*)*\{',
    re.MULTILINE,
)
_MAX_CHUNKS = 2000


def _recovered(root: Node, file: SourceFile, problems: list[SyntaxProblem]) -> Body:
    """What can be read of a file with syntax errors: each top-level block is parsed on its own, so that one stray
    brace costs one block and not the rest of the file.
    """
    starts = [m.start() for m in _TOP_LEVEL.finditer(file.content)][:_MAX_CHUNKS]
    if not starts:
        problems.extend(_errors(root))
        return _body(root, file, problems, 0)
    body = Body()
    points = _points(file.content, [0, *starts, len(file.content)])
    parser = tree_sitter.Parser(LANGUAGE)
    for (start, start_point), (end, end_point) in itertools.pairwise(points):
        if start == end:
            continue
        parser.included_ranges = [tree_sitter.Range(start_point, end_point, start, end)]
        chunk = parser.parse(file.content).root_node
        if chunk.has_error:
            problems.extend(_errors(chunk))
        read = _body(chunk, file, problems, 0)
        body.attributes.update(read.attributes)
        body.blocks.extend(read.blocks)
    if not any(p.kind == "syntax" for p in problems):
        problems.extend(_errors(root))
    return body


def _points(content: bytes, offsets: list[int]) -> list[tuple[int, tuple[int, int]]]:
    """Each byte offset with its row and column."""
    found = []
    row = position = 0
    for offset in offsets:
        row += content.count(b"\n", position, offset)
        position = offset
        found.append((offset, (row, offset - (content.rfind(b"\n", 0, offset) + 1))))
    return found


def _errors(root: Node) -> list[SyntaxProblem]:
    """The places that tree-sitter could not read: at most 20, outermost first."""
    found: list[SyntaxProblem] = []
    stack = [root]
    while stack and len(found) < 20:
        node = stack.pop()
        if node.is_error:
            text = (node.text or b"").decode("utf-8", "replace").strip().splitlines()
            what = f": {text[0][:60]!r}" if text else ""
            found.append(SyntaxProblem(f"syntax error{what}", node.start_point[0] + 1))
        elif node.is_missing:
            found.append(SyntaxProblem(f"syntax error: {node.type!r} is missing", node.start_point[0] + 1))
        elif node.has_error:
            stack.extend(reversed(node.children))
    return found or [SyntaxProblem("syntax error", 1)]


def _body(node: Node, file: SourceFile, problems: list[SyntaxProblem], depth: int) -> Body:
    """Attributes and blocks below a ``config_file``, ``body`` or ``ERROR`` node."""
    body = Body()
    if depth > MAX_NESTING:
        line = node.start_point[0] + 1
        problems.append(SyntaxProblem(f"blocks nested more than {MAX_NESTING} deep; not read", line, "limit"))
        return body
    for child in node.children:
        kind = child.type
        if kind == "attribute":
            _attribute(child, file, body)
        elif kind == "block":
            _block(child, file, problems, depth, body)
        elif kind == "body" or (kind == "ERROR" and child.named_child_count):
            # An ERROR node can still hold whole blocks and attributes: what can be read is compared all the same.
            inner = _body(child, file, problems, depth + 1)
            body.attributes.update(inner.attributes)
            body.blocks.extend(inner.blocks)
    return body


def _attribute(node: Node, file: SourceFile, body: Body) -> None:
    name = expression = None
    for child in node.children:
        if child.type == "identifier" and name is None:
            name = child
        elif child.type == "expression":
            expression = child
    if name is None or expression is None:
        return
    body.attributes[file.text(name)] = Attribute(file.text(name), expression, name.start_point[0] + 1, file)


def _block(node: Node, file: SourceFile, problems: list[SyntaxProblem], depth: int, into: Body) -> None:
    block_type = ""
    labels: list[str] = []
    body = Body()
    for child in node.children:
        kind = child.type
        if kind == "identifier":
            if block_type:
                labels.append(file.text(child))
            else:
                block_type = file.text(child)
        elif kind == "string_lit":
            labels.append(file.text(child)[1:-1])
        elif kind == "body":
            body = _body(child, file, problems, depth + 1)
        elif kind == "ERROR" and child.named_child_count:
            inner = _body(child, file, problems, depth + 1)
            body.attributes.update(inner.attributes)
            body.blocks.extend(inner.blocks)
    if block_type:
        into.blocks.append(Block(block_type, tuple(labels), body, node.start_point[0] + 1, node.end_point[0] + 1, file))


# --- JSON -----------------------------------------------------------------------------------------------------------

# A JSON document is an HCL expression, so the same parser gives it positions. What it is parsed behind:
_JSON_PREFIX = b"json = "
_JSON_IN_STRING = re.compile(rb"\\.|\$\{|%\{", re.DOTALL)
# Labels behind each top-level key of the JSON syntax.
_JSON_LABELS = {
    "resource": 2,
    "data": 2,
    "ephemeral": 2,
    "module": 1,
    "variable": 1,
    "output": 1,
    "provider": 1,
    "locals": 0,
    "terraform": 0,
    "moved": 0,
    "removed": 0,
    "import": 0,
    "check": 1,
}


def _parse_json(path: str, content: bytes, problems: list[SyntaxProblem]) -> SourceFile:
    """``.tf.json`` and ``.tfvars.json``: checked by the JSON parser, positions by the HCL parser."""
    file = SourceFile(path, _JSON_PREFIX + content, is_json=True, offset=len(_JSON_PREFIX))
    try:
        json.loads(content or b"null")
    except (ValueError, RecursionError) as error:
        problems.append(SyntaxProblem(f"not valid JSON: {error}", getattr(error, "lineno", 1)))
        file.problems = tuple(problems)
        return file
    top = Body()
    # The structure alone is parsed here: escapes and templates inside strings, which mean something else in HCL, are
    # blanked out byte by byte, and read from the original text when a string is evaluated.
    neutral = _JSON_IN_STRING.sub(b"__", file.content)
    for child in parse_tree(neutral).root_node.children:
        if child.type == "body":
            for attribute in child.children:
                if attribute.type == "attribute":
                    _attribute(attribute, file, top)
    if "json" in top.attributes:
        members = _json_object(top.attributes["json"].node, file)
        if path.endswith(".tf.json"):
            file.body = _json_top(members, file)
        else:
            file.body = Body(dict(members))
    file.problems = tuple(problems)
    return file


def _json_collection(node: Node) -> Node | None:
    """The ``object`` or ``tuple`` node of an expression, if it is one."""
    current = node
    while current.type in ("expression", "collection_value") and current.named_child_count == 1:
        current = current.named_children[0]
    return current if current.type in ("object", "tuple") else None


def _json_object(node: Node, file: SourceFile) -> list[tuple[str, Attribute]]:
    """The members of a JSON object as attributes, in order."""
    found = _json_collection(node)
    members: list[tuple[str, Attribute]] = []
    if found is None or found.type != "object":
        return members
    for element in found.named_children:
        if element.type == "object_elem" and element.named_child_count >= 2:
            key, value = element.named_children[0], element.named_children[-1]
            name = json.loads(file.text(key), strict=False)
            members.append((name, Attribute(name, value, key.start_point[0] + 1, file)))
    return members


def _json_bodies(node: Node) -> list[Node]:
    """One node for an object, all of them for an array of objects."""
    found = _json_collection(node)
    if found is None:
        return []
    return [node] if found.type == "object" else [e for e in found.named_children if e.type == "expression"]


def _json_blocks(kind: str, node: Node, labels: int, given: tuple[str, ...], file: SourceFile) -> Iterator[Block]:
    for body_node in _json_bodies(node):
        members = _json_object(body_node, file)
        if labels:
            for name, member in members:
                yield from _json_blocks(kind, member.node, labels - 1, (*given, name), file)
        else:
            line, end = body_node.start_point[0] + 1, body_node.end_point[0] + 1
            yield Block(kind, given, _json_body(members, file), line, end, file)


# Members of a JSON body that are blocks whatever their place; all others stay attributes and a rule sees the same shape
# either way (``Resource.blocks``).
_JSON_NESTED = ("lifecycle", "dynamic", "content", "validation")


def _json_body(members: list[tuple[str, Attribute]], file: SourceFile) -> Body:
    body = Body()
    for name, member in members:
        if name in _JSON_NESTED:
            body.blocks.extend(_json_blocks(name, member.node, 1 if name == "dynamic" else 0, (), file))
        elif name != "//":
            body.attributes[name] = member
    return body


def _json_top(members: list[tuple[str, Attribute]], file: SourceFile) -> Body:
    body = Body()
    for name, member in members:
        if name in _JSON_LABELS:
            body.blocks.extend(_json_blocks(name, member.node, _JSON_LABELS[name], (), file))
    return body
