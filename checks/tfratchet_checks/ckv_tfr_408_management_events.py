"""CKV_TFR_408: a trail that does not record all management events.

What: an `aws_cloudtrail` whose selectors leave management events out: `include_management_events = false` or a
`read_write_type` other than `All` without another selector that records the rest,
`exclude_management_event_sources`, or advanced selectors of which none selects all of `eventCategory = Management`.

Why: management events are the calls that change the account: attaching and detaching policies, MFA, keys,
CloudTrail itself. With advanced selectors no flag says that they are off: they are off because no selector asks for
them. (Rule TFR408 of `tfratchet diff` tells when they are narrowed.)

Bad::

    advanced_event_selector {
      field_selector {
        field  = "eventCategory"
        equals = ["Data"]
      }
    }

Good: leave selectors out, or add one with `eventCategory = Management` and no other field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import LOGGING, Block, ResourceCheck
    from tfratchet_checks.__tfr_values__ import Unresolved, text_of
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import LOGGING, Block, ResourceCheck
    from __tfr_values__ import Unresolved, text_of


class ManagementEvents(ResourceCheck):
    """Some trail of the account records every management event."""

    id = "CKV_TFR_408"
    title = "Ensure CloudTrail records all management events"
    types = ("aws_cloudtrail",)
    categories = (LOGGING,)

    def judge(self) -> Any:
        advanced = self.block.blocks("advanced_event_selector")
        missing, argument = (
            (self._advanced(advanced), "advanced_event_selector")
            if advanced
            else (self._basic(self.block.blocks("event_selector")), "event_selector")
        )
        if isinstance(missing, Unresolved):
            return self.unknown(missing.text)
        return self.failed(missing, argument) if missing else self.passed()

    def _basic(self, selectors: list[Block]) -> str | Unresolved:
        """What the selectors leave out; nothing when they record all, as does a trail without selectors."""
        if not selectors:
            return ""
        recorded: set[str] = set()
        unread = ""
        left_out = ""
        for selector in selectors:
            include = selector.flag("include_management_events")
            kind = selector.text("read_write_type") or "All"
            excluded = selector.texts("exclude_management_event_sources") or []
            whole = "exclude_management_event_sources"
            not_known = any(isinstance(e, Unresolved) for e in excluded) and not selector.is_list(whole)
            if isinstance(include, Unresolved) or isinstance(kind, Unresolved) or not selector.certain or not_known:
                unread = unread or "a selector could not be worked out"
                continue
            if include is False:
                left_out = left_out or "include_management_events is false"
                continue
            if excluded:
                left_out = "exclude_management_event_sources holds " + ", ".join(text_of(e) for e in excluded)
            recorded |= {"ReadOnly", "WriteOnly"} if kind == "All" else {kind}
            if kind != "All":
                left_out = left_out or f"read_write_type is {kind}"
            elif not excluded:
                return ""
        if recorded == {"ReadOnly", "WriteOnly"} and not left_out.startswith("exclude"):
            return ""
        return Unresolved(unread) if unread else left_out

    def _advanced(self, selectors: list[Block]) -> str | Unresolved:
        unread = ""
        narrowed = ""
        for selector in selectors:
            fields = {}
            for field in selector.blocks("field_selector"):
                name = field.text("field")
                fields["?" if not isinstance(name, str) else name] = field
            category = fields.get("eventCategory")
            values = category.texts("equals") if category else None
            if "?" in fields or not selector.certain or any(isinstance(v, Unresolved) for v in values or ()):
                unread = unread or "an advanced selector could not be worked out"
                continue
            if values != ["Management"]:
                continue
            others = sorted(set(fields) - {"eventCategory"})
            if not others:
                return ""
            narrowed = f"the selector of management events is narrowed by {', '.join(others)}"
        if unread:
            return Unresolved(unread)
        return narrowed or "no advanced selector selects eventCategory = Management"


check = ManagementEvents()
