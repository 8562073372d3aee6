"""The run of ``tfratchet diff``, without typer: arguments in, report on stdout, exit code out."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tfratchet.diffargs import DiffArguments
from tfratchet.errors import UserError
from tfratchet.report import TELLS_MORE
from tfratchet.report.finish import finish, known_format, known_groups, outputs, rules_by_id, today, vocabulary

if TYPE_CHECKING:
    from tfratchet.configfile import Config, Loaded
    from tfratchet.pipeline import DiffOptions, Outcome, Sides
    from tfratchet.progress import Progress


def run(arguments: DiffArguments) -> int:
    """Compare, report, and give the exit code. Raises UserError for what the user can put right."""
    from tfratchet.pipeline import DiffOptions, open_sides

    known_format(arguments.format_name, "--format")
    files = outputs(arguments.output)
    _check(arguments)
    options = DiffOptions(
        repo=arguments.repo,
        base=arguments.base or "HEAD",
        head="INDEX" if arguments.staged else arguments.head or "WORKTREE",
        merge_base=arguments.merge_base,
        base_dir=arguments.base_dir,
        head_dir=arguments.head_dir,
        variables=_variables(arguments.variables),
    )
    day = today(arguments.day)
    sides = open_sides(options)
    loaded = _configuration(sides, arguments.config)
    options = _configured(options, sides, loaded.config, arguments)
    options = replace(options, settings=replace(options.settings, today=day))
    accept = _known(sides, loaded.config, arguments, options)
    from tfratchet.progress import Progress

    with Progress("comparing", quiet=arguments.quiet) as progress:
        outcome = compared(options, sides, loaded, progress)
        if TELLS_MORE & {arguments.format_name, *(name for name, _ in files)}:
            progress.say("looking at what is stronger")
            outcome.result.more()
    outcome = accept(outcome)
    rules = rules_by_id() if outcome.result.findings else {}
    return finish(
        outcome,
        format_name=arguments.format_name,
        files=files,
        fail_on=arguments.fail_on or loaded.config.fail_on,
        color=arguments.color,
        quiet=arguments.quiet,
        rules=rules,
        command="diff",
    )


def compared(options: DiffOptions, sides: Sides, loaded: Loaded, progress: Progress | None = None) -> Outcome:
    """The outcome of comparing ``sides``, with accepted findings marked and everything a reader should know."""
    from tfratchet import pipeline
    from tfratchet.accept.suppress import apply_suppressions, collect
    from tfratchet.sources.process import GitError

    try:
        outcome = pipeline.diff(options, sides, progress)
    except GitError as error:
        raise UserError(str(error)) from None
    result = outcome.result
    ignores, wrong = collect(sides, result.findings, loaded.config.ignore, loaded.new_ignores, rules_by_id)
    refuse = loaded.config.new_ignores == "refuse"
    findings, notes = apply_suppressions(result.findings, ignores, options.settings.today, refuse_new=refuse)
    result = replace(
        result,
        findings=findings,
        notes=[*result.notes, *loaded.notes, *wrong, *notes],
        errors=[*loaded.errors, *result.errors],
    )
    return replace(outcome, result=result)


def _known(
    sides: Sides, config: Config, arguments: DiffArguments, options: DiffOptions
) -> Callable[[Outcome], Outcome]:
    """What is to be done with an outcome for the known findings: the file is read before anything is compared."""
    given = (arguments.baseline, arguments.write_baseline, arguments.reason, arguments.owner, arguments.expires)
    if not config.baseline and all(value is None for value in given):
        return lambda outcome: outcome
    from tfratchet.accept.knownrun import Compared, Options, acceptance

    folders = tuple(options.paths)

    def looked_at(root: str) -> bool:
        return not folders or any(below(root, folder) for folder in folders)

    return acceptance(
        Options(*given),
        config.baseline,
        options.settings.today,
        compared=Compared(sides.base, sides.head, sides.top),
        refuse_new=config.new_ignores == "refuse",
        looked_at=looked_at,
    )


def below(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or lies in it; both relative to the tree's top."""
    return folder in (".", path) or path.startswith(f"{folder}/")


def _check(arguments: DiffArguments) -> None:
    """Options that are empty, or contradict each other."""
    for option, revision in (("--base", arguments.base), ("--head", arguments.head)):
        if revision is not None and not revision.strip():
            # An unset variable of a pipeline. The default would compare something else, and look like a clean run.
            raise UserError("is empty", where=option, hint="an unset variable? leave the option out for its default")
    base_dir, head_dir = arguments.base_dir, arguments.head_dir
    if (base_dir is None) != (head_dir is None):
        missing = "--head-dir" if head_dir is None else "--base-dir"
        raise UserError(f"{missing} is missing", hint="two folders are compared with --base-dir A --head-dir B")
    if base_dir is not None and (arguments.base or arguments.head or arguments.staged or arguments.merge_base):
        raise UserError(
            "--base-dir and --head-dir compare folders", hint="leave --base, --head, --staged, --merge-base out"
        )
    if arguments.staged and arguments.head:
        raise UserError("--staged and --head contradict each other", hint="--staged is short for --head INDEX")
    for option, folder in (("--base-dir", base_dir), ("--head-dir", head_dir)):
        if folder is not None and not os.path.isdir(folder):
            raise UserError(f"'{folder}' is not a folder", where=option)


def _variables(items: Sequence[str]) -> dict[str, str]:
    found = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise UserError(f"'{item}' is not NAME=VALUE", where="--var", hint="for example --var region=eu-central-1")
        found[name.strip()] = value
    return found


def _var_file(sides: Sides, path: str) -> str:
    """A file of variables, relative to the tree's top. A folder holds no values: taken as a file it would be empty."""
    name = inside(sides, path, "--var-file")
    if name == "." or not any(tree.exists(name) for tree in (sides.base, sides.head)):
        raise UserError(f"'{path}' is a folder", where="--var-file", hint="give the file, such as prod.tfvars")
    return name


def _configuration(sides: Sides, file: str | None) -> Loaded:
    from tfratchet.configfile import Loaded, from_file, from_trees

    if file is not None:
        return Loaded(from_file(file, vocabulary()))
    return from_trees(sides.base, sides.head, vocabulary)


def _configured(options: DiffOptions, sides: Sides, config: Config, arguments: DiffArguments) -> DiffOptions:
    """The options with what the configuration adds; the command line goes first."""
    known_groups(arguments.include)
    return replace(
        options,
        paths=[inside(sides, p, "PATH") for p in arguments.paths] or config.paths,
        exclude=config.exclude,
        var_files=[*config.var_files, *(_var_file(sides, f) for f in arguments.var_files)],
        settings=config.settings(include=arguments.include),
    )


def inside(sides: Sides, path: str, option: str) -> str:
    """A path that the user typed, relative to the tree's top.

    Raises UserError when it lies outside, or when neither side has it: comparing nothing would look like a clean run.
    """
    if os.path.isabs(path):
        name = os.path.relpath(os.path.realpath(path), os.path.realpath(sides.top)).replace(os.sep, "/")
    else:
        name = posixpath.normpath(posixpath.join(sides.prefix or ".", path.replace("\\", "/")))
    if name == ".." or name.startswith("../"):
        raise UserError(f"'{path}' lies outside of what is compared", where=option)
    if name != "." and not any(t.exists(name) or t.listdir(name) or t.walk(name) for t in (sides.base, sides.head)):
        raise UserError(f"'{path}' is neither in {sides.base_label} nor in {sides.head_label}", where=option)
    return name
