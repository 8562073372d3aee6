"""Accepted findings: collected from comments, commit trailers and the configuration; applied by a pure function.

Each needs a reason. Past its day it no longer holds, and the report says so. One that the change itself brings is
always told; under ``new_ignores = "refuse"`` it does not hold until it has been merged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from tfratchet.accept.comments import MARK, marked_comments
from tfratchet.model import Finding, Location, Problem, Suppression

if TYPE_CHECKING:
    from tfratchet.configfile import IgnoreEntry
    from tfratchet.pipeline import Sides
    from tfratchet.sources.tree import Tree

TRAILER = "Tfratchet-Ignore"
_COMMENTED = (".tf", ".tofu", ".tfvars")
_RULES = re.compile(r"[A-Z]+[0-9]+(?:\s*,\s*[A-Z]+[0-9]+)*(?=\s|$)")
_PAIR = re.compile(r"""([A-Za-z_]+)=("(?:[^"\\]|\\.)*"|[^\s"]\S*)""")


class DirectiveError(ValueError):
    """A comment or trailer that wants to accept a finding and says it wrongly."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """One acceptance. It holds for findings of ``rules`` at ``address`` (and ``root``), or within ``extent``."""

    rules: tuple[str, ...]
    reason: str
    expires: date | None
    by: str
    """``comment``, ``config``, ``trailer`` or ``baseline``."""
    where: str
    """For people: ``users.tf:12``, ``commit 1a2b3c4d5``."""
    address: str | None = None
    root: str | None = None
    extent: tuple[str, int, int] | None = None
    """File, first and last line in head."""
    fingerprint: str | None = None
    """Only findings with it, at exactly ``address``: an entry of the known findings."""
    new: bool = False
    """True when the change itself brings it."""
    location: Location | None = None


def apply_suppressions(
    findings: Iterable[Finding], suppressions: Sequence[Ignore], today: date, *, refuse_new: bool = False
) -> tuple[list[Finding], list[Problem]]:
    """The findings with the accepted ones marked, and what a reader should know.

    Notes: an acceptance that has expired (its finding stays), one that the change itself brings (with ``refuse_new``
    its finding stays too), and a new one that matches nothing.
    """
    result: list[Finding] = []
    used: dict[Ignore, list[str]] = {}
    for finding in findings:
        mark: Suppression | None = None
        for ignore in suppressions:
            if not _matches(ignore, finding):
                continue
            used.setdefault(ignore, []).append(f"{finding.rule} at {finding.address}")
            holds = not _expired(ignore, today) and not (refuse_new and ignore.new)
            if holds and mark is None:
                mark = Suppression(ignore.reason, ignore.expires.isoformat() if ignore.expires else None, ignore.by)
        result.append(replace(finding, suppressed=mark) if mark and finding.suppressed is None else finding)
    notes = []
    for ignore in suppressions:
        text = _note(ignore, used.get(ignore, []), today, refuse_new)
        if text:
            notes.append(Problem("ignore", text, ignore.location))
    return result, notes


_BY = {"baseline": "known finding"}


def _note(ignore: Ignore, used: list[str], today: date, refuse_new: bool) -> str:
    what = f"the {_BY.get(ignore.by, ignore.by)} that accepts {', '.join(ignore.rules)}" + (
        f" at {ignore.address}" if ignore.address else ""
    )
    place = f" ({ignore.where})" if ignore.location is None else ""
    if used and _expired(ignore, today):
        return f"{what}{place} expired on {ignore.expires} and no longer holds: {'; '.join(used)}"
    if used and ignore.new:
        verdict = "does not hold before it is merged (new_ignores = refuse)" if refuse_new else "holds"
        return f"this change itself brings {what}{place}, which {verdict}: {'; '.join(used)}; reason: {ignore.reason}"
    if not used and ignore.new:
        return f"{what}{place} matches no finding"
    return ""


def _expired(ignore: Ignore, today: date) -> bool:
    return ignore.expires is not None and today > ignore.expires


def _matches(ignore: Ignore, finding: Finding) -> bool:
    if finding.rule not in ignore.rules or (ignore.root is not None and ignore.root != finding.root):
        return False
    if ignore.fingerprint is not None:
        return ignore.address == finding.address and ignore.fingerprint == finding.fingerprint
    if ignore.extent is not None:
        place = finding.head.location if finding.head else None
        file, first, last = ignore.extent
        return place is not None and place.file == file and first <= place.line <= last
    return ignore.address is not None and address_matches(ignore.address, finding.address)


def address_matches(pattern: str, address: str) -> bool:
    """True when ``pattern`` names ``address``: exactly, all its instances when it has no key, or by ``*``.

    ``aws_iam_user.x`` names ``aws_iam_user.x["a"]``; ``module.legacy.*`` names everything in that module.
    """
    if "*" in pattern:
        return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), address, re.DOTALL) is not None
    return address == pattern or address.startswith(f"{pattern}[")


# -- what a comment or trailer says


def parse_directive(
    text: str, known: Callable[[], Collection[str]], *, with_address: bool
) -> tuple[tuple[str, ...], str, str, date | None]:
    """Rules, address (empty in comments), reason, last day of ``TFR101,TFR102 [ADDRESS] reason="..." [expires=DAY]``.

    ``known`` gives the ids that exist. Raises DirectiveError, saying what is wrong.
    """
    rules = _RULES.match(text)
    if rules is None:
        raise DirectiveError("names no rule: write tfratchet:ignore=TFR101")
    ids = tuple(dict.fromkeys(r.strip() for r in rules[0].split(",")))
    for rule in ids:
        if rule not in known():
            raise DirectiveError(f"names the rule {rule}, which does not exist")
    rest = text[rules.end() :].strip()
    address = ""
    if with_address:
        tail = re.search(r"(?:^|\s)(?:[A-Za-z_]+)=", rest)
        address, rest = (rest[: tail.start()].strip(), rest[tail.start() :].strip()) if tail else (rest, "")
        if not address:
            raise DirectiveError("names no address")
    values: dict[str, str] = {}
    while rest:
        pair = _PAIR.match(rest)
        if pair is None or pair[1] not in ("reason", "expires"):
            raise DirectiveError(f'says neither reason="..." nor expires=DAY: {rest[:40]}')
        quoted = pair[2].startswith('"')
        values[pair[1]] = re.sub(r"\\(.)", r"\1", pair[2][1:-1]) if quoted else pair[2]
        rest = rest[pair.end() :].strip()
    if not values.get("reason", "").strip():
        raise DirectiveError('gives no reason: add reason="..."')
    expires = None
    if "expires" in values:
        try:
            expires = date.fromisoformat(values["expires"])
        except ValueError:
            raise DirectiveError(f"expires={values['expires']} is no day such as 2027-01-31") from None
    return ids, address, values["reason"].strip(), expires


# -- collecting


def from_config(entries: Iterable[IgnoreEntry], new: Collection[IgnoreEntry]) -> list[Ignore]:
    """The ``[[ignore]]`` entries of the configuration."""
    return [
        Ignore(
            rules=(entry.rule,),
            reason=entry.reason,
            expires=entry.expires,
            by="config",
            where=str(entry.location) if entry.location else "configuration",
            address=entry.address,
            root=entry.root,
            new=entry in new,
            location=entry.location,
        )
        for entry in entries
    ]


def from_comments(
    base: Tree, head: Tree, findings: Iterable[Finding], changed: Sequence[str], known: Callable[[], Collection[str]]
) -> tuple[list[Ignore], list[Problem]]:
    """The comments in head's files in which findings stand, and in those that the change edits."""
    changed = [f for f in changed if f.endswith(_COMMENTED)]
    files = dict.fromkeys(changed)
    files |= dict.fromkeys(f.head.location.file for f in findings if f.head and f.head.location)
    wanted = [f for f in files if f.endswith(_COMMENTED)]
    ignores: list[Ignore] = []
    problems: list[Problem] = []
    before: set[tuple[str, str]] | None = None
    for file in wanted:
        for comment in marked_comments(_read(head, file)):
            place = Location(file, comment.line)
            if before is None:
                # By what it stands at: the words of an old comment, copied to another block, are new there.
                before = {(c.text, c.target) for f in wanted for c in marked_comments(_read(base, f))}
            new = (comment.text, comment.target) not in before
            text = comment.text[len(MARK) :].lstrip()
            try:
                if not text.startswith("="):
                    raise DirectiveError("names no rule: write tfratchet:ignore=TFR101")
                rules, _, reason, expires = parse_directive(text[1:].strip(), known, with_address=False)
                if not comment.last:
                    raise DirectiveError("is neither in a block nor directly above one")
            except DirectiveError as error:
                problems.append(Problem("ignore", f"the comment accepts nothing: it {error}", place))
                continue
            extent = (file, comment.first, comment.last)
            ignores.append(
                Ignore(rules, reason, expires, "comment", str(place), extent=extent, new=new, location=place)
            )
    return ignores, problems


def _read(tree: Tree, file: str) -> bytes:
    from tfratchet.sources.tree import TreeError

    try:
        return tree.read(file)
    except TreeError:
        return b""  # absent on this side, or already reported by the evaluation


def from_trailers(
    trailers: Iterable[tuple[str, str]], known: Callable[[], Collection[str]]
) -> tuple[list[Ignore], list[Problem]]:
    """Trailers ``Tfratchet-Ignore: TFR101 ADDRESS reason="..."`` as (commit, value)."""
    ignores: list[Ignore] = []
    problems: list[Problem] = []
    for commit, value in trailers:
        where = f"commit {commit[:9]}"
        try:
            rules, address, reason, expires = parse_directive(value.strip(), known, with_address=True)
        except DirectiveError as error:
            problems.append(Problem("ignore", f"the trailer {TRAILER} of {where} accepts nothing: it {error}"))
            continue
        ignores.append(Ignore(rules, reason, expires, "trailer", where, address=address, new=True))
    return ignores, problems


def collect(
    sides: Sides,
    findings: Sequence[Finding],
    entries: Sequence[IgnoreEntry],
    new: Collection[IgnoreEntry],
    known: Callable[[], Collection[str]],
) -> tuple[list[Ignore], list[Problem]]:
    """Every acceptance that this run knows, and notes about those that are written wrongly."""
    comments, notes = from_comments(sides.base, sides.head, findings, sides.changed, known)
    if findings and sides.repository is not None:
        raw, failed = commit_trailers(sides)
        trailers, wrong = from_trailers(raw, known)
        notes += [*failed, *wrong]
    else:
        trailers = []
    return [*comments, *trailers, *from_config(entries, new)], notes


def commit_trailers(sides: Sides) -> tuple[list[tuple[str, str]], list[Problem]]:
    """(commit, value) of every ``Tfratchet-Ignore`` trailer of the commits from base to head.

    Compared with the index or the working tree, these are the commits up to HEAD.
    """
    repository = sides.repository
    if repository is None or sides.base_commit is None or sides.base_commit == sides.head_commit:
        return [], []
    from tfratchet.sources.process import GitError, decode

    layout = f"%H%x1f%(trailers:key={TRAILER},valueonly,unfold,separator=%x1f)%x1e"
    span = f"{sides.base_commit}..{sides.head_commit or 'HEAD'}"
    try:
        output = repository.git().run(
            "-c", "log.showSignature=false", "log", "--no-color", f"--format={layout}", span, "--"
        )
    except GitError as error:
        return [], [Problem("ignore", f"the commit trailers could not be read, so none of them holds: {error}")]
    found = []
    for record in decode(output).split("\x1e"):
        commit, *values = record.strip("\n").split("\x1f")
        found += [(commit, value) for value in values if value.strip()]
    return found, []
