"""Where a module call leads: a local directory, a module that ``terraform init`` downloaded, or nowhere (opaque)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tfratchet.hcl.expressions import compiled
from tfratchet.hcl.module import join
from tfratchet.hcl.syntax import Block
from tfratchet.model import Location, Problem
from tfratchet.sources.tree import TreeError

if TYPE_CHECKING:
    from tfratchet.hcl.context import Context
    from tfratchet.hcl.evaluate import ModuleInstance

MANIFEST = ".terraform/modules/modules.json"
_CONSTRAINT = re.compile(r"^\s*(=|!=|>=|<=|>|<|~>)?\s*v?(\d+(?:\.\d+)*)\s*$")


def source_of(block: Block) -> tuple[str, str]:
    """``source`` and ``version`` of a call as they are written; ``""`` for what is not a literal."""
    found = []
    for name in ("source", "version"):
        attribute = block.body.attributes.get(name)
        text = attribute.file.text(attribute.node).strip() if attribute else ""
        literal = len(text) > 1 and text[0] == text[-1] == '"' and "${" not in text
        found.append(text[1:-1] if literal else "")
    return found[0], found[1]


def locate(caller: ModuleInstance, block: Block, key_path: str) -> str | None:
    """The directory of the called module in the tree, or None when it is not there."""
    context = caller.context
    source, version = source_of(block)
    where = Location(block.file.path, block.line)
    if not source:
        attribute = block.body.attributes.get("source")
        value = compiled(attribute).evaluate(caller.scope) if attribute else None
        source = value if isinstance(value, str) else ""
    if source.startswith(("./", "../")) or source in (".", ".."):
        path = join(caller.module.path, source)
        if path is None:
            context.add(Problem("outside", f"module source {source!r} is outside of the compared tree", where))
            return None
    else:
        path = None if key_path in context.opaque else _installed(context, key_path, source, version)
        if path is None:
            return None
    if not context.module(path).exists:
        context.add(Problem("missing", f"module source {source!r}: no Terraform files in {path}", where))
        return None
    ancestors = 0
    current: ModuleInstance | None = caller
    while current is not None:
        ancestors += 1
        if current.module.path == path:
            context.add(Problem("limit", f"module {path} calls itself", where))
            return None
        current = current.parent
    if ancestors > context.budget.limits.module_depth:
        context.add(Problem("limit", f"module calls are nested more than {ancestors - 1} deep", where))
        return None
    return path


def _installed(context: Context, key_path: str, source: str, version: str) -> str | None:
    """The directory below ``.terraform/modules`` that holds a downloaded module of this source and version."""
    entry = _manifest(context).get(key_path)
    if entry is None:
        return None
    recorded = str(entry.get("Source", ""))
    same = recorded == source or recorded.rsplit("://", maxsplit=1)[-1].endswith("/" + source)
    if not same or not satisfies(str(entry.get("Version", "")), version):
        return None
    return join(context.path, str(entry.get("Dir", "")))


def _manifest(context: Context) -> dict[str, Any]:
    path = join(context.path, MANIFEST) or ""
    if context.manifest is None:
        found: dict[str, Any] = {}
        try:
            content = json.loads(context.tree.read(path))
            found = {str(m["Key"]): m for m in content["Modules"]}
        except TreeError:
            pass  # nothing downloaded: calls of registry and git modules stay opaque
        except (ValueError, KeyError, TypeError):
            context.add(Problem("missing", f"{path} cannot be read; downloaded modules stay opaque"))
        context.manifest = found
    return context.manifest


def satisfies(version: str, constraint: str) -> bool:
    """Whether a version meets a constraint (``~> 5.0, != 5.3``). An empty constraint is met by any version."""
    if not constraint:
        return True
    if not re.fullmatch(r"\d+(\.\d+)*", version):
        return False
    have = _numbers(version)
    for part in constraint.split(","):
        match = _CONSTRAINT.match(part)
        if match is None:
            return False
        operator, wanted = match[1] or "=", _numbers(match[2])
        given = match[2].count(".") + 1
        upper = (*wanted[: max(given - 2, 0)], wanted[max(given - 2, 0)] + 1)
        met = {
            "=": have == wanted,
            "!=": have != wanted,
            ">": have > wanted,
            ">=": have >= wanted,
            "<": have < wanted,
            "<=": have <= wanted,
            "~>": have >= wanted and have[: len(upper)] < upper,
        }[operator]
        if not met:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(n) for n in version.split(".")]
    return tuple(numbers + [0] * (4 - len(numbers)))
