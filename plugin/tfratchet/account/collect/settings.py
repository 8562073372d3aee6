"""What concerns the whole account: its password policy, and root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tfratchet.account.collect.reader import Reader

NAMES = {
    "minimum_password_length": "MinimumPasswordLength",
    "require_uppercase_characters": "RequireUppercaseCharacters",
    "require_lowercase_characters": "RequireLowercaseCharacters",
    "require_numbers": "RequireNumbers",
    "require_symbols": "RequireSymbols",
    "allow_users_to_change_password": "AllowUsersToChangePassword",
    "max_password_age": "MaxPasswordAge",
    "password_reuse_prevention": "PasswordReusePrevention",
    "hard_expiry": "HardExpiry",
}
"""Terraform's names of the settings → the API's."""
_NUMBERS = frozenset(["minimum_password_length", "max_password_age", "password_reuse_prevention"])


def read_password_policy(reader: Reader) -> dict[str, int | bool] | None:
    """The password policy by Terraform's names, with 0 or false for what is off; None: the account has none."""
    iam = reader.client("iam")
    answer: dict[str, Any] = reader.ask(
        "password_policy",
        "iam:GetAccountPasswordPolicy",
        iam.get_account_password_policy,
        {},
        absent=("NoSuchEntity",),
    )
    policy = answer.get("PasswordPolicy")
    if policy is None:
        return None
    return by_names(policy)


def by_names(policy: Mapping[str, Any]) -> dict[str, int | bool]:
    """A policy as the API gives it, by Terraform's names; what the API leaves out is off."""
    return {n: int(policy.get(k) or 0) if n in _NUMBERS else bool(policy.get(k)) for n, k in NAMES.items()}


@dataclass(frozen=True, slots=True)
class Root:
    """What GetAccountSummary says of root; None: not told."""

    mfa: bool | None = None
    keys: bool | None = None
    password: bool | None = None


def read_root(reader: Reader) -> Root:
    """Root's MFA, keys and password (``AccountPasswordPresent`` is missing in older answers)."""
    iam = reader.client("iam")
    answer: dict[str, Any] = reader.ask("root", "iam:GetAccountSummary", iam.get_account_summary, {})
    summary = answer.get("SummaryMap", {})

    def told(name: str) -> bool | None:
        return bool(summary[name]) if name in summary else None

    return Root(told("AccountMFAEnabled"), told("AccountAccessKeysPresent"), told("AccountPasswordPresent"))
