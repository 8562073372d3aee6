"""What all trees have in common: walking directories entry by entry, and following links inside the tree only."""

from __future__ import annotations

import posixpath
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tfratchet.sources.tree import TreeError

DIRECTORY = 0o040000
FILE = 0o100644
LINK = 0o120000
SUBMODULE = 0o160000
SPECIAL = 0
"""A FIFO, a device, a socket: never opened."""

DEFAULT_LIMIT = 5 * 1024 * 1024
"""Bytes of the largest file that is read. No configuration file written by people comes near it."""

_MAX_LINKS = 40  # as many as Linux follows
_LFS = b"version https://git-lfs.github.com/spec/v1\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a directory: mode as git writes it; ``id`` of the object, or None for what is read from the disk."""

    mode: int
    id: str | None = None

    @property
    def kind(self) -> int:
        """``DIRECTORY``, ``FILE``, ``LINK``, ``SUBMODULE`` or ``SPECIAL``."""
        return FILE if self.mode & 0o170000 == 0o100000 else self.mode & 0o170000


class EntryTree(ABC):
    """A tree (see ``tree.Tree``) made of directories with entries.

    A subclass gives the entries of a directory, the target of a link and the content of a file. Those methods see
    *real* paths only: no component of them is a link.
    """

    def __init__(self, label: str, limit: int = DEFAULT_LIMIT) -> None:
        self.label = label
        self._limit = limit
        self._directories: dict[str, Mapping[str, Entry]] = {}
        self._real: dict[str, str] = {".": "."}

    @abstractmethod
    def _list(self, path: str, entry: Entry | None) -> Mapping[str, Entry]:
        """Entries of the real directory ``path`` (``entry`` is its own entry; None for the top)."""

    @abstractmethod
    def _target(self, path: str, entry: Entry) -> str:
        """Where the link at ``path`` leads."""

    @abstractmethod
    def _content(self, path: str, entry: Entry) -> bytes:
        """The content of the file at the real ``path``; TreeError with kind ``limit`` when it is too large."""

    def _prefetch(self, entries: Sequence[Entry]) -> None:  # noqa: B027 (a hint may be ignored)
        """These objects will be needed."""

    def _hidden(self, path: str, name: str) -> Entry | None:  # noqa: ARG002
        """The entry of something that listings do not show, but that may be asked for by its path."""
        return None

    def _directory(self, path: str) -> Mapping[str, Entry]:
        """Entries of a real directory; empty when there is none."""
        known = self._directories
        if path in known:
            return known[path]
        if "." not in known:
            known["."] = self._list(".", None)
        current = "."
        for name in path.split("/") if path != "." else ():  # from the top, as a hostile tree may be very deep
            parent, current = current, name if current == "." else f"{current}/{name}"
            if current not in known:
                entry = known[parent].get(name) or self._hidden(parent, name)
                known[current] = self._list(current, entry) if entry and entry.kind == DIRECTORY else {}
        return known[path]

    def _entry(self, path: str) -> Entry | None:
        """The entry at a real path other than the top."""
        parent, _, name = path.rpartition("/")
        return self._directory(parent or ".").get(name) or self._hidden(parent or ".", name)

    def _resolve(self, path: str) -> tuple[str, Entry]:
        """The real path and the entry behind ``path``, all links followed. Raises TreeError."""
        pending = path.split("/")[::-1]
        real: list[str] = []
        links = 0
        entry = Entry(DIRECTORY)
        while pending:
            name = pending.pop()
            if name in {"", "."}:
                continue
            if name == "..":
                if not real:
                    raise TreeError(f"{path} leads out of the tree", "outside")
                real.pop()
                entry = Entry(DIRECTORY)
                continue
            if entry.kind == SUBMODULE:
                raise TreeError(f"{path} is in the submodule {'/'.join(real)}, which is not looked into", "source")
            real.append(name)
            found = self._entry("/".join(real)) if entry.kind == DIRECTORY else None
            if found is None:
                raise TreeError(f"{path}: no such file in {self.label}", "missing")
            entry = found
            if entry.kind == LINK:
                links += 1
                if links > _MAX_LINKS:
                    raise TreeError(f"{path} is a link that leads in a circle", "outside")
                target = self._target("/".join(real), entry)
                if target.startswith("/"):
                    raise TreeError(f"{path} is a link that leads out of the tree (to {target})", "outside")
                real.pop()
                entry = Entry(DIRECTORY)
                pending.extend(target.split("/")[::-1])
        return "/".join(real) or ".", entry

    def _real_directory(self, path: str) -> str | None:
        """The real path of a directory, or None when there is no such directory."""
        found = self._real.get(path)
        if found is None:
            try:
                found, entry = self._resolve(path)
            except TreeError:
                return None
            if entry.kind != DIRECTORY and found != ".":
                return None
            self._real[path] = found
        return found

    def _is_file(self, path: str, entry: Entry) -> bool:
        """True for what reading it would read, or explain why it cannot."""
        if entry.kind != LINK:
            return entry.kind in {FILE, SPECIAL}
        try:
            return self._resolve(path)[1].kind in {FILE, SPECIAL}
        except TreeError as error:
            return error.kind != "missing"

    # The protocol of tree.Tree

    def read(self, path: str) -> bytes:
        parent, _, name = path.rpartition("/")
        real = self._real.get(parent or ".")
        entry = self._directory(real).get(name) if real is not None else None
        if real is None or entry is None or entry.kind != FILE:
            real_path, entry = self._resolve(path)
        else:
            real_path = name if real == "." else f"{real}/{name}"
        if entry.kind == DIRECTORY:
            raise TreeError(f"{path} is a directory", "missing")
        if entry.kind == SUBMODULE:
            raise TreeError(f"{path} is a submodule, which is not looked into", "source")
        if entry.kind != FILE:
            raise TreeError(f"{path} is no regular file", "source")
        content = self._content(real_path, entry)
        if content.startswith(_LFS):
            raise TreeError(f"{path} is a Git LFS pointer: its content is not in the repository", "source")
        return content

    def listdir(self, directory: str) -> Sequence[str]:
        real = self._real_directory(directory)
        if real is None:
            return []
        prefix = "" if real == "." else f"{real}/"
        return sorted(
            n for n, e in self._directory(real).items() if e.kind != DIRECTORY and self._is_file(prefix + n, e)
        )

    def subdirs(self, directory: str) -> Sequence[str]:
        real = self._real_directory(directory)
        return [] if real is None else sorted(n for n, e in self._directory(real).items() if e.kind == DIRECTORY)

    def isdir(self, path: str) -> bool:
        return self._real_directory(path) is not None

    def exists(self, path: str) -> bool:
        try:
            return self._resolve(path)[1].kind == FILE
        except TreeError as error:
            return error.kind != "missing"

    def submodule(self, path: str) -> str | None:
        real: list[str] = []
        for name in path.split("/"):
            real.append(name)
            entry = self._entry("/".join(real))
            if entry is None or entry.kind != DIRECTORY:
                return "/".join(real) if entry and entry.kind == SUBMODULE else None
        return None

    def walk(self, directory: str) -> Sequence[str]:
        real = self._real_directory(directory)
        if real is None:
            return []
        found: list[str] = []
        level = [(directory, real)]
        while level:  # level by level, so that the directories of a level are read together
            below: list[tuple[str, str]] = []
            for shown, path in level:
                for name, entry in self._directory(path).items():
                    inner = name if path == "." else f"{path}/{name}"
                    outer = name if shown == "." else f"{shown}/{name}"
                    if entry.kind == DIRECTORY:
                        if name != ".terraform":
                            below.append((outer, inner))
                    elif entry.kind != SUBMODULE and self._is_file(inner, entry):
                        found.append(outer)
            self._prefetch([e for e in (self._entry(p) for _, p in below) if e])
            level = below
        return sorted(found)

    def prefetch(self, paths: Iterable[str]) -> None:
        entries: list[Entry] = []
        for path in paths:
            try:
                entry = self._resolve(path)[1]
            except TreeError:  # reading it will say so, if it is read at all
                continue
            if entry.kind == FILE:
                entries.append(entry)
        self._prefetch(entries)

    def grep(self, pattern: str, suffixes: Sequence[str]) -> Iterator[tuple[str, str]]:
        yield from self._grep_files(pattern, [p for p in self.walk(".") if p.endswith(tuple(suffixes))])

    def links(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        pending = ["."]
        while pending:
            path = pending.pop()
            for name, entry in self._directory(path).items():
                inner = name if path == "." else f"{path}/{name}"
                if entry.kind == DIRECTORY and name != ".terraform":
                    pending.append(inner)
                elif entry.kind == LINK:
                    found[inner] = self._target(inner, entry)
        return found

    def prepare_links(self) -> None:  # noqa: B027 (a hint may be ignored)
        """Hint: ``links`` will be asked for soon."""

    def _grep_files(self, pattern: str, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Lines that match, of these files; links and what cannot be read are passed over (git grep does the same)."""
        expression = python_expression(pattern)
        for path in paths:
            entry = self._entry(path)
            if entry is None or entry.kind != FILE:
                continue
            try:
                content = self.read(path)
            except TreeError:
                continue
            for line in matching_lines(expression, content):
                yield path, line


def matching_lines(expression: re.Pattern[bytes], content: bytes) -> Iterator[str]:
    """Every line of ``content`` that ``expression`` matches."""
    end = -1
    for match in expression.finditer(content):
        if match.start() < end:
            continue  # a second match in the same line
        start = content.rfind(b"\n", 0, match.start()) + 1
        end = content.find(b"\n", match.start())
        end = len(content) if end < 0 else end
        yield content[start:end].decode("utf-8", "surrogateescape")


@lru_cache(maxsize=32)
def python_expression(pattern: str) -> re.Pattern[bytes]:
    """A POSIX extended regular expression for ``re``, matched line by line (the subset that both have, and classes)."""
    text = pattern.replace("[:space:]", r" \t\r\f\v").replace("[:alnum:]", "a-zA-Z0-9").replace("[:alpha:]", "a-zA-Z")
    # A negated class must not match the end of a line, as grep sees one line at a time.
    text = re.sub(r"\[\^(?!\\n)", r"[^\\n", text)
    return re.compile(text.encode(), re.MULTILINE)


def join(directory: str, path: str) -> str | None:
    """``path`` relative to ``directory``, normalised; None when it leads above the top."""
    joined = posixpath.normpath(posixpath.join(directory, path))
    return None if joined.startswith(("../", "/")) or joined == ".." else joined
