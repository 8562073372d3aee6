"""Rules of the family guardrail: what kept the protection itself from being taken away."""

from tfratchet.rules.guardrails.denials import DenialLost, ProtectedActionGained
from tfratchet.rules.guardrails.lifecycle import LifecycleGuardLost

__all__ = ["DenialLost", "LifecycleGuardLost", "ProtectedActionGained"]
