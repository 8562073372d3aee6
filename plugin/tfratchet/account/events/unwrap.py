"""From text to records: every way in which CloudTrail's records are handed on.

* a log file: ``{"Records": [...]}``, also with one record in place of the list
* ``aws cloudtrail lookup-events``: ``{"Events": [{"CloudTrailEvent": "<JSON text>"}]}``
* an event of EventBridge: ``{"detail-type": "AWS API Call via CloudTrail", "detail": {...}}``
* a message of SQS or SNS around one of these (``Body``, ``Message``: JSON text)
* a list of these, one after another, one a line, indented or not
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tfratchet.account.events.parse import decoded

_LISTS = ("Records", "Events", "Messages")
_TEXTS = ("CloudTrailEvent", "Body", "body", "Message")
_DEPTH = 6


def records_in(document: object, depth: int = _DEPTH) -> Iterator[Mapping[str, Any]]:
    """Every record in a decoded JSON document."""
    if depth == 0:
        return
    if isinstance(document, Mapping):
        if document.get("eventName"):
            yield document
            return
        if isinstance(document.get("detail"), Mapping):
            yield from records_in(document["detail"], depth - 1)
            return
        for key in _TEXTS:
            inner = document.get(key)
            if isinstance(inner, str):
                found = list(records_in(decoded(inner), depth - 1))
                yield from found or summary(document)
                return
            if isinstance(inner, Mapping):
                yield from records_in(inner, depth - 1)
                return
        for key in _LISTS:
            if key in document:
                yield from records_in(document[key], depth - 1)
                return
        yield from summary(document)
    elif isinstance(document, (list, tuple)):
        for item in document:
            yield from records_in(item, depth - 1)


def summary(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What an answer of LookupEvents tells of an event beside its text, which may be missing or broken."""
    if event.get("EventName"):
        yield {
            "eventName": event["EventName"],
            "eventSource": event.get("EventSource"),
            "eventTime": event.get("EventTime"),
            "eventID": event.get("EventId"),
            "userIdentity": {"userName": event.get("Username")},
        }


@dataclass
class Reading:
    """Reads a text and keeps what was wrong with it."""

    name: str
    """What is read, for messages: ``standard input``, a file."""
    limit: int = 1 << 30
    """Bytes of text that are looked at; what lies behind is told as not read."""
    records: int = 0
    problems: list[str] = field(default_factory=list)

    def read(self, content: bytes) -> Iterator[Mapping[str, Any]]:
        """Every record in ``content``, gzipped or not, as far as it can be read; ``problems`` says where it ends."""
        if content[:2] == b"\x1f\x8b":
            content = self._unzipped(content)
        if len(content) >= self.limit:
            self.problems.append(f"{self.name}: only the first {self.limit >> 20} MiB were read")
            content = content[: self.limit]
        text = content.decode("utf-8-sig", "replace")
        for document in self._documents(text):
            for record in records_in(document):
                self.records += 1
                yield record

    def _unzipped(self, content: bytes) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while content:
            unzip = zlib.decompressobj(wbits=31)
            try:
                for start in range(0, len(content), 1 << 12):
                    pieces.append(unzip.decompress(content[start : start + (1 << 12)]))
                    size += len(pieces[-1])
                    if size >= self.limit:
                        return b"".join(pieces)
                    if unzip.eof:
                        content = unzip.unused_data + content[start + (1 << 12) :]
                        break
                else:
                    self.problems.append(
                        f"{self.name}: ends in the middle of the gzip data; what stands before was read"
                    )
                    break
            except zlib.error as error:
                self.problems.append(f"{self.name}: the gzip data is damaged ({error}); what stands before was read")
                break
            if content[:2] != b"\x1f\x8b":
                break
        return b"".join(pieces)

    def _documents(self, text: str) -> Iterator[object]:
        """The JSON documents that stand one after another. Behind a broken one, reading goes on at the next line, and
        inside a broken ``Records`` list every whole record is read.
        """
        decoder = json.JSONDecoder(strict=False)
        position, line_told = _skip(text, 0), False
        while position < len(text):
            try:
                document, end = decoder.raw_decode(text, position)
            except (ValueError, RecursionError):
                found, end = _salvaged(text, position, decoder)
                yield from found
                if not line_told and not self.problems:  # text that ends early is broken JSON as well
                    line = text.count("\n", 0, end) + 1
                    self.problems.append(f"{self.name}: not valid JSON (line {line}); what stands around it was read")
                    line_told = True
                following = text.find("\n", end)
                position = len(text) if following < 0 else _skip(text, following)
                continue
            yield document
            position = _skip(text, end)


def _skip(text: str, position: int) -> int:
    """Behind whitespace, commas and record separators (RFC 7464)."""
    while position < len(text) and text[position] in " \t\r\n,\x1e\x00":
        position += 1
    return position


def _salvaged(text: str, position: int, decoder: json.JSONDecoder) -> tuple[list[object], int]:
    """The whole records of a broken ``{"Records": [...`` and where the broken one begins."""
    start = text.find("[", position, position + 200)
    if start < 0 or not text.startswith("{", position) or "\n{" in text[position:start]:
        return [], position
    found: list[object] = []
    place = _skip(text, start + 1)
    while place < len(text) and text[place] == "{":
        try:
            item, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        found.append(item)
        place = _skip(text, end)
    return found, place
