"""A tree in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tfratchet.sources.tree import TreeError


class MemTree:
    """``MemTree({"main.tf": "...", "modules/a/main.tf": "..."})``."""

    label = "memory"

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self.files = {p: c.encode() if isinstance(c, str) else c for p, c in files.items()}

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise TreeError(f"{path}: no such file")
        return self.files[path]

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
                for line in self.files[path].decode().splitlines():
                    if re.search(pattern, line):
                        yield path, line
