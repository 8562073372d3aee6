"""``tfratchet diff``: what does this change take away?"""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from tfratchet.commands import command_app, examples
from tfratchet.commands.shared import (
    BaselineOption,
    Color,
    ColorOption,
    ConfigOption,
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
    "tfratchet diff                                      HEAD against the working tree",
    "tfratchet diff --staged                             HEAD against what is staged (pre-commit)",
    "tfratchet diff --base origin/main --merge-base --head HEAD",
    "                                                    what a branch takes away (pull request)",
    "tfratchet diff --base v1.4.0 --head v1.5.0 infra/   two releases, one folder",
    "tfratchet diff --base-dir old/ --head-dir new/      two folders, no git",
    "tfratchet diff --var-file envs/prod.tfvars          one more case: with these variables",
    "tfratchet diff --format json --output text=report.txt",
    "tfratchet diff --base v1.4.0 --write-baseline known.json --reason 'ticket 4711' --owner platform",
    "                                                    accept what is found now, one by one",
)


@app.command(epilog=EPILOG)
def diff(
    paths: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="PATH", help="Only root modules at or below these folders.", show_default=False),
    ] = None,
    repo: Annotated[str, typer.Option("--repo", metavar="DIR", help="The git repository, or a folder in it.")] = ".",
    base: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--base", metavar="REV", help="The version before. [default: HEAD]", show_default=False),
    ] = None,
    head: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--head",
            metavar="REV|INDEX|WORKTREE",
            help="The version after: a revision, what is staged, or the files as they are. [default: WORKTREE]",
            show_default=False,
        ),
    ] = None,
    staged: Annotated[bool, typer.Option("--staged", help="Short for --head INDEX.")] = False,
    merge_base: Annotated[
        bool, typer.Option("--merge-base", help="Compare with the common ancestor of base and head, not with base.")
    ] = False,
    base_dir: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--base-dir", metavar="DIR", help="A folder as the version before (with --head-dir)."),
    ] = None,
    head_dir: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--head-dir", metavar="DIR", help="A folder as the version after (with --base-dir)."),
    ] = None,
    var_files: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--var-file", metavar="FILE", help="Compare with these variables as well; may be repeated."),
    ] = None,
    variables: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--var", metavar="NAME=VALUE", help="Set a variable on both sides; may be repeated."),
    ] = None,
    config: ConfigOption = None,
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
    """Say what a change takes away from the security baseline.

    Compares two versions of a Terraform configuration: revisions, the index, the working tree, or two folders.

    Exit code: 0 nothing at or above --fail-on, 1 findings, 2 something could not be compared.
    """
    from tfratchet.diffargs import DiffArguments
    from tfratchet.diffrun import run

    code = run(
        DiffArguments(
            paths=paths or (),
            repo=repo,
            base=base,
            head=head,
            staged=staged,
            merge_base=merge_base,
            base_dir=base_dir,
            head_dir=head_dir,
            var_files=var_files or (),
            variables=variables or (),
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
