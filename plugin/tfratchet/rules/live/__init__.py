"""Rules on a live account."""
