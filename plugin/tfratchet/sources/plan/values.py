"""From the JSON of a plan to ``Value``: unknown values keep a canonical expression, sensitive ones lose their text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tfratchet.errors import UserError
from tfratchet.sources.plan.configuration import Block, Configuration, resolve
from tfratchet.sources.plan.document import DEPTH, Entry, clean
from tfratchet.values import REF_CLOSE, REF_OPEN, REST_KEY, Unknown, Value, canonical

ABSENT = object()
"""An argument that is not set."""

# What a provider computes and nobody can configure: a configuration that is read from its files does not have it either
# ("Attribute Reference" of the resources in the AWS provider's documentation).
_COMPUTED = frozenset(["arn", "id", "unique_id", "tags_all", "create_date", "owner_id", "home_region"])
_COMPUTED_OF = {
    "aws_iam_policy": frozenset(["policy_id", "attachment_count"]),
    "aws_kms_key": frozenset(["key_id"]),
    "aws_s3_bucket": frozenset(
        ["bucket_domain_name", "bucket_regional_domain_name", "hosted_zone_id", "region", "website_domain"]
    ),
    "aws_iam_user_login_profile": frozenset(["encrypted_password", "key_fingerprint", "password"]),
}
_ARGUMENTS = {("aws_cloudwatch_event_target", "arn")}


# Nested blocks that the provider fills in when nobody configures them.
_COMPUTED_BLOCKS = {"aws_iam_role": ("inline_policy",), "aws_s3_bucket": ()}


def nested_blocks(entries: Iterable[Entry]) -> dict[str, frozenset[str]]:
    """The names of nested blocks by type of resource, learned from those that are known. Without those that the
    provider computes: of these nothing is known when they are not configured, and nobody asked for it.
    """
    found: dict[str, set[str]] = {}
    for entry in entries:
        names = found.setdefault(entry.type, set())
        names.update(n for n, v in (entry.values or {}).items() if n not in names and is_blocks(v))
    for kind, names in found.items():
        if kind in _COMPUTED_BLOCKS:
            names.difference_update(_COMPUTED_BLOCKS[kind] or tuple(names))
    return {kind: frozenset(names) for kind, names in found.items()}


def is_computed(kind: str, name: str) -> bool:
    """Whether an attribute of a managed resource of this type can only be computed."""
    return (name in _COMPUTED and (kind, name) not in _ARGUMENTS) or name in _COMPUTED_OF.get(kind, ())


class Masks:
    """Stands in for sensitive values: two that are equal have equal stand-ins, and nothing of them can be read.

    A value is named after the place where it was met first, so that the name is the same in every run. Use one object
    for all that is compared.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._count: dict[str, int] = {}

    def mask(self, value: Any, place: str) -> Unknown:
        """The stand-in of ``value``, met at ``place`` (``aws_iam_policy.x.policy``)."""
        text = canonical(_plain(value))
        name = self._names.get(text)
        if name is None:
            number = self._count[place] = self._count.get(place, 0) + 1
            what = "another sensitive value" if number > 1 else "sensitive value"
            more = f" ({number})" if number > 2 else ""
            name = self._names[text] = f"({what} of {place}{more})"
        return Unknown(name)


def _plain(value: Any) -> Value:
    """A JSON value as it is, for telling whether two are equal."""
    if isinstance(value, dict):
        return {clean(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return clean(value) if isinstance(value, str) else value


class Converter:
    """Converts the values of the entries of one plan."""

    def __init__(
        self, label: str, masks: Masks, configuration: Configuration, blocks: Mapping[str, frozenset[str]] | None = None
    ) -> None:
        """``blocks``: names of nested blocks by type of resource, as far as they are known."""
        self.label = label
        self.masks = masks
        self.configuration = configuration
        self.blocks = blocks or {}
        self.unknown = 0
        """How many values that the configuration sets were not known so far."""

    def values(self, entry: Entry, block: Block | None) -> dict[str, Value]:
        """The arguments of a resource that are set.

        ``block``: what the configuration says of it, or None when it has none (a resource that is only in the state).
        An attribute that is known only after apply and that the configuration does not set is left out: nobody asked
        for it, as with an attribute that a configuration read from its files does not have.
        """
        found: dict[str, Value] = {}
        unknown, sensitive = entry.unknown, entry.sensitive
        names = dict.fromkeys(entry.values or {})
        if isinstance(unknown, dict):
            names |= dict.fromkeys(unknown)
        for name in names:
            if entry.managed and is_computed(entry.type, name):
                continue
            given = (entry.values or {}).get(name)
            # The configuration in a plan leaves ``dynamic`` blocks out: what they make is set all the same.
            dynamic = is_blocks(given) or name in self.blocks.get(entry.type, ())
            value = self._convert(
                given,
                _part(unknown, name),
                _part(sensitive, name),
                _Place(
                    self.configuration, entry, None if dynamic and block and not block.sets((name,)) else block, (name,)
                ),
            )
            if value is not ABSENT:
                found[clean(name)] = value
        return found

    def _convert(self, value: Any, unknown: Any, sensitive: Any, place: _Place) -> Any:
        if len(place.path) > DEPTH:
            raise UserError(f"{place.entry.address} is nested too deeply", where=self.label)
        if unknown is True:
            if not place.configured():
                return ABSENT
            self.unknown += 1
            return place.secret() if _any(sensitive) else place.unknown()
        if sensitive is True:
            if _any(unknown):
                return place.secret()
            return ABSENT if value is None or value == "" else self.masks.mask(value, place.name)
        if isinstance(value, dict) or (value is None and isinstance(unknown, dict)):
            return self._mapping(value or {}, unknown, sensitive, place)
        if isinstance(value, list) or (value is None and isinstance(unknown, list) and unknown):
            return self._list(value or [], unknown, sensitive, place)
        if value is None or value == "":
            # The provider's SDK has no difference between an empty text and an argument that is not set.
            return ABSENT
        if isinstance(value, str):
            return clean(value)
        return value

    def _mapping(self, value: Mapping[str, Any], unknown: Any, sensitive: Any, place: _Place) -> dict[str, Value]:
        found = {}
        keys = dict.fromkeys(value)
        if isinstance(unknown, dict):
            keys |= dict.fromkeys(unknown)
        for key in keys:
            inner = self._convert(value.get(key), _part(unknown, key), _part(sensitive, key), place.at(key))
            if inner is not ABSENT:
                # A key of this name would be taken for entries that are not known.
                found[clean(key) if key != REST_KEY else "\ufffdrest"] = inner
        return found

    def _list(self, value: list[Any], unknown: Any, sensitive: Any, place: _Place) -> list[Any]:
        found = []
        for index in range(max(len(value), len(unknown) if isinstance(unknown, list) else 0)):
            element = value[index] if index < len(value) else None
            inner = self._convert(element, _element(unknown, index), _element(sensitive, index), place.at(index))
            found.append(None if inner is ABSENT else inner)
        # null in a list that is no block: "", or an element that is not known and that the configuration does not show
        return [e for e in found if e is not None]


class _Place:
    """Where in a resource a value stands."""

    __slots__ = ("block", "configuration", "entry", "path")

    def __init__(
        self, configuration: Configuration, entry: Entry, block: Block | None, path: tuple[str | int, ...]
    ) -> None:
        self.configuration = configuration
        self.entry = entry
        self.block = block
        self.path = path

    def at(self, step: str | int) -> _Place:
        return _Place(self.configuration, self.entry, self.block, (*self.path, step))

    @property
    def name(self) -> str:
        return self.entry.address + "".join(f"[{p}]" if isinstance(p, int) else f".{clean(p)}" for p in self.path)

    def configured(self) -> bool:
        """Whether the configuration sets this; where there is no configuration of it, it may."""
        return self.block is None or self.block.sets(self.path)

    def secret(self) -> Unknown:
        """A sensitive value that is not known yet: nothing may put in what the files say of it."""
        return Unknown(f"(sensitive value of {self.name}, known after apply)")

    def unknown(self) -> Value:
        """The unknown value here, by the expression that the configuration gives it."""
        own = f"{REF_OPEN}{self.entry.address}{REF_CLOSE}" + "".join(f".{clean(str(p))}" for p in self.path)
        if self.block is None:
            return Unknown(own)
        return resolve(self.configuration, self.block, self.entry, self.path, own)


def is_blocks(value: Any) -> bool:
    """Whether a value is that of nested blocks."""
    return isinstance(value, list) and any(isinstance(v, dict) for v in value)


def _part(tree: Any, key: str) -> Any:
    """The part of a tree of marks (unknown, sensitive) at ``key``."""
    return True if tree is True else tree.get(key) if isinstance(tree, dict) else None


def _element(tree: Any, index: int) -> Any:
    return True if tree is True else tree[index] if isinstance(tree, list) and index < len(tree) else None


def _any(tree: Any) -> bool:
    """Whether anything in a tree of marks is marked."""
    if isinstance(tree, dict):
        return any(_any(v) for v in tree.values())
    return any(map(_any, tree)) if isinstance(tree, list) else tree is True
