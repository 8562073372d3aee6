"""The runs of ``tfratchet remediate`` and ``tfratchet undo``: plan, show, confirm, journal, act. Exit codes out."""

from __future__ import annotations

import os
import secrets
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tfratchet import __version__
from tfratchet.account.drift.run import roots_of
from tfratchet.account.journal import Journal, default_path, locked, read
from tfratchet.account.remedy.checks import AccountChecks
from tfratchet.account.remedy.protect import Protection
from tfratchet.account.remedy.request import (
    Context,
    Request,
    facts_for_protection,
    make_plan,
    open_context,
    protection,
    refuse_too_many,
    unfinished,
)
from tfratchet.account.remedy.run import Run
from tfratchet.account.remedy.show import Show, as_json, left_as_json
from tfratchet.account.remedy.steps import History, Phase, Step, history, plan_record
from tfratchet.errors import UserError
from tfratchet.model import Problem
from tfratchet.progress import Progress


@dataclass(frozen=True, slots=True)
class Consent:
    """What the user agreed to."""

    apply: bool = False
    yes: bool = False
    ask: Callable[[str], bool] = bool
    """Asks at the terminal."""

    def given(self, question: str) -> bool:
        """Whether the changes may be made now. Raises UserError where nobody can be asked."""
        if self.yes:
            return True
        if not sys.stdin.isatty():
            raise UserError("nobody can be asked here, so nothing was changed", hint="--yes confirms beforehand")
        return self.ask(question)


def remediate(request: Request, consent: Consent, show: Show, journal: str | None) -> int:
    """Make a plan, show it and, with ``consent``, act. Raises UserError for what could not be done."""
    context = open_context(request)
    account = context.account.identity.account
    with Progress("reading the account", quiet=show.quiet) as progress:
        plan, shield, problems = make_plan(request, context, progress)
    show.table(f"plan for account {account}", plan.steps, plan.left)
    _tell(problems)
    for path in unfinished(account):
        sys.stderr.write(f"tfratchet: an earlier run did not end; go on with: tfratchet remediate --resume {path}\n")
    if not plan.steps:
        show.line("nothing to do" if not plan.left else "nothing that can be done here")
        show.document(account=account, plan=[], left=left_as_json(plan.left), applied=False)
        return 2 if problems else 0
    refuse_too_many(plan, request.max_changes)
    if not consent.apply:
        show.line(f"{_changes(plan.steps)} would be made; --apply makes them")
        show.document(account=account, plan=list(map(as_json, plan.steps)), left=left_as_json(plan.left), applied=False)
        return 2 if problems else 1
    if not consent.given(f"Make {_changes(plan.steps)} in account {account}?"):
        show.line("nothing was changed")
        return 1
    with locked(account):
        if not consent.yes:  # the question may have stood there for an hour: who is in which group is read again
            shield = protection(request, context, facts_for_protection(context))
        run = secrets.token_hex(4)
        path = Path(journal) if journal else default_path(account, run, datetime.now(timezone.utc))
        book = Journal.create(path)
        try:
            book.write(
                "begin",
                run=run,
                account=account,
                caller=context.account.identity.arn,
                tool=f"tfratchet {__version__}",
                options=_options(request, shield),
                acts=plan_record(plan.steps),
            )
            green = _forwards(context, shield, book, plan.steps, show)
        finally:
            book.close()
    show.document(
        account=account,
        plan=list(map(as_json, plan.steps)),
        left=left_as_json(plan.left),
        applied=True,
        journal=str(path),
    )
    return 2 if problems else 0 if green else 1


def resume(request: Request, consent: Consent, show: Show, path: str) -> int:
    """Go on with the run of a journal that was interrupted, or try again what failed. Raises UserError."""
    past = history(read(Path(path)).records, path)
    request = replace(
        _as_before(request, past),
        sources=request.sources or [p for p in past.options.get("source", ()) if p != "-"],
        var_files=request.var_files or past.options.get("var_files", ()),
    )
    context = open_context(request)
    _same_account(context, past, path)
    if past.undoing:
        raise UserError("this run was undone", where=path, hint="make a new plan: tfratchet remediate")
    rest = [s for s in past.steps if s.phase is not Phase.DONE or not s.green]
    show.table(f"what is left of run {past.run} in account {past.account}", rest)
    if not rest:
        show.line("nothing left to do")
        show.document(account=past.account, plan=list(map(as_json, past.steps)), left=[], applied=False, journal=path)
        return 0
    if not consent.apply:
        show.line(f"{_changes(rest)} would be made or checked; --apply does it")
        show.document(account=past.account, plan=list(map(as_json, past.steps)), left=[], applied=False, journal=path)
        return 1
    if not consent.given(f"Go on with {_changes(rest)} in account {past.account}?"):
        show.line("nothing was changed")
        return 1
    with locked(past.account):
        book = Journal.reopen(Path(path))
        try:
            _torn(book)
            steps = history(book.records, path).steps  # once more: nobody else can write now
            book.write("resumed", caller=context.account.identity.arn, tool=f"tfratchet {__version__}")
            shield = protection(request, context, facts_for_protection(context))
            green = _forwards(context, shield, book, steps, show)
        finally:
            book.close()
    show.document(account=past.account, plan=list(map(as_json, steps)), left=[], applied=True, journal=path)
    return 0 if green else 1


def undo(request: Request, consent: Consent, show: Show, path: str) -> int:
    """Take back what the run of a journal did, last act first. Raises UserError."""
    past = history(read(Path(path)).records, path)
    request = _as_before(request, past)
    context = open_context(request)
    _same_account(context, past, path)
    rest = [s for s in reversed(past.steps) if s.changed and s.undo is not Phase.DONE]
    show.table(f"undo run {past.run} in account {past.account}", rest, backwards=True)
    if not rest:
        show.line("nothing to undo")
        show.document(account=past.account, plan=list(map(as_json, past.steps)), applied=False, journal=path)
        return 0
    if not consent.apply:
        show.line(f"{_changes(rest)} would be taken back, as far as nobody has changed them since; --apply does it")
        show.document(account=past.account, plan=list(map(as_json, past.steps)), applied=False, journal=path)
        return 1
    if not consent.given(f"Take back {_changes(rest)} in account {past.account}?"):
        show.line("nothing was changed")
        return 1
    with locked(past.account):
        book = Journal.reopen(Path(path))
        try:
            _torn(book)
            steps = history(book.records, path).steps
            book.write("undo-begin", caller=context.account.identity.arn, tool=f"tfratchet {__version__}")
            shield = protection(request, context, facts_for_protection(context))
            run = _run(context, shield, book, show, f"tfratchet undo {shlex.quote(path)} --apply")
            whole = run.undo(steps)
        finally:
            book.close()
    show.line("everything is as it was before" if whole else "not everything could be taken back: see above")
    show.document(account=past.account, plan=list(map(as_json, steps)), applied=True, journal=path)
    return 0 if whole else 1


def _forwards(context: Context, shield: Protection, book: Journal, steps: Sequence[Step], show: Show) -> bool:
    path = shlex.quote(str(book.path))
    run = _run(context, shield, book, show, f"go on with: tfratchet remediate --resume {path} --apply")
    show.line(f"journal: {book.path}")
    green = run.apply(steps)
    done = sum(s.phase is Phase.DONE for s in steps)
    show.line(f"{done} of {len(steps)} done, {sum(bool(s.green) for s in steps)} checked again and green")
    show.line(f"take it back with: tfratchet undo {path}")
    return green


def _run(context: Context, shield: Protection, book: Journal, show: Show, hint: str) -> Run:
    return Run(
        context.account,
        book,
        AccountChecks(context.account, context.settings, roots_of(context.declared)),
        show.step,
        shield.reason,
        resume_hint=hint,
    )


def _same_account(context: Context, past: History, path: str) -> None:
    """Raises UserError for a journal of another account, or of one of the same number in another partition."""
    here = context.account.identity
    if (here.account, here.partition) != (past.account, past.partition or here.partition):
        whose = " ".join(filter(None, (past.account, past.partition and f"({past.partition})")))
        raise UserError(
            f"the journal is of account {whose}, the credentials are of {here.account} ({here.partition})",
            where=path,
            hint="--profile",
        )


def _as_before(request: Request, past: History) -> Request:
    """Whom the run was told to spare is spared on: by its configuration and ``--protect``."""
    config = past.options.get("config")
    return replace(
        request,
        config=request.config or (config if config and os.path.exists(config) else None),
        protect=tuple(dict.fromkeys((*request.protect, *past.options.get("protect", ())))),
    )


def _options(request: Request, shield: Protection) -> dict[str, Any]:
    """What a resumption needs to run the checks again. No values of variables: they may be secret."""
    return {
        "config": os.path.abspath(request.config) if request.config else None,
        "protect": list(shield.patterns),
        "source": [os.path.abspath(p) if p != "-" else p for p in request.sources],
        "var_files": [os.path.abspath(p) for p in request.var_files],
    }


def _torn(book: Journal) -> None:
    if book.torn is not None:
        sys.stderr.write(f"tfratchet: {book.path}: {book.torn}\n")


def _tell(problems: Sequence[Problem]) -> None:
    for problem in problems:
        where = f"{problem.location}: " if problem.location else ""
        sys.stderr.write(f"tfratchet: error: {where}{problem.message}\n")


def _changes(steps: Sequence[Step]) -> str:
    return f"{len(steps)} change{'s' if len(steps) != 1 else ''}"
