"""How data gets into a snapshot: git, folders, plans. Nothing here knows of rules."""
