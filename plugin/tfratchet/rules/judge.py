"""Is head weaker than base? The direction of each setting applied to two values, either of which may be unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tfratchet.controls import Control, Stronger
from tfratchet.values import Choice, Unknown, Value, is_known, unknowns

_MODULE_OUTPUT = re.compile(r"(?:^|\.)module\.[^.]+$")


class ModuleDefault(Unknown):
    """The default of an argument in a module that could not be read: not known, yet surely some value."""

    __slots__ = ()


def number(value: Value) -> int | Decimal | None:
    """A value as Terraform would convert it to a number; None when it is none (or not known)."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, Decimal)):
        return value
    if isinstance(value, str):
        text = value.strip()
        if text.lstrip("-").isdigit():
            return int(text)
    return None


def boolean(value: Value) -> bool | None:
    """A value as Terraform (0.11 too, with 1 and 0) would convert it to a bool; None when it is none."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    if isinstance(value, int):
        return {1: True, 0: False}.get(value)
    return None


def is_unset(value: Value) -> bool:
    """True for what means "no value" for a string or list argument."""
    return value is None or value in ("", [])


def rank(control: Control, value: Value) -> Decimal | None:
    """How strong a known value is: a higher rank is stronger. None when the value is not known (or has no sense)."""
    kind = control.stronger
    if kind is Stronger.SET:
        # modules take a switch (``cloudwatch_logs_enabled``) where the resource takes an ARN
        off = is_unset(value) or boolean(value) is False
        return None if isinstance(value, Unknown) else Decimal(0 if off else 1)
    if kind in (Stronger.TRUE, Stronger.FALSE, Stronger.STANCE):
        flag = boolean(value)
        if flag is None:
            return None
        return Decimal(int(flag is (kind is not Stronger.FALSE)))
    amount = number(value)
    if amount is None:
        return None
    amount = Decimal(amount)
    if kind is Stronger.LOWER:
        return Decimal("-Infinity") if amount <= 0 else -amount
    if kind is Stronger.LONGER:
        return Decimal("Infinity") if amount <= 0 else amount
    return amount


def is_weakest(control: Control, value: Value) -> bool:
    """True when nothing can be weaker than ``value``."""
    found = rank(control, value)
    if found is None:
        return False
    return found == (Decimal("-Infinity") if control.stronger is Stronger.LOWER else 0)


def is_strongest(control: Control, value: Value) -> bool:
    """True when nothing can be stronger than ``value``, as far as the kind of the setting tells."""
    found = rank(control, value)
    if found is None:
        return False
    if control.stronger is Stronger.LONGER:
        return found == Decimal("Infinity")
    return found == 1 and control.stronger in (Stronger.TRUE, Stronger.FALSE, Stronger.SET)


def meets_floor(control: Control, value: Value, overrides: Mapping[str, int | bool]) -> bool | None:
    """True when ``value`` is at or above the floor (of the configuration, else of the table); None without a floor."""
    floor = overrides.get(control.name, control.floor)
    found = rank(control, value)
    if floor is None or found is None:
        return None
    wanted = Decimal(1) if control.stronger is Stronger.SET else rank(control, floor)
    return wanted is None or found >= wanted


@dataclass(frozen=True, slots=True)
class Verdict:
    """Head is weaker than base; only possibly so when ``depends_on`` names unknown values."""

    depends_on: tuple[Unknown, ...] = ()


Same = Callable[[Value, Value], bool]


def judge(control: Control, base: Value, head: Value, same: Same = lambda a, b: a == b) -> Verdict | None:
    """Whether ``head`` is weaker than ``base``: both are effective values, defaults already in place.

    Returns None when it is not weaker. A value that is not known makes the verdict only possible, unless nothing can
    be weaker than the one or stronger than the other. ``same`` says whether two unknown values are equal.
    """
    if same(base, head):
        return None
    pairs = _branches(base, head)
    if pairs is not None:
        verdicts = [judge(control, b, h, same) for b, h in pairs]
        if not any(verdicts):
            return None
        return Verdict(_unknowns_of(base, head))
    low, high = rank(control, head), rank(control, base)
    if low is not None and high is not None:
        return Verdict() if low < high else None
    if is_weakest(control, base) or is_strongest(control, head):
        return None
    if control.stronger is Stronger.SET:
        return _judge_set(base, head)
    if is_known(base) and is_known(head):
        return None  # a value of a wrong type: nothing that Terraform would accept
    return Verdict(_unknowns_of(base, head))


def _judge_set(base: Value, head: Value) -> Verdict | None:
    """Set against unset where one side is an unknown value (which may be null)."""
    if surely_set(head):
        return None
    if is_unset(head) or boolean(head) is False:
        return Verdict() if surely_set(base) else Verdict(_unknowns_of(base, head))
    return Verdict(_unknowns_of(base, head))


def surely_set(value: Value) -> bool:
    """True when a value cannot be null or empty: an attribute of a resource, a string with a known part, a literal."""
    if isinstance(value, Choice):
        return surely_set(value.if_true) and surely_set(value.if_false)
    if isinstance(value, Unknown):
        parts = getattr(value, "parts", ())
        # the output of a module that could not be read may be null; an attribute of a resource is not
        known = any(not _MODULE_OUTPUT.search(r) for r in value.refs)
        return known or any(isinstance(p, str) and p for p in parts)
    return not is_unset(value)


def _branches(base: Value, head: Value) -> list[tuple[Value, Value]] | None:
    """What to compare when one side is a choice between two values; None when none is."""
    if isinstance(base, Choice) and isinstance(head, Choice) and base.condition == head.condition:
        return [(base.if_true, head.if_true), (base.if_false, head.if_false)]
    if isinstance(head, Choice):
        return [(base, head.if_true), (base, head.if_false)]
    if isinstance(base, Choice):
        return [(base.if_true, head), (base.if_false, head)]
    return None


def _unknowns_of(*values: Value) -> tuple[Unknown, ...]:
    found: dict[str, Unknown] = {}
    for value in values:
        if isinstance(value, Choice):
            found.setdefault(value.condition, Unknown(value.condition))
            continue
        for unknown in unknowns(value):
            found.setdefault(unknown.expr, unknown)
    return tuple(found.values())
