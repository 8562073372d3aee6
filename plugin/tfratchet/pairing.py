"""Evaluates the root modules that a change reaches, in base and in head, as pairs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tfratchet.hcl.load import load_root
from tfratchet.hcl.module import Parser
from tfratchet.hcl.scope import Limits
from tfratchet.model import Problem, Root

if TYPE_CHECKING:
    from tfratchet.sources.changes import Change
    from tfratchet.sources.reach import Target
    from tfratchet.sources.tree import Tree

_KEYS = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|[^"\]]*)\]')


class Evaluator:
    """Evaluates targets on both sides; a file that is the same on both is parsed once."""

    def __init__(
        self,
        base: Tree,
        head: Tree,
        changes: Sequence[Change],
        *,
        variables: Mapping[str, str] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.base = base
        self.head = head
        self.variables = variables or {}
        self.limits = limits or Limits()
        self.notes: list[Problem] = []
        self._parser = Parser()
        self._old_names = {c.new: c.old for c in changes if c.new and c.old}

    def pairs(self, target: Target) -> list[tuple[Root, Root]]:
        """(base, head) of one root module, for each of its variants."""
        found = []
        for variant in target.variants:
            pair = self._pair(target, variant)
            if pair is not None:
                found.append(pair)
        # Values come from elsewhere: a caller in another repository, a pipeline. They may be anything.
        opened = _opened(found)
        if None in target.variants and opened:
            pair = self._pair(target, None, open_inputs=opened)
            if pair is not None:
                found.append(pair)
        return found

    def _pair(
        self, target: Target, variant: str | None, *, open_inputs: frozenset[str] = frozenset()
    ) -> tuple[Root, Root] | None:
        before = after = variant
        if variant is not None:
            before = self._old_names.get(variant, variant)
            if not self.base.exists(before) and not self.head.exists(variant):
                self.notes.append(Problem("variant", f"var file {variant} is in neither version"))
                return None
            if not self.base.exists(before) or not self.head.exists(variant):
                # A deployment that begins or ends: there is nothing to hold it against.
                word = "new" if not self.base.exists(before) else "gone"
                self.notes.append(Problem("variant", f"var file {variant} is {word}: this case was not compared"))
                return None

        def load(opaque: frozenset[str]) -> tuple[Root, Root]:
            options: dict[str, Any] = {
                "standalone": target.standalone,
                "opaque": opaque,
                "open_inputs": open_inputs,
            }
            base = self._load(self.base, target.base_path, before, options)
            return base, self._load(self.head, target.head_path, after, {**options, "before": base.inputs})

        base, head = load(frozenset())
        opaque = _opaque_on_one_side(base, head)
        if opaque:
            # A module that is downloaded in one version only: what it holds can be seen on one side, so compare calls.
            base, head = load(opaque)
        return base, head

    def _load(self, tree: Tree, path: str | None, variant: str | None, options: dict[str, Any]) -> Root:
        if path is None:
            return Root(path="", variant=variant, exists=False)
        return load_root(
            tree,
            path,
            parser=self._parser,
            variant=variant,
            variables=self.variables,
            limits=self.limits,
            **options,
        )


def _opened(pairs: Sequence[tuple[Root, Root]]) -> frozenset[str]:
    """The variables to open for a second look: those that callers of base may give.

    What is new in head nobody gives yet. Where as many are new as have gone, these may just have new names.
    """
    for base, head in pairs:
        if head.variant is None and head.exists and not base.exists:
            return head.empty_inputs  # a new root module can be where another one's calls have moved to
        if head.variant is None and base.exists and head.exists:
            gone, come = base.empty_inputs - head.empty_inputs, head.empty_inputs - base.empty_inputs
            renamed = len(come) >= len(gone)
            return base.empty_inputs & head.empty_inputs if renamed else base.empty_inputs
    return frozenset()


def _opaque_on_one_side(base: Root, head: Root) -> frozenset[str]:
    """Keys of calls of remote modules that could be followed on one side only."""
    before, after = (
        {_call_key(c.address): c.opaque for c in root.calls.values() if not c.source.startswith(".")}
        for root in (base, head)
    )
    return frozenset(key for key in before.keys() & after.keys() if before[key] != after[key])


def _call_key(address: str) -> str:
    """``module.a["x"].module.b`` as ``modules.json`` names it: ``a.b``."""
    return ".".join(part for part in _KEYS.sub("", address).split(".") if part != "module")
