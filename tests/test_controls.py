"""The table of controls and how two values are judged."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfratchet.controls import CONTROLS, Control, Stronger, controls_of, floor_types, floors
from tfratchet.rules import all_rules
from tfratchet.rules.attributes import gained_words, lost_words
from tfratchet.rules.judge import ModuleDefault, Verdict, boolean, judge, meets_floor, number, rank
from tfratchet.values import Choice, Template, Unknown, Value, ref

# Classes of events have a floor for the checks and the frameworks; rules compare them as sets, not as values.
SETS = {"management_events", "data_events", "insight_selectors"}


def test_every_floor_belongs_to_a_control() -> None:
    assert set(floors()) - SETS <= set(CONTROLS)
    for name, row in floors().items():
        assert row.why, name
        assert row.frameworks, name


def test_floors_agree_with_the_kind_of_the_control() -> None:
    for name, row in floors().items():
        if name in SETS or row.floor is None:
            continue
        control = CONTROLS[name]
        if control.stronger in (Stronger.HIGHER, Stronger.LOWER, Stronger.LONGER):
            assert type(row.floor) is int, name
        else:
            assert row.floor is True, name
        assert meets_floor(control, "arn:x" if control.stronger is Stronger.SET else row.floor, {}) is True


def test_every_rule_of_the_table_exists() -> None:
    ids = {r.id for r in all_rules()}
    assert {c.rule for c in CONTROLS.values()} <= ids
    for control in CONTROLS.values():
        assert control in controls_of(control.rule)
        assert control.source, control.name
        assert control.names[0] == control.path.rpartition(".")[2]


def test_known_numbers() -> None:
    """CIS AWS Foundations, PCI DSS 8.3.9 and 10.5.1."""
    assert CONTROLS["minimum_password_length"].floor == 14
    assert CONTROLS["password_reuse_prevention"].floor == 24
    assert CONTROLS["max_password_age"].floor == 90
    assert CONTROLS["log_group_retention_days"].floor == 365
    assert CONTROLS["minimum_password_length"].frameworks["CIS AWS 5.0"] == ("1.7",)
    assert CONTROLS["minimum_password_length"].default == 6


def test_types_of_configurable_floors() -> None:
    types = floor_types()
    assert types["minimum_password_length"] is int
    assert types["require_symbols"] is bool
    assert types["hard_expiry"] is bool


@pytest.mark.parametrize(
    ("value", "expected"),
    [(14, 14), ("14", 14), (True, 1), (Decimal("1.5"), Decimal("1.5")), ("x", None), (None, None), ([1], None)],
)
def test_numbers(value: Value, expected: object) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), ("true", True), ("1", True), (0, False), ("False", False), ("x", None), (2, None), (None, None)],
)
def test_booleans(value: Value, expected: object) -> None:
    assert boolean(value) is expected


LENGTH = CONTROLS["minimum_password_length"]
AGE = CONTROLS["max_password_age"]
SYMBOLS = CONTROLS["require_symbols"]
KEY = CONTROLS["kms_key_id"]
GROUP = CONTROLS["log_group_retention_days"]


@pytest.mark.parametrize(
    ("control", "base", "head", "weaker"),
    [
        (LENGTH, 14, 8, True),
        (LENGTH, 14, "14", False),
        (AGE, 90, 0, True),
        (AGE, 0, 90, False),
        (AGE, 90, 91, True),
        (SYMBOLS, True, False, True),
        (SYMBOLS, "true", True, False),
        (KEY, "arn:x", None, True),
        (KEY, "arn:x", "", True),
        (KEY, "", "arn:x", False),
        (KEY, "arn:x", "arn:y", False),
        (KEY, True, False, True),  # a switch of a module
        (GROUP, 0, 30, True),
        (GROUP, 30, 0, False),
        (GROUP, 365, 30, True),
    ],
)
def test_known_values(control: Control, base: Value, head: Value, weaker: bool) -> None:
    assert judge(control, base, head) == (Verdict() if weaker else None)


def test_nothing_is_weaker_than_the_weakest_nor_stronger_than_the_strongest() -> None:
    unknown = Unknown("var.x")
    assert judge(SYMBOLS, False, unknown) is None
    assert judge(SYMBOLS, unknown, True) is None
    assert judge(AGE, 0, unknown) is None
    assert judge(GROUP, unknown, 0) is None
    assert judge(LENGTH, 14, unknown) == Verdict((unknown,))
    assert judge(LENGTH, unknown, 14) == Verdict((unknown,))
    assert judge(LENGTH, unknown, Unknown("var.x")) is None


def test_what_is_surely_set() -> None:
    key = ref("aws_kms_key.trail", ".arn")
    assert judge(KEY, key, None) == Verdict()
    assert judge(KEY, "arn:x", key) is None
    assert judge(KEY, "arn:x", Template(["arn:", Unknown("var.a")])) is None
    output = ref("module.kms", ".key_arn")  # may be null
    assert judge(KEY, output, None) == Verdict((output,))
    assert judge(KEY, "arn:x", output) == Verdict((output,))


def test_choices() -> None:
    head = Choice("var.prod", 14, 8)
    assert judge(LENGTH, 14, head) == Verdict((Unknown("var.prod"),))
    assert judge(LENGTH, 8, head) is None
    assert judge(LENGTH, Choice("var.prod", 14, 8), Choice("var.prod", 20, 8)) is None
    assert judge(LENGTH, Choice("var.prod", 14, 8), Choice("var.prod", 20, 6)) == Verdict((Unknown("var.prod"),))
    assert judge(LENGTH, Choice("var.a", 14, 8), Choice("var.b", 14, 8)) is not None


def test_defaults_of_modules_are_unknown() -> None:
    assert judge(LENGTH, 14, ModuleDefault("default of x in y")) is not None
    assert judge(LENGTH, ModuleDefault("a"), ModuleDefault("a")) is None


NUMERIC = [c for c in CONTROLS.values() if c.stronger in (Stronger.HIGHER, Stronger.LOWER, Stronger.LONGER)]


@given(st.sampled_from(NUMERIC), st.integers(0, 4000), st.integers(0, 4000), st.integers(0, 4000))
def test_weaker_is_an_order(control: Control, a: int, b: int, c: int) -> None:
    assert judge(control, a, a) is None
    assert not (judge(control, a, b) and judge(control, b, a))
    if judge(control, a, b) and judge(control, b, c):
        assert judge(control, a, c)
    assert (rank(control, a) == rank(control, b)) == (not judge(control, a, b) and not judge(control, b, a))


@given(
    st.sampled_from([c for c in NUMERIC if c.stronger is not Stronger.LONGER]),
    st.integers(0, 1000),
    st.integers(0, 1000),
)
def test_words_of_moves_follow_the_order(control: Control, old: int, new: int) -> None:
    """A setting that has moved elsewhere is made good there exactly when it is not weaker there."""
    assert set(lost_words(control, old)) <= set(gained_words(control, new)) or judge(control, old, new) is not None
    if judge(control, old, new) is not None:
        assert not set(lost_words(control, old)) <= set(gained_words(control, new))
