"""CKV_TFR_301: an MFA guard that lets through more than MFA self-service.

What: a guard (Deny with `NotAction` for whoever has no MFA) whose list holds anything but what somebody needs to
get MFA (`iam:CreateVirtualMFADevice`, `iam:EnableMFADevice`, `iam:GetUser`, `iam:GetMFADevice`,
`iam:ListMFADevices`, `iam:ListVirtualMFADevices`, `iam:ResyncMFADevice`, `sts:GetSessionToken`), the first change
of a password (`iam:ChangePassword`, `iam:GetAccountPasswordPolicy`) or plain reads of the own session. A wildcard
always fails.

Why: what the list names is open to a stolen access key. `iam:CreateAccessKey` or `iam:DeactivateMFADevice` in it
undo the guard. (Rule TFR301 of `tfratchet diff` tells when an action becomes open.)

Bad::

    NotAction = ["iam:*", "sts:GetSessionToken"]

Good::

    NotAction = ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", "sts:GetSessionToken"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import DataCheck, Judge, ResourceCheck
    from tfratchet_checks.__tfr_data__ import MFA_FIRST_SIGN_IN, MFA_SELF_SERVICE
    from tfratchet_checks.__tfr_guard__ import IDENTITY_POLICIES, is_guard, listed, may_be_guard, stands_here
    from tfratchet_checks.__tfr_policy__ import Document, from_data_source
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import DataCheck, Judge, ResourceCheck
    from __tfr_data__ import MFA_FIRST_SIGN_IN, MFA_SELF_SERVICE
    from __tfr_guard__ import IDENTITY_POLICIES, is_guard, listed, may_be_guard, stands_here
    from __tfr_policy__ import Document, from_data_source
    from __tfr_values__ import Unresolved


# Reads that AWS's console makes at sign-in; they change nothing and show nothing of others' keys.
_READS = frozenset(
    {"iam:getaccountsummary", "iam:listaccountaliases", "iam:listusers", "sts:getcalleridentity", "iam:getloginprofile"}
)
_HARMLESS = MFA_SELF_SERVICE | MFA_FIRST_SIGN_IN | _READS


def verdict(check: Judge, document: Document, argument: str) -> Any:
    """The verdict on one document; one that holds no guard is not spoken of."""
    guards = [s for s in document.statements if is_guard(s) and s.not_actions is not None]
    unread = ""
    for guard in guards:
        actions = guard.not_actions or ()
        open_ = [a for a in actions if isinstance(a, str) and a.lower() not in _HARMLESS]
        if open_:
            return check.failed(f"without MFA the guard lets through {listed(open_)}", argument)
        unread = unread or next((a.text for a in actions if isinstance(a, Unresolved)), "")
    if unread:
        return check.unknown(f"NotAction holds {unread}")
    if not document.complete or any(may_be_guard(s) for s in document.statements):
        return check.unknown(f"the document could not be read to its end: {document.why or 'a condition is not known'}")
    return check.passed() if guards else check.not_for_this()


class GuardLetsThrough(ResourceCheck):
    """Documents written in the resource itself."""

    id = "CKV_TFR_301"
    title = "Ensure the MFA guard lets through nothing but MFA self-service"
    types = tuple(IDENTITY_POLICIES)

    def judge(self) -> Any:
        argument = IDENTITY_POLICIES[self.entity_type]
        document = stands_here(self.account, self.node, argument)
        return self.not_for_this() if document is None else verdict(self, document, argument)


class GuardLetsThroughInData(DataCheck):
    """Document data sources, judged where they stand."""

    id = GuardLetsThrough.id
    title = GuardLetsThrough.title
    types = ("aws_iam_policy_document",)

    def judge(self) -> Any:
        return verdict(self, from_data_source(self.block), "statement")


check = GuardLetsThrough()
data_check = GuardLetsThroughInData()
