"""CKV_TFR_531: a security setting under `ignore_changes`.

What: a `lifecycle` block whose `ignore_changes` lists a setting that protects the account, or is `all`, on one of
the resources that hold such settings. (A plan file does not hold lifecycle settings.)

Why: whatever is changed by hand stays changed: no plan shows it, and no apply puts it right. (Rule TFR503 of
`tfratchet diff` tells when it is added.)

Bad::

    resource "aws_cloudtrail" "main" {
      lifecycle {
        ignore_changes = [event_selector]
      }
    }

Good: leave the setting out of `ignore_changes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import GENERAL, ResourceCheck
    from tfratchet_checks.__tfr_protected__ import SETTINGS, protected
    from tfratchet_checks.__tfr_values__ import text_of
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import GENERAL, ResourceCheck
    from __tfr_protected__ import SETTINGS, protected
    from __tfr_values__ import text_of


# Only the ones that protect: an ordinary bucket or key may ignore what it likes.
_ONLY_PROTECTED = ("aws_s3_bucket", "aws_kms_key", "aws_organizations_policy")


class IgnoreChanges(ResourceCheck):
    """No security setting is left to change unseen."""

    id = "CKV_TFR_531"
    title = "Ensure security settings are not under ignore_changes"
    types = tuple(SETTINGS)
    categories = (GENERAL,)

    def judge(self) -> Any:
        if self.block.planned or (self.entity_type in _ONLY_PROTECTED and not protected(self.account, self.node)):
            return self.not_for_this()
        settings = SETTINGS[self.entity_type]
        unread = ""
        for lifecycle in self.block.blocks("lifecycle"):
            for ignored in lifecycle.texts("ignore_changes") or ():
                # Names of arguments are written without quotes, so an index or a dot makes Checkov's value a reference.
                text = text_of(ignored)
                name = text.strip("${}").replace("[", ".").split(".")[0].strip()
                if name == "all" or name in settings:
                    return self.failed(f"ignore_changes holds {text}", "lifecycle")
                unread = unread or ("" if name.replace("_", "").isalnum() else text)
        return self.unknown(f"ignore_changes holds {unread}") if unread else self.passed()


check = IgnoreChanges()
