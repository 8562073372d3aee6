"""Rules of the family guardrails."""
