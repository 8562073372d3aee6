"""CKV_TFR_502: a grant of protected actions without MFA.

What: an Allow of actions that take security away (detaching policies, deactivating MFA, stopping CloudTrail, ...;
the list is in `tfr_protected_actions.py`) for people, without an MFA condition and without an MFA guard on
everybody who has it. Actions on buckets, keys, log groups and the like count when they reach all of these, or the
bucket of a trail. Somebody who may only act on the own user (`aws:username`) can still take away the own guards and
MFA device.

Why: whoever steals an access key could switch the guards off. People are users and groups; a policy attached to
roles only is left to the trust policy (CKV_TFR_302), one attached to nobody in the scan is judged as if people had
it. (Rule TFR502 of `tfratchet diff` tells when somebody gains such an action.)

Bad::

    Statement = [{ Effect = "Allow", Action = "iam:*", Resource = "*" }]

Good::

    Statement = [{
      Effect    = "Allow"
      Action    = "iam:*"
      Resource  = "*"
      Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }
    }]
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import ResourceCheck
    from tfratchet_checks.__tfr_guard__ import any_guard, asks_for_mfa, has_guard, listed, protected_in
    from tfratchet_checks.__tfr_people__ import GROUP, Link, People
    from tfratchet_checks.__tfr_policy__ import Document, Statement
    from tfratchet_checks.__tfr_protected__ import trails_of
    from tfratchet_checks.__tfr_values__ import text_of
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import ResourceCheck
    from __tfr_guard__ import any_guard, asks_for_mfa, has_guard, listed, protected_in
    from __tfr_people__ import GROUP, Link, People
    from __tfr_policy__ import Document, Statement
    from __tfr_protected__ import trails_of
    from __tfr_values__ import text_of


# What a user who may only act on itself can still take away: its own guards and devices.
_ON_ONESELF = {
    "iam:DeactivateMFADevice",
    "iam:AttachUserPolicy",
    "iam:DetachUserPolicy",
    "iam:PutUserPolicy",
    "iam:DeleteUserPolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
}
_ANY = re.compile(r"\*|arn:[^:]*:s3:::\*(?:/\*)?|arn:[^:]*:(?!s3:)[^:]*:[^:]*:[^:]*:(?:[\w-]+[:/])?\*")


class ProtectedGrantWithoutMfa(ResourceCheck):
    """Protected actions are granted to people only with MFA."""

    id = "CKV_TFR_502"
    title = "Ensure actions that take security away are granted to people only with MFA"
    types = (
        "aws_iam_policy",
        "aws_iam_user_policy",
        "aws_iam_group_policy",
        "aws_ssoadmin_permission_set_inline_policy",
    )

    def judge(self) -> Any:
        argument = "inline_policy" if self.entity_type.startswith("aws_ssoadmin") else "policy"
        document = self.account.document(self.node, self.block.conf.get(argument))
        if document is None:
            return self.not_for_this()
        grant = self._grant(document)
        if not grant:
            if document.complete and all(
                s.effect != "Allow" or asks_for_mfa(s) is not None for s in document.statements
            ):
                return self.passed()
            return self.unknown(f"the document could not be read to its end: {document.why}")
        if has_guard(document):
            return self.passed()
        where, actions = grant
        if not self.account.known:
            return self.unknown("Checkov gave no graph to look for the guards of its holders in")
        holders = self._holders()
        if holders is None:
            return self.not_for_this()  # for roles only: see CKV_TFR_302
        guarded = [any_guard(*h) for h in holders]
        if guarded and all(guarded):
            return self.passed()
        if any(g is None for g in guarded) and not any(g is False for g in guarded):
            return self.unknown("whether an MFA guard reaches everybody who has the policy could not be worked out")
        return self.failed(f"{where} allows {listed(actions)} without MFA", argument)

    def _grant(self, document: Document) -> tuple[str, list[str]] | None:
        for statement in document.statements:
            if statement.effect != "Allow" or not statement.certain or statement.principals is not None:
                continue
            actions = [a for a in protected_in(statement) if self._reaches(statement, a)]
            if actions and asks_for_mfa(statement) is False:
                return statement.label, actions
        return None

    def _reaches(self, statement: Statement, action: str) -> bool:
        """Whether the resources of a grant let the action take protection away."""
        resources = [text_of(r) for r in statement.resources or ()]
        if resources and all("{aws:username}" in r for r in resources):
            return action in _ON_ONESELF
        if action.startswith(("iam:", "cloudtrail:", "organizations:", "sso:", "config:")) or not resources:
            return True
        # Of any other service only the resources of the baseline count: all of them, or the bucket of a trail.
        return any(_ANY.fullmatch(r) for r in resources) or any(self._log_bucket(r) for r in resources)

    def _log_bucket(self, resource: str) -> bool:
        buckets = [b for b in self.account.of_type("aws_s3_bucket") if trails_of(self.account, b, "s3_bucket_name")]
        named = self.account.refers(self.node, resource, "aws_s3_bucket")
        names = [b.block.text("bucket") for b in buckets]
        return any(b in named for b in buckets) or any(
            isinstance(n, str) and re.fullmatch(rf"arn:aws[\w-]*:s3:::{re.escape(n)}(/.*)?", resource) for n in names
        )

    def _holders(self) -> list[tuple[list[Document | str], bool]] | None:
        """What reaches each user and group that has the policy; None when only roles have it."""
        people = People.of(self.account)
        links = [link for link in people.attachments if link.node is self.node or self.node in link.sources]
        found = []
        for link in links:
            found += [people.reach_of(user) for user in link.users.nodes]
            found += [people.policies_of(GROUP, group) for group in link.groups.nodes]
            if _not_here(link, people):
                found.append(([], False))
        if not found and links and all(link.roles.nodes or link.roles.names or link.roles.open for link in links):
            return None
        return found


def _not_here(link: Link, people: People) -> bool:
    """True when a user or group that the scan does not create has the policy: no guard of it can be seen."""
    managed = {people.name(n) for n in (*link.users.nodes, *link.groups.nodes)}
    return link.users.open or link.groups.open or bool((link.users.names | link.groups.names) - managed)


check = ProtectedGrantWithoutMfa()
