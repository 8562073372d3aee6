"""Family detach: what users, groups, permission sets and roles lose."""

from tfratchet.rules.detach.boundaries import BoundaryRemoved
from tfratchet.rules.detach.exclusive import ExclusiveManagement
from tfratchet.rules.detach.groups import GroupPolicyDetached, UserLeftGroup
from tfratchet.rules.detach.low import AttachmentReaddressed, NoLongerManaged, UserRemoved
from tfratchet.rules.detach.permission_sets import (
    PermissionSetBoundaryRemoved,
    PermissionSetInlineRemoved,
    PermissionSetPolicyDetached,
    PermissionSetRemoved,
)
from tfratchet.rules.detach.policies import AttachedPolicyDestroyed, PolicySwapped
from tfratchet.rules.detach.roles import (
    RoleBoundaryRemoved,
    RoleExclusiveManagement,
    RoleInlineRemoved,
    RoleNoLongerManaged,
    RolePolicyDestroyed,
    RolePolicyDetached,
    RolePolicySwapped,
    RoleRemoved,
)
from tfratchet.rules.detach.users import UserInlineRemoved, UserPolicyDetached

__all__ = [
    "AttachedPolicyDestroyed",
    "AttachmentReaddressed",
    "BoundaryRemoved",
    "ExclusiveManagement",
    "GroupPolicyDetached",
    "NoLongerManaged",
    "PermissionSetBoundaryRemoved",
    "PermissionSetInlineRemoved",
    "PermissionSetPolicyDetached",
    "PermissionSetRemoved",
    "PolicySwapped",
    "RoleBoundaryRemoved",
    "RoleExclusiveManagement",
    "RoleInlineRemoved",
    "RoleNoLongerManaged",
    "RolePolicyDestroyed",
    "RolePolicyDetached",
    "RolePolicySwapped",
    "RoleRemoved",
    "UserInlineRemoved",
    "UserLeftGroup",
    "UserPolicyDetached",
    "UserRemoved",
]
