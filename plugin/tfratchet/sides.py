"""Opens what is compared: two versions of a git repository, or two folders."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tfratchet.errors import UserError

if TYPE_CHECKING:
    from tfratchet.pipeline import DiffOptions, Sides
    from tfratchet.sources.git import GitTree

_NOT_REVISIONS = ("INDEX", "WORKTREE")


def open_sides(options: DiffOptions) -> Sides:
    """Both trees of ``options``, and what differs between them. Raises UserError when one of them cannot be opened."""
    from tfratchet.sources.process import GitError
    from tfratchet.sources.tree import TreeError

    try:
        return _folders(options) if options.base_dir is not None else _revisions(options)
    except (GitError, TreeError) as error:
        raise UserError(str(error)) from None


def _folders(options: DiffOptions) -> Sides:
    from tfratchet.pipeline import Sides
    from tfratchet.sources.folders import FolderTree, changed_folders

    base, head = FolderTree(options.base_dir or ""), FolderTree(options.head_dir or "")
    return Sides(
        base=base,
        head=head,
        base_label=options.base_dir or "",
        head_label=options.head_dir or "",
        top=os.path.abspath(options.head_dir or ""),
        changes=changed_folders(base, head),
    )


def _revisions(options: DiffOptions) -> Sides:
    from tfratchet.pipeline import Sides
    from tfratchet.sources.git import Repository

    repository = Repository.open(options.repo)
    revision = options.base
    label = revision
    if options.merge_base:
        other = "HEAD" if options.head in _NOT_REVISIONS else options.head
        revision = repository.merge_base(options.base, other)
        label = f"the merge base with {options.base}"
    base, head = repository.tree(revision), repository.tree(options.head)
    return Sides(
        base=base,
        head=head,
        base_label=label,
        head_label=options.head,
        base_commit=_commit(base),
        head_commit=_commit(head),
        top=repository.top or repository.git_dir,
        prefix=repository.prefix,
        changes=repository.changed(revision, options.head),
        repository=repository,
    )


def _commit(tree: GitTree) -> str | None:
    """The commit of a tree; None for the index, the working tree, and a repository without commits."""
    commit = getattr(tree, "commit", None)
    return commit if isinstance(commit, str) else None
