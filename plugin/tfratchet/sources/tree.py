"""A tree: one version of a directory with files, read-only, whatever holds it (a git revision, the index, a folder)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol


class TreeError(Exception):
    """A file could not be read from a tree. ``kind`` is one of the kinds of ``model.Problem``."""

    def __init__(self, message: str, kind: str = "missing") -> None:
        super().__init__(message)
        self.kind = kind


class Tree(Protocol):
    """One version of a directory. Every path is relative to its top, with '/', normalised, never with '..' or a
    leading '/'; the top itself is ``"."``.
    """

    label: str

    def read(self, path: str) -> bytes:
        """The content of a regular file. Raises TreeError: kind ``missing`` (no such file), ``outside`` (a link that
        leads out of the tree, or in a circle), ``limit`` (larger than the limit), ``source`` (a submodule, an LFS
        pointer).
        """
        ...

    def listdir(self, directory: str) -> Sequence[str]:
        """Names of the files directly in ``directory``, sorted; empty when there is no such directory."""
        ...

    def walk(self, directory: str) -> Sequence[str]:
        """Full paths of all files below ``directory``, sorted."""
        ...

    def exists(self, path: str) -> bool:
        """True when ``path`` is a regular file."""
        ...

    def prefetch(self, paths: Iterable[str]) -> None:
        """Hint: these files will be read soon (one round trip instead of many)."""
        ...

    def grep(self, pattern: str, suffixes: Sequence[str]) -> Iterator[tuple[str, str]]:
        """(path, line) for every line that matches a POSIX extended regular expression in files with these suffixes
        (``.tf``, ``.tf.json``); never reads files that cannot match more than once.
        """
        ...
