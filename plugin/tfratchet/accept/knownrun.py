"""How a command uses a file of known findings: find it, apply it to an outcome, write it.

A file that is part of what is compared is read from head, and its entries that base does not have are new: they are
told, and under ``new_ignores = "refuse"`` do not hold. A file from elsewhere is nobody's change: it holds as it is.
"""

from __future__ import annotations

import os
import posixpath
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from tfratchet.accept import known
from tfratchet.accept.known import BY, Baseline, Known
from tfratchet.accept.suppress import apply_suppressions
from tfratchet.errors import UserError
from tfratchet.model import Location, Problem
from tfratchet.report.finish import day_of

if TYPE_CHECKING:
    from tfratchet.pipeline import Outcome
    from tfratchet.sources.tree import Tree


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says about known findings, as typed."""

    baseline: str | None = None
    write_baseline: str | None = None
    reason: str | None = None
    owner: str | None = None
    expires: str | None = None

    def check(self) -> None:
        """Raises UserError for options that contradict each other."""
        if self.baseline and self.write_baseline:
            hint = "--write-baseline reads FILE too"
            raise UserError("--baseline and --write-baseline contradict each other", hint=hint)
        if not self.write_baseline:
            for option, value in (("--reason", self.reason), ("--owner", self.owner), ("--expires", self.expires)):
                if value is not None:
                    raise UserError("is for new entries of --write-baseline", where=option)


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared, for files of known findings that may be part of it."""

    base: Tree
    head: Tree
    top: str
    """The folder on disk that head's top is."""


@dataclass(frozen=True, slots=True)
class Write:
    """What ``--write-baseline`` and the options beside it say."""

    path: str
    reason: str | None = None
    owner: str | None = None
    expires: date | None = None


def acceptance(
    options: Options,
    configured_file: str | None,
    today: date,
    *,
    compared: Compared | None = None,
    refuse_new: bool = False,
    looked_at: Callable[[str], bool] | None = None,
) -> Callable[[Outcome], Outcome]:
    """What a command does with its outcome: accept, write, or nothing.

    The file is read at once, before anything is compared: ``--baseline``, else the one that the configuration names.
    Without ``compared`` a file is nobody's change. Raises UserError when a file of the command line is wrong.
    """
    options.check()
    if options.write_baseline:
        expires = day_of(options.expires, "--expires") if options.expires else None
        target = Write(options.write_baseline, options.reason, options.owner, expires)
        return lambda outcome: write(
            outcome, target, today, compared=compared, refuse_new=refuse_new, looked_at=looked_at
        )
    found: Baseline | Problem
    if options.baseline:
        path = within(compared.top, options.baseline) if compared else None
        found = from_trees(compared.base, compared.head, path) if compared and path else from_file(options.baseline)
    elif configured_file and compared:
        found = configured(compared.base, compared.head, configured_file)
    elif configured_file:
        found = from_file(configured_file)
    else:
        return lambda outcome: outcome
    return lambda outcome: accept(outcome, found, today, refuse_new=refuse_new, looked_at=looked_at)


def from_file(path: str) -> Baseline:
    """A file that is no part of what is compared. Raises UserError when it cannot be read or is wrong."""
    return Baseline(path, known.parse(known.read(path), path))


def from_trees(base: Tree, head: Tree, path: str) -> Baseline:
    """The file at ``path`` of both trees, as head has it. Raises UserError when head's cannot be read or is wrong.

    Base's may be missing or wrong (this change may be what puts it right): then every entry is new.
    """
    text = _text(head, path)
    if text is None:
        raise UserError(f"there is no such file of known findings in {head.label}", where=path)
    return _judged(base, path, text)


def _judged(base: Tree, path: str, text: str) -> Baseline:
    entries = known.parse(text, path)
    try:
        before = known.parse(_text(base, path) or "", path)
    except UserError:
        before = ()
    return Baseline(path, entries, frozenset(entries) - frozenset(before), inside=True)


def _text(tree: Tree, path: str) -> str | None:
    from tfratchet.sources.tree import TreeError

    try:
        return tree.read(path).decode()
    except TreeError as error:
        if error.kind == "missing":
            return None
        raise UserError(str(error), where=path) from None
    except UnicodeDecodeError:
        raise UserError("the known findings are not UTF-8", where=path) from None


def within(top: str, path: str) -> str | None:
    """``path`` of the command line relative to ``top`` with '/', or None when it lies elsewhere."""
    folder, name = os.path.split(os.path.abspath(path))
    relative = os.path.relpath(os.path.join(os.path.realpath(folder), name), os.path.realpath(top))
    relative = relative.replace(os.sep, "/")
    return None if relative == ".." or relative.startswith("../") or os.path.isabs(relative) else relative


def configured(base: Tree, head: Tree, path: str) -> Baseline | Problem:
    """The file that the configuration names, or what is to be told instead of it.

    Base's configuration counts. So a change may take the file away together with the setting: then nothing is accepted.
    """
    name = posixpath.normpath(path.replace("\\", "/"))
    try:
        if name.startswith(("/", "../")) or name == ".." or ":" in name.split("/")[0]:
            raise UserError("lies outside of what is compared", where=f"baseline = '{path}'")
        if _text(head, name) is None and _text(base, name) is not None:
            return Problem(BY, f"this change takes the known findings away: nothing in {name} holds any more")
        return from_trees(base, head, name)
    except UserError as error:
        where, _, line = error.where.rpartition(":")
        place = Location(where, int(line)) if line.isdigit() else None
        return Problem("config", error.message if place else str(error), place)


def accept(
    outcome: Outcome,
    baseline: Baseline | Problem,
    today: date,
    *,
    refuse_new: bool = False,
    looked_at: Callable[[str], bool] | None = None,
) -> Outcome:
    """``outcome`` with what ``baseline`` accepts marked, and notes: new, expired, lapsed and idle entries.

    A Problem in its place (what ``configured`` gives) is told: as an error when the file is wrong, else as a note.
    """
    result = outcome.result
    if isinstance(baseline, Problem):
        if baseline.kind == BY:
            return replace(outcome, result=replace(result, notes=[*result.notes, baseline]))
        return replace(outcome, result=replace(result, errors=[*result.errors, baseline]))
    findings, notes = apply_suppressions(result.findings, known.ignores(baseline), today, refuse_new=refuse_new)
    if outcome.statistics.roots and not result.errors:
        notes += known.lapsed(baseline, findings, looked_at)
    return replace(outcome, result=replace(result, findings=findings, notes=[*result.notes, *notes]))


def write(
    outcome: Outcome,
    options: Write,
    today: date,
    *,
    compared: Compared | None = None,
    refuse_new: bool = False,
    looked_at: Callable[[str], bool] | None = None,
) -> Outcome:
    """Bring the file up to the findings of ``outcome`` and give the outcome as the next run with it will.

    Nothing is written when something could not be compared. Raises UserError when the file there is wrong, when a
    reason or an owner is missing, or when it cannot be written.
    """
    result = outcome.result
    there = os.path.exists(options.path)
    entries = from_file(options.path).entries if there else ()
    if result.errors:
        note = Problem(BY, f"{options.path} is not written, since not everything could be compared")
        outcome = replace(outcome, result=replace(result, notes=[*result.notes, note]))
        return accept(outcome, Baseline(options.path, entries), today, refuse_new=refuse_new) if there else outcome
    merged = known.merge(
        entries,
        result.findings,
        reason=options.reason,
        owner=options.owner,
        expires=options.expires,
        looked_at=looked_at,
    )
    text = known.render(merged.entries)
    replace_file(options.path, text)
    notes = [Problem(BY, f"known finding dropped, nothing matches it any more: {_told(e)}") for e in merged.dropped]
    count = f"{len(merged.entries)} known finding{'' if len(merged.entries) == 1 else 's'}"
    notes.append(Problem(BY, f"{options.path} is written: {count}, {len(merged.added)} of them new"))
    outcome = replace(outcome, result=replace(result, notes=[*result.notes, *notes]))
    name = within(compared.top, options.path) if compared else None
    if compared and name:
        written = _judged(compared.base, name, text)
    else:
        written = Baseline(options.path, known.parse(text, options.path))
    return accept(outcome, written, today, refuse_new=refuse_new, looked_at=looked_at)


def _told(entry: Known) -> str:
    return f"{entry} ({entry.message}; reason: {entry.reason})"


def replace_file(path: str, text: str) -> None:
    """Write ``text`` so that at every moment there is either the old file or the new one. Raises UserError."""
    target = os.path.realpath(path)  # through a link, into the file that it names
    try:
        mode = os.stat(target).st_mode & 0o777 if os.path.exists(target) else 0o666 & ~_umask()
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target) or ".", prefix=f".{os.path.basename(target)}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, mode)
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise UserError(f"cannot write the known findings: {error.strerror}", where=path) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
