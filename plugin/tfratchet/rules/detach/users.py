"""Policies that a user loses: TFR101 and TFR102."""

from __future__ import annotations

from collections.abc import Sequence

from tfratchet.iam.losses import Kind, Loss
from tfratchet.iam.principals import USER
from tfratchet.rules.detach.losses import LossRule, gerund, holders, policies, sentence


class UserPolicyDetached(LossRule):
    """A managed policy is no longer attached to a user who stays.

    ## Why

    Detaching takes from the user whatever the policy allowed, and lifts whatever it denied. A state scanner sees the
    opposite: Checkov's CKV_AWS_40 wants no policy on a user, so a detachment *improves* its result.

    ## Fires on

    ```hcl
     resource "aws_iam_user" "alice" {
       name = "alice"
     }

    -resource "aws_iam_user_policy_attachment" "alice_mfa" {
    -  user       = aws_iam_user.alice.name
    -  policy_arn = aws_iam_policy.require_mfa.arn
    -}
    ```

    The same when the name goes from a list that a `for_each` runs over, from `users` of an attachment that goes, or
    when the user is a literal, a data source or a variable. It is *critical* when the policy denies something and
    nobody holds it any more, and only *possible* (medium) when an unknown value decides.

    ## Silent on

    ```hcl
     resource "aws_iam_user_group_membership" "alice" {
       user   = aws_iam_user.alice.name
    +  groups = [aws_iam_group.staff.name]   # the group carries the same policy
     }
    ```

    A policy that reaches the user by another route, another document of the same meaning, a moved or renamed block,
    a user who goes too (TFR106).

    ## Fix

    Attach the policy again, or attach it to a group that the user is in.
    """

    id = "TFR101"
    title = "policy detached from user"
    kinds = frozenset({Kind.DETACHED})
    holders = frozenset({USER})
    fix = "Attach the policy to the user again, or to a group that the user is in."

    def message(self, losses: Sequence[Loss]) -> str:
        verb = gerund(losses, "stays and no longer has", "stay and no longer have")
        return f"{sentence(holders(losses))} {verb} {policies(losses)}"


class UserInlineRemoved(LossRule):
    """An inline policy of a user who stays is removed.

    ## Why

    An inline policy exists nowhere else: with its block it is gone from the account, and nothing but the history of
    the configuration tells what it allowed or denied.

    ## Fires on

    ```hcl
    -resource "aws_iam_user_policy" "deploy" {
    -  name   = "deploy"
    -  user   = data.aws_iam_user.ci.user_name
    -  policy = data.aws_iam_policy_document.deploy.json
    -}
    ```

    A module that was not downloaded and no longer gets the user's name counts as *possible*.

    ## Silent on

    ```hcl
    -resource "aws_iam_user_policy" "deploy" {
    +resource "aws_iam_policy" "deploy" {
    -  user   = aws_iam_user.ci.name
       policy = data.aws_iam_policy_document.deploy.json
     }
    +
    +resource "aws_iam_user_policy_attachment" "deploy" {
    +  user       = aws_iam_user.ci.name
    +  policy_arn = aws_iam_policy.deploy.arn
    +}
    ```

    The same document by another route; a changed document in the same block.

    ## Fix

    Put the block back, or attach a managed policy with the same document.
    """

    id = "TFR102"
    title = "inline policy of a user removed"
    kinds = frozenset({Kind.INLINE_REMOVED})
    holders = frozenset({USER})
    fix = "Put the inline policy back, or attach a managed policy with the same document."

    def message(self, losses: Sequence[Loss]) -> str:
        verb = gerund(losses, "stays and loses", "stay and lose")
        what = policies(losses)
        if all(loss.policy is not None and loss.policy.id.startswith("module:") for loss in losses):
            what = f"what module call {losses[0].source} gave"
        else:
            what = f"the inline {what}"
        return f"{sentence(holders(losses))} {verb} {what}"
