"""Policy documents seen from a principal that holds them: the same, rewritten, or a guard."""

from __future__ import annotations

from collections.abc import Iterable

from tfratchet.arns import in_usual_partition
from tfratchet.iam.documents import Document, Leaf, Statement, equal
from tfratchet.iam.engine.strings import covers, encode
from tfratchet.iam.statements import condition_text
from tfratchet.values import Unknown, canonical

_MFA_KEY = "aws:multifactorauth"


def same_document(left: Document | None, right: Document | None) -> bool:
    """True when both documents are there and certainly mean the same."""
    if left is None or right is None or left.empty or right.empty:
        return False
    return equal(left, right) is True


def is_guard(document: Document | None) -> bool:
    """True when the document denies something: losing it opens what was closed."""
    if document is None:
        return False
    return any(s.effect == "Deny" for s in document.statements)


def is_mfa_guard(document: Document | None) -> bool:
    """True when the document denies something to sessions without MFA."""
    if document is None:
        return False
    return any(
        s.effect == "Deny" and any(isinstance(c.key, str) and c.key.startswith(_MFA_KEY) for c in s.conditions)
        for s in document.statements
    )


def readable(document: Document | None) -> bool:
    """True when the statements of a document are known."""
    return document is not None and document.opaque is None and not document.empty


def rewritten(lost: Document | None, new: Iterable[Document | None]) -> bool | None:
    """True when new documents say most of what a lost one said: more than half of its statements, and every denial.

    Such a policy was rewritten, not detached: split, merged, generalised or a little narrowed. An attachment that
    leaves one small statement behind is a loss all the same. None: it is so if unknown resources (the ARN of a bucket
    that has another address now) are the same.
    """
    if lost is None or not readable(lost) or lost.choices:
        return False
    others = [s for d in new if d is not None for s in d.statements if s.maybe is None]
    known = [s for s in lost.statements if not isinstance(s.effect, Unknown)]
    if _mostly_said(known, others, guess=False):
        return True
    return None if _mostly_said(known, others, guess=True) else False


def _mostly_said(statements: list[Statement], others: list[Statement], *, guess: bool) -> bool:
    kept = 0
    for statement in statements:
        if any(_says(other, statement, guess and statement.effect == "Allow") for other in others):
            kept += 1
        elif statement.effect != "Allow":
            return False
    return kept * 2 > len(statements)


def _says(wide: Statement, narrow: Statement, guess: bool) -> bool:
    """True when ``wide`` says at least what ``narrow`` says; ``guess``: unknown resources may be the same."""
    if isinstance(narrow.effect, Unknown) or wide.effect != narrow.effect:
        return False
    if _conditions(wide) != _conditions(narrow) and wide.conditions:
        return False
    if wide.principals != narrow.principals or wide.not_principals != narrow.not_principals:
        return False
    if not _part(wide.actions, wide.not_actions, narrow.actions, narrow.not_actions, fold=True):
        return False
    if _part(wide.resources, wide.not_resources, narrow.resources, narrow.not_resources):
        return True
    return guess and any(isinstance(leaf, Unknown) for leaf in wide.resources or ())


def _conditions(statement: Statement) -> frozenset[str]:
    return frozenset(condition_text(c) for c in statement.conditions)


def _part(
    wide: tuple[Leaf, ...] | None,
    wide_not: tuple[Leaf, ...] | None,
    narrow: tuple[Leaf, ...] | None,
    narrow_not: tuple[Leaf, ...] | None,
    *,
    fold: bool = False,
) -> bool:
    if narrow_not is not None:
        if wide_not is not None:
            # Fewer exceptions say more.
            allowed = {canonical(leaf) for leaf in narrow_not}
            return all(canonical(leaf) in allowed for leaf in wide_not)
        return wide is not None and "*" in wide
    if wide is None:
        return wide_not is None and narrow is None
    codes = [_code(leaf, fold) for leaf in wide]
    return all(any(covers(c, _code(leaf, fold)) for c in codes) for leaf in narrow or ())


def _code(leaf: Leaf, fold: bool) -> str:
    code = encode(in_usual_partition(leaf))
    return code.lower() if fold else code
