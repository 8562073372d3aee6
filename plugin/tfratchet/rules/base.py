"""What a rule is: metadata beside its code, one class a rule."""

from __future__ import annotations

import hashlib
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tfratchet.model import Certainty, Finding, Location, Severity, Side
from tfratchet.values import Unknown, Value, display

if TYPE_CHECKING:
    from tfratchet.compare import RootPair


@dataclass(frozen=True, slots=True)
class Reference:
    """A section of a published standard that a rule stands on: ``Reference("CIS AWS 5.0", "1.7")``."""

    source: str
    section: str
    url: str = ""

    def __str__(self) -> str:
        return f"{self.source} {self.section}"


def cis(section: str, version: str = "5.0") -> Reference:
    """A recommendation of the CIS AWS Foundations Benchmark."""
    return Reference(f"CIS AWS Foundations {version}", section)


def nist(control: str) -> Reference:
    """A control of NIST SP 800-53 revision 5."""
    return Reference("NIST 800-53r5", control)


def attack(technique: str) -> Reference:
    """A technique of MITRE ATT&CK."""
    return Reference("ATT&CK", technique, f"https://attack.mitre.org/techniques/{technique.replace('.', '/')}/")


def security_hub(control: str) -> Reference:
    """A control of AWS Security Hub (Foundational Security Best Practices)."""
    return Reference("Security Hub", control)


def side(value: Value | str, location: Location | None) -> Side:
    """One side of a finding, its value written for people."""
    if value is None:
        return Side("not set", location)
    shown, whole = display(value), display(value, sys.maxsize)
    if shown == whole:
        return Side(shown, location)
    return Side(shown, location, hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest())


def _few(unknowns: tuple[Unknown, ...]) -> tuple[str, ...]:
    """The first unknown values of many, each short enough to read."""
    shown = tuple(dict.fromkeys(display(u, 100) for u in unknowns))
    return shown if len(shown) <= 3 else (*shown[:3], f"{len(shown) - 3} more values")


class RuleInfo(ABC):
    """What every rule says of itself, whatever it looks at.

    The class docstring is the rule's page: its first line says what the rule finds; Markdown sections follow:
    ``## Why``, ``## Fires on`` and ``## Silent on`` (each with a fenced example), ``## Fix``.
    """

    id: ClassVar[str]
    """``TFR101``; stable for ever."""
    title: ClassVar[str]
    """A few words, lower case: ``policy detached from user``."""
    family: ClassVar[str]
    """``detach``, ``password``, ``mfa``, ``cloudtrail``, ``guardrail``; ``audit``, ``events``, ``drift``."""
    severity: ClassVar[Severity]
    """What a certain finding of this rule usually weighs; a finding may differ."""
    references: ClassVar[tuple[Reference, ...]] = ()
    checkov: ClassVar[tuple[str, ...]] = ()
    """Ids of related Checkov checks (state side)."""
    group: ClassVar[str] = ""
    """Name of the optional group (``--include``) that switches the rule on; ``""``: on by default."""
    fix: ClassVar[str]
    """One sentence: how to put it right."""


class LiveRule(RuleInfo):
    """A rule on a live account (TFR6xx). What it looks at is said by the subclasses in ``rules/live``."""

    def found(
        self,
        address: str,
        message: str,
        required: str,
        live: str,
        *,
        severity: Severity | None = None,
        root: str = ".",
        location: Location | None = None,
        fix: str = "",
        depends_on: tuple[str, ...] = (),
    ) -> Finding:
        """A finding of this rule.

        ``address``: ARN of what it is about. ``required``: what the floor or the configuration wants (base side, with
        the ``location`` that declares it, if any). ``live``: what the account has (head side). ``root``: the account,
        or the root module that declares it. With ``depends_on`` it is only possible, and at most medium.
        """
        level = severity or self.severity
        return Finding(
            rule=self.id,
            title=self.title,
            family=self.family,
            severity=min(level, Severity.MEDIUM) if depends_on else level,
            certainty=Certainty.POSSIBLE if depends_on else Certainty.CERTAIN,
            address=address,
            message=message,
            base=Side(required, location),
            head=Side(live, None),
            root=root,
            fix=fix or self.fix,
            depends_on=depends_on,
        )


class Rule(RuleInfo):
    """Compares base with head of one root module and yields findings."""

    @abstractmethod
    def compare(self, pair: RootPair) -> Iterator[Finding]:
        """Findings of this rule between ``pair.base`` and ``pair.head``."""

    def gained(self, pair: RootPair) -> Iterable[str]:  # noqa: ARG002 (for subclasses)
        """What ``pair`` newly has in head, in the words of ``Finding.lost``: a loss elsewhere whose words are all among
        them is a move. Resources that are new in head need no words here: see ``compare.resource_word``.
        """
        return ()

    def finding(
        self,
        pair: RootPair,
        address: str,
        message: str,
        base: Side | None,
        head: Side | None,
        *,
        severity: Severity | None = None,
        depends_on: tuple[Unknown, ...] = (),
        lost: tuple[str, ...] = (),
        details: tuple[str, ...] = (),
        fix: str = "",
    ) -> Finding:
        """A finding of this rule. With ``depends_on`` it is only possible, and at most medium."""
        level = severity or self.severity
        if depends_on:
            level = min(level, Severity.MEDIUM)
        return Finding(
            rule=self.id,
            title=self.title,
            family=self.family,
            severity=level,
            certainty=Certainty.POSSIBLE if depends_on else Certainty.CERTAIN,
            address=address,
            message=message,
            base=base,
            head=head,
            root=pair.path,
            variant=pair.variant,
            fix=fix or self.fix,
            depends_on=_few(depends_on),
            lost=lost,
            details=details,
        )
