"""Does the acts of a plan, one after the other, each with its records in the journal; goes on after a break; goes back.

What makes it safe to kill at any moment: before each call the journal holds the state to go back to; afterwards the
live state, not the memory of a process, says whether the call happened.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import botocore.exceptions as aws

from tfratchet.account.acts import Act, RefusedError, State
from tfratchet.account.remedy.steps import Phase, Step
from tfratchet.account.session import stops, told_error
from tfratchet.errors import UserError

if TYPE_CHECKING:
    from tfratchet.account.journal import Journal
    from tfratchet.account.session import Account

# IAM is eventually consistent: a change may not be seen for some seconds (IAM user guide, "Troubleshooting general
# issues", "Changes that I make are not always immediately visible").
PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)

_CHANGED = "somebody else has changed it meanwhile: it is neither what it was before the act nor what the act makes"


class Checks(Protocol):
    """The audit or the drift check, to be run again on what an act touched."""

    def green(self, step: Step) -> bool:
        """Whether what asked for the act is content now. Raises botocore's errors."""
        ...


_Answer = TypeVar("_Answer")

Tell = Callable[[Step, str], None]
"""Called with a step and a word: ``doing``, ``done``, ``found``, ``not green``, ``failed``, ``undone`` ..."""


@dataclass
class Run:
    """One run over the steps of a journal."""

    account: Account
    journal: Journal
    checks: Checks
    tell: Tell
    protected: Callable[[Act], str | None]
    """Why an act must not be done, or None; asked once more right before the call."""
    pause: Callable[[float], None] = time.sleep
    resume_hint: str = ""
    """The command that goes on, told when the run has to stop."""

    # -- forwards ------------------------------------------------------------------------------------------------

    def apply(self, steps: Sequence[Step]) -> bool:
        """Do what is not done yet; gives whether every step is done and green.

        Raises UserError when AWS does not let us go on (expired credentials, throttling, no access, no network) or the
        journal cannot be written; what was done until then stands in the journal.
        """
        for step in steps:
            if step.phase is not Phase.DONE:
                self._apply(step, steps)
            if step.phase is Phase.DONE and not step.green:
                self._check(step, steps)
        self.journal.write("end", done=sum(s.phase is Phase.DONE for s in steps), of=len(steps))
        return all(s.phase is Phase.DONE and s.green for s in steps)

    def _apply(self, step: Step, steps: Sequence[Step]) -> None:
        act = step.act
        try:
            now = self._asking(lambda: act.read(self.account), f"reading before: {act.what()}", steps)
            if step.phase is Phase.OPEN and step.before is not None:
                before = step.before
                if now == act.target(before):
                    self._done(step, now, "found")
                    return
                if now != before and not act.resumable(before, now):
                    raise RefusedError(_CHANGED)
            else:
                before = now
                if act.settled(now):
                    step.before = now
                    self._done(step, now, "found")
                    return
            reason = self.protected(act)
            if reason is not None:
                raise RefusedError(reason)
            self.tell(step, "doing")
            if step.phase is not Phase.OPEN:
                self.journal.write("intent", n=step.number, before=before)
                step.phase, step.before = Phase.OPEN, before
            self._call(step, lambda: act.do(self.account, before), now, act.target(before), steps)
            after = self._settle(lambda s: s == act.target(before), act, steps)
        except RefusedError as refused:
            self._failed(step, str(refused))
            return
        if after != act.target(before):
            # The call was taken, and yet the state is another: left open, so that undo looks at what is there.
            step.error = "AWS took the call, but the account does not show its effect"
            self.tell(step, "failed")
            return
        self._done(step, after, "called")

    def _done(self, step: Step, after: State, how: str) -> None:
        step.phase, step.after, step.error = Phase.DONE, after, ""
        self.journal.write("done", n=step.number, before=step.before, after=after, how=how)
        self.tell(step, "done" if how == "called" else "found")

    def _failed(self, step: Step, error: str) -> None:
        step.phase, step.error = Phase.FAILED, error
        self.journal.write("failed", n=step.number, error=error)
        self.tell(step, "failed")

    def _check(self, step: Step, steps: Sequence[Step]) -> None:
        green = False
        for wait in PAUSES:
            self._sleep(wait)
            green = self._asking(lambda: self.checks.green(step), f"checking again: {step.act.what()}", steps)
            if green:
                break
        step.green = green
        self.journal.write("checked", n=step.number, green=green)
        self.tell(step, "green" if green else "not green")

    # -- backwards -----------------------------------------------------------------------------------------------

    def undo(self, steps: Sequence[Step]) -> bool:
        """Go back, last act first; gives whether everything that was changed is as it was before. Raises as apply."""
        for step in reversed(steps):
            if step.changed and step.undo is not Phase.DONE:
                self._undo(step, steps)
        return all(s.undo is Phase.DONE for s in steps if s.changed)

    def _undo(self, step: Step, steps: Sequence[Step]) -> None:
        act, before = step.act, step.before
        try:
            if before is None:
                raise RefusedError("the journal does not say what was there before")
            now = self._asking(lambda: act.read(self.account), f"reading before undoing: {act.what()}", steps)
            why = undo_refusal(step, now)
            if why is not None:
                raise RefusedError(why)
            if now != before:
                reason = self.protected(act) if act.reversible else act.limits
                if reason is not None:
                    raise RefusedError(reason)
                after = step.after or act.target(before)
                self.tell(step, "undoing")
                self.journal.write("undo-intent", n=step.number)
                step.undo = Phase.OPEN
                self._call(step, lambda: act.undo(self.account, before, after), now, before, steps)
                if self._settle(lambda s: s == before, act, steps) != before:
                    raise RefusedError("AWS took the call, but the account does not show its effect")
        except RefusedError as refused:
            step.undo, step.undo_error = Phase.FAILED, str(refused)
            self.journal.write("undo-failed", n=step.number, error=str(refused))
            self.tell(step, "not undone")
            return
        step.undo = Phase.DONE
        self.journal.write("undone", n=step.number)
        self.tell(step, "undone")

    # -- asking AWS ----------------------------------------------------------------------------------------------

    def _call(self, step: Step, call: Callable[[], None], was: State, wanted: State, steps: Iterable[Step]) -> None:
        """Make a call that changes something. What AWS surely refused is ``failed``; else the live state tells."""
        try:
            call()
        except RefusedError:
            raise
        except (aws.BotoCoreError, aws.ClientError) as error:
            told = told_error(error, step.act.what())
            if _surely_refused(error):
                if not stops(error):
                    raise RefusedError(told.message) from error
                if step.undo is Phase.NEW:
                    step.phase, step.error = Phase.FAILED, told.message
                    self.journal.write("failed", n=step.number, error=told.message)
                else:
                    step.undo, step.undo_error = Phase.FAILED, told.message
                    self.journal.write("undo-failed", n=step.number, error=told.message)
                raise self._stop(told, steps) from error
            # A broken connection or an error inside AWS, perhaps before a repetition that was refused ("exists
            # already"): the call may have happened.
            try:
                now = step.act.read(self.account)
            except (aws.BotoCoreError, aws.ClientError, RefusedError):
                raise self._stop(told, steps) from error
            if now != wanted:
                if _answered(error) and not stops(error) and now == was:
                    raise RefusedError(told.message) from error
                raise self._stop(told, steps) from error

    def _asking(self, question: Callable[[], _Answer], doing: str, steps: Iterable[Step]) -> _Answer:
        try:
            return question()
        except (aws.BotoCoreError, aws.ClientError) as error:
            raise self._stop(told_error(error, doing), steps) from error
        except UserError as error:
            raise self._stop(error, steps) from error

    def _settle(self, content: Callable[[State], bool], act: Act, steps: Iterable[Step]) -> State:
        """The state, once it is as it should be, or as it still is after the last pause."""
        state: State = {}
        for wait in PAUSES:
            self._sleep(wait)
            state = self._asking(lambda: act.read(self.account), f"reading after: {act.what()}", steps)
            if content(state):
                break
        return state

    def _sleep(self, seconds: float) -> None:
        if seconds:
            self.pause(seconds)

    def _stop(self, error: UserError, steps: Iterable[Step]) -> UserError:
        back = any(s.undo is not Phase.NEW for s in steps)
        done = [(s.undo if back else s.phase) is Phase.DONE for s in steps]
        far = f"{sum(done)} of {len(done)} acts are {'taken back' if back else 'done'}"
        hint = "; ".join(filter(None, (error.hint, far, self.resume_hint)))
        return UserError(error.message, where=error.where, hint=hint)


def undo_refusal(step: Step, now: State) -> str | None:
    """Why a step must not be undone when the live state is ``now``; None when it may be (or is already)."""
    before = step.before
    if before is None or now == before:
        return None
    after = step.after if step.after is not None else step.act.target(before)
    if now == after:
        return None
    if step.phase is Phase.OPEN and step.act.resumable(before, now):
        return None
    if step.undo is not Phase.NEW and step.act.undo_resumable(before, now):
        return None
    return "the account is no longer as the act left it: somebody has changed it since"


def _surely_refused(error: Exception) -> bool:
    """Whether AWS has answered that it did not do it: to the first call, no broken connection, no error of its own."""
    return _answered(error) and _tries(error) == 0


def _answered(error: Exception) -> bool:
    """Whether the last answer was that it is not done."""
    if not isinstance(error, aws.ClientError):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return 400 <= status < 500


def _tries(error: Exception) -> int:
    """How often botocore had to repeat the call: what became of the earlier ones is not known."""
    response = error.response if isinstance(error, aws.ClientError) else {}
    return int(response.get("ResponseMetadata", {}).get("RetryAttempts", 0))
