"""git repositories as sources: revisions, the index and the working tree, through the ``git`` program."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType

from tfratchet.sources.changes import Change, Side, pair_renames, parse_raw
from tfratchet.sources.disk import Disk
from tfratchet.sources.entries import DEFAULT_LIMIT, SUBMODULE
from tfratchet.sources.gittree import OverlayTree, RevisionTree
from tfratchet.sources.process import LOCATION, Git, GitError, Job, Objects, decode, encode, environment
from tfratchet.sources.tree import TreeError

__all__ = ["INDEX", "WORKTREE", "Change", "GitError", "GitTree", "Repository"]

INDEX = "INDEX"
WORKTREE = "WORKTREE"

GitTree = RevisionTree | OverlayTree

# Ids of the empty tree, which git knows without having it.
_EMPTY = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}

# The same answer whatever the user or the repository has configured; submodules are compared by their commit alone, so
# that no git runs inside of them.
_DIFF = ("--raw", "-z", "-M", "-l2000", "--no-abbrev", "--no-ext-diff", "--no-textconv", "--no-relative", "--no-color")
_DIFF_MORE = ("--ignore-submodules=dirty", "--ita-invisible-in-index", f"-O{os.devnull}")


class Repository:
    """A git repository. Nothing in it is changed, and nothing of it is executed. Close it, or use it with ``with``."""

    def __init__(
        self, git: Git, git_dir: str, top: str | None, prefix: str, shallow: bool, object_format: str, limit: int
    ) -> None:
        """Use ``Repository.open``."""
        self._git = git
        self.git_dir = git_dir
        self.top = top
        """The directory of the working tree, or None (a bare repository)."""
        self.prefix = prefix
        """Where in the working tree the repository was opened, with '/' ('' for the top)."""
        self.shallow = shallow
        self.object_format = object_format
        self.limit = limit
        self.objects = Objects(git)
        self._trees: dict[str, tuple[str | None, str]] = {}
        self._revisions: dict[str, RevisionTree] = {}
        self._changes: dict[tuple[str, str], list[Change]] = {}
        self._anchor: str | None = None
        self._autocrlf: bool | None = None
        self._neutral: Git | None = None

    @classmethod
    def open(cls, path: str = ".", limit: int = DEFAULT_LIMIT) -> Repository:
        """The repository that the directory ``path`` is in, or is (a bare one). Raises GitError when there is none.

        ``limit``: bytes of the largest file that is read.
        """
        if not os.path.isdir(path):
            raise GitError(f"{path}: no such directory")
        questions = (
            "rev-parse",
            "--path-format=absolute",  # git before 2.31 does not know it, and says so by repeating it
            "--is-inside-work-tree",
            "--is-shallow-repository",
            "--show-object-format",
        )
        env = environment()
        located = {k: os.path.abspath(v) for k in LOCATION if (v := os.environ.get(k)) and ":" not in v}
        try:
            output = Git(path, env).run(*questions, "--show-cdup", "--absolute-git-dir")
        except GitError as error:
            # A hook of `git --git-dir=... --work-tree=...`: only the environment says where the repository is.
            if "GIT_DIR" not in located or "not a git repository" not in str(error):
                raise GitError(_explain(path, str(error))) from error
            env |= located
            output = Git(path, env).run(*questions, "--show-cdup", "--absolute-git-dir")
        if output.startswith(b"--"):
            raise GitError("this git is too old: tfratchet needs git 2.31 or newer")
        inside, shallow, object_format, rest = decode(output).removesuffix("\n").split("\n", 3)
        top, prefix = None, ""
        if inside == "true":
            up, git_dir = rest.split("\n", 1)
            here = os.path.realpath(path)
            top = os.path.normpath(os.path.join(here, up))
            prefix = os.path.relpath(here, top).replace(os.sep, "/") if up else ""
        else:
            git_dir = decode(Git(path, env).run("rev-parse", "--absolute-git-dir")).removesuffix("\n")
        env |= _of_hook(located, git_dir)
        env["GIT_DIR"] = git_dir
        if top is not None:
            env["GIT_WORK_TREE"] = top
        else:
            env.pop("GIT_WORK_TREE", None)
        git = Git(top or git_dir, env)
        return cls(git, git_dir, top, prefix, shallow == "true", object_format, limit)

    def close(self) -> None:
        """End the processes; the repository can be used again."""
        self.objects.close()

    def __enter__(self) -> Repository:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Revisions

    def resolve(self, rev: str) -> str:
        """The full id of the commit that ``rev`` names. Raises GitError, with advice when the clone is shallow."""
        return self._commit(rev)[0]

    def _commit(self, rev: str) -> tuple[str, str]:
        """Ids of the commit and of its tree."""
        if not rev or rev.startswith("-") or "\n" in rev or "\0" in rev:
            raise GitError(f"{rev!r} is no revision")
        name = rev if rev.startswith(":/") else f"{rev}^{{commit}}"  # all behind ":/" is a regular expression
        try:
            found = self.objects.get(name, self.limit)
        except GitError:
            # cat-file gives up on some revisions (no upstream configured, ...); rev-parse says why.
            self._git.run("rev-parse", "--verify", "--end-of-options", name)
            raise
        if found is None or found.type != "commit" or found.content is None:
            raise GitError(self._unknown(rev))
        return found.id, found.content[5 : found.content.index(b"\n")].decode()

    def _unknown(self, rev: str) -> str:
        text = f"revision {rev!r} is not in the repository {self.top or self.git_dir}"
        if self.shallow:
            text += (
                ". It is a shallow clone, so its history is cut off: run `git fetch --unshallow` (or `git fetch"
                " --deepen=50`), or set `fetch-depth: 0` for actions/checkout"
            )
        elif self._unborn() and rev in {"HEAD", "@"}:
            text += ", which has no commits yet"
        elif rev.startswith("origin/"):
            text += f". It may not have been fetched: run `git fetch origin {rev.removeprefix('origin/')}`"
        return text

    def _unborn(self) -> bool:
        """True when HEAD names a branch without commits."""
        name = self._git.run("symbolic-ref", "--quiet", "HEAD", accept=(0, 1))
        return bool(name) and not self._git.run("rev-parse", "--quiet", "--verify", "HEAD", accept=(0, 1))

    def merge_base(self, a: str, b: str) -> str:
        """The best common ancestor of two revisions. Raises GitError when there is none."""
        first, second = self.resolve(a), self.resolve(b)
        output = self._git.run("merge-base", first, second, accept=(0, 1))
        if not output:
            text = f"{a!r} and {b!r} have no common ancestor"
            if self.shallow:
                text += " in this shallow clone: run `git fetch --unshallow`"
            raise GitError(text)
        return decode(output.split(b"\n", 1)[0])

    # Trees

    def _tree_id(self, rev: str) -> tuple[str | None, str]:
        """Ids of the commit (None: no commit yet) and of the tree of a revision."""
        if rev not in self._trees:
            try:
                self._trees[rev] = self._commit(rev)
            except GitError:
                if rev not in {"HEAD", "@"} or not self._unborn():
                    raise
                self._trees[rev] = (None, _EMPTY[self.object_format])
        return self._trees[rev]

    def tree(self, spec: str) -> GitTree:
        """The tree of a revision, ``INDEX`` or ``WORKTREE``. HEAD of a repository without commits is the empty tree.

        Raises GitError: no such revision, or no working tree (a bare repository).
        """
        downloaded = Disk(self.top) if self.top else None
        if spec in {INDEX, WORKTREE}:
            self._need_work_tree(spec)
            return OverlayTree(self, spec, downloaded)
        commit, tree = self._tree_id(spec)
        self._anchor = self._anchor or spec
        if spec not in self._revisions:
            self._revisions[spec] = RevisionTree(self, spec, commit, tree, downloaded)
        return self._revisions[spec]

    def _need_work_tree(self, spec: str) -> None:
        if self.top is None:
            where = "the index" if spec == INDEX else "a working tree"
            raise GitError(f"{self.git_dir} is a bare repository: it has no {where.partition(' ')[2]} to compare")

    def overlay(self, spec: str) -> tuple[RevisionTree, Sequence[Change]]:
        """``INDEX`` or ``WORKTREE`` as a revision's tree and what differs from it: the revision already compared."""
        anchor = next((b for b, h in self._changes if h == spec), self._anchor or "HEAD")
        tree = self.tree(anchor)
        if not isinstance(tree, RevisionTree):
            raise AssertionError("the index lies over a revision")
        return tree, self.changed(anchor, spec)

    # Changes

    def changed(self, base_spec: str, head_spec: str, paths: Sequence[str] = ()) -> list[Change]:
        """What differs between a revision and a revision, ``INDEX`` or ``WORKTREE``; only at or below ``paths``.

        ``WORKTREE`` includes untracked files that are not ignored. Renames are recognised.
        """
        key = (base_spec, head_spec)
        if key not in self._changes:
            self._changes[key] = self._compare(base_spec, head_spec)
        found = self._changes[key]
        if not paths or "." in paths:
            return list(found)
        return [c for c in found if any(_below(p, paths) for p in (c.old, c.new) if p is not None)]

    def _compare(self, base_spec: str, head_spec: str) -> list[Change]:
        if base_spec in {INDEX, WORKTREE}:
            raise GitError(f"{base_spec} cannot be the base: give a revision")
        _, base = self._tree_id(base_spec)
        if head_spec == INDEX:
            self._need_work_tree(INDEX)
            return parse_raw(self._git.run("diff-index", "--cached", *_DIFF, *_DIFF_MORE, base, "--"))
        if head_spec == WORKTREE:
            self._need_work_tree(WORKTREE)
            git = self._without_filters()
            untracked = git.start("ls-files", "--others", "--exclude-standard", "-z")
            # Not `git diff`: it would write the index to remember which files only look changed.
            tracked = parse_raw(git.run("diff-index", *_DIFF, *_DIFF_MORE, base, "--"))
            changes = [self._from_disk(c) for c in tracked]
            return self._with_untracked([c for c in changes if not self._looks_changed_only(c)], untracked)
        _, head = self._tree_id(head_spec)
        return parse_raw(self._git.run("diff-tree", "-r", *_DIFF, *_DIFF_MORE, base, head, "--"))

    def _from_disk(self, change: Change) -> Change:
        """The same change without the id of what is on disk: to recognise renames, git makes ids that it never stores.

        What is not on disk (a sparse checkout) keeps the id that the index has. Raises TreeError for a file in a folder
        that must not be read: git calls it deleted.
        """
        if change.new is None and change.old is not None:
            self.disk().entry(change.old)
        if change.new is None or change.new_id is None or change.new_mode == SUBMODULE:
            return change
        return change if self.disk().entry(change.new) is None else replace(change, new_id=None)

    def _looks_changed_only(self, change: Change) -> bool:
        """True when only the time stamps of a file are new."""
        return (
            change.status == "M"
            and change.new_id is None
            and change.new is not None
            and change.old_mode == change.new_mode
            and self._hash(change.new, change.new_mode) == change.old_id
        )

    def _with_untracked(self, tracked: list[Change], job: Job[bytes]) -> list[Change]:
        disk = self.disk()
        added: dict[str, int] = {}
        for raw in job.output().split(b"\0"):
            path = decode(raw)
            if path.endswith("/"):
                added[path.rstrip("/")] = SUBMODULE  # a repository of its own, not yet a submodule
            elif path and ".terraform" not in path.split("/"):  # what init downloads is no part of the tree
                entry = disk.entry(path)
                if entry is not None:
                    added[path] = entry.mode
        # A file that is deleted in the index and still on disk is untracked to git; for us it has changed, or not.
        tracked = [part for c in tracked for part in (_halves(c) if c.status == "R" and c.old in added else (c,))]
        gone = {c.old: c for c in tracked if c.status == "D" and c.old is not None}
        changes = [c for c in tracked if c.status != "D"]
        for path in added.keys() & gone.keys():
            before, mode = gone.pop(path), added.pop(path)
            if self._hash(path, mode) != before.old_id or mode != before.old_mode:
                status = "M" if (mode ^ before.old_mode) & 0o170000 == 0 else "T"
                changes.append(Change(status, path, path, 0, before.old_mode, mode, before.old_id))
        if gone and added:
            left = {p: Side(c.old_id or "", partial(self._blob, c)) for p, c in gone.items()}
            right = {
                p: Side(self._hash(p, m) or f"unreadable {p}", partial(self.read_disk, p)) for p, m in added.items()
            }
            for old, new, similarity in pair_renames(left, right):
                before = gone.pop(old)
                changes.append(Change("R", old, new, similarity, before.old_mode, added.pop(new), before.old_id))
        changes += gone.values()
        changes += [Change("A", None, p, new_mode=m) for p, m in added.items()]
        return sorted(changes, key=lambda c: c.new or c.old or "")

    def _blob(self, change: Change) -> bytes:
        found = self.objects.get(change.old_id or "", self.limit)
        if found is None or found.content is None:
            raise TreeError(f"{change.old} cannot be read", "source")
        return found.content

    def _hash(self, path: str, mode: int) -> str | None:
        """The id that a file on disk would have; None when it cannot be read."""
        try:
            content = encode(self.disk().target(path)) if mode == 0o120000 else self.read_disk(path)
        except TreeError:
            return None
        return hashlib.new(self.object_format, b"blob %d\0%b" % (len(content), content)).hexdigest()

    # The working tree on disk

    def disk(self) -> Disk:
        """The working tree. Raises GitError in a bare repository."""
        self._need_work_tree(WORKTREE)
        return Disk(self.top or "")

    def read_disk(self, path: str) -> bytes:
        """A file of the working tree, with the line ends that it would have in git. Raises TreeError."""
        content = self.disk().read(path, self.limit)
        if self._autocrlf is None:
            self._without_filters()
        return content.replace(b"\r\n", b"\n") if self._autocrlf and b"\0" not in content else content

    def _without_filters(self) -> Git:
        """Git with every configured filter (clean, smudge) switched off: comparing with the disk would run them."""
        if self._neutral is None:
            pattern = r"^(filter\..*\.(clean|smudge|process|required)|core\.autocrlf)$"
            output = self._git.run("config", "-z", "--get-regexp", pattern, accept=(0, 1))
            env = dict(self._git.environment)
            self._autocrlf = False
            count = int(env.get("GIT_CONFIG_COUNT", "0") or "0")
            for item in output.split(b"\0")[:-1]:
                key, _, value = decode(item).partition("\n")
                if key == "core.autocrlf":
                    self._autocrlf = value.lower() in {"true", "input", "yes", "on", "1"}
                    continue
                env[f"GIT_CONFIG_KEY_{count}"] = key
                env[f"GIT_CONFIG_VALUE_{count}"] = "false" if key.endswith(".required") else ""
                count += 1
            env["GIT_CONFIG_COUNT"] = str(count)
            self._neutral = Git(self._git.directory, env)
        return self._neutral

    def git(self) -> Git:
        """How to call git for this repository."""
        return self._git


def _halves(rename: Change) -> tuple[Change, Change]:
    """A rename as what goes and what comes."""
    return (
        Change("D", rename.old, None, old_mode=rename.old_mode, old_id=rename.old_id),
        Change("A", None, rename.new, new_mode=rename.new_mode, new_id=rename.new_id),
    )


def _below(path: str, tops: Sequence[str]) -> bool:
    return any(path == top or path.startswith(f"{top}/") for top in tops)


def _of_hook(located: dict[str, str], git_dir: str) -> dict[str, str]:
    """What a hook's environment says about this very repository: index of a partial commit, objects in quarantine."""
    real = os.path.realpath(git_dir)
    if "GIT_DIR" in located:
        if os.path.realpath(located["GIT_DIR"]) != real:
            return {}
        kept = {k: v for k, v in located.items() if k not in {"GIT_DIR", "GIT_WORK_TREE"}}
        alternates = os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES")
        if alternates:
            kept["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = os.pathsep.join(
                os.path.abspath(p) for p in alternates.split(os.pathsep) if p
            )
        return kept
    index = located.get("GIT_INDEX_FILE")
    return {"GIT_INDEX_FILE": index} if index and os.path.dirname(os.path.realpath(index)) == real else {}


def _explain(path: str, message: str) -> str:
    if "not a git repository" in message:
        return f"{path} is not in a git repository (compare two folders with --base-dir and --head-dir)"
    return f"{path}: {message}"
