"""CKV_TFR_304: a group with members and no MFA guard.

What: an `aws_iam_group` that the scan gives members, with no guard (Deny of everything but MFA self-service for
whoever has no MFA) on the group, and a member that no guard reaches by another route.

Why: its members work with a password or an access key alone. (Rule TFR304 of `tfratchet diff` tells when a guard no
longer reaches a group.) A group that allows nothing without MFA passes too. A guard with `Bool` counts here;
CKV_TFR_308 tells what is wrong with it.

Bad: a group with `aws_iam_group_membership` and only AWS managed policies.

Good::

    resource "aws_iam_group_policy_attachment" "mfa" {
      group      = aws_iam_group.staff.name
      policy_arn = aws_iam_policy.require_mfa.arn
    }
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import ResourceCheck
    from tfratchet_checks.__tfr_guard__ import allows_only_with_mfa, any_guard
    from tfratchet_checks.__tfr_people__ import GROUP, People
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import ResourceCheck
    from __tfr_guard__ import allows_only_with_mfa, any_guard
    from __tfr_people__ import GROUP, People


class GroupWithoutGuard(ResourceCheck):
    """A guard reaches everybody in a group."""

    id = "CKV_TFR_304"
    title = "Ensure a policy that denies everything without MFA reaches the members of every group"
    types = ("aws_iam_group",)

    def judge(self) -> Any:
        if not self.account.known:
            return self.unknown("Checkov gave no graph to look for members in")
        people = People.of(self.account)
        name = people.name(self.node)
        memberships = [m for m in people.memberships if m.groups.include(self.node, name)]
        if not any(m.users.nodes or m.users.names or m.users.open for m in memberships):
            return self.not_for_this()
        policies, more = people.policies_of(GROUP, self.node)
        guarded = any_guard(policies, more)
        if guarded or allows_only_with_mfa(policies, more):
            return self.passed()
        members: list[bool | None] = []
        for membership in memberships:
            members += [any_guard(*people.reach_of(user)) for user in membership.users.nodes]
            managed = {people.name(u) for u in membership.users.nodes}
            if membership.users.open or membership.users.names - managed:
                members.append(False if guarded is False else None)  # nothing else is known of these
        if members and all(members):
            return self.passed()
        if guarded is None:
            return self.unknown("whether a policy of the group is a guard could not be worked out")
        if False not in members:
            return self.unknown("whether a guard reaches every member could not be worked out")
        return self.failed("no MFA guard on the group, nor on each of its members", "name")


check = GroupWithoutGuard()
