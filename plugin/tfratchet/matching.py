"""Which resource of base is which of head: moves, renames, ``count`` and ``for_each`` refactors.

Terraform itself knows a resource by its address and by ``moved`` blocks. A reader knows more: the user ``bob`` stays
the user ``bob`` when its block is renamed or goes into a module. So a resource is matched, in this order, by the name
that it has in the account, by its address (``moved`` blocks applied), by a name that refers to other resources, as
the only instance of its block, by equal content, and as the same block in another module.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

from tfratchet.model import ModuleCall, Resource, Root
from tfratchet.values import REF_OPEN, Unknown, Value, canonical, replace_refs

# What one thing of this type is called in an account: one or more arguments. An account cannot hold two of the same
# name. (AWS API references: names of these are unique within the account, or within account and region.)
NAMED: dict[str, tuple[str, ...]] = {
    "aws_cloudtrail": ("name",),
    "aws_cloudtrail_event_data_store": ("name",),
    "aws_cloudwatch_event_rule": ("event_bus_name", "name"),
    "aws_cloudwatch_log_group": ("name",),
    "aws_cloudwatch_metric_alarm": ("alarm_name",),
    "aws_cognito_user_pool": ("name",),
    "aws_config_config_rule": ("name",),
    "aws_config_configuration_recorder": ("name",),
    "aws_iam_account_alias": ("account_alias",),
    "aws_iam_group": ("name",),
    "aws_iam_instance_profile": ("name",),
    "aws_iam_policy": ("name",),
    "aws_iam_role": ("name",),
    "aws_iam_user": ("name",),
    "aws_kms_alias": ("name",),
    "aws_organizations_policy": ("name",),
    "aws_s3_bucket": ("bucket",),
    "aws_sns_topic": ("name",),
    "aws_sqs_queue": ("name",),
    "aws_ssoadmin_permission_set": ("name",),
}

# One of these exists in an account (or region); the empty tuple stands for "the" one.
SINGLE = frozenset(
    {"aws_iam_account_password_policy", "aws_iam_organizations_features", "aws_organizations_organization"}
)

# Parts of another resource: known by what they belong to.
PARTS: dict[str, tuple[str, ...]] = {
    "aws_cloudwatch_event_target": ("rule", "target_id"),
    "aws_cloudwatch_log_metric_filter": ("log_group_name", "name"),
    "aws_config_configuration_recorder_status": ("name",),
    "aws_iam_group_membership": ("group",),
    "aws_iam_group_policy": ("group", "name"),
    "aws_iam_group_policy_attachment": ("group", "policy_arn"),
    "aws_iam_policy_attachment": ("policy_arn",),
    "aws_iam_role_policy": ("role", "name"),
    "aws_iam_role_policy_attachment": ("role", "policy_arn"),
    "aws_iam_user_group_membership": ("user",),
    "aws_iam_user_login_profile": ("user",),
    "aws_iam_user_policy": ("user", "name"),
    "aws_iam_user_policy_attachment": ("user", "policy_arn"),
    "aws_organizations_policy_attachment": ("policy_id", "target_id"),
    "aws_s3_bucket_acl": ("bucket",),
    "aws_s3_bucket_lifecycle_configuration": ("bucket",),
    "aws_s3_bucket_logging": ("bucket",),
    "aws_s3_bucket_object_lock_configuration": ("bucket",),
    "aws_s3_bucket_ownership_controls": ("bucket",),
    "aws_s3_bucket_policy": ("bucket",),
    "aws_s3_bucket_public_access_block": ("bucket",),
    "aws_s3_bucket_server_side_encryption_configuration": ("bucket",),
    "aws_s3_bucket_versioning": ("bucket",),
    "aws_sns_topic_policy": ("arn",),
    "aws_sns_topic_subscription": ("topic_arn", "protocol", "endpoint"),
    "aws_ssoadmin_customer_managed_policy_attachment": ("permission_set_arn", "customer_managed_policy_reference"),
    "aws_ssoadmin_managed_policy_attachment": ("permission_set_arn", "managed_policy_arn"),
    "aws_ssoadmin_permission_set_inline_policy": ("permission_set_arn",),
    "aws_ssoadmin_permissions_boundary_attachment": ("permission_set_arn",),
}

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]]|[^"\[\]]+|"')
_MODULES = re.compile(r"^(?:module\.[^.]+\.)+")
_MAX_MOVES = 50
_MAX_ROUNDS = 5


def without_keys(address: str) -> str:
    """An address without instance keys: the block that it comes from. Keys may hold brackets of their own."""
    if "[" not in address:
        return address
    depth = 0
    kept: list[str] = []
    for piece in _PIECE.findall(address):
        if piece == "]":
            depth = max(0, depth - 1)
        elif piece == "[":
            depth += 1
        elif depth == 0:
            kept.append(piece)
    return "".join(kept)


def without_module(address: str) -> str:
    """The block that an address comes from, without the path of its module."""
    return _MODULES.sub("", without_keys(address))


def covers(pattern: str, address: str) -> str | None:
    """What follows ``pattern`` in ``address``, when ``pattern`` (a resource or a module, perhaps without instance key)
    names it or something in it; else None.
    """
    if not address.startswith(pattern):
        return None
    tail = address[len(pattern) :]
    return tail if tail == "" or tail[0] in ".[" else None


class Matching:
    """Which resource of base is which of head, and one name ("identity") for both."""

    def __init__(self, base: Root, head: Root) -> None:
        self.base = base
        self.head = head
        self._head_of: dict[str, str] = {}
        self._base_of: dict[str, str] = {}
        self._tokens: dict[tuple[bool, str], str] = {}
        self._calls_to_head: dict[str, str] = {}
        self._calls_to_base: dict[str, str] = {}
        self._named_base = _by_natural_name(base)
        self._named_head = _by_natural_name(head)
        self._match_calls()
        self._match_resources()
        self._tokens.clear()

    # -- answers ----------------------------------------------------------------------------------------------

    def head_for(self, resource: Resource) -> Resource | None:
        """The resource of head that ``resource`` of base has become; None when it is gone."""
        address = self._head_of.get(resource.address)
        return None if address is None else self.head.resources[address]

    def base_for(self, resource: Resource) -> Resource | None:
        """The resource of base that ``resource`` of head was; None when it is new."""
        address = self._base_of.get(resource.address)
        return None if address is None else self.base.resources[address]

    def pairs(self, *types: str) -> Iterator[tuple[Resource, Resource]]:
        """Managed resources of these types (all when none is given) that stay, in order of base's address."""
        for resource in self.base.managed(*types):
            other = self.head_for(resource)
            if other is not None:
                yield resource, other

    def call_for(self, call: ModuleCall) -> ModuleCall | None:
        """The module call of head that ``call`` of base has become; None when it is gone."""
        address = self._calls_to_head.get(call.address)
        return None if address is None else self.head.calls[address]

    def base_call_for(self, call: ModuleCall) -> ModuleCall | None:
        """The module call of base that ``call`` of head was; None when it is new."""
        address = self._calls_to_base.get(call.address)
        return None if address is None else self.base.calls[address]

    def same(self, base_value: Value, head_value: Value) -> bool:
        """True when a value of base and a value of head are equal but for the renames of what they refer to."""
        return self.text_of_base(base_value) == self.text_of_head(head_value)

    def text_of_base(self, value: Value) -> str:
        """The canonical text of a value of base, in which every address is replaced by its identity."""
        return canonical(replace_refs(value, self.identity_of_base))

    def text_of_head(self, value: Value) -> str:
        """The canonical text of a value of head, in which every address is replaced by its identity."""
        return canonical(replace_refs(value, self.identity_of_head))

    def identity_of_base(self, address: str) -> str:
        """One name for a resource, data source or module of base: equal to that of its counterpart in head."""
        return self._identity(address, of_head=False)

    def identity_of_head(self, address: str) -> str:
        """One name for a resource, data source or module of head: that of its counterpart in base, if it has one."""
        return self._identity(address, of_head=True)

    def moved_to(self, address: str) -> str:
        """Where the ``moved`` blocks of head take an address of base (itself when they do not name it)."""
        seen = {address}
        for _ in range(_MAX_MOVES):
            for block in self.head.moved:
                tail = covers(block.source, address)
                # With a key on either side the block speaks of one instance: ``x`` is then the one without a key.
                if tail is not None and not (tail.startswith("[") and block.target.endswith("]")):
                    target = block.target + tail
                    break
            else:
                return address
            if target in seen:
                return target
            seen.add(target)
            address = target
        return address

    def declared_move(self, base: Resource, head: Resource) -> bool:
        """True when Terraform keeps the object: same address, ``moved``, or the implied move ``x[0]`` to ``x``."""
        target = self.moved_to(base.address)
        if target == head.address:
            return True
        # Terraform moves between ``x`` and ``x[0]`` by itself when ``count`` comes or goes, modules included.
        return _zero_key(target) == _zero_key(head.address)

    # -- identities -------------------------------------------------------------------------------------------

    def _identity(self, address: str, of_head: bool) -> str:
        token = self._tokens.get((of_head, address))
        if token is None:
            self._tokens[(of_head, address)] = address  # a circle of references ends here
            token = self._name_of(address, of_head)
            self._tokens[(of_head, address)] = token
        return token

    def _name_of(self, address: str, of_head: bool) -> str:
        root = self.head if of_head else self.base
        resource = root.resources.get(address)
        if resource is None:
            if of_head:
                return self._through_calls(address)
            return address
        if not resource.managed:
            return self._data_name(resource, of_head)
        name = natural_name(resource)
        if not of_head:
            # The same name twice (in two accounts) does not tell which.
            return name if name is not None and len(self._named_base[name]) == 1 else address
        partner = self._base_of.get(address)
        if partner is not None:
            return self.identity_of_base(partner)
        if name is None or len(self._named_head[name]) > 1:
            return address + " (new)" if address in self.base.resources else address
        return name + " (new)" if any(a in self._head_of for a in self._named_base.get(name, ())) else name

    def _through_calls(self, address: str) -> str:
        """An address of head that names no resource: an output of an opaque module, or something that is not there."""
        for call, other in self._calls_to_base.items():
            tail = covers(call, address)
            if tail is not None and call != other:
                return other + tail
        return address

    def _data_name(self, resource: Resource, of_head: bool) -> str:
        """Data sources with equal arguments read the same thing, whatever they are called."""
        rename = self.identity_of_head if of_head else self.identity_of_base
        text = canonical(replace_refs(dict(resource.values), rename))
        return f"data.{resource.type}{text}" + (f"@{resource.provider}" if resource.provider else "")

    # -- matching ---------------------------------------------------------------------------------------------

    def _match_calls(self) -> None:
        for address in self.base.calls:
            target = self.moved_to(address)
            if target in self.head.calls:
                self._calls_to_head[address] = target
        rest = [a for a in self.base.calls if a not in self._calls_to_head]
        taken = set(self._calls_to_head.values())
        free = [a for a in self.head.calls if a not in taken]
        for base, head in _unique_pairs(rest, free, self._call_key(self.base), self._call_key(self.head)):
            self._calls_to_head[base] = head
        self._calls_to_base = {h: b for b, h in self._calls_to_head.items()}

    @staticmethod
    def _call_key(root: Root) -> Callable[[str], Hashable]:
        def key(address: str) -> Hashable:
            call = root.calls[address]
            return (call.source, canonical(dict(call.arguments)))

        return key

    def _match_resources(self) -> None:
        def free(root: Root, taken: dict[str, str]) -> list[Resource]:
            return [r for a, r in root.resources.items() if a not in taken and r.managed]

        def unique(key: Callable[[Resource, bool], Hashable | None]) -> int:
            before = len(self._head_of)
            left, right = free(self.base, self._head_of), free(self.head, self._base_of)
            if left and right:
                for b, h in _unique_pairs(left, right, lambda r: key(r, False), lambda r: key(r, True)):
                    self._pair(b.address, h.address)
            return len(self._head_of) - before

        unique(self._account_name)
        unique(lambda r, of_head: (k, r.provider) if (k := self._account_name(r, of_head)) is not None else None)
        # Part names before addresses: a list that is counted through may have been re-indexed.
        unique(self._part_name)
        self._match_addresses(free)
        for _ in range(_MAX_ROUNDS):
            self._tokens.clear()
            found = unique(self._account_name)
            found += unique(self._part_name)
            found += unique(self._block)
            found += unique(self._content)
            if not found:
                break
        self._tokens.clear()
        unique(self._other_module)

    def _pair(self, base: str, head: str) -> None:
        self._head_of[base] = head
        self._base_of[head] = base

    def _match_addresses(self, free: Callable[[Root, dict[str, str]], list[Resource]]) -> None:
        sources: dict[str, str] = {}
        for resource in free(self.base, self._head_of):
            sources.setdefault(self.moved_to(resource.address), resource.address)
        zero: dict[str, list[str]] = defaultdict(list)
        for target, source in sources.items():
            zero[_zero_key(target)].append(source)
        left_over: list[Resource] = []
        for resource in free(self.head, self._base_of):
            if resource.address in sources:
                self._pair(sources[resource.address], resource.address)
            else:
                left_over.append(resource)
        # Terraform itself moves between ``x`` and ``x[0]`` when ``count`` comes or goes.
        for resource in left_over:
            candidates = [s for s in zero.get(_zero_key(resource.address), []) if s not in self._head_of]
            if len(candidates) == 1:
                self._pair(candidates[0], resource.address)

    def _account_name(self, resource: Resource, of_head: bool) -> Hashable | None:
        if resource.type in SINGLE:
            return (resource.type, resource.provider)
        names = NAMED.get(resource.type)
        if names is None or resource.symbolic:
            return None
        return self._arguments(resource, names, of_head)

    def _part_name(self, resource: Resource, of_head: bool) -> Hashable | None:
        names = PARTS.get(resource.type)
        return None if names is None else self._arguments(resource, names, of_head)

    def _arguments(self, resource: Resource, names: Iterable[str], of_head: bool) -> Hashable | None:
        rename = self.identity_of_head if of_head else self.identity_of_base
        values = [replace_refs(resource.values.get(n), rename) for n in names]
        # A name that nothing is known of but that it is this resource's own would match anything.
        if all(v is None or (isinstance(v, Unknown) and f"{REF_OPEN}{resource.address}" in v.expr) for v in values):
            return None
        return (resource.type, *(canonical(v) for v in values))

    def _block(self, resource: Resource, of_head: bool) -> Hashable | None:
        """The only instance of its block. What has a name of its own, or belongs to another thing, is another."""
        if natural_name(resource) is not None:
            return None
        return (resource.type, without_keys(resource.address), self._owner(resource, of_head))

    def _owner(self, resource: Resource, of_head: bool) -> str:
        parts = PARTS.get(resource.type)
        if parts is None:
            return ""
        rename = self.identity_of_head if of_head else self.identity_of_base
        return canonical(replace_refs(resource.values.get(parts[0]), rename))

    def _content(self, resource: Resource, of_head: bool) -> Hashable:
        rename = self.identity_of_head if of_head else self.identity_of_base
        return (resource.type, resource.symbolic, canonical(replace_refs(dict(resource.values), rename)))

    def _other_module(self, resource: Resource, of_head: bool) -> Hashable | None:
        """The same block in another module. Names that differ on both sides are different things."""
        if natural_name(resource) is not None:
            return None
        return (resource.type, resource.name, str(resource.key), self._owner(resource, of_head))


def natural_name(resource: Resource) -> str | None:
    """What the resource is called in its account (``aws_iam_user:bob``), or None when that is not known."""
    names = NAMED.get(resource.type)
    if names is None:
        return None
    values = [resource.values.get(n) for n in names]
    if not isinstance(values[-1], str) or not all(v is None or isinstance(v, str) for v in values):
        return None
    return f"{resource.type}:" + "/".join(str(v) for v in values if v is not None)


def _by_natural_name(root: Root) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for address, resource in root.resources.items():
        name = natural_name(resource) if resource.managed else None
        if name is not None:
            found[name].append(address)
    return found


def _zero_key(address: str) -> str:
    return address.replace("[0]", "")


_T = TypeVar("_T")


def _unique_pairs(
    left: Iterable[_T],
    right: Iterable[_T],
    left_key: Callable[[_T], Hashable | None],
    right_key: Callable[[_T], Hashable | None],
) -> Iterator[tuple[_T, _T]]:
    """Pairs with equal keys, where the key occurs once on each side. A key of None matches nothing."""
    sides: list[dict[Hashable, list[_T]]] = []
    for elements, key in ((left, left_key), (right, right_key)):
        grouped: dict[Hashable, list[_T]] = defaultdict(list)
        for element in elements:
            k = key(element)
            if k is not None:
                grouped[k].append(element)
        sides.append(grouped)
    for k, found in sides[0].items():
        other = sides[1].get(k, [])
        if len(found) == 1 and len(other) == 1:
            yield found[0], other[0]
