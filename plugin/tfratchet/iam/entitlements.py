"""Who has which policy by which route, in one version of one root module.

The routes: a managed policy attached to a user, group, role or permission set; an inline policy; a permissions
boundary; membership of a group; and arguments of a module that was not downloaded and so could not be read. What each
resource does at apply is the provider's documentation of it; what matters most: ``aws_iam_policy_attachment`` and the
``_exclusive`` resources take away whatever they do not list, and destroying an ``_exclusive`` resource takes away
nothing (hashicorp/terraform-provider-aws#39818).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from tfratchet.iam.documents import Document, parse_document
from tfratchet.iam.handed import call_word, handed_over
from tfratchet.iam.holdings import ATTACHED, BOUNDARY, INLINE, MODULE, Exclusive, Holding, Membership
from tfratchet.iam.permission_sets import EXCLUSIVE_OF_SETS, PARTS_OF_SETS, PERMISSION_SET_ARN, given_by
from tfratchet.iam.policy_places import argument_of
from tfratchet.iam.principals import GROUP, PERMISSION_SET, ROLE, USER, Names, Policy, Principal, shown
from tfratchet.model import Location, ModuleCall, Resource, Root
from tfratchet.values import Rest, Unknown, Value, replace_refs

__all__ = [
    "ATTACHED",
    "BOUNDARY",
    "INLINE",
    "MODULE",
    "POLICY_ATTACHMENT",
    "TYPES",
    "Entitlements",
    "Exclusive",
    "Holding",
    "Membership",
]

# (argument that names the holder, kind of holder)
_ATTACHMENTS = {
    "aws_iam_user_policy_attachment": ("user", USER),
    "aws_iam_group_policy_attachment": ("group", GROUP),
    "aws_iam_role_policy_attachment": ("role", ROLE),
}
_INLINE = {
    "aws_iam_user_policy": ("user", USER),
    "aws_iam_group_policy": ("group", GROUP),
    "aws_iam_role_policy": ("role", ROLE),
}
_EXCLUSIVE_ATTACHMENTS = {
    "aws_iam_user_policy_attachments_exclusive": ("user_name", USER),
    "aws_iam_group_policy_attachments_exclusive": ("group_name", GROUP),
    "aws_iam_role_policy_attachments_exclusive": ("role_name", ROLE),
}
_EXCLUSIVE_INLINE = {
    "aws_iam_user_policies_exclusive": ("user_name", USER),
    "aws_iam_group_policies_exclusive": ("group_name", GROUP),
    "aws_iam_role_policies_exclusive": ("role_name", ROLE),
}
POLICY_ATTACHMENT = "aws_iam_policy_attachment"
_LISTS = (("users", USER), ("groups", GROUP), ("roles", ROLE))

TYPES = (
    "aws_iam_user",
    "aws_iam_group",
    "aws_iam_role",
    "aws_iam_policy",
    POLICY_ATTACHMENT,
    "aws_iam_group_membership",
    "aws_iam_user_group_membership",
    *_ATTACHMENTS,
    *_INLINE,
    *_EXCLUSIVE_ATTACHMENTS,
    *_EXCLUSIVE_INLINE,
)
"""Every resource type of IAM that takes part in an entitlement."""


class Entitlements:
    """Who has which policy in one root module."""

    def __init__(self, root: Root, identity: Callable[[str], str]) -> None:
        self.root = root
        self.names = Names(root, identity)
        self.holdings: list[Holding] = []
        self.memberships: list[Membership] = []
        self.exclusives: list[Exclusive] = []
        self._documents: dict[str, Document] = {}
        self._identity = identity
        for resource in root.managed(*TYPES, *PARTS_OF_SETS):
            self.names.near = resource
            self._read(resource)
        self.names.near = None
        for call in root.calls.values():
            if call.opaque:
                self._opaque(call)

    @staticmethod
    def of(root: Root, identity: Callable[[str], str]) -> Entitlements:
        """The entitlements of a root module. ``identity``: one name for an address in base and in head."""
        return Entitlements(root, identity)

    # -- questions ----------------------------------------------------------------------------------------------

    @cached_property
    def by_holder(self) -> dict[Principal, list[Holding]]:
        """What each principal holds itself."""
        found: dict[Principal, list[Holding]] = {}
        for holding in self.holdings:
            found.setdefault(holding.holder, []).append(holding)
        return found

    @cached_property
    def groups_of(self) -> dict[Principal, list[Membership]]:
        """The groups that each user is in."""
        found: dict[Principal, list[Membership]] = {}
        for membership in self.memberships:
            found.setdefault(membership.user, []).append(membership)
        return found

    @cached_property
    def members_of(self) -> dict[Principal, list[Membership]]:
        """The users of each group."""
        found: dict[Principal, list[Membership]] = {}
        for membership in self.memberships:
            found.setdefault(membership.group, []).append(membership)
        return found

    @cached_property
    def mentioned(self) -> frozenset[Principal]:
        """Every principal that the configuration names in any way."""
        found = set(self.names.declared) | self.names.read
        found.update(h.holder for h in self.holdings if not h.dangling)
        for membership in self.memberships:
            found.update((membership.group,) if membership.dangling else (membership.user, membership.group))
        return frozenset(found)

    def declares(self, principal: Principal) -> bool:
        """True when the root module creates this principal."""
        return principal in self.names.declared

    def reaching(self, principal: Principal) -> Iterator[Holding]:
        """What a principal holds itself, then what its groups hold."""
        yield from self.by_holder.get(principal, ())
        for membership in self.groups_of.get(principal, ()):
            yield from self.by_holder.get(membership.group, ())

    def holders_of(self, policy: Policy) -> Iterator[Holding]:
        """Every holding of a policy, boundaries excepted."""
        return (h for h in self.holdings if h.policy == policy and h.route != BOUNDARY)

    def document_of(self, policy: Policy) -> Document | None:
        """The document of a managed policy that the root module creates."""
        return None if policy.address is None else self._document(self.root.resources[policy.address])

    # -- reading ------------------------------------------------------------------------------------------------

    def _document(self, resource: Resource) -> Document:
        found = self._documents.get(resource.address)
        if found is None:
            found = parse_document(replace_refs(resource.values.get(argument_of(resource)), self._identity))
            self._documents[resource.address] = found
        return found

    def _read(self, resource: Resource) -> None:
        kind = resource.type
        depends = (resource.condition or Unknown(resource.address),) if resource.symbolic else ()
        if kind in _ATTACHMENTS:
            argument, holder_kind = _ATTACHMENTS[kind]
            policy = resource.values.get("policy_arn")
            for holder, unknown, _ in self.names.principals(holder_kind, resource.values.get(argument)):
                self._hold(resource, holder, policy, ATTACHED, argument, depends + unknown)
        elif kind in _INLINE:
            argument, holder_kind = _INLINE[kind]
            for holder, unknown, _ in self.names.principals(holder_kind, resource.values.get(argument)):
                self._inline(resource, holder, resource.values.get("name"), argument, depends + unknown)
        elif kind in PARTS_OF_SETS:
            self._permission_set(resource, depends)
        elif kind == POLICY_ATTACHMENT:
            self._policy_attachment(resource, depends)
        elif kind in _EXCLUSIVE_ATTACHMENTS:
            self._exclusive_attachments(resource, depends)
        elif kind in _EXCLUSIVE_INLINE:
            self._exclusive_inline(resource, depends)
        elif kind == "aws_iam_group_membership":
            for group, _, _ in self.names.principals(GROUP, resource.values.get("group")):
                for user, unknown, place in self.names.many(USER, self._handed_by_callers(resource, "users")):
                    self._join(resource, user, group, f"users{place}", depends + unknown)
        elif kind == "aws_iam_user_group_membership":
            for user, _, _ in self.names.principals(USER, resource.values.get("user")):
                for group, unknown, place in self.names.many(GROUP, resource.values.get("groups")):
                    self._join(resource, user, group, f"groups{place}", depends + unknown)
        else:
            self._principal(resource, depends)

    def _opaque(self, call: ModuleCall) -> None:
        """What a module that cannot be read is given to hand on."""
        depends = (call.condition,) if call.condition is not None else ()
        for given in handed_over(call, self.names):
            whatever = Policy(f"module:{self._identity(call.address)}{given.gives}", given.label, known=False)
            self.holdings.append(
                Holding(
                    given.principal,
                    given.policy or whatever,
                    MODULE,
                    call.address,
                    call.where(given.argument),
                    given.unknown + depends,
                    "module",
                    word=call_word(call),
                )
            )

    def _principal(self, resource: Resource, depends: tuple[Unknown, ...]) -> None:
        """Arguments of the user or role itself."""
        kind = {"aws_iam_user": USER, "aws_iam_role": ROLE}.get(resource.type)
        if kind is None:
            return
        holder = self._own(kind, resource)
        boundary = resource.values.get("permissions_boundary")
        if boundary is not None and boundary != "":
            self._hold(resource, holder, boundary, BOUNDARY, "permissions_boundary", depends)
        if kind == ROLE:
            for policy, unknown, place in self.names.many_policies(resource.values.get("managed_policy_arns")):
                where = resource.where(f"managed_policy_arns{place}")
                self._add(resource, holder, policy, ATTACHED, where, depends + unknown)
            for index, block in enumerate(resource.blocks("inline_policy")):
                if isinstance(block, dict) and "policy" in block:
                    name, document = block.get("name"), block["policy"]
                    self._inline(resource, holder, name, f"inline_policy.{index}", depends, document)

    def _permission_set(self, resource: Resource, depends: tuple[Unknown, ...]) -> None:
        arn = resource.values.get(PERMISSION_SET_ARN)
        for holder, unknown, _ in self.names.principals(PERMISSION_SET, arn):
            given = list(given_by(resource, self.names))
            for one in given:
                where = resource.where(one.path)
                hangs = depends + unknown + one.unknown
                self._add(resource, holder, one.policy, one.route, where, hangs, PERMISSION_SET_ARN)
            if resource.type in EXCLUSIVE_OF_SETS:
                self.exclusives.append(
                    Exclusive(
                        resource.address,
                        resource.type,
                        resource.where(given[0].path.partition(".")[0]) if given else resource.location,
                        holder,
                        None,
                        ATTACHED,
                        frozenset(one.policy.id for one in given),
                        unknown=depends + unknown + tuple(u for one in given for u in one.unknown),
                        rules=EXCLUSIVE_OF_SETS[resource.type],
                    )
                )

    def _own(self, kind: str, resource: Resource) -> Principal:
        name = resource.values.get("name")
        return Principal(kind, self._identity(resource.address), resource.address if name is None else shown(name))

    def _hold(
        self, resource: Resource, holder: Principal, arn: Value, route: str, path: str, unknown: tuple[Unknown, ...]
    ) -> None:
        if isinstance(arn, (str, Unknown)) and arn != "":
            where = resource.where(path if route == BOUNDARY else "policy_arn")
            self._add(resource, holder, self.names.policy(arn), route, where, unknown, path)

    def _add(
        self,
        resource: Resource,
        holder: Principal,
        policy: Policy,
        route: str,
        location: Location | None,
        unknown: tuple[Unknown, ...],
        argument: str = "",
    ) -> None:
        self.holdings.append(
            Holding(
                holder,
                policy,
                route,
                resource.address,
                location,
                unknown,
                resource.type,
                self.document_of(policy),
                self._dangles(holder.kind, resource.values.get(argument)),
                resource.module,
            )
        )

    def _dangles(self, kind: str, value: Value) -> bool:
        return isinstance(value, Unknown) and self.names.dangling(kind, value)

    def _inline(
        self,
        resource: Resource,
        holder: Principal,
        name: Value,
        path: str,
        unknown: tuple[Unknown, ...],
        text: Value = None,
    ) -> None:
        document = self._document(resource) if text is None else parse_document(replace_refs(text, self._identity))
        key = self._identity(resource.address) if name is None else self.names.text(name)
        label = resource.address if name is None else shown(name)
        self.holdings.append(
            Holding(
                holder,
                Policy(f"inline:{key}", label, resource.address),
                INLINE,
                resource.address,
                resource.location if text is None else resource.where(path),
                unknown,
                resource.type,
                document,
                self._dangles(holder.kind, resource.values.get(path)),
                resource.module,
            )
        )

    def _join(
        self, resource: Resource, user: Principal, group: Principal, path: str, unknown: tuple[Unknown, ...]
    ) -> None:
        of_user = resource.type == "aws_iam_user_group_membership"
        index = path.rpartition(".")[2]

        def dangles(kind: str, argument: str) -> bool:
            value = resource.values.get(argument)
            if isinstance(value, list):
                value = value[int(index)] if index.isdigit() and path.startswith(argument) else None
            return not isinstance(value, Rest) and self._dangles(kind, value)

        readable = not any(e.kind == "syntax" for e in self.root.errors)
        self.memberships.append(
            Membership(
                user,
                group,
                resource.address,
                resource.where(path),
                unknown,
                resource.type,
                dangles(USER, "user" if of_user else "users"),
                resource.module,
                readable and dangles(GROUP, "groups" if of_user else "group"),
            )
        )

    def _handed_by_callers(self, resource: Resource, argument: str) -> Value:
        """The value of a list of principals. In a module that nobody calls here, a list is whatever its callers hand
        over when it is empty by default: an attachment to nobody would have no point.
        """
        value = resource.values.get(argument)
        if value == [] and self.root.standalone:
            lists = [resource.values.get(a) for a in ("users", "groups", "roles")]
            if argument in resource.origins or not any(lists):
                return Unknown(f"the {argument} that callers of the module hand to {resource.type}.{resource.name}")
        return value

    def _policy_attachment(self, resource: Resource, depends: tuple[Unknown, ...]) -> None:
        arn = resource.values.get("policy_arn")
        if not isinstance(arn, (str, Unknown)):
            return
        policy = self.names.policy(arn)
        listed: list[str] = []
        kinds: set[str] = set()
        more: tuple[Unknown, ...] = depends
        for argument, kind in _LISTS:
            value = self._handed_by_callers(resource, argument)
            for index, (holder, unknown, place) in enumerate(self.names.many(kind, value)):
                where = resource.where(f"{argument}{place}")
                elements = value if isinstance(value, list) else [value]
                raw = elements[index] if index < len(elements) else None
                dangling = not isinstance(raw, Rest) and self._dangles(kind, raw)
                self.holdings.append(
                    Holding(
                        holder,
                        policy,
                        ATTACHED,
                        resource.address,
                        where,
                        depends + unknown,
                        resource.type,
                        self.document_of(policy),
                        dangling,
                        resource.module,
                    )
                )
                listed.append(holder.id)
                kinds.add(kind)
                more += unknown
        self.exclusives.append(
            Exclusive(
                resource.address,
                resource.type,
                resource.location,
                None,
                policy,
                ATTACHED,
                frozenset(listed),
                frozenset(kinds),
                more,
            )
        )

    def _exclusive_attachments(self, resource: Resource, depends: tuple[Unknown, ...]) -> None:
        argument, kind = _EXCLUSIVE_ATTACHMENTS[resource.type]
        for holder, _, _ in self.names.principals(kind, resource.values.get(argument)):
            listed: list[str] = []
            more: tuple[Unknown, ...] = depends
            value = resource.values.get("policy_arns")
            if isinstance(value, Unknown):
                more += (value,)
            for policy, unknown, place in self.names.many_policies(value):
                listed.append(policy.id)
                more += unknown
                if isinstance(value, list):
                    where = resource.where(f"policy_arns{place}")
                    self._add(resource, holder, policy, ATTACHED, where, depends + unknown, argument)
            self.exclusives.append(
                Exclusive(
                    resource.address,
                    resource.type,
                    resource.where("policy_arns"),
                    holder,
                    None,
                    ATTACHED,
                    frozenset(listed),
                    unknown=more,
                )
            )

    def _exclusive_inline(self, resource: Resource, depends: tuple[Unknown, ...]) -> None:
        argument, kind = _EXCLUSIVE_INLINE[resource.type]
        value = resource.values.get("policy_names")
        listed: list[str] = []
        more: tuple[Unknown, ...] = depends
        if isinstance(value, Unknown):
            more += (value,)
        for element in value if isinstance(value, list) else []:
            if isinstance(element, Rest):
                more += (element.of,)
            else:
                listed.append(f"inline:{self.names.text(element)}")
        for holder, _, _ in self.names.principals(kind, resource.values.get(argument)):
            self.exclusives.append(
                Exclusive(
                    resource.address,
                    resource.type,
                    resource.where("policy_names"),
                    holder,
                    None,
                    INLINE,
                    frozenset(listed),
                    unknown=more,
                )
            )
