"""Rules of the family mfa: what made people prove who they are, and no longer does."""

from tfratchet.rules.mfa.cognito import CognitoMfaLoosened
from tfratchet.rules.mfa.devices import VirtualDeviceRemoved
from tfratchet.rules.mfa.mfa_delete import MfaDeleteOff
from tfratchet.rules.mfa.mistakes import MfaMistakeIntroduced

__all__ = ["CognitoMfaLoosened", "MfaDeleteOff", "MfaMistakeIntroduced", "VirtualDeviceRemoved"]
