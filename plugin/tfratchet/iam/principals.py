"""Who and what: users, groups, roles, permission sets and managed policies, whatever way a configuration names them.

A principal is a name in an account. ``"bob"``, ``aws_iam_user.bob.name`` and ``data.aws_iam_user.bob.user_name`` are
the same user. A managed policy is an ARN; of a customer's own policy the name is enough, since a name is unique in an
account whatever its path ("IAM identifiers" in the IAM user guide).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tfratchet.matching import without_keys
from tfratchet.model import Resource, Root
from tfratchet.values import REF_CLOSE, REF_OPEN, Rest, Template, Unknown, Value, canonical, display, replace_refs

USER = "user"
GROUP = "group"
ROLE = "role"
PERMISSION_SET = "permission set"
"""Of IAM Identity Center: what users of a directory may do in the accounts that it is assigned to."""
IAM_TYPES = {USER: "aws_iam_user", GROUP: "aws_iam_group", ROLE: "aws_iam_role"}
"""Principals that an account has itself."""
TYPES = {**IAM_TYPES, PERMISSION_SET: "aws_ssoadmin_permission_set"}
KINDS = {v: k for k, v in TYPES.items()}
_DATA_NAMES = {USER: "user_name", GROUP: "group_name", ROLE: "name", PERMISSION_SET: "name"}

_WHOLE_REF = re.compile(f"^{REF_OPEN}([^{REF_CLOSE}]*){REF_CLOSE}((?:\\[.*\\])?)\\.([a-z_]+)$", re.DOTALL)
_WRITTEN_REF = re.compile(
    r"^\"?(?:\$\{)?\s*(([a-z_]+)\.[\w-]+(?:\[[^\]]*\])?)\.(?:\*\.)?(?:name|id|arn|unique_id)(?:\[[^\]]*\])?\s*\}?\"?$"
)
# An attribute of a resource that is not declared, which is left as it is written.
_NOT_DECLARED = re.compile(r"^[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z0-9_-]+(?:\[[^\]]*\])?\.(?:arn|id)$")
_LITERAL_KEY = re.compile(r'\[(?:"[^"]*"|\d+)\]$')
_PRINCIPAL_ARN = re.compile(r"^arn:[^:]*:iam::[^:]*:(user|group|role)/(?:.*/)?([^/]+)$", re.DOTALL)
_POLICY_ARN = re.compile(r"^arn:[^:]*:iam::([^:]*):policy/(.+)$", re.DOTALL)
_HOLE = re.compile("\x00([0-9]+)\x00")


@dataclass(frozen=True, slots=True)
class Principal:
    """A user, group, role or permission set; equal when kind and id are."""

    kind: str
    id: str
    label: str = field(compare=False)
    known: bool = field(default=True, compare=False)
    """False when the name is not known, or when this stands for any number of principals."""
    many: bool = field(default=False, compare=False)
    """True when this stands for any number of principals; the label says where they come from."""

    def __str__(self) -> str:
        return f"every {self.kind} in {self.label}" if self.many else f"{self.kind} {self.label}"


@dataclass(frozen=True, slots=True)
class Policy:
    """A managed policy (or an inline one, see ``entitlements``); equal when the id is."""

    id: str
    label: str = field(compare=False)
    address: str | None = field(default=None, compare=False)
    """The ``aws_iam_policy`` of this root module that creates it."""
    dangling: bool = field(default=False, compare=False)
    """True when it refers to a resource that this root module does not declare."""
    known: bool = field(default=True, compare=False)

    @property
    def aws_managed(self) -> bool:
        """True for a policy that AWS keeps."""
        return self.id.startswith("aws:")


class Names:
    """Resolves the names of principals and policies in one root module.

    ``identity`` gives one name for an address in base and its counterpart in head.
    """

    def __init__(self, root: Root, identity: Callable[[str], str]) -> None:
        self.root = root
        self.identity = identity
        self.declared: dict[Principal, Resource] = {}
        """Principals that the root module creates."""
        self.read: set[Principal] = set()
        """Principals that the root module only reads, by a data source."""
        self.policies: dict[str, Resource] = {}
        """Managed policies that the root module creates, by the id of the policy."""
        self.read_policies: set[str] = set()
        """Ids of the customer's policies that the root module reads by a data source."""
        self.near: Resource | None = None
        """The resource whose arguments are being read: of two things of one name, its own account's is meant."""
        self._by_name: dict[tuple[str, str], list[str]] = {}
        for resource in root.managed(*TYPES.values(), "aws_iam_policy"):
            name = resource.values.get("name")
            if name is not None:
                key = (resource.type, self.text(name))
                self._by_name.setdefault(key, []).append(resource.address)
        self._symbolic = {without_keys(r.address): r.address for r in root.managed(*TYPES.values()) if r.symbolic}
        for resource in root.managed(*TYPES.values()):
            kind = KINDS[resource.type]
            name = resource.values.get("name")
            label = resource.address if name is None else shown(name)
            self.declared[Principal(kind, identity(resource.address), label)] = resource
        for resource in root.managed("aws_iam_policy"):
            self.policies[identity(resource.address)] = resource
        for kind, kind_type in TYPES.items():
            for resource in root.data(kind_type):
                argument = resource.values.get(_DATA_NAMES[kind])
                if argument is not None:
                    self.read.add(self.principal(kind, argument))

        for resource in root.data("aws_iam_policy"):
            read = self._of_data(resource)
            if read is not None:
                self.read_policies.add(read.id)

    def text(self, value: Value | Rest) -> str:
        """The canonical text of a value, with identities in place of addresses."""
        return canonical(replace_refs(value, self.identity))

    # -- principals ---------------------------------------------------------------------------------------------

    def principals(self, kind: str, value: Value | Rest) -> Iterator[tuple[Principal, tuple[Unknown, ...], str]]:
        """Every principal that an argument names: itself, the unknown values that its being there hangs on, and its
        place in the argument (``.0``, or empty).
        """
        if value is None or value == "":
            return
        if isinstance(value, list):
            for index, element in enumerate(value):
                for principal, unknown, _ in self.principals(kind, element):
                    yield principal, unknown, f".{index}"
        elif isinstance(value, Rest):
            yield self._some(kind, value.value, value.of), (value.of,), ""
        elif isinstance(value, (str, Unknown)):
            yield self.principal(kind, value), (), ""

    def many(self, kind: str, value: Value) -> Iterator[tuple[Principal, tuple[Unknown, ...], str]]:
        """Like ``principals``, for an argument that is a list: one unknown is any number of principals."""
        if isinstance(value, Unknown):
            yield self._some(kind, Unknown(f"{value.expr}[*]"), value), (value,), ""
        else:
            yield from self.principals(kind, value)

    def _some(self, kind: str, element: Value, of: Unknown) -> Principal:
        """Whoever is called as ``element``, any number of times: the same principal as where a block goes over the same
        list one by one.
        """
        if isinstance(element, (str, Unknown)) and element != "":
            found = self.principal(kind, element)
            if found.known or isinstance(element, str):
                return found
        return Principal(kind, self.text(element), shown(of), known=False, many=True)

    def principal(self, kind: str, value: str | Unknown | Value) -> Principal:
        """The principal called ``value``: a name, an ARN, a reference to its resource."""
        kind_type = TYPES[kind]
        if isinstance(value, str):
            match = _PRINCIPAL_ARN.match(value)
            name = match[2] if match is not None and match[1] == kind else value
            address = self._lookup(kind_type, name)
            return Principal(kind, self.identity(address) if address else f"{kind_type}:{name}", name)
        if isinstance(value, Template):
            text, holes = _flatten(value)
            match = _PRINCIPAL_ARN.match(text)
            if match is not None and match[1] == kind:
                return self.principal(kind, _unflatten(match[2], holes))
        address = self.declared_at(value, kind_type)
        if address is not None and address in self.root.resources:
            name_value = self.root.resources[address].values.get("name")
            return Principal(kind, self.identity(address), address if name_value is None else shown(name_value))
        data = self._data_at(value, kind_type)
        read = data.values.get(_DATA_NAMES[kind]) if data is not None else None
        if isinstance(read, (str, Unknown)):
            return self.principal(kind, read)
        found = self._lookup(kind_type, value)
        label = shown(value)
        return Principal(kind, self.identity(found) if found else self.text(value), label, known=found is not None)

    def declared_at(self, value: Value, kind_type: str) -> str | None:
        """The address of the ``kind_type`` that a value is an attribute of, whether it exists or not."""
        if not isinstance(value, Unknown):
            return None
        match = _WHOLE_REF.match(value.expr)
        if match is None and value.expr.startswith(REF_OPEN) and value.expr.endswith(REF_CLOSE):
            # The resource itself where its name is wanted: Terraform refuses it, and everybody sees who is meant.
            found = self.root.resources.get(value.expr[1:-1])
            return found.address if found is not None and found.type == kind_type and found.managed else None
        if match is None:
            # A reference to something that is not declared is left as it is written.
            written = _WRITTEN_REF.match(value.expr)
            return written[1] if written is not None and written[2] == kind_type else None
        address = match[1] + match[2]
        # The instance key may stand inside or outside of the marks.
        for candidate in (address, match[1]):
            found = self.root.resources.get(candidate)
            if found is not None:
                return candidate if found.type == kind_type and found.managed else None
        symbolic = self._symbolic.get(without_keys(match[1]))
        if symbolic is not None and not _LITERAL_KEY.search(address):
            return symbolic if self.root.resources[symbolic].type == kind_type else None
        parts = re.sub(r"\[[^\]]*\]", "", match[1]).split(".")
        return address if len(parts) >= 2 and parts[-2] == kind_type and "data" not in parts else None

    def _lookup(self, kind_type: str, value: Value) -> str | None:
        found = self._by_name.get((kind_type, self.text(value)), [])
        if len(found) > 1 and self.near is not None:
            # The same name twice: two accounts, told apart by their providers, or else by their modules.
            near = self.near
            same = [a for a in found if self.root.resources[a].provider == near.provider]
            found = [a for a in same if self.root.resources[a].module == near.module] or same
        return found[0] if len(found) == 1 else None

    def dangling(self, kind: str, value: Value) -> bool:
        """True when a value refers to a principal's resource that the root module does not declare."""
        address = self.declared_at(value, TYPES[kind])
        return address is not None and address not in self.root.resources

    # -- policies -----------------------------------------------------------------------------------------------

    def many_policies(self, value: Value | Rest) -> Iterator[tuple[Policy, tuple[Unknown, ...], str]]:
        """Every managed policy that a list of ARNs names."""
        if isinstance(value, list):
            for index, element in enumerate(value):
                for policy, unknown, _ in self.many_policies(element):
                    yield policy, unknown, f".{index}"
        elif isinstance(value, Rest):
            if isinstance(value.value, str) and value.value:
                yield self.policy(value.value), (value.of,), ""
                return
            yield Policy(self.text(value.value), shown(value.of), known=False), (value.of,), ""
        elif isinstance(value, (str, Unknown)) and value != "":
            yield self.policy(value), (), ""

    def policy(self, value: str | Unknown) -> Policy:
        """The managed policy at an ARN: a literal, a template, a reference."""
        text, holes = _flatten(value)
        match = _POLICY_ARN.match(text)
        if match is not None:
            owner, path = match[1], match[2]
            if owner == "aws":
                name = _unflatten(path, holes)
                return Policy(f"aws:{self.text(name)}", shown(name).rpartition("/")[2], known=isinstance(name, str))
            return self.policy_named(_unflatten(path.rpartition("/")[2], holes))
        if isinstance(value, str):
            return Policy(f"arn:{value}", value)
        address = self.declared_at(value, "aws_iam_policy")
        if address is not None:
            resource = self.root.resources.get(address)
            if resource is None:
                return Policy(self.identity(address), address, dangling=True)
            return self._declared(resource)
        data = self._data_at(value, "aws_iam_policy")
        read = self._of_data(data) if data is not None else None
        return read or Policy(
            self.text(value), shown(value), dangling=_NOT_DECLARED.match(value.expr) is not None, known=False
        )

    def _data_at(self, value: Value, kind_type: str) -> Resource | None:
        """The data source of this type that a value is an attribute of."""
        match = _WHOLE_REF.match(value.expr) if isinstance(value, Unknown) else None
        data = self.root.resources.get(match[1] + match[2]) or self.root.resources.get(match[1]) if match else None
        return data if data is not None and data.type == kind_type and not data.managed else None

    def _of_data(self, data: Resource) -> Policy | None:
        """The policy that a data source reads, by ARN or by name. AWS's own have names too."""
        arn, name = data.values.get("arn"), data.values.get("name")
        if isinstance(arn, (str, Unknown)):
            return self.policy(arn)
        if not isinstance(name, (str, Unknown)):
            return None
        if isinstance(name, str) and self._lookup("aws_iam_policy", name) is None:
            from tfratchet.iam.managed import path_of  # reads a large table: only where it is asked

            path = path_of(name)
            if path is not None:
                return Policy(f"aws:{self.text(path)}", name)
        return self.policy_named(name)

    def policy_named(self, name: str | Unknown) -> Policy:
        """The customer's policy of this name."""
        address = self._lookup("aws_iam_policy", name)
        if address is not None:
            return self._declared(self.root.resources[address])
        key = name if isinstance(name, str) else self.text(name)
        return Policy(f"aws_iam_policy:{key}", shown(name), known=isinstance(name, str))

    def _declared(self, resource: Resource) -> Policy:
        name = resource.values.get("name")
        label = resource.address if name is None else shown(name)
        return Policy(self.identity(resource.address), label, resource.address)


def shown(value: Value | Rest) -> str:
    """A value for people, a partly known text without quotes."""
    text = display(value)
    return text[1:-1] if isinstance(value, Template) and text.startswith('"') and text.endswith('"') else text


def _flatten(value: str | Unknown) -> tuple[str, list[Unknown]]:
    """A text with a mark in place of each unknown part."""
    if isinstance(value, str):
        return value, []
    if not isinstance(value, Template):
        return "\x000\x00", [value]
    holes: list[Unknown] = []
    text = ""
    for part in value.parts:
        if isinstance(part, str):
            text += part
        else:
            text += f"\x00{len(holes)}\x00"
            holes.append(part)
    return text, holes


def _unflatten(text: str, holes: list[Unknown]) -> str | Unknown:
    pieces: list[str | Unknown] = []
    position = 0
    for match in _HOLE.finditer(text):
        if match.start() > position:
            pieces.append(text[position : match.start()])
        pieces.append(holes[int(match[1])])
        position = match.end()
    if position < len(text):
        pieces.append(text[position:])
    if not any(isinstance(p, Unknown) for p in pieces):
        return text
    only = pieces[0]
    return only if len(pieces) == 1 and isinstance(only, Unknown) else Template(pieces)
