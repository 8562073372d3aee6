"""Blocks, arguments and positions of Terraform files, for the tools of these tests.

Not the analyzer's own parser: what checks the modules must not share its mistakes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import tree_sitter
import tree_sitter_hcl

_LANGUAGE = tree_sitter.Language(tree_sitter_hcl.language())


@dataclass(frozen=True)
class Argument:
    """``name = expression``; ``text`` is the expression as it is written."""

    name: str
    text: str
    line: int


@dataclass
class Block:
    """A block with what stands in it. ``start`` and ``end`` are offsets in bytes."""

    type: str
    labels: tuple[str, ...]
    line: int
    start: int
    end: int
    arguments: dict[str, Argument] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def of(self, kind: str) -> list[Block]:
        """Nested blocks of this type."""
        return [block for block in self.blocks if block.type == kind]

    def walk(self) -> Iterator[Block]:
        """This block and all in it."""
        yield self
        for block in self.blocks:
            yield from block.walk()

    def text(self, name: str) -> str:
        """The expression of an argument as it is written, or an empty string."""
        return self.arguments[name].text if name in self.arguments else ""


def _fill(block: Block, node: tree_sitter.Node, source: bytes) -> None:
    for child in node.children:
        if child.type == "body":
            _fill(block, child, source)
        elif child.type == "attribute":
            name, expression = (c for c in child.children if c.type in ("identifier", "expression"))
            text = source[expression.start_byte : expression.end_byte].decode()
            key = source[name.start_byte : name.end_byte].decode()
            block.arguments[key] = Argument(key, text, child.start_point[0] + 1)
        elif child.type == "block":
            names = [c for c in child.children if c.type in ("identifier", "string_lit")]
            texts = [source[c.start_byte : c.end_byte].decode().strip('"') for c in names]
            nested = Block(texts[0], tuple(texts[1:]), child.start_point[0] + 1, child.start_byte, child.end_byte)
            _fill(nested, child, source)
            block.blocks.append(nested)


def parse(source: bytes) -> Block:
    """The whole file as one block. Raises ValueError when it does not parse."""
    tree = tree_sitter.Parser(_LANGUAGE).parse(source)
    if tree.root_node.has_error:
        raise ValueError("the file does not parse")
    whole = Block("file", (), 1, 0, len(source))
    _fill(whole, tree.root_node, source)
    return whole


def read(path: Path) -> Block:
    """The file at ``path`` as one block."""
    try:
        return parse(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
