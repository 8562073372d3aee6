"""The pages of the rules, made from the rule classes: what ``tfratchet explain`` prints and ``docs/rules/`` holds.

One source, so the two cannot differ: the class docstring, and the metadata beside it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tfratchet.rules.base import RuleInfo

_SECTION = re.compile(r"^## +(?P<name>.+?) *$", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"'(])")


def docstring(rule: RuleInfo) -> str:
    """The rule's class docstring, its own (not one it inherits), without indentation."""
    return inspect.cleandoc(type(rule).__doc__ or "")


def section(rule: RuleInfo, name: str) -> str:
    """The text of ``## name`` of a rule's docstring; empty when there is none."""
    text = docstring(rule)
    found = list(_SECTION.finditer(text))
    for i, match in enumerate(found):
        if match["name"].lower() == name.lower():
            end = found[i + 1].start() if i + 1 < len(found) else len(text)
            return text[match.end() : end].strip()
    return ""


def why(rule: RuleInfo) -> str:
    """One sentence: why a finding of this rule matters. Falls back on the first line of the docstring."""
    text = section(rule, "Why")
    paragraph = " ".join(text.split("\n\n")[0].split()) if text else docstring(rule).split("\n")[0]
    return _SENTENCE_END.split(paragraph)[0]


def page(rule: RuleInfo) -> str:
    """The whole page of a rule, in Markdown."""
    facts = [f"family **{rule.family}**", f"severity **{rule.severity}**"]
    facts.append(f"off by default: `--include {rule.group}`" if rule.group else "on by default")
    parts = [f"# {rule.id}: {rule.title}", " · ".join(facts), docstring(rule)]
    if not section(rule, "Fix") and rule.fix:
        parts.append(f"## Fix\n\n{rule.fix}")
    if rule.references or rule.checkov:
        lines = [f"- [{r}]({r.url})" if r.url else f"- {r}" for r in rule.references]
        if rule.checkov:
            lines.append("- related Checkov checks (state side): " + ", ".join(f"`{c}`" for c in rule.checkov))
        parts.append("## References\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"


def index(rules: Sequence[RuleInfo]) -> str:
    """The page that lists all rules, family by family."""
    parts = [
        "# Rules",
        "Made by `tfratchet rules-docs docs/rules` from the rule classes: do not edit by hand.\n"
        "`tfratchet explain RULE` prints the same pages.",
    ]
    for family in dict.fromkeys(r.family for r in rules):
        rows = [f"## {family}", "", "| rule | finds | severity | |", "| --- | --- | --- | --- |"]
        for rule in rules:
            if rule.family == family:
                switch = f"`--include {rule.group}`" if rule.group else ""
                rows.append(f"| [{rule.id}]({rule.id}.md) | {rule.title} | {rule.severity} | {switch} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def pages(rules: Sequence[RuleInfo]) -> dict[str, str]:
    """Every generated file of ``docs/rules/``: name → content."""
    return {"README.md": index(rules), **{f"{r.id}.md": page(r) for r in rules}}


def stale(directory: Path, wanted: Mapping[str, str]) -> list[str]:
    """What is wrong with ``directory``: one line for each file that is missing, outdated, or no longer wanted."""
    problems = []
    for name, content in wanted.items():
        target = directory / name
        if not target.is_file():
            problems.append(f"{target} is missing")
        elif target.read_text(encoding="utf-8") != content:
            problems.append(f"{target} is out of date")
    present = sorted(p.name for p in directory.glob("*.md")) if directory.is_dir() else []
    problems += [f"{directory / name} belongs to no rule" for name in present if name not in wanted]
    return problems
