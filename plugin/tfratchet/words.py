"""Reads the words of ``Finding.lost`` about users, groups and roles (``iam.losses`` writes them)."""

from __future__ import annotations

import re
from collections.abc import Sequence

HAS = re.compile(
    r"(?P<holder>(?:every )?(?:user|group|role|permission set) .+?) has (?P<how>policy|boundary) (?P<policy>.+?)"
    r"(?: \[[0-9a-f]{12}\])?",  # the digest of the document
    re.DOTALL,
)
"""``user bob has policy read [0123456789ab]``; use ``fullmatch``."""
IN = re.compile(r"(?P<user>(?:every )?user .+?) is in (?P<group>(?:every )?group .+)", re.DOTALL)
"""``user bob is in group dev``; use ``fullmatch``."""


def edge(word: str) -> tuple[str, str] | None:
    """(from, to) of a word: ``("user bob", "policy read")``, ``("user bob", "group dev")``; None for other words."""
    has = HAS.fullmatch(word)
    if has is not None:
        return has["holder"], f"{has['how']} {has['policy']}"
    member = IN.fullmatch(word)
    return None if member is None else (member["user"], member["group"])


SINGULAR = {"users": "user", "groups": "group", "roles": "role", "policies": "policy", "boundaries": "boundary"}
"""The kinds of what a graph connects, by the word for many of them."""
_PLURAL = {one: many for many, one in SINGULAR.items()}


def listed(names: Sequence[str], most: int = 3) -> str:
    """``users alice, bob, carol and 5 more`` of ``["user alice", "user bob", ...]``."""
    kinds = {name.split(" ", 1)[0] for name in names}
    lead = ""
    if len(names) > 1 and len(kinds) == 1 and (plural := _PLURAL.get(*kinds)):
        names = [name.split(" ", 1)[1] for name in names]
        lead = f"{plural} "
    shown = list(names) if len(names) <= most + 1 else [*names[:most], f"{len(names) - most:,} more"]
    return lead + (" and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0])
