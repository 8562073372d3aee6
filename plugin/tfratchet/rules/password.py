"""Rules of the family password."""
