"""The JSON of a plan, checked: from bytes to a ``Document`` whose parts have the shape that the format promises.

The format is the one of ``terraform show -json`` ("JSON Output Format" in Terraform's and OpenTofu's documentation).
Its promise: within a major version keys are only added, so unknown keys are passed over, and another major version is
refused. What is not as promised is refused as well: a plan that is only half understood must never look clean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from tfratchet.errors import UserError

MAJORS = (0, 1)
"""Major versions of the format that are read. 0 is Terraform before 1.1, with the same keys."""

DEPTH = 100
"""No plan nests values deeper than this; what does is refused (a limit against hostile files)."""

_SHOW = "make it with `terraform plan -out=FILE` and `terraform show -json FILE`"
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource instance of a plan or state: where it stands, and its values at one time."""

    address: str
    type: str
    name: str
    managed: bool
    module: str
    key: str | int | None
    values: Mapping[str, Any] | None
    """None: not there."""
    unknown: Any = None
    """The same shape with true where a value is known only after apply."""
    sensitive: Any = None
    """The same shape with true where a value is sensitive."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is planned for one resource instance (or has drifted)."""

    before: Entry
    after: Entry
    actions: tuple[str, ...]
    reason: str = ""
    """``action_reason``, as Terraform has it."""
    previous_address: str = ""
    deposed: str = ""
    """Key of the deposed object that this is about; the others are about the current object."""

    @property
    def address(self) -> str:
        return self.after.address


@dataclass(frozen=True, slots=True)
class Document:
    """A plan."""

    label: str
    terraform_version: str
    prior: Sequence[Entry]
    """The state after the refresh, that the plan starts from; data sources too."""
    changes: Sequence[Change]
    drift: Sequence[Change] = ()
    configuration: Mapping[str, Any] = field(default_factory=dict)
    """The root module of the configuration, as written in the plan."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    """Values of the root module's variables by name."""
    problems: Sequence[str] = ()
    """Why this is not the whole plan; empty when it is."""


def decode(content: bytes, label: str) -> str:
    """The text of a file: UTF-8, or the UTF-16 that PowerShell's ``>`` writes. Raises UserError for anything else."""
    try:
        if content[:2] in _UTF16:
            return content.decode("utf-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError("is neither JSON nor a plan file", where=label, hint=_SHOW) from None


def read(text: str, label: str) -> Document:
    """The plan in ``text``. Raises UserError when it is none, is cut off, or has a format that is not known."""
    return _Reader(label).document(_parse(text, label))


def _parse(text: str, label: str) -> Any:
    if not text.strip():
        raise UserError("is empty", where=label, hint=_SHOW)
    try:
        data = json.loads(text, parse_float=_number, parse_constant=_no_constant)
    except RecursionError:
        raise UserError("is nested too deeply", where=label) from None
    except (ValueError, InvalidOperation) as error:
        if text.lstrip().startswith("{") and '"@level"' in text[:2000]:
            raise UserError("is the log of `terraform plan -json`, not a plan", where=label, hint=_SHOW) from None
        if isinstance(error, json.JSONDecodeError):
            cut = ", it seems to be cut off" if error.pos >= len(text.rstrip()) - 1 else ""
            at = f"line {error.lineno}, column {error.colno}"
            raise UserError(f"is not JSON{cut}: {error.msg} at {at}", where=label, hint=_SHOW) from None
        raise UserError(f"is not JSON: {error}", where=label, hint=_SHOW) from None
    return data


def _number(text: str) -> int | Decimal:
    number = Decimal(text)
    if abs(number.adjusted()) > 400:
        raise ValueError(f"the number {text[:20]} is out of range")
    return int(number) if number == number.to_integral_value() else number


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no value of JSON")


class _Reader:
    def __init__(self, label: str) -> None:
        self.label = label

    def wrong(self, where: str, wanted: str) -> UserError:
        return UserError(f"is no plan as the format has it: {where} is {wanted}", where=self.label)

    def document(self, data: Any) -> Document:
        if not isinstance(data, dict):
            raise UserError("is JSON, and no plan", where=self.label, hint=_SHOW)
        self._kind(data)
        configuration = self.mapping(data, "configuration")
        prior_state = self.mapping(data, "prior_state")
        if data.get("resource_changes") is None:
            # Only a plan that changes nothing (refresh-only) has none, and it plans no values either.
            planned = self.mapping(self.mapping(data, "planned_values"), "root_module", "planned_values.")
            if planned.get("resources") or planned.get("child_modules"):
                raise self.wrong("resource_changes", "not there, though values are planned")
        return Document(
            label=self.label,
            terraform_version=clean(data.get("terraform_version")),
            prior=list(self._state(self.mapping(prior_state, "values", "prior_state."), "prior_state")),
            changes=self._changes(data, "resource_changes"),
            drift=self._changes(data, "resource_drift"),
            configuration=self.mapping(configuration, "root_module", "configuration."),
            variables=self.mapping(data, "variables"),
            problems=self._problems(data),
        )

    def _kind(self, data: Mapping[str, Any]) -> None:
        version = data.get("format_version")
        if version is None and "lineage" in data and "serial" in data:
            raise UserError("is a state file, not a plan", where=self.label, hint=_SHOW)
        plan = any(key in data for key in ("planned_values", "resource_changes", "resource_drift", "configuration"))
        if version is not None and not plan:
            kind = "the JSON of a state" if "values" in data else "JSON of terraform, and no plan"
            raise UserError(f"is {kind}", where=self.label, hint=_SHOW)
        if version is None:
            kind = "the log of `terraform plan -json`" if "@level" in data else "JSON"
            raise UserError(f"is {kind}, and no plan", where=self.label, hint=_SHOW)
        match = re.fullmatch(r"(\d{1,9})\.\d{1,9}", version) if isinstance(version, str) else None
        if match is None or int(match[1]) not in MAJORS:
            shown = clean(version)[:40] if isinstance(version, str) else "of another type"
            raise UserError(
                f"could not be compared: its format version is {shown}, and only {_majors()} is known",
                where=self.label,
                hint="a newer tfratchet may know it",
            )

    def _problems(self, data: Mapping[str, Any]) -> list[str]:
        found = []
        for key, bad, text in (
            ("errored", True, "planning ended with an error, so this is only a part of a plan"),
            ("complete", False, "the plan is not complete: parts were left out (-target) or put off until later"),
        ):
            value = data.get(key)
            if value is not None and not isinstance(value, bool):
                raise self.wrong(key, "neither true nor false")
            if value is bad:
                found.append(text)
        deferred = self.sequence(data, "deferred_changes")
        if deferred:
            found.append(f"the plan puts off {len(deferred)} change(s) until later, which it does not show")
        return found

    # -- resources

    def _state(self, values: Mapping[str, Any], name: str) -> Iterator[Entry]:
        pending: list[tuple[Any, int]] = [(self.mapping(values, "root_module", f"{name}.values."), 0)]
        while pending:
            module, depth = pending.pop()
            if not isinstance(module, dict):
                raise self.wrong(f"a module of {name}", "no object")
            if depth > DEPTH:
                raise UserError("has modules nested too deeply", where=self.label)
            for resource in self.sequence(module, "resources", f"{name}: "):
                if not isinstance(resource, dict):
                    raise self.wrong(f"a resource of {name}", "no object")
                if resource.get("deposed_key") is not None or resource.get("mode") not in ("managed", "data"):
                    continue
                place = dict(resource)
                place.setdefault("module_address", module.get("address"))
                found = resource.get("values")
                if found is not None and not isinstance(found, dict):
                    raise self.wrong(f"values of {clean(resource.get('address'))}", "no object")
                yield self._entry(place, found or {}, None, resource.get("sensitive_values"), name)
            pending.extend((child, depth + 1) for child in self.sequence(module, "child_modules", f"{name}: "))

    def _changes(self, data: Mapping[str, Any], name: str) -> list[Change]:
        found = []
        for index, item in enumerate(self.sequence(data, name)):
            where = f"{name}[{index}]"
            if not isinstance(item, dict):
                raise self.wrong(where, "no object")
            if item.get("mode") not in ("managed", "data"):
                if not isinstance(item.get("mode"), str):
                    raise self.wrong(f"{where}.mode", "no text")
                continue  # ephemeral resources, and what newer versions bring: nothing that lasts
            change = item.get("change")
            if not isinstance(change, dict):
                raise self.wrong(f"{where}.change", "no object")
            actions = change.get("actions")
            if not isinstance(actions, list) or not actions or not all(isinstance(a, str) for a in actions):
                raise self.wrong(f"{where}.change.actions", "no list of actions")
            sides: list[Entry] = []
            for side in ("before", "after"):
                values = change.get(side)
                if values is not None and not isinstance(values, dict):
                    raise self.wrong(f"{where}.change.{side}", "neither an object nor null")
                unknown = change.get("after_unknown") if side == "after" else None
                if side == "after" and values is None and (unknown is True or "create" in actions):
                    values = {}  # nothing of what will be there is known
                sides.append(self._entry(item, values, unknown, change.get(f"{side}_sensitive"), where))
            if sides[1].values is None and not {"delete", "forget"} & set(actions) and sides[0].values is not None:
                raise self.wrong(f"{where}.change.after", f"null, and its actions are {', '.join(map(clean, actions))}")
            if "update" in actions and sides[0].values is None:
                raise self.wrong(f"{where}.change.before", "null in an update")
            found.append(
                Change(
                    before=sides[0],
                    after=sides[1],
                    actions=tuple(actions),
                    reason=clean(item.get("action_reason")),
                    previous_address=clean(item.get("previous_address")),
                    deposed=clean(item.get("deposed")),
                )
            )
        return found

    def _entry(self, place: Mapping[str, Any], values: Any, unknown: Any, sensitive: Any, where: str) -> Entry:
        texts = {}
        for name in ("address", "type", "name"):
            text = place.get(name)
            if not isinstance(text, str) or not text:
                raise self.wrong(f"{name} of a resource in {where}", "no text")
            texts[name] = clean(text)
        key = place.get("index")
        return Entry(
            address=texts["address"],
            type=texts["type"],
            name=texts["name"],
            managed=place.get("mode") == "managed",
            module=clean(place.get("module_address")),
            key=clean(key) if isinstance(key, str) else key if isinstance(key, int) else None,
            values=values,
            unknown=unknown,
            sensitive=sensitive,
        )

    # -- shapes

    def mapping(self, data: Mapping[str, Any], key: str, path: str = "") -> Mapping[str, Any]:
        value = data.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong(path + key, "no object")
        return value

    def sequence(self, data: Mapping[str, Any], key: str, path: str = "") -> Sequence[Any]:
        value = data.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.wrong(path + key, "no list")
        return value


def clean(value: Any) -> str:
    """A text without lone surrogates, which no report can write; ``""`` for what is no text."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else _LONE_SURROGATE.sub("\ufffd", value)


def _majors() -> str:
    return " or ".join(f"{major}.x" for major in MAJORS)
