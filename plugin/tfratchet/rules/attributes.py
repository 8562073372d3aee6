"""Rules about one setting with a direction: what carries the setting, its value on both sides, and the verdict.

The rows of ``controls.py`` say what is stronger; a rule says which resources (or module calls) are the same thing on
both sides. A new rule of this kind is a class with its page and a handful of words.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

from tfratchet.controls import CONTROLS, Control, Stronger
from tfratchet.matching import covers, without_keys
from tfratchet.model import Finding, Location, ModuleCall, Resource, Root, Severity
from tfratchet.rules.base import Rule, side
from tfratchet.rules.judge import (
    ModuleDefault,
    Verdict,
    is_unset,
    is_weakest,
    judge,
    meets_floor,
    number,
    surely_set,
)
from tfratchet.rules.modules import module_setting, resolve_label
from tfratchet.values import Choice, Unknown, Value, display

if TYPE_CHECKING:
    from tfratchet.compare import RootPair


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as one side has it."""

    value: Value
    """The effective value: what is written, else the default."""
    given: bool
    """False when the default rules."""
    location: Location | None
    origin: Location | None = None
    """Where the value comes from when that is elsewhere (a tfvars line, a variable's default)."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What carries settings: a resource, or a call of a module that could not be read."""

    root: Root
    item: Resource | ModuleCall

    @property
    def address(self) -> str:
        return self.item.address

    @property
    def resource(self) -> Resource | None:
        """The resource, or None for a module call."""
        return self.item if isinstance(self.item, Resource) else None

    @property
    def call(self) -> ModuleCall | None:
        """The module call, or None for a resource."""
        return self.item if isinstance(self.item, ModuleCall) else None

    @property
    def location(self) -> Location | None:
        return self.item.location

    def setting(self, control: Control) -> Setting:
        """The value of a control, with its default in place."""
        if isinstance(self.item, ModuleCall):
            found = module_setting(self.item, control)
            return Setting(found.value, found.given, self.item.where(found.name if found.given else ""))
        value = self.item.get(control.path)
        given = value is not None and not (control.stronger is Stronger.SET and is_unset(value))
        if not given:
            value = control.default
        return Setting(value, given, self.item.where(control.path), self.item.origins.get(control.path))


_T = TypeVar("_T")


def once(pair: RootPair, name: str, make: Callable[[RootPair], _T]) -> _T:
    """What several rules need of one pair, made once."""
    memo: dict[str, _T] = pair.__dict__.setdefault("_made", {})
    if name not in memo:
        memo[name] = make(pair)
    return memo[name]


def presence(root: Root, item: Resource | ModuleCall) -> Value:
    """True when something surely exists, False when it does not, else the unknown value that decides."""
    if not item.symbolic or item.condition is None:
        return True
    resolved = resolve_label(root, item.condition)
    if isinstance(resolved, Choice):
        return resolved
    if isinstance(resolved, Unknown):
        return resolved
    return resolved not in (0, False, [], {}, None)


def condition_text(unknown: Unknown) -> str:
    """An unknown ``count`` for people: the condition, without the numbers that it decides between."""
    return display(unknown).removesuffix(" ? 1 : 0")


def doubt_of_removal(pair: RootPair, item: Resource | ModuleCall) -> Unknown | None:
    """What decides whether the loss of something that is gone is real: whether it was there at all, or whether a
    root module that is deleted as a whole is destroyed (nobody may run Terraform there again).
    """
    if not pair.head.exists and pair.base.exists:
        return Unknown(f"whether what the deleted root module {pair.base.path} created is destroyed")
    there = presence(pair.base, item)
    return there if isinstance(there, Unknown) else None


def forgotten(pair: RootPair, address: str) -> bool:
    """True when a ``removed`` block of head with ``destroy = false`` covers an address."""
    return any(
        not r.destroy and covers(without_keys(r.source), without_keys(address)) is not None for r in pair.head.removed
    )


_MOST = 4_000


def lost_words(control: Control, value: Value) -> list[str]:
    """What is lost with a setting, for ``Finding.lost``: one word, or none when the value is the weakest anyway."""
    if isinstance(value, ModuleDefault) or is_weakest(control, value) or (value is None and control.default is None):
        return []
    amount = number(value)
    if amount is not None and control.stronger is Stronger.HIGHER:
        return [f"{control.name} >= {amount}"]
    if amount is not None and control.stronger is Stronger.LOWER:
        return [f"{control.name} <= {amount}"]
    if control.stronger is Stronger.SET and surely_set(value):
        return [f"{control.name} set"]
    return [f"{control.name} = {display(value)}"]


def gained_words(control: Control, value: Value) -> Iterator[str]:
    """Every word of ``lost_words`` that this value of another root module makes good: its own and all weaker ones."""
    amount = number(value)
    if amount is not None and control.stronger is Stronger.HIGHER:
        yield from (f"{control.name} >= {n}" for n in range(1, min(int(amount), _MOST) + 1))
    elif amount is not None and control.stronger is Stronger.LOWER and amount > 0:
        yield from (f"{control.name} <= {n}" for n in range(int(amount), _MOST))
    else:
        yield from lost_words(control, value)


def shown(control: Control, setting: Setting) -> str:
    """A value for people, with its unit, and whether it is only the default."""
    value = setting.value
    if isinstance(value, ModuleDefault):
        return "not given (the module's default)"
    text = "not set" if is_unset(value) else display(value)
    if control.stronger is Stronger.LOWER and text in ("0", "not set"):
        text = "0 (no limit)" if text == "0" else text
    elif control.stronger is Stronger.LONGER and text in ("0", "not set"):
        text = "0 (for ever)"
    elif control.unit and not isinstance(value, Unknown) and text.isdigit():
        text = f"{text} {control.unit}"
    return text if setting.given or is_unset(value) else f"{text} (default)"


def weight(control: Control, value: Value, pair: RootPair) -> Severity:
    """High below the floor, medium for what is weaker yet above it (or has no floor)."""
    return Severity.HIGH if meets_floor(control, value, pair.settings.floors) is False else Severity.MEDIUM


class AttributeRule(Rule):
    """A rule about settings that have a row in the table of controls."""

    controls: ClassVar[tuple[str, ...]]
    """Names of the rows that this rule judges."""

    @abstractmethod
    def subjects(self, pair: RootPair) -> Iterator[tuple[Subject, Subject]]:
        """What carries the settings: the same thing in base and head."""

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        for base, head in self.subjects(pair):
            for name in self.controls:
                finding = self.judge(pair, CONTROLS[name], base, head)
                if finding is not None:
                    yield finding

    def judge(self, pair: RootPair, control: Control, base: Subject, head: Subject) -> Finding | None:
        """The finding for one setting, or None."""
        before, after = base.setting(control), head.setting(control)
        unsaid = base.call is not None and not before.given
        if unsaid and head.call is not None and not after.given:
            return None  # both say nothing: what another version of a module does is rule TFR504's
        if isinstance(after.value, ModuleDefault) and not before.given:
            return None
        if isinstance(before.value, ModuleDefault) and (
            control.stronger is Stronger.SET or meets_floor(control, after.value, pair.settings.floors)
        ):
            return None  # what is written now is at the floor, whatever the module's default was
        verdict = judge(control, before.value, after.value, pair.matching.same)
        if verdict is None or self.left_to_others(pair, control, base, head, after):
            return None
        return self.report(pair, control, base, head, verdict)

    def left_to_others(self, pair: RootPair, control: Control, base: Subject, head: Subject, after: Setting) -> bool:
        """True when another rule tells this loss."""
        del pair, control, base, head, after
        return False

    def report(self, pair: RootPair, control: Control, base: Subject, head: Subject, verdict: Verdict) -> Finding:
        """The finding for one setting that is weaker, or may be."""
        before, after = base.setting(control), head.setting(control)
        level = self.weight_of(pair, control, before, after)
        depends = verdict.depends_on
        taken_out = base.call is not None and before.given
        if isinstance(before.value, ModuleDefault) or (isinstance(after.value, ModuleDefault) and not taken_out):
            # Nothing was taken out of a call: only what a module does by itself is not known.
            level = Severity.LOW
        elif not depends and not after.given and head.call is not None:
            # A known default is the one of recent versions; the version in use may differ.
            depends = (Unknown(f"default of {control.names[0]} in {head.call.source}"),)
        elif not depends and not before.given and base.call is not None and head.resource is not None:
            depends = (Unknown(f"default of {control.names[0]} in {base.call.source}"),)
        what = "may be weaker" if depends else "is weaker"
        message = f"{control.label} {what}: {shown(control, before)} → {shown(control, after)}"
        if after.origin is not None:
            message += f" (the value comes from {after.origin})"
        return self.finding(
            pair,
            head.address,
            message,
            side(shown(control, before), before.location or base.location),
            side(shown(control, after), after.location or head.location),
            severity=level,
            depends_on=depends,
        )

    def weight_of(self, pair: RootPair, control: Control, before: Setting, after: Setting) -> Severity:
        """The severity of a certain finding."""
        del before
        return weight(control, after.value, pair)
