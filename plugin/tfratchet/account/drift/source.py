"""What should be there: root modules out of a folder of configuration, or out of a Terraform state."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfratchet.errors import UserError
from tfratchet.iam.entitlements import TYPES
from tfratchet.model import Problem, Resource, Root

if TYPE_CHECKING:
    from tfratchet.sources.folders import FolderTree

WANTED = frozenset({*TYPES, "aws_iam_account_password_policy", "aws_cloudtrail"})
"""The resource types that drift looks at. Nothing else is taken out of a state, which may hold secrets."""

IN_STATE = "\x00in-state"
"""Of a role out of a state: ARNs and names of policies that its own arguments may declare, or may not."""

_NO_ROOTS = frozenset(["modules", "example", "examples", "test", "tests", "fixtures"])
_MAX_PARENTS = 6


@dataclass(frozen=True, slots=True)
class Declared:
    """Root modules, and where they come from."""

    label: str
    roots: Sequence[Root] = ()
    notes: Sequence[Problem] = ()
    errors: Sequence[Problem] = ()
    top: str = "."
    """The directory that locations are relative to."""
    paths: Sequence[str] = field(default_factory=tuple)
    """What was read, absolute: for the journal."""


def from_folder(path: str, var_files: Sequence[str] = (), variables: Mapping[str, str] | None = None) -> Declared:
    """The root module in the folder ``path``, or all below it when it has no Terraform file itself.

    ``var_files``: as given on the command line, loaded in order, for every root module. Modules beside the folder
    (``../modules/x``) are found inside the git repository, or else in the parent folders. Raises UserError.
    """
    if not os.path.isdir(path):
        raise UserError(f"'{path}' is not a folder", where="--source")
    here = os.path.realpath(path)
    for top in _tops(here):
        found = _load(here, top, var_files, variables or {})
        if not any(p.kind == "outside" for r in found.roots for p in (*r.errors, *r.notes)):
            break
    return found


def _tops(here: str) -> Iterator[str]:
    """Folders to read inside of: the git repository; without one the folder itself, then its parents one by one."""
    parents = [here, *(str(p) for p in Path(here).parents)]
    for parent in parents:
        if os.path.exists(os.path.join(parent, ".git")):
            yield parent
            return
    yield from [p for p in parents[:_MAX_PARENTS] if p != os.path.dirname(p)]


def _load(here: str, top: str, var_files: Sequence[str], variables: Mapping[str, str]) -> Declared:
    from tfratchet.hcl.load import load_root
    from tfratchet.hcl.module import Parser
    from tfratchet.sources.folders import FolderTree

    tree = FolderTree(top)
    start = os.path.relpath(here, top).replace(os.sep, "/")
    paths = [start] if any(n.endswith((".tf", ".tf.json")) for n in tree.listdir(start)) else _roots_below(tree, start)
    parser = Parser()
    files = [_inside(file, top) for file in var_files]
    roots = [load_root(tree, p, parser=parser, var_files=files, variables=variables) for p in paths]
    read = {r.path: {os.path.dirname(f) or "." for f in r.files_read} - {r.path} for r in roots}
    called = {directory for directories in read.values() for directory in directories}
    kept = [r for r in roots if r.exists and (r.path not in called or r.path == start)]
    if not kept:
        raise UserError("no Terraform configuration in this folder", where=here)
    errors = tuple(e for r in kept for e in r.errors)
    return Declared(start if start != "." else here, kept, (), errors, top, (here,))


def _roots_below(tree: FolderTree, start: str) -> list[str]:
    prefix = "" if start == "." else f"{start}/"
    found = {os.path.dirname(f) or "." for f in tree.walk(start) if f.endswith((".tf", ".tf.json"))}
    return sorted(d for d in found if not _NO_ROOTS & set(d.removeprefix(prefix).split("/")))


def _inside(file: str, top: str) -> str:
    if not os.path.isfile(file):
        raise UserError("no such file", where=f"--var-file {file}")
    name = os.path.relpath(os.path.realpath(file), top).replace(os.sep, "/")
    if name.startswith("../"):
        raise UserError(f"lies outside of {top}", where=f"--var-file {file}", hint="put it beside the configuration")
    return name


# -- states ---------------------------------------------------------------------------------------------------------


def from_state(path: str) -> Declared:
    """The root module that a state describes: ``terraform show -json``, or a ``terraform.tfstate`` (version 4).

    ``-`` is standard input. Raises UserError when it is neither.
    """
    import sys

    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot read the state: {error.strerror}", where=path) from None
    except UnicodeDecodeError:
        raise UserError("the state is not UTF-8", where=path) from None
    try:
        data = json.loads(text)
    except ValueError as error:
        raise UserError(
            f"the state is no JSON: {error}", where=path, hint="terraform show -json > state.json"
        ) from None
    resources = {r.address: r for r in _resources(data, path)}
    root = Root(path, resources=resources)
    return Declared(path, (root,), (), (), ".", (os.path.abspath(path),) if path != "-" else ())


def _resources(data: Any, path: str) -> Iterator[Resource]:
    if isinstance(data, dict) and "format_version" in data:
        if "resource_changes" in data or "planned_values" in data:
            raise UserError(
                "this is a plan, not a state", where=path, hint="terraform show -json, without the plan's file"
            )
        values = data.get("values")  # absent: an empty state
        if values is None or isinstance(values, dict):
            yield from _of_module((values or {}).get("root_module", {}), "")
            return
    if isinstance(data, dict) and data.get("version") == 4 and isinstance(data.get("resources"), list):
        yield from _of_file(data["resources"])
        return
    if isinstance(data, dict) and isinstance(data.get("version"), int) and "modules" in data:
        raise UserError(f"the state has version {data['version']}", where=path, hint="terraform show -json reads it")
    raise UserError("this is no Terraform state", where=path, hint="terraform show -json > state.json")


def _of_module(module: Mapping[str, Any], address: str) -> Iterator[Resource]:
    for entry in module.get("resources", ()):
        if entry.get("mode", "managed") == "managed" and entry.get("type") in WANTED:
            yield _resource(entry["address"], entry, entry.get("values") or {}, address, entry.get("index"))
    for child in module.get("child_modules", ()):
        yield from _of_module(child, child.get("address", ""))


def _of_file(entries: Sequence[Mapping[str, Any]]) -> Iterator[Resource]:
    for entry in entries:
        if entry.get("mode") != "managed" or entry.get("type") not in WANTED:
            continue
        module = entry.get("module", "")
        start = f"{module}." if module else ""
        for instance in entry.get("instances", ()):
            key = instance.get("index_key")
            suffix = "" if key is None else f"[{json.dumps(key)}]"
            address = f"{start}{entry['type']}.{entry['name']}{suffix}"
            if "deposed" not in instance:
                yield _resource(address, entry, instance.get("attributes") or {}, module, key)


def _resource(
    address: str, entry: Mapping[str, Any], values: Mapping[str, Any], module: str, key: str | int | None
) -> Resource:
    kept = {name: _plain(v) for name, v in values.items() if v is not None and v not in ("", [])}
    if entry["type"] == "aws_iam_role":
        # Computed where they are not set: what the account had at the last refresh, declared or not.
        inline = [b.get("name") for b in kept.pop("inline_policy", []) if isinstance(b, dict)]
        kept[IN_STATE] = [*kept.pop("managed_policy_arns", []), *(name for name in inline if name)]
    return Resource(address, entry["type"], entry["name"], kept, module=module, key=key)


def _plain(value: Any) -> Any:
    """Without what is null: as a configuration that does not set it."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    return [_plain(v) for v in value] if isinstance(value, list) else value
