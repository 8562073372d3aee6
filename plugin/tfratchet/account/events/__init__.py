"""Who detached what, when, from where: the protected API calls of an account, read from CloudTrail.

    lookup, stdin, log files, Athena ─► records ─► Event ─► story (counterparts, gaps) ─► findings

Everything left of ``Event`` knows how records are stored and nothing of what they mean; everything right of it is pure.
A new store of records is one module that gives ``Event``s; see ``run.py`` for where it is called.
"""
