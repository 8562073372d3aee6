"""Runs rules on two versions of a configuration written in HCL, without git and without the command line."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from build import pair as pair_of
from tfratchet.compare import RootPair
from tfratchet.config import Settings
from tfratchet.hcl.load import load_root
from tfratchet.model import Finding, Root
from tfratchet.rules import all_rules
from tfratchet.sources.tree import TreeError

Files = str | Mapping[str, str]


class TextTree:
    """A tree in memory."""

    label = "text"

    def __init__(self, files: Files) -> None:
        given = {"main.tf": files} if isinstance(files, str) else files
        self.files = {p: textwrap.dedent(c) for p, c in given.items()}

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise TreeError(f"{path}: no such file")
        return self.files[path].encode()

    def listdir(self, directory: str) -> Sequence[str]:
        prefix = "" if directory == "." else directory + "/"
        return sorted(p[len(prefix) :] for p in self.files if p.startswith(prefix) and "/" not in p[len(prefix) :])

    def walk(self, directory: str) -> Sequence[str]:
        prefix = "" if directory == "." else directory + "/"
        return sorted(p for p in self.files if p.startswith(prefix))

    def exists(self, path: str) -> bool:
        return path in self.files

    def prefetch(self, paths: Iterable[str]) -> None:
        pass

    def grep(self, pattern: str, suffixes: Sequence[str]) -> Iterator[tuple[str, str]]:
        for path in sorted(self.files):
            if path.endswith(tuple(suffixes)):
                for line in self.files[path].splitlines():
                    if re.search(pattern, line):
                        yield path, line


def root_of(files: Files) -> Root:
    """The root module in the top directory of ``files`` (one text: ``main.tf``)."""
    root = load_root(TextTree(files), ".")
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
