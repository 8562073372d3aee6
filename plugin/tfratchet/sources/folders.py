"""Two folders as base and head (``--base-dir``, ``--head-dir``)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import partial

from tfratchet.sources.changes import Change, Side, pair_renames
from tfratchet.sources.disk import Disk
from tfratchet.sources.entries import DEFAULT_LIMIT, DIRECTORY, FILE, LINK, Entry, EntryTree
from tfratchet.sources.tree import TreeError


class FolderTree(EntryTree):
    """A folder on disk. ``.git`` is not seen; ``.terraform`` is read when asked for by its path, and never walked."""

    def __init__(self, path: str, label: str | None = None, limit: int = DEFAULT_LIMIT) -> None:
        """Raises TreeError when ``path`` is no directory."""
        if not os.path.isdir(path):
            raise TreeError(f"{path}: no such directory")
        super().__init__(label or path, limit)
        self.path = os.path.abspath(path)
        self._disk = Disk(self.path)

    def _list(self, path: str, entry: Entry | None) -> Mapping[str, Entry]:  # noqa: ARG002
        return self._disk.list(path)

    def _target(self, path: str, entry: Entry) -> str:  # noqa: ARG002
        return self._disk.target(path)

    def _content(self, path: str, entry: Entry) -> bytes:  # noqa: ARG002
        return self._disk.read(path, self._limit)

    def entries(self) -> dict[str, Entry]:
        """Every file and link by path, without what lies in ``.terraform``; links are not followed."""
        found: dict[str, Entry] = {}
        pending = ["."]
        while pending:
            path = pending.pop()
            for name, entry in self._directory(path).items():
                inner = name if path == "." else f"{path}/{name}"
                if entry.kind != DIRECTORY:
                    found[inner] = entry
                elif name != ".terraform":
                    pending.append(inner)
        return found

    def digest(self, path: str, entry: Entry) -> str:
        """A text that is the same for the same content; for what cannot be read, what is known about it."""
        if entry.kind == LINK:
            return f"link {self._target(path, entry)}"
        if entry.kind != FILE:
            return f"special {entry.mode}"
        try:
            return hashlib.sha256(self._content(path, entry)).hexdigest()
        except TreeError as error:
            return f"{error.kind} {error}"


def changed_folders(base: FolderTree, head: FolderTree) -> list[Change]:
    """The files that differ, by content; renames are recognised as git does (see ``changes.pair_renames``)."""
    old, new = base.entries(), head.entries()
    changes: list[Change] = []
    for path in sorted(old.keys() & new.keys()):
        before, after = old[path], new[path]
        if before.kind != after.kind:
            changes.append(Change("T", path, path, old_mode=before.mode, new_mode=after.mode))
        elif base.digest(path, before) != head.digest(path, after):
            changes.append(Change("M", path, path, old_mode=before.mode, new_mode=after.mode))
    gone = {p: Side(base.digest(p, old[p]), partial(base.read, p)) for p in old.keys() - new.keys()}
    come = {p: Side(head.digest(p, new[p]), partial(head.read, p)) for p in new.keys() - old.keys()}
    for source, target, similarity in pair_renames(gone, come):
        changes.append(
            Change("R", source, target, similarity, old_mode=old.pop(source).mode, new_mode=new.pop(target).mode)
        )
    changes += [Change("D", p, None, old_mode=old[p].mode) for p in old if p in gone]
    changes += [Change("A", None, p, new_mode=new[p].mode) for p in new if p in come]
    return sorted(changes, key=lambda c: c.new or c.old or "")
