"""Text as people count it: ``length`` and ``substr`` count grapheme clusters, not code points (Unicode annex 29)."""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"


def graphemes(text: str) -> list[str]:
    """The grapheme clusters of a text.

    Combining marks, joined emoji, skin tones, flags, Hangul syllables and CR LF are kept together; the rarer rules
    (prepended signs, Indic conjuncts) are left out, as Terraform's own library does not have all of them either.
    """
    if text.isascii():
        return list(text) if "\r\n" not in text else _ascii(text)
    clusters: list[str] = []
    flags = 0
    for character in text:
        flag = "\U0001f1e6" <= character <= "\U0001f1ff"
        if clusters and _joins(clusters[-1], character, flags):
            clusters[-1] += character
        else:
            clusters.append(character)
        flags = flags + 1 if flag else 0
    return clusters


def _ascii(text: str) -> list[str]:
    clusters: list[str] = []
    for character in text:
        if character == "\n" and clusters and clusters[-1] == "\r":
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


def _joins(cluster: str, character: str, flags: int) -> bool:
    last = cluster[-1]
    if last == "\r":
        return character == "\n"
    if _control(last) or _control(character):
        return False
    if character == _JOINER or unicodedata.category(character) in ("Mn", "Me", "Mc"):
        return True
    if "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    if last == _JOINER:
        return unicodedata.category(character) == "So"
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return flags % 2 == 1
    return _hangul(last, character)


def _control(character: str) -> bool:
    return character != _JOINER and unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cf")


def _hangul(last: str, character: str) -> bool:
    return _syllable(character) in _FOLLOWS[_syllable(last)]


_FOLLOWS = {"L": ("L", "V", "LV", "LVT"), "LV": ("V", "T"), "V": ("V", "T"), "LVT": ("T",), "T": ("T",), "": ()}


def _syllable(character: str) -> str:
    code = ord(character)
    if 0x1100 <= code <= 0x115F:
        return "L"
    if 0x1160 <= code <= 0x11A7:
        return "V"
    if 0x11A8 <= code <= 0x11FF:
        return "T"
    if 0xAC00 <= code <= 0xD7A3:
        return "LV" if (code - 0xAC00) % 28 == 0 else "LVT"
    return ""
