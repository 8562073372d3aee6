"""What talks to the servers that host repositories: the GitHub action and the GitLab job; no part of ``diff``."""
