"""``tfratchet init``: a root module that calls the baseline, and what a repository needs beside it.

``source`` says where the modules come from, ``look`` reads what an account holds already (``found``), ``hcl`` writes
values, ``render`` and ``snippets`` make the files, ``write`` puts them on disk without ever overwriting one.
"""
