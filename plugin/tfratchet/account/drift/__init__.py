"""Drift: what is declared in configuration or state, against what the account has."""
