"""Reading files of a directory on disk without ever leaving it, and without waiting for anything.

Every component of a path is opened relative to the one before and never through a link, so that not even a file that
is replaced meanwhile leads out. FIFOs, devices and sockets are never read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from tfratchet.sources.entries import DIRECTORY, FILE, LINK, SPECIAL, Entry
from tfratchet.sources.process import decode, encode
from tfratchet.sources.tree import TreeError

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # opening a FIFO returns at once, to be refused
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def mode_of(status: os.stat_result) -> int:
    """A file's mode as git would write it."""
    if stat.S_ISREG(status.st_mode):
        return 0o100755 if status.st_mode & 0o100 else FILE
    if stat.S_ISDIR(status.st_mode):
        return DIRECTORY
    return LINK if stat.S_ISLNK(status.st_mode) else SPECIAL


class Disk:
    """A directory on disk. Paths are relative to it, with '/'; no method follows a link."""

    def __init__(self, root: str) -> None:
        self.root = root

    @contextmanager
    def _parent(self, path: str) -> Iterator[tuple[int, bytes]]:
        """An open directory and the name in it. Raises OSError."""
        *folders, name = encode(path).split(b"/")
        if any(part in {b"", b".", b".."} for part in (*folders, name)):
            raise FileNotFoundError(path)
        descriptor = os.open(self.root, os.O_RDONLY | _DIRECTORY | _CLOEXEC)
        try:
            for folder in folders:
                inner = os.open(folder, os.O_RDONLY | _DIRECTORY | _NOFOLLOW | _CLOEXEC, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor, name
        finally:
            os.close(descriptor)

    def entry(self, path: str) -> Entry | None:
        """The entry at ``path``, or None when there is nothing (or a component before it is a link).

        Raises TreeError when it lies in a folder that must not be read.
        """
        try:
            with self._parent(path) as (folder, name):
                return Entry(mode_of(os.stat(name, dir_fd=folder, follow_symlinks=False)))
        except PermissionError as error:  # there, and not to be seen: not the same as nothing
            raise TreeError(f"{path} cannot be read: {error.strerror}", "source") from error
        except OSError:
            return None

    def list(self, path: str) -> dict[str, Entry]:
        """The entries of a directory by name; ``.git`` is none of them. Empty when there is no such directory.

        Raises TreeError when there is one that must not be read.
        """
        found: dict[str, Entry] = {}
        try:
            if path == ".":
                descriptor = os.open(self.root, os.O_RDONLY | _DIRECTORY | _CLOEXEC)
            else:
                with self._parent(path) as (folder, name):
                    descriptor = os.open(name, os.O_RDONLY | _DIRECTORY | _NOFOLLOW | _CLOEXEC, dir_fd=folder)
        except PermissionError as error:  # not the same as empty: what is in it would look as if it were gone
            raise TreeError(f"{path}: the folder cannot be read: {error.strerror}", "source") from error
        except OSError:
            return found
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    # A directory that is read by its descriptor gives names as str in the file system's encoding.
                    name_text = decode(os.fsencode(entry.name))
                    if name_text == ".git":
                        continue
                    try:
                        found[name_text] = Entry(mode_of(entry.stat(follow_symlinks=False)))
                    except FileNotFoundError:  # removed while we look
                        continue
        except PermissionError as error:
            raise TreeError(f"{path}: the folder cannot be read: {error.strerror}", "source") from error
        finally:
            os.close(descriptor)
        return found

    def target(self, path: str) -> str:
        """Where the link at ``path`` leads. Raises TreeError."""
        try:
            with self._parent(path) as (folder, name):
                return decode(os.readlink(name, dir_fd=folder))
        except OSError as error:
            raise TreeError(f"{path}: {error.strerror}", "missing") from error

    def read(self, path: str, limit: int) -> bytes:
        """The content of the regular file at ``path``. Raises TreeError; never reads more than ``limit`` bytes."""
        try:
            with self._parent(path) as (folder, name):
                descriptor = os.open(name, os.O_RDONLY | _NOFOLLOW | _NONBLOCK | _CLOEXEC, dir_fd=folder)
            with open(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise TreeError(f"{path} is no regular file", "source")
                # The size first; reading is bounded all the same, as some files claim to be empty.
                content = file.read(limit + 1) if status.st_size <= limit else b""
        except PermissionError as error:
            raise TreeError(f"{path} cannot be read: {error.strerror}", "source") from error
        except OSError as error:
            raise TreeError(f"{path}: {error.strerror}", "missing") from error
        if status.st_size > limit or len(content) > limit:
            raise too_large(path, max(status.st_size, len(content)), limit)
        return content


def too_large(path: str, size: int, limit: int) -> TreeError:
    """The error for a file above the limit."""
    return TreeError(f"{path} is too large: {size:,} bytes, the limit is {limit:,}", "limit")
