"""The run of ``tfratchet events``, without typer: arguments in, report on stdout, exit code out."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tfratchet.account.events import catalog
from tfratchet.account.events.arguments import EventsArguments
from tfratchet.account.events.gather import Gathered, count, gather
from tfratchet.account.events.judge import Judge, Judged, Selection
from tfratchet.account.events.query import Question
from tfratchet.account.events.window import now, window
from tfratchet.config import Settings
from tfratchet.errors import UserError
from tfratchet.model import Problem
from tfratchet.report.finish import finish, known_format, outputs, rules_by_id, today, vocabulary

if TYPE_CHECKING:
    from tfratchet.configfile import Loaded
    from tfratchet.progress import Progress

STDIN = "-"
DAYS = 7
"""How far back is looked where reading costs time or money."""
_TOLD = 20
"""Problems of one kind that are told one by one."""
GLOBAL = ("us-east-1", "cn-north-1", "us-gov-west-1")
"""Where IAM's events are recorded: always read, whatever ``--region`` says."""


def run(arguments: EventsArguments) -> int:
    """Read, judge, report, and give the exit code. Raises UserError for what the user can put right."""
    from tfratchet.progress import Progress

    known_format(arguments.format_name, "--format")
    files = outputs(arguments.output)
    clock = now()
    question = _question(arguments, clock)
    if arguments.print_ddl or arguments.print_query:
        sys.stdout.write(_printed(arguments, question))
        return 0
    loaded = _configuration(arguments)
    settings = loaded.config.settings(today(arguments.day), break_glass=arguments.break_glass)
    with Progress("reading events", quiet=arguments.quiet) as progress:
        source = _source(arguments, progress)
        gathered = gather(arguments, question, clock, progress)
        progress.say("judging events")
        selection = Selection(
            names=catalog.chosen(arguments.only, arguments.events),
            window=question.window,
            users=frozenset(arguments.users),
            terraform=arguments.terraform,
            accounts=frozenset(arguments.accounts),
            regions=frozenset(question.regions),
        )
        judge = Judge(selection, settings, configuration=source, log_buckets=_log_buckets(arguments))
        judged = judge.judge(gathered.events)
        told = sum(map(selection.holds, gathered.events))
    if source is not None:
        gathered.problems += [f"{p.location}: {p.message}" if p.location else p.message for p in source.problems]
    if not judge.log_buckets and any("not known to hold logs" in j.remarks for j in judged):
        gathered.notes.append("no log bucket is known, so calls on buckets weigh low: name it with --log-bucket")
    return _finish(arguments, gathered, judged, question, settings, loaded, files, told)


# -- what is asked


def _question(arguments: EventsArguments, clock: datetime) -> Question:
    known = catalog.event_names()
    for name in arguments.events:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]}?" if close else "tfratchet explain TFR641 says which are"
            raise UserError(f"'{name}' is no protected call", where="--event", hint=hint)
    kinds = ("all", "detach", *catalog.groups())
    if arguments.only not in kinds:
        raise UserError(f"'{arguments.only}' is no group of calls", where="--only", hint=f"known: {', '.join(kinds)}")
    for account in arguments.accounts:
        if not (len(account) == 12 and account.isdecimal()):  # it would match nothing, and look like a clean run
            raise UserError(f"'{account}' is not like 123456789012", where="--account")
    stored = arguments.logs is not None and not arguments.logs.startswith("s3://")
    days = None if stored and arguments.engine != "athena" else DAYS
    asked = window(arguments.since, arguments.until, clock, days)
    regions = tuple(dict.fromkeys((*arguments.regions, *GLOBAL))) if arguments.regions else ()
    return Question(
        calls=catalog.asked_for(catalog.chosen(arguments.only, arguments.events)),
        window=asked,
        accounts=tuple(dict.fromkeys(arguments.accounts)),
        regions=() if arguments.logs is None and arguments.engine != "athena" else regions,
        buckets=_log_buckets(arguments),
    )


def _log_buckets(arguments: EventsArguments) -> tuple[str, ...]:
    own: list[str] = []
    if arguments.logs is not None and arguments.logs.startswith("s3://"):
        from tfratchet.account.events.urls import parse_url

        own = [parse_url(arguments.logs)[0]]
    return tuple(dict.fromkeys((*arguments.log_buckets, *own)))


def _printed(arguments: EventsArguments, question: Question) -> str:
    """The statement that the user wants to see."""
    from tfratchet.account.events.ddl import PARTITIONS, ddl
    from tfratchet.account.events.query import Athena, sql
    from tfratchet.account.events.urls import parse_url

    if arguments.print_query:
        return sql(question, Athena(arguments.table, arguments.database, PARTITIONS)) + "\n"
    if arguments.logs is None or not arguments.logs.startswith("s3://"):
        raise UserError("--print-ddl needs the bucket", hint="tfratchet events s3://BUCKET/PREFIX --print-ddl ...")
    bucket, prefix = parse_url(arguments.logs)
    return ddl(
        bucket,
        prefix,
        arguments.table,
        database=arguments.database,
        organization=arguments.organization,
        accounts=arguments.accounts,
        regions=arguments.regions,
        since=question.window.since.date() if arguments.since and question.window.since else None,
    )


def _source(arguments: EventsArguments, progress: Progress) -> Any:
    if arguments.source is None:
        if arguments.source_rev is not None:
            raise UserError("is about the folder of --source", where="--source-rev", hint="add --source DIR")
        return None
    from tfratchet.account.events.declared import open_configuration

    progress.say(f"evaluating {arguments.source}")
    return open_configuration(arguments.source, arguments.source_rev)


# -- telling


def _configuration(arguments: EventsArguments) -> Loaded:
    """The configuration of tfratchet: ``--config``, else the file in ``--source`` or in the working directory."""
    from tfratchet.configfile import Loaded, from_file, from_trees
    from tfratchet.sources.folders import FolderTree

    if arguments.config is not None:
        return Loaded(from_file(arguments.config, vocabulary()))
    folder = arguments.source if arguments.source is not None and os.path.isdir(arguments.source) else "."
    tree = FolderTree(folder)
    return from_trees(tree, tree, vocabulary)


def _finish(
    arguments: EventsArguments,
    gathered: Gathered,
    judged: Sequence[Judged],
    question: Question,
    settings: Settings,
    loaded: Loaded,
    files: Sequence[tuple[str, str]],
    told: int,
) -> int:
    from tfratchet.accept.suppress import apply_suppressions, from_config
    from tfratchet.account.events.table import render
    from tfratchet.compare import Result
    from tfratchet.pipeline import Compared, Outcome

    findings, notes = apply_suppressions(
        [j.finding for j in judged], from_config(loaded.config.ignore, loaded.new_ignores), settings.today
    )
    scope = f"{gathered.read}: {count(told, 'protected call')} {question.window}"
    result = Result(
        findings,
        [*(Problem("events", text) for text in gathered.notes), *loaded.notes, *notes],
        [*loaded.errors, *(Problem("events", text) for text in _few(gathered.problems))],
    )
    outcome = Outcome(Compared("no protected call"), Compared(gathered.label), result, scope=scope)
    return finish(
        outcome,
        format_name=arguments.format_name,
        files=files,
        fail_on=arguments.fail_on or loaded.config.fail_on,
        color=arguments.color,
        quiet=arguments.quiet,
        rules=rules_by_id() if findings else {},
        command="events",
        text=lambda shown, options: render(shown, options, judged),
    )


def _few(problems: Sequence[str]) -> list[str]:
    """The problems, cut where there are very many: a bucket that may not be read has one for each file."""
    once = list(dict.fromkeys(problems))
    if len(once) <= _TOLD:
        return once
    return [*once[:_TOLD], f"and {len(once) - _TOLD:,} more that could not be read"]
