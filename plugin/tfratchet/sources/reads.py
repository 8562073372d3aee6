"""Which directories could read a file that is no configuration itself: ``file("users.yaml")`` and its like."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from tfratchet.sources.modules import Calls, Links, config_files, is_var_file, split
from tfratchet.sources.tree import SourceTree, TreeError

# Every function of Terraform that reads a file; each is listed, as many other functions begin like them.
_NAMES = (
    "templatefile",
    "fileexists",
    "fileset",
    "filemd5",
    "filesha1",
    "filesha256",
    "filesha512",
    "filebase64sha256",
    "filebase64sha512",
    "filebase64",
    "file",
)
READ = rf"(^|[^[:alnum:]_])({'|'.join(_NAMES)})[[:space:]]*[(]"
_CALL = re.compile(rf"(?<![A-Za-z0-9_])({'|'.join(_NAMES)})\s*\(\s*")
# What nearly every line looks like: the whole path is there.
_PLAIN = re.compile(rf'(?<![A-Za-z0-9_])(?:{"|".join(_NAMES)})\s*\(\s*"(?:\$\{{path\.module\}}/)?([^"$%\\]*)"\s*[,)]')

_HOLE = "\0"
_STARTS = {"path.module": "module", "path.root": "root", "path.cwd": "cwd"}
_GLOB = re.compile(r"\*+|\?|\{[^}]*\}|\[[^]]*\]")

Start = Literal["module", "root", "cwd", "relative", "anywhere"]


@dataclass(frozen=True, slots=True)
class Read:
    """A path that is read. ``text`` has a ``_HOLE`` for each part that is not known; ``start`` is what it begins at."""

    start: Start
    text: str

    @property
    def open(self) -> bool:
        """True when a whole part of the path is unknown, so that it may hold ``../``."""
        return self.text.startswith(_HOLE) or f"/{_HOLE}" in self.text


def reads_in(line: str) -> Iterator[Read | None]:
    """Every file that a line reads; None for one whose path is not on the line."""
    for match in _CALL.finditer(line):
        found, end = _path(line, match.end())
        if found is not None and match[1] == "fileset":
            pattern = re.match(r'\s*,\s*"([^"$%\\]*)"\s*\)', line[end:])
            tail = _GLOB.sub(_HOLE, pattern[1]) if pattern else _HOLE
            yield Read(found.start, f"{found.text}/{tail}")
        elif found is None or not line[end:].lstrip().startswith((",", ")")):
            yield None
        else:
            yield found


def _path(line: str, position: int) -> tuple[Read | None, int]:
    """The argument at ``position`` and where it ends; None when it is more than a template or ``path.module``."""
    bare = re.compile(r"path\.(?:module|root|cwd)(?=\s*[,)])").match(line, position)
    if bare:
        return Read(_STARTS[bare[0]], ""), bare.end()  # type: ignore[arg-type]
    if not line.startswith('"', position):
        return None, position
    start: Start | None = None
    text = ""
    position += 1
    while position < len(line):
        character = line[position]
        if character == '"':
            if start not in {None, "relative", "anywhere"} and text and not text.startswith("/"):
                start, text = "anywhere", _HOLE + text  # "${path.module}-data/x.json"
            return Read(start or "relative", text), position + 1
        if character == "\\":
            return None, position
        if line.startswith(("${", "%{"), position) and not line.startswith(("$${", "%%{"), position - 1):
            end = _closing(line, position + 2)
            if end < 0:
                return None, position
            inner = line[position + 2 : end].strip("~ \t")
            if start is None and inner in _STARTS and character == "$":
                start = _STARTS[inner]  # type: ignore[assignment]
            else:
                start = start or "anywhere"
                text += _HOLE
            position = end + 1
            continue
        start = start or "relative"
        text += character
        position += 1
    return None, position


def _closing(line: str, position: int) -> int:
    """Where the brace that is open at ``position`` is closed, or -1; strings with templates of their own count."""
    depth = 1
    in_string = [False]
    while position < len(line):
        character = line[position]
        if in_string[-1]:
            if character == "\\":
                position += 1
            elif character == '"':
                in_string[-1] = False
            elif line.startswith(("${", "%{"), position):
                in_string.append(False)
                depth += 1
                position += 1
        elif character == '"':
            in_string[-1] = True
        elif character == "{":
            in_string.append(False)
            depth += 1
        elif character == "}":
            depth -= 1
            in_string.pop()
            if depth == 0:
                return position
        position += 1
    return -1


def can_mean(directory: str | None, text: str, path: str) -> bool:
    """True when ``text`` can mean ``path``, relative to ``directory`` (None: anywhere at all)."""
    loose = directory is None
    parts: list[str] = []
    for part in (text if directory in {None, "."} else f"{directory}/{text}").split("/"):
        if part in {"", "."}:
            continue
        if part != "..":
            parts.append(part)
        elif parts and _HOLE not in parts[-1]:
            parts.pop()
        elif parts:
            parts, loose = [], True  # an unknown part, and up again: from here on it is anywhere
        elif not loose:
            return False  # above the top of the tree
    if not loose:
        # No regular expression is made where the known beginning decides: thousands of modules may read such files.
        whole = "/".join(parts)
        known = whole.partition(_HOLE)[0]
        if known == whole or not path.startswith(known.rpartition("/")[0]):
            return path == whole
    body = "(?:.*/)?" if loose else ""
    for part in parts[:-1]:
        # A whole part that is unknown may be empty, or "."
        body += "(?:.*/)?" if part == _HOLE else _any(part) + "/"
    return re.fullmatch(body + _any(parts[-1] if parts else ""), path, re.DOTALL) is not None


def _any(part: str) -> str:
    return ".*".join(re.escape(p) for p in part.split(_HOLE))


class Readers:
    """Finds the directories that could read one of the changed files."""

    def __init__(self, changed: Iterable[str], calls: Calls, links: Links, tree: SourceTree) -> None:
        # A link to a changed file has changed with it.
        self._changed = [name for path in dict.fromkeys(changed) for name in links.names(path)]
        self._names = {split(p)[1] for p in self._changed}
        self._ancestors = {p: set(_ancestors(p)) for p in self._changed}
        self._calls = calls
        self._links = links
        self._tree = tree
        self._texts: dict[str, str] = {}
        self._lines: dict[str, tuple[Read | None, ...]] = {}
        self._reads: defaultdict[str, set[Read | None]] = defaultdict(set)

    def add(self, path: str, line: str) -> None:
        """A line that calls one of the functions."""
        if path.endswith(".json"):
            line = line.replace('\\"', '"')
        reads = self._lines.get(line)
        if reads is None:  # modules are copied from each other: the same lines come again and again
            reads = self._lines[line] = self._relevant(line)
        if reads:
            for name in (path, *self._links.files(path)):
                self._reads[split(name)[0]].update(reads)

    def _relevant(self, line: str) -> tuple[Read | None, ...]:
        """What a line reads; nothing when all of it has other names than the changed files."""
        plain = list(_PLAIN.finditer(line))
        complete = bool(plain) and len(plain) == len(_CALL.findall(line)) and "fileset" not in line
        if complete and not any(m[1].rpartition("/")[2] in self._names for m in plain):
            return ()  # the usual case in a large repository, decided at once
        return tuple(reads_in(line))

    def touched(self) -> Iterator[tuple[str, str]]:
        """(directory, changed file) for every directory whose configuration could read the file."""
        for directory, reads in self._reads.items():
            for read in reads:
                for path in self._changed:
                    if read is None:
                        yield from ((reader, path) for reader in self._anywhere(directory, path))
                    elif self._could_be(directory, read, path):
                        yield directory, path

    def _anywhere(self, directory: str, path: str) -> Iterable[str]:
        """Who must be evaluated when the module in ``directory`` reads something, and nobody sees what.

        The module (and so all who call it), when the file lies below it or somebody speaks of it; else only those
        callers that the file lies below.
        """
        everyone = self._calls.everyone(directory)
        if directory in self._ancestors[path] or self._mentioned(everyone, path, computed=True):
            return [directory]
        return sorted(self._ancestors[path] & everyone)

    def _could_be(self, directory: str, read: Read, path: str) -> bool:
        """True when the module in ``directory`` could read ``path`` by this call."""
        if not path.endswith(read.text.rpartition(_HOLE)[2].rpartition("/")[2]):
            return False
        if read.start in {"anywhere", "cwd"}:
            places: Iterable[str | None] = [None]
        elif read.start == "module":
            places = [directory]
        else:
            places = self._calls.everyone(directory)
        if any(can_mean(place, read.text, path) for place in places):
            return True
        return read.open and self._mentioned(self._calls.everyone(directory), path, computed=False)

    def _mentioned(self, everyone: Iterable[str], path: str, *, computed: bool) -> bool:
        """True when a module, or who calls it, has a text that a path to the file could be made of."""
        name = split(path)[1]
        suffix = name[name.rfind(".") :] if "." in name else name
        words = {name}
        for module in everyone:
            folders = _relative(module, path)[:-1]
            words.update(folders if computed else folders[:1])
        for module in everyone:
            text = self._text(module)
            if any(word in text for word in words) or (computed and suffix in text and ".." in text):
                return True
        return False

    def _text(self, directory: str) -> str:
        """All configuration and var files of a directory."""
        text = self._texts.get(directory)
        if text is None:
            prefix = "" if directory == "." else f"{directory}/"
            paths = config_files(self._tree, directory)
            paths += [prefix + n for n in self._tree.listdir(directory) if is_var_file(n)]
            self._tree.prefetch(paths)
            parts: list[str] = []
            for path in paths:
                with suppress(TreeError):  # whoever evaluates the module will say so
                    parts.append(self._tree.read(path).decode("utf-8", "surrogateescape"))
            text = self._texts[directory] = "\n".join(parts)
        return text


def _ancestors(path: str) -> Iterator[str]:
    while path != ".":
        path = split(path)[0]
        yield path


def _relative(directory: str, path: str) -> list[str]:
    """The parts of ``path`` behind what it has in common with ``directory``."""
    here = [] if directory == "." else directory.split("/")
    there = path.split("/")
    common = 0
    while common < min(len(here), len(there) - 1) and here[common] == there[common]:
        common += 1
    return there[common:]
