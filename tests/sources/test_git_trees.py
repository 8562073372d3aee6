"""Reading from revisions, the index and the working tree."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gitrepo import Repo, make_repo
from tfratchet.sources.git import INDEX, WORKTREE, GitError
from tfratchet.sources.tree import TreeError

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
ALL = ("HEAD", INDEX, WORKTREE)


def problem(tree, path: str) -> TreeError:
    with pytest.raises(TreeError) as caught:
        tree.read(path)
    assert path in str(caught.value)
    return caught.value


def state(repo: Path) -> dict[str, tuple[float, int]]:
    """Everything in .git with time stamps: to see that nothing was written."""
    return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in (repo / ".git").rglob("*")}


@pytest.mark.parametrize("spec", ALL)
def test_reading_and_listing(repo, opened, spec):
    repo.commit(files={"main.tf": "# m\n", "a/x.tf": "# x\n", "a/b/y.tf": "# y\n", "a/b/c/z.json": "{}", "a.tf": ""})
    tree = opened(repo).tree(spec)
    assert tree.label == spec
    assert tree.read("a/b/y.tf") == b"# y\n"
    assert tree.read("a.tf") == b""
    assert tree.listdir(".") == ["a.tf", "main.tf"]
    assert tree.listdir("a") == ["x.tf"]
    assert tree.listdir("nowhere") == tree.listdir("main.tf") == tree.walk("nowhere") == []
    assert tree.subdirs(".") == ["a"]
    assert tree.subdirs("a/b") == ["c"]
    assert tree.walk(".") == ["a.tf", "a/b/c/z.json", "a/b/y.tf", "a/x.tf", "main.tf"]
    assert tree.walk("a/b") == ["a/b/c/z.json", "a/b/y.tf"]
    assert [tree.exists(p) for p in ("main.tf", "a", "a/b/c/z.json", "a/none", "main.tf/x")] == [
        True,
        False,
        True,
        False,
        False,
    ]
    assert [tree.isdir(p) for p in (".", "a", "a/b", "main.tf", "none")] == [True, True, True, False, False]
    assert problem(tree, "a/none.tf").kind == "missing"
    assert problem(tree, "a/b").kind == "missing"
    assert problem(tree, "main.tf/x").kind == "missing"


def test_head_index_and_working_tree_are_three_versions(repo, opened):
    files = {"same.tf": "# s\n", "staged.tf": "# 1\n", "both.tf": "# 1\n", "unstaged.tf": "# 1\n", "gone.tf": "# 1\n"}
    repo.commit(files={**files, "dir/only.tf": "# 1\n", ".gitignore": "ignored.tf\n"})
    repo.write({"staged.tf": "# 2\n", "both.tf": "# 2\n", "gone.tf": None, "new/added.tf": "# 2\n"})
    repo.stage()
    repo.write(
        {"both.tf": "# 3\n", "unstaged.tf": "# 3\n", "dir/only.tf": None, "un/tracked.tf": "# 3\n", "ignored.tf": ""}
    )
    found = opened(repo)
    head, index, work = (found.tree(s) for s in ALL)
    assert [t.read("both.tf") for t in (head, index, work)] == [b"# 1\n", b"# 2\n", b"# 3\n"]
    assert [t.read("staged.tf") for t in (head, index, work)] == [b"# 1\n", b"# 2\n", b"# 2\n"]
    assert [t.read("unstaged.tf") for t in (head, index, work)] == [b"# 1\n", b"# 1\n", b"# 3\n"]
    assert [t.exists("gone.tf") for t in (head, index, work)] == [True, False, False]
    assert [t.exists("new/added.tf") for t in (head, index, work)] == [False, True, True]
    assert [t.exists("un/tracked.tf") for t in (head, index, work)] == [False, False, True]
    assert [t.listdir("dir") for t in (head, index, work)] == [["only.tf"], ["only.tf"], []]
    assert not work.exists("ignored.tf")
    assert index.walk(".") == [
        ".gitignore",
        "both.tf",
        "dir/only.tf",
        "new/added.tf",
        "same.tf",
        "staged.tf",
        "unstaged.tf",
    ]
    assert work.walk(".") == [
        ".gitignore",
        "both.tf",
        "new/added.tf",
        "same.tf",
        "staged.tf",
        "un/tracked.tf",
        "unstaged.tf",
    ]


def test_what_was_staged_and_taken_back_on_disk_is_as_on_disk(repo, opened):
    repo.commit(files={"main.tf": "# 1\n"})
    repo.write({"main.tf": "# 2\n"})
    repo.stage()
    repo.write({"main.tf": "# 1\n"})
    found = opened(repo)
    assert found.tree(INDEX).read("main.tf") == b"# 2\n"
    assert found.tree(WORKTREE).read("main.tf") == b"# 1\n"
    assert found.changed("HEAD", WORKTREE) == []


def test_the_index_over_another_base(repo, opened):
    repo.commit(files={"a.tf": "# 1\n", "b.tf": "# 1\n"})
    repo.commit(files={"a.tf": "# 2\n", "c/c.tf": "# 2\n"})
    repo.write({"b.tf": "# 3\n"})
    repo.stage()
    found = opened(repo)
    base, index = found.tree("HEAD~1"), found.tree(INDEX)
    assert {c.new for c in found.changed("HEAD~1", INDEX)} == {"a.tf", "b.tf", "c/c.tf"}
    assert [index.read(p) for p in index.walk(".")] == [b"# 2\n", b"# 3\n", b"# 2\n"]
    assert base.walk(".") == ["a.tf", "b.tf"]


def test_a_directory_becomes_a_file_and_a_file_a_directory(repo, opened):
    repo.commit(files={"x/a.tf": "# a\n", "y": "# y\n", "z/b/c.tf": "# c\n"})
    repo.write({"x/a.tf": None, "y": None, "z/b/c.tf": None})
    for folder in ("x", "z/b", "z"):
        (repo.path / folder).rmdir()
    repo.write({"x": "# now a file\n", "y/d/e.tf": "# e\n", "z": "# z\n"})
    repo.stage()
    found = opened(repo)
    for spec in (INDEX, WORKTREE):
        tree = found.tree(spec)
        assert tree.walk(".") == ["x", "y/d/e.tf", "z"]
        assert tree.read("x") == b"# now a file\n"
        assert tree.read("y/d/e.tf") == b"# e\n"
        assert problem(tree, "x/a.tf").kind == "missing"
        assert not tree.isdir("z/b")


def test_odd_file_names(repo, opened):
    names = [
        'a "quoted".tf',
        "b\nline.tf",
        "c\ttab/x y.tf",
        "d-ä-ö.tf",
        "e\\back.tf",
        ":f.tf",
        "g*[h].tf",
        "-i.tf",
        " ",
    ]
    repo.write({n: f"# {i}\n" for i, n in enumerate(names)})
    raw = os.path.join(os.fsencode(repo.path), b"n\xff\xfe.tf")
    with open(raw, "wb") as file:
        file.write(b"# raw\n")
    name = "n\udcff\udcfe.tf"
    repo.stage()
    found = opened(repo)
    assert {c.new for c in found.changed("HEAD", INDEX)} == {*names, name}
    assert {c.new for c in found.changed("HEAD", WORKTREE)} == {*names, name}
    repo.commit()
    with open(raw, "ab") as file:
        file.write(b"# more\n")
    found = opened(repo)
    for spec in ALL:
        tree = found.tree(spec)
        assert tree.walk(".") == sorted([*names, name])
        assert [tree.read(n) for n in names] == [f"# {i}\n".encode() for i in range(len(names))]
    assert found.tree(WORKTREE).read(name) == b"# raw\n# more\n"
    assert {p for p, _ in found.tree(WORKTREE).grep("#", [".tf"])} == {*names[:-1], name}
    assert [(c.status, c.new) for c in found.changed("HEAD", WORKTREE)] == [("M", name)]


@pytest.mark.parametrize("spec", ALL)
def test_the_size_is_looked_at_before_the_content(repo, opened, spec):
    repo.commit(files={"a.tf": b"x" * 100, "b.tf": b"y" * 101, "c.tf": "# c\n", "d/e.tf": "# e\n"})
    if spec == WORKTREE:
        repo.write({"b.tf": b"z" * 102})
    tree = opened(repo, limit=100).tree(spec)
    assert len(tree.read("a.tf")) == 100
    error = problem(tree, "b.tf")
    assert error.kind == "limit"
    assert "102 bytes" in str(error) if spec == WORKTREE else "101 bytes" in str(error)
    tree.prefetch(["a.tf", "b.tf", "none.tf", "c.tf", "d/e.tf"])
    assert [tree.read(p) for p in ("c.tf", "d/e.tf")] == [b"# c\n", b"# e\n"]
    assert problem(tree, "b.tf").kind == "limit"


def test_the_default_limit_lets_five_mebibytes_pass(repo, opened):
    size = 5 * 1024 * 1024
    repo.commit(files={"a.tf": b"#" * size, "b.tf": b"#" * (size + 1)})
    tree = opened(repo).tree("HEAD")
    assert len(tree.read("a.tf")) == size
    assert problem(tree, "b.tf").kind == "limit"


@pytest.mark.parametrize("spec", ALL)
def test_an_lfs_pointer_is_named(repo, opened, spec):
    repo.commit(files={"users.yaml": LFS, "about.md": "version https://git-lfs.github.com/spec/v2\n"})
    tree = opened(repo).tree(spec)
    error = problem(tree, "users.yaml")
    assert error.kind == "source"
    assert "LFS" in str(error)
    assert tree.read("about.md").startswith(b"version")


def test_a_submodule_is_named_and_not_looked_into(repo, opened, tmp_path):
    inner = make_repo(tmp_path, "inner")
    inner.commit(files={"main.tf": "# inner\n"})
    repo.commit(files={"main.tf": "# outer\n"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"file://{inner.path}", "modules/in")
    repo.commit()
    found = opened(repo)
    for spec in ALL:
        tree = found.tree(spec)
        assert tree.listdir("modules") == tree.listdir("modules/in") == tree.subdirs("modules") == []
        assert tree.walk(".") == [".gitmodules", "main.tf"]
        assert tree.submodule("modules/in") == tree.submodule("modules/in/sub/x.tf") == "modules/in"
        assert tree.submodule("modules") is tree.submodule("main.tf") is tree.submodule("none/x") is None
        for path in ("modules/in", "modules/in/main.tf"):
            error = problem(tree, path)
            assert error.kind == "source"
            assert "submodule" in str(error)
    Repo(repo.path / "modules" / "in").commit(files={"main.tf": "# changed\n"})
    found = opened(repo)
    change = found.changed("HEAD", WORKTREE)
    assert [(c.status, c.new, c.new_mode) for c in change] == [("M", "modules/in", 0o160000)]
    assert found.changed("HEAD", INDEX) == []


def link(repo: Repo, name: str, target: str) -> None:
    path = repo.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or path.exists():
        path.unlink()
    path.symlink_to(target)


@pytest.mark.parametrize("spec", ALL)
def test_links_are_followed_inside_the_tree_only(repo, opened, spec, tmp_path):
    (tmp_path / "secret.tf").write_text("# secret\n")
    repo.commit(files={"common/provider.tf": "# p\n", "common/deep/x.tf": "# x\n", "envs/prod/main.tf": "# m\n"})
    link(repo, "envs/prod/provider.tf", "../../common/provider.tf")
    link(repo, "envs/prod/all", "../../common")
    link(repo, "envs/chain.tf", "prod/all/../common/provider.tf")
    link(repo, "envs/chain2.tf", "prod/all/provider.tf")
    link(repo, "out.tf", "../secret.tf")
    link(repo, "far.tf", str(tmp_path / "secret.tf"))
    link(repo, "high.tf", "common/../../repo/common/provider.tf")
    link(repo, "self.tf", "self.tf")
    link(repo, "left", "right")
    link(repo, "right", "left")
    link(repo, "dangling.tf", "nothing.tf")
    if spec == "HEAD":
        repo.commit()
    elif spec == INDEX:
        repo.stage()
    tree = opened(repo).tree(spec)
    assert tree.read("envs/prod/provider.tf") == b"# p\n"
    assert tree.read("envs/prod/all/deep/x.tf") == b"# x\n"
    assert tree.read("envs/chain.tf") == b"# p\n"
    assert tree.read("envs/chain2.tf") == b"# p\n"
    assert tree.listdir("envs/prod/all") == ["provider.tf"]
    assert tree.walk("envs/prod/all") == ["envs/prod/all/deep/x.tf", "envs/prod/all/provider.tf"]
    for path in ("out.tf", "far.tf", "high.tf", "self.tf", "left/x.tf"):
        error = problem(tree, path)
        assert error.kind == "outside", path
        assert b"secret" not in str(error).encode().replace(b"secret.tf", b"")
    assert problem(tree, "dangling.tf").kind == "missing"
    # A .tf file that cannot be read must not vanish from the listing: reading it says why. A dangling one is nothing.
    assert tree.listdir(".") == ["far.tf", "high.tf", "left", "out.tf", "right", "self.tf"]
    assert tree.exists("envs/prod/provider.tf")
    assert not tree.exists("dangling.tf")
    assert tree.isdir("envs/prod/all")
    assert not tree.isdir("left")
    links = tree.links()
    assert links["envs/prod/all"] == "../../common"
    assert len(links) == 11


def test_links_of_a_working_tree_are_those_on_disk(repo, opened):
    repo.commit(files={"a.tf": "# a\n", "b.tf": "# b\n", "c.tf": "# c\n"})
    link(repo, "link.tf", "a.tf")
    link(repo, "gone.tf", "a.tf")
    repo.commit()
    link(repo, "link.tf", "b.tf")
    (repo.path / "gone.tf").unlink()
    (repo.path / "c.tf").unlink()
    link(repo, "c.tf", "a.tf")
    found = opened(repo)
    work = found.tree(WORKTREE)
    assert work.links() == {"link.tf": "b.tf", "c.tf": "a.tf"}
    assert found.tree("HEAD").links() == {"link.tf": "a.tf", "gone.tf": "a.tf"}
    assert work.read("link.tf") == b"# b\n"
    assert {(c.status, c.new or c.old) for c in found.changed("HEAD", WORKTREE)} == {
        ("M", "link.tf"),
        ("D", "gone.tf"),
        ("T", "c.tf"),
    }


def test_a_directory_of_the_working_tree_replaced_by_a_link_out_is_not_followed(repo, opened, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "main.tf").write_text("# secret\n")
    repo.commit(files={"mod/main.tf": "# inside\n", "keep.tf": "# k\n"})
    (repo.path / "mod" / "main.tf").unlink()
    (repo.path / "mod").rmdir()
    link(repo, "mod", str(tmp_path / "outside"))
    tree = opened(repo).tree(WORKTREE)
    assert problem(tree, "mod/main.tf").kind == "outside"
    assert tree.walk(".") == ["keep.tf", "mod"]


def test_a_file_swapped_for_a_link_behind_our_back_is_not_followed(repo, opened, tmp_path):
    (tmp_path / "secret.tf").write_text("# secret\n")
    repo.commit(files={"mod/main.tf": "# 1\n"})
    repo.write({"mod/main.tf": "# 2\n", "new/main.tf": "# 2\n"})
    tree = opened(repo).tree(WORKTREE)
    assert tree.listdir("mod") == tree.listdir("new") == ["main.tf"]  # the comparison has been made by now
    link(repo, "mod/main.tf", str(tmp_path / "secret.tf"))
    (repo.path / "new" / "main.tf").unlink()
    (repo.path / "new").rmdir()
    link(repo, "new", str(tmp_path))
    for path in ("mod/main.tf", "new/main.tf"):
        with pytest.raises(TreeError):
            tree.read(path)


def test_a_fifo_is_never_waited_for(repo, opened):
    repo.commit(files={"main.tf": "# m\n", "was.tf": "# w\n", "users.yaml": "- a\n"})
    repo.write({"was.tf": None, "users.yaml": "- b\n"})
    os.mkfifo(repo.path / "was.tf")
    os.mkfifo(repo.path / "untracked.tf")
    found = opened(repo)
    tree = found.tree(WORKTREE)
    changed = {(c.status, c.new or c.old) for c in found.changed("HEAD", WORKTREE)}
    assert ("M", "users.yaml") in changed
    assert tree.read("main.tf") == b"# m\n"
    for path in ("was.tf", "untracked.tf"):
        with pytest.raises(TreeError):
            tree.read(path)
    assert {p for p, _ in tree.grep("#", [".tf"])} == {"main.tf"}
    (repo.path / "users.yaml").unlink()
    os.mkfifo(repo.path / "users.yaml")  # after the comparison
    assert problem(tree, "users.yaml").kind == "source"


def test_downloaded_modules_are_read_though_ignored(repo, opened):
    repo.commit(files={"envs/prod/main.tf": "# m\n", ".gitignore": ".terraform/\n"})
    repo.write(
        {
            "envs/prod/.terraform/modules/modules.json": "{}",
            "envs/prod/.terraform/modules/iam/main.tf": "# iam\n",
            "envs/prod/.terraform/modules/iam/sub/x.tf": "# x\n",
            "envs/prod/.terraform/providers/big": "no",
            "envs/prod/.terraform/terraform.tfstate": "secret",
        }
    )
    (repo.path / "envs/prod/.terraform/modules/out.tf").symlink_to("/etc/passwd")
    found = opened(repo)
    for spec in ALL:  # also for the base: which version it is stands in modules.json
        tree = found.tree(spec)
        assert tree.walk(".") == [".gitignore", "envs/prod/main.tf"]
        assert tree.subdirs("envs/prod") == []
        assert tree.read("envs/prod/.terraform/modules/modules.json") == b"{}"
        assert tree.listdir("envs/prod/.terraform/modules/iam") == ["main.tf"]
        assert tree.walk("envs/prod/.terraform/modules/iam") == [
            "envs/prod/.terraform/modules/iam/main.tf",
            "envs/prod/.terraform/modules/iam/sub/x.tf",
        ]
        assert problem(tree, "envs/prod/.terraform/terraform.tfstate").kind == "missing"
        assert problem(tree, "envs/prod/.terraform/providers/big").kind == "missing"
        assert problem(tree, "envs/prod/.terraform/modules/out.tf").kind == "outside"
        assert problem(tree, ".terraform/modules/modules.json").kind == "missing"


def test_downloaded_modules_that_are_not_ignored_are_no_changes(repo, opened):
    repo.commit(files={"main.tf": "# m\n"})
    repo.write({".terraform/modules/iam/main.tf": "# iam\n", ".terraform/providers/x": "binary"})
    found = opened(repo)
    assert found.changed("HEAD", WORKTREE) == []
    assert found.tree(WORKTREE).walk(".") == ["main.tf"]
    assert found.tree(WORKTREE).read(".terraform/modules/iam/main.tf") == b"# iam\n"


def test_intent_to_add_is_no_part_of_the_index(repo, opened):
    repo.commit(files={"main.tf": "# m\n"})
    repo.write({"new.tf": "# n\n"})
    repo.git("add", "--intent-to-add", "new.tf")
    found = opened(repo)
    assert found.changed("HEAD", INDEX) == []
    assert found.tree(INDEX).walk(".") == ["main.tf"]
    assert [(c.status, c.old, c.new) for c in found.changed("HEAD", WORKTREE)] == [("A", None, "new.tf")]
    assert found.tree(WORKTREE).read("new.tf") == b"# n\n"


def test_files_in_conflict(repo, opened):
    repo.commit(files={"main.tf": "# start\n", "other.tf": "# o\n"})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit(files={"main.tf": "# side\n"})
    repo.git("checkout", "--quiet", "main")
    repo.commit(files={"main.tf": "# main\n"})
    repo.git("merge", "--quiet", "side", check=False)
    found = opened(repo)
    assert [(c.status, c.new) for c in found.changed("HEAD", INDEX)] == [("M", "main.tf")]
    error = problem(found.tree(INDEX), "main.tf")
    assert "conflict" in str(error)
    assert error.kind == "source"
    assert found.tree(INDEX).read("other.tf") == b"# o\n"
    assert [(c.status, c.new) for c in found.changed("HEAD", WORKTREE)] == [("M", "main.tf")]
    assert b"<<<<<<<" in found.tree(WORKTREE).read("main.tf")


def test_a_sparse_checkout_is_whole(repo, opened):
    repo.commit(files={"a/main.tf": "# a\n", "b/main.tf": "# b\n"})
    repo.git("sparse-checkout", "set", "a")
    assert not (repo.path / "b").exists()
    found = opened(repo)
    assert found.changed("HEAD", WORKTREE) == []
    assert found.tree(WORKTREE).read("b/main.tf") == b"# b\n"


def test_files_that_only_look_changed_are_none(repo, opened):
    repo.commit(files={"a.tf": "# a\n", "b.tf": "# b\n"})
    os.utime(repo.path / "a.tf", (1, 1))
    assert opened(repo).changed("HEAD", WORKTREE) == []


def test_line_ends_that_git_converts_are_no_difference(repo, opened):
    repo.commit(files={"a.tf": "# a\n# b\n", "b.tf": "# b\n"})
    repo.git("config", "core.autocrlf", "true")
    repo.write({"a.tf": "# a\r\n# c\r\n", "b.tf": "# b\r\n"})
    found = opened(repo)
    assert [c.new for c in found.changed("HEAD", WORKTREE)] == ["a.tf"]
    assert found.tree(WORKTREE).read("a.tf") == b"# a\n# c\n"


def test_a_partial_clone_fetches_nothing_and_says_so(repo, opened, tmp_path):
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.commit(files={"main.tf": "# 1\n", "sub/x.tf": "# x\n"})
    repo.commit(files={"main.tf": "# 2\n"})
    for kind, name in (("blob:none", "blobless"), ("tree:0", "treeless")):
        target = tmp_path / name
        repo.git("clone", "--quiet", f"--filter={kind}", f"file://{repo.path}", str(target))
        found = opened(target)
        assert found.tree("HEAD").read("main.tf") == b"# 2\n"
        before = state(target)
        with pytest.raises((TreeError, GitError), match="partial clone"):
            found.tree("HEAD~1").read("main.tf")
        assert state(target) == before


@pytest.mark.parametrize("spec", ALL)
def test_grep(repo, opened, spec):
    repo.commit(
        files={
            "main.tf": 'source = "./a"\nother\n  source="../b"\n',
            "x/y.tf.json": '{"source": "./c"}\n',
            "x/no.json": '{"source": "./c"}\n',
            ".gitattributes": "*.tf binary\n",
            "z/crlf.tf": 'source = "./d"\r\n',
            "z/last.tf": 'source   =    "./e"',
        }
    )
    if spec == INDEX:
        repo.write({"main.tf": 'source = "./a"\nsource = "./staged"\n', "z/last.tf": None, "new.tf": 'source="./n"\n'})
        repo.stage()
    if spec == WORKTREE:
        repo.write({"main.tf": 'source = "./work"\n', "z/last.tf": None, "w/new.tf": 'source="./n"\n'})
    tree = opened(repo).tree(spec)
    found = sorted(tree.grep(r'source"?[[:space:]]*[=:][[:space:]]*"[.]', [".tf", ".tf.json"]))
    rest = [("x/y.tf.json", '{"source": "./c"}'), ("z/crlf.tf", 'source = "./d"\r')]
    assert (
        found
        == {
            "HEAD": [
                ("main.tf", '  source="../b"'),
                ("main.tf", 'source = "./a"'),
                *rest,
                ("z/last.tf", 'source   =    "./e"'),
            ],
            INDEX: [
                ("main.tf", 'source = "./a"'),
                ("main.tf", 'source = "./staged"'),
                ("new.tf", 'source="./n"'),
                *rest,
            ],
            WORKTREE: [("main.tf", 'source = "./work"'), ("w/new.tf", 'source="./n"'), *rest],
        }[spec]
    )
    assert list(tree.grep("nothing like it", [".tf"])) == []


def test_grep_without_perl_expressions_gives_the_same(repo, opened, tmp_path, monkeypatch):
    repo.commit(files={"main.tf": 'source = "./a"\nfilebase64 ("x")\n'})
    pattern = r"(^|[^[:alnum:]_])(file|filebase64)[[:space:]]*[(]|source[[:space:]]*="
    first = list(opened(repo).tree("HEAD").grep(pattern, [".tf"]))
    assert len(first) == 2
    real = subprocess.run(["sh", "-c", "command -v git"], capture_output=True, text=True, check=True).stdout.strip()
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(
        f'#!/bin/sh\ncase " $* " in *" --perl-regexp "*) echo "fatal: no PCRE" >&2; exit 128;; esac\nexec {real} "$@"\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    assert list(opened(repo).tree("HEAD").grep(pattern, [".tf"])) == first


def test_nothing_of_the_repository_is_executed_and_nothing_written(repo, opened, tmp_path):
    evil = tmp_path / "evil.sh"
    evil.write_text(f"#!/bin/sh\necho ran >> {tmp_path}/ran\ncat\n")
    evil.chmod(0o755)
    attributes = "*.tf filter=evil diff=evil\n*.yaml filter=e=q\n"
    repo.commit(files={"main.tf": "# 1\n", "users.yaml": "- a\n", ".gitattributes": attributes})
    for key in (
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.e=q.clean",
        "diff.evil.command",
        "diff.evil.textconv",
    ):
        repo.git("config", "--file", ".git/config", key, str(evil))
    repo.git("config", "filter.evil.process", str(evil))
    repo.git("config", "filter.evil.required", "true")
    for key in ("core.fsmonitor", "core.pager", "diff.external", "core.editor", "core.sshCommand", "pager.diff"):
        repo.git("config", key, str(evil))
    repo.git("config", "alias.diff", f"!{evil}")
    for hook in ("post-index-change", "pre-commit", "reference-transaction", "fsmonitor-watchman"):
        path = repo.path / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(evil.read_text())
        path.chmod(0o755)
    (tmp_path / "ran").unlink(missing_ok=True)
    repo.write({"main.tf": "# 2\n", "users.yaml": "- b\n", "new.tf": "# 1 new\n"})
    os.utime(repo.path / ".gitattributes", (1, 1))  # its time stamp in the index is old now, and must stay so
    before = state(repo.path)
    found = opened(repo)
    for spec in ALL:
        tree = found.tree(spec)
        assert tree.walk(".")
        assert [tree.read(p) for p in tree.walk(".")]
        assert list(tree.grep("#", [".tf"]))
        tree.links()
        found.changed("HEAD", spec)
    assert found.tree(WORKTREE).read("main.tf") == b"# 2\n"
    assert not (tmp_path / "ran").exists()
    assert state(repo.path) == before


def test_a_forged_tree_cannot_name_its_parent(repo, opened):
    blob = repo.git("hash-object", "-w", "--stdin", stdin="# x\n")
    # mktree refuses "..", so the object is written as it is.
    entry = b"100644 ..\0" + bytes.fromhex(blob) + b"100644 main.tf\0" + bytes.fromhex(blob)
    (repo.path / "raw").write_bytes(entry)
    tree_id = repo.git("hash-object", "-w", "-t", "tree", "--literally", "raw")
    commit = repo.git("commit-tree", tree_id, "-m", "forged")
    (repo.path / "raw").unlink()
    tree = opened(repo).tree(commit)
    assert tree.walk(".") == ["main.tf"]


def test_very_deep_directories(repo, opened):
    # Deeper than the recursion limit; no file system has it, an object database can.
    blob = repo.git("hash-object", "-w", "--stdin", stdin="# deep\n")
    tree_id = repo.git("mktree", stdin=f"100644 blob {blob}\tmain.tf\n")
    objects = [tree_id]
    for _ in range(30):
        tree_id = repo.git("mktree", stdin=f"040000 tree {tree_id}\td\n")
        objects.append(tree_id)
    commit = repo.git("commit-tree", tree_id, "-m", "deep")
    tree = opened(repo).tree(commit)
    path = "d/" * 30 + "main.tf"
    assert tree.read(path) == b"# deep\n"
    assert tree.walk(".") == [path]
    with pytest.raises(TreeError):
        tree.read("d/" * 5000 + "main.tf")


def test_the_object_reader_starts_again_after_closing(repo, opened):
    repo.commit(files={"main.tf": "# 1\n", "b.tf": "# 2\n"})
    found = opened(repo)
    tree = found.tree("HEAD")
    assert tree.read("main.tf") == b"# 1\n"
    process = found.objects._process
    found.close()
    assert process is not None
    assert process.poll() is not None
    assert tree.read("b.tf") == b"# 2\n"
    with found:
        assert tree.read("main.tf") == b"# 1\n"


def test_one_process_reads_for_both_sides(repo, opened):
    repo.commit(files={"main.tf": "# 1\n"})
    repo.commit(files={"main.tf": "# 2\n"})
    found = opened(repo)
    base, head = found.tree("HEAD~1"), found.tree("HEAD")
    assert base.read("main.tf") == b"# 1\n"
    process = found.objects._process
    assert head.read("main.tf") == b"# 2\n"
    assert found.objects._process is process
    assert process is not None
