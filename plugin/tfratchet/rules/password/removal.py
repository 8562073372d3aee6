"""The password policy goes as a whole: TFR201."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfratchet.controls import Stronger
from tfratchet.model import Finding, Severity
from tfratchet.rules.attributes import Subject, gained_words, lost_words
from tfratchet.rules.base import Rule, cis, side
from tfratchet.rules.password.accounts import REFERENCES, SETTINGS, Kept, Lost, changes, policies
from tfratchet.values import display

if TYPE_CHECKING:
    from tfratchet.compare import RootPair


class PasswordPolicyRemoved(Rule):
    """The account's password policy is gone, and nothing takes its place.

    ## Why

    Destroying the resource deletes the policy of the account, and AWS's default rules for every user at once. That is:
    eight characters, three of four kinds of characters, passwords that never expire and may be used again at once.

    ## Fires on

    ```hcl
    -resource "aws_iam_account_password_policy" "strict" {
    -  minimum_password_length   = 14
    -  password_reuse_prevention = 24
    -}
    ```

    Also: a `count` that becomes 0, a module call that goes, and a switch such as
    `create_account_password_policy = false`. With an unknown `count`, or when a module that could not be read may
    create the policy, the finding is only possible. A `removed` block with `destroy = false` is low: the policy stays
    in the account, but nobody manages it.

    ## Silent on

    ```hcl
    -resource "aws_iam_account_password_policy" "strict" { ... }
    +module "account" {
    +  source                  = "terraform-aws-modules/iam/aws//modules/iam-account"
    +  minimum_password_length = 14
    +}
    ```

    The settings of the new policy are compared with those of the old one by TFR202 to TFR210. A policy that moves
    into another module, and one that goes while another policy of the same provider stays, are judged the same way.

    ## Fix

    Keep a password policy for the account. To move it, add a `moved` block.
    """

    id = "TFR201"
    title = "password policy removed"
    family = "password"
    severity = Severity.CRITICAL
    references = (cis("1.7"), cis("1.8"), *REFERENCES)
    checkov = ("CKV_AWS_9", "CKV_AWS_10", "CKV_AWS_11", "CKV_AWS_12", "CKV_AWS_13", "CKV_AWS_14", "CKV_AWS_15")
    fix = "Keep a password policy for the account; a `moved` block tells Terraform that it has only moved."

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        for change in changes(pair):
            if isinstance(change, Lost):
                yield self._lost(pair, change)

    def _lost(self, pair: RootPair, change: Lost) -> Finding:
        subject = change.base
        given = [(c, subject.setting(c)) for c in SETTINGS]
        text = ", ".join(f"{c.name} = {display(s.value)}" for c, s in given if s.given) or "the provider's defaults"
        call = pair.head.calls.get(subject.address)
        if change.forgotten:
            severity, message = Severity.LOW, "the password policy is no longer managed, yet kept in the account"
        elif change.depends_on is not None:
            severity, message = Severity.MEDIUM, f"the account may lose its password policy: {change.why}"
        else:
            severity, message = Severity.CRITICAL, "the account loses its password policy"
            message += f": {change.why}" if change.why else ""
        head = pair.head.resources.get(subject.address) or call
        return self.finding(
            pair,
            subject.address,
            message,
            side(text, subject.location),
            side(change.why or "removed", head.location) if head is not None else None,
            severity=severity,
            depends_on=(change.depends_on,) if change.depends_on is not None else (),
            lost=() if change.depends_on is not None and pair.head.exists else ("password policy", *_words(subject)),
        )

    def gained(self, pair: RootPair) -> Iterator[str]:
        kept = {c.head.address for c in changes(pair) if isinstance(c, Kept)}
        for subject in policies(pair.head):
            if subject.address not in kept:
                yield "password policy"
                for control in SETTINGS:
                    yield from gained_words(control, subject.setting(control).value)


def _words(subject: Subject) -> list[str]:
    judged = [c for c in SETTINGS if c.stronger is not Stronger.STANCE]
    return [w for c in judged for w in lost_words(c, subject.setting(c).value)]
