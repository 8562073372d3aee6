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
    from tfratchet_checks.__tfr_data__ import PROTECTED_ACTIONS
    from tfratchet_checks.__tfr_guard__ import any_guard, asks_for_mfa, has_guard, listed
    from tfratchet_checks.__tfr_people__ import GROUP, Link, People
    from tfratchet_checks.__tfr_policy__ import Document, Statement, covers
    from tfratchet_checks.__tfr_protected__ import trails_of
    from tfratchet_checks.__tfr_values__ import Unresolved, text_of
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import ResourceCheck
    from __tfr_data__ import PROTECTED_ACTIONS
    from __tfr_guard__ import any_guard, asks_for_mfa, has_guard, listed
    from __tfr_people__ import GROUP, Link, People
    from __tfr_policy__ import Document, Statement, covers
    from __tfr_protected__ import trails_of
    from __tfr_values__ import Unresolved, text_of

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

# An expression that may stand for anything: a variable, not the attribute of a resource, not a part of a longer ARN.
_BARE = re.compile(r"(?:\$\{)?(?:var|local|module|each)\.[^/]*\}?")


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
        if isinstance(grant, Unresolved):
            return self.unknown(grant.text)
        if grant is None:
            return self.passed()
        own = has_guard(document)
        if own is not False:
            return self.passed() if own else self.unknown(f"the document may hold a guard of its own: {document.why}")
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

    def _grant(self, document: Document) -> tuple[str, list[str]] | Unresolved | None:
        """The first grant without MFA: statement and actions; ``Unresolved`` when what is not known may be one."""
        unread = "" if document.complete else f"the document could not be read to its end: {document.why}"
        for statement in document.statements:
            if statement.effect == "Deny" or statement.principals is not None:
                continue
            asks = asks_for_mfa(statement)
            if asks:
                continue
            reached = {a["action"]: self._reaches(statement, a["action"]) for a in PROTECTED_ACTIONS}
            actions = [a for a, answer in reached.items() if answer]
            if actions and asks is False and statement.certain and statement.effect == "Allow":
                return statement.label, actions
            if actions or None in reached.values():
                unread = unread or f"whether {statement.label} is a grant of protected actions could not be worked out"
        return Unresolved(unread) if unread else None

    def _reaches(self, statement: Statement, action: str) -> bool | None:
        """Whether a statement lets the action take protection away; None when that is not known."""
        covered = covers(statement, action)
        if covered is False:
            return False
        resources = [text_of(r) for r in statement.resources or ()]
        if resources and all("{aws:username}" in r for r in resources):
            return covered and action in _ON_ONESELF
        if action.startswith(("iam:", "cloudtrail:", "organizations:", "sso:", "config:")) or not resources:
            return covered
        # Of any other service only the resources of the baseline count: all of them, or the bucket of a trail.
        if any(_ANY.fullmatch(r) for r in resources) or any(self._log_bucket(r) for r in resources):
            return covered
        bare = any(isinstance(r, Unresolved) and _BARE.fullmatch(r.text) for r in statement.resources or ())
        return None if bare or not self.account.known else False

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
