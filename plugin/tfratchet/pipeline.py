"""From options to an outcome: opens both sides, evaluates what the change can reach, runs the rules.

    options ──open_sides──► Sides (two trees) ──diff──► Outcome (result, statistics) ──suppress──► report

The configuration file is read between the two steps, out of the trees (``config.py``), so that a change cannot judge
itself by rules of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tfratchet.config import Settings

if TYPE_CHECKING:
    from tfratchet.compare import Result
    from tfratchet.progress import Progress
    from tfratchet.sources.changes import Change
    from tfratchet.sources.git import Repository
    from tfratchet.sources.tree import SourceTree

WORKTREE = "WORKTREE"
INDEX = "INDEX"


@dataclass(frozen=True, slots=True)
class DiffOptions:
    """What to compare and how. Everything that ``tfratchet diff`` can be told, without how it is shown."""

    paths: Sequence[str] = ()
    """Only root modules at or below these; relative to the tree's top, with '/'. Empty: all."""
    repo: str = "."
    """A directory inside the git repository, or a bare repository."""
    base: str = "HEAD"
    head: str = WORKTREE
    """A revision, ``INDEX`` or ``WORKTREE``."""
    merge_base: bool = False
    """Compare with the best common ancestor of ``base`` and ``head`` instead of ``base``."""
    base_dir: str | None = None
    head_dir: str | None = None
    """Two folders instead of two revisions; both or none."""
    var_files: Sequence[str] = ()
    """Further variants: var files relative to the tree's top, each compared as its own case."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """``--var name=value``: the value as written on the command line."""
    exclude: Sequence[str] = ()
    """Root modules at or below these are left out; relative to the tree's top; ``*`` and ``**`` as in .gitignore."""
    settings: Settings = field(default_factory=Settings)
    limits: Mapping[str, int] = field(default_factory=dict)
    """Limits of the evaluation by name, where they differ from the defaults."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Both versions, opened."""

    base: SourceTree
    head: SourceTree
    base_label: str
    """What the user called it: ``HEAD``, ``origin/main``, a folder."""
    head_label: str
    base_commit: str | None = None
    """The full commit id, or None where there is none (the index, the working tree, a folder)."""
    head_commit: str | None = None
    top: str = "."
    """The directory on disk that the tree's top is (the repository's top, or the head folder)."""
    prefix: str = ""
    """The directory of the user, relative to ``top``: paths on the command line are relative to it."""
    changes: Sequence[Change] = ()
    """Files that differ, renames paired."""
    repository: Repository | None = None
    """None when two folders are compared."""

    @property
    def changed(self) -> list[str]:
        """Paths that differ: head's name of each file, or base's where head has none."""
        return [c.new or c.old or "" for c in self.changes]


@dataclass(frozen=True, slots=True)
class Compared:
    """One side, for the report."""

    label: str
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """How much was compared, so that "nothing found" can be trusted."""

    roots: int = 0
    """Root modules (each counted once, however many variants)."""
    resources: int = 0
    """Resources and data sources in head and base that the rules looked at (each address once)."""
    calls: int = 0
    """Module calls that stayed opaque."""
    unknown: int = 0
    """Values that could not be known."""
    files: int = 0
    """Files read."""
    changed: int = 0
    """Files that differ between base and head."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run compared and found; what every report is made of."""

    base: Compared
    head: Compared
    result: Result
    statistics: Statistics = field(default_factory=Statistics)
    scope: str = ""
    """What was looked at, by a command that compares no two versions: told in place of the two sides."""


def open_sides(options: DiffOptions) -> Sides:
    """Both trees of ``options``. Raises UserError when one of them cannot be opened."""
    from tfratchet import sides

    return sides.open_sides(options)


def diff(options: DiffOptions, sides: Sides | None = None, progress: Progress | None = None) -> Outcome:
    """Compare base with head. ``sides``: already opened ones. ``progress``: is told each root module that is evaluated.
    Raises UserError when nothing can be compared.
    """
    from tfratchet.compare import Result, compare
    from tfratchet.sources.reach import reach

    sides = sides or open_sides(options)
    reached = reach(sides.base, sides.head, sides.changes, paths=options.paths, var_files=options.var_files)
    compared = Compared(sides.base_label, sides.base_commit), Compared(sides.head_label, sides.head_commit)
    if not reached.targets:
        # Over at once, without parser and rules: most commits of a repository change nothing that Terraform reads.
        return Outcome(*compared, Result((), reached.notes, ()), Statistics(changed=len(sides.changes)))

    from tfratchet.hcl.load import unknown_values
    from tfratchet.hcl.scope import Limits
    from tfratchet.model import Snapshot
    from tfratchet.pairing import Evaluator
    from tfratchet.rules import all_rules

    limits = Limits(**dict(options.limits))
    evaluator = Evaluator(sides.base, sides.head, sides.changes, variables=options.variables, limits=limits)
    targets = [t for t in reached.targets if not _excluded(t.head_path or t.base_path or ".", options.exclude)]
    pairs = []
    if progress is not None:
        progress.say("evaluating root modules", len(targets))
    for target in targets:
        if progress is not None:
            progress.step(target.head_path or target.base_path or ".")
        pairs += evaluator.pairs(target)
    if progress is not None:
        progress.say("comparing")
    base = Snapshot(sides.base_label, [b for b, _ in pairs if b.exists])
    head = Snapshot(sides.head_label, [h for _, h in pairs if h.exists])
    result = compare(base, head, options.settings, all_rules() if pairs else [], pairs=pairs)
    result = replace(result, notes=(*reached.notes, *evaluator.notes, *result.notes))
    roots = (*base.roots, *head.roots)
    return Outcome(
        *compared,
        result=result,
        statistics=Statistics(
            roots=len({r.path for r in roots}),
            resources=len({(r.path, r.variant, address) for r in roots for address in r.resources}),
            calls=len({(r.path, c.address) for r in roots for c in r.calls.values() if c.opaque}),
            unknown=sum(unknown_values(r) for r in head.roots),
            files=len({f for r in roots for f in r.files_read}),
            changed=len(sides.changes),
        ),
    )


def _excluded(path: str, patterns: Sequence[str]) -> bool:
    """Whether a root module is at or below one of the patterns (``*`` and ``**`` as in .gitignore)."""
    parts = path.split("/")
    return any(_matches(parts, pattern.strip("/").split("/")) for pattern in patterns)


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a path is at or below a pattern."""
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(_matches(parts[i:], pattern[1:]) for i in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])
