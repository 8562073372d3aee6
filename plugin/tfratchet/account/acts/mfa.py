"""A virtual MFA device for somebody, made on request. Only its user can enable it, with two codes from the device."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from tfratchet.account.acts.base import USER, Act, RefusedError, State, Subject
from tfratchet.account.acts.live import there

if TYPE_CHECKING:
    from tfratchet.account.session import Account

_DONE: State = {"device": "unassigned", "seed_file": True}


@dataclass(frozen=True)
class CreateMfaDevice(Act):
    """Creates a virtual MFA device named like the user and writes its seed to a file that only the owner can read.

    The seed is on no screen and in no journal; AWS shows it this once. What ``aws:MultiFactorAuthPresent`` asks for
    begins when the user has enabled the device (IAM API, EnableMFADevice: two codes in a row).
    """

    kind: ClassVar[str] = "create-mfa-device"
    needs: ClassVar[tuple[str, ...]] = (
        "iam:GetUser",
        "iam:ListVirtualMFADevices",
        "iam:CreateVirtualMFADevice",
        "iam:DeleteVirtualMFADevice",
    )
    limits: ClassVar[str] = "only while the user has not enabled it"

    user: str
    folder: str
    """Where the seed is written; absolute."""

    @property
    def subject(self) -> Subject:
        return Subject(USER, self.user)

    @property
    def seed_file(self) -> str:
        """Path of the file with the seed."""
        return os.path.join(self.folder, f"{self.user}.mfa-seed")

    def what(self) -> str:
        return f"create a virtual MFA device for user {self.user}, seed in {self.seed_file}"

    def read(self, account: Account) -> State:
        client = account.client("iam")
        with there(f"user {self.user}"):
            client.get_user(UserName=self.user)
        state = "none"
        serial = self._serial(account)
        for page in client.get_paginator("list_virtual_mfa_devices").paginate():
            for device in page["VirtualMFADevices"]:
                if device["SerialNumber"] == serial:
                    state = "assigned" if device.get("User") else "unassigned"
        return {"device": state, "seed_file": os.path.exists(self.seed_file)}

    def target(self, before: State) -> State:  # noqa: ARG002
        return dict(_DONE)

    def resumable(self, before: State, now: State) -> bool:
        """Whether a run died after the call and before the seed was written: that device is of no use to anybody."""
        return before["device"] == "none" and now == {"device": "unassigned", "seed_file": False}

    def do(self, account: Account, before: State) -> None:
        now = self.read(account)
        if now["seed_file"]:
            raise RefusedError(f"{self.seed_file} is there already, and is not overwritten")
        client = account.client("iam")
        if now["device"] == "unassigned" and before["device"] == "none":
            client.delete_virtual_mfa_device(SerialNumber=self._serial(account))
        elif now["device"] != "none":
            raise RefusedError(f"there is an MFA device called {self.user} already")
        part = f"{self.seed_file}.part"
        descriptor = _fresh(part)  # before the call: a seed that cannot be written would be lost
        try:
            device = client.create_virtual_mfa_device(VirtualMFADeviceName=self.user)["VirtualMFADevice"]
            seed = device["Base32StringSeed"]
            text = seed.decode() if isinstance(seed, bytes) else str(seed)
            try:
                _write(descriptor, self._content(account, device["SerialNumber"], text))
                os.link(part, self.seed_file)  # refuses to overwrite, unlike a rename
            except OSError as error:
                client.delete_virtual_mfa_device(SerialNumber=device["SerialNumber"])
                raise RefusedError(
                    f"the seed could not be written to {self.seed_file}: {error.strerror}; the device is deleted again"
                ) from None
        finally:
            os.close(descriptor)
            os.unlink(part)

    def undo_resumable(self, before: State, now: State) -> bool:
        """Whether an undo died between the device and the file."""
        return before["device"] == "none" and now == {"device": "none", "seed_file": True}

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        if self.read(account)["device"] != "none":
            account.client("iam").delete_virtual_mfa_device(SerialNumber=self._serial(account))
        if os.path.exists(self.seed_file):
            os.unlink(self.seed_file)

    def _serial(self, account: Account) -> str:
        who = account.identity
        return f"arn:{who.partition}:iam::{who.account}:mfa/{self.user}"

    def _content(self, account: Account, serial: str, seed: str) -> str:
        label = quote(f"{self.user}@{account.identity.account}")
        return (
            f"serial number: {serial}\nseed: {seed}\n"
            f"otpauth://totp/Amazon%20Web%20Services:{label}?secret={seed}&issuer=Amazon%20Web%20Services\n"
        )


def _fresh(path: str) -> int:
    """An open, empty file that nobody else can read; a leftover of a run that died is replaced."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        if os.path.lexists(path):
            os.unlink(path)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        raise RefusedError(f"the seed could not be written to {path}: {error.strerror}") from None


def _write(descriptor: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)
