"""``tfratchet explain``: the page of a rule, or the table of all rules."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from tfratchet.commands import command_app, examples
from tfratchet.errors import UserError

app = command_app()


def _complete(incomplete: str) -> list[tuple[str, str]]:
    from tfratchet.rules import every_rule

    return [(rule.id, rule.title) for rule in every_rule() if rule.id.startswith(incomplete.upper())]


@app.command(
    epilog=examples(
        "tfratchet explain             all rules in a table",
        "tfratchet explain TFR101      what the rule finds, why it matters, how to put it right",
    )
)
def explain(
    rule: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            metavar="RULE", help="Id of a rule, such as TFR101.", show_default=False, autocompletion=_complete
        ),
    ] = None,
) -> None:
    """Explain a rule, or list all of them."""
    from tfratchet.pages import page
    from tfratchet.rules import every_rule

    rules = {r.id: r for r in every_rule()}
    if rule is None:
        typer.echo(_table(list(rules)), nl=False)
        return
    found = rules.get(rule.strip().upper())
    if found is None:
        import difflib

        close = difflib.get_close_matches(rule.upper(), rules, n=1, cutoff=0.3)
        hint = f"did you mean {close[0]}?" if close else "'tfratchet explain' lists the rules"
        raise UserError(f"there is no rule '{rule}'", hint=hint)
    typer.echo(page(found), nl=False)


def _table(ids: list[str]) -> str:
    from tfratchet.rules import every_rule

    lines: list[str] = []
    family = ""
    for rule in every_rule():
        if rule.id not in ids:
            continue
        if rule.family != family:
            family = rule.family
            lines += ["", family] if lines else [family]
        group = f"  (--include {rule.group})" if rule.group else ""
        lines.append(f"  {rule.id}  {rule.severity!s:<8}  {rule.title}{group}")
    return "\n".join(lines) + "\n"
