"""``tfratchet diff``: what does this change take away?"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tfratchet.commands import command_app, examples
from tfratchet.commands.shared import (
    Color,
    ColorOption,
    ConfigOption,
    FailOnOption,
    FormatOption,
    IncludeOption,
    OutputOption,
    QuietOption,
    TodayOption,
    finish,
    known_format,
    outputs,
    rules_by_id,
    today,
    vocabulary,
)
from tfratchet.errors import UserError

if TYPE_CHECKING:
    from tfratchet.configfile import Config, Loaded
    from tfratchet.pipeline import DiffOptions, Outcome, Sides

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
    from tfratchet.pipeline import DiffOptions, open_sides

    known_format(format_name, "--format")
    files = outputs(output)
    _check(base=base, head=head, staged=staged, merge_base=merge_base, base_dir=base_dir, head_dir=head_dir)
    options = DiffOptions(
        repo=repo,
        base=base or "HEAD",
        head="INDEX" if staged else head or "WORKTREE",
        merge_base=merge_base,
        base_dir=base_dir,
        head_dir=head_dir,
        variables=_variables(variables or ()),
    )
    sides = open_sides(options)
    loaded = _configuration(sides, config)
    options = _configured(options, sides, loaded.config, paths or (), var_files or (), include or ())
    options = replace(options, settings=replace(options.settings, today=today(day)))
    rules = rules_by_id()
    outcome = compared(options, sides, loaded, frozenset(rules))
    finish(
        outcome,
        format_name=format_name,
        files=files,
        fail_on=fail_on.value if fail_on else loaded.config.fail_on,
        color=color,
        quiet=quiet,
        rules=rules,
        command="diff",
    )


def compared(options: DiffOptions, sides: Sides, loaded: Loaded, known: frozenset[str]) -> Outcome:
    """The outcome of comparing ``sides``, with accepted findings marked and everything a reader should know."""
    from tfratchet import pipeline
    from tfratchet.suppress import apply_suppressions, collect

    outcome = pipeline.diff(options, sides)
    result = outcome.result
    ignores, wrong = collect(sides, result.findings, loaded.config.ignore, loaded.new_ignores, known)
    refuse = loaded.config.new_ignores == "refuse"
    findings, notes = apply_suppressions(result.findings, ignores, options.settings.today, refuse_new=refuse)
    result = replace(
        result,
        findings=findings,
        notes=[*result.notes, *loaded.notes, *wrong, *notes],
        errors=[*loaded.errors, *result.errors],
    )
    return replace(outcome, result=result)


def _check(
    *, base: str | None, head: str | None, staged: bool, merge_base: bool, base_dir: str | None, head_dir: str | None
) -> None:
    """Options that contradict each other."""
    if (base_dir is None) != (head_dir is None):
        missing = "--head-dir" if head_dir is None else "--base-dir"
        raise UserError(f"{missing} is missing", hint="two folders are compared with --base-dir A --head-dir B")
    if base_dir is not None and (base or head or staged or merge_base):
        raise UserError(
            "--base-dir and --head-dir compare folders", hint="leave --base, --head, --staged, --merge-base out"
        )
    if staged and head:
        raise UserError("--staged and --head contradict each other", hint="--staged is short for --head INDEX")
    for option, folder in (("--base-dir", base_dir), ("--head-dir", head_dir)):
        if folder is not None and not Path(folder).is_dir():
            raise UserError(f"'{folder}' is not a folder", where=option)


def _variables(items: Sequence[str]) -> dict[str, str]:
    found = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise UserError(f"'{item}' is not NAME=VALUE", where="--var", hint="for example --var region=eu-central-1")
        found[name.strip()] = value
    return found


def _configuration(sides: Sides, file: str | None) -> Loaded:
    from tfratchet.configfile import Loaded, from_file, from_trees

    if file is not None:
        return Loaded(from_file(file, vocabulary()))
    return from_trees(sides.base, sides.head, vocabulary)


def _configured(
    options: DiffOptions,
    sides: Sides,
    config: Config,
    paths: Sequence[str],
    var_files: Sequence[str],
    include: Sequence[str],
) -> DiffOptions:
    """The options with what the configuration adds; the command line goes first."""
    from tfratchet.config import Settings

    if include:
        known = vocabulary().groups
        unknown = [name for name in include if name not in known]
        if unknown:
            raise UserError(
                f"unknown group '{unknown[0]}'", where="--include", hint=f"known: {', '.join(sorted(known))}"
            )
    return replace(
        options,
        paths=[inside(sides, p, "PATH") for p in paths] or config.paths,
        exclude=config.exclude,
        var_files=[*config.var_files, *(inside(sides, f, "--var-file") for f in var_files)],
        settings=Settings(
            include=frozenset({*config.include, *include}),
            enabled=frozenset(config.enable),
            disabled=frozenset(config.disable),
            severities=config.severity,
            floors=config.floors,
            break_glass=config.break_glass,
        ),
    )


def inside(sides: Sides, path: str, option: str) -> str:
    """A path that the user typed, relative to the tree's top.

    Raises UserError when it lies outside, or when neither side has it: comparing nothing would look like a clean run.
    """
    if Path(path).is_absolute():
        try:
            name = Path(path).resolve().relative_to(Path(sides.top).resolve()).as_posix()
        except ValueError:
            name = ".."
    else:
        name = posixpath.normpath(posixpath.join(sides.prefix or ".", path.replace("\\", "/")))
    if name == ".." or name.startswith("../"):
        raise UserError(f"'{path}' lies outside of what is compared", where=option)
    if name != "." and not any(t.exists(name) or t.listdir(name) or t.walk(name) for t in (sides.base, sides.head)):
        raise UserError(f"'{path}' is neither in {sides.base_label} nor in {sides.head_label}", where=option)
    return name
