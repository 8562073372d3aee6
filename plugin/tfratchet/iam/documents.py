"""Policy documents: parse, compare, write. The public face of ``statements`` and ``normal_form``."""

from __future__ import annotations

from tfratchet.iam.normal_form import Atom, atoms, canonical_text, equal
from tfratchet.iam.statements import (
    DEFAULT_VERSION,
    VARIABLES_VERSION,
    Condition,
    Document,
    Leaf,
    Statement,
    parse_document,
    unknown_statement,
)

__all__ = [
    "DEFAULT_VERSION",
    "VARIABLES_VERSION",
    "Atom",
    "Condition",
    "Document",
    "Leaf",
    "Statement",
    "atoms",
    "canonical_text",
    "equal",
    "parse_document",
    "unknown_statement",
]
