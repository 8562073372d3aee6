"""Puts back what gives policies to people: attachments, inline policies, memberships, boundaries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from tfratchet.account.acts import live
from tfratchet.account.acts.base import POLICY, USER, Act, RefusedError, State, Subject

if TYPE_CHECKING:
    from tfratchet.account.session import Account

_EACH = ("User", "Group", "Role")


@dataclass(frozen=True)
class AttachPolicy(Act):
    """Attaches a managed policy to a user, group or role."""

    kind: ClassVar[str] = "attach-policy"
    needs: ClassVar[tuple[str, ...]] = tuple(
        f"iam:{verb}" for w in _EACH for verb in (f"ListAttached{w}Policies", f"Attach{w}Policy", f"Detach{w}Policy")
    )

    holder: str
    """``user``, ``group``, ``role``."""
    name: str
    policy: str
    """ARN."""

    @property
    def subject(self) -> Subject:
        return Subject(self.holder, self.name)

    def what(self) -> str:
        return f"attach {self.policy.rpartition('/')[2]} to {self.holder} {self.name}"

    def read(self, account: Account) -> State:
        return {"attached": self.policy in live.attached(account, self.holder, self.name)}

    def target(self, before: State) -> State:  # noqa: ARG002
        return {"attached": True}

    def do(self, account: Account, before: State) -> None:  # noqa: ARG002
        live.call(account, "attach", self.holder, "policy", PolicyArn=self.policy, **live.named(self.holder, self.name))

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        live.call(account, "detach", self.holder, "policy", PolicyArn=self.policy, **live.named(self.holder, self.name))


@dataclass(frozen=True)
class PutInlinePolicy(Act):
    """Writes an inline policy as the configuration declares it."""

    kind: ClassVar[str] = "put-inline-policy"
    needs: ClassVar[tuple[str, ...]] = tuple(
        f"iam:{verb}{w}{noun}"
        for w in _EACH
        for verb, noun in (("Get", ""), ("Get", "Policy"), ("Put", "Policy"), ("Delete", "Policy"))
    )

    holder: str
    name: str
    policy: str
    """Name of the inline policy."""
    document: Mapping[str, Any]

    @property
    def subject(self) -> Subject:
        return Subject(self.holder, self.name)

    def what(self) -> str:
        return f"put inline policy {self.policy} on {self.holder} {self.name}"

    def read(self, account: Account) -> State:
        return {"document": live.inline(account, self.holder, self.name, self.policy)}

    def target(self, before: State) -> State:  # noqa: ARG002
        return {"document": dict(self.document)}

    def do(self, account: Account, before: State) -> None:  # noqa: ARG002
        self._put(account, self.document)

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        if before["document"] is None:
            arguments = {"PolicyName": self.policy, **live.named(self.holder, self.name)}
            live.call(account, "delete", self.holder, "policy", **arguments)
        else:
            self._put(account, before["document"])

    def _put(self, account: Account, document: Mapping[str, Any]) -> None:
        arguments = {"PolicyName": self.policy, "PolicyDocument": json.dumps(document)}
        live.call(account, "put", self.holder, "policy", **arguments, **live.named(self.holder, self.name))


@dataclass(frozen=True)
class AddToGroup(Act):
    """Puts a user back into a group."""

    kind: ClassVar[str] = "add-to-group"
    needs: ClassVar[tuple[str, ...]] = ("iam:ListGroupsForUser", "iam:AddUserToGroup", "iam:RemoveUserFromGroup")

    user: str
    group: str

    @property
    def subject(self) -> Subject:
        return Subject(USER, self.user)

    def what(self) -> str:
        return f"put user {self.user} into group {self.group}"

    def read(self, account: Account) -> State:
        return {"member": self.group in live.groups(account, self.user)}

    def target(self, before: State) -> State:  # noqa: ARG002
        return {"member": True}

    def do(self, account: Account, before: State) -> None:  # noqa: ARG002
        account.client("iam").add_user_to_group(UserName=self.user, GroupName=self.group)

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        account.client("iam").remove_user_from_group(UserName=self.user, GroupName=self.group)


@dataclass(frozen=True)
class PutBoundary(Act):
    """Sets the permissions boundary of a user or role."""

    kind: ClassVar[str] = "put-boundary"
    needs: ClassVar[tuple[str, ...]] = tuple(
        f"iam:{verb}"
        for w in ("User", "Role")
        for verb in (f"Get{w}", f"Put{w}PermissionsBoundary", f"Delete{w}PermissionsBoundary")
    )

    holder: str
    name: str
    policy: str
    """ARN."""

    @property
    def subject(self) -> Subject:
        return Subject(self.holder, self.name)

    def what(self) -> str:
        return f"set {self.policy.rpartition('/')[2]} as permissions boundary of {self.holder} {self.name}"

    def read(self, account: Account) -> State:
        with live.there(f"{self.holder} {self.name}"):
            answer = getattr(account.client("iam"), f"get_{self.holder}")(**live.named(self.holder, self.name))
        found = answer[live.WORDS[self.holder]].get("PermissionsBoundary") or {}
        return {"boundary": found.get("PermissionsBoundaryArn")}

    def target(self, before: State) -> State:  # noqa: ARG002
        return {"boundary": self.policy}

    def do(self, account: Account, before: State) -> None:  # noqa: ARG002
        self._put(account, self.policy)

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        if before["boundary"] is None:
            live.call(account, "delete", self.holder, "permissions_boundary", **live.named(self.holder, self.name))
        else:
            self._put(account, before["boundary"])

    def _put(self, account: Account, arn: str) -> None:
        live.call(
            account,
            "put",
            self.holder,
            "permissions_boundary",
            PermissionsBoundary=arn,
            **live.named(self.holder, self.name),
        )


_VERSIONS = 5  # that a managed policy can have (IAM quotas)


@dataclass(frozen=True)
class PutPolicyDocument(Act):
    """Makes the declared document the default version of a customer managed policy again.

    A version that says so already becomes the default; else a new one is created. No version is ever deleted.
    """

    kind: ClassVar[str] = "put-policy-document"
    needs: ClassVar[tuple[str, ...]] = (
        "iam:ListPolicyVersions",
        "iam:GetPolicyVersion",
        "iam:CreatePolicyVersion",
        "iam:SetDefaultPolicyVersion",
    )
    limits: ClassVar[str] = "the version stays, and is not in use"

    policy: str
    """ARN."""
    document: Mapping[str, Any]

    @property
    def subject(self) -> Subject:
        return Subject(POLICY, self.policy)

    def what(self) -> str:
        return f"make the declared document the default version of policy {self.policy.rpartition('/')[2]}"

    def read(self, account: Account) -> State:
        return {"document": next(d for _, default, d in self._versions(account) if default)}

    def target(self, before: State) -> State:  # noqa: ARG002
        return {"document": dict(self.document)}

    def do(self, account: Account, before: State) -> None:  # noqa: ARG002
        versions = self._versions(account)
        if self._set(account, versions, self.document):
            return
        if len(versions) >= _VERSIONS:
            raise RefusedError(f"the policy has {len(versions)} versions, as many as there can be: delete one")
        account.client("iam").create_policy_version(
            PolicyArn=self.policy, PolicyDocument=json.dumps(self.document), SetAsDefault=True
        )

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        if not self._set(account, self._versions(account), before["document"]):
            raise RefusedError("the version that was the default is deleted")

    def _set(
        self, account: Account, versions: list[tuple[str, bool, dict[str, Any]]], document: Mapping[str, Any]
    ) -> bool:
        for version, _, found in versions:
            if found == document:
                account.client("iam").set_default_policy_version(PolicyArn=self.policy, VersionId=version)
                return True
        return False

    def _versions(self, account: Account) -> list[tuple[str, bool, dict[str, Any]]]:
        """(id, whether it is the default, document) of each version."""
        iam = account.client("iam")
        found = []
        with live.there(f"policy {self.policy.rpartition('/')[2]}"):
            for page in iam.get_paginator("list_policy_versions").paginate(PolicyArn=self.policy):
                for version in page["Versions"]:
                    name = version["VersionId"]
                    answer = iam.get_policy_version(PolicyArn=self.policy, VersionId=name)["PolicyVersion"]
                    found.append((name, bool(version["IsDefaultVersion"]), live.document(answer["Document"])))
        return found
