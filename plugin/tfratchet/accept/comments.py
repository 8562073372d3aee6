"""Comments of HCL files that speak to tfratchet, and what they stand above or in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

MARK = b"tfratchet:ignore"
MAX_BYTES = 5 * 1024 * 1024
_BAGS = ("locals", "terraform")  # blocks that hold things which have nothing to do with each other


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment line with the mark, and the lines (from 1, both included) that it speaks about."""

    text: str
    """From the mark on, without the comment's end."""
    line: int
    first: int
    last: int
    """0 when the comment stands above and in nothing."""
    target: str
    """Type and labels of that block, or the name of the attribute: to tell whether a comment is new there."""


def marked_comments(content: bytes) -> list[Comment]:
    """Every comment of a ``.tf`` or ``.tfvars`` file that holds the mark, in order.

    A comment speaks about the top-level block or attribute that it stands in, or directly above (other comments may
    stand between, an empty line may not). In a ``locals`` block it is the single attribute, as those have nothing to
    do with each other. A mark in a string or a heredoc is no comment.
    """
    if MARK not in content or len(content) > MAX_BYTES:
        return []
    from tfratchet.hcl.syntax import parse_tree  # tree-sitter: only needed when there is something to find

    root = parse_tree(content).root_node
    found = []
    units = list(_units(root))
    comments = sorted(_comments(root), key=lambda n: n.start_byte)
    comment_lines = {line for n in comments for line in range(n.start_point[0], n.end_point[0] + 1)}
    for node in comments:
        if MARK not in (node.text or b""):
            continue
        unit = _target(node, units, comment_lines)
        first, last = (unit.start_point[0] + 1, unit.end_point[0] + 1) if unit else (0, 0)
        target = _header(unit) if unit else ""
        for i, line in enumerate((node.text or b"").decode("utf-8", "replace").split("\n")):
            mark = line.find(MARK.decode())
            if mark >= 0:
                text = line[mark:].strip().removesuffix("*/").strip()
                found.append(Comment(text, node.start_point[0] + 1 + i, first, last, target))
    return found


def _comments(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == "comment":
            yield node
        else:
            stack.extend(node.children)


def _units(root: Node) -> Iterator[Node]:
    """The blocks and attributes that a comment can speak about."""
    for body in (root, *(c for c in root.children if c.type == "body")):
        for node in body.children:
            if node.type == "block" and node.children and (node.children[0].text or b"").decode() in _BAGS:
                for inner in node.children:
                    if inner.type == "body":
                        yield from (n for n in inner.children if n.type in ("attribute", "block"))
            elif node.type in ("block", "attribute"):
                yield node


def _target(comment: Node, units: list[Node], comment_lines: set[int]) -> Node | None:
    """What ``comment`` stands in or directly above."""
    row = comment.start_point[0]
    for unit in units:
        if unit.start_point[0] <= row <= unit.end_point[0]:
            return unit
    below = comment.end_point[0] + 1
    while below in comment_lines:
        below += 1
    return next((unit for unit in units if unit.start_point[0] == below), None)


def _header(unit: Node) -> str:
    """Type and labels of a block, or the name of an attribute."""
    parts = []
    for child in unit.children:
        if child.type not in ("identifier", "string_lit"):
            break
        parts.append((child.text or b"").decode("utf-8", "replace"))
    return " ".join(parts)
