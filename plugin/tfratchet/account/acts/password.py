"""The account's password policy, and passwords that must be changed at the next sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from tfratchet.account.acts.base import ACCOUNT, USER, Act, RefusedError, State, Subject
from tfratchet.account.acts.live import there
from tfratchet.account.collect.settings import NAMES, by_names
from tfratchet.account.session import error_code

if TYPE_CHECKING:
    from tfratchet.account.session import Account

# What an account without a policy has (IAM user guide, "Setting an account password policy", default policy).
NONE_SET: Mapping[str, int | bool] = {
    "minimum_password_length": 8,
    "require_uppercase_characters": False,
    "require_lowercase_characters": False,
    "require_numbers": False,
    "require_symbols": False,
    "allow_users_to_change_password": True,
    "max_password_age": 0,
    "password_reuse_prevention": 0,
    "hard_expiry": False,
}


def to_api(policy: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of UpdateAccountPasswordPolicy: always the whole policy, as the API resets what is left out.

    The two numbers that have no "none" value are left out when they are 0: left out means none.
    """
    optional = ("max_password_age", "password_reuse_prevention")
    return {word: policy[name] for name, word in NAMES.items() if policy[name] or name not in optional}


@dataclass(frozen=True)
class SetPasswordPolicy(Act):
    """Sets single values of the password policy and keeps all others.

    ``UpdateAccountPasswordPolicy`` has no partial update: what a call leaves out goes back to its default, and
    ``AllowUsersToChangePassword`` to false (IAM API reference). So the whole policy is read, merged and sent.
    """

    kind: ClassVar[str] = "set-password-policy"
    needs: ClassVar[tuple[str, ...]] = (
        "iam:GetAccountPasswordPolicy",
        "iam:UpdateAccountPasswordPolicy",
        "iam:DeleteAccountPasswordPolicy",
    )

    values: Mapping[str, int | bool] = field(default_factory=dict)
    """By Terraform's names."""

    @property
    def subject(self) -> Subject:
        return Subject(ACCOUNT, "password policy")

    def what(self) -> str:
        words = ", ".join(f"{n} = {str(v).lower()}" for n, v in self.values.items())
        return f"set the password policy: {words}"

    def read(self, account: Account) -> State:
        try:
            answer = account.client("iam").get_account_password_policy()["PasswordPolicy"]
        except Exception as error:
            if error_code(error) == "NoSuchEntity":
                return {"policy": None}
            raise
        return {"policy": by_names(answer)}

    def target(self, before: State) -> State:
        return {"policy": {**(before["policy"] or NONE_SET), **self.values}}

    def do(self, account: Account, before: State) -> None:
        new = self.target(before)["policy"]
        age, old = new["max_password_age"], (before["policy"] or NONE_SET)["max_password_age"]
        if new["hard_expiry"] and age and (not old or age < old):
            raise RefusedError(
                f"hard_expiry is on: a maximum age of {age} days would lock out everybody with an older password; "
                "switch hard_expiry off first"
            )
        account.client("iam").update_account_password_policy(**to_api(new))

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        if before["policy"] is None:
            account.client("iam").delete_account_password_policy()
        else:
            account.client("iam").update_account_password_policy(**to_api(before["policy"]))


@dataclass(frozen=True)
class ForcePasswordReset(Act):
    """Makes a user choose a new password at the next sign-in. Passwords cannot be read, so they cannot be judged."""

    kind: ClassVar[str] = "force-password-reset"
    needs: ClassVar[tuple[str, ...]] = ("iam:GetLoginProfile", "iam:UpdateLoginProfile")
    limits: ClassVar[str] = "a password that was changed meanwhile stays changed"

    user: str

    @property
    def subject(self) -> Subject:
        return Subject(USER, self.user)

    def what(self) -> str:
        return f"user {self.user} must set a new password at the next sign-in"

    def read(self, account: Account) -> State:
        with there(f"the console password of user {self.user}"):
            profile = account.client("iam").get_login_profile(UserName=self.user)["LoginProfile"]
        return {"reset_required": bool(profile.get("PasswordResetRequired"))}

    def target(self, before: State) -> State:  # noqa: ARG002
        return {"reset_required": True}

    def do(self, account: Account, before: State) -> None:  # noqa: ARG002
        account.client("iam").update_login_profile(UserName=self.user, PasswordResetRequired=True)

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        account.client("iam").update_login_profile(UserName=self.user, PasswordResetRequired=False)
