"""Text of the analysed tree for an HTML page: harmless as content and in an attribute between double quotes."""

from __future__ import annotations

import html

from tfratchet.report.escape import printable


def escaped(text: str) -> str:
    """``text`` with every character that HTML acts on as a reference, and control and direction marks made visible."""
    return html.escape(printable(text), quote=True)


def code(text: str) -> str:
    """The same in the type of code."""
    return f"<code>{escaped(text)}</code>"


def prose(text: str) -> str:
    """Text of a rule: pairs of backticks are code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escaped(text)
    return "".join(code(part) if i % 2 else escaped(part) for i, part in enumerate(parts))
