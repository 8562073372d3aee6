"""Values that a root module gets from outside: whoever calls or plans it has given base everything that base knows.

So head is looked at with what base's callers give. A variable that base could not do without has a value, also where
head has a default for it; an attribute that only head's type of a variable has is what its default says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tfratchet.hcl.types import TypeConstraint
from tfratchet.values import Unknown


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the callers of a root module know of it."""

    required: frozenset[str] = frozenset()
    """Variables without default that nothing in the tree gives a value."""
    types: Mapping[str, TypeConstraint] = field(default_factory=dict)
    """Types of the variables that nothing in the tree gives a value."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of an unknown object, or of the elements of an unknown collection: what nobody can have given."""

    absent: Mapping[str, Any] = field(default_factory=dict)
    """Attributes that take their default, by name."""
    members: Mapping[str, Shape] = field(default_factory=dict)
    element: Shape | None = None


class Shaped(Unknown):
    """An unknown value from outside, of which some attributes cannot have been given."""

    __slots__ = ("shape",)

    def __init__(self, expr: str, shape: Shape) -> None:
        self.shape = shape
        super().__init__(expr)

    def attribute(self, name: str) -> Any:
        """``value.name``."""
        if name in self.shape.absent:
            return self.shape.absent[name]
        return shaped(f"{self.expr}.{name}", self.shape.members.get(name))


def shaped(expr: str, shape: Shape | None) -> Unknown:
    """The unknown ``expr``, with its shape if there is one."""
    return Unknown(expr) if shape is None else Shaped(expr, shape)


def element_of(of: Unknown, expr: str) -> Unknown:
    """The unknown element ``expr`` of an unknown collection."""
    return shaped(expr, of.shape.element if isinstance(of, Shaped) else None)


def newer(old: TypeConstraint, new: TypeConstraint) -> Shape | None:
    """What values of type ``old`` cannot say where ``new`` is wanted; None when that is nothing."""
    if old.kind == "object" and new.kind == "object":
        absent = {k: v for k, v in new.defaults.items() if k not in old.members}
        members = {k: s for k, m in new.members.items() if k in old.members and (s := newer(old.members[k], m))}
        return Shape(absent, members) if absent or members else None
    kinds = {old.kind, new.kind}
    if old.element is not None and new.element is not None and (kinds <= {"list", "set"} or kinds == {"map"}):
        inner = newer(old.element, new.element)
        return Shape(element=inner) if inner else None
    return None
