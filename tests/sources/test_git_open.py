"""Finding repositories, and the revisions in them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gitrepo import Repo, environment, make_repo
from tfratchet.sources.git import INDEX, WORKTREE, GitError, Repository


def clone(tmp_path: Path, repo: Repo, *options: str, name: str = "clone") -> Repo:
    repo.git("clone", "--quiet", *options, f"file://{repo.path}", str(tmp_path / name))
    return Repo(tmp_path / name)


def test_a_subdirectory_belongs_to_the_repository_around_it(repo, opened):
    commit = repo.commit(files={"envs/prod/main.tf": "# 1\n"})
    found = opened(repo.path / "envs" / "prod")
    assert Path(found.top) == repo.path.resolve()
    assert found.prefix == "envs/prod"
    assert found.resolve("HEAD") == commit
    assert opened(repo).prefix == ""


def test_a_path_through_a_link_is_the_repository_that_it_leads_to(repo, opened, tmp_path):
    repo.commit(files={"envs/prod/main.tf": "# 1\n"})
    (tmp_path / "short").symlink_to(repo.path / "envs" / "prod")
    found = opened(tmp_path / "short")
    assert (Path(found.top), found.prefix) == (repo.path.resolve(), "envs/prod")


def test_no_repository_and_no_directory_are_told_apart(tmp_path):
    with pytest.raises(GitError, match="is not in a git repository"):
        Repository.open(str(tmp_path))
    with pytest.raises(GitError, match="no such directory"):
        Repository.open(str(tmp_path / "nowhere"))


def test_without_git_the_message_names_git(repo, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="git program cannot be started"):
        Repository.open(str(repo.path))


def test_an_older_git_is_refused(repo, monkeypatch, tmp_path):
    # git before 2.31 repeats an option that rev-parse does not know.
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho --path-format=absolute\necho true\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent))
    with pytest.raises(GitError, match="too old"):
        Repository.open(str(repo.path))


def test_a_bare_repository_has_revisions_only(repo, opened, tmp_path):
    commit = repo.commit(files={"main.tf": "# bare\n"})
    bare = clone(tmp_path, repo, "--bare")
    found = opened(bare)
    assert found.top is None
    assert found.resolve("main") == commit
    assert found.tree("main").read("main.tf") == b"# bare\n"
    for spec in (INDEX, WORKTREE):
        with pytest.raises(GitError, match="bare repository"):
            found.tree(spec)
        with pytest.raises(GitError, match="bare repository"):
            found.changed("main", spec)


def test_a_linked_worktree_has_its_own_head_and_index(repo, opened, tmp_path):
    repo.commit(files={"main.tf": "# one\n"})
    repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    commit = linked.commit(files={"main.tf": "# two\n"})
    linked.write({"main.tf": "# three\n"})
    linked.stage()
    found = opened(linked)
    assert found.resolve("HEAD") == commit
    assert found.tree("HEAD").read("main.tf") == b"# two\n"
    assert found.tree(INDEX).read("main.tf") == b"# three\n"
    assert found.tree("main").read("main.tf") == b"# one\n"


def test_a_detached_head_and_every_kind_of_revision(repo, opened):
    first = repo.commit(files={"main.tf": "# one\n"})
    second = repo.commit("second: fix", files={"main.tf": "# two\n"})
    repo.git("tag", "-a", "-m", "tag", "v1", first)
    repo.git("checkout", "--quiet", "--detach")
    found = opened(repo)
    for rev in ("HEAD", "@", second, second[:10], "main", "refs/heads/main", ":/second", "HEAD^{/fix}"):
        assert found.resolve(rev) == second, rev
    for rev in ("HEAD~1", "HEAD^", "v1", f"{second}~1"):
        assert found.resolve(rev) == first, rev


@pytest.mark.parametrize("rev", ["nowhere", "HEAD~7", "0" * 40, "HEAD:main.tf", "main..main", "a b"])
def test_an_unknown_revision_is_named(repo, opened, rev):
    repo.commit(files={"main.tf": "# one\n"})
    with pytest.raises(GitError, match="revision") as caught:
        opened(repo).resolve(rev)
    assert rev in str(caught.value)
    assert "shallow" not in str(caught.value)


@pytest.mark.parametrize("rev", ["--upload-pack=evil", "-h", "", "HEAD\nHEAD", "a\0b"])
def test_what_is_an_option_or_two_lines_is_no_revision(repo, opened, rev):
    repo.commit()
    with pytest.raises(GitError, match="is no revision"):
        opened(repo).resolve(rev)


def test_a_branch_without_upstream_is_an_error_and_the_next_question_works(repo, opened):
    commit = repo.commit()
    found = opened(repo)
    with pytest.raises(GitError, match=r"upstream|@{u}"):
        found.resolve("@{u}")
    assert found.resolve("HEAD") == commit


def test_an_unfetched_branch_comes_with_advice(repo, opened):
    repo.commit()
    with pytest.raises(GitError, match="git fetch origin main"):
        opened(repo).resolve("origin/main")


def test_a_shallow_clone_says_how_to_get_the_history(repo, opened, tmp_path):
    repo.commit(files={"main.tf": "# one\n"})
    last = repo.commit(files={"main.tf": "# two\n"})
    found = opened(clone(tmp_path, repo, "--depth", "1"))
    assert found.shallow
    assert found.resolve("HEAD") == last
    assert found.tree("HEAD").read("main.tf") == b"# two\n"
    with pytest.raises(GitError, match="git fetch --unshallow") as caught:
        found.resolve("HEAD~1")
    assert "HEAD~1" in str(caught.value)


def test_merge_base(repo, opened, tmp_path):
    start = repo.commit(files={"main.tf": "# one\n"})
    repo.git("branch", "topic")
    repo.commit(files={"main.tf": "# two\n"})
    repo.git("checkout", "--quiet", "topic")
    repo.commit(files={"other.tf": "# three\n"})
    found = opened(repo)
    assert found.merge_base("main", "topic") == start
    repo.git("checkout", "--quiet", "--orphan", "alone")
    repo.commit()
    with pytest.raises(GitError, match="no common ancestor"):
        found.merge_base("main", "alone")
    shallow = clone(tmp_path, repo, "--depth", "1", "--no-single-branch")
    with pytest.raises(GitError, match=r"no common ancestor.*--unshallow"):
        opened(shallow).merge_base("origin/main", "origin/topic")


def test_sha256_repositories(opened, tmp_path):
    repo = make_repo(tmp_path, "long", sha256=True)
    assert opened(repo).tree("HEAD").walk(".") == []  # not yet a commit: the empty tree
    commit = repo.commit(files={"main.tf": "# one\n", "sub/users.yaml": "- a\n"})
    repo.write({"sub/users.yaml": "- b\n"})
    found = opened(repo)
    assert len(found.resolve("HEAD")) == 64
    assert found.resolve("HEAD") == commit
    assert found.tree("HEAD").read("sub/users.yaml") == b"- a\n"
    assert found.tree(WORKTREE).read("sub/users.yaml") == b"- b\n"


def test_without_commits_head_is_the_empty_tree(repo, opened):
    found = opened(repo)
    repo.write({"main.tf": "# one\n", "sub/other.tf": "# two\n"})
    repo.stage("main.tf")
    assert found.tree("HEAD").walk(".") == []
    assert found.tree("HEAD").commit is None
    assert [(c.status, c.new) for c in found.changed("HEAD", INDEX)] == [("A", "main.tf")]
    assert [(c.status, c.new) for c in found.changed("HEAD", WORKTREE)] == [("A", "main.tf"), ("A", "sub/other.tf")]
    assert found.tree(INDEX).walk(".") == ["main.tf"]
    assert found.tree(WORKTREE).read("sub/other.tf") == b"# two\n"
    with pytest.raises(GitError, match="no commits yet"):
        found.resolve("HEAD")
    with pytest.raises(GitError, match="main"):
        found.tree("main")


def test_inside_a_submodule_it_is_the_repository_of_the_submodule(repo, opened, tmp_path):
    inner = make_repo(tmp_path, "inner")
    commit = inner.commit(files={"main.tf": "# inner\n"})
    repo.commit()
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"file://{inner.path}", "modules/inner")
    repo.commit()
    found = opened(repo.path / "modules" / "inner")
    assert found.resolve("HEAD") == commit
    assert Path(found.top) == (repo.path / "modules" / "inner").resolve()
    assert opened(repo.path / "modules").resolve("HEAD") != commit


def test_inside_the_git_directory_there_is_no_working_tree(repo, opened):
    commit = repo.commit()
    found = opened(repo.path / ".git" / "refs")
    assert found.top is None
    assert found.resolve("HEAD") == commit


def test_a_hook_environment_of_another_repository_is_not_believed(repo, opened, tmp_path, monkeypatch):
    other = make_repo(tmp_path, "other")
    other.commit(files={"other.tf": "# other\n"})
    commit = repo.commit(files={"main.tf": "# one\n"})
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    found = opened(repo)
    assert found.resolve("HEAD") == commit
    assert found.tree(INDEX).walk(".") == ["main.tf"]


def test_the_index_of_a_partial_commit_is_the_one_that_counts(repo, tmp_path):
    # `git commit FILE` runs its hooks with an index of its own: what else is staged is not part of that commit.
    repo.commit(files={"a.tf": "# 1\n", "b.tf": "# 1\n"})
    program = (
        "import sys\n"
        f"sys.path[:0] = {[os.path.join(os.path.dirname(__file__), '..', '..', 'plugin')]!r}\n"
        "from tfratchet.sources.git import Repository\n"
        "with Repository.open('.') as r:\n"
        "    print(*(c.new for c in r.changed('HEAD', 'INDEX')), file=open('seen', 'w'))\n"
    )
    (tmp_path / "program.py").write_text(program)
    hook = repo.path / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexec {os.sys.executable} {tmp_path / 'program.py'}\n")
    hook.chmod(0o755)
    repo.write({"a.tf": "# 2\n", "b.tf": "# 2\n"})
    repo.stage("a.tf")
    repo.git("commit", "--quiet", "-m", "only b", "b.tf")
    assert (repo.path / "seen").read_text().split() == ["b.tf"]


def test_a_hook_with_git_dir_and_work_tree_apart(tmp_path, opened, monkeypatch):
    # People keep their dotfiles so: `git --git-dir=... --work-tree=...`.
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "main.tf").write_text("# one\n")
    env = environment(tmp_path)
    options = [f"--git-dir={tmp_path / 'store'}", f"--work-tree={tmp_path / 'tree'}"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run(["git", *options, *command], cwd=tmp_path / "tree", env=env, check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "store"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "tree"))
    found = opened(tmp_path / "tree")
    assert found.tree(WORKTREE).read("main.tf") == b"# one\n"


def test_objects_in_quarantine_are_seen_by_a_server_side_hook(repo, tmp_path):
    repo.commit(files={"main.tf": "# one\n"})
    server = clone(tmp_path, repo, "--bare", name="server")
    program = (
        "import sys\n"
        f"sys.path[:0] = {[os.path.join(os.path.dirname(__file__), '..', '..', 'plugin')]!r}\n"
        "from tfratchet.sources.git import Repository\n"
        "old, new, name = sys.stdin.readline().split()\n"
        "with Repository.open('.') as r:\n"
        "    print(r.tree(new).read('main.tf').decode(), file=open('seen', 'w'))\n"
    )
    (tmp_path / "program.py").write_text(program)
    hook = server.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexec {os.sys.executable} {tmp_path / 'program.py'}\n")
    hook.chmod(0o755)
    repo.commit(files={"main.tf": "# two\n"})
    repo.git("push", "--quiet", str(server.path), "main")
    assert (server.path / "seen").read_text().strip() == "# two"
