"""The run of ``tfratchet plan``, without typer: arguments in, report on stdout, exit code out."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tfratchet.config import Settings
from tfratchet.errors import UserError
from tfratchet.plans.arguments import PlanArguments
from tfratchet.report.finish import finish, known_format, known_groups, outputs, rules_by_id, today, vocabulary

if TYPE_CHECKING:
    from tfratchet.configfile import Loaded
    from tfratchet.model import Problem
    from tfratchet.pipeline import Outcome
    from tfratchet.plans.source import Source
    from tfratchet.progress import Progress
    from tfratchet.sources.plan import Document, Masks, PlanRoots

STDIN = "-"


def run(arguments: PlanArguments) -> int:
    """Compare what plans find with what they make of it, report, and give the exit code.

    Raises UserError for what the user can put right; when one of several plans cannot be read, that is an error of the
    outcome, beside the findings of the others.
    """
    from tfratchet.progress import Progress

    known_format(arguments.format_name, "--format")
    files = outputs(arguments.output)
    _check(arguments)
    day = today(arguments.day)
    settings_of = _settings_reader(arguments)
    with Progress("comparing plans", total=len(arguments.plans), quiet=arguments.quiet) as progress:
        sources = _sources(arguments)
        loaded = _configuration(arguments, sources)
        settings = replace(settings_of(loaded), today=day)
        accept = _known(arguments, sources, loaded, settings)
        inputs = _inputs(arguments, sources, progress)
        outcome = accept(compared(inputs, settings, loaded))
    return finish(
        outcome,
        format_name=arguments.format_name,
        files=files,
        fail_on=arguments.fail_on or loaded.config.fail_on,
        color=arguments.color,
        quiet=arguments.quiet,
        rules=rules_by_id() if outcome.result.findings else {},
        command="plan",
    )


@dataclass
class Input:
    """One plan, read."""

    label: str
    path: str
    """What the root module is called."""
    roots: PlanRoots
    source: Source | None = None
    variant: str | None = None
    """What tells it from another plan of the same root module (another workspace): its file."""


@dataclass
class Inputs:
    """All plans of a run."""

    plans: list[Input] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    """Of the plans that could not be read."""


# -- the command line


def _check(arguments: PlanArguments) -> None:
    if not arguments.plans:
        raise UserError("no plan given", hint="for example tfratchet plan plan.json, or - for standard input")
    if list(arguments.plans).count(STDIN) > 1:
        raise UserError("standard input can be one plan only")
    count, plans = len(arguments.sources), len(arguments.plans)
    if count and count != plans:
        raise UserError(f"{count} for {plans} plans", where="--source", hint="give one for each plan, in their order")
    if (arguments.base is not None or arguments.merge_base) and not count:
        option = "--merge-base" if arguments.base is None else "--base"
        raise UserError("is about the source of a plan", where=option, hint="add --source DIR")
    if arguments.base is not None and not arguments.base.strip():
        raise UserError("is empty", where="--base", hint="an unset variable? leave the option out for its default")
    if arguments.merge_base and arguments.base is None:
        raise UserError("needs --base REV", where="--merge-base")


def _settings_reader(arguments: PlanArguments) -> Callable[[Loaded], Settings]:
    """Settings from a configuration and the command line; a group that does not exist is told before any work."""
    known_groups(arguments.include)

    def settings(loaded: Loaded) -> Settings:
        return loaded.config.settings(include=arguments.include)

    return settings


def _sources(arguments: PlanArguments) -> list[Source]:
    if not arguments.sources:
        return []
    from tfratchet.plans.source import open_source

    found = [open_source(d, arguments.base, arguments.merge_base) for d in arguments.sources]
    if len({s.sides.top for s in found if s.sides is not None}) > 1:
        # Settings and acceptances are those of one repository, and a path says nothing without it.
        raise UserError("the folders lie in different git repositories", where="--source", hint="run once for each")
    return found


def _configuration(arguments: PlanArguments, sources: Sequence[Source]) -> Loaded:
    """The configuration: ``--config``; else that of the source's repository, as ``diff`` takes it; else that of the
    working directory.
    """
    from tfratchet.configfile import Loaded, from_file, from_trees
    from tfratchet.sources.folders import FolderTree

    if arguments.config is not None:
        return Loaded(from_file(arguments.config, vocabulary()))
    for source in sources:
        if source.sides is not None:
            return from_trees(source.sides.base, source.sides.head, vocabulary)
    here = FolderTree(".", label="the working directory")
    return from_trees(here, here, vocabulary)


def _known(
    arguments: PlanArguments, sources: Sequence[Source], loaded: Loaded, settings: Settings
) -> Callable[[Outcome], Outcome]:
    """What is to be done with the outcome for known findings. Only a source has a version before, to tell new ones."""
    given = (arguments.baseline, arguments.write_baseline, arguments.reason, arguments.owner, arguments.expires)
    if not loaded.config.baseline and all(value is None for value in given):
        return lambda outcome: outcome
    from tfratchet.accept.knownrun import Compared, Options, acceptance

    sides = next((s.sides for s in sources if s.sides is not None), None)
    return acceptance(
        Options(*given),
        loaded.config.baseline,
        settings.today,
        compared=Compared(sides.base, sides.head, sides.top) if sides is not None else None,
        refuse_new=loaded.config.new_ignores == "refuse",
    )


# -- reading


def _inputs(arguments: PlanArguments, sources: Sequence[Source], progress: Progress) -> Inputs:
    from tfratchet.model import Problem
    from tfratchet.sources.plan import Masks

    inputs, masks = Inputs(), Masks()
    paths = root_paths(arguments.plans, sources)
    errors: list[UserError] = []
    for index, (plan, path) in enumerate(zip(arguments.plans, paths, strict=True)):
        label = "standard input" if plan == STDIN else plan
        progress.step(label)
        source = sources[index] if sources else None
        try:
            found = _input(plan, label, path, source, masks)
            inputs.plans.append(found if paths.count(path) == 1 else _as_variant(found))
        except UserError as error:
            errors.append(error)
            inputs.problems.append(Problem("source", str(error)))
    if not inputs.plans:
        raise errors[0]
    return inputs


def _input(plan: str, label: str, path: str, source: Source | None, masks: Masks) -> Input:
    from tfratchet.sources.plan import content, read

    document = read(content(plan, label, source.directory if source else "."), label)
    return planned(document, label, path, masks, source)


def planned(document: Document, label: str, path: str, masks: Masks, source: Source | None = None) -> Input:
    """A plan as root modules, with what its source adds."""
    from tfratchet.sources.plan import roots

    if source is None:
        return Input(label, path, roots(document, path, masks))
    source.load(document)
    made = roots(document, path, masks, source.in_head)
    moved = {m.source: m.target for m in made.head.moved}
    made = replace(
        made,
        base=source.in_base(made.base, moved),
        recorded=source.in_base(made.recorded, moved) if made.recorded is not None else None,
    )
    return Input(label, path, made, source)


def _as_variant(plan: Input) -> Input:
    made = plan.roots
    made = replace(
        made,
        base=replace(made.base, variant=plan.label),
        head=replace(made.head, variant=plan.label),
        recorded=replace(made.recorded, variant=plan.label) if made.recorded is not None else None,
    )
    return replace(plan, roots=made, variant=plan.label)


def root_paths(plans: Sequence[str], sources: Sequence[Source]) -> list[str]:
    """What each root module is called: the folder of its source, else its file without ``.json``.

    A single plan without a source is the root module ``.``, as in the folder that it was made in.
    """
    if sources:
        return [source.path for source in sources]
    if len(plans) == 1:
        return ["."]
    found = []
    for plan in plans:
        name = plan if plan != STDIN else "standard input"
        if os.path.isabs(name):
            name = os.path.relpath(name)
            name = os.path.basename(name) if name.startswith("..") else name
        name = os.path.normpath(name).replace(os.sep, "/").lstrip("./")
        found.append(name.removesuffix(".json") or name)
    # Two files of one name in different folders above: told apart by what was typed.
    return [n if found.count(n) == 1 else p for n, p in zip(found, plans, strict=True)]


# -- comparing


def compared(inputs: Inputs, settings: Settings, loaded: Loaded) -> Outcome:
    """The outcome of comparing plans, with accepted findings marked and everything a reader should know."""
    from tfratchet.compare import compare
    from tfratchet.model import Snapshot
    from tfratchet.pipeline import Compared, Outcome, Statistics
    from tfratchet.plans.drift import drift_findings
    from tfratchet.plans.reason import told
    from tfratchet.rules import all_rules

    plans = inputs.plans
    label = ", ".join(p.label for p in plans)
    base = Snapshot("prior state", [p.roots.base for p in plans])
    head = Snapshot(label, [p.roots.head for p in plans])
    pairs = [(p.roots.base, p.roots.head) for p in plans]
    rules = all_rules()
    result = compare(base, head, settings, rules, pairs=pairs)
    reasons = {(p.path, p.variant): p.roots.reasons for p in plans}
    findings = [told(f, reasons.get((f.root, f.variant), {})) for f in result.findings]
    errors = [*inputs.problems, *result.errors]
    for plan in plans:
        if plan.roots.recorded is not None:
            findings += drift_findings(plan.roots, settings, rules)
    for plan in plans:
        if plan.source is not None:
            more, wrong = plan.source.invisible(settings, plan.roots.head)
            shown = {(f.rule, f.root, f.address) for f in findings}
            findings += [f for f in more if (f.rule, f.root, f.address) not in shown]
            errors += [replace(e, message=f"{e.message} (in the source)") for e in wrong]
    notes = [*(n for p in plans if p.source for n in p.source.notes), *result.notes]
    findings = list(dict.fromkeys(findings))
    result = replace(result, findings=findings, notes=notes, errors=errors)
    everything = [r for pair in pairs for r in pair]
    outcome = Outcome(
        Compared("the state before"),
        Compared(label),
        result,
        Statistics(
            roots=len(plans),
            resources=len({(r.path, a) for r in everything for a in r.resources}),
            unknown=sum(p.roots.unknown for p in plans),
            files=len(plans),
            changed=sum(p.roots.changed for p in plans),
        ),
    )
    return _accepted(outcome, plans, settings, loaded)


def _accepted(outcome: Outcome, plans: Sequence[Input], settings: Settings, loaded: Loaded) -> Outcome:
    """Accepted findings: entries of the configuration, and comments and trailers of a source in a repository."""
    from tfratchet.accept.suppress import apply_suppressions, collect, from_config

    result = outcome.result
    sides = next((p.source.sides for p in plans if p.source is not None and p.source.sides is not None), None)
    wrong: list[Problem] = []
    if sides is not None:
        ignores, wrong = collect(sides, result.findings, loaded.config.ignore, loaded.new_ignores, rules_by_id)
    else:
        ignores = from_config(loaded.config.ignore, loaded.new_ignores)
    refuse = loaded.config.new_ignores == "refuse"
    findings, notes = apply_suppressions(result.findings, ignores, settings.today, refuse_new=refuse)
    result = replace(
        result,
        findings=findings,
        notes=[*result.notes, *loaded.notes, *wrong, *notes],
        errors=[*loaded.errors, *result.errors],
    )
    return replace(outcome, result=result)
