"""What root modules declare of an account, in the words of the account: names of principals, policies by name."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tfratchet.account.drift.known import fill, of_account
from tfratchet.account.drift.source import IN_STATE
from tfratchet.iam.documents import Document, parse_document
from tfratchet.iam.entitlements import INLINE, MODULE, Entitlements, Holding
from tfratchet.iam.managed import table
from tfratchet.iam.principals import IAM_TYPES, Policy, Principal
from tfratchet.model import Location, Problem, Resource, Root, Severity
from tfratchet.values import JsonText, Template, Unknown, Value, display, is_known

_POLICY_ARN = re.compile(r"^arn:[^:]*:iam::([^:]*):policy/(.+)$", re.DOTALL)

Key = tuple[str, str]
"""A managed policy: (``aws``, path and name) or (``own``, name; unique in an account whatever its path)."""


def key_of(arn: str) -> Key:
    """The key of a live policy."""
    match = _POLICY_ARN.match(arn)
    if match is None:
        return ("own", arn)
    return ("aws", match[2]) if match[1] == "aws" else ("own", match[2].rpartition("/")[2])


def arn_of(key: Key, account: str, partition: str, live: Iterable[str] = ()) -> str:
    """The ARN of a policy; a customer's own is looked for among the ``live`` ones, as its path is not in the key."""
    if key[0] == "aws":
        return f"arn:{partition}:iam::aws:policy/{key[1]}"
    return next((a for a in live if key_of(a) == key), f"arn:{partition}:iam::{account}:policy/{key[1]}")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as far as it is known."""

    label: str
    text: str | None = None
    """None: not known."""
    pattern: re.Pattern[str] | None = None
    """Of a partly known name."""

    def may_be(self, live: str) -> bool:
        """Whether this can be the thing called ``live``."""
        if self.text is not None:
            return self.text == live
        return self.pattern is None or self.pattern.fullmatch(live) is not None


def name_of(value: Value, label: str) -> Name:
    """The name that an argument gives."""
    if isinstance(value, str) and value:
        return Name(value, value)
    if isinstance(value, Template):
        pattern = "".join(re.escape(p) if isinstance(p, str) else ".*" for p in value.parts)
        return Name(label, None, re.compile(pattern, re.DOTALL))
    return Name(label)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is declared."""

    root: str
    address: str
    location: Location | None
    depends: tuple[str, ...] = ()
    """What its being there hangs on."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as declared."""

    rule: str
    address: str
    """ARN."""
    message: str
    required: str
    live: str
    place: Place | None = None
    """Where it is declared; None: nowhere."""
    severity: Severity | None = None
    depends: tuple[str, ...] = ()
    remedy: Mapping[str, Any] | None = None
    """The act that puts it back, as ``acts.from_json`` takes it; None: there is none."""

    @property
    def location(self) -> Location | None:
        """Where it is declared."""
        return self.place.location if self.place else None


@dataclass(frozen=True, slots=True)
class Held:
    """A principal has a policy: attached, inline, or as its boundary."""

    kind: str
    """``user``, ``group``, ``role``."""
    holder: Name
    policy: Name
    """Of a managed policy: its name (AWS managed: path and name); of an inline one its name."""
    aws: bool
    route: str
    place: Place
    document: Document | None = field(default=None, compare=False)
    exclusive: bool = False
    """Declared by a resource that takes the policy from everybody else."""
    written: Mapping[str, Any] | None = field(default=None, compare=False)
    """Of an inline policy: its document as JSON; None when something in it is not known."""

    @property
    def key(self) -> Key | None:
        """The managed policy, when its name is known."""
        return None if self.policy.text is None else ("aws" if self.aws else "own", self.policy.text)


@dataclass(frozen=True, slots=True)
class Member:
    """A user is in a group."""

    user: Name
    group: Name
    place: Place
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A resource that is compared as a whole: a user, a policy, the password policy, a trail."""

    name: Name
    resource: Resource
    place: Place


@dataclass
class Items:
    """Everything that is declared, of all root modules together: they make one account."""

    held: list[Held] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    principals: dict[str, list[Item]] = field(default_factory=lambda: {k: [] for k in IAM_TYPES})
    policies: list[tuple[Item, Document]] = field(default_factory=list)
    password: list[Item] = field(default_factory=list)
    trails: list[Item] = field(default_factory=list)
    vague: dict[tuple[str, str], str] = field(default_factory=dict)
    """(kind, name) of principals to whom modules that could not be read may give anything, with the call."""
    in_state: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """(kind, name) of principals → ARNs and names of policies that a state lists without saying who declares them."""
    rules_members: set[str] = field(default_factory=set)
    """Names of groups whose members one resource declares in full."""
    exclusive: set[tuple[str, str]] = field(default_factory=set)
    """(kind, name) of principals whose policies an ``_exclusive`` resource rules, whoever created them."""
    errors: list[Problem] = field(default_factory=list)
    """What is declared of another account."""


def items(roots: Iterable[Root], account: str, partition: str, live: Iterable[str] = ()) -> Items:
    """What ``roots`` declare. ``live``: ARNs of the policies that the account has."""
    keys = {key_of(arn) for arn in live}
    found = Items()
    for root in roots:
        here, elsewhere = of_account(root, account)
        found.errors += [elsewhere] if elsewhere is not None else []
        _Reader(fill(here, account, partition), found, keys).read()
    return found


class _Reader:
    def __init__(self, root: Root, into: Items, live: Collection[Key] = ()) -> None:
        self.root = root
        self.live = live
        self.by_name = {r.values.get("name") for r in root.data("aws_iam_policy") if "arn" not in r.values}
        """Names of policies that data sources look for: AWS's own are found by name as well."""
        self.into = into
        self.entitlements = Entitlements.of(root, lambda address: address)

    def read(self) -> None:
        for holding in self.entitlements.holdings:
            if holding.holder.kind in IAM_TYPES:  # not of a permission set, which is no part of the account
                self._holding(holding)
        for member in self.entitlements.memberships:
            exclusive = member.source_type == "aws_iam_group_membership"
            user, group = self.principal(member.user), self.principal(member.group)
            place = self.place(member.source, member.location, member.unknown)
            self.into.members.append(Member(user, group, place, exclusive))
            if exclusive and group.text is not None:
                self.into.rules_members.add(group.text)
        for rule in self.entitlements.exclusives:
            holder = self.principal(rule.holder) if rule.holder is not None else None
            if rule.holder is not None and holder is not None and holder.text is not None:
                self.into.exclusive.add((rule.holder.kind, holder.text))
        for principal, resource in self.entitlements.names.declared.items():
            if principal.kind not in IAM_TYPES:
                continue
            item = Item(self.principal(principal), resource, self.own(resource))
            self.into.principals[principal.kind].append(item)
            listed = resource.values.get(IN_STATE)
            if isinstance(listed, list) and item.name.text is not None:
                self.into.in_state[principal.kind, item.name.text] = frozenset(listed)
        for resource in self.root.managed("aws_iam_policy"):
            item = Item(self.named(resource), resource, self.own(resource))
            self.into.policies.append((item, parse_document(resource.values.get("policy"))))
        for resource in self.root.managed("aws_iam_account_password_policy"):
            self.into.password.append(Item(Name("the password policy", ""), resource, self.own(resource)))
        for resource in self.root.managed("aws_cloudtrail"):
            self.into.trails.append(Item(self.named(resource), resource, self.own(resource)))

    def _holding(self, holding: Holding) -> None:
        holder = self.principal(holding.holder)
        if holding.route == MODULE:
            if holder.text is not None:
                self.into.vague[holding.holder.kind, holder.text] = holding.source
            if not holding.policy.known:
                return
        place = self.place(holding.source, holding.location, holding.unknown)
        route = "attached" if holding.route == MODULE else holding.route
        aws, policy = self.inline(holding) if route == INLINE else self.policy(holding.policy)
        exclusive = holding.source_type == "aws_iam_policy_attachment"
        written = self.written(holding, policy) if route == INLINE else None
        held = Held(holding.holder.kind, holder, policy, aws, route, place, holding.document, exclusive, written)
        self.into.held.append(held)

    def written(self, holding: Holding, policy: Name) -> Mapping[str, Any] | None:
        resource = self.root.resources[holding.source]
        text = resource.values.get("policy")
        for block in resource.blocks("inline_policy"):
            if isinstance(block, dict) and block.get("name") == policy.text:
                text = block.get("policy")
        return decoded(text)

    # -- places --------------------------------------------------------------------------------------------------

    def place(self, address: str, location: Location | None, unknown: tuple[Unknown, ...]) -> Place:
        resource = self.root.resources.get(address)
        depends = tuple(dict.fromkeys(display(u, 100) for u in unknown))
        if resource is not None and resource.provider:
            depends += (f"which account provider {resource.provider} is",)
        return Place(self.root.path, address, location, depends)

    def own(self, resource: Resource) -> Place:
        condition = (resource.condition or Unknown(resource.address),) if resource.symbolic else ()
        return self.place(resource.address, resource.location, condition)

    # -- names ---------------------------------------------------------------------------------------------------

    def named(self, resource: Resource) -> Name:
        name = resource.values.get("name")
        prefix = resource.values.get("name_prefix")
        if name is None and isinstance(prefix, str):
            return Name(f"{prefix}*", None, re.compile(re.escape(prefix) + ".*", re.DOTALL))
        return name_of(name, resource.address if name is None else display(name, 100))

    def principal(self, principal: Principal) -> Name:
        if principal.many:
            return Name(principal.label)
        resource = self.root.resources.get(principal.id)
        if resource is not None:
            return self.named(resource)
        prefix = f"{IAM_TYPES[principal.kind]}:"
        if principal.known and principal.id.startswith(prefix):
            name = principal.id[len(prefix) :]
            return Name(name, name)
        return Name(principal.label)

    def policy(self, policy: Policy) -> tuple[bool, Name]:
        """(kept by AWS, its name)."""
        if policy.address is not None and policy.address in self.root.resources:
            return False, self.named(self.root.resources[policy.address])
        for prefix, aws in (("aws:", True), ("aws_iam_policy:", False)):
            if policy.id.startswith(prefix):
                text = _text(policy.id[len(prefix) :]) if aws else policy.id[len(prefix) :]
                if not aws and text is not None and text in self.by_name and ("own", text) not in self.live:
                    path = self._of_aws(text)
                    if path is not None:
                        return True, Name(path, path)
                return aws, Name(text or policy.label, text) if policy.known else Name(policy.label)
        return False, Name(policy.label)

    def _of_aws(self, name: str) -> str | None:
        """Path and name of AWS's own policy of this name, as far as it is known."""
        known = (*(k[1] for k in self.live if k[0] == "aws"), *table().policies)
        return next((path for path in known if path.rpartition("/")[2] == name), None)

    def inline(self, holding: Holding) -> tuple[bool, Name]:
        text = _text(holding.policy.id.removeprefix("inline:"))
        return False, Name(text, text) if text is not None else Name(holding.policy.label)


def decoded(value: Value) -> Mapping[str, Any] | None:
    """A policy's text as JSON; None when it is not known whole."""
    if isinstance(value, JsonText) and is_known(value.value):
        value = json.dumps(value.value, default=_number)
    if not isinstance(value, str):
        return None
    try:
        found = json.loads(value)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(value)


def _text(canonical: str) -> str | None:
    """The text of a canonical string without unknown parts; None for anything else."""
    if "${" in canonical or not canonical.startswith('"'):
        return None
    try:
        found = json.loads(canonical)
    except ValueError:
        return None
    return found if isinstance(found, str) else None


def known_names(found: Iterable[Item]) -> Mapping[str, Item]:
    """The items whose name is known, by name."""
    return {i.name.text: i for i in found if i.name.text is not None}


def managed(items_: Items) -> dict[tuple[str, str], tuple[str, ...]]:
    """(kind, name) of the principals that the configuration creates, with what their being there hangs on."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for kind, principals in items_.principals.items():
        for item in principals:
            if item.name.text is not None:
                key = (kind, item.name.text)
                found[key] = min(found.get(key, item.place.depends), item.place.depends, key=len)
    return found
