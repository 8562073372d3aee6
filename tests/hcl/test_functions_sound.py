"""Soundness: whatever a function says of a partly unknown value is true for every value the unknown part may have.

Concrete arguments are drawn, parts of them hidden; what the function knows of its result must agree with the result
for the concrete arguments. Where these are refused, anything may be said.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from partial import Files, Hider, consistent, hide_words

from tfratchet.hcl import functions
from tfratchet.hcl.convert import EvalError, binary, unary
from tfratchet.values import REST_KEY, Choice, JsonText, Rest, SetValue, Template, Unknown, is_known

EXAMPLES = int(os.environ.get("TFRATCHET_EXAMPLES", "0"))
"""More examples than usual, and new ones each time (for a long search by hand); the usual ones never change."""


def examples(usual: int) -> settings:
    return settings(
        max_examples=EXAMPLES or usual,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


WORDS = ["a", "b", "c", "ab", "", "a,b", "A-b", "x/y.json", "1", "10", "true"]
words = st.sampled_from(WORDS)
numbers = st.sampled_from([0, 1, 2, 3, 14, -1])
scalars = st.one_of(words, words, numbers, st.booleans())
strings = st.lists(words, max_size=4)
ints = st.lists(numbers, max_size=4)
bools = st.lists(st.booleans(), max_size=4)
sets = strings.map(SetValue.of)
string_lists = st.one_of(strings, strings, sets)
lists = st.one_of(strings, ints, sets)
keys = st.sampled_from(["a", "b", "c", "d"])
maps = st.dictionaries(keys, words, max_size=4)
objects = st.dictionaries(keys, st.one_of(scalars, strings, maps), max_size=4)
nested = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=6,
)
separators = st.sampled_from([",", "-", "", '","', "/"])
json_texts = st.sampled_from(
    ['{"a": "b", "c": ["x", "y"]}', '["a","b"]', '{"Statement":[{"Effect":"Deny","Action":["iam:*"]}]}', '"x"', "12"]
)
yaml_texts = st.sampled_from(
    ["a: b\nc: [x, 'y z']\n", "- a\n- b: 1\n", "users:\n  - name: bob\n    groups: [x]\n", "a"]
)
formats = st.sampled_from(["%s", "%s-%s", "%[2]s%[1]s", "a%%%s%v", "%q", "%5s|%-4s", "%d", "%03d %s"])


def calls(name: str, *args: st.SearchStrategy[Any]) -> tuple[str, st.SearchStrategy[list[Any]]]:
    return name, st.tuples(*args).map(list)


def variadic(
    name: str, arg: st.SearchStrategy[Any], *before: st.SearchStrategy[Any]
) -> tuple[str, st.SearchStrategy[list[Any]]]:
    first = st.tuples(*before).map(list)
    return name, st.tuples(first, st.lists(arg, max_size=3)).map(lambda pair: pair[0] + pair[1])


CASES = [
    variadic("concat", st.one_of(strings, ints)),
    calls("flatten", st.lists(st.one_of(scalars, strings, st.lists(strings, max_size=2)), max_size=3)),
    calls("contains", lists, scalars),
    calls("distinct", lists),
    calls("compact", string_lists),
    calls("element", strings, numbers),
    calls("index", strings, words),
    calls("length", st.one_of(lists, maps, words)),
    calls("reverse", lists),
    calls("sort", string_lists),
    calls("one", st.one_of(st.lists(words, max_size=2), st.lists(words, max_size=2).map(SetValue.of))),
    variadic("coalesce", st.one_of(st.none(), words)),
    variadic("coalescelist", strings),
    calls("chunklist", strings, st.integers(0, 3)),
    calls("matchkeys", strings, strings, strings),
    calls("slice", strings, st.integers(0, 3), st.integers(0, 4)),
    calls("alltrue", bools),
    calls("anytrue", bools),
    variadic("setunion", lists, lists),
    variadic("setintersection", lists, lists),
    calls("setsubtract", string_lists, string_lists),
    variadic("setproduct", string_lists, string_lists),
    variadic("merge", st.one_of(objects, maps, st.none())),
    calls("keys", maps),
    calls("values", maps),
    calls("lookup", maps, keys, words),
    calls("lookup", maps, keys),
    calls("zipmap", st.lists(keys, max_size=4), strings),
    calls("transpose", st.dictionaries(keys, strings, max_size=3)),
    calls("tolist", lists),
    calls("toset", st.one_of(lists, st.lists(scalars, max_size=4))),
    calls("tomap", maps),
    calls("tostring", scalars),
    calls("tonumber", scalars),
    calls("tobool", scalars),
    calls("sensitive", nested),
    calls("upper", words),
    calls("lower", words),
    calls("title", words),
    calls("trimprefix", words, words),
    calls("trimsuffix", words, words),
    calls("trimspace", words),
    calls("startswith", words, words),
    calls("endswith", words, words),
    calls("strcontains", words, words),
    calls("replace", words, st.sampled_from(["a", ",", "/", "/a|b/", ""]), words),
    calls("split", separators, words),
    variadic("join", string_lists, separators),
    calls("substr", words, numbers, numbers),
    variadic("format", scalars, formats),
    variadic("formatlist", st.one_of(words, strings), formats),
    calls("jsonencode", nested),
    calls("yamlencode", nested),
    calls("base64encode", words),
    calls("dirname", words),
    calls("basename", words),
    calls("sum", ints),
    variadic("max", numbers),
    calls("range", numbers),
    calls("sha256", words),
    calls("regexall", st.sampled_from(["[a-z]", "(a)(b)?"]), words),
    calls("fileexists", words),
    calls("templatestring", st.sampled_from(["x", "${a}-${b}"]), maps),
]


def outcome(name: str, args: list[Any]) -> Any:
    """The value of a call, or the error that it raised."""
    try:
        return functions.call(name, list(args), Files({"a": b"x"}))
    except EvalError as error:
        return error


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=[f"{c[0]}{i}" for i, c in enumerate(CASES)])
@examples(60)
@given(data=st.data())
def test_what_is_known_of_the_result_is_true(
    name: str, arguments: st.SearchStrategy[list[Any]], data: st.DataObject
) -> None:
    concrete = data.draw(arguments)
    hider = Hider(lambda n: data.draw(st.integers(0, n - 1)))
    partial = [hider.hide(a) for a in concrete]
    expected = outcome(name, concrete)
    if isinstance(expected, Exception):
        return
    said = outcome(name, partial)
    assert not isinstance(said, Exception), (
        f"{name}({partial!r}) refused ({said}), yet {name}({concrete!r}) = {expected!r}"
    )
    assert consistent(said, expected), f"{name}({partial!r}) = {said!r}, yet {name}({concrete!r}) = {expected!r}"


@pytest.mark.parametrize(("name", "texts"), [("jsondecode", json_texts), ("yamldecode", yaml_texts)])
@examples(150)
@given(data=st.data())
def test_decoders_see_through_holes(name: str, texts: st.SearchStrategy[str], data: st.DataObject) -> None:
    text = data.draw(texts)
    partial = hide_words(text, lambda n: data.draw(st.integers(0, n - 1)))
    said, expected = outcome(name, [partial]), outcome(name, [text])
    assert not isinstance(said, Exception)
    assert consistent(said, expected), f"{name}({partial!r}) = {said!r}, yet {name}({text!r}) = {expected!r}"


@examples(200)
@given(data=st.data())
def test_operators(data: st.DataObject) -> None:
    operator = data.draw(st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "!"]))
    operands = [data.draw(nested if operator in ("==", "!=") else scalars) for _ in range(2)]
    hider = Hider(lambda n: data.draw(st.integers(0, n - 1)))
    partial = [hider.hide(o) for o in operands]
    try:
        expected = unary("!", operands[0]) if operator == "!" else binary(operator, *operands)
    except EvalError:
        return
    said = unary("!", partial[0]) if operator == "!" else binary(operator, *partial)
    assert consistent(said, expected), f"{partial!r} {operator} = {said!r}, yet {operands!r} gives {expected!r}"


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=[f"{c[0]}{i}" for i, c in enumerate(CASES)])
@examples(15)
@given(data=st.data())
def test_known_arguments_give_known_results(
    name: str, arguments: st.SearchStrategy[list[Any]], data: st.DataObject
) -> None:
    result = outcome(name, data.draw(arguments))
    assert isinstance(result, Exception) or is_known(result)


X = Unknown("var.x")
REST = Rest(Unknown("var.x[*]"), X)


@pytest.mark.parametrize(
    ("partial", "concrete"),
    [
        ("a", "b"),
        (1, 2),
        (True, "a"),
        (None, "a"),
        ([X], []),
        (["a", X], ["b", "x"]),
        (["a", REST], []),
        (["a", REST, "z"], ["a", "y"]),
        ([REST, "a", REST], ["b"]),
        ([Rest(Template(["arn:", X]), X)], ["user"]),
        (SetValue.of(["a", X]), ["b", "c"]),
        (SetValue.of(["a"]), ["a", "b"]),
        ({"a": X}, {}),
        ({"a": "x", REST_KEY: X}, {"a": "y"}),
        ({"a": "x"}, {"a": "x", "b": "y"}),
        (Template(["a", X, "c"]), "abd"),
        (JsonText({"a": X, "b": 1}), '{"a":2,"b":2}'),
        (Choice("var.c", "a", "b"), "c"),
        ({}, []),
    ],
    ids=repr,
)
def test_the_check_itself_can_fail(partial: Any, concrete: Any) -> None:
    assert not consistent(partial, concrete)
