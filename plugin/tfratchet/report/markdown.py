"""Markdown for a comment on a pull request: the verdict first, a table, what is stronger, a graph, the rest folded.

GitHub refuses a body over 65,536 characters: whole findings are left out and their number is told. A hidden marker on
the first line lets the next run find the comment again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from tfratchet.model import Certainty, Finding, Problem, Severity, Side
from tfratchet.more import KEPT, LOST, NEW, STRONGER, Edge, Gain
from tfratchet.report import ReportOptions, exit_code, worst_first
from tfratchet.report.escape import printable
from tfratchet.report.graph import mermaid
from tfratchet.report.wording import Wording, wording

if TYPE_CHECKING:
    from tfratchet.pipeline import Compared, Outcome
    from tfratchet.rules.base import RuleInfo

MARKER = "<!-- tfratchet -->"
LIMIT = 65_000
"""Bytes of UTF-8, so that it holds however a host counts characters; below GitHub's 65,536."""

_SIGNS = {Severity.CRITICAL: "🔴", Severity.HIGH: "🟠", Severity.MEDIUM: "🟡", Severity.LOW: "🔵"}
_GRAPH, _LIST = 10_000, 5_000  # bytes that the graph, and each list below the findings, may take
_TEXT, _CELL = 600, 120  # characters of a text in the details, and in the table
# Punctuation without what means nothing: an underscore within a word, a colon before a blank or a number, and so on.
_SPECIAL = re.compile(
    r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?![ 0-9])|(?<=www)\.|[!\"#$&*+<>@\[\\\]^`{|}~]", re.IGNORECASE
)
_START = re.compile(r"[-=]|\d+(?=[.)])")  # at the start of a line: a list, a heading
_FAIL = re.compile("(fa)(il)", re.IGNORECASE)


def render(outcome: Outcome, options: ReportOptions) -> str:
    """The comment. Text of the analysed tree is never Markdown, HTML, a mention, nor a link in it."""
    result = outcome.result
    findings = worst_first(f for f in result.findings if f.suppressed is None)
    accepted = worst_first(f for f in result.findings if f.suppressed is not None)
    head = [MARKER, f"## {_verdict(findings, result.errors, wording(options.command))}", "", _compared(outcome), ""]
    if result.errors:
        head += [f"### Could not be {wording(options.command).looked}", "", *_list(result.errors, _problem), ""]
    more = result.more()
    tail = [*_gains(more.gains, shut=bool(findings)), *_graph(findings, more.edges)]
    tail += _folded(f"{len(accepted)} accepted", _list(accepted, _accepted)) if accepted else []
    notes = list(dict.fromkeys([*result.notes, *more.notes]))
    tail += _folded(_count(len(notes), "note"), _list(notes, _problem)) if notes else []
    text = "\n".join([*head, *_findings(findings, options, LIMIT - _size(head) - _size(tail)), *tail]).rstrip() + "\n"
    if exit_code(outcome, options.fail_on) == 0:
        # Atlantis reads this word in a comment as the outcome of the run. Here names alone can hold it.
        text = _FAIL.sub(lambda m: f"{m[1]}&#8203;{m[2]}", text)
    return text


def _verdict(findings: Sequence[Finding], errors: Sequence[Problem], words: Wording) -> str:
    counts = {level: sum(f.severity is level for f in findings) for level in sorted(Severity, reverse=True)}
    found = ", ".join(f"{n} {level}" for level, n in counts.items() if n)
    if errors:
        return f"⚠️ tfratchet: not everything was {words.looked}{f'; {found} so far' if found else ''}"
    if findings:
        return f"{_SIGNS[findings[0].severity]} tfratchet: {words.found}: {found}"
    return f"✅ tfratchet: {words.nothing}"


def _compared(outcome: Outcome) -> str:
    if outcome.scope:
        return f"Looked at {text(outcome.scope, _TEXT)}."
    counted = outcome.statistics
    words = f"Compared {_side(outcome.base)} with {_side(outcome.head)}: "
    if counted.roots == 0:
        return f"{words}{_count(counted.changed, 'changed file')}, none of which any root module reads."
    words += f"{_count(counted.roots, 'root module')}, {_count(counted.resources, 'resource')}"
    if counted.calls:
        words += f", {_count(counted.calls, 'module call')} not looked into"
    return words + (f"; {_count(counted.unknown, 'value')} could not be known." if counted.unknown else ".")


def _findings(findings: Sequence[Finding], options: ReportOptions, space: int) -> list[str]:
    """Table and details of as many findings as have room."""
    if not findings:
        return []
    table = ["| | rule | what | where |", "| --- | --- | --- | --- |"]
    opening, closing = ["", "<details>", "<summary>Details</summary>", ""], ["</details>", ""]
    used = _size([*table, *opening, *closing]) + 200  # and the line about those left out
    rows: list[str] = []
    details: list[str] = []
    for finding in findings:
        row, detail = _row(finding), _detail(finding, options.rules.get(finding.rule), wording(options.command))
        used += _size([row, *detail])
        if used > space:
            break
        rows.append(row)
        details += detail
    left = len(findings) - len(rows)
    more = ["", f"**{_count(left, 'more finding')} left out here**, the least severe: see the log."] if left else []
    return [*table, *rows, *more, *opening, *details, *closing]


def _row(finding: Finding) -> str:
    possible = " (possible)" if finding.certainty is Certainty.POSSIBLE else ""
    what = f"{text(finding.message, _CELL * 2)}{possible}"
    where = _place(finding.head) or (f"{_place(finding.base)} (base)" if _place(finding.base) else "")
    where = where or code(finding.root, _CELL)
    return f"| {_SIGNS[finding.severity]} {finding.severity} | {code(finding.rule, 20)} | {what} | {where} |"


def _detail(finding: Finding, rule: RuleInfo | None, names: Wording) -> list[str]:
    possible = " (possible)" if finding.certainty is Certainty.POSSIBLE else ""
    lines = [
        f"#### {_SIGNS[finding.severity]} {code(finding.rule, 20)} {text(finding.title, _CELL)}{possible}",
        "",
        f"- what: {text(finding.message, _TEXT)}",
    ]
    if finding.address:
        lines.append(f"- resource: {code(finding.address, _TEXT)}")
    if finding.root != "." or finding.variant:
        with_file = f" with {code(finding.variant, _CELL)}" if finding.variant else ""
        lines.append(f"- root module: {code(finding.root, _CELL)}{with_file}")
    for name, side, absent in ((names.before, finding.base, "not there"), (names.after, finding.head, "gone")):
        place = _place(side)
        # A removal has no line in head: reviewers find it on the left side of the diff.
        left = ", left side of the diff" if place and side is finding.base and finding.head is None else ""
        lines.append(
            f"- {name}: {code(side.value, _TEXT) if side else absent}" + (f" ({place}{left})" if place else "")
        )
    if finding.depends_on:
        lines.append("- depends on: " + ", ".join(code(d, _CELL) for d in finding.depends_on[:4]))
    if rule is not None:
        from tfratchet.pages import why

        lines.append(f"- why: {prose(why(rule))}")
    if finding.fix:
        lines.append(f"- fix: {prose(finding.fix)}")
    return [*lines, ""]


def _gains(gains: Sequence[Gain], *, shut: bool) -> list[str]:
    """What the change adds; open to the eye where nothing else is."""
    stronger = [g for g in gains if g.kind == STRONGER]
    attached = [g for g in gains if g.kind != STRONGER]
    lines = []
    if stronger:
        lines += _folded(f"Stronger with this change: {len(stronger):,}", _list(stronger, _gain), shut=shut)
    if attached:
        lines += _folded(f"Newly attached, which is not judged here: {len(attached):,}", _list(attached, _gain))
    return lines


def _gain(gain: Gain) -> str:
    where = f" ({code(str(gain.location), _CELL)})" if gain.location is not None else ""
    return f"- {text(gain.text, _CELL * 2)}{where}"


def _graph(findings: Sequence[Finding], edges: Sequence[Edge]) -> list[str]:
    lines, left = mermaid(findings, _GRAPH, edges)
    if not lines:
        return []
    more = [f"{_count(left[LOST], 'more loss', 'more losses')} not drawn.", ""] if left[LOST] else []
    if left[NEW] + left[KEPT]:
        more += ["What stays is drawn in part.", ""]
    summary = "Users → groups → policies: lost in red, new in green"
    return _folded(summary, ["```mermaid", *lines, "```", *more])


def _folded(summary: str, lines: Sequence[str], *, shut: bool = True) -> list[str]:
    return [
        "<details>" if shut else "<details open>",
        f"<summary>{summary}</summary>",
        "",
        *lines,
        "",
        "</details>",
        "",
    ]


def _list(items: Iterable[object], line: Callable[..., str]) -> list[str]:
    """One line an item, as many whole ones as have room."""
    lines = [line(item) for item in dict.fromkeys(items)]
    for shown in range(len(lines)):
        if _size(lines[: shown + 1]) > _LIST:
            return [*lines[:shown], f"- and {len(lines) - shown} more"]
    return lines


def _problem(problem: Problem) -> str:
    where = f"{code(str(problem.location), _CELL)}: " if problem.location else ""
    return f"- {where}{text(problem.message, _TEXT)}"


def _accepted(finding: Finding) -> str:
    accepted = finding.suppressed
    if accepted is None:
        raise ValueError("only accepted findings are listed here")
    until = f", until {text(accepted.expires, 20)}" if accepted.expires else ""
    by = f"{text(accepted.by, 40)}{until}"
    return f"- {code(finding.rule, 20)} {code(finding.address, _CELL)}: {text(accepted.reason, _CELL * 2)} ({by})"


def _place(side: Side | None) -> str:
    return code(str(side.location), _CELL) if side is not None and side.location is not None else ""


def _side(side: Compared) -> str:
    commit = f" ({code(side.commit[:9], 9)})" if side.commit and not side.commit.startswith(side.label) else ""
    return code(side.label, _CELL) + commit


def _size(lines: Iterable[str]) -> int:
    # The word that ``render`` parts at its end gets longer by that.
    return sum(len(line.encode("utf-8", "backslashreplace")) + 1 + 7 * len(_FAIL.findall(line)) for line in lines)


def _count(number: int, noun: str, nouns: str = "") -> str:
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def text(value: str, limit: int) -> str:
    """Text as it is: every character that Markdown or HTML could act on as a character reference.

    ``@name`` and ``#12`` would be looked for in the finished page, where references are resolved: an invisible
    character parts them, so that nobody is called and no other issue is linked.
    """
    value = _escaped(_cut(value.strip(), limit)).replace("&#64;", "&#64;&#8203;").replace("&#35;", "&#35;&#8203;")
    return "&#8203;" + value if _START.match(value) else value


def code(value: str, limit: int) -> str:
    """The same in the type of code: ``<code>`` and not backticks, which would show references as they are written."""
    return f"<code>{_escaped(_cut(value, limit))}</code>"


def prose(value: str) -> str:
    """Text of a rule: pairs of backticks are code."""
    parts = _cut(value, _TEXT).split("`")
    if len(parts) % 2 == 0:
        return text(value, _TEXT)
    return "".join(code(p, _TEXT) if i % 2 else text(p, _TEXT) for i, p in enumerate(parts))


def _cut(value: str, limit: int) -> str:
    value = printable(value)
    return value if len(value) <= limit else value[: limit - 1] + "…"


def _escaped(value: str) -> str:
    return _SPECIAL.sub(lambda m: f"&#{ord(m[0])};", value)
