"""Drift rules, TFR660 to TFR672: what is declared and what the account has differ (account/drift compares)."""

from tfratchet.rules.live.drift.base import DriftRule, tell
from tfratchet.rules.live.drift.people import (
    BoundaryDrifted,
    DeclaredNowhere,
    MemberByHand,
    MembershipLost,
    PolicyDocumentDrifted,
    PrincipalMissing,
)
from tfratchet.rules.live.drift.policies import (
    DeclaredPolicyDetached,
    InlinePolicyByHand,
    InlinePolicyDrifted,
    PolicyAttachedByHand,
)
from tfratchet.rules.live.drift.settings import PasswordPolicyDrifted, TrailDrifted, TrailRecordsDrifted

__all__ = [
    "BoundaryDrifted",
    "DeclaredNowhere",
    "DeclaredPolicyDetached",
    "DriftRule",
    "InlinePolicyByHand",
    "InlinePolicyDrifted",
    "MemberByHand",
    "MembershipLost",
    "PasswordPolicyDrifted",
    "PolicyAttachedByHand",
    "PolicyDocumentDrifted",
    "PrincipalMissing",
    "TrailDrifted",
    "TrailRecordsDrifted",
    "tell",
]
