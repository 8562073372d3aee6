"""Rules of the family mfa."""
