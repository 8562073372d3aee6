"""The picture of users, groups and policies: its data, and its Mermaid text."""

from __future__ import annotations

import fakes
from tfratchet.model import Certainty, Finding
from tfratchet.more import KEPT, LOST, NEW, Edge
from tfratchet.report.graph import chosen, kind, label, mermaid, pictures, shortened

RED = "stroke:#d1242f,color:#d1242f,stroke-width:2px"


def losses() -> list[Finding]:
    return [
        fakes.finding(lost=("user bob has policy require-mfa [0123456789ab]", "user bob is created elsewhere")),
        fakes.finding(lost=("user bob is in group dev",), certainty=Certainty.POSSIBLE),
        fakes.finding(lost=("group dev has policy x",)),
        fakes.finding(lost=("role r has boundary limit",)),
        fakes.finding(lost=("trail", "whatever")),
    ]


def test_the_graph_shows_what_is_lost() -> None:
    lines, left = mermaid(losses(), 10_000)
    assert left == {LOST: 0, NEW: 0, KEPT: 0}
    assert lines == [
        "graph LR",
        '  n0(["user bob"])',
        '  n1["policy require-mfa"]',
        '  n0 -. "lost" .-> n1',
        '  n2[["group dev"]]',
        '  n0 -. "left?" .-> n2',
        '  n3["policy x"]',
        '  n2 -. "lost" .-> n3',
        '  n4(["role r"])',
        '  n5["boundary limit"]',
        '  n4 -. "lost" .-> n5',
        f"  linkStyle 0,1,2,3 {RED}",
    ]


def test_and_what_stays_around_it() -> None:
    around = [
        Edge("user bob", "policy read", KEPT),
        Edge("user bob", "group ops", NEW, certain=False),
        Edge("group ops", "policy y", KEPT, certain=False),
        Edge("user bob", "policy require-mfa", KEPT),  # a finding says that it is lost
        Edge("user bob", "policy elsewhere", KEPT, root="other"),
    ]
    lines, _ = mermaid(losses()[:1], 10_000, around)
    assert [line for line in lines if "> n" in line][1:] == [
        '  n0 == "new?" ==> n2',
        "  n0 --> n3",
        '  n2 -- "?" --> n4',
    ]
    assert lines[-3:] == [
        f"  linkStyle 0 {RED}",
        "  linkStyle 1 stroke:#1a7f37,color:#1a7f37,stroke-width:2px",
        "  linkStyle 2,3 stroke:#818b98,color:#818b98,stroke-width:1px",
    ]
    assert "elsewhere" not in "".join(lines)


def test_a_loss_that_is_certain_once_is_certain() -> None:
    lost = ("user bob has policy x",)
    twice = [fakes.finding(lost=lost, certainty=Certainty.POSSIBLE), fakes.finding(lost=lost)]
    for findings in (twice, twice[::-1]):
        (picture,) = pictures(findings)
        assert [line.word for line in picture.lines] == ["lost"]


def test_the_same_name_in_another_root_module_is_another_user() -> None:
    lost = ("user bob has policy x",)
    found = [fakes.finding(lost=lost, root="a"), fakes.finding(lost=lost, root="b", variant="p.tfvars")]
    lines, _ = mermaid(found, 10_000)
    assert lines.count("  direction LR") == 2
    assert [line for line in lines if "subgraph" in line] == [
        '  subgraph r0 ["a"]',
        '  subgraph r1 ["b with p.tfvars"]',
    ]
    assert lines.count("  end") == 2
    assert sum('(["user bob"])' in line for line in lines) == 2


def test_no_graph_without_users_groups_and_policies() -> None:
    kept = [Edge("user bob", "policy read", KEPT)]
    assert mermaid([fakes.finding(lost=("password policy",))], 10_000, kept)[0] == []


def test_what_is_kept_goes_first_when_there_is_no_room() -> None:
    found = [fakes.finding(lost=(f"user u{i} has policy x{i}",), root=f"r{i % 2}") for i in range(10)]
    around = [Edge(f"group g{i}.{j}", f"policy p{i}.{j}", KEPT, root=f"r{i % 2}") for i in range(10) for j in range(50)]
    around += [Edge("user u1", "policy new", NEW, root="r1")]
    lines, left = mermaid(found, 2_000, around)
    text = "\n".join(lines)
    assert len(text.encode()) < 2_000
    assert text.count('"lost"') == 10
    assert text.count("new") >= 1
    assert left[LOST] == left[NEW] == 0
    drawn = text.count(" --> ")
    assert left[KEPT] == 500 - drawn
    assert 0 < drawn < 500
    lines, left = mermaid(found, 300, around)
    assert 0 < "\n".join(lines).count('"lost"') == 10 - left[LOST] < 10
    assert (left[NEW], left[KEPT]) == (1, 500)
    assert mermaid(found, 10, around) == ([], {LOST: 10, NEW: 1, KEPT: 500})


def test_no_more_edges_than_mermaid_draws() -> None:
    found = [fakes.finding(lost=tuple(f"user u{i} has policy x{i}" for i in range(2_000)))]
    lines, left = mermaid(found, 10**6)
    assert "\n".join(lines).count('"lost"') == 400
    assert left[LOST] == 1_600


def test_those_with_the_same_edges_are_drawn_as_one() -> None:
    lost = (*(f"user u{i} has policy x" for i in range(6)), "user odd has policy x", "user odd is in group g")
    around = [
        *(Edge("user odd", f"policy p{i}", KEPT) for i in range(5)),
        *(Edge("group g", f"policy p{i}", NEW) for i in range(5)),
        Edge("group g", "boundary b", KEPT),
    ]
    (picture,) = pictures([fakes.finding(lost=lost)], around)
    assert [(line.source, line.target, line.word, line.times) for line in picture.lines] == [
        ("users u0, u1 and 4 more", "policy x", "lost", 6),
        ("user odd", "policy x", "lost", 1),
        ("user odd", "group g", "left", 1),
        ("group g", "policies p0, p1 and 3 more", "new", 5),
        ("user odd", "policies p0, p1 and 3 more", "", 5),
        ("group g", "boundary b", "", 1),
    ]
    assert [kind(n) for n in ("users a and b", "every user in x", "policies p", "group g")] == [
        *("user", "user", "policy", "group")
    ]
    assert chosen([picture], 0)[1] == {LOST: 8, NEW: 5, KEPT: 6}


def test_a_picture_without_room_is_not_there() -> None:
    found = [fakes.finding(lost=("user a has policy x",), root=r) for r in ("one", "two")]
    cut, left = chosen(pictures(found), 1)
    assert [p.root for p in cut] == ["one"]
    assert left[LOST] == 1


def test_a_long_list_keeps_its_number() -> None:
    name = f"users {'a' * 50}, {'b' * 50} and 1,234 more"
    assert shortened("user bob", 29) == "user bob"
    assert shortened("user " + "a" * 40, 29) == "user " + "a" * 23 + "…"
    assert shortened(name, 29) == "users " + "a" * 7 + "… and 1,234 more"
    assert label(name).endswith("… and 1#44;234 more")
    assert all(len(shortened(name, n)) == n for n in range(20, 60))
