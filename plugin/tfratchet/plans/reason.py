"""Why Terraform plans what it plans, in words: ``action_reason`` of a change, told in the findings about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tfratchet.model import Finding

# "JSON Output Format", Change Representation, of Terraform's and OpenTofu's documentation.
_WORDS = {
    "delete_because_no_resource_config": "no block in the configuration declares it any more",
    "delete_because_no_module": "the module call that it belonged to is gone",
    "delete_because_wrong_repetition": "its block has count or for_each now, or no longer has it",
    "delete_because_count_index": "its index is beyond count",
    "delete_because_each_key": "its key is no longer in for_each",
    "delete_because_no_move_target": "a moved block gives it an address that nothing declares",
    "replace_because_tainted": "it is tainted and will be replaced",
    "replace_because_cannot_update": "a changed argument forces its replacement",
    "replace_by_request": "its replacement was asked for (-replace)",
    "replace_by_triggers": "replace_triggered_by asks for its replacement",
}


def told(finding: Finding, reasons: Mapping[str, str]) -> Finding:
    """The finding, with the reason of the change to its address in the message."""
    reason = reasons.get(finding.address)
    if not reason:
        return finding
    words = _WORDS.get(reason, reason)
    message = finding.message if finding.message.endswith((".", "!", "?")) else f"{finding.message}."
    return replace(finding, message=f"{message} Terraform's reason: {words}")
