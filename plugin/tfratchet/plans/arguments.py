"""What the command line of ``tfratchet plan`` says, as typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlanArguments:
    """One field an option; the defaults are those of the command."""

    plans: Sequence[str]
    sources: Sequence[str] = ()
    base: str | None = None
    merge_base: bool = False
    config: str | None = None
    include: Sequence[str] = ()
    baseline: str | None = None
    write_baseline: str | None = None
    reason: str | None = None
    owner: str | None = None
    expires: str | None = None
    format_name: str = "text"
    output: Sequence[str] = ()
    fail_on: str | None = None
    color: str = "auto"
    quiet: bool = False
    day: str | None = None
