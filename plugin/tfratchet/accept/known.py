"""Known findings: a JSON file of findings that are accepted, one by one, each with a reason and an owner.

An entry holds for exactly one loss: the fingerprint is made of everything that is written beside it, and is checked on
reading. So nobody can put the fingerprint of a bad loss beside the words of a harmless one, and an entry for one user,
policy or folder never covers another. When the change it excused becomes another one, it lapses.

Pure functions, but for ``read``. How a command uses them is in ``knownrun``.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tfratchet.accept import jsonplace
from tfratchet.accept.suppress import Ignore
from tfratchet.errors import UserError
from tfratchet.model import Finding, Location, Problem, fingerprint

VERSION = 1
BY = "baseline"
_ABOUT = "Findings of tfratchet that are accepted; written by tfratchet --write-baseline. Edit reason, owner, expires."
_UNSAFE = re.compile(r"[^\x20-\x7e\n]")


@dataclass(frozen=True, slots=True)
class Known:
    """One accepted finding. Equal entries say the same, wherever they stand."""

    rule: str
    root: str
    variant: str | None
    address: str
    message: str
    before: str | None
    after: str | None
    details: str
    """``Finding.digest``: what the words leave out."""
    reason: str
    owner: str
    expires: date | None = None
    location: Location | None = field(default=None, compare=False)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the findings that this accepts."""
        return fingerprint(
            rule=self.rule,
            root=self.root,
            variant=self.variant,
            address=self.address,
            message=self.message,
            base=self.before,
            head=self.after,
            digest=self.details,
        )

    def __str__(self) -> str:
        where = f" in {self.root}" if self.root != "." else ""
        return f"{self.rule} at {self.address or self.root}{where if self.address else ''}"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The file of known findings that is in force."""

    file: str
    entries: tuple[Known, ...] = ()
    new: frozenset[Known] = frozenset()
    """The entries that the change itself brings."""
    inside: bool = False
    """True when the file is part of what is compared: its places are places in head."""


def known(finding: Finding, reason: str, owner: str, expires: date | None) -> Known:
    """The entry that accepts ``finding``."""
    return Known(
        rule=finding.rule,
        root=finding.root,
        variant=finding.variant,
        address=finding.address,
        message=finding.message,
        before=finding.base.value if finding.base else None,
        after=finding.head.value if finding.head else None,
        details=finding.digest,
        reason=reason,
        owner=owner,
        expires=expires,
    )


# -- applying


def ignores(baseline: Baseline) -> list[Ignore]:
    """The entries as acceptances, for ``suppress.apply_suppressions``."""
    return [
        Ignore(
            rules=(entry.rule,),
            reason=f"{entry.reason} (owner: {entry.owner})",
            expires=entry.expires,
            by=BY,
            where=str(entry.location) if entry.location else baseline.file,
            address=entry.address,
            root=entry.root,
            fingerprint=entry.fingerprint,
            new=entry in baseline.new,
            location=entry.location if baseline.inside else None,
        )
        for entry in baseline.entries
    ]


def lapsed(
    baseline: Baseline, findings: Sequence[Finding], looked_at: Callable[[str], bool] | None = None
) -> list[Problem]:
    """What a reader should know about entries that match none of ``findings`` (of a run without errors).

    One whose place has another finding now is told by itself; the others are counted. New ones are left out: that a new
    entry matches nothing is told by ``apply_suppressions``. So are those of root modules that were not ``looked_at``.
    """
    there = {f.fingerprint for f in findings}
    places: dict[tuple[str, str, str | None, str], list[Finding]] = {}
    for finding in findings:
        if finding.suppressed is None:
            places.setdefault((finding.rule, finding.root, finding.variant, finding.address), []).append(finding)
    notes, idle = [], []
    for entry in baseline.entries:
        if entry.fingerprint in there or entry in baseline.new or (looked_at and not looked_at(entry.root)):
            continue
        other = places.get((entry.rule, entry.root, entry.variant, entry.address))
        if other:
            text = (
                f"the known finding {entry} does not hold: it accepted {_change(entry.before, entry.after)} "
                f"({entry.message}), and this is {_values(other[0])}"
            )
            notes.append(Problem(BY, text, entry.location if baseline.inside else None))
        else:
            idle.append(entry)
    if idle:
        shown = [str(e) for e in idle[:5]] + ([f"{len(idle) - 5} more"] if len(idle) > 5 else [])
        which = f"{len(idle)} known finding{'' if len(idle) == 1 else 's'} of {baseline.file}"
        notes.append(Problem(BY, f"{which} matched nothing in this run: {', '.join(shown)}"))
    return notes


def _values(finding: Finding) -> str:
    change = _change(finding.base.value if finding.base else None, finding.head.value if finding.head else None)
    return f"{change} ({finding.message})"


def _change(before: str | None, after: str | None) -> str:
    return f"{'not there' if before is None else before} → {'gone' if after is None else after}"


# -- writing


@dataclass(frozen=True, slots=True)
class Merged:
    """The entries to write."""

    entries: tuple[Known, ...]
    added: tuple[Known, ...]
    dropped: tuple[Known, ...]


def merge(
    entries: Iterable[Known],
    findings: Sequence[Finding],
    *,
    reason: str | None,
    owner: str | None,
    expires: date | None,
    looked_at: Callable[[str], bool] | None = None,
) -> Merged:
    """``entries`` brought up to ``findings``: what still matches stays as it is, what matches nothing goes.

    Findings that nothing accepts yet (``suppressed`` is None) come in with ``reason``, ``owner``, ``expires``. Entries
    of root modules that were not ``looked_at`` stay. Raises UserError when something is new and reason or owner is
    missing.
    """
    there = {f.fingerprint for f in findings}
    old = {e.fingerprint: e for e in entries}
    kept = {print_: e for print_, e in old.items() if print_ in there or (looked_at and not looked_at(e.root))}
    fresh = {f.fingerprint: f for f in findings if f.suppressed is None and f.fingerprint not in kept}
    for name, value in (("--reason", reason), ("--owner", owner)):
        if fresh and not (value or "").strip():
            count = f"{len(fresh)} new finding{'' if len(fresh) == 1 else 's'}"
            raise UserError(f"{count} cannot be accepted without {name}", where="--write-baseline")
    added = {p: known(f, (reason or "").strip(), (owner or "").strip(), expires) for p, f in fresh.items()}
    dropped = [entry for print_, entry in old.items() if print_ not in kept]
    return Merged(_sorted({**kept, **added}.values()), _sorted(added.values()), _sorted(dropped))


def _sorted(entries: Iterable[Known]) -> tuple[Known, ...]:
    return tuple(sorted(entries, key=lambda e: (e.root, e.rule, e.address, e.variant or "", e.fingerprint)))


def render(entries: Iterable[Known]) -> str:
    """The file. The same entries give the same text; characters that could deceive a reader are written as escapes."""
    items = []
    for entry in _sorted(entries):
        item: dict[str, str | None] = {"fingerprint": entry.fingerprint, "rule": entry.rule, "root": entry.root}
        item |= {"variant": entry.variant} if entry.variant else {}
        item |= {
            "address": entry.address,
            "message": entry.message,
            "before": entry.before,
            "after": entry.after,
        }
        item |= {"details": entry.details} if entry.details else {}
        item |= {"reason": entry.reason, "owner": entry.owner}
        item |= {"expires": entry.expires.isoformat()} if entry.expires else {}
        items.append(item)
    text = json.dumps({"about": _ABOUT, "version": VERSION, "findings": items}, indent=2, ensure_ascii=False)
    return _UNSAFE.sub(lambda m: m[0] if m[0].isprintable() else json.dumps(m[0])[1:-1], text) + "\n"


# -- reading


def read(path: str) -> str:
    """The text of a file on disk. Raises UserError."""
    try:
        with open(path, encoding="utf-8") as handle:
            return handle.read()
    except OSError as error:
        raise UserError(f"cannot read the known findings: {error.strerror}", where=path) from None
    except UnicodeDecodeError:
        raise UserError("the known findings are not UTF-8", where=path) from None


def parse(text: str, file: str) -> tuple[Known, ...]:
    """The entries of a file. Raises UserError, with the line, for whatever is wrong in it."""
    try:
        data = json.loads(text, object_pairs_hook=_no_key_twice)
    except json.JSONDecodeError as error:
        raise UserError(f"not valid JSON: {error.msg}", where=f"{file}:{error.lineno}") from None
    except _TwiceError as error:
        raise UserError(f"the key '{error}' stands twice in one object", where=file) from None
    except RecursionError:
        raise UserError("nested too deeply", where=file) from None
    return _Reader(file, jsonplace.lines(text)).entries(data)


class _TwiceError(ValueError):
    """A key that an object has twice: which of them counts, readers do not agree about."""


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(key)
        found[key] = value
    return found


_TOP = ("about", "version", "findings")
_REQUIRED = ("fingerprint", "rule", "root", "address", "message", "before", "after", "reason", "owner")
_OPTIONAL = ("variant", "details", "expires")
_HINTS = {"reason": "say why it is accepted", "owner": "say who answers for it"}


class _Reader:
    """Turns plain data into entries; knows where in the text a key stands."""

    def __init__(self, file: str, lines: Mapping[jsonplace.Path, int]) -> None:
        self.file = file
        self.lines = lines

    def entries(self, data: Any) -> tuple[Known, ...]:
        if not isinstance(data, dict) or data.get("version") is None:
            raise self.error((), 'this is no file of known findings: it has no "version"')
        if data["version"] != VERSION:
            raise self.error(("version",), f"version {data['version']} is not known; this tfratchet reads {VERSION}")
        self.keys((), data, _TOP)
        items = data.get("findings")
        if not isinstance(items, list):
            raise self.error(("findings",), '"findings" must be a list')
        found: dict[str, Known] = {}
        for i, item in enumerate(items):
            entry = self.entry(("findings", i), item)
            if entry.fingerprint in found:
                raise self.error(("findings", i), f"the known finding {entry.fingerprint} stands twice")
            found[entry.fingerprint] = entry
        return tuple(found.values())

    def entry(self, path: jsonplace.Path, item: Any) -> Known:
        if not isinstance(item, dict):
            raise self.error(path, "a known finding must be an object")
        self.keys(path, item, (*_REQUIRED, *_OPTIONAL))
        for key in _REQUIRED:
            if key not in item:
                hint = (
                    "say why it is accepted" if key == "reason" else "say who answers for it" if key == "owner" else ""
                )
                raise self.error(path, f"this known finding has no {key}", hint)
        for key, value in item.items():
            if not isinstance(value, str) and not (value is None and key in ("before", "after", *_OPTIONAL)):
                raise self.error((*path, key), f"{key} must be a string")
        for key in ("reason", "owner"):
            if not item[key].strip():
                raise self.error((*path, key), f"the {key} of this known finding is empty")
        line = self.lines.get(path)
        entry = Known(
            rule=item["rule"],
            root=item["root"],
            variant=item.get("variant"),
            address=item["address"],
            message=item["message"],
            before=item["before"],
            after=item["after"],
            details=item.get("details") or "",
            reason=item["reason"].strip(),
            owner=item["owner"].strip(),
            expires=self.day((*path, "expires"), item.get("expires")),
            location=Location(self.file, line) if line else None,
        )
        if entry.fingerprint != item["fingerprint"]:
            raise self.error(
                (*path, "fingerprint"),
                f"the fingerprint {item['fingerprint'][:20]} does not belong to what is written beside it",
                "only reason, owner and expires may be edited; let --write-baseline write the rest",
            )
        return entry

    def day(self, path: jsonplace.Path, value: str | None) -> date | None:
        try:
            return date.fromisoformat(value) if value is not None else None
        except ValueError:
            raise self.error(path, f"expires: '{value}' is no day such as 2027-01-31") from None

    def keys(self, path: jsonplace.Path, data: Mapping[str, Any], allowed: Sequence[str]) -> None:
        for key in data:
            if key not in allowed:
                close = difflib.get_close_matches(key, allowed, n=1)
                hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(allowed)}"
                raise self.error((*path, key), f"unknown key '{key}'", hint)

    def error(self, path: jsonplace.Path, message: str, hint: str = "") -> UserError:
        while path and path not in self.lines:
            path = path[:-1]
        return UserError(message, where=f"{self.file}:{self.lines.get(path, 1)}", hint=hint)
