"""Where the nodes of the graph stand."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tfratchet.report.graph import Line, Picture
from tfratchet.report.layout import GAP, Placed, place


def picture(*edges: tuple[str, str]) -> Picture:
    return Picture(".", None, [Line(a, b, "lost") for a, b in edges])


def names(placed: Placed) -> list[list[str]]:
    return [[spot.name for spot in column if spot.name] for column in placed.columns]


def test_users_groups_policies_from_left_to_right() -> None:
    placed = place(picture(("user a", "group g"), ("group g", "policy p"), ("role r", "boundary b")))
    assert names(placed) == [["user a", "role r"], ["group g"], ["policy p", "boundary b"]]


def test_a_column_that_nothing_is_in_is_not_there() -> None:
    assert names(place(picture(("user a", "policy p")))) == [["user a"], ["policy p"]]
    assert names(place(picture(("group g", "policy p")))) == [["group g"], ["policy p"]]
    assert names(place(picture(("permission set a", "policy p")))) == [["permission set a"], ["policy p"]]
    assert names(place(picture(("users a, b and c", "group g")))) == [["users a, b and c"], ["group g"]]


def test_an_edge_passes_between_the_groups() -> None:
    placed = place(picture(("user a", "group g"), ("user a", "policy p"), ("group g", "policy q")))
    (way,) = (way for line, way in placed.edges if line.target == "policy p")
    assert [spot.name for spot in way] == ["user a", "", "policy p"]
    group = next(spot for spot in placed.columns[1] if spot.name)
    assert abs(way[1].y - group.y) >= GAP


def test_lines_do_not_cross_without_need() -> None:
    edges = [(f"user u{i}", f"policy p{(i * 7) % 20}") for i in range(20)]
    placed = place(picture(*edges))
    users, policies = (sorted(column, key=lambda s: s.y) for column in placed.columns)
    of = {line.source: line.target for line, _ in placed.edges}
    assert [of[spot.name] for spot in users] == [spot.name for spot in policies]
    assert all(abs(way[0].y - way[-1].y) < 0.01 for _, way in placed.edges), "straight lines"


_NAMES = st.sampled_from([f"{kind} {i}" for kind in ("user", "role", "group", "policy", "boundary") for i in range(8)])


@given(st.lists(st.tuples(_NAMES, _NAMES), min_size=1, max_size=40))
def test_nothing_lies_on_anything(drawn: list[tuple[str, str]]) -> None:
    order = {"user": 0, "role": 0, "group": 1, "policy": 2, "boundary": 2}
    edges = [(a, b) for a, b in drawn if order[a.split()[0]] < order[b.split()[0]]]
    if not edges:
        return
    placed = place(picture(*edges))
    assert sorted(n for column in names(placed) for n in column) == sorted({n for edge in edges for n in edge})
    for column in placed.columns:
        for one, other in pairwise(column):
            assert other.y - one.y >= (one.height + other.height) / 2 + GAP - 0.001
        for spot in column:
            assert spot.y - spot.height / 2 >= -0.001
            assert spot.y + spot.height / 2 <= placed.height + 0.001
    again = place(picture(*edges))
    assert [[s.y for s in c] for c in again.columns] == [[s.y for s in c] for c in placed.columns]
