"""Exclusive management: TFR107."""

from __future__ import annotations

from collections.abc import Sequence

from tfratchet.iam.losses import Kind, Loss
from tfratchet.iam.principals import PERMISSION_SET
from tfratchet.model import Severity
from tfratchet.rules.detach.losses import PEOPLE, LossRule, gerund, holders, names, policies, sentence


class ExclusiveManagement(LossRule):
    """Exclusive management of policies begins, or what it lists shrinks.

    ## Why

    `aws_iam_policy_attachment` rules a policy in the whole account: it detaches every user, group and role that it
    does not name. The `_exclusive` resources do the same for one user, group or permission set. So the danger is in
    adding one, and in taking a name from its list; destroying an `_exclusive` resource detaches nothing.

    ## Fires on

    ```hcl
     resource "aws_iam_policy_attachment" "read_only" {
       name       = "read-only"
    -  users      = ["alice", "bob"]
    +  users      = ["alice"]
       policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
     }
    ```

    ```hcl
    +resource "aws_iam_user_policy_attachments_exclusive" "bob" {
    +  user_name   = aws_iam_user.bob.name
    +  policy_arns = [aws_iam_policy.a.arn]   # b is attached elsewhere and is now detached
    +}
    ```

    ## Silent on

    An `aws_iam_policy_attachment` of a policy that is created in the same change; a name that goes from the list
    together with its user; an `_exclusive` resource that is removed.

    ## Fix

    List every policy and principal that is to stay, or attach one by one (`aws_iam_user_policy_attachment`).
    """

    id = "TFR107"
    title = "exclusive management takes policies away"
    severity = Severity.HIGH
    kinds = frozenset({Kind.EXCLUSIVE})
    holders = PEOPLE | {PERMISSION_SET}
    fix = "List everything that is to stay attached, or use single attachments."

    def message(self, losses: Sequence[Loss]) -> str:
        first = losses[0]
        if first.policy is None or first.holder.id == "*":
            return sentence(first.detail)
        if first.detail:
            verb = gerund(losses, "loses", "lose")
            return f"{sentence(holders(losses))} {verb} {policies(losses)}: {first.detail}"
        verb = gerund(losses, "is", "are")
        return f"{sentence(holders(losses))} {verb} no longer named for {policies(losses)} and will be detached"

    def before(self, losses: Sequence[Loss]) -> str:
        first = losses[0]
        if first.policy is None:
            return names(first.policies) if first.policies else f"policies of {holders(losses)} not ruled here"
        return super().before(losses)

    def after(self, losses: Sequence[Loss]) -> str:
        return f"not listed by {losses[0].new}" if losses[0].new else "not listed"
