"""The acts that nobody's finding asks for, only an option: passwords, MFA devices, keys that have long been off."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tfratchet.account.acts import CreateMfaDevice, DeactivateKey, DeleteKey, ForcePasswordReset
from tfratchet.account.remedy.plan import Left, Proposal
from tfratchet.account.remedy.steps import ASKED, Reason, history
from tfratchet.errors import UserError

if TYPE_CHECKING:
    from tfratchet.account.facts import Facts
    from tfratchet.account.journal import Record
    from tfratchet.account.session import Account

EVERYBODY = "all"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What options ask for."""

    force_reset: Sequence[str] = ()
    """Users, or ``all``."""
    mfa_devices: Sequence[str] = ()
    """Users."""
    seed_dir: str | None = None
    delete_keys_after: int | None = None
    """Days."""

    def __bool__(self) -> bool:
        return bool(self.force_reset or self.mfa_devices or self.delete_keys_after is not None)

    def check(self) -> None:
        """Raises UserError for options that do not fit together."""
        if self.mfa_devices and self.seed_dir is None:
            raise UserError(
                "--create-mfa-device needs --seed-dir", hint="the seed is written there, to a file of mode 0600"
            )
        if self.seed_dir is not None and not self.mfa_devices:
            raise UserError("--seed-dir is for --create-mfa-device USER")
        if self.delete_keys_after is not None and self.delete_keys_after < 1:
            raise UserError("a number of days, at least 1", where="--delete-inactive-keys-after")


def proposals(wishes: Wishes, facts: Facts) -> Iterator[Proposal]:
    """Passwords and devices. Raises UserError for a user who does not exist, or has no console password."""
    for name in _users(wishes.force_reset, facts):
        yield Proposal(ForcePasswordReset(name), Reason(ASKED, "--force-password-reset"))
    for name in wishes.mfa_devices:
        if name not in facts.users:
            raise UserError(f"there is no user {name}", where="--create-mfa-device")
        act = CreateMfaDevice(name, os.path.abspath(wishes.seed_dir or "."))
        yield Proposal(act, Reason(ASKED, "--create-mfa-device"))


def _users(names: Sequence[str], facts: Facts) -> list[str]:
    if EVERYBODY in names:
        return [u.name for u in facts.users.values() if u.console]
    for name in names:
        if name not in facts.users:
            raise UserError(f"there is no user {name}", where="--force-password-reset")
        if not facts.users[name].console:
            raise UserError(f"user {name} has no console password", where="--force-password-reset")
    return list(dict.fromkeys(names))


def old_keys(
    account: Account, facts: Facts, days: int, journals: Sequence[Sequence[Record]]
) -> tuple[list[Proposal], list[Left]]:
    """Inactive keys that nobody has used for ``days``, to be deleted.

    AWS does not tell since when a key is inactive. What is known: its last use (or its making, when it was never used),
    and the days on which our own journals switched keys off. The later of these has to be that long ago.
    """
    found: list[Proposal] = []
    left: list[Left] = []
    switched_off = deactivated(journals)
    iam = account.client("iam")
    for user in facts.users.values():
        if not any(not key.active for key in user.keys):
            continue
        for page in iam.get_paginator("list_access_keys").paginate(UserName=user.name):
            for key in page["AccessKeyMetadata"]:
                if key["Status"] != "Inactive":
                    continue
                name = key["AccessKeyId"]
                used = iam.get_access_key_last_used(AccessKeyId=name)["AccessKeyLastUsed"].get("LastUsedDate")
                since = max(d for d in (used or key["CreateDate"], switched_off.get(name)) if d is not None)
                if facts.taken is not None and facts.taken - since >= timedelta(days=days):
                    what = f"inactive, {'last used' if used else 'created'} or switched off on {since.date()}"
                    found.append(Proposal(DeleteKey(user.name, name), Reason(ASKED, what)))
                else:
                    why = f"last used or switched off on {since.date()}: less than {days} days ago"
                    left.append(Left(f"inactive access key {name} of user {user.name}", why))
    return found, left


def deactivated(journals: Sequence[Sequence[Record]]) -> Mapping[str, datetime]:
    """When our own runs switched keys off, by id of the key."""
    found: dict[str, datetime] = {}
    for records in filter(None, journals):  # a run that died before its first record did nothing
        steps = history(records).steps
        for record in records:
            if record["type"] in ("done", "undone") and isinstance(steps[record["n"]].act, DeactivateKey):
                _note(found, steps[record["n"]].act, record)
    return found


def _note(found: dict[str, datetime], act: Any, record: Record) -> None:
    if record["type"] == "undone":
        found.pop(act.key, None)
    elif record.get("how") == "called":
        when = datetime.fromisoformat(record["at"])
        found[act.key] = max(when, found.get(act.key, when))
