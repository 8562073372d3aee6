"""Rules of the family mfa: what made people prove who they are, and no longer does."""

from tfratchet.rules.mfa.cognito import CognitoMfaLoosened
from tfratchet.rules.mfa.devices import VirtualDeviceRemoved
from tfratchet.rules.mfa.guard import GuardNoLongerReaches, MfaAgeLoosened, ProtectedActionWithoutMfa
from tfratchet.rules.mfa.mfa_delete import MfaDeleteOff
from tfratchet.rules.mfa.mistakes import MfaMistakeIntroduced
from tfratchet.rules.mfa.trust import MfaConditionLoosened

__all__ = [
    "CognitoMfaLoosened",
    "GuardNoLongerReaches",
    "MfaAgeLoosened",
    "MfaConditionLoosened",
    "MfaDeleteOff",
    "MfaMistakeIntroduced",
    "ProtectedActionWithoutMfa",
    "VirtualDeviceRemoved",
]
