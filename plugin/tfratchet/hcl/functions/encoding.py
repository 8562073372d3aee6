"""Base64, URL, CSV and character encodings."""

from __future__ import annotations

import base64
import binascii
import urllib.parse
from typing import Any

from tfratchet.hcl.convert import EvalError
from tfratchet.hcl.functions.base import FunctionContext, Module, check_count, normal, unknown
from tfratchet.values import Value

FUNCTIONS = Module()
function = FUNCTIONS.function


def utf8(content: bytes, what: str) -> str:
    """Bytes as text. Raises EvalError when they are not UTF-8."""
    try:
        return normal(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise EvalError(f"{what} is not UTF-8 text") from None


def _decoded(text: str) -> bytes:
    """Go's decoder: padding is required, line breaks are passed over."""
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        raise EvalError("this is not base64") from None


@function("base64encode", "string")
def _base64encode(_: FunctionContext, text: Any) -> Value:
    return base64.b64encode(text.encode()).decode()


@function("base64decode", "string")
def _base64decode(_: FunctionContext, text: Any) -> Value:
    return utf8(_decoded(text), "the decoded content")


@function("base64gzip", "string", partial=True)
def _base64gzip(_: FunctionContext, text: Any) -> Value:
    """Go's compressor gives other bytes than zlib, so only equal texts can be told to be equal."""
    return unknown("base64gzip", [text])


@function("urlencode", "string")
def _urlencode(_: FunctionContext, text: Any) -> Value:
    return urllib.parse.quote_plus(text, safe="")


# Names of the IANA registry that both Go's library and Python have, and Python's name.
_CHARSETS = {
    name.lower(): codec
    for codec, names in {
        "utf-8": "UTF-8",
        "utf-16-le": "UTF-16LE",
        "utf-16-be": "UTF-16BE",
        "utf-16": "UTF-16",
        "cp437": "IBM437 cp437 437",
        "cp866": "IBM866 cp866 866",
        "latin-1": "ISO-8859-1 latin1 l1 ISO_8859-1",
        **{f"iso8859-{n}": f"ISO-8859-{n} ISO_8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
        **{f"cp{n}": f"windows-{n}" for n in range(1250, 1259)},
        "koi8-r": "KOI8-R",
        "koi8-u": "KOI8-U",
        "shift_jis": "Shift_JIS",
        "euc-jp": "EUC-JP",
        "iso2022_jp": "ISO-2022-JP",
        "euc-kr": "EUC-KR",
        "gbk": "GBK",
        "gb18030": "GB18030",
        "big5": "Big5",
        "hz": "HZ-GB-2312",
        "mac-roman": "macintosh",
    }.items()
    for name in names.split()
}


def _codec(name: str) -> str:
    codec = _CHARSETS.get(name.lower())
    if codec is None:
        raise EvalError(f"the character encoding {name[:40]!r} is not known")
    return codec


@function("textencodebase64", "string", "string")
def _textencodebase64(_: FunctionContext, text: Any, encoding: Any) -> Value:
    codec = _codec(encoding)
    try:
        encoded = b"\xfe\xff" + text.encode("utf-16-be") if codec == "utf-16" else text.encode(codec)
    except UnicodeEncodeError:
        raise EvalError(f"textencodebase64: the text cannot be written in {encoding}") from None
    return base64.b64encode(encoded).decode()


@function("textdecodebase64", "string", "string")
def _textdecodebase64(_: FunctionContext, text: Any, encoding: Any) -> Value:
    codec = _codec(encoding)
    try:
        return normal(_decoded(text).decode(codec))
    except UnicodeDecodeError:
        raise EvalError(f"textdecodebase64: this is not {encoding}") from None


@function("csvdecode", "string")
def _csvdecode(context: FunctionContext, text: Any) -> Value:
    # Go reads CR LF as LF, inside of quotes too, and a lone CR as part of a field.
    rows = [row for row in _rows(text.replace("\r\n", "\n")) if row]
    if not rows:
        raise EvalError("csvdecode: there is no header line")
    header, *records = rows
    if len(set(header)) != len(header):
        raise EvalError("csvdecode: two columns have the same name")
    check_count(len(records) * len(header), context)
    for number, record in enumerate(records, 2):
        if len(record) != len(header):
            raise EvalError(f"csvdecode: record {number} has {len(record)} fields, the header has {len(header)}")
    return [dict(sorted(zip(header, record, strict=True))) for record in records]


def _rows(text: str) -> list[list[str]]:
    """The records of a CSV text by RFC 4180, as strictly as Go reads it."""
    rows: list[list[str]] = []
    position = 0
    while position < len(text):
        row: list[str] = []
        if text[position] == "\n":
            position += 1
            continue
        while True:
            field, position = _field(text, position)
            row.append(field)
            if position >= len(text) or text[position] == "\n":
                position += 1
                break
            position += 1  # the comma
        rows.append(row)
    return rows


def _field(text: str, start: int) -> tuple[str, int]:
    """One field, and where it ends: at a comma, a line break or the end of the text."""
    if text[start : start + 1] != '"':
        end = min((i for i in (text.find(c, start) for c in ",\n") if i >= 0), default=len(text))
        if '"' in text[start:end]:
            raise EvalError('csvdecode: a bare " in a field without quotes')
        return text[start:end], end
    parts: list[str] = []
    position = start + 1
    while True:
        end = text.find('"', position)
        if end < 0:
            raise EvalError("csvdecode: a quoted field does not end")
        parts.append(text[position:end])
        if text[end + 1 : end + 2] != '"':
            break
        parts.append('"')
        position = end + 2
    if text[end + 1 : end + 2] not in (",", "\n", ""):
        raise EvalError("csvdecode: text behind a quoted field")
    return "".join(parts), end + 1
