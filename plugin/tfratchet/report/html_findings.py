"""The findings of the HTML page: a row each, with its details folded, and what the rules among them are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfratchet.model import Certainty, Finding, Side
from tfratchet.report import ReportOptions
from tfratchet.report.html_text import code, escaped, prose
from tfratchet.report.places import numbered
from tfratchet.report.wording import Wording, wording

_CELL = '<td role="cell">'
Place = tuple[str, "str | None"]


def rows(findings: Sequence[Finding], places: Sequence[Place], options: ReportOptions) -> Iterator[str]:
    """One row a finding. The script filters by its data attributes, which hold nothing but words of our own."""
    number = {place: index for index, place in enumerate(places)}
    words = wording(options.command)
    for finding, key in numbered(findings):
        accepted = finding.suppressed is not None
        level = str(finding.severity)
        where = _where(finding, words)
        if len(places) > 1:
            variant = f" with {escaped(finding.variant)}" if finding.variant else ""
            where += f'<span class="root">{escaped(finding.root)}{variant}</span>'
        yield (
            f'<tr role="row" id="f-{key.replace(":", "-")}" class="{"accepted" if accepted else "open"}" '
            f'data-severity="{level}" data-family="{escaped(finding.family)}" '
            f'data-root="{number[finding.root, finding.variant]}" data-state="{int(accepted)}">'
            f'{_CELL}<span class="sev {level}">{level}</span></td>{_CELL}{_rule(finding, options)}</td>'
            f"{_CELL}{_details(finding, words)}</td>{_CELL}{where}</td></tr>"
        )


def _rule(finding: Finding, options: ReportOptions) -> str:
    name = escaped(finding.rule)
    return f'<a href="#rule-{name}">{name}</a>' if finding.rule in options.rules else name


def _where(finding: Finding, words: Wording) -> str:
    before = " <em>in base</em>" if words.change else f" <em>{words.before}</em>"
    for side, word in ((finding.head, ""), (finding.base, before)):
        if side is not None and side.location is not None:
            return f"{code(str(side.location))}{word}"
    return code(finding.root)


def _details(finding: Finding, words: Wording) -> str:
    tags = "<em>possible</em>" if finding.certainty is Certainty.POSSIBLE else ""
    tags += "<em>accepted</em>" if finding.suppressed is not None else ""
    facts = [("finding", escaped(finding.title))]
    if finding.address:
        facts.append(("resource", code(finding.address)))
    if finding.root != "." or finding.variant:
        variant = f" with {code(finding.variant)}" if finding.variant else ""
        facts.append(("root module", code(finding.root) + variant))
    # What a change takes away is red; of an account, what it should not have.
    colors = ("del", "ins") if words.change else ('code class="good"', 'code class="bad"')
    facts.append((words.before, _side(finding.base, colors[0], "not there")))
    facts.append((words.after, _side(finding.head, colors[1], "gone")))
    if finding.depends_on:
        facts.append(("depends on", ", ".join(map(code, finding.depends_on))))
    if finding.fix:
        facts.append(("fix", prose(finding.fix)))
    accepted = finding.suppressed
    if accepted is not None:
        until = f", until {escaped(accepted.expires)}" if accepted.expires else ""
        facts.append(("accepted", f"{escaped(accepted.reason)} ({escaped(accepted.by)}{until})"))
    listed = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in facts)
    return f"<details><summary>{escaped(finding.message)} {tags}</summary><dl>{listed}</dl></details>"


def _side(side: Side | None, element: str, absent: str) -> str:
    if side is None:
        return absent
    place = f' <span class="at">{escaped(str(side.location))}</span>' if side.location is not None else ""
    return f"<{element}>{escaped(side.value)}</{element.split(maxsplit=1)[0]}>{place}"


def rule_pages(findings: Sequence[Finding], options: ReportOptions) -> Iterator[str]:
    """What the rules that found something are about: why it matters, how to put it right, where it is written."""
    used = sorted({f.rule for f in findings} & set(options.rules))
    if not used:
        return
    from tfratchet.pages import section, why

    yield '<section id="rules" aria-labelledby="rules-h"><h2 id="rules-h">Why it matters</h2>'
    for name in used:
        rule = options.rules[name]
        text = section(rule, "Why").split("\n\n")[0] or why(rule)
        references = ", ".join(escaped(str(r)) for r in rule.references)
        told = f"<p>{prose(' '.join(text.split()))}</p><p><b>Fix:</b> {prose(rule.fix)}</p>"
        told += f'<p class="refs">{references}</p>' if references else ""
        yield (
            f'<details id="rule-{escaped(name)}"><summary><b>{escaped(name)}</b> {escaped(rule.title)}</summary>'
            f"{told}</details>"
        )
    yield "</section>"
