"""Instances of resources, data sources and module calls: ``count``, ``for_each``, and the attributes of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tfratchet.hcl import collections as coll
from tfratchet.hcl.computed import computed_attribute
from tfratchet.hcl.convert import EvalError
from tfratchet.hcl.expressions import compiled
from tfratchet.hcl.scope import Lazy, LimitError, Scope
from tfratchet.hcl.syntax import Attribute, Block, Body
from tfratchet.model import Location
from tfratchet.values import (
    REF_CLOSE,
    REF_OPEN,
    REST_KEY,
    Choice,
    Entries,
    Rest,
    Unknown,
    Value,
    canonical,
    display,
    quote,
)

if TYPE_CHECKING:
    from tfratchet.hcl.evaluate import ModuleInstance

Build = Callable[[Any, dict[str, Any], str, "Unknown | None"], Any]


def reference(address: str) -> str:
    """An address as it stands in a canonical expression."""
    return f"{REF_OPEN}{address}{REF_CLOSE}"


class Collection(Lazy):
    """All instances of one ``resource``, ``data`` or ``module`` block.

    ``single`` is set when the block has neither ``count`` nor ``for_each``; ``counted`` tells which of the two it has.
    ``items`` are (key, instance, condition): ``condition`` is the unknown that decides whether it exists.
    """

    __slots__ = ("_by_key", "address", "counted", "items", "single")

    def __init__(self, address: str, items: list[tuple[Any, Any, Unknown | None]], counted: bool, single: Any) -> None:
        super().__init__(reference(address))
        self.address = address
        self.items = items
        self.counted = counted
        self.single = single
        self._by_key: dict[str, Any] | None = None

    def __iter__(self) -> Iterator[Any]:
        return (instance for _, instance, _ in self.items)

    def attribute(self, name: str) -> Value:
        if self.counted:
            # Terraform 0.11 let ``count`` resources be used without an index.
            if len(self.items) == 1:
                found: Value = self.items[0][1].attribute(name)
                return found
            raise EvalError(f"{self.address} has {len(self.items)} instances; an index is needed")
        return self.index(name)

    def index(self, key: Value) -> Value:
        if self._by_key is None:
            # ``count`` instances are found by "0" as well as by 0.
            self._by_key = {str(k): i for k, i, _ in self.items if isinstance(k, (str, int))}
            self._by_key.update({canonical(k): i for k, i, _ in self.items})
        wanted = canonical(key)
        if wanted in self._by_key:
            return self._by_key[wanted]
        if isinstance(key, str) and key in self._by_key:
            return self._by_key[key]
        if isinstance(key, Unknown) or any(isinstance(k, Unknown) for k, _, _ in self.items):
            if self.counted and key == 0 and len(self.items) == 1:
                return self.items[0][1]
            return Unknown(f"{self.expr}[{wanted}]")
        raise EvalError(f"{self.address} has no instance {display(key)}")

    def materialise(self) -> Value:
        if self.counted:
            return [i if c is None else Rest(i, c) for _, i, c in self.items]
        whole: dict[str, Any] = {k: i for k, i, c in self.items if isinstance(k, str) and c is None}
        open_ones = [(k, i, c) for k, i, c in self.items if c is not None or isinstance(k, Unknown)]
        if open_ones:
            whole[REST_KEY] = Entries(self.expr, {canonical(k): i for k, i, _ in open_ones}, open_ones)
        return whole


def expand(module: ModuleInstance, block: Block, address: str, build: Build) -> Collection:
    """The instances of a block by its ``count`` or ``for_each``."""
    attributes = block.body.attributes
    if "for_each" in attributes:
        return _for_each(module, attributes["for_each"], address, build)
    if "count" in attributes:
        return _count(module, attributes["count"], address, build)
    single = build(None, {}, address, None)
    module.budget.take_instances(1, address)
    return Collection(address, [(None, single, None)], False, single)


def _count(module: ModuleInstance, attribute: Attribute, address: str, build: Build) -> Collection:
    value = compiled(attribute).evaluate(module.scope)
    where = Location(attribute.file.path, attribute.line)
    low, high, condition = _count_range(value)
    if high is not None:
        try:
            module.budget.take_instances(high, address)
        except LimitError as error:
            module.report(error, where)
            low, high, condition = 0, None, Unknown(f"count({canonical(value)})")
    if high is None:
        key = Unknown(f"count.index({condition.expr if condition else ''})")
        instance = build(None, {"count": {"index": key}}, f"{address}[*]", condition)
        return Collection(address, [(key, instance, condition)], True, None)
    items: list[tuple[Any, Any, Unknown | None]] = []
    for index in range(high):
        depends = None if index < low else condition
        names = {"count": {"index": index}}
        items.append((index, build(index, names, f"{address}[{index}]", depends), depends))
    return Collection(address, items, True, None)


def _count_range(value: Any) -> tuple[int, int | None, Unknown | None]:
    """How many instances there are at least and at most (None: not known), and what that depends on."""
    if isinstance(value, str) and value.strip().isdigit():
        value = int(value)
    if isinstance(value, (bool, int)):
        return max(0, int(value)), max(0, int(value)), None
    if isinstance(value, Choice):
        low_a, high_a, _ = _count_range(value.if_true)
        low_b, high_b, _ = _count_range(value.if_false)
        high = None if high_a is None or high_b is None else max(high_a, high_b)
        return min(low_a, low_b), high, value
    unknown = value if isinstance(value, Unknown) else Unknown(f"count({canonical(value)})")
    return 0, None, unknown


def _for_each(module: ModuleInstance, attribute: Attribute, address: str, build: Build) -> Collection:
    value = compiled(attribute).evaluate(module.scope)
    where = Location(attribute.file.path, attribute.line)
    items: list[tuple[Any, Any, Unknown | None]] = []
    try:
        found = list(_each(value))
        module.budget.take_instances(len(found), address)
    except EvalError as error:
        module.report(error, where)
        unknown = Unknown(canonical(value))
        found = [coll.Element(Unknown(f"each.key({unknown.expr})"), Unknown(f"each.value({unknown.expr})"), unknown)]
    unknown_keys = sum(isinstance(e.key, Unknown) for e in found)
    for element in found:
        names = {"each": {"key": element.key, "value": element.value}}
        key = element.key
        label = quote(key) if isinstance(key, str) else "*" if unknown_keys == 1 else display(key, 60)
        condition = element.of if not isinstance(key, Unknown) or element.of is not None else key
        items.append((key, build(key, names, f"{address}[{label}]", condition), condition))
    return Collection(address, items, False, None)


def _each(value: Any) -> Iterator[coll.Element]:
    """Elements as ``for_each`` sees them: the key of a list element (which Terraform refuses) is its value."""
    for element in coll.elements(value):
        if isinstance(element.key, int) or (isinstance(element.key, Unknown) and element.key.expr.startswith("index(")):
            yield coll.Element(element.value, element.value, element.of)
        else:
            yield element


class Instance(Lazy):
    """One instance of a resource or data source. Attributes are evaluated when asked for, each at most once."""

    __slots__ = ("address", "block", "condition", "key", "module", "scope", "values")

    def __init__(
        self, module: ModuleInstance, block: Block, address: str, scope: Scope, key: Any, condition: Unknown | None
    ) -> None:
        super().__init__(reference(address))
        self.module = module
        self.block = block
        self.address = address
        self.scope = scope
        self.key = key
        self.condition = condition
        self.values: dict[str, Any] = {}

    @property
    def type(self) -> str:
        """The resource type."""
        return self.block.labels[0]

    @property
    def managed(self) -> bool:
        """False for a data source."""
        return self.block.type == "resource"

    def attribute(self, name: str) -> Value:
        value = self.argument(name)
        return computed_attribute(self, name) if value is None else value

    def argument(self, name: str) -> Value:
        """The value of an argument or the nested blocks of a type, as configured; None when it is not set."""
        if name not in self.values:
            self.values[name] = Unknown(f"{self.expr}.{name}")  # what a reference to itself sees
            self.values[name] = self._argument(name)
        found: Value = self.values[name]
        return found

    def _argument(self, name: str) -> Value:
        attribute = self.block.body.attributes.get(name)
        if attribute is not None:
            return guarded(attribute, self.scope)
        blocks = nested_blocks(self.block.body, self.scope, name)
        return blocks or None


def guarded(attribute: Attribute, scope: Scope) -> Any:
    """The value of an attribute; an expression that is nested too deep is a reported unknown."""
    try:
        return compiled(attribute).evaluate(scope)
    except (EvalError, RecursionError) as error:
        problem = error if isinstance(error, EvalError) else LimitError("the evaluation is nested too deep")
        scope.module.report(problem, Location(attribute.file.path, attribute.line))
        return Unknown(" ".join(attribute.file.text(attribute.node)[:200].split()))


def nested_blocks(body: Body, scope: Scope, name: str) -> list[Any]:
    """The nested blocks called ``name``, ``dynamic`` ones expanded, each as a dict."""
    found: list[Any] = []
    for block in body.blocks:
        if block.type == name:
            found.append(block_value(block.body, scope))
        elif block.type == "dynamic" and block.labels == (name,):
            found.extend(_dynamic(block, scope))
    return found


def block_value(body: Body, scope: Scope) -> dict[str, Any]:
    """A nested block as a dict: arguments that are set, and its own nested blocks as lists."""
    value: dict[str, Any] = {}
    for name, attribute in body.attributes.items():
        member = guarded(attribute, scope)
        if member is not None:
            value[name] = member
    for name in block_names(body):
        value[name] = nested_blocks(body, scope, name)
    return value


def block_names(body: Body) -> list[str]:
    """Types of the nested blocks, in order of appearance."""
    names: dict[str, None] = {}
    for block in body.blocks:
        if block.type == "dynamic" and block.labels:
            names.setdefault(block.labels[0])
        elif block.type != "dynamic":
            names.setdefault(block.type)
    return list(names)


def _dynamic(block: Block, scope: Scope) -> Iterator[Any]:
    """The blocks that a ``dynamic`` block stands for; a ``Rest`` for those whose number is not known."""
    source = block.body.attributes.get("for_each")
    content = next(block.body.of_type("content"), None)
    if source is None or content is None:
        return
    iterator = block.body.attributes.get("iterator")
    name = iterator.file.text(iterator.node).strip() if iterator else block.labels[0]
    where = Location(block.file.path, block.line)
    try:
        elements = list(coll.elements(guarded(source, scope)))
        scope.module.budget.step(len(elements))
    except EvalError as error:
        scope.module.report(error, where)
        unknown = Unknown(" ".join(source.file.text(source.node)[:200].split()))
        elements = [coll.Element(Unknown(f"keys({unknown.expr})[*]"), Unknown(f"{unknown.expr}[*]"), unknown)]
    for element in elements:
        inner = scope.with_names({name: {"key": element.key, "value": element.value}})
        value = block_value(content.body, inner)
        yield value if element.of is None else Rest(value, element.of)
