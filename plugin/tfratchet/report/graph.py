"""Users → groups → policies around what is lost: the data of the picture, and its Mermaid text.

The findings tell what is lost (``Finding.lost``), ``more.Edge`` what stays around it. Root modules stand apart: a user
of one is another user than one of the same name in the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tfratchet.model import Certainty, Finding
from tfratchet.more import KEPT, LOST, NEW, Edge
from tfratchet.report.escape import printable
from tfratchet.words import SINGULAR, edge, listed

STATES = (LOST, NEW, KEPT)
"""In the order of what matters: the last ones are left out first."""
MOST_EDGES = 400
"""Mermaid itself draws no more than 500 (``maxEdges``)."""
_BUNDLE = 4
"""So many that have all their edges in common are drawn as one."""
_LABEL = 60
_MORE = re.compile(r" and [0-9,]{1,9} more$")
_COLORS = {LOST: "#d1242f", NEW: "#1a7f37", KEPT: "#818b98"}  # each readable on white and on black


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as it is drawn: between names, or between lists of names that have the same edges."""

    source: str
    target: str
    state: str
    certain: bool = True
    times: int = 1
    """How many edges it stands for."""

    @property
    def word(self) -> str:
        """What stands at it: ``lost``, ``left?`` (a group, possibly), ``new``; nothing where all is as it was."""
        lost = "left" if kind(self.target) == "group" else "lost"
        said = {LOST: lost, NEW: "new"}.get(self.state, "")
        return said if self.certain else f"{said}?"


@dataclass
class Picture:
    """What is drawn of one root module."""

    root: str
    variant: str | None
    lines: list[Line] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The root module, with its var file."""
        return f"{self.root} with {self.variant}" if self.variant else self.root


def pictures(findings: Iterable[Finding], around: Iterable[Edge] = ()) -> list[Picture]:
    """One for each root module that loses a policy or a membership, worst first; in each: losses, then what is new,
    then what is kept. Those that have all their edges in common are drawn as one.
    """
    found: dict[tuple[str, str | None], dict[tuple[str, str], tuple[str, bool]]] = {}
    for finding in findings:
        for word in finding.lost:
            ends = edge(word)
            if ends is not None:
                mine = found.setdefault((finding.root, finding.variant), {})
                certain = finding.certainty is Certainty.CERTAIN
                if ends not in mine or certain:
                    mine[ends] = (LOST, certain)
    for one in around:
        others = found.get((one.root, one.variant))
        if others is not None:
            others.setdefault((one.source, one.target), (one.state, one.certain))
    drawn = []
    for (root, variant), mine in found.items():
        lines = [Line(*ends, *how) for ends, how in mine.items()]
        lines = _bundled(_bundled(lines, of_source=True), of_source=False)
        drawn.append(Picture(root, variant, sorted(lines, key=lambda e: STATES.index(e.state))))
    return drawn


def _bundled(lines: Sequence[Line], *, of_source: bool) -> list[Line]:
    """Users and roles that have the same edges (``of_source``), or policies that have them, as one from four on."""
    edges: dict[str, dict[tuple[str, str, bool], int]] = {}
    for line in lines:
        name, other = (line.source, line.target) if of_source else (line.target, line.source)
        edges.setdefault(name, {})[other, line.state, line.certain] = line.times
    alike: dict[tuple[str, frozenset[tuple[str, str, bool]]], list[str]] = {}
    groups = {line.target for line in lines if kind(line.target) == "group"}
    for name, mine in edges.items():
        if name not in groups and kind(name) != "group":
            alike.setdefault((kind(name), frozenset(mine)), []).append(name)
    named = {name: name for name in edges}
    for names in alike.values():
        if len(names) >= _BUNDLE:
            named |= dict.fromkeys(names, listed(names, 2))
    bundled: dict[tuple[str, str, str, bool], int] = {}
    for line in lines:
        source = named[line.source] if of_source else line.source
        target = line.target if of_source else named[line.target]
        key = (source, target, line.state, line.certain)
        bundled[key] = bundled.get(key, 0) + line.times
    return [Line(*key, times) for key, times in bundled.items()]


def chosen(drawn: Sequence[Picture], room: int) -> tuple[list[Picture], dict[str, int]]:
    """The pictures cut to ``room`` lines, and how many edges of each state are left out."""
    kept = [Picture(p.root, p.variant) for p in drawn]
    left = dict.fromkeys(STATES, 0)
    for state in STATES:
        for picture, of in zip(kept, drawn, strict=True):
            for line in of.lines:
                if line.state != state:
                    continue
                if room <= 0:
                    left[state] += line.times
                else:
                    picture.lines.append(line)
                    room -= 1
    return [p for p in kept if p.lines], left


def kind(name: str) -> str:
    """``user``, ``group``, ``role``, ``policy`` or ``boundary``, of one or of a list."""
    first = name.removeprefix("every ").split(" ", 1)[0]
    return SINGULAR.get(first, first)


def mermaid(findings: Iterable[Finding], limit: int, around: Iterable[Edge] = ()) -> tuple[list[str], dict[str, int]]:
    """Lines of the graph, at most ``limit`` bytes, and how many edges of each state are not drawn.

    No line at all when no finding loses a policy or a membership.
    """
    every = pictures(findings, around)
    number = min(sum(len(p.lines) for p in every), MOST_EDGES)
    while number:
        drawn, left = chosen(every, number)
        lines = _lines(drawn)
        size = sum(len(line.encode()) + 1 for line in lines)
        if size <= limit:
            return lines, left
        number = min(number - 1, number * limit // size)
    return [], chosen(every, 0)[1]


def _lines(drawn: Sequence[Picture]) -> list[str]:
    lines = ["graph LR"]
    by_state: dict[str, list[int]] = {state: [] for state in STATES}
    nodes = count = 0
    for number, picture in enumerate(drawn):
        if len(drawn) > 1:
            lines += [f'  subgraph r{number} ["{label(picture.title)}"]', "  direction LR"]
        names: dict[str, str] = {}
        for one in picture.lines:
            for name in (one.source, one.target):
                if name not in names:
                    names[name] = f"n{nodes}"
                    nodes += 1
                    lines.append(_node(names[name], name))
            lines.append(f"  {names[one.source]} {_arrow(one)} {names[one.target]}")
            by_state[one.state].append(count)
            count += 1
        if len(drawn) > 1:
            lines.append("  end")
    for state, numbers in by_state.items():
        if numbers:
            width = 1 if state == KEPT else 2
            style = f"stroke:{_COLORS[state]},color:{_COLORS[state]},stroke-width:{width}px"
            lines.append(f"  linkStyle {','.join(map(str, numbers))} {style}")
    return lines


def _arrow(one: Line) -> str:
    """Dashed for what is lost, thick for what is new: colours alone do not tell everybody."""
    said = one.word
    if one.state == LOST:
        return f'-. "{said}" .->'
    if one.state == NEW:
        return f'== "{said}" ==>'
    return f'-- "{said}" -->' if said else "-->"


def shortened(name: str, most: int) -> str:
    """A name of no more than ``most`` characters; of a list, how many more there are is kept."""
    if len(name) <= most:
        return name
    more = _MORE.search(name)
    tail = more[0] if more is not None else ""
    return name[: most - len(tail) - 1] + "\u2026" + tail


def _node(name: str, text: str) -> str:
    left, right = {"user": ("([", "])"), "group": ("[[", "]]"), "role": ("([", "])")}.get(kind(text), ("[", "]"))
    return f'  {name}{left}"{label(text)}"{right}'


def label(text: str) -> str:
    """Text of a node: cut, and every character that Mermaid, Markdown or HTML could act on as Mermaid's ``#NN;``."""
    text = shortened(printable(text), _LABEL)
    plain = "".join(c if c.isalnum() or c in " -_./…" else f"#{ord(c)};" for c in text)
    # Atlantis reads this word in a comment as the outcome of the run.
    return re.sub("(fa)(il)", lambda m: f"{m[1]}#8203;{m[2]}", plain, flags=re.IGNORECASE)
