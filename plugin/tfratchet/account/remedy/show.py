"""Shows a plan as a table, and what becomes of it, line by line or as one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from tfratchet.account.remedy.plan import Left
from tfratchet.account.remedy.steps import Phase, Step
from tfratchet.errors import UserError
from tfratchet.report.escape import printable
from tfratchet.report.finish import wants_color

_WORDS = {
    "found": "is so already",
    "done": "done",
    "failed": "not done",
    "green": "checked again: green",
    "not green": "checked again: not green yet",
    "undone": "undone",
    "not undone": "not undone",
}


class Show:
    """Where a plan and its run are shown."""

    def __init__(self, *, as_json: bool = False, color: str = "auto", quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self._color = wants_color(color)

    def table(self, title: str, steps: Sequence[Step], left: Sequence[Left] = (), *, backwards: bool = False) -> None:
        """The plan: what, why, whether it can be undone; then what is left alone."""
        if self.as_json:
            return
        try:
            from rich.console import Console
            from rich.table import Table
            from rich.text import Text
        except ImportError:
            raise UserError("this command needs rich", hint="pip install 'tfratchet[aws]'") from None
        console = Console(
            file=sys.stdout,
            force_terminal=self._color,
            no_color=not self._color,
            color_system="auto" if self._color else None,
            highlight=False,
            markup=False,
            emoji=False,
        )
        if steps:
            table = Table(title=printable(title), title_justify="left", expand=False, show_lines=False)
            table.add_column("#", justify="right")
            table.add_column("what is undone" if backwards else "what", ratio=3)
            table.add_column("why", ratio=3)
            if not backwards:
                table.add_column("undo", ratio=2)
            for step in steps:
                cells = [str(step.number + 1), _plain(step.act.what()), _why(step)]
                if not backwards:
                    cells.append(undoing(step))
                table.add_row(*(Text(c) for c in cells))
            console.print(table)
        if left and not self.quiet:
            alone = Table(title="left alone", title_justify="left", expand=False)
            for name in ("rule", "what", "why"):
                alone.add_column(name)
            for one in left:
                alone.add_row(*(Text(printable(c)) for c in (one.rule, one.what, one.why)))
            console.print(alone)

    def line(self, text: str) -> None:
        """One line for people."""
        if not self.as_json:
            sys.stdout.write(printable(text) + "\n")
            sys.stdout.flush()

    def step(self, step: Step, word: str) -> None:
        """How far a step has come; given to the run."""
        if word not in _WORDS:
            return
        if word in ("green", "not green"):
            self.line(f"     {_WORDS[word]}")
            return
        error = step.undo_error if word == "not undone" else step.error if word == "failed" else ""
        self.line(f"{step.number + 1:>3}  {_WORDS[word]}: {_plain(step.act.what())}" + (f" ({error})" if error else ""))

    def document(self, **fields: Any) -> None:
        """The JSON document of the whole run."""
        if self.as_json:
            sys.stdout.write(json.dumps({"format": 1, **fields}, indent=2) + "\n")


def undoing(step: Step) -> str:
    """Whether the step can be undone, for its row."""
    if not step.act.reversible:
        return f"NO: {step.act.limits}"
    return f"yes: {step.act.limits}" if step.act.limits else "yes"


def as_json(step: Step) -> dict[str, Any]:
    """A step, for programs."""
    return {
        "number": step.number + 1,
        "act": step.act.as_json(),
        "what": step.act.what(),
        "why": [r.as_json() for r in step.reasons],
        "can_be_undone": step.act.reversible,
        "limits": step.act.limits,
        "state": "undone" if step.undo is Phase.DONE else step.phase.value,
        "green": step.green,
        "error": step.undo_error or step.error,
    }


def left_as_json(left: Sequence[Left]) -> list[dict[str, str]]:
    """What is left alone, for programs."""
    return [{"rule": one.rule, "what": one.what, "why": one.why} for one in left]


def _why(step: Step) -> str:
    texts = [f"{r.rule} {r.text}".strip() for r in step.reasons]
    more = len(texts) - 2
    return _plain("; ".join(texts[:2]) + (f"; and {more} more" if more > 0 else ""))


def _plain(text: str) -> str:
    return printable(text)
