"""Var files that Terraform does not load by itself (``envs/prod.tfvars``): each is a case of some root module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfratchet.model import Problem
from tfratchet.sources.changes import Change
from tfratchet.sources.modules import config_files, is_auto_var_file, is_var_file, marks, split
from tfratchet.sources.tree import SourceTree, TreeError


def is_case(base: SourceTree, head: SourceTree, path: str) -> bool:
    """True for a var file that has to be named on the command line of Terraform."""
    if not is_var_file(path):
        return False
    directory = split(path)[0]
    # An automatic one far from any configuration (envs/prod/terraform.tfvars) is named all the same.
    return not (is_auto_var_file(path) and any(config_files(t, directory) for t in (base, head)))


def changed_cases(
    base: SourceTree, head: SourceTree, changes: Sequence[Change], notes: list[Problem]
) -> dict[str, list[str]]:
    """The var files that changed (path in head), by root module; those that only one side has are told in a note."""
    found: dict[str, list[str]] = {}
    for change in changes:
        path = change.new or change.old or ""
        if not is_case(base, head, path):
            continue
        if change.old is None or change.new is None or not is_var_file(change.old):
            side = "head" if change.old is None else "base"
            notes.append(Problem("variant", f"var file {path} is only in {side}: there is nothing to compare it with"))
            continue
        roots = owners(head, change.new)
        if not roots:
            notes.append(Problem("variant", f"var file {path} changed, but no configuration was found that it is for"))
        for root in roots:
            found.setdefault(root, []).append(change.new)
    return found


def named_cases(
    base: SourceTree, head: SourceTree, var_files: Sequence[str], root: str, notes: list[Problem]
) -> Iterator[str]:
    """The var files that the configuration names, as far as they are for one root module and both sides have them."""
    for name in var_files:
        if root not in owners(head if head.exists(name) else base, name):
            continue
        if head.exists(name) and base.exists(name):
            yield name
        else:
            side = "head" if head.exists(name) else "base"
            notes.append(Problem("variant", f"var file {name} is only in {side}: there is nothing to compare it with"))


def _inside(directory: str, name: str) -> str:
    return name if directory == "." else f"{directory}/{name}"


def owners(tree: SourceTree, path: str) -> list[str]:
    """The root modules that a var file is for: its own directory; else the nearest directory above it, or beside that,
    that declares one of its variables; else the nearest above it with any configuration.
    """
    directory = split(path)[0]
    if config_files(tree, directory):
        return [directory]
    names = _assigned(tree, path)
    nearest: list[str] = []
    while directory != ".":
        directory = split(directory)[0]
        if config_files(tree, directory):
            if not names.isdisjoint(marks(tree, directory).variables):
                return [directory]
            nearest = nearest or [directory]
        beside = [_inside(directory, n) for n in tree.subdirs(directory)]
        declaring = [d for d in beside if config_files(tree, d) and not names.isdisjoint(marks(tree, d).variables)]
        if declaring:
            return declaring
    return nearest


def _assigned(tree: SourceTree, path: str) -> frozenset[str]:
    """The variables that a var file gives values to."""
    from tfratchet.hcl.syntax import parse_file

    try:
        return frozenset(parse_file(path, tree.read(path)).body.attributes)
    except TreeError:
        return frozenset()
