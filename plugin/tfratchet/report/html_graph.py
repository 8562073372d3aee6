"""The graph of the HTML page: inline SVG, drawn here. Its colours are classes of the page's style sheet."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from tfratchet.more import KEPT, LOST, NEW
from tfratchet.report.graph import Line, Picture
from tfratchet.report.html_text import escaped
from tfratchet.report.layout import NODE_HEIGHT, Placed, Spot, place

_WIDTH = 240  # of a node
_BETWEEN = 170  # two columns
_MARGIN = 6
_CHARACTERS = 32  # of a label; the rest is in its title
_SAID = {LOST: "loses", NEW: "newly has", KEPT: "keeps"}
_DESCRIBED = 30  # edges in the description


def svg(picture: Picture, number: int) -> str:
    """One drawing. ``number`` makes its ids unique in the page."""
    placed = place(picture)
    width = len(placed.columns) * (_WIDTH + _BETWEEN) - _BETWEEN + 2 * _MARGIN
    height = round(placed.height + 2 * _MARGIN)
    name = f"g{number}"
    parts = [
        f'<svg class="graph" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-labelledby="{name}-t {name}-d">',
        f'<title id="{name}-t">Users, groups and policies of {escaped(picture.title)}</title>',
        f'<desc id="{name}-d">{escaped(". ".join(sentences(picture, _DESCRIBED)))}</desc>',
        "<defs>",
        *(_marker(name, state) for state in (LOST, NEW, KEPT)),
        "</defs>",
        *_edges(placed, name),
        *(_node(spot) for column in placed.columns for spot in column if spot.name),
        "</svg>",
    ]
    return "".join(parts)


def sentences(picture: Picture, most: int | None = None) -> list[str]:
    """The same in words: ``user bob loses policy require-mfa``."""
    said = []
    for line in picture.lines[:most]:
        verb = _SAID[line.state]
        verb = verb if line.certain else f"possibly {verb}"
        said.append(f"{line.source} {verb} {line.target}")
    more = len(picture.lines) - len(said)
    return [*said, f"and {more} more"] if more else said


def _marker(name: str, state: str) -> str:
    return (
        f'<marker id="{name}-{state}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path class="tip {state}" d="M0 0 8 4 0 8z"/></marker>'
    )


def _left(spot: Spot) -> float:
    return _MARGIN + spot.column * (_WIDTH + _BETWEEN)


def _node(spot: Spot) -> str:
    sort, _, _ = spot.name.removeprefix("every ").partition(" ")
    round_ = NODE_HEIGHT / 2 if spot.column == 0 and sort in ("user", "users", "role", "roles", "every") else 4
    label = spot.name if len(spot.name) <= _CHARACTERS else f"{spot.name[: _CHARACTERS - 1]}\u2026"
    x, y = _left(spot), spot.y + _MARGIN
    return (
        f'<g class="node"><title>{escaped(spot.name)}</title>'
        f'<rect x="{x:g}" y="{y - NODE_HEIGHT / 2:.1f}" width="{_WIDTH}" height="{NODE_HEIGHT}" rx="{round_:g}"/>'
        f'<text x="{x + _WIDTH / 2:g}" y="{y:.1f}">{escaped(label)}</text></g>'
    )


def _edges(placed: Placed, name: str) -> Iterator[str]:
    """Kept ones first, so that what is lost lies on top; then the words at them."""
    order = sorted(placed.edges, key=lambda e: (KEPT, NEW, LOST).index(e[0].state))
    for line, way in order:
        possible = "" if line.certain else " possible"
        yield (
            f'<path class="edge {line.state}{possible}" marker-end="url(#{name}-{line.state})" '
            f'd="{_path(way)}"><title>{escaped(_title(line))}</title></path>'
        )
    for line, way in order:
        if line.word:
            # In the middle of the last stretch: ends have company, and the middle of an S bend lies half-way up.
            x = (_left(way[-2]) + _WIDTH + _left(way[-1])) / 2
            y = (way[-2].y + way[-1].y) / 2 + _MARGIN
            yield f'<text class="word {line.state}" x="{x:g}" y="{y:.1f}">{escaped(line.word)}</text>'


def _title(line: Line) -> str:
    possibly = "" if line.certain else "possibly "
    return f"{line.source} {possibly}{_SAID[line.state]} {line.target}"


def _path(way: Sequence[Spot]) -> str:
    first = way[0]
    parts = [f"M{_left(first) + _WIDTH:g} {first.y + _MARGIN:.1f}"]
    for one, other in itertools.pairwise(way):
        x1, y1 = _left(one) + _WIDTH, one.y + _MARGIN
        x2, y2 = _left(other), other.y + _MARGIN
        middle = (x1 + x2) / 2
        parts.append(f"C{middle:g} {y1:.1f} {middle:g} {y2:.1f} {x2:g} {y2:.1f}")
        if not other.name:
            parts.append(f"H{x2 + _WIDTH:g}")
    return "".join(parts)
