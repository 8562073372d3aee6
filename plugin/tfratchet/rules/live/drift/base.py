"""The base of the drift rules. The comparison itself is account/drift/compare.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from tfratchet.model import Finding
from tfratchet.rules.base import LiveRule, Reference, nist

if TYPE_CHECKING:
    from tfratchet.account.drift.items import Difference

CONFIGURATION = (nist("CM-2"), nist("CM-3"), nist("CM-6"))
"""What every drift rule stands on."""


class DriftRule(LiveRule):
    """Tells the differences that bear its id."""

    family = "drift"
    references: ClassVar[tuple[Reference, ...]] = CONFIGURATION

    def tell(self, difference: Difference) -> Finding:
        """The finding for one difference."""
        place = difference.place
        return self.found(
            difference.address,
            difference.message + (f" [{place.address}]" if place and place.address else ""),
            difference.required,
            difference.live,
            severity=difference.severity,
            root=place.root if place else ".",
            location=difference.location,
            depends_on=difference.depends,
        )


def tell(differences: Iterable[Difference], rules: Sequence[LiveRule]) -> Iterator[tuple[Finding, Difference]]:
    """The finding of each difference, by those of ``rules`` that are drift rules. Differences without a rule (switched
    off) are left out.
    """
    by_id = {rule.id: rule for rule in rules if isinstance(rule, DriftRule)}
    for difference in differences:
        rule = by_id.get(difference.rule)
        if rule is not None:
            yield rule.tell(difference), difference
