"""Reads a live account into ``Facts``. One module a part; ``reader.py`` has what they share: threads, errors, pages.

facts = collect(account)                                        # everything
facts = collect(account, frozenset(["password_policy", "trails"]))
"""

from __future__ import annotations

from tfratchet.account.collect.run import PARTS, collect

__all__ = ["PARTS", "collect"]
