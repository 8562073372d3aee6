"""The trees of a git repository: a revision; the index or working tree as a revision with changes laid over it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tfratchet.sources.disk import Disk, too_large
from tfratchet.sources.entries import DIRECTORY, LINK, Entry, EntryTree
from tfratchet.sources.process import GitError, Job, Object, decode
from tfratchet.sources.tree import TreeError

if TYPE_CHECKING:
    from tfratchet.sources.git import Repository

_LINK_LINE = b"\x00120000 blob "
_LINK_LIMIT = 64 * 1024  # bytes of a link's target: no path is longer


class _RepositoryTree(EntryTree):
    """What both kinds have in common: objects by id, and modules that ``terraform init`` has downloaded.

    ``.terraform/modules`` is ignored by git, so it is read from the disk, for every revision: which version of a module
    it holds stands in its ``modules.json``, so it is no question of the revision.
    """

    def __init__(self, repository: Repository, label: str, downloaded: Disk | None) -> None:
        super().__init__(label, repository.limit)
        self._repository = repository
        self._downloaded = downloaded

    def _hidden(self, path: str, name: str) -> Entry | None:
        if name != ".terraform" or self._downloaded is None:
            return None
        entry = self._downloaded.entry(name if path == "." else f"{path}/{name}")
        return entry if entry and entry.kind == DIRECTORY else None

    def _list(self, path: str, entry: Entry | None) -> Mapping[str, Entry]:
        if entry is None or entry.id is None:  # on disk
            found = self._downloaded.list(path) if self._downloaded else {}
            if path.endswith("/.terraform") or path == ".terraform":
                return {n: e for n, e in found.items() if n == "modules"}
            return found
        return self._list_object(entry.id, path)

    def _list_object(self, object_id: str, path: str) -> dict[str, Entry]:
        found = self._object(object_id, self._limit)
        if found is None or found.content is None:
            # Not a TreeError: a directory that cannot be listed must not look like one that is empty.
            raise GitError(f"{path}: {self._absent(object_id)}")
        return parse_tree(found.content, len(found.id) // 2)

    def _object(self, object_id: str, limit: int) -> Object | None:
        try:
            return self._repository.objects.get(object_id, limit)
        except GitError:  # older versions of git end when they cannot fetch what a partial clone lacks
            return None

    def _absent(self, object_id: str) -> str:
        return f"object {object_id[:12]} is not in the repository (a partial clone? `git fetch --refetch` gets all)"

    def _target(self, path: str, entry: Entry) -> str:
        if entry.id is None:
            return self._on_disk().target(path)
        found = self._object(entry.id, _LINK_LIMIT)
        if found is None or found.content is None:
            raise TreeError(f"{path}: {self._absent(entry.id)}", "source")
        return decode(found.content)

    def _content(self, path: str, entry: Entry) -> bytes:
        if entry.id is None:
            if "/.terraform/" in f"/{path}":
                return self._on_disk().read(path, self._limit)
            return self._repository.read_disk(path)
        found = self._object(entry.id, self._limit)
        if found is None:
            raise TreeError(f"{path}: {self._absent(entry.id)}", "source")
        if found.content is None:
            raise too_large(path, found.size, self._limit)
        return found.content

    def _on_disk(self) -> Disk:
        return self._downloaded or self._repository.disk()

    def _prefetch(self, entries: Sequence[Entry]) -> None:
        self._repository.objects.prefetch((e.id for e in entries if e.id is not None), self._limit)


class RevisionTree(_RepositoryTree):
    """The tree of a commit. ``commit`` is its id, or None for the empty tree."""

    def __init__(
        self, repository: Repository, label: str, commit: str | None, tree_id: str, downloaded: Disk | None
    ) -> None:
        super().__init__(repository, label, downloaded)
        self.commit = commit
        self.tree_id = tree_id
        self._links_job: Job[bytes] | None = None
        self._links: dict[str, str] | None = None

    def _list(self, path: str, entry: Entry | None) -> Mapping[str, Entry]:
        return super()._list(path, entry or Entry(DIRECTORY, self.tree_id))

    def directory(self, path: str) -> Mapping[str, Entry]:
        """Entries of a real directory of the commit."""
        return self._directory(path)

    def prepare_links(self) -> None:
        if self._links_job is None:
            self._links_job = self._repository.git().start("ls-tree", "-r", "-z", "--full-tree", self.tree_id)

    def links(self) -> Mapping[str, str]:
        if self._links is None:
            self.prepare_links()
            assert self._links_job is not None  # noqa: S101 (prepare_links)
            listing = b"\0" + self._links_job.output()
            self._links_job = None
            found: dict[str, Entry] = {}
            start = listing.find(_LINK_LINE)  # searched, not parsed: there may be very many files and hardly a link
            while start >= 0:
                object_id, path = listing[start + len(_LINK_LINE) : listing.index(b"\0", start + 1)].split(b"\t", 1)
                found[decode(path)] = Entry(LINK, object_id.decode())
                start = listing.find(_LINK_LINE, start + 1)
            self._prefetch(list(found.values()))
            self._links = {path: self._target(path, entry) for path, entry in found.items()}
        return self._links

    def grep(self, pattern: str, suffixes: Sequence[str]) -> Iterator[tuple[str, str]]:
        git = self._repository.git()
        command = (
            "grep",
            "-a",  # a .gitattributes that calls .tf files binary hides nothing
            "-z",
            "--no-color",
            "--no-line-number",
            "--no-column",
            "--no-heading",
            "--no-break",
            "--no-recurse-submodules",
            "--no-textconv",
            "--full-name",
            "--threads=1",  # measured: faster than two, the files are small
        )
        what = ("-e", pattern, self.tree_id, "--", *(f":(glob)**/*{s}" for s in suffixes))
        try:
            # Three times as fast as -E, where git has it and it may compile at run time.
            found = git.records(*command, "--perl-regexp", *what, limit=self._limit)
        except GitError:
            found = git.records(*command, "--extended-regexp", *what, limit=self._limit)
        cut = len(self.tree_id) + 1
        for path, line in found:
            yield path[cut:], line


class OverlayTree(_RepositoryTree):
    """The index or the working tree: a commit's tree, and over it what differs.

    So files that did not change are never read from the disk (their line ends, filters and time stamps do not matter),
    and nothing has to be listed that the comparison has not listed already.
    """

    commit: str | None = None

    def __init__(self, repository: Repository, label: str, downloaded: Disk | None) -> None:
        super().__init__(repository, label, downloaded)
        self._below: RevisionTree | None = None
        self._over: dict[str, dict[str, Entry | None]] = {}
        self._conflicts: set[str] = set()

    def _anchor(self) -> RevisionTree:
        """The tree below; on first use, the changes are laid over it."""
        if self._below is None:
            below, changes = self._repository.overlay(self.label)
            for change in changes:
                if change.old is not None:
                    self._put(change.old, None)
            for change in changes:
                if change.new is not None:
                    self._put(change.new, Entry(change.new_mode, change.new_id))
                    if self.label == "INDEX" and change.new_id is None:
                        self._conflicts.add(change.new)
            self._below = below
        return self._below

    def _put(self, path: str, entry: Entry | None) -> None:
        parent, _, name = path.rpartition("/")
        self._over.setdefault(parent or ".", {})[name] = entry
        while entry is not None and parent:
            parent, _, name = parent.rpartition("/")
            names = self._over.setdefault(parent or ".", {})
            if names.get(name) is not None:
                break
            names[name] = Entry(DIRECTORY, "")  # there is a directory, whatever was there before

    def _list(self, path: str, entry: Entry | None) -> Mapping[str, Entry]:
        anchor = self._anchor()
        if entry is not None and entry.id is None:
            return super()._list(path, entry)  # downloaded modules
        found = dict(anchor.directory(path))
        for name, over in self._over.get(path, {}).items():
            if over is None:
                found.pop(name, None)
            elif over.kind != DIRECTORY or name not in found or found[name].kind != DIRECTORY:
                found[name] = over
        return found

    def _content(self, path: str, entry: Entry) -> bytes:
        if path in self._conflicts:
            raise TreeError(f"{path} is in conflict: resolve it and stage the result", "source")
        return super()._content(path, entry)

    def _prefetch(self, entries: Sequence[Entry]) -> None:
        super()._prefetch([e for e in entries if e.id])

    def _changed(self) -> Iterable[str]:
        """Every path where something else is now, directories in the place of files included."""
        self._anchor()
        for directory, names in self._over.items():
            for name in names:
                yield name if directory == "." else f"{directory}/{name}"

    def prepare_links(self) -> None:
        self._anchor().prepare_links()

    def links(self) -> Mapping[str, str]:
        found = dict(self._anchor().links())
        for path in self._changed():
            found.pop(path, None)
            entry = self._entry(path)
            if entry is not None and entry.kind == LINK:
                found[path] = self._target(path, entry)
        return found

    def grep(self, pattern: str, suffixes: Sequence[str]) -> Iterator[tuple[str, str]]:
        changed = set(self._changed())
        for path, line in self._anchor().grep(pattern, suffixes):
            if path not in changed:
                yield path, line
        ends = tuple(suffixes)
        yield from self._grep_files(pattern, sorted(p for p in changed if p.endswith(ends)))


def parse_tree(content: bytes, id_length: int) -> dict[str, Entry]:
    """The entries of a tree object."""
    found: dict[str, Entry] = {}
    position = 0
    while position < len(content):
        space = content.index(b" ", position)
        zero = content.index(b"\0", space)
        end = zero + 1 + id_length
        name = decode(content[space + 1 : zero])
        if name not in {"", ".", "..", ".git"} and "/" not in name:  # only a forged tree has such names
            found[name] = Entry(int(content[position:space], 8), content[zero + 1 : end].hex())
        position = end
    return found
