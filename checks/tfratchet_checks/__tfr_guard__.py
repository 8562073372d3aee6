"""What MFA conditions mean: which statements are guards, which grants ask for MFA.

Source: AWS IAM user guide, "AWS global condition context keys" (aws:MultiFactorAuthPresent, aws:MultiFactorAuthAge):
the keys are in a request only when it was made with temporary credentials. So with long-lived keys ``Bool`` does not
match whatever its value, and ``BoolIfExists`` matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_account__ import Account, Node
    from tfratchet_checks.__tfr_data__ import PROTECTED_ACTIONS
    from tfratchet_checks.__tfr_policy__ import (
        MFA_AGE,
        MFA_KEYS,
        MFA_PRESENT,
        Condition,
        Document,
        Statement,
        covers,
    )
    from tfratchet_checks.__tfr_values__ import Unresolved, text_of
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_account__ import Account, Node
    from __tfr_data__ import PROTECTED_ACTIONS
    from __tfr_policy__ import MFA_AGE, MFA_KEYS, MFA_PRESENT, Condition, Document, Statement, covers
    from __tfr_values__ import Unresolved, text_of

_OF_AWS = re.compile(r"arn:aws[\w-]*:iam::aws:")

# Where a document stands: type of the resource → argument. Trust and resource policies are not identity policies.
IDENTITY_POLICIES = {
    "aws_iam_policy": "policy",
    "aws_iam_user_policy": "policy",
    "aws_iam_group_policy": "policy",
    "aws_iam_role_policy": "policy",
    "aws_ssoadmin_permission_set_inline_policy": "inline_policy",
    "aws_organizations_policy": "content",
}
TRUST_POLICIES = {"aws_iam_role": "assume_role_policy"}


def stands_here(account: Account, node: Node, argument: str) -> Document | None:
    """The document in an argument when it is written there; None when it is not set, or comes from a data source of the
    scan (which is judged where it stands).
    """
    document = account.document(node, node.block.conf.get(argument))
    if document is None:
        return None
    value = node.block.text(argument)
    text = text_of(value)
    by_reference = isinstance(text, str) and "jsonencode(" not in text
    if by_reference and account.refers(node, str(text), "data.aws_iam_policy_document"):
        return None
    return document


def catches_missing_mfa(condition: Condition) -> bool:
    """True when a condition of a Deny is met by every request without MFA, long-lived keys included."""
    if condition.key == MFA_PRESENT:
        if condition.operator == "bool":
            absent_matches = condition.if_exists or condition.qualifier == "forallvalues"
            return absent_matches and condition.lower == ("false",)
        if condition.operator in ("stringequals", "stringequalsignorecase", "stringlike"):
            return condition.if_exists and condition.lower == ("false",)
        if condition.operator in ("stringnotequals", "stringnotequalsignorecase", "stringnotlike"):
            return condition.lower == ("true",)  # a negated operator matches when the key is missing
    if condition.key == MFA_AGE:
        # The age is missing exactly when there was no MFA.
        return condition.operator in ("numericgreaterthan", "numericgreaterthanequals") and condition.if_exists
    return False


def catches_missing_key(condition: Condition) -> bool:
    """True for ``Null: {aws:MultiFactorAuthPresent: true}``: met by long-lived keys only."""
    return condition.operator == "null" and condition.key in MFA_KEYS and condition.lower == ("true",)


def is_plain_bool_false(condition: Condition) -> bool:
    """True for ``Bool: {aws:MultiFactorAuthPresent: false}``: met by sessions without MFA, not by long-lived keys."""
    return (
        condition.key == MFA_PRESENT
        and condition.operator == "bool"
        and not condition.if_exists
        and condition.qualifier != "forallvalues"
        and condition.lower == ("false",)
    )


def is_guard(statement: Statement) -> bool:
    """A Deny of everything but a list for whoever has no MFA; the one with ``Bool`` counts too (CKV_TFR_308 tells)."""
    if statement.effect != "Deny" or statement.opaque_conditions or not statement.certain:
        return False
    if len(statement.conditions) != 1 or statement.principals is not None:
        return False
    if statement.resources is None or "*" not in statement.resources:
        return False
    wide = statement.not_actions is not None or "*" in (statement.actions or ())
    condition = statement.conditions[0]
    return wide and (catches_missing_mfa(condition) or is_plain_bool_false(condition))


def may_be_guard(statement: Statement) -> bool:
    """True when a statement that is no guard could be one, were it fully known."""
    if is_guard(statement):
        return False
    if statement.effect == "Allow":
        return False
    on_mfa = statement.conditions_on(*MFA_KEYS)
    elements = (*(statement.actions or ()), *(statement.resources or ()), statement.effect)
    unread = not statement.certain or any(isinstance(e, Unresolved) for e in elements)
    return statement.opaque_conditions or any(c.lower is None for c in on_mfa) or (unread and bool(on_mfa))


def has_guard(document: Document) -> bool | None:
    """Whether a document holds a guard; None when a part that could not be read may hold one."""
    if any(is_guard(s) for s in document.statements):
        return True
    return None if not document.complete or any(map(may_be_guard, document.statements)) else False


def any_guard(policies: list[Document | str], more: bool) -> bool | None:
    """Whether one of the policies that reach somebody is a guard; None when one that is not known may be it."""
    unknown = more
    for policy in policies:
        if isinstance(policy, str):
            # No policy that AWS manages denies calls without MFA; a customer's own by its ARN alone may.
            unknown = unknown or not _OF_AWS.match(policy)
            continue
        found = has_guard(policy)
        if found:
            return True
        unknown = unknown or found is None
    return None if unknown else False


def allows_only_with_mfa(policies: list[Document | str], more: bool) -> bool:
    """True when the policies allow something, and nothing without MFA: as good as a guard for what they allow."""
    allows: list[Statement] = []
    for policy in policies:
        if isinstance(policy, str) or not policy.complete:
            return False
        allows += [s for s in policy.statements if s.effect != "Deny"]
    return bool(allows) and not more and all(asks_for_mfa(s) for s in allows)


def _met_only_with_mfa(condition: Condition) -> bool:
    if condition.operator == "null":
        return condition.key in MFA_KEYS and condition.lower == ("false",)
    if condition.if_exists or condition.qualifier == "forallvalues":
        return False  # met by a request without the key
    if condition.key == MFA_PRESENT:
        equal = condition.operator in ("bool", "stringequals", "stringlike", "stringequalsignorecase")
        return equal and condition.lower == ("true",)
    younger = condition.operator in ("numericlessthan", "numericlessthanequals", "numericequals")
    return condition.key == MFA_AGE and younger


def asks_for_mfa(statement: Statement) -> bool | None:
    """Whether an Allow applies only to calls with MFA; None when its conditions could not be read."""
    if any(map(_met_only_with_mfa, statement.conditions)):
        return True
    unread = any(c.lower is None for c in statement.conditions_on(*MFA_KEYS))
    return None if unread or statement.opaque_conditions else False


def protected_in(statement: Statement) -> Iterator[str]:
    """The protected actions that a statement speaks of for certain."""
    for action in PROTECTED_ACTIONS:
        if covers(statement, action["action"]):
            yield action["action"]


def listed(actions: list[str], limit: int = 4) -> str:
    """A few of the actions, for a message."""
    return ", ".join(actions[:limit]) + (f" and {len(actions) - limit} more" if len(actions) > limit else "")
