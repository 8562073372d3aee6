"""TFR503: the lifecycle guards of Terraform itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfratchet.controls import CONTROLS
from tfratchet.model import Finding, Resource, Severity
from tfratchet.rules.base import Rule, attack, nist, side
from tfratchet.rules.cloudtrail.bucket import log_buckets

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

# What the baseline stands on: losing one of these is an incident, whatever its values.
_PROTECTED = (
    "aws_cloudtrail",
    "aws_cloudtrail_event_data_store",
    "aws_cloudwatch_event_rule",
    "aws_cloudwatch_log_group",
    "aws_cloudwatch_log_metric_filter",
    "aws_cloudwatch_metric_alarm",
    "aws_iam_",
    "aws_kms_key",
    "aws_organizations_",
)
# Arguments that hold the protection itself, beside the rows of the table of controls.
_DOCUMENTS = frozenset(["policy", "assume_role_policy", "content", "policy_arn", "permissions_boundary", "pattern"])


class LifecycleGuardLost(Rule):
    """`prevent_destroy` is removed from, or `ignore_changes` put on, what protects the account.

    ## Why

    `prevent_destroy` makes Terraform refuse a plan that deletes the resource. It goes silently together with its line
    (and with its block: hashicorp/terraform#17599), and the next change can delete the trail. `ignore_changes` works
    the other way round: the setting stays in the configuration, and what somebody changed by hand is never put back.

    ## Fires on

    ```hcl
    # base                               # head
    resource "aws_cloudtrail" "main" {   # resource "aws_cloudtrail" "main" {
      lifecycle {                        #   lifecycle {
        prevent_destroy = true           #     ignore_changes = [enable_logging]
      }                                  #   }
    }                                    # }
    ```

    ## Silent on

    `ignore_changes` on tags and other arguments that protect nothing; `prevent_destroy` on resources outside of the
    baseline; a resource that is removed as a whole (its own rule tells).

    ## Fix

    Put `prevent_destroy = true` back, and take the argument out of `ignore_changes`.
    """

    id = "TFR503"
    title = "lifecycle guard lost"
    family = "guardrail"
    severity = Severity.MEDIUM
    references = (nist("CM-5"), nist("AU-9"), attack("T1562.008"))
    checkov = ("CKV_TFR_503",)
    fix = "keep prevent_destroy = true, and keep settings that protect the account out of ignore_changes"

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        buckets = {b.address for b in log_buckets(pair.base)} | {b.address for b in log_buckets(pair.head)}
        for base in pair.base.managed():
            if not base.type.startswith(_PROTECTED) and base.address not in buckets:
                continue
            head = pair.matching.head_for(base)
            if head is None:
                continue
            if base.lifecycle.prevent_destroy and not head.lifecycle.prevent_destroy:
                yield self.finding(
                    pair,
                    head.address,
                    "Terraform may delete this again: prevent_destroy is gone",
                    side("prevent_destroy = true", base.location),
                    side("prevent_destroy = false", head.location),
                )
            ignored = _ignored(head) - _ignored(base)
            if ignored:
                names = ", ".join(sorted(ignored))
                yield self.finding(
                    pair,
                    head.address,
                    f"changes of {names} by hand are no longer put back",
                    side("not ignored", base.location),
                    side(f"ignore_changes = {names}", head.location),
                )


def _ignored(resource: Resource) -> set[str]:
    """Ignored arguments that protect something; ``all`` when everything is ignored."""
    ignored = resource.lifecycle.ignore_changes
    if resource.type == "aws_iam_user_login_profile":
        return set()  # what its arguments say counts once, when the profile is created
    if ignored == ("all",):
        return {"all"}
    protected = {c.path.split(".")[0] for c in CONTROLS.values() if c.resource == resource.type} | _DOCUMENTS
    return {name for name in ignored if name.split(".")[0].split("[")[0] in protected}
