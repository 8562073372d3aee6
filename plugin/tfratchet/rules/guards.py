"""The base of rules about guards: each takes its part of what ``iam.guards`` finds, and tells it as a sentence."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tfratchet.iam.answers import FOREVER, OLD
from tfratchet.iam.engine.strings import has_holes
from tfratchet.iam.guards import GuardLoss, guard_losses, new_policies, opens_without_mfa
from tfratchet.model import Finding, Severity
from tfratchet.rules.attributes import once
from tfratchet.rules.base import Rule, side
from tfratchet.rules.cloudtrail.bucket import LogBucket, log_buckets
from tfratchet.values import Unknown, display

if TYPE_CHECKING:
    from tfratchet.compare import RootPair


# Names of principals that stand for whoever a policy means: never shown.
_MADE_UP = "tfratchet-"


def is_age(found: GuardLoss) -> bool:
    """Whether only the age of MFA is no longer asked for."""
    return found.loss.mfa == (OLD,)


def is_mfa(found: GuardLoss) -> bool:
    """Whether the need for MFA is what is lost."""
    return opens_without_mfa(found.loss) and not is_age(found)


class GuardRule(Rule):
    """A rule that tells one kind of loss of a guard."""

    @abstractmethod
    def tells(self, found: GuardLoss) -> bool:
        """Whether this rule tells ``found``; exactly one rule tells each."""

    def weighs(self, found: GuardLoss) -> Severity:
        """The severity of a certain loss."""
        return Severity.LOW if found.loss.harmless else self.severity

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        # One edit often opens several things: the worst is told, the others are counted.
        by_place: dict[tuple[object, ...], list[GuardLoss]] = {}
        for told in once(pair, "guard-losses", guard_losses):
            found = _weighed(pair, told)
            if self.tells(found):
                by_place.setdefault((found.address, found.cause), []).append(found)
        for group in by_place.values():
            worst = max(group, key=lambda f: (f.loss.certain, self.weighs(f), len(f.loss.actions)))
            yield self._tell(pair, worst, group)

    def gained(self, pair: RootPair) -> Iterator[str]:
        yield from once(pair, "new-policies", lambda p: tuple(new_policies(p)))

    def _tell(self, pair: RootPair, found: GuardLoss, group: Sequence[GuardLoss]) -> Finding:
        loss = found.loss
        who = _names(found)
        further = {a for f in group for a in f.loss.actions} - set(loss.actions)
        more = f" (and {len(further)} further calls in other cases)" if further else ""
        depends = loss.depends_on
        if not loss.certain and not depends:
            depends = (Unknown("a value that is not known"),)
        return self.finding(
            pair,
            found.address,
            _capital(found.text or loss.sentence(who)) + more,
            side(found.before, found.base) if found.before else None,
            side(found.after, found.head),
            severity=self.weighs(found),
            depends_on=() if loss.certain else depends,
            lost=found.words,
            details=(*sorted({w for f in group for w in f.who}), "", *sorted(further)),
        )


# Buckets that hold logs, by what people call them.
_LOGS = re.compile(r"log|trail|audit", re.IGNORECASE)


def _weighed(pair: RootPair, found: GuardLoss) -> GuardLoss:
    """A grant on a bucket that is no log bucket opens nothing that a guard is there for: whoever wrote it gave that
    bucket away.
    """
    loss = found.loss
    if loss.kind != "gain" or not loss.resources or not all(a.startswith("s3:") for a in loss.actions):
        return found
    names = [display(b.name) for b in once(pair, "log-bucket-names", _log_buckets) if b.used]
    if any(_LOGS.search(r) or any(n in r for n in names) for r in loss.resources):
        return found
    return replace(found, loss=replace(loss, harmless=True))


def _log_buckets(pair: RootPair) -> tuple[LogBucket, ...]:
    return (*log_buckets(pair.base), *log_buckets(pair.head))


def _names(found: GuardLoss) -> str:
    if found.who:
        names = list(found.who)
        shown = names if len(names) <= 3 else [*names[:3], f"{len(names) - 3} more"]
        return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
    principal = found.loss.principal
    if principal is not None and not principal.name.startswith(_MADE_UP) and not has_holes(principal.name):
        return principal.name or principal.identity or "this principal"
    return {"trust": "whom the role trusts", "resource": "whom the policy names"}.get(
        found.cause, "who has this policy"
    )


# Words that a sentence of ours starts with; a name at its start stays as it is written.
_FIRST_WORDS = ("without", "with", "group", "who", "whom", "statement", "accounts", "this")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if text.split(" ", 1)[0] in _FIRST_WORDS else text


__all__ = ["FOREVER", "GuardRule", "is_age", "is_mfa"]
