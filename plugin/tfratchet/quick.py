"""Reads well-formed command lines of ``tfratchet diff`` without typer; see ``cli.py`` for the reason.

It only ever accepts what typer would accept, with the same meaning (a test compares ``OPTIONS`` with typer's own list).
Whatever it does not know for sure, from ``--help`` to a mistyped option, it leaves to typer: ``parse`` gives None.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from tfratchet.diffargs import DiffArguments

FLAG, TEXT, LIST = "flag", "text", "list"
COLORS = ("auto", "always", "never")
FAIL_ON = ("low", "medium", "high", "critical", "never")

OPTIONS: Mapping[str, tuple[str, str]] = {
    "--repo": ("repo", TEXT),
    "--base": ("base", TEXT),
    "--head": ("head", TEXT),
    "--staged": ("staged", FLAG),
    "--merge-base": ("merge_base", FLAG),
    "--base-dir": ("base_dir", TEXT),
    "--head-dir": ("head_dir", TEXT),
    "--var-file": ("var_files", LIST),
    "--var": ("variables", LIST),
    "--config": ("config", TEXT),
    "--include": ("include", LIST),
    "--baseline": ("baseline", TEXT),
    "--write-baseline": ("write_baseline", TEXT),
    "--reason": ("reason", TEXT),
    "--owner": ("owner", TEXT),
    "--expires": ("expires", TEXT),
    "--format": ("format_name", TEXT),
    "-f": ("format_name", TEXT),
    "--output": ("output", LIST),
    "-o": ("output", LIST),
    "--fail-on": ("fail_on", TEXT),
    "--color": ("color", TEXT),
    "--quiet": ("quiet", FLAG),
    "-q": ("quiet", FLAG),
    "--today": ("day", TEXT),
}
"""Option → name of the argument and kind."""

CHOICES: Mapping[str, Sequence[str]] = {"fail_on": FAIL_ON, "color": COLORS}


def parse(argv: Sequence[str]) -> DiffArguments | None:
    """The arguments of ``diff ...``, or None for everything that typer shall look at."""
    if not argv or argv[0] != "diff" or "_TFRATCHET_COMPLETE" in os.environ:
        return None
    texts: dict[str, str] = {}
    flags: dict[str, bool] = {}
    lists: dict[str, list[str]] = {"paths": []}
    rest = list(argv[1:])
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            lists["paths"].append(word)
            continue
        option, equals, value = word.partition("=")
        name, kind = OPTIONS.get(option, ("", ""))
        if not name or (equals and (kind == FLAG or not option.startswith("--"))):
            return None
        if kind == FLAG:
            flags[name] = True
            continue
        if not equals:
            if not rest or rest[0].startswith("-"):
                return None
            value = rest.pop(0)
        if name in CHOICES and value not in CHOICES[name]:
            return None
        if kind == LIST:
            lists.setdefault(name, []).append(value)
        else:
            texts[name] = value
    return DiffArguments(**texts, **flags, **lists)  # type: ignore[arg-type]  # the names are those of OPTIONS
