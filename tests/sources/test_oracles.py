"""Random repositories: trees against git itself and the disk, reach against what the evaluator really reads."""

from __future__ import annotations

import os
import posixpath
import random
import shutil

import pytest

from gitrepo import Repo
from tfratchet.hcl.load import load_root
from tfratchet.sources.changes import Change
from tfratchet.sources.entries import DIRECTORY
from tfratchet.sources.folders import FolderTree
from tfratchet.sources.git import INDEX, WORKTREE
from tfratchet.sources.modules import config_files
from tfratchet.sources.reach import reach
from tfratchet.sources.tree import TreeError

NAMES = ["a.tf", "b.tf", "x", "y z", "ü", "d"]


def random_path(rng: random.Random) -> str:
    return "/".join(rng.choice(NAMES) for _ in range(rng.randrange(1, 4)))


def disturb(repo: Repo, rng: random.Random, steps: int) -> None:
    """Random changes of the disk; what stands in the way of a file or a directory is removed."""
    for _ in range(steps):
        path = random_path(rng)
        target = repo.path / path
        kind = rng.random()
        try:
            if kind < 0.25:
                if target.is_dir() and not target.is_symlink():
                    shutil.rmtree(target)
                else:
                    target.unlink(missing_ok=True)
                continue
            parent = target.parent
            while parent != repo.path and not parent.is_dir():
                parent.unlink(missing_ok=True)
                parent = parent.parent
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            target.parent.mkdir(parents=True, exist_ok=True)
            if kind < 0.4:
                target.unlink(missing_ok=True)
                target.symlink_to(rng.choice(["a.tf", "../x", "d", "y z/../b.tf", "/etc/passwd", "nothing"]))
            else:
                if target.is_symlink():
                    target.unlink()
                target.write_text(f"# {rng.randrange(5)}\n" * rng.randrange(4))
                target.chmod(rng.choice([0o644, 0o755]))
        except OSError:
            continue  # below a file, or a link in a circle, by now


def on_disk(repo: Repo, path: str) -> bool:
    """True for a file or link, not below a link (git lists what is in the index, whatever became of it)."""
    parts = path.split("/")
    if any(os.path.islink(repo.path / "/".join(parts[:i])) for i in range(1, len(parts))):
        return False
    return os.path.islink(repo.path / path) or os.path.isfile(repo.path / path)


@pytest.mark.parametrize("seed", [*range(10), 37, 73, 83, 127])
def test_trees_hold_what_git_and_the_disk_hold(repo, opened, seed):
    rng = random.Random(seed)
    disturb(repo, rng, 25)
    repo.commit()
    disturb(repo, rng, 12)
    repo.commit()
    disturb(repo, rng, 12)
    repo.stage()
    disturb(repo, rng, 12)
    found = opened(repo)
    base_rev = rng.choice(["HEAD", "HEAD~1"])
    found.tree(base_rev)  # what the overlays are laid over
    listed = {
        "HEAD": repo.git("ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0")[:-1],
        INDEX: repo.git("ls-files", "-z").split("\0")[:-1],
        WORKTREE: repo.git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")[:-1],
    }
    listed[WORKTREE] = [p for p in dict.fromkeys(listed[WORKTREE]) if on_disk(repo, p)]
    for spec, paths in listed.items():
        tree = found.tree(spec)
        links = set(tree.links())
        assert sorted(set(tree.walk(".")) - links) == sorted(set(paths) - links), spec
        assert links <= set(paths)
        for path in set(paths) - links:
            if spec == WORKTREE:
                expected = (repo.path / path).read_bytes()
            else:
                expected = repo.git("show", f"{'' if spec == INDEX else spec}:{path}").encode()
            assert tree.read(path).rstrip(b"\n") == expected.rstrip(b"\n"), (spec, path)
        for link in links:
            if spec == WORKTREE:
                assert tree.links()[link] == os.readlink(repo.path / link)
            try:
                content = tree.read(link)
            except TreeError:
                continue
            if spec == WORKTREE:
                assert (repo.path / link).read_bytes() == content
        changes = found.changed(base_rev, spec) if spec != "HEAD" else found.changed("HEAD~1", "HEAD")
        base = found.tree(base_rev if spec != "HEAD" else "HEAD~1")
        touched = {p for c in changes for p in (c.old, c.new)}
        everything = {*base.walk("."), *tree.walk(".")} - links - set(base.links())
        for path in everything - touched:
            assert base.read(path) == tree.read(path), (spec, path)
        for change in changes:
            if change.status in "AD":
                without, path = (base, change.new) if change.status == "A" else (tree, change.old)
                entry = without._entry(path)
                assert entry is None or entry.kind == DIRECTORY, (spec, change)


READS = [
    'file("${path.module}/NAME")',
    'file("NAME")',
    'file("${path.root}/NAME")',
    'file("${path.module}/UP/NAME")',
    'templatefile("${path.module}/${local.part}.json", {})',
    "file(local.whole)",
    "file(\n    local.whole\n  )",
    'file(join("/", [path.module, local.part_name]))',
    '[for f in fileset(path.module, "*.json") : file("${path.module}/${f}")]',
    '[for f in fileset("${path.module}/UP", "*.json") : f]',
    "file(var.given)",
    'fileexists("${path.module}/NAME") ? 1 : 2',
    'filebase64("${path.module}/./x/../NAME")',
]


def random_modules(rng: random.Random) -> dict[str, str]:
    """Modules that call each other and read each other's files in every way."""
    folders = ["r1", "r2", "envs/prod", "envs/dev", "lib/a", "lib/b", "lib/b/inner"]
    files: dict[str, str] = {}
    data = [f"{f}/{n}.json" for f in [*folders, "shared", "shared/deep"] for n in ("one", "two")]
    files.update(dict.fromkeys(data, "{}"))
    for index, folder in enumerate(folders):
        target = rng.choice(data)
        relative = posixpath.relpath(target, folder)
        name = posixpath.basename(target)
        up = posixpath.relpath(posixpath.dirname(target), folder)
        text = f'variable "given" {{\n  default = "{posixpath.relpath(rng.choice(data), folder)}"\n}}\n'
        text += f'locals {{\n  part = "{relative[:-5]}"\n  part_name = "{relative}"\n  whole = "{relative}"\n}}\n'
        text += 'resource "aws_iam_user" "u" {\n  name = jsonencode([\n'
        for read in rng.sample(READS, rng.randrange(1, 4)):
            text += f"    {read.replace('UP/NAME', f'{up}/{name}').replace('UP', up).replace('NAME', name)},\n"
        text += "  ])\n}\n"
        for called in rng.sample(folders[index + 1 :], min(len(folders) - index - 1, rng.randrange(3))):
            source = posixpath.relpath(called, folder)
            source = source if source.startswith("../") else f"./{source}"
            text += f'module "m{len(text)}" {{\n  source = "{source}"\n'
            text += f'  given = "{posixpath.relpath(rng.choice(data), folder)}"\n}}\n'
        files[f"{folder}/main.tf"] = text
    return files


@pytest.mark.parametrize("seed", [*range(25), 196])
def test_every_root_that_reads_a_changed_file_is_a_target(tmp_path, seed):
    rng = random.Random(seed)
    files = random_modules(rng)
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tree = FolderTree(str(tmp_path))
    folders = sorted({posixpath.dirname(f) for f in files if config_files(tree, posixpath.dirname(f))})
    called = {
        posixpath.normpath(posixpath.join(posixpath.dirname(f), line.split('"')[1]))
        for f, text in files.items()
        for line in text.splitlines()
        if line.lstrip().startswith("source")
    }
    read = {f: load_root(tree, f).files_read for f in folders if f not in called}
    assert all(read.values())

    precise = 0
    for name in files:
        found = reach(tree, tree, [Change("M", name, name)])
        targets = {t.path for t in found.targets}
        needed = {root for root, paths in read.items() if name in paths}
        assert needed <= targets, (name, needed - targets)
        precise += targets == needed
    assert precise > len(files) / 4  # not everything for everything
