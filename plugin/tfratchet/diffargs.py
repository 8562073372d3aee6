"""What the command line of ``tfratchet diff`` says, as typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DiffArguments:
    """One field an option; the defaults are those of the command."""

    paths: Sequence[str] = ()
    repo: str = "."
    base: str | None = None
    head: str | None = None
    staged: bool = False
    merge_base: bool = False
    base_dir: str | None = None
    head_dir: str | None = None
    var_files: Sequence[str] = ()
    variables: Sequence[str] = ()
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
