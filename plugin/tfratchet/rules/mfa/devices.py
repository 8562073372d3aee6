"""TFR305: a virtual MFA device goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfratchet.model import Finding, Severity
from tfratchet.rules.base import Rule, attack, cis, nist, side
from tfratchet.values import display

if TYPE_CHECKING:
    from tfratchet.compare import RootPair


class VirtualDeviceRemoved(Rule):
    """A virtual MFA device is removed.

    ## Why

    Deleting an `aws_iam_virtual_mfa_device` takes the second factor from the person who enrolled it: the next sign-in
    asks for the password alone, until a guard refuses it or a new device is enrolled.

    ## Fires on

    ```hcl
    # base                                             # head
    resource "aws_iam_virtual_mfa_device" "alice" {    # (the block is gone, the user stays)
      virtual_mfa_device_name = "alice"
    }
    ```

    ## Silent on

    The device under another address with the same name, and a device that goes together with the user of that name
    (told as low).

    ## Fix

    Keep the block; to hand the device over to its owner without deleting it, use
    `removed { lifecycle { destroy = false } }`.
    """

    id = "TFR305"
    title = "virtual MFA device removed"
    family = "mfa"
    severity = Severity.HIGH
    references = (cis("1.9"), nist("IA-2(1)"), attack("T1556.006"))
    fix = "keep the device, or hand it over with removed { lifecycle { destroy = false } }"

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        for device in pair.base.managed("aws_iam_virtual_mfa_device"):
            if pair.matching.head_for(device) is not None:
                continue
            name = device.get("virtual_mfa_device_name")
            if any(r.source == device.address and not r.destroy for r in pair.head.removed):
                continue
            stays = any(pair.matching.same(name, user.get("name")) for user in pair.head.managed("aws_iam_user"))
            left = any(pair.matching.same(name, user.get("name")) for user in pair.base.managed("aws_iam_user"))
            gone = left and not stays
            yield self.finding(
                pair,
                device.address,
                f"MFA device {display(name)} is deleted" + (" together with its user" if gone else ""),
                side(name, device.where("virtual_mfa_device_name")),
                None,
                severity=Severity.LOW if gone else None,
                lost=("mfa-device", display(name)),
            )
