"""The policy itself goes, or gives way to another: TFR108 and TFR110."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from tfratchet.iam.losses import Kind, Loss
from tfratchet.rules.detach.losses import PEOPLE, SETS, LossRule, gerund, holders, names, policies, sentence


class AttachedPolicyDestroyed(LossRule):
    """A managed policy that is attached to a user, group or permission set that stays is destroyed.

    ## Why

    Destroying a policy detaches it from everybody, also from those who got it in other root modules. It cannot be
    attached again before it is written again.

    ## Fires on

    ```hcl
    -resource "aws_iam_policy" "deny_without_mfa" {
    -  name   = "deny-without-mfa"
    -  policy = data.aws_iam_policy_document.deny_without_mfa.json
    -}
    -
    -resource "aws_iam_user_policy_attachment" "alice" {
    -  user       = aws_iam_user.alice.name
    -  policy_arn = aws_iam_policy.deny_without_mfa.arn
    -}
    ```

    ## Silent on

    ```hcl
    +moved {
    +  from = aws_iam_policy.deny_without_mfa
    +  to   = aws_iam_policy.require_mfa
    +}
    ```

    A policy that is renamed and still attached; one that goes together with all who had it (TFR106).

    ## Fix

    Keep the policy and its attachments.
    """

    id = "TFR108"
    title = "attached policy destroyed"
    kinds = frozenset({Kind.POLICY_DESTROYED})
    holders = PEOPLE | SETS
    fix = "Keep the policy and its attachments."
    now = "destroyed"

    def message(self, losses: Sequence[Loss]) -> str:
        text = f"{sentence(policies(losses))} is destroyed; {holders(losses)}, "
        text += f"which {gerund(losses, 'stays, loses', 'stay, lose')} it"
        members = [m.label for loss in losses for m in loss.members]
        return text + (f"; members: {names(members)}" if members else "")


class PolicySwapped(LossRule):
    """A policy of a user, group or permission set is swapped for another one.

    ## Why

    A swap may be meant as a rename and still take something away: a wider policy for a narrower one, a policy with
    a denial for one without. What the two allow and deny is for a reviewer to compare; this finding names both.

    ## Fires on

    ```hcl
     resource "aws_iam_group_policy_attachment" "admins" {
       group      = aws_iam_group.admins.name
    -  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    +  policy_arn = aws_iam_policy.assume_admin.arn
     }
    ```

    ## Silent on

    A policy with another name and the same document; one whose document was rewritten and says most of what the old
    one said, every denial included (what it no longer allows is a narrowed policy, not a detached one).

    ## Fix

    Attach the old policy beside the new one, or check that the new one has all that is needed.
    """

    id = "TFR110"
    title = "policy swapped for another"
    kinds = frozenset({Kind.SWAPPED})
    holders = PEOPLE | SETS
    fix = "Attach the old policy beside the new one, or check that the new one has all that is needed."

    def together(self, loss: Loss) -> Hashable:
        return (super().together(loss), loss.policy)

    def message(self, losses: Sequence[Loss]) -> str:
        verb = gerund(losses, "has", "have")
        text = f"{sentence(holders(losses))} {verb} policy {losses[0].new} in place of {policies(losses)}"
        members = [m.label for loss in losses for m in loss.members]
        return text + (f"; members: {names(members)}" if members else "")
