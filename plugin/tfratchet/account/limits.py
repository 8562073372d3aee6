"""How old or unused a credential may be. Defaults: CIS AWS Foundations 5.0, 1.11 (45 days) and 1.13 (90 days)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Days. They decide what the audit reports, and so for whose keys the collector asks for more than the report."""

    unused_days: int = 45
    """A password or an active key that nobody has used for this long is unused."""
    key_days: int = 90
    """An active key should be younger than this."""
    grace_days: int = 14
    """A new key may go unused for this long: nobody has put it to use yet."""
