"""Rules of the family cloudtrail."""
