"""The acts of one run, and how far each has come: what a plan is made of, and what a journal tells. No I/O."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfratchet.account.acts import Act, State, from_json
from tfratchet.errors import UserError

AUDIT, DRIFT, ASKED = "audit", "drift", "asked"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an act is in a plan: a finding that it answers, or the option that asked for it."""

    source: str
    """``audit``, ``drift`` or ``asked``."""
    text: str = ""
    rule: str = ""
    address: str = ""
    required: str = ""
    """What a finding of drift wants (its base side): with rule and address, what is looked for again afterwards."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells this finding from others."""
        return (self.rule, self.address, self.required if self.source == DRIFT else "")

    def as_json(self) -> dict[str, str]:
        """For the journal."""
        names = ("source", "text", "rule", "address", "required")
        return {n: getattr(self, n) for n in names if getattr(self, n)}


class Phase(enum.Enum):
    """How far an act has come."""

    NEW = "new"
    OPEN = "open"
    """The journal has its intent and no result: whether the call happened is for the live account to say."""
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Step:
    """One act of a run."""

    number: int
    act: Act
    reasons: tuple[Reason, ...]
    phase: Phase = Phase.NEW
    before: State | None = None
    after: State | None = None
    green: bool | None = None
    """What the check said after the act; None: it has not been run."""
    error: str = ""
    undo: Phase = Phase.NEW
    undo_error: str = ""

    @property
    def changed(self) -> bool:
        """Whether the act changed something (or may have): there is something to undo."""
        return self.phase is Phase.OPEN or (self.phase is Phase.DONE and self.before != self.after)


def plan_record(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """The plan for the journal."""
    return [{"act": s.act.as_json(), "why": [r.as_json() for r in s.reasons]} for s in steps]


@dataclass(frozen=True, slots=True)
class History:
    """What a journal says about its run."""

    run: str
    account: str
    options: Mapping[str, Any]
    """What the checks need to be run again: sources, var files, configuration, who else is protected."""
    steps: Sequence[Step]
    ended: bool
    undoing: bool
    """Whether an undo has begun."""
    partition: str = ""
    """Of the account; empty where the journal does not tell."""


def history(records: Sequence[Mapping[str, Any]], where: str = "") -> History:
    """The run that ``records`` tell of. Raises UserError when they do not fit together."""
    if not records or records[0]["type"] != "begin":
        raise UserError("the journal is empty: its run did nothing", where=where)
    begin = records[0]
    try:
        steps = [
            Step(n, from_json(entry["act"], where), tuple(Reason(**why) for why in entry["why"]))
            for n, entry in enumerate(begin["acts"])
        ]
        found = History(
            str(begin["run"]),
            str(begin["account"]),
            begin.get("options", {}),
            steps,
            ended=any(r["type"] == "end" for r in records),
            undoing=any(r["type"] == "undo-begin" for r in records),
            partition=str(begin.get("caller", "")).partition(":")[2].partition(":")[0],
        )
        for record in records[1:]:
            if "n" in record:
                _note(steps[record["n"]], record)
    except (KeyError, IndexError, TypeError) as error:
        raise UserError(f"the journal does not fit together: {error!r}", where=where) from None
    return found


def _note(step: Step, record: Mapping[str, Any]) -> None:
    kind = record["type"]
    if kind == "intent":
        step.phase, step.before, step.after, step.green = Phase.OPEN, record["before"], None, None
    elif kind == "done":
        step.phase, step.after = Phase.DONE, record["after"]
        step.before = record.get("before", step.before)
    elif kind == "failed":
        step.phase, step.error = Phase.FAILED, str(record.get("error", ""))
    elif kind == "checked":
        step.green = bool(record["green"])
    elif kind == "undo-intent":
        step.undo = Phase.OPEN
    elif kind == "undone":
        step.undo = Phase.DONE
    elif kind == "undo-failed":
        step.undo, step.undo_error = Phase.FAILED, str(record.get("error", ""))
