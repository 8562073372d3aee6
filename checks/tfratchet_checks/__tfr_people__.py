"""Who has which policy: users, groups, memberships and attachments of the account that a scan sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_account__ import Account, Node
    from tfratchet_checks.__tfr_policy__ import Document, unreadable
    from tfratchet_checks.__tfr_values__ import Unresolved, as_text, raw_texts, text_of
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_account__ import Account, Node
    from __tfr_policy__ import Document, unreadable
    from __tfr_values__ import Unresolved, as_text, raw_texts, text_of

USER, GROUP, ROLE = "aws_iam_user", "aws_iam_group", "aws_iam_role"
_NAME = {USER: "name", GROUP: "name", ROLE: "name"}
_DATA_NAME = {USER: "user_name", GROUP: "group_name", ROLE: "name"}


@dataclass
class Targets:
    """The principals that an argument names."""

    nodes: list[Node] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Names of principals, those of ``nodes`` included where they are known."""
    open: bool = False
    """There may be more: an expression could not be worked out."""

    def include(self, node: Node, name: str | None) -> bool:
        """True when this principal is named."""
        return node in self.nodes or (name is not None and name in self.names)


@dataclass
class Link:
    """One way in which a policy reaches principals, or users reach groups."""

    node: Node
    policies: list[Document | str] = field(default_factory=list)
    """Documents; the ARN of a policy that is not in the scan."""
    users: Targets = field(default_factory=Targets)
    groups: Targets = field(default_factory=Targets)
    roles: Targets = field(default_factory=Targets)
    sources: list[Node] = field(default_factory=list)
    """The ``aws_iam_policy`` resources that the policies come from."""


class People:
    """Memberships and attachments, read once."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.attachments = list(self._attachments())
        self.memberships = list(self._memberships())

    @staticmethod
    def of(account: Account) -> People:
        """The people of an account; the same object for the same account."""
        if not _last or _last[0].account is not account:
            _last[:] = [People(account)]
        return _last[0]

    @staticmethod
    def name(node: Node) -> str | None:
        """The name of a user, group or role, when it is known."""
        found = node.block.text("name")
        return found if isinstance(found, str) else None

    def targets(self, node: Node, argument: str, type_: str) -> Targets:
        """The users, groups or roles that an argument names."""
        found = Targets()
        for text in raw_texts(node.block.conf.get(argument)):
            value = as_text(text) or Unresolved(text)  # Checkov leaves "" where a default is ""
            if isinstance(value, str):
                found.names.add(value)
                found.nodes.extend(n for n in self.account.of_type(type_) if self.name(n) == value)
                continue
            nodes = self._same_expression(node, text, type_) or self.account.refers(node, value, type_)
            found.nodes.extend(nodes)
            data = self.account.refers(node, value, f"data.{type_}")
            names = {d.block.text(_DATA_NAME[type_]) for d in data}
            found.names |= {n for n in names if isinstance(n, str)}
            found.open = found.open or not (nodes or data) or any(not isinstance(n, str) for n in names)
        found.names |= {name for name in map(self.name, found.nodes) if name}
        return found

    def _same_expression(self, node: Node, text: str, type_: str) -> list[Node]:
        """Principals whose name is the same expression: Checkov puts the one in place of a reference to the other."""
        return [
            n
            for n in self.account.of_type(type_)
            if n.root == node.root
            and (n.prefix.startswith(node.prefix) or node.prefix.startswith(n.prefix))
            and raw_texts(n.block.conf.get("name")) == [text]
        ]

    def policies(self, node: Node, argument: str) -> tuple[list[Document | str], list[Node]]:
        """The policies that an argument of an attachment names by ARN, and the resources that hold them."""
        found: list[Document | str] = []
        sources: list[Node] = []
        for value in node.block.texts(argument) or ():
            if isinstance(value, Unresolved):
                nodes = self.account.refers(node, value, "aws_iam_policy")
                managed = self.account.refers(node, value, "data.aws_iam_policy")
                arns = [a for a in (d.block.text("arn") for d in managed) if isinstance(a, str)]
                found.extend(arns)
                if not nodes and not arns:
                    found.append(unreadable(value.text))
            else:
                nodes = [n for n in self.account.of_type("aws_iam_policy") if _is_arn_of(value, n)]
                if not nodes:
                    found.append(value)
            sources.extend(nodes)
            found.extend(self.account.document(p, p.block.conf.get("policy")) or unreadable("no policy") for p in nodes)
        return found, sources

    def _attachments(self) -> Iterator[Link]:
        account = self.account
        for node in account.of_type("aws_iam_user_policy_attachment"):
            yield self._managed(node, users=self.targets(node, "user", USER))
        for node in account.of_type("aws_iam_group_policy_attachment"):
            yield self._managed(node, groups=self.targets(node, "group", GROUP))
        for node in account.of_type("aws_iam_role_policy_attachment"):
            yield self._managed(node, roles=self.targets(node, "role", ROLE))
        for node in account.of_type("aws_iam_policy_attachment"):
            yield self._managed(
                node,
                users=self.targets(node, "users", USER),
                groups=self.targets(node, "groups", GROUP),
                roles=self.targets(node, "roles", ROLE),
            )
        # What an exclusive resource lists is attached at apply, and so is a route.
        for node in account.of_type("aws_iam_user_policy_attachments_exclusive"):
            if node.block.texts("policy_arns"):
                yield self._managed(node, "policy_arns", users=self.targets(node, "user_name", USER))
        for node in account.of_type("aws_iam_group_policy_attachments_exclusive"):
            if node.block.texts("policy_arns"):
                yield self._managed(node, "policy_arns", groups=self.targets(node, "group_name", GROUP))
        for node in account.of_type("aws_iam_user_policy"):
            yield self._inline(node, users=self.targets(node, "user", USER))
        for node in account.of_type("aws_iam_group_policy"):
            yield self._inline(node, groups=self.targets(node, "group", GROUP))
        for node in account.of_type("aws_iam_role_policy"):
            yield self._inline(node, roles=self.targets(node, "role", ROLE))

    def _managed(self, node: Node, argument: str = "policy_arn", **targets: Targets) -> Link:
        link = Link(node, **targets)  # type: ignore[arg-type]  # only users, groups and roles
        link.policies, link.sources = self.policies(node, argument)
        return link

    def _inline(self, node: Node, **targets: Targets) -> Link:
        link = Link(node, **targets)  # type: ignore[arg-type]  # only users, groups and roles
        link.policies = [self.account.document(node, node.block.conf.get("policy")) or unreadable("no policy")]
        return link

    def _memberships(self) -> Iterator[Link]:
        for node in self.account.of_type("aws_iam_group_membership"):
            yield Link(node, users=self.targets(node, "users", USER), groups=self.targets(node, "group", GROUP))
        for node in self.account.of_type("aws_iam_user_group_membership"):
            yield Link(node, users=self.targets(node, "user", USER), groups=self.targets(node, "groups", GROUP))

    def memberships_of(self, user: Node) -> tuple[list[Link], bool]:
        """Memberships that name the user, and whether others may (a user that could not be worked out)."""
        name = self.name(user)
        named = [m for m in self.memberships if m.users.include(user, name)]
        return named, any(m.users.open for m in self.memberships if m.node.root == user.root)

    def policies_of(self, kind: str, node: Node) -> tuple[list[Document | str], bool]:
        """Policies attached directly to a user, group or role, and whether there may be others."""
        name = self.name(node)
        found: list[Document | str] = []
        more = False
        for link in self.attachments:
            targets = {USER: link.users, GROUP: link.groups, ROLE: link.roles}[kind]
            if targets.include(node, name):
                found.extend(link.policies)
            elif targets.open and link.node.root == node.root:
                more = True
        return found, more or self._handed_on(node)

    def reach_of(self, user: Node) -> tuple[list[Document | str], bool]:
        """Every policy that reaches a user, directly or through groups, and whether there may be others."""
        found, more = self.policies_of(USER, user)
        memberships, more_groups = self.memberships_of(user)
        for membership in memberships:
            for group in membership.groups.nodes:
                of_group, more_of_group = self.policies_of(GROUP, group)
                found = found + of_group
                more = more or more_of_group
            managed = {self.name(g) for g in membership.groups.nodes}
            # A group that the scan does not create: what it carries is not known.
            more = more or membership.groups.open or bool(membership.groups.names - managed)
        return found, more or more_groups

    def _handed_on(self, node: Node) -> bool:
        """True when a module that could not be read is given this principal: it may attach policies."""
        name = self.name(node)
        for call in self.account.opaque_calls(node.root):
            for argument in call.block.conf:
                for value in call.block.texts(argument) or () if not argument.startswith("__") else ():
                    text = text_of(value)
                    if (name is not None and text == name) or node in self.account.refers(call, text, node.type):
                        return True
        return False


def _is_arn_of(arn: str, policy: Node) -> bool:
    if not arn.startswith("arn:") or ":aws:policy/" in arn:
        return False
    own, name = policy.block.text("arn"), policy.block.text("name")
    return arn == own or (isinstance(name, str) and ":policy/" in arn and arn.endswith("/" + name))


_last: list[People] = []
