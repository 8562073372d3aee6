"""CKV_TFR_402: a trail that does not log, by any route.

What: `enable_logging` false on an `aws_cloudtrail`; false as an argument of a module that sets up a trail and could
not be read; an event data store with `suspend = true`; a provisioner that calls `cloudtrail stop-logging` or
`cloudtrail delete-trail`.

Why: the trail is still there, so every check for its existence passes, and it records nothing. (The built-in
CKV_AWS_251 sees the first route. Rule TFR402 of `tfratchet diff` tells when logging is switched off.)

Bad::

    module "cloudtrail" {
      source         = "cloudposse/cloudtrail/aws"
      enable_logging = false
    }

Good: leave the argument out, or true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import LOGGING, ModuleCheck, ResourceCheck
    from tfratchet_checks.__tfr_values__ import Unresolved
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import LOGGING, ModuleCheck, ResourceCheck
    from __tfr_values__ import Unresolved


_COMMAND = re.compile(r"cloudtrail\s+(?:stop-logging|delete-trail|put-event-selectors)")
_ARGUMENTS = ("enable_logging", "cloudtrail_enable_logging", "enable_cloudtrail_logging")


def commands(value: Any) -> Iterator[str]:
    """Every command of the provisioners of a resource."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "command":
                yield str(inner)
            else:
                yield from commands(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from commands(inner)


class LoggingOff(ResourceCheck):
    """Trails and event data stores record."""

    id = "CKV_TFR_402"
    title = "Ensure CloudTrail records: no route switches logging off"
    types = ("aws_cloudtrail", "aws_cloudtrail_event_data_store", "null_resource", "terraform_data")
    categories = (LOGGING,)

    def judge(self) -> Any:
        for command in commands(self.block.conf.get("provisioner")):
            if _COMMAND.search(command):
                return self.failed("a provisioner stops, deletes or narrows a trail", "provisioner")
        if self.entity_type in ("null_resource", "terraform_data"):
            return self.not_for_this()
        argument, bad = ("enable_logging", False) if self.entity_type == "aws_cloudtrail" else ("suspend", True)
        value = self.block.flag(argument)
        if isinstance(value, Unresolved):
            return self.unknown(f"{argument} is {value.text}")
        if value is bad:
            return self.failed(f"{argument} is {str(bad).lower()}", argument)
        return self.passed()


class LoggingOffInModule(ModuleCheck):
    """Modules that could not be read, by the names of their arguments."""

    id = LoggingOff.id
    title = LoggingOff.title
    categories = (LOGGING,)

    def judge(self) -> Any:
        if self.block.conf.get("__resolved__") or "trail" not in str(self.block.conf.get("source")).lower():
            return self.not_for_this()
        for argument in _ARGUMENTS:
            if self.block.flag(argument) is False:
                return self.failed(f"{argument} is false", argument)
        return self.not_for_this()


check = LoggingOff()
module_check = LoggingOffInModule()
