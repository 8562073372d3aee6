"""What differs between two trees, file by file."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tfratchet.sources.process import decode
from tfratchet.sources.tree import TreeError


@dataclass(frozen=True, slots=True)
class Change:
    """One file that differs. ``old`` is its path in base, ``new`` its path in head; one of them may be None."""

    status: str
    """``A`` added, ``M`` modified (or its mode), ``D`` deleted, ``R`` renamed, ``T`` another kind of file."""
    old: str | None
    new: str | None
    similarity: int = 0
    """Of a rename, in percent."""
    old_mode: int = 0
    new_mode: int = 0
    old_id: str | None = None
    new_id: str | None = None
    """Object ids where there are any: None on the side of the working tree or of a folder."""


def parse_raw(output: bytes) -> list[Change]:
    """The output of ``git diff --raw -z`` with full ids. A path in conflict comes as ``M`` without a new id."""
    fields = output.split(b"\0")
    found: dict[tuple[str | None, str | None], Change] = {}
    position = 0
    while position < len(fields) - 1:
        old_mode, new_mode, old_id, new_id, status = fields[position].lstrip(b":").split(b" ")
        first = decode(fields[position + 1])
        position += 2
        kind = chr(status[0])
        old: str | None = first
        new: str | None = first
        if kind in "RC":
            new = decode(fields[position])
            position += 1
        if kind in "AC":
            old = None
        elif kind == "D":
            new = None
        change = Change(
            {"C": "A", "U": "M", "X": "M"}.get(kind, kind),
            old,
            new,
            int(status[1:]) if kind == "R" else 0,
            int(old_mode, 8),
            int(new_mode, 8) or (0o100644 if kind == "U" else 0),
            _id(old_id),
            _id(new_id),
        )
        # A path in conflict comes twice in a comparison with the working tree; the line with content says more.
        if kind != "U" or (old, new) not in found:
            found[old, new] = change
    return list(found.values())


def _id(raw: bytes) -> str | None:
    return raw.decode() if raw.strip(b"0") else None


@dataclass(frozen=True, slots=True)
class Side:
    """One file that may be half of a rename: a digest of its content, and the content when it is needed."""

    digest: str
    read: Callable[[], bytes]


# Comparing every file with every other is quadratic.
_MATRIX = 10_000


def pair_renames(gone: Mapping[str, Side], come: Mapping[str, Side]) -> list[tuple[str, str, int]]:
    """(old path, new path, similarity in percent): first files with the same content, then those at least half alike.

    The measure is git's: bytes in common lines, of the larger file. With very many files only those of the same name
    are compared.
    """
    pairs: list[tuple[str, str, int]] = []
    by_digest: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(come, reverse=True):
        by_digest[come[path].digest].append(path)
    for old in sorted(gone):
        same = by_digest.get(gone[old].digest)
        if same:
            # The same file name first: modules often share whole files (versions.tf).
            new = next((p for p in reversed(same) if _name(p) == _name(old)), same[-1])
            same.remove(new)
            pairs.append((old, new, 100))
    used_old, used_new = {p[0] for p in pairs}, {p[1] for p in pairs}
    left = {p: _lines(gone[p]) for p in gone if p not in used_old}
    right = {p: _lines(come[p]) for p in come if p not in used_new}
    scores: list[tuple[int, bool, str, str]] = []
    for old, new in _candidates(left, right):
        score = _similarity(left[old], right[new])
        if score >= 50:
            scores.append((-score, _name(old) != _name(new), old, new))
    for score, _, old, new in sorted(scores):
        if old not in used_old and new not in used_new:
            used_old.add(old)
            used_new.add(new)
            pairs.append((old, new, -score))
    return pairs


def _candidates(left: Iterable[str], right: Collection[str]) -> Iterator[tuple[str, str]]:
    old = list(left)
    if len(old) * len(right) <= _MATRIX:
        yield from itertools.product(old, right)
        return
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for path in right:
        by_name[_name(path)].append(path)
    for path in old:
        # main.tf is everywhere: of very many files with one name only the first ones are tried.
        yield from ((path, other) for other in by_name[_name(path)][:20])


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _lines(side: Side) -> Counter[bytes]:
    try:
        return Counter(side.read().splitlines(keepends=True))
    except TreeError:  # a file that cannot be read is like no other
        return Counter()


def _similarity(old: Counter[bytes], new: Counter[bytes]) -> int:
    size = max(sum(len(k) * n for k, n in old.items()), sum(len(k) * n for k, n in new.items()))
    return sum(len(k) * n for k, n in (old & new).items()) * 100 // size if size else 0
