"""The graph of the HTML page: inline SVG, drawn here. Its colours are classes of the page's style sheet."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from tfratchet.more import KEPT, LOST, NEW
from tfratchet.report.graph import Line, Picture, kind, shortened
from tfratchet.report.html_text import escaped
from tfratchet.report.layout import NODE_HEIGHT, Placed, Spot, place
from tfratchet.words import SINGULAR

_WIDTH = 240  # of a node
_BETWEEN = (300, 300, 170)  # the columns, by their number
_MARGIN = 6
_CHARACTERS = 29  # of a label; the rest is in its title
_WORDS = 14  # more would lie on each other; colours, dashes and titles tell the same
# (of a policy or boundary, of a group), each for one and for many
_SAID = {
    LOST: (("loses", "lose"), ("leaves", "leave")),
    NEW: (("newly has", "newly have"), ("joins", "join")),
    KEPT: (("keeps", "keep"), ("stays in", "stay in")),
}
_DESCRIBED = 30  # edges in the description


def svg(picture: Picture, number: int) -> str:
    """One drawing. ``number`` makes its ids unique in the page."""
    placed = place(picture)
    number_of = len(placed.columns)
    left = [_MARGIN + column * (_WIDTH + _BETWEEN[number_of - 1]) for column in range(number_of)]
    width = left[-1] + _WIDTH + _MARGIN
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
        *_edges(placed, name, left),
        *(_node(spot, left[spot.column]) for column in placed.columns for spot in column if spot.name),
        "</svg>",
    ]
    return "".join(parts)


def sentences(picture: Picture, most: int | None = None) -> list[str]:
    """The same in words: ``user bob loses policy require-mfa``."""
    said = [_sentence(line) for line in picture.lines[:most]]
    more = len(picture.lines) - len(said)
    return [*said, f"and {more} more"] if more else said


def _sentence(line: Line) -> str:
    verb = _SAID[line.state][kind(line.target) == "group"][line.source.split(" ", 1)[0] in SINGULAR]
    return f"{line.source} {'' if line.certain else 'possibly '}{verb} {line.target}"


def _marker(name: str, state: str) -> str:
    return (
        f'<marker id="{name}-{state}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path class="tip {state}" d="M0 0 8 4 0 8z"/></marker>'
    )


def _node(spot: Spot, x: int) -> str:
    corner = NODE_HEIGHT / 2 if kind(spot.name) in ("user", "role") else 4
    y = spot.y + _MARGIN
    return (
        f'<g class="node"><title>{escaped(spot.name)}</title>'
        f'<rect x="{x}" y="{y - NODE_HEIGHT / 2:.1f}" width="{_WIDTH}" height="{NODE_HEIGHT}" rx="{corner:g}"/>'
        f'<text x="{x + _WIDTH / 2:g}" y="{y:.1f}">{escaped(shortened(spot.name, _CHARACTERS))}</text></g>'
    )


def _edges(placed: Placed, name: str, left: Sequence[int]) -> Iterator[str]:
    """Kept ones first, so that what is lost lies on top; then the words at them."""
    order = sorted(placed.edges, key=lambda e: (KEPT, NEW, LOST).index(e[0].state))
    for line, way in order:
        possible = "" if line.certain else " possible"
        yield (
            f'<path class="edge {line.state}{possible}" marker-end="url(#{name}-{line.state})" '
            f'd="{_path(way, left)}"><title>{escaped(_sentence(line))}</title></path>'
        )
    said = [(line, way) for line, way in order if line.word]
    if len(said) <= _WORDS:
        for line, way in said:
            # In the middle of the last stretch: ends have company, and the middle of an S bend lies half-way up.
            x = (left[way[-2].column] + _WIDTH + left[way[-1].column]) / 2
            y = (way[-2].y + way[-1].y) / 2 + _MARGIN
            yield f'<text class="word {line.state}" x="{x:g}" y="{y:.1f}">{escaped(line.word)}</text>'


def _path(way: Sequence[Spot], left: Sequence[int]) -> str:
    parts = [f"M{left[way[0].column] + _WIDTH} {way[0].y + _MARGIN:.1f}"]
    for one, other in itertools.pairwise(way):
        x1, y1 = left[one.column] + _WIDTH, one.y + _MARGIN
        x2, y2 = left[other.column], other.y + _MARGIN
        middle = (x1 + x2) / 2
        parts.append(f"C{middle:g} {y1:.1f} {middle:g} {y2:.1f} {x2} {y2:.1f}")
        if not other.name:
            parts.append(f"H{x2 + _WIDTH}")
    return "".join(parts)
