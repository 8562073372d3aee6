"""Rules of the family password."""

from tfratchet.rules.password.characters import (
    LowercaseNotRequired,
    NumbersNotRequired,
    SymbolsNotRequired,
    UppercaseNotRequired,
)
from tfratchet.rules.password.people import LoginProfileWeakened, UserPoolPasswordPolicyWeakened
from tfratchet.rules.password.policy import (
    HardExpiryChanged,
    MaximumAgeRaised,
    MinimumLengthLowered,
    PasswordChangeForbidden,
    ReusePreventionLowered,
    SettingKeptByAccident,
)
from tfratchet.rules.password.removal import PasswordPolicyRemoved

__all__ = [
    "HardExpiryChanged",
    "LoginProfileWeakened",
    "LowercaseNotRequired",
    "MaximumAgeRaised",
    "MinimumLengthLowered",
    "NumbersNotRequired",
    "PasswordChangeForbidden",
    "PasswordPolicyRemoved",
    "ReusePreventionLowered",
    "SettingKeptByAccident",
    "SymbolsNotRequired",
    "UppercaseNotRequired",
    "UserPoolPasswordPolicyWeakened",
]
