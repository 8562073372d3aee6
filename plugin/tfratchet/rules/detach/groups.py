"""What users lose through groups: TFR103 and TFR104."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from tfratchet.iam.losses import Kind, Loss
from tfratchet.iam.principals import GROUP, USER
from tfratchet.rules.detach.losses import LossRule, gerund, holders, names, policies, sentence


class UserLeftGroup(LossRule):
    """A user who stays is taken out of a group that carries policies.

    ## Why

    Permissions should come through groups (CIS). So leaving a group is how a user loses them, and how a user gets rid
    of a group's denials.

    ## Fires on

    ```hcl
     resource "aws_iam_group_membership" "staff" {
       name  = "staff"
       group = aws_iam_group.staff.name
    -  users = [aws_iam_user.alice.name, aws_iam_user.bob.name]
    +  users = [aws_iam_user.alice.name]
     }
    ```

    The same when the group itself is removed and the user stays.

    ## Silent on

    ```hcl
     resource "aws_iam_user_group_membership" "bob" {
       user   = aws_iam_user.bob.name
    -  groups = [aws_iam_group.staff.name]
    +  groups = [aws_iam_group.everyone.name]   # carries the same policies
     }
    ```

    ## Fix

    Put the user back into the group, or into another one with the same policies.
    """

    id = "TFR103"
    title = "user taken out of a group"
    kinds = frozenset({Kind.LEFT_GROUP})
    holders = frozenset({USER})
    fix = "Put the user back into the group, or into another one that carries the same policies."

    def together(self, loss: Loss) -> Hashable:
        return (*super().together(loss)[:6], loss.group, loss.policies)  # type: ignore[index]

    def message(self, losses: Sequence[Loss]) -> str:
        first = losses[0]
        group = first.group.label if first.group is not None else ""
        verb = gerund(losses, "is", "are")
        text = f"{sentence(holders(losses))} {verb} no longer in group {group}"
        if first.detail:
            text += f" ({first.detail})"
        return text + (f" and {gerund(losses, 'loses', 'lose')} {names(first.policies)}" if first.policies else "")

    def before(self, losses: Sequence[Loss]) -> str:
        group = losses[0].group
        return f"{holders(losses)} in group {group.label if group is not None else ''}"

    def after(self, losses: Sequence[Loss]) -> str:
        return f"in {losses[0].new}" if losses[0].new else "in no group shown here"


class GroupPolicyDetached(LossRule):
    """A policy is detached from a group that stays, or an inline policy of it is removed.

    ## Why

    One attachment to a group stands for all of its members: they lose what the policy allowed, and what it denied
    (MFA, say) is open to all of them. Members may be managed elsewhere, so a group that shows none counts too.

    ## Fires on

    ```hcl
     resource "aws_iam_group" "developers" {
       name = "developers"
     }

    -resource "aws_iam_group_policy_attachment" "enforce_mfa" {
    -  group      = aws_iam_group.developers.name
    -  policy_arn = aws_iam_policy.enforce_mfa.arn
    -}
    ```

    ## Silent on

    ```hcl
    -resource "aws_iam_group_policy" "admin" {
    -  group  = aws_iam_group.admin.name
    -  policy = data.aws_iam_policy_document.admin.json
    -}
    +resource "aws_iam_group_policy_attachment" "admin" {
    +  group      = aws_iam_group.admin.name
    +  policy_arn = aws_iam_policy.admin.arn   # the same document
    +}
    ```

    A group that is removed with all of its members.

    ## Fix

    Attach the policy to the group again.
    """

    id = "TFR104"
    title = "policy detached from group"
    kinds = frozenset({Kind.DETACHED, Kind.INLINE_REMOVED})
    holders = frozenset({GROUP})
    fix = "Attach the policy to the group again."

    def message(self, losses: Sequence[Loss]) -> str:
        verb = gerund(losses, "stays and no longer has", "stay and no longer have")
        text = f"{sentence(holders(losses))} {verb} {policies(losses)}"
        members = [m.label for loss in losses for m in loss.members]
        return text + (f"; members: {names(members)}" if members else "; its members are not shown here")
