"""Makes text of the analysed tree harmless for a terminal.

A file name, an address or a value may hold terminal escapes (move the cursor, hide a line, set the title) or Unicode
controls that turn the direction of the text ("Trojan Source", CVE-2021-42574): a pull request could hide a finding
from its reviewer with them.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f"  # C0 without tab and line feed (ESC and CR are among them), DEL
    "\x80-\x9f"  # C1: single-byte forms of the escape sequences
    "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # direction marks, overrides, isolates, zero width
    "\ufff9-\ufffb\U000e0000-\U000e007f"  # interlinear annotation, tag characters
    "\ud800-\udfff"  # lone surrogates: bytes of a file name that are no UTF-8
    "]"
)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable(text: str, *, one_line: bool = True) -> str:
    """``text`` with everything that a terminal would act on written as an escape, as in a Python string.

    With ``one_line`` line feeds and tabs are written as escapes too, so that nothing can pose as a line of the report.
    """
    text = _UNSAFE.sub(_visible, text)
    return text.replace("\n", "\\n").replace("\t", "\\t") if one_line else text
