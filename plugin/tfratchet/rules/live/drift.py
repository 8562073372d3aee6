"""Drift rules, TFR660 to TFR672: what is declared and what the account has differ. The comparison: account/drift.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from tfratchet.model import Finding, Severity
from tfratchet.rules.base import LiveRule, Reference, attack, cis, nist

if TYPE_CHECKING:
    from tfratchet.account.drift_items import Difference

_CONFIGURATION = (nist("CM-2"), nist("CM-3"), nist("CM-6"))


class DriftRule(LiveRule):
    """Tells the differences that bear its id."""

    family = "drift"
    references: ClassVar[tuple[Reference, ...]] = _CONFIGURATION

    def tell(self, difference: Difference) -> Finding:
        """The finding for one difference."""
        place = difference.place
        return self.found(
            difference.address,
            difference.message + (f" [{place.address}]" if place and place.address else ""),
            difference.required,
            difference.live,
            severity=difference.severity,
            root=place.root if place else ".",
            location=difference.location,
            depends_on=difference.depends,
        )


def tell(differences: Iterable[Difference], rules: Sequence[LiveRule]) -> Iterator[tuple[Finding, Difference]]:
    """The finding of each difference, by those of ``rules`` that are drift rules. Differences without a rule (switched
    off) are left out.
    """
    by_id = {rule.id: rule for rule in rules if isinstance(rule, DriftRule)}
    for difference in differences:
        rule = by_id.get(difference.rule)
        if rule is not None:
            yield rule.tell(difference), difference


class DeclaredPolicyDetached(DriftRule):
    """A managed policy that the configuration attaches is not attached in the account.

    ## Why

    Somebody has detached it by hand, by a script or in another configuration. Until the next apply the user, group or
    role lacks what the policy allows, and is free to do what it denies.

    ## Fires on

    ```hcl
    resource "aws_iam_user_policy_attachment" "alice" {   # aws iam detach-user-policy --user-name alice ...
      user       = "alice"
      policy_arn = aws_iam_policy.require_mfa.arn
    }
    ```

    With a user, a policy or a `for_each` that is not known without a state, the finding is only *possible*, and only
    when nothing in the account can be what is meant.

    ## Silent on

    ```hcl
    policy_arn = var.policy_arn   # not known, and the user has a policy that it may be
    ```

    ## Fix

    `tfratchet remediate --from drift` or `terraform apply` attaches it again. `tfratchet events` says who detached it.
    """

    id = "TFR660"
    title = "declared policy is not attached"
    severity = Severity.HIGH
    references = (*_CONFIGURATION, nist("AC-2"), attack("T1531"))
    fix = (
        "Attach it again: tfratchet remediate --from drift, or terraform apply; tfratchet events says who detached it."
    )


class PolicyAttachedByHand(DriftRule):
    """A managed policy is attached to a principal that the configuration creates, and nothing declares it.

    ## Why

    A policy that is attached by hand is reviewed by nobody and is how an intruder widens what a user may do. Terraform
    neither shows nor removes it: attachments are resources of their own.

    ## Fires on

    ```hcl
    resource "aws_iam_user" "bob" {   # aws iam attach-user-policy --user-name bob --policy-arn .../IAMFullAccess
      name = "bob"
    }
    ```

    It is *high* when the policy lets its holder attach policies (AdministratorAccess, IAMFullAccess). It is *low* and
    possible when an unknown value may be what declares it. With `--all` also for principals declared nowhere.

    ## Silent on

    ```hcl
    data "aws_iam_user" "bob" {   # only read here: somebody else manages bob
      user_name = "bob"
    }
    ```

    ## Fix

    Detach it, or declare it.
    """

    id = "TFR661"
    title = "attached policy is not declared"
    severity = Severity.MEDIUM
    references = (*_CONFIGURATION, nist("AC-2"), attack("T1098"))
    fix = "Detach the policy, or declare the attachment."


class InlinePolicyDrifted(DriftRule):
    """An inline policy that is declared is gone, or says something else.

    ## Why

    An inline policy is edited with one call and leaves no version behind.

    ## Fires on

    ```hcl
    resource "aws_iam_user_policy" "alice" {   # aws iam put-user-policy with another document
      user   = "alice"
      name   = "limits"
      policy = jsonencode({ ... })
    }
    ```

    ## Silent on

    ```hcl
    policy = data.aws_iam_policy_document.same.json   # another spelling of the same meaning
    ```

    What hangs on values that are not known is held to be what the account has.

    ## Fix

    `tfratchet remediate --from drift` or `terraform apply` writes the declared document.
    """

    id = "TFR662"
    title = "inline policy is not as declared"
    severity = Severity.HIGH
    references = (*_CONFIGURATION, nist("AC-2"))
    fix = "Write the declared document again (tfratchet remediate --from drift, or terraform apply)."


class InlinePolicyByHand(DriftRule):
    """A principal that the configuration creates has an inline policy that nothing declares.

    ## Why

    Inline policies do not show in lists of policies, which makes them a favourite hiding place for permissions.

    ## Fires on

    ```hcl
    resource "aws_iam_user" "bob" {   # aws iam put-user-policy --user-name bob --policy-name x ...
      name = "bob"
    }
    ```

    ## Silent on

    ```hcl
    data "aws_iam_user" "bob" {   # only read here
      user_name = "bob"
    }
    ```

    ## Fix

    Delete it, or declare it.
    """

    id = "TFR663"
    title = "inline policy is not declared"
    severity = Severity.MEDIUM
    references = (*_CONFIGURATION, attack("T1098"))
    fix = "Delete the inline policy, or declare it."


class MembershipLost(DriftRule):
    """A user is not in a group that the configuration puts the user into.

    ## Why

    With the membership goes everything that the group gives and everything that it denies: a guard on the group no
    longer holds the user.

    ## Fires on

    ```hcl
    resource "aws_iam_user_group_membership" "alice" {   # aws iam remove-user-from-group
      user   = "alice"
      groups = ["staff"]
    }
    ```

    ## Silent on

    ```hcl
    groups = var.groups   # not known, and the user is in a group that it may be
    ```

    ## Fix

    `tfratchet remediate --from drift` or `terraform apply` puts the user back.
    """

    id = "TFR664"
    title = "declared member is not in the group"
    severity = Severity.HIGH
    references = (*_CONFIGURATION, nist("AC-2"), attack("T1531"))
    fix = "Put the user back into the group (tfratchet remediate --from drift, or terraform apply)."


class MemberByHand(DriftRule):
    """A user is in a group that the configuration does not put the user into.

    ## Why

    Being added to a group of administrators is a whole set of permissions in one call.

    ## Fires on

    ```hcl
    resource "aws_iam_group" "administrators" {   # aws iam add-user-to-group --group-name administrators ...
      name = "administrators"
    }
    ```

    Told when the configuration creates the user or the group, or lists the group's members
    (`aws_iam_group_membership`). It is *high* when a policy of the group lets its members attach policies.

    ## Silent on

    ```hcl
    data "aws_iam_group" "administrators" {   # only read here
      group_name = "administrators"
    }
    ```

    ## Fix

    Take the user out of the group, or declare the membership.
    """

    id = "TFR665"
    title = "group member is not declared"
    severity = Severity.MEDIUM
    references = (*_CONFIGURATION, nist("AC-2"), attack("T1098"))
    fix = "Take the user out of the group, or declare the membership."


class BoundaryDrifted(DriftRule):
    """The permissions boundary of a user or role is not the declared one.

    ## Why

    The boundary is the limit that holds whatever else is attached. Without it, what a principal may attach to itself
    is all that limits it.

    ## Fires on

    ```hcl
    resource "aws_iam_user" "alice" {   # aws iam delete-user-permissions-boundary --user-name alice
      name                 = "alice"
      permissions_boundary = aws_iam_policy.boundary.arn
    }
    ```

    A boundary that nothing declares is *low*: it only takes away.

    ## Silent on

    ```hcl
    permissions_boundary = var.boundary   # not known, and the user has one
    ```

    ## Fix

    `tfratchet remediate --from drift` or `terraform apply` sets it again.
    """

    id = "TFR666"
    title = "permissions boundary is not as declared"
    severity = Severity.HIGH
    references = (*_CONFIGURATION, nist("AC-6"))
    fix = "Set the declared boundary again (tfratchet remediate --from drift, or terraform apply)."


class PolicyDocumentDrifted(DriftRule):
    """A managed policy that the configuration creates is gone, or says something else in its default version.

    ## Why

    A new default version changes the policy for everybody who has it, and no attachment changes: a guard that is
    emptied so still looks attached.

    ## Fires on

    ```hcl
    resource "aws_iam_policy" "require_mfa" {   # aws iam create-policy-version --set-as-default ...
      name   = "require-mfa"
      policy = data.aws_iam_policy_document.require_mfa.json
    }
    ```

    ## Silent on

    ```hcl
    policy = file("same-meaning.json")   # another spelling of the same meaning
    ```

    What hangs on values that are not known is held to be what the account has.

    ## Fix

    `terraform apply` writes the declared document; or set the version that had it as the default again.
    """

    id = "TFR667"
    title = "managed policy is not as declared"
    severity = Severity.HIGH
    references = (*_CONFIGURATION, nist("AC-3"), attack("T1098"))
    fix = "Run terraform apply, or set the version with the declared document as the default again."


class PasswordPolicyDrifted(DriftRule):
    """The account's password policy is not the declared one.

    ## Why

    The API resets whatever a call leaves out, so one change by hand weakens settings that nobody meant to touch.

    ## Fires on

    ```hcl
    resource "aws_iam_account_password_policy" "this" {   # aws iam update-account-password-policy --max-password-age 60
      minimum_password_length = 14
      require_symbols         = true
    }
    ```

    It is *critical* when the account has no policy at all, *low* where the live value is the stronger one.

    ## Silent on

    ```hcl
    minimum_password_length = 14   # settings that are not declared are left alone: Terraform does not send them
    ```

    ## Fix

    `tfratchet remediate --from drift` or `terraform apply` sets the declared values.
    """

    id = "TFR668"
    title = "password policy is not as declared"
    severity = Severity.HIGH
    references = (*_CONFIGURATION, cis("1.7"), cis("1.8"), nist("IA-5(1)"))
    fix = "Set the declared values again (tfratchet remediate --from drift, or terraform apply)."


class TrailDrifted(DriftRule):
    """A trail is gone, stopped, or set otherwise than declared.

    ## Why

    Stopping or narrowing the trail is what comes before everything that should not be seen.

    ## Fires on

    ```hcl
    resource "aws_cloudtrail" "main" {   # aws cloudtrail stop-logging --name main
      name                  = "main"
      is_multi_region_trail = true
    }
    ```

    It is *critical* when the trail is gone or does not log.

    ## Silent on

    ```hcl
    kms_key_id = aws_kms_key.trail.arn   # the trail has a key; which one is not known without a state
    ```

    ## Fix

    `tfratchet remediate --from drift` or `terraform apply` sets it again.
    """

    id = "TFR669"
    title = "trail is not as declared"
    severity = Severity.HIGH
    references = (*_CONFIGURATION, cis("3.1"), cis("3.2"), nist("AU-12"), attack("T1562.008"))
    fix = "Set the trail as declared (tfratchet remediate --from drift, or terraform apply)."


class TrailRecordsDrifted(DriftRule):
    """A trail does not record what is declared: event selectors or insights differ.

    ## Why

    Terraform's provider reads selectors back only when they are custom ones: reset by hand, they show no difference in
    a plan. Only CloudTrail itself tells.

    ## Fires on

    ```hcl
    resource "aws_cloudtrail" "main" {   # aws cloudtrail put-event-selectors with ReadWriteType = ReadOnly
      name = "main"                      # no event_selector: all management events are meant
    }
    ```

    ## Silent on

    ```hcl
    event_selector {
      read_write_type           = "All"   # written out or left out: the same
      include_management_events = true
    }
    ```

    ## Fix

    `tfratchet remediate --from drift` writes the declared selectors; `terraform apply` may not see the difference.
    """

    id = "TFR670"
    title = "trail records something else than declared"
    severity = Severity.HIGH
    references = (*_CONFIGURATION, cis("3.1"), nist("AU-12"), attack("T1562.008"))
    fix = "Write the declared selectors again: tfratchet remediate --from drift."


class PrincipalMissing(DriftRule):
    """A user, group or role that the configuration creates does not exist.

    ## Why

    Whoever relied on it cannot work, and whatever was attached to it is gone with it.

    ## Fires on

    ```hcl
    resource "aws_iam_group" "staff" {   # aws iam delete-group --group-name staff
      name = "staff"
    }
    ```

    ## Silent on

    ```hcl
    name = var.name   # not known, and there is a group that it may be
    ```

    ## Fix

    `terraform apply` creates it again, with another unique id.
    """

    id = "TFR671"
    title = "declared principal does not exist"
    severity = Severity.MEDIUM
    fix = "Run terraform apply."


class DeclaredNowhere(DriftRule):
    """A user, group, role, trail or password policy exists that nothing declares (only with `--all`).

    ## Why

    What no configuration declares is reviewed by nobody. Service-linked roles are left out.

    ## Fires on

    ```hcl
    # aws iam create-user --user-name mallory
    ```

    ## Silent on

    ```hcl
    # without --all: a configuration rarely declares everything in an account
    ```

    ## Fix

    Declare it (`terraform import`), or delete it.
    """

    id = "TFR672"
    title = "exists and is declared nowhere"
    severity = Severity.LOW
    fix = "Declare it (terraform import), or delete it."
