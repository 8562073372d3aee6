"""Going over partly known collections: ``for`` expressions, splats, and what ``for_each`` and ``dynamic`` go over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tree_sitter import Node

from tfratchet.hcl.convert import EvalError, to_bool, to_string
from tfratchet.hcl.inputs import element_of
from tfratchet.hcl.scope import Lazy, Scope
from tfratchet.values import REST_KEY, Choice, Entries, Filter, Rest, SetValue, Unknown, Value, canonical

if TYPE_CHECKING:
    from tfratchet.hcl.access import Step
    from tfratchet.hcl.expressions import Compiler, Evaluator


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a collection. ``of`` is None when it is certainly there once; otherwise it is the unknown that
    says whether, or how often, there is one like it.
    """

    key: Value
    value: Value
    of: Unknown | None = None


def elements(value: Any) -> Iterator[Element]:
    """The elements of a list, set or map, known or not. Raises EvalError for anything else.

    The key of a list element is its index, that of a set element the element itself, as in Terraform.
    """
    if isinstance(value, dict):
        for key, member in sorted(value.items()):  # in order of keys, as Terraform does (REST_KEY sorts first)
            if isinstance(member, Entries) and member.entries and key == REST_KEY:
                for inner, found, depends in member.entries:
                    yield Element(inner, found, depends)
            elif key == REST_KEY:
                unknown = member if isinstance(member, Unknown) else Unknown(canonical(member))
                yield Element(Unknown(f"keys({unknown.expr})[*]"), Unknown(f"{unknown.expr}[*]"), unknown)
            else:
                yield Element(key, member)
    elif isinstance(value, list):
        certain = True
        for position, member in enumerate(value):
            if isinstance(member, Rest):
                certain = False
                key = member.value if isinstance(value, SetValue) else Unknown(f"index({member.of.expr})")
                yield Element(key, member.value, member.of)
            elif isinstance(value, SetValue):
                yield Element(member, member)
            else:
                # Behind a rest the position is not known, the element is.
                yield Element(position if certain else Unknown(f"index({canonical(member)})"), member)
    elif isinstance(value, Choice):
        yield from _either(value)
    elif isinstance(value, Lazy) and (whole := value.materialise()) is not value:
        yield from elements(whole)
    elif isinstance(value, Unknown):
        yield Element(Unknown(f"keys({value.expr})[*]"), element_of(value, f"{value.expr}[*]"), value)
    elif value is None:
        raise EvalError("a collection is needed, not null")
    else:
        raise EvalError("a list, set or map is needed")


def _either(choice: Choice) -> Iterator[Element]:
    """Elements of both branches; those that are in both are certain."""
    if choice.if_true is None or choice.if_false is None:
        branch = choice.if_false if choice.if_true is None else choice.if_true
        for element in elements(branch) if branch is not None else ():
            yield Element(element.key, element.value, choice)
        return
    first, second = list(elements(choice.if_true)), list(elements(choice.if_false))
    common = {canonical(e.key) + canonical(e.value) for e in first} & {
        canonical(e.key) + canonical(e.value) for e in second
    }
    seen: set[str] = set()
    for element in (*first, *second):
        mark = canonical(element.key) + canonical(element.value)
        if mark not in seen:
            seen.add(mark)
            of = element.of
            if mark not in common:
                of = choice if of is None else Filter(f"{choice.condition}: {of.expr}")
            yield Element(element.key, element.value, of)


def element_at(value: Unknown | list[Any], key: Unknown) -> Any:
    """The element of an unknown collection at a position that goes through all of it: ``x[count.index]`` with
    ``count = length(x)``, ``x[each.key]`` with ``for_each = x``. It is written as an element of a walk over the
    collection is, so that the one way to write such a block equals the other. None for any other position.
    """
    text = value.expr if isinstance(value, Unknown) else canonical(value)
    if isinstance(value, list):
        if len(value) != 1 or not isinstance(value[0], Rest):
            return None
        # Another block of the same count, one for each: ``aws_iam_policy.x[*].arn`` at ``count.index``.
        beside = key.expr == f"count.index({value[0].of.expr})"
        return value[0].value if beside or _counts(key, text) else None
    if isinstance(value, Lazy):
        return None
    return element_of(value, f"{text}[*]") if key.expr == f"keys({text})[*]" or _counts(key, text) else None


def _counts(key: Unknown, text: str) -> bool:
    """Whether a position is the ``count.index`` of a block that is there once for each element of ``text``."""
    if not key.expr.startswith("count.index("):
        return False
    count, length = key.expr[len("count.index(") : -1], f"length({text})"
    return count == length or count.endswith((f" ? {length} : 0", f" ? 0 : {length}"))


def compile_for(compiler: Compiler, node: Node, depth: int) -> Evaluator:
    """``[for v in c : e if p]`` and ``{for k, v in c : k => e... if p}``."""
    intro = next(c for c in node.named_children if c.type == "for_intro")
    names = [compiler.file.text(c) for c in intro.named_children if c.type == "identifier"]
    source = compiler.expression(next(c for c in intro.named_children if c.type == "expression"), depth)
    results = [compiler.expression(c, depth) for c in node.named_children if c.type == "expression"]
    condition = None
    for child in node.named_children:
        if child.type == "for_cond":
            condition = compiler.expression(next(c for c in child.named_children if c.type == "expression"), depth)
    group = any(c.type == "ellipsis" for c in node.named_children)
    text = compiler.source([node])
    where = compiler.where(node)
    build = _build_list if node.type == "for_tuple_expr" else _build_object

    def evaluate(scope: Scope) -> Any:
        from tfratchet.hcl.expressions import failed

        try:
            return build(_passes(source(scope), names, condition, scope), results, group)
        except EvalError as error:
            return failed(error, scope, text, where)

    return evaluate


def _passes(
    value: Any, names: list[str], condition: Evaluator | None, scope: Scope
) -> Iterator[tuple[Scope, Unknown | None]]:
    """A scope for each element that passes the condition, with the unknown that its presence depends on."""
    budget = scope.module.budget
    for element in elements(value):
        budget.step()
        if len(names) == 1:
            inner = scope.with_names({names[0]: element.value})
        else:
            inner = scope.with_names({names[0]: element.key, names[1]: element.value})
        depends = element.of
        if condition is not None:
            passed = to_bool(condition(inner))
            if isinstance(passed, Unknown):
                depends = Filter(passed.expr)
            elif not passed:
                continue
        yield inner, depends


def _build_list(passes: Iterator[tuple[Scope, Unknown | None]], results: list[Evaluator], _group: bool) -> list[Any]:
    built: list[Any] = []
    for scope, depends in passes:
        value = results[0](scope)
        built.append(value if depends is None else Rest(value, depends))
    return built


def _build_object(
    passes: Iterator[tuple[Scope, Unknown | None]], results: list[Evaluator], group: bool
) -> dict[str, Any]:
    from tfratchet.hcl.access import add_entry

    built: dict[str, Any] = {}
    for scope, depends in passes:
        key, value = results[0](scope), results[1](scope)
        if depends is not None or isinstance(key, Unknown):
            add_entry(built, key, value, depends, group=group)
            continue
        name = to_string(key)
        if name is None:
            raise EvalError("an object key must not be null")
        if group:
            built.setdefault(name, []).append(value)
        elif name in built:
            raise EvalError(f"two elements have the key {name!r}")
        else:
            built[name] = value
    return {k: built[k] for k in sorted(built)}


def splat(value: Any, steps: list[Step], scope: Scope) -> Any:
    """``value[*].a.b``: a single value is a list of one, null an empty list."""
    from tfratchet.hcl.access import apply_steps

    if value is None:
        return []
    if isinstance(value, Lazy) and isinstance(whole := value.materialise(), list):
        value = whole
    if isinstance(value, Choice):
        return [
            Rest(apply_steps(e.value, steps, scope), e.of) if e.of else apply_steps(e.value, steps, scope)
            for e in _either(_as_lists(value))
        ]
    if isinstance(value, list):
        return [
            Rest(apply_steps(e.value, steps, scope), e.of) if isinstance(e, Rest) else apply_steps(e, steps, scope)
            for e in value
        ]
    if isinstance(value, Unknown) and not isinstance(value, Lazy):
        return [Rest(apply_steps(element_of(value, f"{value.expr}[*]"), steps, scope), value)]
    return [apply_steps(value, steps, scope)]


def _as_lists(choice: Choice) -> Choice:
    """Both branches as a splat sees them."""

    def listed(value: Any) -> Any:
        if value is None:
            return []
        if isinstance(value, Choice):
            return _as_lists(value)
        return (
            value
            if isinstance(value, list) or (isinstance(value, Unknown) and not isinstance(value, Lazy))
            else [value]
        )

    return Choice(choice.condition, listed(choice.if_true), listed(choice.if_false))
