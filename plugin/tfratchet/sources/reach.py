"""What must be evaluated: the root modules that a change can reach, and the cases (var files) of each.

A changed file touches the module that it belongs to; so does a file that the module reads. A touched module touches
those who call it, up to the root modules. A touched module that nobody calls is evaluated on its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tfratchet.model import Problem
from tfratchet.sources.changes import Change
from tfratchet.sources.entries import LINK, SUBMODULE
from tfratchet.sources.modules import (
    CALL,
    SUFFIXES,
    Calls,
    Links,
    Marks,
    beside,
    config_files,
    is_auto_var_file,
    is_config,
    is_example_of,
    marks,
    split,
)
from tfratchet.sources.reads import READ, Readers
from tfratchet.sources.tree import SourceTree, TreeError
from tfratchet.sources.variants import changed_cases, named_cases


@dataclass(frozen=True, slots=True)
class Target:
    """A root module to evaluate in base and head."""

    base_path: str | None
    """Its directory in base; None when it is new."""
    head_path: str | None
    """Its directory in head; None when it is gone."""
    variants: tuple[str | None, ...] = (None,)
    """The cases to compare: None for the variables that Terraform loads by itself, else a further var file (its path
    in head, when it was renamed). Only var files that both sides have."""
    standalone: bool = False
    """True for a library module that nobody calls."""
    why: str = ""
    """Why it is a target, for people: ``iam.tf changed``, ``calls modules/iam``."""

    @property
    def path(self) -> str:
        """Its directory: head's, or base's when it is gone."""
        return self.head_path or self.base_path or "."


@dataclass(frozen=True, slots=True)
class Reach:
    """What must be evaluated, and what a reader should know about what is not."""

    targets: Sequence[Target] = ()
    notes: Sequence[Problem] = ()


def reach(
    base: SourceTree,
    head: SourceTree,
    changes: Sequence[Change],
    *,
    paths: Sequence[str] = (),
    var_files: Sequence[str] = (),
) -> Reach:
    """Which root modules ``changes`` can reach.

    ``paths``: only root modules at or below one of these, that reach a module below it, or that are reached by what
    changed below it. ``var_files``: further cases of the root modules that they belong to. All relative to the top.
    Raises TreeError when one of ``paths`` or ``var_files`` is in neither tree.
    """
    for path in (*paths, *var_files):
        if path != "." and not any(t.isdir(path) or t.exists(path) for t in (base, head)):
            raise TreeError(f"{path}: there is no such file or directory in {base.label} or {head.label}")
    return _Reach(base, head, changes, paths, var_files).result()


class _Reach:
    def __init__(
        self,
        base: SourceTree,
        head: SourceTree,
        changes: Sequence[Change],
        paths: Sequence[str],
        var_files: Sequence[str],
    ) -> None:
        self._base = base
        self._head = head
        self._paths = tuple(p for p in paths if p != ".") if "." not in paths else ()
        self._var_files = var_files
        self._notes: list[Problem] = []
        self._changes = [c for c in changes if not self._is_submodule(c)]
        self._touched: dict[str, dict[str, str]] = {}
        """Touched directories; for each, the changed files that touch it and in which way."""
        self._marks: dict[str, Marks] = {}
        self._exists: dict[tuple[str, bool], bool] = {}
        self._readers: Readers | None = None

    def _is_submodule(self, change: Change) -> bool:
        if SUBMODULE not in {change.old_mode, change.new_mode}:
            return False
        self._notes.append(Problem("source", f"submodule {change.new or change.old} changed; it is not looked into"))
        # A submodule that takes the place of a file, or the other way round, is a change of that file.
        return {change.old_mode, change.new_mode} <= {SUBMODULE, 0}

    # What changed

    def _files(self) -> Iterator[tuple[str, bool]]:
        """Every path that changed, and whether it is head's."""
        for change in self._changes:
            if change.old is not None:
                yield change.old, False
            if change.new is not None:
                yield change.new, True

    @cached_property
    def _data(self) -> list[str]:
        """Changed files that are no configuration: they matter when something reads them."""
        return list(dict.fromkeys(p for p, _ in self._files() if not is_config(p)))

    def _has_config(self, directory: str, in_head: bool) -> bool:
        key = (directory, in_head)
        if key not in self._exists:
            self._exists[key] = bool(config_files(self._head if in_head else self._base, directory))
        return self._exists[key]

    def _is_module(self, directory: str) -> bool:
        return self._has_config(directory, True) or self._has_config(directory, False)

    def _touch(self, directory: str, path: str, how: str) -> None:
        self._touched.setdefault(directory, {}).setdefault(path, how)

    # Who calls whom

    @cached_property
    def _links(self) -> Links:
        targets = dict(self._head.links())
        if any(LINK in {c.old_mode, c.new_mode} for c in self._changes):
            targets = {**self._base.links(), **targets}
        return Links(targets)

    @cached_property
    def _calls(self) -> Calls:
        """One search over head tells all calls of both sides, together with the files that changed."""
        self._head.prepare_links()  # runs beside the search
        pattern = f"{CALL}|{READ}" if self._data else CALL
        lines = [found for found in self._head.grep(pattern, SUFFIXES) if ".terraform/" not in found[0]]
        calls = Calls(self._links)
        readers = Readers(self._data, calls, self._links, self._head) if self._data else None
        for path, line in lines:
            if "source" in line:
                calls.add(path, line, self._head)
            if readers is not None and "file" in line:
                readers.add(path, line)
        old = [c.old for c in self._changes if c.old is not None and is_config(c.old)]
        self._base.prefetch(old)
        for path in old:
            try:
                content = self._base.read(path)
            except TreeError:  # reported when the module is evaluated
                continue
            for line in content.decode("utf-8", "surrogateescape").split("\n"):
                if "source" in line:
                    calls.add(path, line, self._base)
        self._readers = readers
        return calls

    def _marks_of(self, directory: str) -> Marks:
        if directory not in self._marks:
            tree = self._head if self._has_config(directory, True) else self._base
            self._marks[directory] = marks(tree, directory)
        return self._marks[directory]

    def _callers(self, module: str) -> list[str]:
        """Who really calls a module: examples and tests of it left out."""
        callers = [c for c in self._calls.callers(module) if self._is_module(c)]
        return [
            c
            for c in callers
            if not is_example_of(c, module)
            or beside(c, callers)
            or self._marks_of(c).backend
            or self._marks_of(c).var_file
        ]

    # From touched modules to targets

    def _touch_all(self) -> None:
        calls, links = self._calls, self._links
        for path, in_head in self._files():
            if is_config(path):
                for name in (path, *links.files(path)):
                    directory = split(name)[0]
                    before, hidden, _ = directory.partition("/.terraform/modules")
                    self._touch(before if hidden else directory, path, "changed")
            elif is_auto_var_file(path) and self._has_config(split(path)[0], in_head):
                for name in (path, *links.files(path)):
                    self._touch(split(name)[0], path, "changed")
        changed_links = {p for c in self._changes if LINK in {c.old_mode, c.new_mode} for p in (c.old, c.new) if p}
        if changed_links:
            for caller, called in calls.called():
                for link in changed_links:
                    if called == link or called.startswith(f"{link}/"):
                        self._touch(caller, link, "changed")
        if self._readers is not None:
            for directory, path in self._readers.touched():
                self._touch(directory, path, "reads")

    def _up(self, starts: Iterable[str]) -> dict[str, str]:
        """The root modules that the touched modules ``starts`` reach, with the reason."""
        targets: dict[str, str] = {}
        seen: dict[str, str] = {}
        below: defaultdict[str, list[str]] = defaultdict(list)
        pending: list[str] = []
        for start in starts:
            seen[start] = _reason(self._touched[start])
            pending.append(start)
        while pending:
            module = pending.pop()
            callers = self._callers(module)
            if not callers or self._marks_of(module).root:
                targets[module] = seen[module]
            for caller in callers:
                below[caller].append(module)
                if caller not in seen:
                    seen[caller] = f"calls {module}"
                    pending.append(caller)
        # Modules that only call each other in a circle have no root: each touched one is evaluated by itself.
        reached = set(targets)
        pending = list(targets)
        while pending:
            for module in below[pending.pop()]:
                if module not in reached:
                    reached.add(module)
                    pending.append(module)
        targets.update((m, why) for m, why in seen.items() if m in self._touched and m not in reached)
        return targets

    def _renamed(self) -> dict[str, str]:
        """Directories renamed as a whole: old by new. Most files went there, nothing is left, nothing was there."""
        moves: Counter[tuple[str, str]] = Counter()
        for change in self._changes:
            if change.status == "R" and change.old and change.new and is_config(change.old) and is_config(change.new):
                old, new = split(change.old)[0], split(change.new)[0]
                if old != new:
                    moves[old, new] += 1
        renamed: dict[str, str] = {}
        used: set[str] = set()
        for (old, new), count in sorted(
            moves.items(), key=lambda m: (-m[1], split(m[0][0])[1] != split(m[0][1])[1], m[0])
        ):
            if new in renamed or old in used or self._has_config(old, True) or self._has_config(new, False):
                continue
            if count * 2 >= len(config_files(self._base, old)):
                renamed[new] = old
                used.add(old)
        return renamed

    def _selected(self, targets: Mapping[str, str], cases: Mapping[str, Sequence[str]]) -> set[str]:
        """The targets that ``paths`` ask for."""
        everything = {*targets, *cases}
        if not self._paths:
            return everything

        def below(path: str) -> bool:
            return any(path == top or path.startswith(f"{top}/") for top in self._paths)

        chosen = {t for t in everything if below(t) or any(below(f) for f in cases.get(t, ()))}
        starts = [d for d, files in self._touched.items() if below(d) or any(below(p) for p in files)]
        chosen.update(self._up(starts))
        modules = {m for _, called in self._calls.called() if (m := self._links.real(called)) and below(m)}
        for module in modules:
            chosen.update(self._calls.everyone(module))
        return chosen & everything

    # The answer

    def result(self) -> Reach:
        cases = changed_cases(self._base, self._head, self._changes, self._notes)
        targets: dict[str, str] = {}
        if self._data or any(is_config(p) for p, _ in self._files()):
            self._touch_all()
            targets = {t: why for t, why in self._up(self._touched).items() if self._is_module(t)}
        renamed = {new: old for new, old in self._renamed().items() if new in targets and old in targets}
        gone = set(renamed.values())
        chosen = self._selected(targets, cases) - gone
        found = [self._target(t, targets.get(t), renamed.get(t, t), cases.get(t, [])) for t in sorted(chosen)]
        return Reach(found, self._notes)

    def _target(self, path: str, why: str | None, base_path: str, cases: Sequence[str]) -> Target:
        """``why`` is None when nothing but var files changed."""
        named = named_cases(self._base, self._head, self._var_files, path, self._notes)
        variants: list[str | None] = [] if why is None else [None]
        return Target(
            base_path=base_path if self._has_config(base_path, False) else None,
            head_path=path if self._has_config(path, True) else None,
            variants=(*variants, *dict.fromkeys((*cases, *named))),
            standalone=why is not None and not self._callers(path) and self._marks_of(path).library,
            why=f"{cases[0]} changed" if why is None else why,
        )


def _reason(files: Mapping[str, str]) -> str:
    """Why a module is touched, in a few words."""
    parts = [f"reads {p}" if how == "reads" else f"{p} changed" for p, how in list(files.items())[:3]]
    more = len(files) - len(parts)
    return ", ".join(parts) + (f", and {more} more" if more > 0 else "")
