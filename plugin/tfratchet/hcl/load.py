"""From a tree and a directory to a ``Root``: evaluates what the rules look at and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tfratchet.hcl.calls import source_of
from tfratchet.hcl.computed import rendered_document
from tfratchet.hcl.context import Context
from tfratchet.hcl.convert import EvalError
from tfratchet.hcl.evaluate import META_ARGUMENTS, CalledModule, ModuleInstance
from tfratchet.hcl.expressions import compiled
from tfratchet.hcl.inputs import Inputs
from tfratchet.hcl.instances import Instance, block_names, guarded
from tfratchet.hcl.module import Module, Parser, read_variables, variable_files
from tfratchet.hcl.scope import LimitError, Limits
from tfratchet.hcl.syntax import Block, Body
from tfratchet.model import Lifecycle, Location, ModuleCall, Moved, Removed, Resource, Root
from tfratchet.sources.tree import Tree
from tfratchet.values import REST_KEY, Rest, Unknown
from tfratchet.wanted import wanted

_NOT_VALUES = frozenset(["count", "for_each", "provider", "depends_on"])
_NOT_BLOCKS = frozenset(["lifecycle", "provisioner", "connection", "timeouts"])

# Chains of references recurse; this bounds them well below what the C stack holds.
_RECURSION = 5000


def load_root(
    tree: Tree,
    path: str,
    *,
    parser: Parser | None = None,
    variant: str | None = None,
    var_files: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    standalone: bool = False,
    opaque: frozenset[str] = frozenset(),
    open_inputs: frozenset[str] = frozenset(),
    before: Inputs | None = None,
) -> Root:
    """Evaluate the root module in the directory ``path`` of ``tree``.

    ``var_files`` and ``variant`` are further var files (paths in the tree), loaded last, in order; ``variables`` are
    ``--var`` texts. Calls whose address without instance keys is in ``opaque`` are not followed. A variable in
    ``open_inputs`` is unknown when its default is empty, as a caller may give it anything. ``before``: what callers
    gave base (``Root.inputs``). Nothing is raised: problems are in the result.
    """
    context = Context(tree, path, parser or Parser(), limits or Limits(), opaque)
    if sys.getrecursionlimit() < _RECURSION:
        sys.setrecursionlimit(_RECURSION)
    module = context.module(path)
    if not module.exists and not module.problems:
        return Root(path, variant=variant, exists=False)
    files = [*variable_files(tree, path), *var_files, *([variant] if variant else [])]
    assignments, problems = read_variables(tree, files, context.parser)
    context.files_read.update(files)
    for problem in problems:
        context.add(problem)
    instance = ModuleInstance(
        context, module, arguments=assignments, literals=variables, open_inputs=open_inputs, before=before
    )
    collected = _Collected()
    try:
        _collect(instance, collected)
    except (LimitError, RecursionError) as error:
        # What was collected before is kept and compared; the error says that it is not everything.
        limit = error if isinstance(error, LimitError) else LimitError("the evaluation is nested too deep")
        context.report(limit, Location(module.files[0], 1) if module.files else None)
    return Root(
        path=path,
        resources=collected.resources,
        calls=collected.calls,
        moved=collected.moved,
        removed=collected.removed,
        errors=tuple(context.errors.values()),
        notes=tuple(context.notes.values()),
        variant=variant,
        standalone=standalone,
        empty_inputs=_empty_inputs(module, {*assignments, *(variables or {})}),
        open_inputs=bool(open_inputs),
        inputs=instance.inputs(),
        files_read=frozenset(context.files_read),
    )


_EMPTY = frozenset(["[]", "{}", '""', "null"])


def _empty_inputs(module: Module, given: set[str]) -> frozenset[str]:
    """Variables that are empty by default and not given."""
    found: set[str] = set()
    for name, block in module.variables.items():
        default = block.body.attributes.get("default")
        if default is not None and name not in given:
            text = "".join(default.file.text(default.node).split())
            if text in _EMPTY:
                found.add(name)
    return frozenset(found)


class _Collected:
    def __init__(self) -> None:
        self.resources: dict[str, Resource] = {}
        self.calls: dict[str, ModuleCall] = {}
        self.moved: list[Moved] = []
        self.removed: list[Removed] = []


def _wanted(block: Block) -> bool:
    return wanted(block.labels[0], block.body.attributes, managed=block.type != "data")


def _collect(module: ModuleInstance, into: _Collected) -> None:
    """Every resource and call of a module instance and of the modules that it calls."""
    for blocks in (module.module.resources, module.module.data):
        for (kind, name), block in blocks.items():
            if _wanted(block):
                found = module.collection(block.type, kind, name)
                for instance in [found] if isinstance(found, Instance) else found:
                    into.resources[instance.address] = build_resource(instance)
    for block in module.module.moved:
        source, target = _address(module, block, "from"), _address(module, block, "to")
        if source and target:
            into.moved.append(Moved(source, target, Location(block.file.path, block.line)))
    for block in module.module.removed:
        source = _address(module, block, "from")
        if source:
            into.removed.append(Removed(source, _destroys(module, block), Location(block.file.path, block.line)))
    for name in module.module.calls:
        for called in module.calls(name):
            into.calls[called.address] = _build_call(called)
            if called.instance is not None:
                _collect(called.instance, into)


def _address(module: ModuleInstance, block: Block, name: str) -> str:
    attribute = block.body.attributes.get(name)
    if attribute is None:
        return ""
    text = "".join(attribute.file.text(attribute.node).split())
    return module.full(text.strip('"') if attribute.file.is_json else text)


def _destroys(module: ModuleInstance, block: Block) -> bool:
    for lifecycle in block.body.of_type("lifecycle"):
        attribute = lifecycle.body.attributes.get("destroy")
        if attribute is not None:
            return module.constant(attribute) is not False
    return True


def build_resource(instance: Instance) -> Resource:
    """An instance with all its arguments evaluated."""
    block = instance.block
    body = block.body
    values: dict[str, Any] = {}
    locations: dict[str, Location] = {}
    origins: dict[str, Location] = {}
    for name, attribute in body.attributes.items():
        if name in _NOT_VALUES:
            continue
        value = instance.argument(name)
        if value is None:
            continue
        values[name] = value
        locations[name] = Location(attribute.file.path, attribute.line)
        _origin(instance, name, attribute, origins)
    for name in block_names(body):
        if name in _NOT_BLOCKS:
            continue
        blocks = instance.argument(name)
        if isinstance(blocks, list):  # an argument and blocks of one name: Terraform refuses both together
            values[name] = blocks
            _block_locations(body, name, blocks, name, locations)
    if instance.type == "aws_iam_policy_document" and not instance.managed:
        values["json"] = rendered_document(instance)
    provider = body.attributes.get("provider")
    return Resource(
        address=instance.address,
        type=instance.type,
        name=block.labels[1],
        values=values,
        location=Location(block.file.path, block.line),
        locations=locations,
        origins=origins,
        managed=instance.managed,
        module=instance.module.address,
        key=instance.key if isinstance(instance.key, (str, int)) else None,
        symbolic=instance.condition is not None,
        condition=instance.condition,
        lifecycle=_lifecycle(instance),
        provider=provider.file.text(provider.node).strip() if provider else "",
    )


def _origin(instance: Instance, name: str, attribute: Any, origins: dict[str, Location]) -> None:
    try:
        reference = compiled(attribute).reference
    except (EvalError, RecursionError):
        return
    if reference is not None:
        origin = instance.module.origin(reference)
        if origin is not None:
            origins[name] = origin


def _block_locations(body: Body, name: str, values: Any, path: str, locations: dict[str, Location]) -> None:
    """Where nested blocks and their arguments stand. The instances of a ``dynamic`` block share its content's lines."""
    position = 0
    for block in body.blocks:
        dynamic = block.type == "dynamic" and block.labels == (name,)
        if block.type != name and not dynamic:
            continue
        locations.setdefault(path, Location(block.file.path, block.line))
        inner = next(block.body.of_type("content"), block).body if dynamic else block.body
        static_behind = sum(1 for b in body.blocks[body.blocks.index(block) + 1 :] if b.type == name)
        last = len(values) - static_behind if dynamic else position + 1
        while position < min(last, len(values)):
            here = f"{path}.{position}"
            locations[here] = Location(block.file.path, block.line)
            value = values[position].value if isinstance(values[position], Rest) else values[position]
            for attribute in inner.attributes.values():
                locations[f"{here}.{attribute.name}"] = Location(attribute.file.path, attribute.line)
            for nested in block_names(inner):
                if isinstance(value, dict) and nested in value:
                    _block_locations(inner, nested, value[nested], f"{here}.{nested}", locations)
            position += 1


def _lifecycle(instance: Instance) -> Lifecycle:
    prevent = False
    ignored: tuple[str, ...] = ()
    for block in instance.block.body.of_type("lifecycle"):
        attributes = block.body.attributes
        if "prevent_destroy" in attributes:
            prevent = guarded(attributes["prevent_destroy"], instance.scope) is True
        if "ignore_changes" in attributes:
            attribute = attributes["ignore_changes"]
            text = "".join(attribute.file.text(attribute.node).split())
            ignored = ("all",) if text == "all" else tuple(p.strip('"') for p in text.strip("[]").split(",") if p)
    return Lifecycle(prevent, ignored)


def _build_call(called: CalledModule) -> ModuleCall:
    source, version = source_of(called.block)
    arguments: dict[str, Any] = {}
    locations: dict[str, Location] = {}
    for name, attribute in called.block.body.attributes.items():
        if name not in META_ARGUMENTS:
            value = guarded(attribute, called.scope)
            if value is not None:
                arguments[name] = value
                locations[name] = Location(attribute.file.path, attribute.line)
    return ModuleCall(
        address=called.address,
        source=source,
        version=version,
        arguments=arguments,
        location=Location(called.block.file.path, called.block.line),
        locations=locations,
        opaque=called.instance is None,
        symbolic=called.condition is not None,
        condition=called.condition,
        key=called.key if isinstance(called.key, (str, int)) else None,
    )


def unknown_values(root: Root) -> int:
    """How many arguments of a root's resources could not be known."""

    def count(value: Any) -> int:
        if isinstance(value, Rest):
            return 1
        if isinstance(value, Unknown):
            return 1
        if isinstance(value, dict):
            return sum(count(v) for k, v in value.items() if k != REST_KEY) + (REST_KEY in value)
        return sum(map(count, value)) if isinstance(value, list) else 0

    return sum(count(v) for r in root.resources.values() for v in r.values.values())
