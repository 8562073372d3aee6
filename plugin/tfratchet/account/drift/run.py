"""A run of ``tfratchet drift``: sources and settings in, an outcome for the reports out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from tfratchet.account import accepting
from tfratchet.account.drift.compare import PARTS, Compared, compare
from tfratchet.account.drift.source import Declared, from_folder, from_state
from tfratchet.config import Settings
from tfratchet.errors import UserError
from tfratchet.model import Finding, Problem, Resource, Root

if TYPE_CHECKING:
    from tfratchet.account.drift.items import Difference
    from tfratchet.account.facts import Facts
    from tfratchet.configfile import Loaded
    from tfratchet.pipeline import Outcome


@dataclass(frozen=True, slots=True)
class Sources:
    """What is declared: folders of configuration and states, as the command line names them."""

    paths: Sequence[str] = (".",)
    """A folder is configuration, a file (or ``-``) a state."""
    var_files: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    def read(self) -> list[Declared]:
        """Everything that is declared. Raises UserError."""
        return [
            from_folder(path, self.var_files, self.variables) if os.path.isdir(path) else from_state(path)
            for path in self.paths
        ]


def assignments(items: Sequence[str]) -> dict[str, str]:
    """The variables of ``--var NAME=VALUE``. Raises UserError."""
    found = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise UserError(f"'{item}' is not NAME=VALUE", where="--var", hint="for example --var region=eu-central-1")
        found[name.strip()] = value
    return found


def roots_of(declared: Sequence[Declared]) -> list[Root]:
    """All root modules: together they make one account."""
    return [root for one in declared for root in one.roots]


def settings_of(declared: Sequence[Declared], config: str | None, day: date) -> tuple[Settings, Loaded]:
    """The settings of ``--config``, or of the ``tfratchet.toml`` at the top of the first source. Raises UserError."""
    return accepting.settings_of(config, day, next((d.top for d in declared), None))


def told(compared: Compared, settings: Settings) -> list[tuple[Finding, Difference]]:
    """The finding of each difference, as the settings want them."""
    from tfratchet.compare import is_active
    from tfratchet.rules import live_rules
    from tfratchet.rules.live.drift import tell

    rules = [rule for rule in live_rules() if is_active(rule, settings)]
    return [
        (f.with_severity(settings.severities[f.rule]) if f.rule in settings.severities else f, d)
        for f, d in tell(compared.differences, rules)
    ]


def drift(facts: Facts, declared: Sequence[Declared], settings: Settings, *, everything: bool) -> Outcome:
    """The outcome of holding ``declared`` against ``facts``; nothing is accepted yet."""
    from tfratchet.compare import Result
    from tfratchet.hcl.load import unknown_values
    from tfratchet.pipeline import Compared as Label
    from tfratchet.pipeline import Outcome, Statistics

    roots = roots_of(declared)
    compared = compare(roots, facts, everything=everything)
    findings = sorted(
        (f for f, _ in told(compared, settings)), key=lambda f: (f.root, -f.severity, f.rule, f.address, f.message)
    )
    result = Result(findings, _ambiguous(roots), [*(e for d in declared for e in d.errors), *compared.errors])
    statistics = Statistics(
        roots=len(roots),
        resources=compared.looked_at,
        calls=sum(1 for r in roots for c in r.calls.values() if c.opaque),
        unknown=sum(unknown_values(replace(r, resources=_relevant(r))) for r in roots),
        files=len({f for r in roots for f in r.files_read}),
    )
    label = ", ".join(d.label for d in declared)
    return Outcome(Label(label), Label(f"account {facts.account}"), result, statistics)


def _relevant(root: Root) -> Mapping[str, Resource]:
    from tfratchet.account.drift.source import WANTED

    return {a: r for a, r in root.resources.items() if r.managed and r.type in WANTED}


def _ambiguous(roots: Sequence[Root]) -> list[Problem]:
    """Modules that were not read: what they attach is not known, and so not missed."""
    return [
        Problem(
            "opaque",
            f"{call.address} ({call.source}) could not be read: what it declares is not compared",
            call.location,
        )
        for root in roots
        for call in root.calls.values()
        if call.opaque
    ]


__all__ = ["PARTS", "Sources", "drift", "roots_of", "settings_of", "told"]
