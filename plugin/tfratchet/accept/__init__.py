"""Accepted findings: by a comment, a commit trailer, the configuration, or a file of known findings."""
