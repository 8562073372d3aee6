"""What a report calls things, by command: a diff takes away, an account lacks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one kind of command."""

    before: str = "before"
    """What the base side of a finding is called."""
    after: str = "after"
    change: bool = True
    """True when two versions are compared: the sides are shown as a diff."""
    found: str = "this change takes away protection"
    nothing: str = "nothing is taken away"
    looked: str = "compared"
    """``not everything was compared``."""

    @property
    def signs(self) -> tuple[str, str]:
        """What stands before the two sides in the text report: as in a diff, or in words of one width."""
        width = max(len(self.before), len(self.after)) + 1
        return ("-", "+") if self.change else (self.before.ljust(width), self.after.ljust(width))


_CHANGE = Wording()
_ACCOUNT = Wording("wanted", "is", False, "this account is not as it should be", "nothing found", "looked at")
_DRIFT = Wording("declared", "live", False, "the account is not as declared", "the account is as declared", "compared")
_EVENTS = Wording("before", "event", False, "protected calls were made", "no protected call was made", "read")
_BY_COMMAND = {"audit": _ACCOUNT, "drift": _DRIFT, "events": _EVENTS}


def wording(command: str) -> Wording:
    """The words for a command; those of ``diff`` for commands that have none of their own."""
    return _BY_COMMAND.get(command, _CHANGE)
