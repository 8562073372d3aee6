"""``python -m tfratchet``."""

from tfratchet.cli import main

main()
