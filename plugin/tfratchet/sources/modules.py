"""Which directories are modules, which of them call which, and which look like root modules."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tfratchet.sources.entries import join
from tfratchet.sources.tree import SourceTree, TreeError

SUFFIXES = (".tf", ".tf.json")

# A local source (Terraform: one that starts with "./" or "../") stands on the line of its name, in .tf and .tf.json.
CALL = r'source"?[[:space:]]*[=:][[:space:]]*"\.\.?/'
_SOURCE = re.compile(r'source"?\s*[=:]\s*"(\.\.?/[^"]*)"')

# Folders that show or try a module. Their calls are no use of it.
_EXAMPLES = frozenset({"example", "examples", "test", "tests", "fixtures"})

_UP = frozenset({".", ".."})
_MAX_LINKS = 40
_MAX_ALIASES = 1000


def split(path: str) -> tuple[str, str]:
    """The directory (``.`` for the top) and the name of a path."""
    directory, _, name = path.rpartition("/")
    return directory or ".", name


def is_config(path: str) -> bool:
    """True for a file that Terraform reads as configuration (hidden files and backups of editors are ignored)."""
    name = split(path)[1]
    return name.endswith(SUFFIXES) and not name.startswith((".", "#"))


def is_var_file(path: str) -> bool:
    """True for a file with values of variables."""
    return path.endswith((".tfvars", ".tfvars.json"))


def is_auto_var_file(path: str) -> bool:
    """True for a var file that Terraform loads by itself."""
    name = split(path)[1]
    return name in {"terraform.tfvars", "terraform.tfvars.json"} or name.endswith((".auto.tfvars", ".auto.tfvars.json"))


def config_files(tree: SourceTree, directory: str) -> list[str]:
    """Paths of the configuration files of one directory."""
    prefix = "" if directory == "." else f"{directory}/"
    return [prefix + n for n in tree.listdir(directory) if is_config(n)]


class Links:
    """Directories and files that have more than one path in a tree, because of links."""

    def __init__(self, targets: Mapping[str, str]) -> None:
        """``targets``: every link with its target as written."""
        self._targets = targets
        self._names: defaultdict[str, list[str]] = defaultdict(list)
        for link in targets:
            real = self.real(link)
            if real is not None and real != link:
                self._names[real].append(link)

    def real(self, path: str) -> str | None:
        """``path`` with every link in it followed; None when that leads out of the tree or in a circle."""
        if not self._targets:
            return path
        for _ in range(_MAX_LINKS):
            position = -1
            while True:
                position = path.find("/", position + 1)
                prefix = path if position < 0 else path[:position]
                if prefix in self._targets:
                    target = join(split(prefix)[0], self._targets[prefix])
                    if target is None:
                        return None
                    path = target if position < 0 else posixpath.normpath(target + path[position:])
                    break
                if position < 0:
                    return path
        return None

    def files(self, path: str) -> Sequence[str]:
        """The links that lead to this very file."""
        return self._names.get(path, ())

    def names(self, path: str) -> list[str]:
        """Every path of the file or directory at the real ``path``, itself first."""
        found = [path]
        if not self._names:
            return found
        for name in found:  # grows while we go: a link may lead through another one
            position = len(name)
            while position >= 0:
                for link in self._names.get(name[:position], ()):
                    other = link + name[position:]
                    if other not in found and len(found) < _MAX_ALIASES:
                        found.append(other)
                position = name.rfind("/", 0, position)
        return found


class Calls:
    """Who calls whom, in base and head together: what only one of them calls is a call all the same."""

    def __init__(self, links: Links) -> None:
        self._links = links
        # By the last part of the source, so that only sources that can mean a module are resolved: there may be many.
        self._by_tail: defaultdict[str, list[tuple[str, str, SourceTree]]] = defaultdict(list)
        self._found: dict[str, tuple[str, ...]] = {}
        self._everyone: dict[str, set[str]] = {}

    def add(self, path: str, line: str, tree: SourceTree) -> None:
        """Every call in a line of a file."""
        for source in _SOURCE.findall(line):
            tail = source.rstrip("/").rpartition("/")[2]
            self._by_tail["" if tail in _UP else tail].append((path, source, tree))

    def callers(self, module: str) -> tuple[str, ...]:
        """The directories that call the module in this directory, itself left out."""
        found = self._found.get(module)
        if found is None:
            callers: dict[str, None] = {}
            for tail in {"", *(split(name)[1] for name in self._links.names(module))}:
                for path, source, tree in self._by_tail.get(tail, ()):
                    for directory in self._directories(path):
                        if directory in callers or directory == module:
                            continue
                        called = join(directory, source)
                        if called is not None and self._links.real(called) == module and _is_call(tree, path, source):
                            callers[directory] = None
            found = self._found[module] = tuple(callers)
        return found

    def everyone(self, module: str) -> set[str]:
        """The module and all that reach it, over any number of calls."""
        found = self._everyone.get(module)
        if found is None:
            found = {module}
            pending = [module]
            while pending:
                for caller in self.callers(pending.pop()):
                    if caller not in found:
                        found.add(caller)
                        pending.append(caller)
            self._everyone[module] = found
        return found

    def called(self) -> Iterator[tuple[str, str]]:
        """(caller, called directory as written) of every call; for what looks at all of them."""
        for entries in self._by_tail.values():
            for path, source, _ in entries:
                for directory in self._directories(path):
                    called = join(directory, source)
                    if called is not None:
                        yield directory, called

    def _directories(self, path: str) -> list[str]:
        """The directory of a file, and those that have it by a link."""
        return [split(name)[0] for name in (path, *self._links.files(path))]


_COMMENT = re.compile(r"\s*(?:#|//)")


def _is_call(tree: SourceTree, path: str, source: str) -> bool:
    """False when the line with this source is a comment, or part of a text."""
    try:
        content = tree.read(path)
    except TreeError:
        return True  # whoever evaluates the file will say why
    if b"/*" not in content and b"<<" not in content:
        lines = content.decode("utf-8", "replace").split("\n")
        return any(source in line and not _COMMENT.match(line) for line in lines)
    from tfratchet.hcl.syntax import parse_file

    for block in parse_file(path, content).body.of_type("module"):
        attribute = block.body.attributes.get("source")
        if attribute is not None and source in attribute.file.text(attribute.node):
            return True
    return False


def _example_folders(path: str) -> Iterator[str]:
    position = -1
    while True:
        position = path.find("/", position + 1)
        prefix = path if position < 0 else path[:position]
        if split(prefix)[1] in _EXAMPLES:
            yield prefix
        if position < 0:
            return


def is_example_of(caller: str, module: str) -> bool:
    """True when the caller is in a folder of examples or tests, and the module is not."""
    return any(module != folder and not module.startswith(f"{folder}/") for folder in _example_folders(caller))


def beside(caller: str, others: Iterable[str]) -> bool:
    """True when another caller has the same path but for the folder that is called like an example: an environment.

    ``envs/test`` beside ``envs/prod`` is no test of anything.
    """
    parts = caller.split("/")
    for other in others:
        other_parts = other.split("/")
        if len(other_parts) == len(parts):
            differing = [(a, b) for a, b in zip(parts, other_parts, strict=True) if a != b]
            if len(differing) == 1 and differing[0][0] in _EXAMPLES and differing[0][1] not in _EXAMPLES:
                return True
    return False


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells a root module from a library."""

    backend: bool = False
    """A ``backend`` or ``cloud`` block."""
    var_file: bool = False
    """A var file that Terraform loads by itself."""
    lock_file: bool = False
    provider: bool = False
    variables: frozenset[str] = frozenset()
    """The variables that it declares."""

    @property
    def root(self) -> bool:
        """True when it is run by itself, though something calls it."""
        return self.backend or self.var_file or self.lock_file

    @property
    def library(self) -> bool:
        """True when it looks as if it is made to be called."""
        return bool(self.variables) and not (self.root or self.provider)


def marks(tree: SourceTree, directory: str) -> Marks:
    """The marks of the module in a directory; what cannot be read of it has none."""
    from tfratchet.hcl.syntax import parse_file

    names = tree.listdir(directory)
    backend = provider = False
    variables: set[str] = set()
    for path in config_files(tree, directory):
        try:
            content = tree.read(path)
        except TreeError:
            continue
        if not any(word in content for word in (b"terraform", b"provider", b"variable")):
            continue
        for block in parse_file(path, content).body.blocks:
            if block.type == "terraform":
                inner = {b.type for b in block.body.blocks} | set(block.body.attributes)
                backend = backend or not inner.isdisjoint({"backend", "cloud"})
            elif block.type == "provider":
                provider = True
            elif block.type == "variable" and block.labels:
                variables.add(block.labels[0])
    return Marks(
        backend=backend,
        var_file=any(is_auto_var_file(n) for n in names),
        lock_file=".terraform.lock.hcl" in names,
        provider=provider,
        variables=frozenset(variables),
    )
