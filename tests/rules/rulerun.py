"""Runs rules on two versions of a configuration written in HCL, without git and without the command line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from build import pair as pair_of
from memtree import MemTree
from tfratchet.compare import RootPair
from tfratchet.config import Settings
from tfratchet.hcl.load import load_root
from tfratchet.model import Finding, Root
from tfratchet.rules import all_rules

Files = str | Mapping[str, str]


def root_of(files: Files) -> Root:
    """The root module in the top directory of ``files`` (one text: ``main.tf``)."""
    given = {"main.tf": files} if isinstance(files, str) else files
    root = load_root(MemTree({p: textwrap.dedent(c) for p, c in given.items()}), ".")
    assert not root.errors, root.errors
    return root


def pair(base: Files, head: Files, settings: Settings | None = None) -> RootPair:
    """Base and head, evaluated."""
    return pair_of(root_of(base), root_of(head), settings)


def run(base: Files, head: Files, *ids: str, settings: Settings | None = None) -> list[Finding]:
    """Findings of the rules ``ids`` (a family's name stands for all of its rules)."""
    return run_pair(pair(base, head, settings), *ids)


def run_pair(both: RootPair, *ids: str) -> list[Finding]:
    """Findings of the rules ``ids`` on a pair of roots."""
    rules = [r for r in all_rules() if not ids or r.id in ids or r.family in ids]
    assert rules, ids
    return [f for rule in rules for f in rule.compare(both)]


def told(findings: Iterable[Finding]) -> list[str]:
    """``TFR202 high aws_x.y`` for each, sorted; ``?`` behind the severity when only possible."""
    return sorted(
        f"{f.rule} {f.severity}{'?' if f.certainty.value == 'possible' else ''} {f.address}" for f in findings
    )
