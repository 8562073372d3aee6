"""``tfratchet plan``: what does this Terraform plan take away?"""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from tfratchet.commands import command_app, examples
from tfratchet.commands.shared import (
    BaselineOption,
    Color,
    ColorOption,
    ExpiresOption,
    FailOnOption,
    FormatOption,
    IncludeOption,
    OutputOption,
    OwnerOption,
    QuietOption,
    ReasonOption,
    TodayOption,
    WriteBaselineOption,
)

app = command_app()

EPILOG = examples(
    "terraform plan -out=tfplan && terraform show -json tfplan | tfratchet plan -",
    "tfratchet plan plan.json                            the JSON form of a plan, from a file",
    "tfratchet plan tfplan                               a plan file: shown by terraform (or tofu) here",
    "tfratchet plan prod.json audit.json                 several root modules; a move between them is none",
    "tfratchet plan plan.json --source infra/prod        findings with file and line, and what plans do not show",
    "tfratchet plan plan.json --source . --base origin/main --merge-base",
)


@app.command(short_help="Say what a Terraform or OpenTofu plan takes away.", epilog=EPILOG)
def plan(
    plans: Annotated[list[str], typer.Argument(metavar="PLAN", help="Plans, as JSON or binary; - is standard input.")],
    source: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--source",
            metavar="DIR",
            help="The folder that the plan was made in; for several plans one each, in their order.",
        ),
    ] = None,
    base: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--base", metavar="REV", help="The version of the source before. [default: HEAD]", show_default=False
        ),
    ] = None,
    merge_base: Annotated[
        bool, typer.Option("--merge-base", help="Compare the source with its common ancestor with base.")
    ] = False,
    config: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--config",
            metavar="FILE",
            help="Use this configuration file. [default: the one in the base of --source, else here]",
        ),
    ] = None,
    include: IncludeOption = None,
    baseline: BaselineOption = None,
    write_baseline: WriteBaselineOption = None,
    reason: ReasonOption = None,
    owner: OwnerOption = None,
    expires: ExpiresOption = None,
    format_name: FormatOption = "text",
    output: OutputOption = None,
    fail_on: FailOnOption = None,
    color: ColorOption = Color.AUTO,
    quiet: QuietOption = False,
    day: TodayOption = None,
) -> None:
    """Say what a Terraform or OpenTofu plan takes away from the security baseline.

    Compares the state that a plan starts from with what it makes of it, and tells what was taken away outside of
    Terraform since the last run.

    Exit code: 0 nothing at or above --fail-on, 1 findings, 2 something could not be compared.
    """
    from tfratchet.plans.arguments import PlanArguments
    from tfratchet.plans.run import run

    code = run(
        PlanArguments(
            plans=plans,
            sources=source or (),
            base=base,
            merge_base=merge_base,
            config=config,
            include=include or (),
            baseline=baseline,
            write_baseline=write_baseline,
            reason=reason,
            owner=owner,
            expires=expires,
            format_name=format_name,
            output=output or (),
            fail_on=fail_on.value if fail_on else None,
            color=color.value,
            quiet=quiet,
            day=day,
        )
    )
    raise typer.Exit(code)
