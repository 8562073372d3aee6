"""One self-contained HTML page: the verdict first, the findings with filter and search, the graph, everything else.

The page asks nothing of anybody: style and script are in it, and its content security policy allows these two by their
hashes and nothing else, so that not even a mistake in escaping could run or load anything. It is plain ASCII (what is
not is written as references). Without JavaScript everything is shown; only filter, search and the switch of colours
are missing.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import tfratchet
from tfratchet.model import Finding, Problem, Severity
from tfratchet.more import KEPT, LOST, NEW, STRONGER, Gain, More
from tfratchet.report import ReportOptions, exit_code, worst_first
from tfratchet.report.graph import chosen, pictures
from tfratchet.report.html_findings import rows, rule_pages
from tfratchet.report.html_graph import sentences, svg
from tfratchet.report.html_text import code, escaped
from tfratchet.report.wording import wording

if TYPE_CHECKING:
    from tfratchet.pipeline import Compared, Outcome

_LINES = 150  # of the graphs together
_GAINS = 500  # lines a list
_SECTIONS = {
    "errors": "Errors",
    "findings": "Findings",
    "graph": "Graph",
    "stronger": "Stronger",
    "attached": "Newly attached",
    "notes": "Notes",
    "rules": "Why it matters",
}


def render(outcome: Outcome, options: ReportOptions) -> str:
    """The page. Text of the analysed tree is never anything but text in it."""
    result = outcome.result
    findings = worst_first(f for f in result.findings if f.suppressed is None)
    accepted = worst_first(f for f in result.findings if f.suppressed is not None)
    more = result.more()
    notes = list(dict.fromkeys([*result.notes, *more.notes]))
    stronger = [g for g in more.gains if g.kind == STRONGER]
    attached = [g for g in more.gains if g.kind != STRONGER]
    errors = list(dict.fromkeys(result.errors))
    sections = {
        "errors": _problems("errors", f"Could not be {wording(options.command).looked}", errors),
        "findings": _findings([*findings, *accepted], options),
        "graph": _graphs(findings, more),
        "stronger": _gains("stronger", "Stronger with this change", stronger),
        "attached": _gains("attached", "Newly attached, which is not judged here", attached),
        "notes": _problems("notes", "Notes", notes),
        "rules": list(rule_pages([*findings, *accepted], options)),
    }
    body = [
        '<a class="skip" href="#findings">Skip to the findings</a>',
        _header(outcome, options, findings, len(accepted), [name for name, lines in sections.items() if lines]),
        "<main>",
        *(line for lines in sections.values() for line in lines),
        "</main>",
        _footer(outcome, options),
    ]
    page = _page(_verdict(findings, result.errors, options)[1], "\n".join(body))
    return page.encode("ascii", "xmlcharrefreplace").decode()


# -- the frame ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _parts() -> tuple[str, str]:
    """Style and script, as they stand in the page."""
    here = Path(__file__).parent
    return tuple((here / f"html_page.{kind}").read_text("ascii").strip() for kind in ("css", "js"))  # type: ignore[return-value]


def _page(title: str, body: str) -> str:
    style, script = _parts()
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="tfratchet {tfratchet.__version__}">
<link rel="icon" href="data:,">
<title>{escaped(title)} \N{MIDDLE DOT} tfratchet</title>
<style>{style}</style>
</head>
<body>
{body}
<script>{script}</script>
</body>
</html>
"""


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _verdict(findings: Sequence[Finding], errors: Sequence[Problem], options: ReportOptions) -> tuple[str, str]:
    """Its class, and the sentence."""
    words = wording(options.command)
    if errors:
        return "unsure", f"Not everything was {words.looked}"
    sort, text = (str(findings[0].severity), words.found) if findings else ("good", words.nothing)
    return sort, text[:1].upper() + text[1:]


def _header(
    outcome: Outcome, options: ReportOptions, findings: Sequence[Finding], accepted: int, sections: Sequence[str]
) -> str:
    sort, text = _verdict(findings, outcome.result.errors, options)
    counts = Counter(f.severity for f in findings)
    chips = [
        f'<li class="sev {level}"><b>{counts[level]:,}</b> {level}</li>'
        for level in sorted(Severity, reverse=True)
        if counts[level]
    ]
    chips += [f'<li class="sev none"><b>{accepted:,}</b> accepted</li>'] if accepted else []
    links = "".join(f'<a href="#{name}">{_SECTIONS[name]}</a>' for name in sections)
    return f"""<header class="verdict {sort}">
<div class="bar"><p class="brand">tfratchet <span>{escaped(options.command)}</span></p>
<button type="button" id="theme" hidden>Colours: <span>automatic</span></button></div>
<h1>{escaped(text)}</h1>
<ul class="chips">{"".join(chips)}</ul>
<p class="compared">{_compared(outcome)}</p>
<nav aria-label="Parts of this page">{links}</nav>
</header>"""


def _compared(outcome: Outcome) -> str:
    if outcome.scope:
        return f"Looked at {escaped(outcome.scope)}."
    counted = outcome.statistics
    text = f"Compared {_side(outcome.base)} with {_side(outcome.head)}: "
    if counted.roots == 0:
        return f"{text}{_count(counted.changed, 'changed file')}, none of which any root module reads."
    text += f"{_count(counted.roots, 'root module')}, {_count(counted.resources, 'resource')}"
    if counted.calls:
        text += f", {_count(counted.calls, 'module call')} not looked into"
    return text + (f"; {_count(counted.unknown, 'value')} could not be known." if counted.unknown else ".")


def _side(side: Compared) -> str:
    commit = f" ({code(side.commit[:9])})" if side.commit and not side.commit.startswith(side.label) else ""
    return code(side.label) + commit


def _footer(outcome: Outcome, options: ReportOptions) -> str:
    fail_on = str(options.fail_on) if options.fail_on else "never"
    ended = exit_code(outcome, options.fail_on)
    keys = '<span class="keys" hidden>Keys: <kbd>/</kbd> search, <kbd>Esc</kbd> clear</span>'
    return (
        f"<footer><p>tfratchet {tfratchet.__version__} \N{MIDDLE DOT} exit code {ended} (threshold: {fail_on})</p>"
        f"<p>{keys}</p></footer>"
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


# -- sections -------------------------------------------------------------------------------------------------------


def _findings(findings: Sequence[Finding], options: ReportOptions) -> list[str]:
    if not findings:
        return ['<section id="findings" aria-label="Findings"><p class="empty">No findings.</p></section>']
    places = list(dict.fromkeys((f.root, f.variant) for f in findings))
    return [
        '<section id="findings" aria-labelledby="findings-h">',
        '<h2 id="findings-h">Findings</h2>',
        f'<div class="tools">{_filter(findings, places)}<div class="above">'
        f'<p id="count" role="status" aria-live="polite">{_count(len(findings), "finding")}</p>'
        '<button type="button" id="unfold" aria-pressed="false" hidden>Open all</button></div></div>',
        # The roles are said because the rows are laid out as grids: some browsers then forget what a table is.
        '<table role="table"><thead role="rowgroup"><tr role="row">',
        *(f'<th role="columnheader" scope="col">{name}</th>' for name in ("Severity", "Rule", "What", "Where")),
        '</tr></thead><tbody role="rowgroup">',
        *rows(findings, places, options),
        "</tbody></table>",
        '<p id="nothing" hidden>No finding is like that. <button type="button" id="reset">Show all</button></p>',
        "</section>",
    ]


def _filter(findings: Sequence[Finding], places: Sequence[tuple[str, str | None]]) -> str:
    """Shown by the script: without it nothing can be filtered."""
    counts = Counter(f.severity for f in findings)
    levels = "".join(
        f'<label class="sev {level}"><input type="checkbox" name="severity" value="{level}" checked> {level} '
        f"<b>{counts[level]:,}</b></label>"
        for level in sorted(Severity, reverse=True)
        if counts[level]
    )
    families = [(name, name) for name in sorted({f.family for f in findings})]
    roots = [(str(i), root + (f" with {variant}" if variant else "")) for i, (root, variant) in enumerate(places)]
    roots.sort(key=lambda pair: pair[1])
    states = [("0", "open"), ("1", "accepted")] if len({f.suppressed is None for f in findings}) == 2 else []
    return (
        '<form id="filter" role="search" aria-label="Filter the findings" hidden>'
        '<label class="search"><span>Search</span><input type="search" id="search" autocomplete="off" '
        'spellcheck="false" placeholder="rule, resource, value, file" aria-keyshortcuts="/"></label>'
        f"<fieldset><legend>Severity</legend>{levels}</fieldset>"
        f"{_select('family', 'Family', families)}{_select('root', 'Root module', roots)}"
        f"{_select('state', 'State', states)}</form>"
    )


def _select(name: str, label: str, options: Sequence[tuple[str, str]]) -> str:
    """A choice; none where there is nothing to choose between."""
    if len(options) < 2:
        return ""
    items = "".join(f'<option value="{escaped(value)}">{escaped(text)}</option>' for value, text in options)
    return f'<label><span>{label}</span><select name="{name}"><option value="">all</option>{items}</select></label>'


def _graphs(findings: Iterable[Finding], more: More) -> list[str]:
    drawn, left = chosen(pictures(findings, more.edges), _LINES)
    if not drawn:
        return []
    lines = [
        '<section id="graph" aria-labelledby="graph-h"><h2 id="graph-h">Users, groups, policies</h2>',
        '<ul class="legend"><li class="lost">lost</li><li class="new">new</li><li class="kept">kept</li></ul>',
    ]
    for number, picture in enumerate(drawn):
        caption = f"<figcaption>{code(picture.title)}</figcaption>" if len(drawn) > 1 or picture.title != "." else ""
        items = "".join(f"<li>{escaped(text)}</li>" for text in sentences(picture))
        lines.append(
            f'<figure>{caption}<div class="scroll" tabindex="0" role="region" aria-label="Graph of '
            f'{escaped(picture.title)}">{svg(picture, number)}</div>'
            f"<details><summary>The same in words</summary><ul>{items}</ul></details></figure>"
        )
    if left[LOST]:
        lines.append(f"<p>{left[LOST]:,} more {'loss' if left[LOST] == 1 else 'losses'} not drawn: see the table.</p>")
    if left[NEW] + left[KEPT]:
        lines.append("<p>What stays is drawn in part.</p>")
    return [*lines, "</section>"]


def _gains(name: str, title: str, gains: Sequence[Gain]) -> list[str]:
    if not gains:
        return []
    items = [f"<li>{escaped(g.text)}{_at(g)}</li>" for g in gains[:_GAINS]]
    items += [f"<li>and {len(gains) - _GAINS:,} more</li>"] if len(gains) > _GAINS else []
    return [
        f'<section id="{name}" aria-labelledby="{name}-h">',
        f'<h2 id="{name}-h">{title} <span class="n">{len(gains):,}</span></h2>',
        f'<ul class="{name}">{"".join(items)}</ul></section>',
    ]


def _at(gain: Gain) -> str:
    return f' <span class="at">{escaped(str(gain.location))}</span>' if gain.location is not None else ""


def _problems(name: str, title: str, problems: Sequence[Problem]) -> list[str]:
    if not problems:
        return []
    items = "".join(
        f"<li>{code(str(p.location)) + ' ' if p.location is not None else ''}{escaped(p.message)}</li>"
        for p in problems
    )
    inner = f"<ul>{items}</ul>"
    if name == "notes" and len(problems) > 3:
        inner = f"<details><summary>{_count(len(problems), 'note')}</summary>{inner}</details>"
    return [
        f'<section id="{name}" class="{name}" aria-labelledby="{name}-h"><h2 id="{name}-h">{title} '
        f'<span class="n">{len(problems):,}</span></h2>{inner}</section>'
    ]
