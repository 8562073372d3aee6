"""Access keys: switch off what nobody uses, delete what has long been off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from tfratchet.account.acts.base import USER, Act, RefusedError, State, Subject
from tfratchet.account.acts.live import there

if TYPE_CHECKING:
    from tfratchet.account.session import Account


def status_of(account: Account, user: str, key: str) -> str | None:
    """``Active``, ``Inactive``, or None when the user has no such key."""
    pages = account.client("iam").get_paginator("list_access_keys")
    with there(f"user {user}"):
        for page in pages.paginate(UserName=user):
            for found in page["AccessKeyMetadata"]:
                if found["AccessKeyId"] == key:
                    return str(found["Status"])
    return None


@dataclass(frozen=True)
class DeactivateKey(Act):
    """Switches an access key off; it can be switched on again. One that was used after the plan was made stays on."""

    kind: ClassVar[str] = "deactivate-access-key"
    needs: ClassVar[tuple[str, ...]] = ("iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:UpdateAccessKey")

    user: str
    key: str
    """Id of the key (``AKIA...``): a name, not a secret."""
    unused_since: str = ""
    """When it was made or last used, as far as the plan knows (ISO 8601)."""

    @property
    def subject(self) -> Subject:
        return Subject(USER, self.user)

    def what(self) -> str:
        return f"deactivate access key {self.key} of user {self.user}"

    def read(self, account: Account) -> State:
        return {"status": status_of(account, self.user, self.key)}

    def target(self, before: State) -> State:
        return {"status": None if before["status"] is None else "Inactive"}

    def do(self, account: Account, before: State) -> None:  # noqa: ARG002
        iam = account.client("iam")
        if self.unused_since:
            used = iam.get_access_key_last_used(AccessKeyId=self.key)["AccessKeyLastUsed"].get("LastUsedDate")
            if used is not None and used > datetime.fromisoformat(self.unused_since):
                raise RefusedError(f"access key {self.key} has been used since the plan was made")
        iam.update_access_key(UserName=self.user, AccessKeyId=self.key, Status="Inactive")

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        account.client("iam").update_access_key(UserName=self.user, AccessKeyId=self.key, Status=before["status"])


@dataclass(frozen=True)
class DeleteKey(Act):
    """Deletes an access key that is inactive. Nobody can bring it back."""

    kind: ClassVar[str] = "delete-access-key"
    needs: ClassVar[tuple[str, ...]] = ("iam:ListAccessKeys", "iam:DeleteAccessKey")
    reversible: ClassVar[bool] = False
    limits: ClassVar[str] = "cannot be undone"

    user: str
    key: str

    @property
    def subject(self) -> Subject:
        return Subject(USER, self.user)

    def what(self) -> str:
        return f"delete access key {self.key} of user {self.user}"

    def read(self, account: Account) -> State:
        return {"status": status_of(account, self.user, self.key)}

    def target(self, before: State) -> State:  # noqa: ARG002
        return {"status": None}

    def do(self, account: Account, before: State) -> None:
        if before["status"] != "Inactive":
            raise RefusedError(f"access key {self.key} is active again")
        account.client("iam").delete_access_key(UserName=self.user, AccessKeyId=self.key)
