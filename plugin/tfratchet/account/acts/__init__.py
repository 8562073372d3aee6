"""The acts: what ``remediate`` can change in an account, one class each. ``base.Act`` says what an act is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfratchet.account.acts.base import Act, RefusedError, State, Subject, from_fields
from tfratchet.account.acts.keys import DeactivateKey, DeleteKey
from tfratchet.account.acts.mfa import CreateMfaDevice
from tfratchet.account.acts.password import ForcePasswordReset, SetPasswordPolicy
from tfratchet.account.acts.policies import AddToGroup, AttachPolicy, PutBoundary, PutInlinePolicy, PutPolicyDocument
from tfratchet.account.acts.trails import PutInsights, PutSelectors, StartLogging, UpdateTrail
from tfratchet.errors import UserError

ACTS: tuple[type[Act], ...] = (
    SetPasswordPolicy,
    StartLogging,
    UpdateTrail,
    PutSelectors,
    PutInsights,
    PutPolicyDocument,
    AttachPolicy,
    PutInlinePolicy,
    AddToGroup,
    PutBoundary,
    CreateMfaDevice,
    DeactivateKey,
    DeleteKey,
    ForcePasswordReset,
)
"""In the order in which a plan does them: what concerns everybody first, what cannot be undone near the end."""

_BY_KIND: Mapping[str, type[Act]] = {act.kind: act for act in ACTS}


def from_json(data: Mapping[str, Any], where: str = "") -> Act:
    """The act that ``Act.as_json`` wrote. Raises UserError for a kind that this version does not know."""
    kind = _BY_KIND.get(str(data.get("kind")))
    if kind is None:
        raise UserError(f"the journal has an act that this version does not know: {data.get('kind')}", where=where)
    return from_fields(kind, data)


__all__ = [
    "ACTS",
    "Act",
    "AddToGroup",
    "AttachPolicy",
    "CreateMfaDevice",
    "DeactivateKey",
    "DeleteKey",
    "ForcePasswordReset",
    "PutBoundary",
    "PutInlinePolicy",
    "PutInsights",
    "PutPolicyDocument",
    "PutSelectors",
    "RefusedError",
    "SetPasswordPolicy",
    "StartLogging",
    "State",
    "Subject",
    "UpdateTrail",
    "from_json",
]
