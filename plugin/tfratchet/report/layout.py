"""Places the nodes of a picture in columns: users, groups, policies. Plain layered drawing, without any library.

1. An edge that would run through the column of the groups gets a joint there (Sugiyama's dummy node), so that it passes
   between the groups and not below one.
2. The order in each column follows the middle of the neighbours (barycentre), there and back a few times.
3. Heights are as near to those of the neighbours as the order allows (isotonic regression, pool adjacent violators).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tfratchet.report.graph import Line, Picture, kind

NODE_HEIGHT = 30
GAP = 14
_JOINT = 6  # the height of a joint
_SWEEPS = 8
_COLUMN = {"user": 0, "role": 0, "permission": 0, "group": 1}


@dataclass(slots=True)
class Spot:
    """A node, or the joint of an edge (``name`` empty)."""

    name: str
    column: int
    y: float = 0.0
    """Its middle."""
    near: list[Spot] = field(default_factory=list, repr=False)

    @property
    def height(self) -> float:
        return NODE_HEIGHT if self.name else _JOINT


@dataclass(frozen=True, slots=True)
class Placed:
    """The drawing: columns from left to right, each edge with the spots it runs through, the height of it all."""

    columns: Sequence[Sequence[Spot]]
    edges: Sequence[tuple[Line, Sequence[Spot]]]
    height: float


def place(picture: Picture) -> Placed:
    """The drawing of one root module. The same picture gives the same drawing."""
    spots: dict[str, Spot] = {}
    edges: list[tuple[Line, list[Spot]]] = []
    used = sorted({_column(n) for line in picture.lines for n in (line.source, line.target)})
    position = {column: index for index, column in enumerate(used)}
    columns: list[list[Spot]] = [[] for _ in used]
    for line in picture.lines:
        ends = []
        for name in (line.source, line.target):
            if name not in spots:
                spots[name] = Spot(name, position[_column(name)])
                columns[spots[name].column].append(spots[name])
            ends.append(spots[name])
        way = [ends[0], ends[1]]
        if ends[1].column - ends[0].column == 2:
            joint = Spot("", 1)
            columns[1].append(joint)
            way.insert(1, joint)
        for one, other in itertools.pairwise(way):
            one.near.append(other)
            other.near.append(one)
        edges.append((line, way))
    _order(columns)
    return Placed(columns, edges, _heights(columns))


def _column(name: str) -> int:
    return _COLUMN.get(kind(name), 2)


def _order(columns: Sequence[list[Spot]]) -> None:
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        for index in range(1, len(columns)) if forth else range(len(columns) - 2, -1, -1):
            beside = {id(s): i for i, s in enumerate(columns[index - 1 if forth else index + 1])}
            now = {id(s): float(i) for i, s in enumerate(columns[index])}
            columns[index].sort(key=lambda s, beside=beside, now=now: _middle(s, beside, now[id(s)]))  # type: ignore[misc]


def _middle(spot: Spot, beside: Mapping[int, int], now: float) -> float:
    """The mean place of the neighbours in the column beside; where it is, when there are none."""
    places = [beside[id(n)] for n in spot.near if id(n) in beside]
    return sum(places) / len(places) if places else now


def _heights(columns: Sequence[Sequence[Spot]]) -> float:
    """Set every ``y``; gives the height of the drawing."""
    for column in columns:
        _stack(column, [0.0] * len(column))
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            _stack(column, [sum(n.y for n in s.near) / len(s.near) if s.near else s.y for s in column])
    top = min(s.y - s.height / 2 for column in columns for s in column)
    for column in columns:
        for spot in column:
            spot.y -= top
    return max(s.y + s.height / 2 for column in columns for s in column)


def _stack(column: Sequence[Spot], wanted: Sequence[float]) -> None:
    """Heights as near to the wanted ones as order and distances allow, in the sense of least squares."""
    offsets = [0.0]
    for one, other in itertools.pairwise(column):
        offsets.append(offsets[-1] + (one.height + other.height) / 2 + GAP)
    blocks: list[tuple[float, int]] = []  # (mean, how many)
    for want, offset in zip(wanted, offsets, strict=False):
        mean, count = want - offset, 1
        while blocks and blocks[-1][0] > mean:
            before, number = blocks.pop()
            mean, count = (mean * count + before * number) / (count + number), count + number
        blocks.append((mean, count))
    levels = [mean for mean, count in blocks for _ in range(count)]
    for spot, level, offset in zip(column, levels, offsets, strict=False):
        spot.y = level + offset
