"""The run of ``tfratchet plan``. Reading the JSON of a plan: ``sources/plan``."""
