"""Functions over sets."""

from __future__ import annotations

import itertools
import math
from typing import Any

from tfratchet.hcl.convert import EvalError, unify
from tfratchet.hcl.functions.base import (
    FunctionContext,
    Module,
    check_count,
    elements,
    maybe,
    same_element,
    unknown,
    unordered,
)
from tfratchet.values import Rest, SetValue, Value, is_known

FUNCTIONS = Module()
function = FUNCTIONS.function


def _unified(sets: tuple[Any, ...]) -> list[list[Any]]:
    """The elements of several sets, converted to one type."""
    flat = iter(unify([e for one in sets for e in elements(one)]))
    return [[next(flat) for _ in elements(one)] for one in sets]


@function("setunion", "list", variadic="list", partial=True)
def _setunion(context: FunctionContext, *sets: Any) -> Value:
    if any(isinstance(s, Rest) for s in sets):
        return unknown("setunion", sets)
    union = SetValue.of(list(itertools.chain.from_iterable(_unified(sets))))
    check_count(len(union), context)
    return union


@function("setintersection", "list", variadic="list", partial=True)
def _setintersection(_: FunctionContext, *sets: Any) -> Value:
    if any(isinstance(s, Rest) for s in sets):
        return unknown("setintersection", sets)
    first, *others = _unified(sets)
    kept: list[Any] = []
    for element in first:
        memberships = [_member(element, other) for other in others]
        if False in memberships:
            continue
        if all(memberships):
            kept.append(element)
        else:
            undecided = [s for s, m in zip(sets[1:], memberships, strict=True) if m is None]
            why = unknown("setintersection", [[element], *undecided])
            kept.append(maybe(element.value if isinstance(element, Rest) else element, why))
    return SetValue.of(kept)


@function("setsubtract", "list", "list", partial=True)
def _setsubtract(_: FunctionContext, minuend: Any, subtrahend: Any) -> Value:
    first, second = _unified((minuend, subtrahend))
    kept: list[Any] = []
    for element in first:
        membership = _member(element, second)
        if membership is False:
            kept.append(element)
        elif membership is None:
            undecided = [e for e in second if _equal(element, e) is None]
            why = unknown("setsubtract", [[element], undecided])
            kept.append(maybe(element.value if isinstance(element, Rest) else element, why))
    return SetValue.of(kept)


def _member(element: Any, others: list[Any]) -> bool | None:
    """Whether an element is among others; None when it cannot be told."""
    verdicts = [_equal(element, other) for other in others]
    if True in verdicts:
        return True
    return False if all(v is False for v in verdicts) else None


def _equal(a: Any, b: Any) -> bool | None:
    if isinstance(a, Rest) or isinstance(b, Rest):
        # Elements of the shape of the rest: when that shape is known to differ, all of them do.
        x, y = (e.value if isinstance(e, Rest) else e for e in (a, b))
        return False if same_element(x, y) is False else None
    return same_element(a, b)


@function("setproduct", variadic="list", partial=True)
def _setproduct(context: FunctionContext, *sets: Any) -> Value:
    if len(sets) < 2:
        raise EvalError("setproduct: at least two sets are needed")
    if any(isinstance(s, Rest) for s in sets):
        return unknown("setproduct", sets)
    lists = [unify(elements(s)) for s in sets]
    check_count(math.prod(len(one) for one in lists), context)
    product: list[Any] = []
    for combination in itertools.product(*lists):
        rests = [e.of for e in combination if isinstance(e, Rest)]
        values = [e.value if isinstance(e, Rest) else e for e in combination]
        if rests:
            product.append(Rest(values, rests[0] if len(rests) == 1 else unknown("setproduct", rests)))
        else:
            product.append(values)
    if all(isinstance(s, SetValue) for s in sets):
        return SetValue.of(product)
    if any(isinstance(s, SetValue) and not is_known(s) for s in sets):  # the order of that set is not known
        return unordered(product, [e for e in product if is_known(e)])
    return product
