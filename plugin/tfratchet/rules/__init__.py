"""The rules. A new rule is one class in one file of this folder; the registries find it by its family's module."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable
from typing import TypeVar

from tfratchet.rules.base import LiveRule, Rule, RuleInfo

# One entry a module; the order is the order of the ids.
_MODULES = (
    "detach",
    "password",
    "mfa",
    "cloudtrail",
    "guardrails",
)
_LIVE_MODULES: tuple[str, ...] = ("audit", "events", "drift")

_Kind = TypeVar("_Kind", bound=RuleInfo)


def all_rules() -> list[Rule]:
    """One instance of every rule that compares two versions, in order of id."""
    return _registered(_MODULES, Rule)  # type: ignore[type-abstract]


def live_rules() -> list[LiveRule]:
    """One instance of every rule on a live account, in order of id."""
    return _registered((f"live.{name}" for name in _LIVE_MODULES), LiveRule)


def every_rule() -> list[RuleInfo]:
    """Both, in order of id: what can be explained, configured and accepted."""
    return [*all_rules(), *live_rules()]


def _registered(modules: Iterable[str], kind: type[_Kind]) -> list[_Kind]:
    rules: dict[str, _Kind] = {}
    for name in modules:
        module = importlib.import_module(f"{__name__}.{name}")
        for value in vars(module).values():
            if (
                inspect.isclass(value)
                and issubclass(value, kind)
                and hasattr(value, "id")
                and not inspect.isabstract(value)
            ):
                rule = value()
                if type(rules.get(rule.id, rule)) is not value:
                    raise RuntimeError(f"two rules have the id {rule.id}")
                rules[rule.id] = rule
    return [rules[i] for i in sorted(rules)]
