"""What ``tfratchet events`` was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventsArguments:
    """What ``tfratchet events`` was told."""

    logs: str | None = None
    """``-``, a folder, a file, ``s3://bucket/prefix``; None: the event history."""
    engine: str = "auto"
    database: str = ""
    table: str = "cloudtrail_logs"
    workgroup: str = ""
    output_location: str = ""
    athena_region: str = ""
    print_ddl: bool = False
    print_query: bool = False
    organization: str = ""
    since: str | None = None
    until: str | None = None
    events: Sequence[str] = ()
    users: Sequence[str] = ()
    only: str = "all"
    terraform: bool = True
    accounts: Sequence[str] = ()
    regions: Sequence[str] = ()
    every_region: bool = False
    profile: str | None = None
    role_arn: str | None = None
    log_buckets: Sequence[str] = ()
    break_glass: Sequence[str] = ()
    source: str | None = None
    source_rev: str | None = None
    config: str | None = None
    format_name: str = "text"
    output: Sequence[str] = ()
    fail_on: str | None = None
    color: str = "auto"
    quiet: bool = False
    day: str | None = None
