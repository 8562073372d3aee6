"""Snapshots built by hand, for tests that need no HCL: ``root({"aws_iam_user.alice": {"name": "alice"}})``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tfratchet.compare import Comparison, RootPair
from tfratchet.config import Settings
from tfratchet.model import Lifecycle, Location, ModuleCall, Moved, Problem, Removed, Resource, Root, Snapshot
from tfratchet.values import Unknown

_MODULE = re.compile(
    r"^((?:module\.[^.\[]+(?:\[[^\]]*\])?\.)*)(data\.)?([^.\[]+)\.([^.\[]+)(?:\[(?:\"([^\"]*)\"|(\d+)|\*)\])?$"
)


def resource(address: str, values: Mapping[str, Any], line: int = 1, file: str = "main.tf", **more: Any) -> Resource:
    """One resource; type, name, module and key are read from the address (``["x"]``, ``[0]``, or ``[*]``: symbolic)."""
    match = _MODULE.match(address)
    if match is None:
        raise ValueError(f"not an address: {address}")
    module, data, kind, name, text, number = match.groups()
    key: str | int | None = text if text is not None else int(number) if number is not None else None
    if address.endswith("[*]"):
        more.setdefault("symbolic", True)
        more.setdefault("condition", Unknown("var.unknown"))
    locations = {path: Location(file, line + 1 + i) for i, path in enumerate(values)}
    return Resource(
        address=address,
        type=kind,
        name=name,
        values=dict(values),
        location=Location(file, line),
        locations={"": Location(file, line), **locations},
        managed=data is None,
        module=module.rstrip("."),
        key=key,
        **more,
    )


def root(
    resources: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    path: str = ".",
    file: str = "main.tf",
    calls: Mapping[str, Mapping[str, Any]] | None = None,
    moved: Sequence[tuple[str, str]] = (),
    removed: Sequence[tuple[str, bool]] = (),
    errors: Sequence[Problem] = (),
    variant: str | None = None,
    standalone: bool = False,
    exists: bool = True,
    lifecycle: Mapping[str, Lifecycle] | None = None,
) -> Root:
    """A root module: resources by address (ten lines each), opaque module calls by address, moves and removals."""
    built: dict[str, Resource] = {}
    for index, (address, values) in enumerate((resources or {}).items()):
        more = {"lifecycle": lifecycle[address]} if lifecycle and address in lifecycle else {}
        built[address] = resource(address, values, line=1 + 10 * index, file=file, **more)
    opaque: dict[str, ModuleCall] = {}
    for index, (address, arguments) in enumerate((calls or {}).items()):
        given = {k: v for k, v in arguments.items() if k not in ("source", "version")}
        line = 1001 + 10 * index
        opaque[address] = ModuleCall(
            address=address,
            source=arguments.get("source", "registry/example/aws"),
            version=arguments.get("version", ""),
            arguments=given,
            location=Location(file, line),
            locations={"": Location(file, line), **{k: Location(file, line + 1 + i) for i, k in enumerate(given)}},
            opaque=True,
        )
    return Root(
        path=path,
        resources=built,
        calls=opaque,
        moved=tuple(Moved(a, b, Location(file, 2000)) for a, b in moved),
        removed=tuple(Removed(a, destroy, Location(file, 2100)) for a, destroy in removed),
        errors=tuple(errors),
        variant=variant,
        standalone=standalone,
        exists=exists,
    )


def pair(base: Root, head: Root, settings: Settings | None = None) -> RootPair:
    """The pair that a rule's ``compare`` takes, as the only one of its comparison."""
    chosen = settings or Settings()
    comparison = Comparison(Snapshot("base", (base,)), Snapshot("head", (head,)), chosen)
    only = RootPair(base, head, chosen, comparison)
    comparison.pairs.append(only)
    return only
