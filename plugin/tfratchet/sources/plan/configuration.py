"""What a plan says about its configuration: which arguments are set, and what an unknown value refers to.

The plan has no expressions, only the references in each: ``"references": ["aws_iam_policy.x.arn", "aws_iam_policy.x"]``
(each followed by its own prefixes). So an expression can be told only where its argument leaves no choice: a
``policy_arn`` with one reference ``aws_iam_policy.x.arn`` is that reference. Everything else becomes an unknown of its
own, that names what it depends on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tfratchet.sources.plan.document import Entry, clean
from tfratchet.values import REF_CLOSE, REF_OPEN, Unknown, Value, quote

_KEYS = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|[^"\]]*)\]')
_REFERENCE = re.compile(
    r'^(?P<data>data\.)?(?P<type>[a-z][a-z0-9_]*)\.(?P<name>[\w-]+)(?P<key>\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?'
    r'(?P<path>(?:\.[\w-]+|\[(?:"(?:[^"\\]|\\.)*"|\d+)\])*)$'
)
_MODULE = re.compile(r'^module\.(?P<name>[\w-]+)(?P<key>\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?(?:\.(?P<output>[\w-]+))?')
_NAME_OF = re.compile(r"^(?P<kind>var|local|each|count|path|terraform|self)\.(?P<name>[\w-]+)")
_STEP = re.compile(r"(?:^|(?<=\.))module\.")
_STEPS = 50

# Arguments that hold the identifier of one other resource, or a list of such. (AWS provider documentation.)
_IDENTIFIERS = frozenset(
    """
    user group role users groups roles policy_arn policy_arns managed_policy_arn managed_policy_arns
    permissions_boundary user_name group_name role_name bucket s3_bucket_name target_bucket kms_key_id kms_key_arn
    kms_master_key_id target_key_id cloud_watch_logs_role_arn log_group_name log_destination_arn topic_arn alarm_actions
    ok_actions insufficient_data_actions rule arn policy_id target_id user_pool_id key_id role_arn sns_topic_name
    sns_topic_arn serial_number permission_set_arn instance_arn instance_profile
    """.split()  # noqa: SIM905 (one a line would fill a page)
)
_ATTRIBUTES = frozenset(["arn", "id", "name", "key_id", "bucket", "user", "group", "policy_arn", "user_name"])


@dataclass(frozen=True)
class Block:
    """A resource block of the configuration, and the module that it stands in."""

    module: Module
    data: Mapping[str, Any]

    @property
    def provider(self) -> str:
        """The provider's alias (``aws.audit``), or ``""`` for the default one."""
        key = clean(self.data.get("provider_config_key")).rpartition(":")[2]
        return key if "." in key else ""

    def expression(self, path: Sequence[str | int]) -> Any:
        """What the configuration says at ``path``; None when it does not set it.

        ``dynamic`` blocks are left out of the configuration in a plan.
        """
        current: Any = self.data.get("expressions")
        for step in path:
            if isinstance(current, dict):
                if not isinstance(step, int):
                    if _is_expression(current) and step not in current:
                        return current  # an attribute whose parts are not told apart
                    current = current.get(step)
                elif _is_expression(current):
                    return current
            elif isinstance(current, list):
                if isinstance(step, int):
                    # More blocks than the configuration shows: a ``dynamic`` block beside them makes the others.
                    current = current[step] if step < len(current) else {}
                else:
                    current = current[0].get(step) if current and isinstance(current[0], dict) else None
            else:
                return None
        return current

    def sets(self, path: Sequence[str | int]) -> bool:
        """Whether the configuration sets the argument at ``path``."""
        return not isinstance(self.data.get("expressions"), dict) or self.expression(path) is not None


def _is_expression(value: Mapping[str, Any]) -> bool:
    return not value or "references" in value or "constant_value" in value


@dataclass
class Module:
    """A module of the configuration; the root module has no parent."""

    data: Mapping[str, Any]
    parent: Module | None = None
    call: Mapping[str, Any] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)


class Configuration:
    """All blocks of a plan's configuration, by address."""

    def __init__(self, root: Mapping[str, Any], addresses: Collection[str]) -> None:
        """``addresses``: every instance that there will be, to find which one a reference means."""
        self.root = Module(root)
        self.known = bool(root)
        self.addresses = addresses
        self._instances: dict[str, list[str]] = {}
        for address in addresses:
            self._instances.setdefault(_KEYS.sub("", address), []).append(address)
        pending = [self.root]
        while pending:
            module = pending.pop()
            for block in _list(module.data.get("resources")):
                if isinstance(block, dict) and isinstance(block.get("address"), str):
                    module.blocks[block["address"]] = Block(module, block)
            for name, call in _dict(module.data.get("module_calls")).items():
                inner = _dict(call).get("module")
                module.modules[name] = Module(_dict(inner), module, _dict(call))
                pending.append(module.modules[name])

    def block(self, address: str) -> Block | None:
        """The block that the instance at ``address`` comes from."""
        found = self._module(_KEYS.sub("", address))
        return None if found is None else found[0].blocks.get(found[1])

    def call(self, address: str) -> Mapping[str, Any]:
        """What the configuration says of the module call at ``address``; empty when it has none."""
        found = self._module(f"{_KEYS.sub('', address)}.")
        return found[0].call if found is not None else {}

    def _module(self, path: str) -> tuple[Module, str] | None:
        """The module that ``path`` (without keys) leads into, and the rest of the path."""
        module = self.root
        while path.startswith("module."):
            name, _, path = path.removeprefix("module.").partition(".")
            if name not in module.modules:
                return None
            module = module.modules[name]
        return module, path

    def instances(self, address: str) -> list[str]:
        """Every instance of a block, by its address without keys."""
        return self._instances.get(address, [])


def module_instances(address: str) -> Iterator[str]:
    """The address of a module instance and of all that it lies in, outermost first."""
    masked = _KEYS.sub(lambda m: "_" * len(m[0]), address)
    starts = [m.start() for m in _STEP.finditer(masked)][1:]
    yield from (address[: start - 1] for start in starts)
    yield address


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def leaves(expression: Any) -> list[str]:
    """The references of an expression without the prefixes that follow each; what is always known is left out."""
    found: list[str] = []
    for reference in _list(_dict(expression).get("references")):
        if not isinstance(reference, str) or reference.startswith(("path.", "terraform.", "each.key", "count.index")):
            continue
        if not any(f.startswith(reference) and f[len(reference)] in ".[" for f in found if len(f) > len(reference)):
            found.append(clean(reference))
    return list(dict.fromkeys(found))


def resolve(configuration: Configuration, block: Block, entry: Entry, path: Sequence[str | int], own: str) -> Value:
    """An unknown value by what the configuration says at ``path`` of ``block``.

    ``own``: the canonical expression of the attribute itself, for an unknown that is nothing else.
    """
    resolver = _Resolver(configuration)
    scope = _Scope(block.module, entry.module, entry)
    found = list(resolver.all(leaves(block.expression(path)), scope))
    argument = next((p for p in reversed(path) if isinstance(p, str)), "")
    if argument in _IDENTIFIERS and found and all(f.plain for f in found):
        if len(found) == 1:
            return found[0].value if not _is_list(argument, path) else [found[0].value]
        if _is_list(argument, path):
            return [f.value for f in found]
    if argument in ("policy", "assume_role_policy", "access_policy", "inline_policy") and len(found) == 1:
        # Nobody puts the JSON of a whole document into a larger text.
        only = found[0]
        if only.attribute in ("json", "minified_json") and only.plain:
            return only.value
    names = ", ".join(dict.fromkeys(f.value.expr for f in found))
    return Unknown(f"{own} (from {names})" if names else own)


_LISTS = frozenset(["users", "groups", "roles", "policy_arns", "managed_policy_arns", "alarm_actions", "ok_actions"])


def _is_list(argument: str, path: Sequence[str | int]) -> bool:
    """Whether the argument as a whole is a list, and not one element of it."""
    return argument in _LISTS and not isinstance(path[-1], int)


@dataclass(frozen=True)
class _Scope:
    """Where a reference stands: the module's configuration, the address of its instance, whose ``each`` it is."""

    module: Module
    address: str
    entry: Entry | None = None


@dataclass(frozen=True)
class _Found:
    """What a reference comes to."""

    value: Unknown
    plain: bool
    """True when it is an identifying attribute of one resource."""
    attribute: str = ""


class _Resolver:
    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.steps = 0

    def all(self, references: Sequence[str], scope: _Scope) -> Iterator[_Found]:
        for reference in references:
            self.steps += 1
            if self.steps > _STEPS:
                yield _Found(Unknown("more values"), False)
                return
            yield from self.one(reference, scope)

    def one(self, reference: str, scope: _Scope) -> Iterator[_Found]:
        prefix = f"{scope.address}." if scope.address else ""
        match = _MODULE.match(reference)
        if match is not None:
            yield from self._output(match, scope, prefix)
            return
        match = _NAME_OF.match(reference)
        if match is not None:
            yield from self._named(match, reference, scope, prefix)
            return
        match = _REFERENCE.match(reference)
        if match is None:
            yield _Found(Unknown(f"{prefix}{reference}"), False)
            return
        block = f"{match['data'] or ''}{match['type']}.{match['name']}"
        address, attribute = f"{prefix}{block}{match['key'] or ''}", match["path"]
        if not match["key"]:
            address = self._instance(address, scope)
            if not attribute and address != f"{prefix}{block}":
                attribute = _usual_attribute(match["type"])  # x[each.key].arn is told as x alone
        value = Unknown(f"{REF_OPEN}{address}{REF_CLOSE}{attribute}")
        name = attribute.lstrip(".")
        is_document = bool(match["data"]) and name in ("json", "minified_json")
        yield _Found(value, is_document or (name in _ATTRIBUTES and address in self.configuration.addresses), name)

    def _instance(self, address: str, scope: _Scope) -> str:
        """The instance that a reference without a key means: the only one, or the one with the same key."""
        if address in self.configuration.addresses:
            return address
        tail = address[len(scope.address) :]
        every = self.configuration.instances(_KEYS.sub("", address))
        found = [f for f in every if f.startswith(scope.address) and _KEYS.sub("", f[len(scope.address) :]) == tail]
        if len(found) == 1:
            return found[0]
        key = scope.entry.key if scope.entry is not None else None
        if key is not None:
            wanted = f"{address}[{quote(key) if isinstance(key, str) else key}]"
            if wanted in self.configuration.addresses:
                return wanted
        return address

    def _named(self, match: re.Match[str], reference: str, scope: _Scope, prefix: str) -> Iterator[_Found]:
        if match["kind"] == "var":
            # Variables of the root module are always known; those of others are what the call gives them.
            if scope.module.parent is not None:
                argument = _dict(scope.module.call.get("expressions")).get(match["name"])
                yield from self.all(leaves(argument), _Scope(scope.module.parent, _outer(scope.address)))
            return
        if match["kind"] == "each" and scope.entry is not None:
            block = self.configuration.block(scope.entry.address)
            if block is not None:
                yield from self.all(leaves(block.data.get("for_each_expression")), _Scope(scope.module, scope.address))
            return
        yield _Found(Unknown(f"{prefix}{reference}"), False)

    def _output(self, match: re.Match[str], scope: _Scope, prefix: str) -> Iterator[_Found]:
        module = scope.module.modules.get(match["name"])
        address = f"{prefix}module.{match['name']}{match['key'] or ''}"
        output = _dict(_dict(module.data.get("outputs") if module else None).get(match["output"] or ""))
        found: list[_Found] = []
        if module is not None and output:
            found = list(self.all(leaves(output.get("expression")), _Scope(module, address)))
        if found:
            yield from found
        else:
            tail = f".{match['output']}" if match["output"] else ""
            yield _Found(Unknown(f"{REF_OPEN}{address}{REF_CLOSE}{tail}"), False)


def _outer(address: str) -> str:
    """The address of the module that calls the module instance at ``address``."""
    last = [m.start() for m in _STEP.finditer(_KEYS.sub(lambda m: "_" * len(m[0]), address))]
    return address[: last[-1]].rstrip(".") if last else ""


def _usual_attribute(kind: str) -> str:
    """The attribute by which others refer to a resource of this type."""
    return ".name" if kind in ("aws_iam_user", "aws_iam_group", "aws_iam_role") else ".arn"
