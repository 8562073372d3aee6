"""What a command on a live account is told by the configuration, and which findings are accepted. Loads no boto3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from tfratchet.config import Settings
from tfratchet.errors import UserError

if TYPE_CHECKING:
    from tfratchet.configfile import Loaded
    from tfratchet.pipeline import Outcome


@dataclass(frozen=True, slots=True)
class Known:
    """What the command line says of known findings."""

    baseline: str | None = None
    write: str | None = None
    reason: str | None = None
    owner: str | None = None
    expires: str | None = None


def settings_of(config: str | None, day: date, top: str | None = None) -> tuple[Settings, Loaded]:
    """The settings of ``--config``, or of the ``tfratchet.toml`` (``pyproject.toml``) of the folder ``top``; without
    one, of the working directory.

    An account has no base version, so there is nothing that a change could loosen: the file holds as it is. Raises
    UserError when it is wrong.
    """
    from tfratchet.configfile import Loaded, from_file, from_trees
    from tfratchet.report.finish import vocabulary
    from tfratchet.sources.folders import FolderTree

    if config is not None:
        loaded = Loaded(from_file(config, vocabulary()))
    else:
        here = FolderTree(top) if top else FolderTree(".", label="the working directory")
        loaded = from_trees(here, here, vocabulary)
    return loaded.config.settings(day), loaded


def acceptance(
    loaded: Loaded, day: date, known: Known, looked_at: Callable[[str], bool] | None = None
) -> Callable[[Outcome], Outcome]:
    """What is to be done with an outcome: mark what ``[[ignore]]`` and the known findings accept, or write these.

    ``looked_at``: whether findings of a root (an account, a root module) can be in it; None: all. Entries of others are
    none of its business: one file may hold several accounts.

    The file of known findings is read at once, before anything is asked of AWS. Raises UserError when it is wrong, or
    the options contradict each other.
    """
    if known.baseline and known.write:
        raise UserError("--baseline and --write-baseline contradict each other", hint="--write-baseline reads FILE too")
    if not known.write:
        for option, value in (("--reason", known.reason), ("--owner", known.owner), ("--expires", known.expires)):
            if value is not None:
                raise UserError("is for new entries of --write-baseline", where=option)
    from tfratchet.accept import knownrun
    from tfratchet.report.finish import day_of

    found = knownrun.from_file(known.baseline) if known.baseline else None
    expires = day_of(known.expires, "--expires") if known.write and known.expires else None

    def accept(outcome: Outcome) -> Outcome:
        outcome = _ignored(outcome, loaded, day)
        if known.write:
            write = knownrun.Write(known.write, known.reason, known.owner, expires)
            return knownrun.write(outcome, write, day, looked_at=looked_at)
        return outcome if found is None else knownrun.accept(outcome, found, day, looked_at=looked_at)

    return accept


def _ignored(outcome: Outcome, loaded: Loaded, day: date) -> Outcome:
    from tfratchet.accept.suppress import apply_suppressions, from_config

    result = outcome.result
    findings, notes = apply_suppressions(result.findings, from_config(loaded.config.ignore, ()), day)
    result = replace(
        result,
        findings=findings,
        notes=[*loaded.notes, *result.notes, *notes],
        errors=[*loaded.errors, *result.errors],
    )
    return replace(outcome, result=result)
