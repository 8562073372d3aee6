"""Custom Checkov checks of tfratchet. Each module here loads on its own: see docs/checkov.md."""
