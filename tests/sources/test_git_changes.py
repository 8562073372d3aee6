"""What differs between two versions."""

from __future__ import annotations

import pytest

from gitrepo import Repo
from tfratchet.sources.changes import Side, pair_renames
from tfratchet.sources.disk import Disk
from tfratchet.sources.git import INDEX, WORKTREE, GitError
from tfratchet.sources.tree import TreeError

TEXT = "".join(f"# line {i}\n" for i in range(40))


def simple(changes) -> set[tuple[str, str | None, str | None]]:
    return {(c.status, c.old, c.new) for c in changes}


def apply(repo: Repo, spec: str) -> tuple[str, str]:
    """Makes the state of the disk the head ``spec``; returns what to compare."""
    if spec == "HEAD":
        repo.commit()
        return "HEAD~1", "HEAD"
    if spec == INDEX:
        repo.stage()
    return "HEAD", spec


ALL = pytest.mark.parametrize("spec", ["HEAD", INDEX, WORKTREE])


@ALL
def test_added_modified_deleted_renamed(repo, opened, spec):
    repo.commit(files={"m.tf": "# 1\n", "d/gone.tf": "# gone\n", "old/name.tf": TEXT, "same.tf": "# s\n"})
    repo.write({"m.tf": "# 2\n", "d/gone.tf": None, "new/a.tf": "# fresh start\n"})
    repo.write({"old/name.tf": None, "moved/name.tf": TEXT + "# more\n"})
    base, head = apply(repo, spec)
    changes = opened(repo).changed(base, head)
    assert simple(changes) == {
        ("M", "m.tf", "m.tf"),
        ("D", "d/gone.tf", None),
        ("A", None, "new/a.tf"),
        ("R", "old/name.tf", "moved/name.tf"),
    }
    assert 90 <= next(c.similarity for c in changes if c.status == "R") < 100


@ALL
def test_modes_and_kinds(repo, opened, spec):
    repo.commit(files={"run.sh": "# 1\n", "kind.tf": "main.tf", "main.tf": "# m\n"})
    (repo.path / "run.sh").chmod(0o755)
    (repo.path / "kind.tf").unlink()
    (repo.path / "kind.tf").symlink_to("main.tf")
    base, head = apply(repo, spec)
    changes = {c.new: c for c in opened(repo).changed(base, head)}
    assert {(p, c.status) for p, c in changes.items()} == {("run.sh", "M"), ("kind.tf", "T")}
    assert (changes["run.sh"].old_mode, changes["run.sh"].new_mode) == (0o100644, 0o100755)
    assert changes["kind.tf"].new_mode == 0o120000


def test_only_below_given_paths(repo, opened):
    repo.commit(files={"a/x.tf": TEXT, "ab/y.tf": "# 1\n", "z.tf": "# 1\n"})
    repo.write({"a/x.tf": None, "ab/x.tf": TEXT, "ab/y.tf": "# 2\n", "z.tf": "# 2\n"})
    found = opened(repo)
    assert simple(found.changed("HEAD", WORKTREE, ["a"])) == {("R", "a/x.tf", "ab/x.tf")}
    assert simple(found.changed("HEAD", WORKTREE, ["ab/y.tf"])) == {("M", "ab/y.tf", "ab/y.tf")}
    assert len(found.changed("HEAD", WORKTREE, ["."])) == len(found.changed("HEAD", WORKTREE)) == 3


def test_a_base_must_be_a_revision(repo, opened):
    repo.commit()
    for base in (INDEX, WORKTREE):
        with pytest.raises(GitError, match="cannot be the base"):
            opened(repo).changed(base, "HEAD")


def test_deleted_from_the_index_and_kept_on_disk(repo, opened):
    repo.commit(files={"kept.tf": "# 1\n", "edited.tf": "# 1\n", "gone.tf": "# 1\n"})
    repo.git("rm", "--quiet", "--cached", "kept.tf", "edited.tf", "gone.tf")
    repo.write({"edited.tf": "# 2\n", "gone.tf": None})
    found = opened(repo)
    assert simple(found.changed("HEAD", INDEX)) == {("D", n, None) for n in ("kept.tf", "edited.tf", "gone.tf")}
    assert simple(found.changed("HEAD", WORKTREE)) == {("M", "edited.tf", "edited.tf"), ("D", "gone.tf", None)}
    assert found.tree(WORKTREE).read("kept.tf") == b"# 1\n"


def test_an_untracked_repository_is_no_folder_of_files(repo, opened):
    repo.commit(files={"main.tf": "# m\n"})
    repo.git("init", "--quiet", "vendor/other")
    other = Repo(repo.path / "vendor" / "other")
    other.commit(files={"main.tf": "# o\n"})
    found = opened(repo)
    assert [(c.status, c.new, c.new_mode) for c in found.changed("HEAD", WORKTREE)] == [("A", "vendor/other", 0o160000)]
    assert found.tree(WORKTREE).submodule("vendor/other/main.tf") == "vendor/other"


def test_a_configured_order_or_rename_limit_changes_nothing(repo, opened):
    repo.commit(files={f"a/{i}.tf": f"{TEXT}# {i}\n" for i in range(5)})
    repo.git("config", "diff.renames", "false")
    repo.git("config", "diff.renameLimit", "1")
    repo.git("config", "diff.noprefix", "true")
    repo.git("config", "color.ui", "always")
    repo.git("config", "core.abbrev", "4")
    repo.write({f"a/{i}.tf": None for i in range(5)})
    repo.write({f"b/{i}.tf": f"{TEXT}# {i}\n# more\n" for i in range(5)})
    repo.commit()
    repo.git("config", "diff.orderFile", "nowhere")
    changes = opened(repo).changed("HEAD~1", "HEAD")
    assert simple(changes) == {("R", f"a/{i}.tf", f"b/{i}.tf") for i in range(5)}
    assert all(c.old_id and len(c.old_id) == 40 for c in changes)


def side(text: str) -> Side:
    return Side(text, text.encode)


def test_renames_same_content_first_then_at_least_half():
    gone = {"a/versions.tf": side("same\n"), "b/versions.tf": side("same\n"), "a/main.tf": side("1\n2\n3\n4\n")}
    come = {
        "z/versions.tf": side("same\n"),
        "y/other.tf": side("same\n"),
        "z/main.tf": side("1\n2\n3\nx\n"),
        "z/less.tf": side("1\n8\n8\n8\n"),
    }
    assert set(pair_renames(gone, come)) == {
        ("a/versions.tf", "z/versions.tf", 100),
        ("b/versions.tf", "y/other.tf", 100),
        ("a/main.tf", "z/main.tf", 75),
    }


def test_very_many_renames_are_compared_by_name():
    gone = {f"a/{i}/main.tf": side(f"{TEXT}# {i}\n") for i in range(150)}
    come = {f"b/{i}/main.tf": side(f"{TEXT}# {i}\n# more\n") for i in range(100)}
    come |= {f"b/{i}/other.tf": side(f"nothing {i}\n") for i in range(100)}
    pairs = pair_renames(gone, come)
    assert len(pairs) > 0
    assert all(new.endswith("main.tf") for _, new, _ in pairs)
    assert len({p[0] for p in pairs}) == len({p[1] for p in pairs}) == len(pairs)


def test_a_file_in_a_folder_that_must_not_be_read_is_not_deleted(repo, opened, monkeypatch):
    """git says "deleted" of it. (The tests may run as root, whom no mode stops: the disk's answer is put in place.)"""
    repo.commit(files={"closed/m.tf": "# 1\n"})
    repo.write({"closed/m.tf": None})
    assert simple(opened(repo).changed("HEAD", WORKTREE)) == {("D", "closed/m.tf", None)}

    def refuse(disk: Disk, path: str) -> None:
        raise TreeError(f"{path} cannot be read: Permission denied", "source")

    monkeypatch.setattr(Disk, "entry", refuse)
    with pytest.raises(TreeError, match=r"closed/m\.tf cannot be read"):
        opened(repo).changed("HEAD", WORKTREE)
