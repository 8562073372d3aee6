"""What an expression can see while it is evaluated, and how far an evaluation may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from tfratchet.hcl.convert import EvalError
from tfratchet.model import Location
from tfratchet.values import Unknown, Value, canonical


class LimitError(EvalError):
    """A limit was crossed: never caught by ``try`` or ``can``, always reported."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.kind = "limit"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one root module may cost. Crossing one is reported and leaves an unknown, never a silent gap."""

    steps: int = 500_000
    """Evaluation steps (function calls, elements of ``for`` expressions)."""
    instances: int = 10_000
    """Instances of one resource, module or dynamic block."""
    total_instances: int = 30_000
    """Instances of everything in one root module."""
    elements: int = 200_000
    """Elements of one collection."""
    text: int = 8_000_000
    """Characters of one string."""
    module_depth: int = 30
    """Nesting of module calls."""


class Budget:
    """The steps and instances that are left for one root module."""

    __slots__ = ("instances", "limits", "steps")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.steps = limits.steps
        self.instances = limits.total_instances

    def step(self, count: int = 1) -> None:
        """Count ``count`` steps. Raises LimitError when none is left."""
        self.steps -= count
        if self.steps < 0:
            raise LimitError(f"evaluation takes more than {self.limits.steps:,} steps")

    def take_instances(self, count: int, what: str) -> None:
        """Count ``count`` instances of ``what``. Raises LimitError when these are too many."""
        if count > self.limits.instances:
            raise LimitError(f"{what} has {count:,} instances; the limit is {self.limits.instances:,}")
        self.instances -= count
        if self.instances < 0:
            raise LimitError(f"the root module has more than {self.limits.total_instances:,} instances")


class Names(Protocol):
    """What resolves the names of a module: ``var.x``, ``local.x``, ``module.x``, ``data.t.n``, ``t.n``, ``path.x``."""

    budget: Budget

    def lookup(self, root: str, names: tuple[str, ...]) -> tuple[Value, int]:
        """The value of the longest known start of ``root.names...`` and how many of ``names`` it took."""
        ...

    def call(self, name: str, args: list[Any]) -> Value:
        """The value of a function call."""
        ...

    def report(self, error: EvalError, where: Location) -> None:
        """Take note of an error that was turned into an unknown value."""
        ...


class Scope:
    """A module's names plus the local ones: ``each``, ``count``, ``for`` variables, template variables."""

    __slots__ = ("module", "names", "strict")

    def __init__(self, module: Names, names: dict[str, Any] | None = None, strict: bool = False) -> None:
        self.module = module
        self.names: dict[str, Any] = names or {}
        self.strict = strict
        """True inside ``try`` and ``can``: an error is raised instead of becoming an unknown value."""

    def with_names(self, names: dict[str, Any]) -> Scope:
        """The same scope with more local names."""
        return Scope(self.module, {**self.names, **names}, self.strict)

    def as_strict(self) -> Scope:
        """The same scope in which errors are raised."""
        return self if self.strict else Scope(self.module, self.names, True)


class Lazy(Unknown):
    """An object whose attributes are evaluated when asked for: a resource instance, a module instance.

    ``expr`` is its address as a reference.
    """

    __slots__ = ()

    def attribute(self, name: str) -> Value:
        """The value of one attribute."""
        raise NotImplementedError

    def index(self, key: Value) -> Value:
        """``self[key]``."""
        return self.attribute(key) if isinstance(key, str) else Unknown(f"{self.expr}[{canonical(key)}]")

    def materialise(self) -> Value:
        """The whole object, as far as the configuration gives it."""
        return self
