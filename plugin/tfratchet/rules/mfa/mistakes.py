"""TFR308: a condition that looks like MFA and is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfratchet.iam.documents import Condition, Document, Statement, parse_document
from tfratchet.model import Finding, Resource, Severity
from tfratchet.rules.base import Rule, attack, nist, side
from tfratchet.values import Unknown

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

MFA_PRESENT = "aws:multifactorauthpresent"
# Identity policies: here both mistakes are mistakes. In a trust policy an Allow with BoolIfExists is one as well.
_DOCUMENTS = {
    "aws_iam_policy": "policy",
    "aws_iam_user_policy": "policy",
    "aws_iam_group_policy": "policy",
    "aws_iam_role_policy": "policy",
    "aws_iam_role": "assume_role_policy",
    "aws_organizations_policy": "content",
}


class MfaMistakeIntroduced(Rule):
    """A condition that looks like MFA and is none is introduced.

    ## Why

    A request signed with a long-lived access key carries no `aws:MultiFactorAuthPresent` at all. `Bool` on a missing
    key is false: a *Deny* with `Bool ... = "false"` lets such requests pass. `BoolIfExists` on a missing key is true:
    an *Allow* with `BoolIfExists ... = "true"` lets them in. Each is the right operator of the other.
    (AWS IAM user guide, "AWS: Allows MFA-authenticated IAM users to manage their own credentials", and "IAM JSON
    policy elements: Condition operators", `...IfExists`.)

    Nothing is taken away yet, so the severity is low; when a working condition is *turned into* one of these, TFR301
    or TFR302 tells the loss.

    ## Fires on

    ```hcl
    # head: a new statement
    { Effect = "Deny", NotAction = ["iam:EnableMFADevice"], Resource = "*",
      Condition = { Bool = { "aws:MultiFactorAuthPresent" = "false" } } }
    ```

    ## Silent on

    `BoolIfExists` on a Deny, `Bool` on an Allow, and a mistake that base has already.

    ## Fix

    Use `BoolIfExists` on the Deny, `Bool` on the Allow.
    """

    id = "TFR308"
    title = "condition that looks like MFA and is none"
    family = "mfa"
    severity = Severity.LOW
    references = (nist("IA-2(1)"), attack("T1556.006"))
    checkov = ("CKV_TFR_308",)
    fix = 'use BoolIfExists "false" on a Deny, Bool "true" on an Allow'

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        for head in pair.head.managed(*_DOCUMENTS):
            mistakes = _mistakes(_document(head))
            if not mistakes:
                continue
            base = pair.matching.base_for(head)
            before = _document(base)
            known = {_mark(s, c) for s, c in _mistakes(before)}
            for statement, condition in mistakes:
                # A working condition that turns into a mistake is a loss, and told as one (TFR301, TFR302).
                if _mark(statement, condition) in known or _asks_for_mfa(before, statement):
                    continue
                path = _DOCUMENTS[head.type]
                yield self.finding(
                    pair,
                    head.address,
                    f"{statement.effect} with {condition.text} on {MFA_PRESENT}: requests with long-lived keys "
                    + ("are not denied" if statement.effect == "Deny" else "are allowed"),
                    side("no such condition", base.where(path)) if base is not None else None,
                    side(f"{condition.text} {condition.key}", head.where(path)),
                )


def _document(resource: Resource | None) -> Document | None:
    value = resource.get(_DOCUMENTS[resource.type]) if resource is not None else None
    return None if value is None else parse_document(value)


def _mistakes(document: Document | None) -> list[tuple[Statement, Condition]]:
    """Statements with a condition on MFA whose operator is wrong for their effect."""
    found = []
    for statement in document.statements if document else ():
        for condition in statement.conditions:
            if condition.key != MFA_PRESENT or condition.operator != "Bool" or len(condition.values) != 1:
                continue
            value = condition.values[0]
            if isinstance(value, Unknown):
                continue
            deny = statement.effect == "Deny" and not condition.if_exists and value.lower() == "false"
            allow = statement.effect == "Allow" and condition.if_exists and value.lower() == "true"
            if (deny and not _null_twin(document, statement)) or allow:
                found.append((statement, condition))
    return found


def _asks_for_mfa(document: Document | None, statement: Statement) -> bool:
    """Whether a statement of the same effect has a condition on MFA."""
    return any(
        other.effect == statement.effect and any(c.key == MFA_PRESENT for c in other.conditions)
        for other in (document.statements if document else ())
    )


def _null_twin(document: Document | None, statement: Statement) -> bool:
    """Whether another Deny covers the missing key: ``Null = true`` beside ``Bool = false`` is a complete guard."""
    return any(
        other.effect == "Deny"
        and other.actions == statement.actions
        and other.not_actions == statement.not_actions
        and any(c.key == MFA_PRESENT and c.operator == "Null" and c.values == ("true",) for c in other.conditions)
        for other in (document.statements if document else ())
    )


def _mark(statement: Statement, condition: Condition) -> tuple[object, ...]:
    return (statement.effect, statement.actions, statement.not_actions, statement.resources, condition.text)
