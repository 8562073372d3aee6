"""The rules. A new rule is one class in one file of this folder; the registry below finds it by its family's module."""

from __future__ import annotations

import importlib
import inspect

from tfratchet.rules.base import Rule

# One entry a module; the order is the order of the ids.
_MODULES = (
    "detach",
    "password",
    "mfa",
    "cloudtrail",
    "guardrails",
)


def all_rules() -> list[Rule]:
    """One instance of every rule, in order of id."""
    rules: dict[str, Rule] = {}
    for name in _MODULES:
        module = importlib.import_module(f"{__name__}.{name}")
        for value in vars(module).values():
            if inspect.isclass(value) and issubclass(value, Rule) and not inspect.isabstract(value):
                rule = value()
                if type(rules.get(rule.id, rule)) is not value:
                    raise RuntimeError(f"two rules have the id {rule.id}")
                rules[rule.id] = rule
    return [rules[i] for i in sorted(rules)]
