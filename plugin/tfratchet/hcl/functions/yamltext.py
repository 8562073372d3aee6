"""YAML as Terraform reads and writes it: YAML 1.1 booleans, YAML 1.2 numbers, no tags of one's own."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tfratchet.hcl.convert import EvalError, parse_number, to_string
from tfratchet.hcl.functions.base import MAX_DEPTH, FunctionContext, Module, limited, normal, pieces, unknown
from tfratchet.values import Template, Unknown, Value, number_text

FUNCTIONS = Module()
function = FUNCTIONS.function

_TAG = "tag:yaml.org,2002:"


@function("yamldecode", "string", partial=True)
def _yamldecode(context: FunctionContext, text: Any) -> Value:
    if isinstance(text, str):
        return _Reader(context, []).read(text)
    if isinstance(text, Template) and not any(isinstance(p, str) and "\ue000" in p for p in text.parts):
        holes = [p for p in text.parts if isinstance(p, Unknown)]
        numbers = iter(range(len(holes)))
        source = "".join(p if isinstance(p, str) else f"\ue000{next(numbers)}\ue001" for p in text.parts)
        try:
            return _Reader(context, holes).read(source)
        except EvalError as error:
            if error.kind == "limit":
                raise
    return unknown("yamldecode", [text])


_HOLE = re.compile("\ue000(\\d+)\ue001")
_BOOLS = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
}
_NULLS = ("", "~", "null", "Null", "NULL")
_DECIMAL = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?\Z", re.ASCII)
_BASED = re.compile(r"0x([0-9a-fA-F]+)\Z|0o([0-7]+)\Z", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_TIME = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:([Tt])| +)(\d\d?):(\d\d?):(\d\d?)(?:\.\d+)?(Z|[-+]\d\d:\d\d)?)?\Z", re.ASCII
)


class _Reader:
    """Builds a value from the events of one document. A hole in the text stays a hole in the value."""

    def __init__(self, context: FunctionContext, holes: list[Unknown]) -> None:
        self.limit = context.max_elements
        self.count = 0
        self.holes = holes
        self.anchors: dict[str, tuple[Any, int]] = {}

    def read(self, text: str) -> Any:
        """The value of a text with exactly one document. Raises EvalError."""
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            events = (e for e in yaml.parse(text, Loader=loader) if not isinstance(e, yaml.StreamStartEvent))
            first = next(events)
            if not isinstance(first, yaml.DocumentStartEvent):
                raise EvalError("yamldecode: there is no document")
            value = self._node(next(events), events, 0)
            next(events)  # the end of the document
            if isinstance(next(events), yaml.DocumentStartEvent):
                raise EvalError("yamldecode: there is more than one document")
        except (yaml.YAMLError, UnicodeError, ValueError) as error:
            text = " ".join(str(error).split())[:200]
            # PyYAML 6.0.4 and newer have a limit of their own.
            kind = "limit" if "maximum nesting depth" in text else "evaluation"
            raise EvalError(f"yamldecode: {text}", kind) from None
        return value

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Any:
        import yaml

        self.count += 1
        if self.count > self.limit or depth > MAX_DEPTH:
            raise EvalError("yamldecode: the document is too large or nested too deeply", "limit")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise EvalError(f"yamldecode: there is no anchor {event.anchor!r}")
            value, size = self.anchors[event.anchor]
            self.count += size
            return value
        before = self.count
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event, "seq")
            value = []
            while not isinstance(inner := next(events), yaml.SequenceEndEvent):
                value.append(self._node(inner, events, depth + 1))
        else:
            self._check_tag(event, "map")
            value = self._mapping(events, depth)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.count - before)
        return value

    @staticmethod
    def _check_tag(event: Any, kind: str) -> None:
        if event.tag not in (None, "!", _TAG + kind):
            raise EvalError(f"yamldecode: the tag {event.tag!r} is not supported")

    def _mapping(self, events: Iterator[Any], depth: int) -> dict[str, Any]:
        import yaml

        result: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            merge = isinstance(event, yaml.ScalarEvent) and event.value == "<<"
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if merge:
                if not isinstance(value, dict):
                    raise EvalError("yamldecode: only a map can be merged")
                result.update(value)
                continue
            if key is None or isinstance(key, (list, dict)):
                raise EvalError("yamldecode: a key must be a simple value, and not null")
            if isinstance(key, Unknown):
                raise EvalError("yamldecode: a key is not known")
            result[str(to_string(key))] = value
        return {k: result[k] for k in sorted(result)}

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        tag = event.tag or ""
        plain = not event.style
        if tag == "!" or (tag and not tag.startswith(_TAG)):
            raise EvalError(f"yamldecode: the tag {tag!r} is not supported")
        tag = tag.removeprefix(_TAG)
        if "\ue000" in text:
            return self._holed(text, plain and not tag)
        if not plain or tag in ("str", "binary"):
            return normal(text)
        return _tagged(tag, text) if tag else resolved(text)

    def _holed(self, text: str, plain: bool) -> Any:
        whole = _HOLE.fullmatch(text)
        if whole and plain:  # a number, a word, or whole lines of YAML
            return unknown("yamldecode", [self.holes[int(whole[1])]])
        parts: list[Any] = []
        position = 0
        for match in _HOLE.finditer(text):
            parts += [text[position : match.start()], self.holes[int(match[1])]]
            position = match.end()
        return pieces([*parts, text[position:]])


def resolved(text: str) -> Any:
    """The value of a plain scalar. Raises EvalError."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _DECIMAL.match(text):
        return parse_number(text)
    based = _BASED.match(text)
    if based:
        return _based(based)
    if _NOT_FINITE.match(text):
        raise EvalError(f"yamldecode: {text} is no number that Terraform has")
    return _time(text) or normal(text)


def _based(match: re.Match[str]) -> int:
    if len(match[0]) > 1000:
        raise EvalError("a number of more than 1000 digits", "limit")
    return int(match[1], 16) if match[1] else int(match[2], 8)


def _time(text: str) -> str | None:
    """A date, or a time, as RFC 3339; None for text that is neither."""
    match = _TIME.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(g or 0) for g in match.group(1, 2, 3, 5, 6, 7))
    if bool(match[4]) != bool(match[8]):  # with a T a zone is needed, without one there is none
        return None
    try:
        moment = datetime.datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    zone = match[8] or "Z"
    return moment.isoformat() + ("Z" if zone in ("+00:00", "-00:00") else zone)


def _tagged(tag: str, text: str) -> Any:
    if tag == "null":
        return None
    if tag == "timestamp":
        time = _time(text)
        if time is not None:
            return time
    elif tag in ("int", "float", "bool"):
        value = resolved(text)
        if isinstance(value, bool) if tag == "bool" else isinstance(value, (int, Decimal)) and value is not True:
            return value
    raise EvalError(f"yamldecode: {text[:60]!r} is no {tag}")


@function("yamlencode", "nullable")
def _yamlencode(_: FunctionContext, value: Any) -> Value:
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    events: list[Any] = [yaml.StreamStartEvent(), yaml.DocumentStartEvent(explicit=False)]
    _emit(value, events)
    events += [yaml.DocumentEndEvent(explicit=False), yaml.StreamEndEvent()]
    text = str(yaml.emit(events, Dumper=dumper, width=80, allow_unicode=True))
    # PyYAML closes every open-ended document with "...", Terraform's writer only one of a plain word. Inside of a text
    # such a line would be indented.
    text = text[: -len("...\n")] if text.endswith("\n...\n") else text
    return limited(text + "...\n" if value is None or isinstance(value, (bool, int, Decimal)) else text)


def _emit(value: Any, events: list[Any]) -> None:
    import yaml

    if isinstance(value, dict):
        events.append(yaml.MappingStartEvent(None, None, implicit=True, flow_style=not value))
        for key in sorted(value):
            _emit(key, events)
            _emit(value[key], events)
        events.append(yaml.MappingEndEvent())
    elif isinstance(value, list):
        events.append(yaml.SequenceStartEvent(None, None, implicit=True, flow_style=not value))
        for element in value:
            _emit(element, events)
        events.append(yaml.SequenceEndEvent())
    elif isinstance(value, str):
        events.append(yaml.ScalarEvent(None, None, (True, True), value, style="|" if "\n" in value else '"'))
    else:
        text = "null" if value is None else str(value).lower() if isinstance(value, bool) else number_text(value)
        events.append(yaml.ScalarEvent(None, None, (True, False), text))
