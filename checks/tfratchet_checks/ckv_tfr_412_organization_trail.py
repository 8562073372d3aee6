"""CKV_TFR_412: a single-account trail where an organization is managed.

What: the scan manages an `aws_organizations_organization`, and no trail has `is_organization_trail = true`.

Why: member accounts can switch off their own trails, and what happens in them is then seen by nobody; an
organization trail can only be changed from the management account. (Rule TFR412 of `tfratchet diff` tells when it
is switched off.)

Bad: an organization and trails of single accounts. Good: one trail with `is_organization_trail = true`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import LOGGING, ResourceCheck
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import LOGGING, ResourceCheck
    from __tfr_values__ import Unresolved


class OrganizationTrail(ResourceCheck):
    """Where an organization is managed, a trail records all its accounts."""

    id = "CKV_TFR_412"
    title = "Ensure a trail records the whole organization where an organization is managed"
    types = ("aws_cloudtrail",)
    categories = (LOGGING,)

    def judge(self) -> Any:
        if not self.account.of_type("aws_organizations_organization"):
            return self.not_for_this()
        flags = [trail.block.flag("is_organization_trail") for trail in self.account.of_type("aws_cloudtrail")]
        if True in flags:
            return self.passed()
        if any(isinstance(f, Unresolved) for f in flags):
            return self.unknown("is_organization_trail of a trail could not be worked out")
        return self.failed("no trail of the scan is an organization trail", "is_organization_trail")


check = OrganizationTrail()
