"""What users, groups and policies lose, as a Mermaid graph: users → groups → policies, lost edges in red."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tfratchet.model import Certainty, Finding
from tfratchet.report.escape import printable

_HAS = re.compile(
    r"(?P<holder>(?:every )?(?:user|group|role) .+?) has (?P<how>policy|boundary) (?P<policy>.+?)"
    r"(?: \[[0-9a-f]{12}\])?",  # the digest of the document
    re.DOTALL,
)
_IN = re.compile(r"(?P<user>(?:every )?user .+?) is in (?P<group>(?:every )?group .+)", re.DOTALL)
_LABEL = 60
_RED = "#d1242f"


def edges(finding: Finding) -> list[tuple[str, str, str]]:
    """(from, to, what the edge says) of everything that ``finding.lost`` tells in words (see ``iam.losses``)."""
    found = []
    for word in finding.lost:
        has, member = _HAS.fullmatch(word), _IN.fullmatch(word)
        if has is not None:
            found.append((has["holder"], f"{has['how']} {has['policy']}", "lost"))
        elif member is not None:
            found.append((member["user"], member["group"], "left"))
    return found


def mermaid(findings: Iterable[Finding], limit: int) -> tuple[list[str], int]:
    """Lines of the graph, at most ``limit`` bytes, and the number of edges that are not drawn.

    No line at all when no finding loses a policy or a membership. Root modules stand apart: a user of one is another
    user than one of the same name in the next.
    """
    wanted: dict[tuple[str, str], dict[tuple[str, str, str], None]] = {}
    for finding in findings:
        for source, target, word in edges(finding):
            say = word if finding.certainty is Certainty.CERTAIN else f"{word}?"
            wanted.setdefault((finding.root, finding.variant or ""), {})[source, target, say] = None
    total = sum(len(found) for found in wanted.values())
    lines: list[str] = []
    nodes = size = drawn = 0
    for number, ((path, variant), found) in enumerate(wanted.items()):
        frame = f'  subgraph r{number} ["{label(f"{path} with {variant}" if variant else path)}"]'
        size += len(frame.encode()) + 100
        names: dict[str, str] = {}
        body: list[str] = []
        for source, target, say in found:
            more = []
            for name in (source, target):
                if name not in names:
                    names[name] = f"n{nodes}"
                    nodes += 1
                    more.append(_node(names[name], name))
            more.append(f'  {names[source]} -. "{say}" .-> {names[target]}')
            size += sum(len(line.encode()) + 1 for line in more) + 80  # and its style
            if size > limit:
                break
            body += more
            drawn += 1
        if body:
            lines += [frame, *body, "  end"] if len(wanted) > 1 else body
        if size > limit:
            break
    if not drawn:
        return [], total
    styles = [f"  linkStyle {i} stroke:{_RED},color:{_RED},stroke-width:2px" for i in range(drawn)]
    return ["graph LR", *lines, *styles], total - drawn


def _node(name: str, text: str) -> str:
    kind = text.removeprefix("every ").split(" ", 1)[0]
    left, right = {"user": ("([", "])"), "group": ("[[", "]]"), "role": ("([", "])")}.get(kind, ("[", "]"))
    return f'  {name}{left}"{label(text)}"{right}'


def label(text: str) -> str:
    """Text of a node: cut, and every character that Mermaid, Markdown or HTML could act on as Mermaid's ``#NN;``."""
    text = printable(text)
    text = text if len(text) <= _LABEL else text[: _LABEL - 1] + "…"
    plain = "".join(c if c.isalnum() or c in " -_./…" else f"#{ord(c)};" for c in text)
    # Atlantis reads this word in a comment as the outcome of the run.
    return re.sub("(fa)(il)", lambda m: f"{m[1]}#8203;{m[2]}", plain, flags=re.IGNORECASE)
