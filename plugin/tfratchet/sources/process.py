"""Running the ``git`` program safely: nothing of the analysed repository is executed, nothing is written to it."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO, Generic, TypeVar

Result = TypeVar("Result")

# Where a repository is must come from the path that is analysed, not from the hook that runs us; how git shows things
# must not depend on the caller. GIT_TRACE* would mix with the error texts. All of these are taken out.
_DROPPED = frozenset(
    {
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
        "GIT_LITERAL_PATHSPECS",
        "GIT_GLOB_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_ICASE_PATHSPECS",
        "GIT_EXTERNAL_DIFF",
        "GIT_DIFF_OPTS",
        "GIT_ATTR_SOURCE",
    }
)
LOCATION = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")

_FORCED = {
    "GIT_OPTIONAL_LOCKS": "0",  # no refreshed index is written back
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone fetches nothing (git 2.44) ...
    "GIT_ALLOW_PROTOCOL": "none",  # ... and for older versions: no transport may run at all
    "GIT_NO_REPLACE_OBJECTS": "1",  # what is compared is what will be merged
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
    "LANGUAGE": "C",
}

_OPTIONS = (
    "--no-pager",
    "-c",
    "core.fsmonitor=false",  # a program named by the repository's configuration
    "-c",
    f"core.hooksPath={os.devnull}",
    "-c",
    "core.quotePath=false",
)

OUTPUT_LIMIT = 256 * 1024 * 1024
"""Bytes that one git command may print; more is an error (a hostile line of a hundred megabytes must not be copied)."""

# Trees and commits are no files of the user; only a broken or hostile repository has larger ones.
_OBJECT_LIMIT = 64 * 1024 * 1024


class GitError(Exception):
    """git cannot give what was asked for; the message is for the user."""


def environment() -> dict[str, str]:
    """The environment of every git process."""
    kept = {k: v for k, v in os.environ.items() if k not in _DROPPED and not k.startswith("GIT_TRACE")}
    return kept | _FORCED


def decode(raw: bytes) -> str:
    """A file name or text of git as str; bytes that are no UTF-8 survive the round trip."""
    return raw.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The opposite of ``decode``."""
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True)
class Git:
    """How to call git for one repository."""

    directory: str
    """Where git is started."""
    environment: Mapping[str, str]
    options: tuple[str, ...] = ()

    def _popen(self, arguments: Sequence[str], stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        return popen((*self.options, *arguments), self.directory, self.environment, stdin)

    def start(self, *arguments: str) -> Job[bytes]:
        """Start git; its output is collected in the background."""
        return Job(self._popen(arguments), arguments, read_all)

    def records(self, *arguments: str, limit: int) -> list[tuple[str, str]]:
        """Run ``git grep -z`` and return its (path, line) pairs; see ``read_records``."""
        return Job(self._popen(arguments), arguments, partial(read_records, limit=limit)).output((0, 1))

    def run(self, *arguments: str, accept: tuple[int, ...] = (0,)) -> bytes:
        """Run git and return what it printed. Raises GitError when its exit code is not in ``accept``."""
        return self.start(*arguments).output(accept)

    def open_objects(self) -> subprocess.Popen[bytes]:
        """A ``cat-file --batch`` process."""
        return self._popen(("cat-file", "--batch"), subprocess.PIPE)


def popen(
    arguments: Sequence[str], directory: str, env: Mapping[str, str], stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start git with safe options. Raises GitError when there is no git, or no such directory."""
    try:
        return subprocess.Popen(
            ["git", *_OPTIONS, *arguments],
            cwd=directory,
            env=dict(env),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if stdin == subprocess.PIPE else subprocess.PIPE,
        )
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        if not os.path.isdir(directory):
            raise GitError(f"{directory}: no such directory") from error
        raise GitError(f"the git program cannot be started ({error}); tfratchet needs git 2.31 or newer") from error


class Job(Generic[Result]):
    """A git command under way. ``read`` turns its output into the result, while it is still coming."""

    def __init__(
        self, process: subprocess.Popen[bytes], arguments: Sequence[str], read: Callable[[IO[bytes]], Result]
    ) -> None:
        self._process = process
        self._name = arguments[0]
        self._read = read
        self._result: list[Result] = []
        self._err = b""
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self) -> None:
        out, err = self._process.stdout, self._process.stderr
        if out is None or err is None:
            raise AssertionError("git runs without pipes")
        errors: list[bytes] = []
        # Errors are read beside the output: a full pipe of either would stop git for ever.
        side = threading.Thread(target=lambda pipe: errors.append(pipe.read()), args=(err,), daemon=True)
        side.start()
        try:
            self._result.append(self._read(out))
        except GitError as error:
            errors.append(encode(f"git {self._name} {error}"))
        finally:
            if self._process.poll() is None and not self._result:
                self._process.kill()
            side.join()
            out.close()
            err.close()
            self._process.wait()
        self._err = b"".join(errors)

    def output(self, accept: tuple[int, ...] = (0,)) -> Result:
        """Wait for the end and return the result. Raises GitError when the exit code is not in ``accept``."""
        self._thread.join()
        if self._process.returncode not in accept or not self._result:
            raise GitError(self.failure())
        return self._result[0]

    def failure(self) -> str:
        """What git said, for the user."""
        text = decode(self._err).strip()
        text = text.rpartition("fatal: ")[2]  # warnings before it are left out
        if "promisor remote" in text:
            text += " (this is a partial clone, and nothing is downloaded: `git fetch --refetch` gets everything)"
        return text or f"git {self._name} failed (exit code {self._process.returncode})"


def read_all(pipe: IO[bytes]) -> bytes:
    """The whole output, up to the limit."""
    output = pipe.read(OUTPUT_LIMIT + 1)
    if len(output) > OUTPUT_LIMIT:
        raise GitError(f"printed more than {OUTPUT_LIMIT // 1024 // 1024} MiB")
    return output


_RECORD = re.compile(rb"([^\0]+)\0([^\n]*)\n")
_CHUNK = 1024 * 1024


def read_records(pipe: IO[bytes], limit: int) -> list[tuple[str, str]]:
    """The output of ``git grep -z``: (path, line). Of one file at most ``limit`` bytes are kept: a file with more
    matching lines is larger than what is ever read, and must not cost the memory that it would like to.
    """
    buffer = pipe.read(limit + 1)
    if len(buffer) <= limit:
        return re.findall(r"([^\0]+)\0([^\n]*)\n", decode(buffer))
    found: list[tuple[str, str]] = []
    current, size = b"", 0
    while buffer:
        position = 0
        while match := _RECORD.match(buffer, position):
            path, line = match.groups()
            current, size = path, len(line) + (size if path == current else 0)
            if size <= limit:
                found.append((decode(path), decode(line)))
            position = match.end()
        buffer = buffer[position:]
        if len(buffer) > limit:
            size = limit + 1  # a line without end
            current, _, _ = buffer.partition(b"\0")
            while buffer and b"\n" not in buffer:
                buffer = pipe.read(_CHUNK)
            buffer = current + b"\0" + buffer[buffer.find(b"\n") :]
        more = pipe.read(_CHUNK)
        if not more:
            break
        buffer += more
    return found


@dataclass(frozen=True)
class Object:
    """An object of git. ``content`` is None when it is larger than the limit that was given."""

    id: str
    type: str
    size: int
    content: bytes | None


class Objects:
    """Reads objects through one ``git cat-file --batch`` process, started when the first one is asked for.

    What was read once is kept while it is small: base and head share most of their files.
    """

    _GROUP = 64  # so many questions are asked at once: their text always fits into a pipe, so nobody waits for anybody
    _KEEP_EACH = 256 * 1024
    _KEEP_ALL = 64 * 1024 * 1024

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._stop: weakref.finalize[..., Objects] | None = None
        self._kept: dict[str, Object] = {}
        self._size = 0

    def close(self) -> None:
        """End the process; a later question starts a new one."""
        if self._stop is not None:
            self._stop()
        self._process = self._stop = None

    def get(self, name: str, limit: int) -> Object | None:
        """The object called ``name`` (an id, or a revision); None when there is none. GitError when git gives up."""
        found = self._kept.get(name)
        if found is None:
            self._ask([name])
            found = self._answer(name, limit)
        if found is not None and found.content is not None and found.type == "blob" and found.size > limit:
            return Object(found.id, found.type, found.size, None)
        return found

    def prefetch(self, ids: Iterable[str], limit: int) -> None:
        """Read many objects with few round trips; they are kept as far as there is room."""
        wanted = [i for i in dict.fromkeys(ids) if i not in self._kept]
        while wanted and self._size < self._KEEP_ALL:
            group, wanted = wanted[: self._GROUP], wanted[self._GROUP :]
            self._ask(group)
            for index, name in enumerate(group):
                process = self._process
                try:
                    self._answer(name, limit)
                except GitError:
                    process = None  # who really reads this object will be told
                if self._process is not process:  # stopped (too large, or absent): the rest has to be asked again
                    self.close()
                    wanted = group[index + 1 :] + wanted
                    break

    def _ask(self, names: Sequence[str]) -> None:
        if self._process is None:
            self._process = self._git.open_objects()
            self._stop = weakref.finalize(self, _end, self._process)
        pipe = self._process.stdin
        if pipe is None:
            raise AssertionError("git runs without a pipe")
        try:
            pipe.write(encode("".join(f"{n}\n" for n in names)))
            pipe.flush()
        except BrokenPipeError as error:
            self.close()
            raise GitError("git cat-file ended unexpectedly") from error

    def _answer(self, name: str, limit: int) -> Object | None:
        pipe = self._process.stdout if self._process else None
        if pipe is None:
            raise AssertionError("nothing was asked for")
        header = pipe.readline()
        fields = header.split()
        if not header.endswith(b"\n"):
            self.close()
            raise GitError(f"git cat-file ended unexpectedly at {name}")
        if header.endswith((b" missing\n", b" ambiguous\n")) or len(fields) != 3 or not fields[2].isdigit():
            return None
        found = Object(decode(fields[0]), decode(fields[1]), int(fields[2]), None)
        if found.size > (limit if found.type == "blob" else _OBJECT_LIMIT):
            self.close()  # the content is never read; reading on would mean to read all of it
            return found
        content = pipe.read(found.size)
        pipe.read(1)
        found = Object(found.id, found.type, found.size, content)
        if found.size <= self._KEEP_EACH and self._size < self._KEEP_ALL and name == found.id:
            self._kept[name] = found
            self._size += found.size
        return found


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe:
            try:
                pipe.close()
            except BrokenPipeError:
                continue  # git is gone already, and there was nothing more to say to it
    process.kill()
    process.wait()
