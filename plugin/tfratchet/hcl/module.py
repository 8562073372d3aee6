"""A module as its directory says it: the blocks of all its files, override files merged in, nothing evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tfratchet.hcl.syntax import Attribute, Block, Body, SourceFile, parse_file
from tfratchet.model import Location, Problem
from tfratchet.sources.tree import Tree, TreeError

SUFFIXES = (".tf", ".tf.json")


def join(directory: str, path: str) -> str | None:
    """``path`` relative to ``directory``, normalised; None when it leads out of the tree."""
    parts: list[str] = []
    start = "" if path.startswith("/") else directory
    for part in f"{start}/{path}".split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or "."


def is_override(name: str) -> bool:
    """``override.tf``, ``x_override.tf`` and their JSON forms."""
    stem = name[: -len(".tf.json")] if name.endswith(".tf.json") else name[: -len(".tf")]
    return stem == "override" or stem.endswith("_override")


class Parser:
    """Parses files once: an unchanged file has the same content in base and head and is shared by both."""

    def __init__(self) -> None:
        self._parsed: dict[tuple[str, bytes], SourceFile] = {}

    def parse(self, path: str, content: bytes) -> SourceFile:
        """The parsed file."""
        key = (path, content)
        found = self._parsed.get(key)
        if found is None:
            found = self._parsed[key] = parse_file(path, content)
        return found


@dataclass
class Module:
    """The blocks of one module directory, by name."""

    path: str
    variables: dict[str, Block] = field(default_factory=dict)
    locals: dict[str, Attribute] = field(default_factory=dict)
    outputs: dict[str, Block] = field(default_factory=dict)
    calls: dict[str, Block] = field(default_factory=dict)
    resources: dict[tuple[str, str], Block] = field(default_factory=dict)
    data: dict[tuple[str, str], Block] = field(default_factory=dict)
    moved: list[Block] = field(default_factory=list)
    removed: list[Block] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def exists(self) -> bool:
        """True when the directory holds any Terraform file."""
        return bool(self.files)


def load_module(tree: Tree, path: str, parser: Parser) -> Module:
    """Read and merge every ``.tf`` and ``.tf.json`` file of a directory. What cannot be read is in ``problems``."""
    module = Module(path)
    prefix = "" if path == "." else path + "/"
    names = [n for n in tree.listdir(path) if n.endswith(SUFFIXES) and not n.startswith((".", "#")) and n[-1] != "~"]
    tree.prefetch([prefix + n for n in names])
    for name in sorted(names, key=lambda n: (is_override(n), n)):
        file_path = prefix + name
        try:
            content = tree.read(file_path)
        except TreeError as error:
            module.problems.append(Problem(error.kind, str(error), Location(file_path, 1)))
            continue
        module.files.append(file_path)
        file = parser.parse(file_path, content)
        module.problems.extend(Problem(p.kind, p.message, Location(file_path, p.line)) for p in file.problems)
        for block in file.body.blocks:
            _add(module, block, is_override(name))
    return module


def _add(module: Module, block: Block, override: bool) -> None:
    kind, labels = block.type, block.labels
    if kind == "locals":
        module.locals.update(block.body.attributes)
    elif kind == "moved":
        module.moved.append(block)
    elif kind == "removed":
        module.removed.append(block)
    elif kind in ("resource", "data") and len(labels) == 2:
        into = module.resources if kind == "resource" else module.data
        key = (labels[0], labels[1])
        if key in into and not override:
            # Terraform refuses it. Both are looked at, so that neither hides what the other says.
            number = 2
            while key in into:
                key = (labels[0], f"{labels[1]}#{number}")
                number += 1
            words = f"{'data source' if kind == 'data' else 'resource'} {labels[0]}.{labels[1]} is declared twice"
            module.problems.append(Problem("evaluation", words, Location(block.file.path, block.line)))
        into[key] = merge(into[key], block) if override and key in into else block
    elif kind in ("variable", "output", "module") and len(labels) == 1:
        target = {"variable": module.variables, "output": module.outputs, "module": module.calls}[kind]
        target[labels[0]] = merge(target[labels[0]], block) if override and labels[0] in target else block


def merge(original: Block, override: Block) -> Block:
    """An override block over the original: arguments one by one, nested blocks by type (``lifecycle`` by argument)."""
    types = {_nested_type(b) for b in override.body.blocks if b.type != "lifecycle"}
    blocks = [b for b in original.body.blocks if _nested_type(b) not in types and b.type != "lifecycle"]
    blocks += [b for b in override.body.blocks if b.type != "lifecycle"]
    lifecycles = [b for b in (*original.body.blocks, *override.body.blocks) if b.type == "lifecycle"]
    if lifecycles:
        merged: dict[str, Attribute] = {}
        for lifecycle in lifecycles:
            merged.update(lifecycle.body.attributes)
        last = lifecycles[-1]
        blocks.append(Block("lifecycle", (), Body(merged), last.line, last.end_line, last.file))
    body = Body({**original.body.attributes, **override.body.attributes}, blocks)
    return Block(original.type, original.labels, body, original.line, original.end_line, original.file)


def _nested_type(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def variable_files(tree: Tree, path: str) -> list[str]:
    """The var files that Terraform loads by itself in a directory, in its order."""
    prefix = "" if path == "." else path + "/"
    names = tree.listdir(path)
    found = [n for n in ("terraform.tfvars", "terraform.tfvars.json") if n in names]
    found += sorted(n for n in names if n.endswith((".auto.tfvars", ".auto.tfvars.json")))
    return [prefix + n for n in found]


def read_variables(tree: Tree, files: Sequence[str], parser: Parser) -> tuple[dict[str, Attribute], list[Problem]]:
    """The assignments of var files, a later one over an earlier one."""
    given: dict[str, Attribute] = {}
    problems: list[Problem] = []
    for path in files:
        try:
            file = parser.parse(path, tree.read(path))
        except TreeError as error:
            problems.append(Problem(error.kind, str(error), Location(path, 1)))
            continue
        problems.extend(Problem(p.kind, p.message, Location(path, p.line)) for p in file.problems)
        given.update(file.body.attributes)
    return given, problems


Arguments = Mapping[str, Attribute]
