"""What the reports for other programs share: where a finding is shown, a fingerprint that is never there twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tfratchet.model import Finding


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a finding is shown."""

    file: str
    """A file; the directory of the root module when neither side has a place."""
    line: int | None
    in_base: bool = False
    """True when the place is one of base: nothing of it is left in head."""


def anchor(finding: Finding) -> Anchor:
    """Head's place, else base's, else the root module."""
    for side, in_base in ((finding.head, False), (finding.base, True)):
        if side is not None and side.location is not None:
            return Anchor(side.location.file, max(side.location.line, 1), in_base)
    return Anchor(finding.root, None)


def numbered(findings: Iterable[Finding]) -> Iterator[tuple[Finding, str]]:
    """Each finding with its fingerprint and the how-manieth of this fingerprint it is: ``0a1b2c3d4e5f6071:1``."""
    seen: Counter[str] = Counter()
    for finding in findings:
        fingerprint = finding.fingerprint
        seen[fingerprint] += 1
        yield finding, f"{fingerprint}:{seen[fingerprint]}"
