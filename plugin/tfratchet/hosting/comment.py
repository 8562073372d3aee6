"""The comment on a pull or merge request: how it is found again, and whether there is anything to say."""

from __future__ import annotations

import json
from pathlib import Path

_NEWS = ("config", "ignore")


def marker(name: str) -> str:
    """The first line of our comment, which nobody sees. ``name`` tells several uses apart; empty for the only one."""
    return f"<!-- tfratchet action{': ' + name if name else ''} -->\n"


def is_marked(body: object, mark: str) -> bool:
    """Whether a comment is one that starts with ``mark``."""
    return str(body or "").replace("\r\n", "\n").startswith(mark)


def has_news(report: Path, code: int) -> bool:
    """Whether a reviewer should know something: findings, accepted ones too, errors, settings that the change edits.

    ``report`` is the JSON report; without one, ``code`` (the exit code) decides.
    """
    if not report.exists():
        return code != 0
    data = json.loads(report.read_text(encoding="utf-8"))
    return bool(data["findings"] or data["errors"] or any(note["kind"] in _NEWS for note in data["notes"]))
