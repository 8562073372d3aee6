"""What is lost on purpose, or only on the way: TFR106, TFR109 and TFR111."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from tfratchet.iam.losses import Kind, Loss
from tfratchet.matching import without_keys
from tfratchet.model import Severity
from tfratchet.rules.base import Reference, attack, nist
from tfratchet.rules.detach.losses import PEOPLE, SETS, LossRule, holders, names, sentence


class UserRemoved(LossRule):
    """A user or group is removed together with its policies.

    ## Why

    Usually meant: somebody leaves. It is told because a removed user is also how an account is taken from somebody
    (ATT&CK T1531), and because a user whose name changes in a `for_each` is a new user with new keys.

    ## Fires on

    ```hcl
    -resource "aws_iam_user" "bob" {
    -  name = "bob"
    -}
    -resource "aws_iam_user_policy_attachment" "bob" {
    -  user       = aws_iam_user.bob.name
    -  policy_arn = aws_iam_policy.read.arn
    -}
    ```

    ## Silent on

    ```hcl
    -resource "aws_iam_user" "bob" {
    +resource "aws_iam_user" "robert" {
       name = "bob"
     }
    ```

    A user who had no policy.

    ## Fix

    Nothing, when it is meant.
    """

    id = "TFR106"
    title = "user removed with the policies"
    severity = Severity.LOW
    references: ClassVar[tuple[Reference, ...]] = (nist("AC-2"), attack("T1531"))
    checkov = ()
    kinds = frozenset({Kind.HOLDER_GONE})
    fix = "Nothing, when it is meant; else put the user and its policies back."
    now = "removed"

    def message(self, losses: Sequence[Loss]) -> str:
        first = losses[0]
        what = f" with {names(first.policies)}" if first.policies else " with its memberships"
        text = f"{sentence(holders(losses))} is removed{what}"
        if first.members:
            text += f"; members: {names(m.label for m in first.members)}"
        return text + (f" ({first.detail})" if first.detail else "")

    def before(self, losses: Sequence[Loss]) -> str:
        return names(losses[0].policies) or "in groups"


class NoLongerManaged(LossRule):
    """A user, a permission set, a policy attachment or a membership is kept, yet Terraform no longer manages it.

    ## Why

    `removed` with `destroy = false` changes nothing in the account today. From then on nobody sees in a plan when it
    is detached by hand.

    ## Fires on

    ```hcl
    +removed {
    +  from = aws_iam_user_policy_attachment.alice
    +  lifecycle {
    +    destroy = false
    +  }
    +}
    ```

    ## Silent on

    ```hcl
    +moved {
    +  from = aws_iam_user_policy_attachment.alice
    +  to   = aws_iam_user_policy_attachment.alice_mfa
    +}
    ```

    ## Fix

    Import it where it is managed from now on.
    """

    id = "TFR109"
    title = "no longer managed"
    severity = Severity.LOW
    references = (nist("AC-2"),)
    checkov = ()
    kinds = frozenset({Kind.FORGOTTEN})
    holders = PEOPLE | SETS
    fix = "Import it where it is managed from now on."
    now = "kept, not managed"

    def message(self, losses: Sequence[Loss]) -> str:
        first = losses[0]
        what = f" and {first.policy.label}" if first.policy is not None else ""
        what = f" in group {first.group.label}" if first.group is not None else what
        return f"{first.source} ({holders(losses)}{what}) is kept in the account and no longer managed"


class AttachmentReaddressed(LossRule):
    """The same policies end up attached, yet the apply may lose one on the way.

    ## Why

    Without a `moved` block Terraform destroys the old object and creates the new one, in any order and side by side.
    The account knows one attachment only, so when the destroy comes last it wins and the policy is detached until the
    next apply. Known cases: a renamed block, an exclusive `aws_iam_policy_attachment` that becomes single attachments
    (hashicorp/terraform-provider-aws#8192), a `count` list that is re-indexed (hashicorp/terraform#3420).

    ## Fires on

    ```hcl
    -resource "aws_iam_user_policy_attachment" "a" {
    +resource "aws_iam_user_policy_attachment" "alice" {
       user       = aws_iam_user.alice.name
       policy_arn = aws_iam_policy.read.arn
     }
    ```

    ## Silent on

    ```hcl
    +moved {
    +  from = aws_iam_user_policy_attachment.a
    +  to   = aws_iam_user_policy_attachment.alice
    +}
    ```

    ## Fix

    Add a `moved` block from the old address to the new one (the same type is needed); else look at a plan after the
    apply, and apply again when it wants to attach.
    """

    id = "TFR111"
    title = "apply may lose an attachment on the way"
    severity = Severity.LOW
    references = (nist("AC-3"),)
    checkov = ()
    kinds = frozenset({Kind.READDRESSED})
    holders = PEOPLE | SETS
    fix = "Add a `moved` block from the old address to the new one; where the types differ, plan again after the apply."

    def together(self, loss: Loss) -> Hashable:
        return (without_keys(loss.source), without_keys(loss.new))

    def address(self, losses: Sequence[Loss]) -> str:
        return losses[0].source if len({loss.source for loss in losses}) == 1 else without_keys(losses[0].source)

    def message(self, losses: Sequence[Loss]) -> str:
        first = losses[0]
        new = first.new if len({loss.new for loss in losses}) == 1 else without_keys(first.new)
        old = self.address(losses)
        if old == new:
            text = f"{old} is re-indexed: {holders(losses)} keeps its policies under other keys"
        else:
            text = f"{old} becomes {new} without a moved block"
        what = names(loss.policy.label for loss in losses if loss.policy is not None)
        groups = names(loss.group.label for loss in losses if loss.group is not None)
        lost = what or f"group {groups}"
        return f"{text}; {holders(losses)} may lose {lost} on the way"
