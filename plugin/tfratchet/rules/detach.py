"""Rules of the family detach."""
