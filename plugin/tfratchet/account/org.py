"""The accounts of an organization, each seen by a role that is assumed in it."""

from __future__ import annotations

from dataclasses import dataclass

from tfratchet.account.session import Account, assume, told
from tfratchet.errors import UserError


@dataclass(frozen=True, slots=True)
class Member:
    """One account of the organization."""

    id: str
    name: str
    active: bool
    """False: suspended, or on its way in or out. Nothing can be read there."""
    state: str


def members(account: Account) -> list[Member]:
    """Every account of the organization that ``account`` manages (or is delegated for), by id.

    Raises UserError when AWS refuses, or there is no organization.
    """
    found = []
    with told("listing the accounts of the organization"):
        for page in account.client("organizations").get_paginator("list_accounts").paginate():
            for entry in page["Accounts"]:
                # "State" takes the place of "Status" (Organizations API, September 2025); both are there for a time.
                state = entry.get("State") or entry.get("Status") or "ACTIVE"
                found.append(Member(entry["Id"], entry.get("Name", ""), state == "ACTIVE", state))
    if not found:
        raise UserError("there is no organization here", where="--org")
    return sorted(found, key=lambda member: member.id)


def enter(account: Account, member: Member, role: str) -> Account:
    """``member`` by its role, or ``account`` itself where that is the member. Raises UserError when refused."""
    identity = account.identity
    if member.id == identity.account:
        return account
    return assume(account, f"arn:{identity.partition}:iam::{member.id}:role/{role}")
