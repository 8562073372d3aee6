"""Rules of the family guardrail: what kept the protection itself from being taken away."""

from tfratchet.rules.guardrails.calls import BaselineCallWeakened
from tfratchet.rules.guardrails.denials import DenialLost, ProtectedActionGained
from tfratchet.rules.guardrails.lifecycle import LifecycleGuardLost

__all__ = ["BaselineCallWeakened", "DenialLost", "LifecycleGuardLost", "ProtectedActionGained"]
