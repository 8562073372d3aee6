"""``Principal`` and ``NotPrincipal``: IAM user guide, "AWS JSON policy elements: Principal" and "NotPrincipal"."""

from __future__ import annotations

from collections.abc import Sequence

from tfratchet.iam.engine.patterns import any_of, negate
from tfratchet.iam.engine.request import Principal
from tfratchet.iam.engine.strings import Kleene, encode, equals, fold_partition
from tfratchet.values import Unknown


class PrincipalSet:
    """The value of ``Principal`` or ``NotPrincipal``."""

    __slots__ = ("_entries", "_root")

    def __init__(self, principals: Sequence[tuple[str, str | Unknown]]) -> None:
        self._entries = [(kind, encode(leaf)) for kind, leaf in principals]
        self._root = [text for kind, text in self._entries if kind == "AWS"]

    def match(self, principal: Principal) -> tuple[Kleene, bool]:
        """(named, directly): an account's root stands for everybody in it, but leaves it to the account to allow."""
        direct = any_of([_names(kind, text, principal) for kind, text in self._entries])
        if direct:
            return True, True
        account = any_of([_is_root_of(text, principal) for text in self._root])
        if account:
            return True, False
        return (None, True) if None in (direct, account) else (False, False)

    def reaches(self, principal: Principal, *, deny: bool) -> Kleene:
        """Whether ``NotPrincipal`` with these entries reaches the principal. A Deny spares only whom it names with all
        of its ARNs: the user (or the session and its role) and the account; where only some are named, AWS's answer is
        not told here.
        """
        named = any_of([_names(kind, text, principal) for kind, text in self._entries])
        if named is False:
            return True
        if not deny:
            return negate(named)
        account = any_of([_is_root_of(text, principal) for text in self._root])
        return False if named and (account or principal.type == "Service" or "*" in self._root) else None


def _names(kind: str, text: str, principal: Principal) -> Kleene:
    if kind == "":
        return None
    if kind == "AWS":
        if text == "*":
            return True
        if not principal.arn:
            return False
        arns = [principal.arn, principal.role] if principal.role else [principal.arn]
        return any_of([_same(text, arn) for arn in arns])
    if (kind, principal.type) in (("Service", "Service"), ("Federated", "FederatedUser")):
        return equals(text, principal.identity)
    return False


def _same(text: str, arn: str) -> Kleene:
    """Whether two ARNs name the same principal. Here a literal account number is not taken for the own account:
    policies of resources name other accounts, too.
    """
    if fold_partition(text) == fold_partition(arn):
        return True
    return False if equals(text, arn) is False else None


def _is_root_of(text: str, principal: Principal) -> Kleene:
    if not principal.account:
        return False
    return any_of([_same(text, f"arn:aws:iam::{principal.account}:root"), _same(text, principal.account)])
