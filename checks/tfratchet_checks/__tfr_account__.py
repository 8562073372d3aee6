"""Everything that one scan sees, as an account: resources by type, what refers to what.

Built once for each of Checkov's graphs. Nodes of Checkov's graph are resources, data sources, module calls, variables
and outputs; edges lead from the one that refers to the one referred to.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_policy__ import Document, from_data_source, read_document, unreadable
    from tfratchet_checks.__tfr_values__ import ADDRESS, Block, Unresolved, text_of, unwrap
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_policy__ import Document, from_data_source, read_document, unreadable
    from __tfr_values__ import ADDRESS, Block, Unresolved, text_of, unwrap

_BASE = re.compile(r"(?:data\.)?[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z_][\w-]*")
_INSTANCE = re.compile(r"\[(?:\"(?:[^\"\\]|\\.)*\"|\d+)\]")
_FILE = re.compile(r"(?:\$\{)?file\(\s*\"(?:\$\{path\.module\}/|\./)?([\w./-]+)\"\s*\)\}?")
_MAX_FILE = 1_000_000
_MAX_STEPS = 200
_MAX_NESTING = 20


@dataclass(eq=False)
class Node:
    """A resource, data source or module call of the scan."""

    index: int
    kind: str
    """``resource``, ``data`` or ``module``."""
    type: str
    name: str
    address: str
    block: Block
    file: str
    root: str
    """Directory of the root module (of the plan file, in a plan scan)."""

    @property
    def base(self) -> str:
        """How other blocks of its module refer to it: ``aws_iam_user.u``, ``data.aws_iam_policy_document.d``."""
        name = _INSTANCE.sub("", self.name)
        return f"data.{self.type}.{name}" if self.kind == "data" else f"{self.type}.{name}"

    def source(self) -> str:
        """The text of the block; empty for a plan, or when the file is not there."""
        first, last = self.block.conf.get("__start_line__"), self.block.conf.get("__end_line__")
        if not (
            isinstance(first, int) and isinstance(last, int) and self.file.endswith(".tf") and os.path.isfile(self.file)
        ):
            return ""
        with open(self.file, encoding="utf-8", errors="replace") as stream:
            return "".join(line for number, line in enumerate(stream, 1) if first <= number <= last)

    @property
    def prefix(self) -> str:
        """Address of the module that holds it, with a dot behind; empty for the root module."""
        bare = _INSTANCE.sub("", self.address)  # Checkov leaves "data." out of the address of a data source
        own = f"{self.type}.{_INSTANCE.sub('', self.name)}"
        return bare[: -len(own)].removesuffix("data.") if bare.endswith(own) else ""


@dataclass
class Account:
    """All nodes of a graph, and the ways between them."""

    nodes: list[Node] = field(default_factory=list)
    known: bool = True
    """False when Checkov gave no graph: then nothing that depends on other resources can be said."""
    _through: dict[int, dict[str, Any]] = field(default_factory=dict)
    _edges: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    _by_index: dict[int, Node] = field(default_factory=dict)
    _by_type: dict[str, list[Node]] = field(default_factory=dict)
    _documents: dict[int, Document] = field(default_factory=dict)

    @staticmethod
    def of(graph: Any) -> Account:
        """The account behind one of Checkov's graphs (rustworkx or networkx); the same object for the same graph."""
        if graph is None:
            return Account(known=False)
        if _last and _last[0][0] is graph:
            return _last[0][1]
        account = Account()
        for index, attributes in _graph_nodes(graph):
            account._add(index, attributes)
        for origin, target, label in _graph_edges(graph):
            account._edges.setdefault(origin, []).append((target, label))
        account.nodes.sort(key=lambda n: (n.file, n.address))
        for node in account.nodes:
            account._by_type.setdefault(_key(node), []).append(node)
        _last[:] = [(graph, account)]
        return account

    def _add(self, index: int, attributes: dict[str, Any]) -> None:
        kind = str(attributes.get("block_type_", ""))
        self._through[index] = attributes
        config = attributes.get("config_")
        if kind not in ("resource", "data", "module") or not isinstance(config, dict) or not config:
            return
        if kind == "module":
            name, body = next(iter(config.items()))
            type_ = "module"
        else:
            type_, named = next(iter(config.items()))
            if not isinstance(named, dict) or not named:
                return
            name, body = next(iter(named.items()))
        if not isinstance(body, dict):
            return
        file = str(attributes.get("file_path_", ""))
        address = str(attributes.get(ADDRESS) or body.get(ADDRESS) or f"{type_}.{name}")
        node = Node(index, kind, str(type_), str(name), address, Block(body), file, _root(file, attributes))
        self.nodes.append(node)
        self._by_index[index] = node

    def of_type(self, *types: str) -> list[Node]:
        """Resources of these types (``data.x``: data sources, ``module``: calls), in order of file and address."""
        return [node for t in types for node in self._by_type.get(t, ())]

    def find(self, type_: str, address: str, scanned_file: str) -> Node | None:
        """The node that Checkov is looking at now; ``scanned_file`` is the path that it shows."""
        same = [n for n in self._by_type.get(type_, ()) if n.address == address]
        there = [n for n in same if n.file.endswith(scanned_file)]
        return min(there or same, key=lambda n: len(n.file), default=None)

    def refers(self, node: Node, value: str | Unresolved, *types: str) -> list[Node]:
        """The nodes of these types that an expression in ``node`` mentions (``data.x`` for data sources)."""
        text = text_of(value)
        if re.search(r"\beach\.(?:key|value)\b", text):
            text += " " + str(unwrap(node.block.conf.get("for_each")) or "")
        bases = [b for b in _BASE.findall(text) if b.rpartition(".")[0] in types]
        found: list[Node] = []
        for base in bases:
            found.extend(n for n in self._named(node, base, text) if n not in found)
        if not bases and re.search(r"\b(?:module|var|local)\.", text):
            reached = [n for n in self._reached(node) if _key(n) in types]
            # Through variables and outputs the edges say which block; more than one name leaves it open.
            if len({n.base for n in reached}) == 1:
                found.extend(self._own_instance(node, reached))
        return found

    def _own_instance(self, node: Node, reached: list[Node]) -> list[Node]:
        """Of a block in several instances of a module Checkov links the first only: take the one beside ``node``."""
        same = [n for n in self._by_type.get(_key(reached[0]), ()) if n.base == reached[0].base]
        beside = [
            n
            for n in same
            if n.file == reached[0].file
            and n.root == node.root
            and (n.prefix.startswith(node.prefix) or node.prefix.startswith(n.prefix))
        ]
        return beside or reached

    def _named(self, node: Node, base: str, text: str) -> list[Node]:
        type_ = base.rpartition(".")[0]
        same = [n for n in self._by_type.get(type_, ()) if n.base == base and n.root == node.root]
        own = [n for n in same if n.prefix == node.prefix]
        if own:
            return _instances(own, base, text)
        reached = [n for n in self._reached(node) if n.base == base]
        if reached:
            return _instances(self._own_instance(node, reached), base, text)
        # Checkov puts the text of an output in place without the path of its module: take it when it is unique.
        return _instances(same, base, text) if len({n.prefix for n in same}) == 1 else []

    def _reached(self, node: Node) -> Iterator[Node]:
        """Nodes that edges lead to, directly or through variables, locals and outputs."""
        seen = {node.index}
        todo = [target for target, _ in self._edges.get(node.index, ())]
        for _ in range(_MAX_STEPS):
            if not todo:
                return
            index = todo.pop(0)
            if index in seen:
                continue
            seen.add(index)
            target = self._by_index.get(index)
            if target is not None and target.kind != "module":
                yield target
                continue
            todo.extend(self._onward(index, target))

    def _onward(self, index: int, call: Node | None) -> Iterator[int]:
        """Where a variable, local, output or module call leads to."""
        attributes = self._through.get(index, {})
        for further, _ in self._edges.get(index, ()):
            if call is None and attributes.get("block_type_") == "variable" and self._is_call(further):
                # A variable leads to the call of its module; from there only the argument of its name goes on.
                argument = str(attributes.get("block_name_", ""))
                yield from (t for t, label in self._edges.get(further, ()) if label.split(".")[0] == argument)
            else:
                yield further

    def _is_call(self, index: int) -> bool:
        node = self._by_index.get(index)
        return node is not None and node.kind == "module"

    def document(self, node: Node, value: Any, depth: int = 0) -> Document | None:
        """The policy document in an argument of ``node``; a reference to a document data source is followed."""
        read = read_document(value)
        text = unwrap(value)
        if read is None or read.complete or read.statements or not isinstance(text, str):
            return read
        sources = self.refers(node, text, "data.aws_iam_policy_document")
        if len(sources) == 1 and depth < _MAX_NESTING:
            return self.data_document(sources[0], depth + 1)
        return read_document(_file_text(node, text)) or read

    def data_document(self, node: Node, depth: int = 0) -> Document:
        """The document of ``data "aws_iam_policy_document"``, with those of its source and override documents."""
        if node.index in self._documents:
            return self._documents[node.index]
        if depth >= _MAX_NESTING:
            return unreadable("documents nested too deep")
        document = from_data_source(node.block)
        for name in ("source_json", "override_json", "source_policy_documents", "override_policy_documents"):
            for value in node.block.texts(name) or ():
                text = text_of(value)
                document = document.joined(self.document(node, text, depth + 1) or unreadable(text))
        self._documents[node.index] = document
        return document

    def opaque_calls(self, root: str | None = None) -> list[Node]:
        """Module calls (of one root) whose module is not there to be read: a source that is not downloaded."""
        calls = (m for m in self.of_type("module") if not m.block.conf.get("__resolved__"))
        return [m for m in calls if root is None or m.root == root]


_last: list[tuple[Any, Account]] = []


def _key(node: Node) -> str:
    """How types are told apart: ``data.`` stands before that of a data source."""
    return f"data.{node.type}" if node.kind == "data" else node.type


def _instances(nodes: Iterable[Node], base: str, text: str) -> list[Node]:
    """Only the instance that the expression names, when it names one (``aws_iam_user.u["a"].name``)."""
    found = list(nodes)
    key = re.search(re.escape(base) + r"(" + _INSTANCE.pattern + ")", text)
    if key:
        chosen = [n for n in found if n.address.endswith(key.group(1))]
        return chosen or [n for n in found if not n.address.endswith("]")]
    return found


def _file_text(node: Node, text: str) -> str | None:
    """The text of the file that ``file("${path.module}/...")`` names, when it lies in the folder of that module."""
    found = _FILE.fullmatch(text.strip())
    if found is None or not node.file.endswith(".tf"):
        return None
    folder = os.path.realpath(os.path.dirname(node.file))
    path = os.path.realpath(os.path.join(folder, found.group(1)))
    if not path.startswith(folder + os.sep) or not os.path.isfile(path) or os.path.getsize(path) > _MAX_FILE:
        return None
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()


def _root(file: str, attributes: dict[str, Any]) -> str:
    """Directory of the root module: that of the outermost call."""
    path = file
    module = attributes.get("source_module_object_")
    for _ in range(_MAX_STEPS):
        if module is None:
            break
        is_dict = isinstance(module, dict)
        path = str((module.get("path") if is_dict else getattr(module, "path", "")) or path)
        module = module.get("nested_tf_module") if is_dict else getattr(module, "nested_tf_module", None)
    return path if path.endswith(".json") else os.path.dirname(path)


def _graph_nodes(graph: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    if hasattr(graph, "weighted_edge_list"):  # rustworkx: the payload of a node is (index, attributes)
        for index in graph.node_indices():
            payload = graph[index]
            attributes = payload[1] if isinstance(payload, tuple) else payload
            if isinstance(attributes, dict):
                yield int(index), attributes
        return
    numbers = {key: number for number, key in enumerate(graph.nodes())}
    for key, attributes in graph.nodes(data=True):
        yield numbers[key], attributes


def _graph_edges(graph: Any) -> Iterator[tuple[int, int, str]]:
    if hasattr(graph, "weighted_edge_list"):
        for origin, target, data in graph.weighted_edge_list():
            yield int(origin), int(target), str(data.get("label", "")) if isinstance(data, dict) else ""
        return
    numbers = {key: number for number, key in enumerate(graph.nodes())}
    for origin, target, data in graph.edges(data=True):
        yield numbers[origin], numbers[target], str(data.get("label", ""))
