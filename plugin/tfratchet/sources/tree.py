"""A tree: one version of a directory with files, read-only, whatever holds it (a git revision, the index, a folder)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
        (``.tf``, ``.tf.json``); never reads files that cannot match more than once. Links are not followed. Of the
        regular expression only what ``re`` has too, and ``[[:space:]]``, ``[[:alnum:]]``, ``[[:alpha:]]``.
        """
        ...


class SourceTree(Tree, Protocol):
    """What deciding on the reach of a change needs beyond reading files. Every tree of this package has it."""

    def isdir(self, path: str) -> bool:
        """True when ``path`` is a directory (or a link to one inside the tree)."""
        ...

    def subdirs(self, directory: str) -> Sequence[str]:
        """Names of the directories directly in ``directory``, sorted; links and submodules are none."""
        ...

    def submodule(self, path: str) -> str | None:
        """The path of the git submodule that ``path`` is or lies in, or None."""
        ...

    def links(self) -> Mapping[str, str]:
        """Every symbolic link of the tree, by path, with its target as written."""
        ...

    def prepare_links(self) -> None:
        """Hint: ``links`` will be asked for soon."""
        ...
