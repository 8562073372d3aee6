"""Remediation: from findings to a plan, to acts in a journal, and back."""
