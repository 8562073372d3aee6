"""Whatever stands in the file: a report, or one line that says what is wrong. Never a traceback, never a clean verdict
on something that was not understood.
"""

from __future__ import annotations

import copy
import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfratchet.errors import UserError
from tfratchet.guard import guarded
from tfratchet.plans.arguments import PlanArguments
from tfratchet.plans.run import run
from tfratchet.report import FORMATS
from tfratchet.sources.plan import Masks, read, roots
from tfratchet.values import REST_KEY

PLANS = sorted((Path(__file__).parents[1] / "fixtures" / "plans").glob("*.json"))
FIXTURES = [json.loads(p.read_text()) for p in PLANS]

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4))
WORDS = (
    "format_version resource_changes resource_drift prior_state configuration planned_values change actions before "
    "after after_unknown address type mode name index variables root_module resources child_modules values "
    "expressions references module_calls module"
)
KEYS = st.sampled_from(WORDS.split())
PLANLIKE = st.recursive(
    SCALARS | st.sampled_from(["1.2", "managed", "data", "create", "delete", "aws_iam_user.a", "aws_iam_policy"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=40,
)


def outcome(text: str) -> str:
    """``refused`` or ``read``; anything but a UserError is a failure of the test."""
    try:
        roots(read(text, "plan.json"), ".", Masks())
    except UserError:
        return "refused"
    return "read"


@given(JSON)
def test_any_json(data: Any) -> None:
    assert outcome(json.dumps(data)) == "refused"


@given(PLANLIKE, st.sampled_from(["1.2", "0.1", "2.0", 1]))
def test_json_with_the_words_of_a_plan(data: Any, version: object) -> None:
    plan = {"format_version": version, **(data if isinstance(data, dict) else {"resource_changes": data})}
    outcome(json.dumps(plan))


@given(st.text())
def test_any_text(text: str) -> None:
    assert outcome(text) == "refused"


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(data, dict):
        for key, value in data.items():
            found += places(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            found += places(value, (*path, index))
    return found


PLACES = [places(f) for f in FIXTURES]


def changed(number: int, where: int, value: Any) -> dict[str, Any]:
    plan = copy.deepcopy(FIXTURES[number])
    path = PLACES[number][where % len(PLACES[number])]
    target = plan
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return plan  # type: ignore[no-any-return]


@settings(max_examples=150)
@given(
    st.integers(0, len(FIXTURES) - 1),
    st.integers(0, 10**6),
    JSON | st.just("⟦aws_iam_user.a⟧") | st.just({REST_KEY: 1}),
)
def test_a_real_plan_with_anything_in_any_place(number: int, where: int, value: Any) -> None:
    """The whole run: an exit code that a CI knows, no internal error."""
    text = json.dumps(changed(number, where, value))
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    stdin = io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8")
    before = sys.stdin
    sys.stdin = stdin
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = guarded(lambda: run(PlanArguments(plans=["-"], format_name="json")))
    finally:
        sys.stdin = before
    assert "internal error" not in err.getvalue(), err.getvalue()
    assert code in (0, 1, 2)
    if code == 2:
        assert err.getvalue().startswith("tfratchet: error: ")


@pytest.mark.parametrize("format_name", FORMATS)
def test_what_a_plan_says_is_escaped_in_every_report(
    format_name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names with control characters, lone surrogates, workflow commands: no report breaks, none lets them through."""
    evil = "\x1b[31m::error::x\n::set-output name=a::b\ud800|`<b>\u202e"
    plan = copy.deepcopy(next(f for f, p in zip(FIXTURES, PLANS, strict=True) if p.stem == "head"))
    text = json.dumps(plan).replace("carol", json.dumps(evil)[1:-1])
    (tmp_path / "plan.json").write_text(text)
    code = guarded(lambda: run(PlanArguments(plans=[str(tmp_path / "plan.json")], format_name=format_name)))
    captured = capsys.readouterr()
    assert code == 1, captured.err
    assert "\x1b" not in captured.out
    assert "\ud800" not in captured.out
    assert not any(line.startswith("::set-output") for line in captured.out.splitlines())
