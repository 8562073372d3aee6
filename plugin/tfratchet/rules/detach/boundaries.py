"""Permissions boundaries: TFR105."""

from __future__ import annotations

from collections.abc import Sequence

from tfratchet.iam.losses import Kind, Loss
from tfratchet.iam.principals import USER
from tfratchet.rules.detach.losses import LossRule, holders, sentence


class BoundaryRemoved(LossRule):
    """The permissions boundary of a user is removed or replaced.

    ## Why

    A boundary is the most that a user can ever be allowed, whatever policies are attached later. Without it one
    attached policy is enough to become administrator.

    ## Fires on

    ```hcl
     resource "aws_iam_user" "ci" {
       name                 = "ci"
    -  permissions_boundary = aws_iam_policy.boundary.arn
     }
    ```

    ## Silent on

    ```hcl
     resource "aws_iam_user" "ci" {
       name                 = "ci"
    -  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    +  permissions_boundary = aws_iam_policy.boundary.arn   # the same policy
     }
    ```

    ## Fix

    Put the boundary back.
    """

    id = "TFR105"
    title = "permissions boundary removed or replaced"
    kinds = frozenset({Kind.BOUNDARY})
    holders = frozenset({USER})
    fix = "Put the permissions boundary back."

    def message(self, losses: Sequence[Loss]) -> str:
        first = losses[0]
        label = first.policy.label if first.policy is not None else ""
        if first.new:
            return f"The permissions boundary of {holders(losses)} is {first.new} in place of {label}"
        return f"{sentence(holders(losses))} no longer has the permissions boundary {label}"

    def before(self, losses: Sequence[Loss]) -> str:
        return losses[0].policy.label if losses[0].policy is not None else ""

    def after(self, losses: Sequence[Loss]) -> str:
        return losses[0].new or "no boundary"
