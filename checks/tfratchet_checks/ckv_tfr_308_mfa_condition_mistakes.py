"""CKV_TFR_308: a condition that looks like MFA and is none.

What: in any policy document, a Deny with `Bool: {aws:MultiFactorAuthPresent: false}` (unless the document also
denies requests without the key); an Allow with `BoolIfExists` (or `ForAllValues:Bool`)
`{aws:MultiFactorAuthPresent: true}`; a Deny of those *with* MFA; an Allow whose values accept both.

Why: requests made with long-lived access keys do not carry the key at all. `Bool` does not match then, so the Deny
does not deny; `BoolIfExists` matches then, so the Allow allows. (Rule TFR308 of `tfratchet diff` tells when such a
condition is introduced; Trivy's MFA check looks for the key, whatever operator and value stand beside it.)

Bad::

    Effect = "Deny", Condition = { Bool = { "aws:MultiFactorAuthPresent" = "false" } }

Good::

    Effect = "Deny", Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import DataCheck, Judge, ResourceCheck
    from tfratchet_checks.__tfr_guard__ import (
        IDENTITY_POLICIES,
        TRUST_POLICIES,
        asks_for_mfa,
        catches_missing_key,
        catches_missing_mfa,
        is_plain_bool_false,
        stands_here,
    )
    from tfratchet_checks.__tfr_policy__ import MFA_KEYS, MFA_PRESENT, Document, Statement, from_data_source
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import DataCheck, Judge, ResourceCheck
    from __tfr_guard__ import (
        IDENTITY_POLICIES,
        TRUST_POLICIES,
        asks_for_mfa,
        catches_missing_key,
        catches_missing_mfa,
        is_plain_bool_false,
        stands_here,
    )
    from __tfr_policy__ import MFA_KEYS, MFA_PRESENT, Document, Statement, from_data_source
    from __tfr_values__ import Unresolved


_PLACES = {
    **IDENTITY_POLICIES,
    **TRUST_POLICIES,
    "aws_s3_bucket_policy": "policy",
    "aws_kms_key": "policy",
    "aws_sns_topic_policy": "policy",
    "aws_sqs_queue_policy": "policy",
    "aws_secretsmanager_secret_policy": "policy",
}


def mistake(statement: Statement, document: Document) -> str:
    """What is wrong with the MFA condition of a statement, or nothing."""
    for condition in statement.conditions_on(MFA_PRESENT):
        values = condition.lower
        if condition.operator != "bool" or values is None:
            continue
        if statement.effect == "Deny" and is_plain_bool_false(condition) and not _made_up_for(statement, document):
            return "Bool does not match requests with long-lived keys, so the Deny lets them through: use BoolIfExists"
        if statement.effect == "Deny" and values == ("true",):
            return "the Deny stops those who have MFA, not those who have not"
        if statement.effect == "Allow" and values == ("true",):
            loose = condition.if_exists or condition.qualifier == "forallvalues"
            if loose and not asks_for_mfa(statement):
                return "BoolIfExists matches requests with long-lived keys, so the Allow lets them in: use Bool"
        if statement.effect == "Allow" and values == ("false", "true"):
            return "the values accept requests with and without MFA"
    return ""


def _made_up_for(statement: Statement, document: Document) -> bool:
    return any(_denies_long_lived_keys(other, statement) for other in document.statements)


def _denies_long_lived_keys(other: Statement, statement: Statement) -> bool:
    """True when another Deny stops requests without the key, for at least the same actions."""
    if other is statement or other.effect != "Deny" or len(other.conditions) != 1 or other.opaque_conditions:
        return False
    condition = other.conditions[0]
    if not (catches_missing_key(condition) or catches_missing_mfa(condition)):
        return False
    if "*" in (other.actions or ()):
        return True
    if statement.not_actions is not None:
        return other.not_actions is not None and set(other.not_actions) <= set(statement.not_actions)
    return other.actions is not None and set(statement.actions or ()) <= set(other.actions)


def verdict(check: Judge, own: Document, whole: Document, argument: str) -> Any:
    """The verdict on the statements of ``own``; what other documents of ``whole`` deny may make up for a mistake."""
    for statement in own.statements:
        wrong = mistake(statement, whole) if statement.certain else ""
        if wrong and (whole.complete or statement.effect == "Allow"):
            return check.failed(f"{statement.label}: {wrong}", argument)
        if wrong:
            return check.unknown(f"{statement.label}: {wrong}; another part of the document may make up for it")
    unread = any(
        s.opaque_conditions
        or not s.certain
        or any(c.lower is None or isinstance(s.effect, Unresolved) for c in s.conditions_on(*MFA_KEYS))
        for s in own.statements
    )
    if unread or not own.complete:
        return check.unknown(f"the document could not be read to its end: {own.why or 'a condition is not known'}")
    return check.passed()


class MfaConditionMistakes(ResourceCheck):
    """Documents written in the resource itself."""

    id = "CKV_TFR_308"
    title = "Ensure MFA conditions hold for long-lived keys too: BoolIfExists in a Deny, Bool in an Allow"
    types = tuple(_PLACES)

    def judge(self) -> Any:
        argument = _PLACES[self.entity_type]
        document = stands_here(self.account, self.node, argument)
        return self.not_for_this() if document is None else verdict(self, document, document, argument)


class MfaConditionMistakesInData(DataCheck):
    """Document data sources, judged where they stand."""

    id = MfaConditionMistakes.id
    title = MfaConditionMistakes.title
    types = ("aws_iam_policy_document",)

    def judge(self) -> Any:
        whole = self.account.data_document(self.node) if self.account.known else from_data_source(self.block)
        own = from_data_source(self.block)
        # What comes from another document of the scan is told there; here it can only make up for a mistake.
        return verdict(self, own, whole, "statement")


check = MfaConditionMistakes()
data_check = MfaConditionMistakesInData()
