"""The common ancestor in a shallow clone: always the one that the whole history gives, or an error."""

from __future__ import annotations

import base64
import random
import sys
from pathlib import Path

import githttp
import pytest
from actionrun import ROOT

import gitrepo

sys.path.insert(0, str(ROOT / "action"))

from gh import StepError
from history import History, environment


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in gitrepo.environment(tmp_path).items():
        monkeypatch.setenv(name, value)


def shallow(repo: gitrepo.Repo, folder: Path, ref: str = "main") -> History:
    clone = gitrepo.make_repo(folder.parent, folder.name)
    clone.git("remote", "add", "origin", f"file://{repo.path}")
    clone.git("fetch", "--quiet", "--depth=1", "origin", ref)
    return History(folder)


def chain(repo: gitrepo.Repo, count: int) -> str:
    """Many commits, quickly."""
    lines = []
    branch = repo.git("symbolic-ref", "--short", "HEAD")
    for i in range(count):
        lines.append(f"commit refs/heads/{branch}")
        lines.append(f"committer Ann <ann@example.com> {1_800_000_000 + i} +0000\ndata {len(branch)}\n{branch}")
        if i == 0:
            lines.append(f"from {repo.git('rev-parse', 'HEAD')}")
    repo.git("fast-import", "--quiet", "--force", stdin="\n".join(lines) + "\n")
    return repo.git("rev-parse", "HEAD")


@pytest.mark.parametrize(("ours", "theirs"), [(0, 3), (3, 0), (40, 300), (2000, 10)])
def test_far_back(tmp_path: Path, ours: int, theirs: int) -> None:
    repo = gitrepo.make_repo(tmp_path)
    repo.commit("first")
    point = chain(repo, 120)
    repo.git("branch", "topic")
    main = chain(repo, ours) if ours else point
    repo.git("switch", "--quiet", "topic")
    topic = chain(repo, theirs) if theirs else point
    history = shallow(repo, tmp_path / "clone")
    history.bring([main, topic])
    assert history.merge_base(main, topic) == point
    assert len(history.git("rev-list", f"{point}..{topic}").split()) == theirs


@pytest.mark.parametrize("start", ["main", "topic", "first"])
def test_no_more_is_fetched_than_needed(tmp_path: Path, start: str) -> None:
    repo = gitrepo.make_repo(tmp_path)
    repo.commit("first")
    repo.git("branch", "first")
    point = chain(repo, 900)
    repo.git("branch", "topic")
    main = chain(repo, 5)
    repo.git("switch", "--quiet", "topic")
    topic = chain(repo, 5)
    history = shallow(repo, tmp_path / "clone", start)
    history.bring([main, topic])
    assert history.merge_base(main, topic) == point
    assert len(history.git("rev-list", main, topic).split()) < 200


def test_what_is_there_is_not_cut_off(tmp_path: Path) -> None:
    repo = gitrepo.make_repo(tmp_path)
    repo.commit("first")
    point = chain(repo, 30)
    repo.git("branch", "topic")
    main = chain(repo, 5)
    repo.git("switch", "--quiet", "topic")
    topic = chain(repo, 5)
    history = shallow(repo, tmp_path / "clone", "topic")
    history.git("fetch", "--quiet", "--depth=25", "origin", "topic")
    history.bring([main, topic])
    assert history.merge_base(main, topic) == point
    assert len(history.git("rev-list", topic).split()) >= 25


def test_a_better_ancestor_behind_the_cut_is_found(tmp_path: Path) -> None:
    """Both tips also merged something old: near the tips only that common ancestor is in sight."""
    repo = gitrepo.make_repo(tmp_path)
    old = repo.commit("old", {"a": "1"})
    repo.git("switch", "--quiet", "--create", "topic")
    best = chain(repo, 1)
    chain(repo, 260)
    topic_tip = repo.git("commit-tree", "-p", "HEAD", "-p", old, "-m", "joins an old one", "HEAD^{tree}")
    main_tip = repo.git("commit-tree", "-p", best, "-p", old, "-m", "also", "HEAD^{tree}")
    repo.git("update-ref", "refs/heads/topic", topic_tip)
    repo.git("update-ref", "refs/heads/main", main_tip)
    assert repo.git("merge-base", main_tip, topic_tip) == best
    history = shallow(repo, tmp_path / "clone")
    history.bring([main_tip, topic_tip])
    # this is the trap: an ancestor is there, and it is not the best
    history._fetch(main_tip, topic_tip, depth="--deepen=50")
    assert history.git("merge-base", main_tip, topic_tip) == old
    assert history.merge_base(main_tip, topic_tip) == best


@pytest.mark.parametrize("seed", range(6))
def test_any_history(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    repo = gitrepo.make_repo(tmp_path)
    commits = [repo.commit("first")]
    tree = repo.git("rev-parse", "HEAD^{tree}")
    for i in range(90):
        near = commits[-12:]
        parents = dict.fromkeys([dice.choice(near), *([dice.choice(commits)] if dice.random() < 0.25 else [])])
        flags = [flag for p in parents for flag in ("-p", p)]
        commits.append(repo.git("commit-tree", *flags, "-m", str(i), tree))
    main, topic = commits[-1], commits[-2]
    repo.git("update-ref", "refs/heads/main", main)
    repo.git("update-ref", "refs/heads/topic", topic)
    history = shallow(repo, tmp_path / "clone")
    history.bring([main, topic])
    assert history.merge_base(main, topic) in repo.git("merge-base", "--all", main, topic).split()


def test_nothing_in_common(tmp_path: Path) -> None:
    repo = gitrepo.make_repo(tmp_path)
    main = repo.commit("first")
    repo.git("switch", "--quiet", "--orphan", "other")
    other = repo.commit("another first")
    history = shallow(repo, tmp_path / "clone")
    history.bring([main, other])
    with pytest.raises(StepError, match="have no common ancestor"):
        history.merge_base(main, other)


def test_the_token_goes_only_to_its_own_server(tmp_path: Path) -> None:
    repo = gitrepo.make_repo(tmp_path)
    repo.commit("first")
    own = History(repo.path, server="https://github.com", repository="acme/infra", token="secret")
    header = base64.b64encode(b"x-access-token:secret").decode()
    assert own._with_token() == (("http.https://github.com/.extraheader", f"AUTHORIZATION: basic {header}"),)
    for address in ("https://github.com.evil.example/x", "file:///x", "ssh://git@github.com/acme/infra"):
        repo.git("remote", "remove", "origin", check=False)
        repo.git("remote", "add", "origin", address)
        other = History(repo.path, server="https://github.com", repository="acme/infra", token="secret")
        assert other._with_token() == ()


@pytest.mark.parametrize("kept", [True, False])
def test_a_private_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool) -> None:
    """With the credentials that actions/checkout keeps in the clone, and without any: one header, never two."""
    monkeypatch.setenv("no_proxy", "*")
    repo = gitrepo.make_repo(tmp_path / "acme", "infra")
    repo.commit("first")
    point = chain(repo, 60)
    repo.git("branch", "topic")
    main = chain(repo, 2)
    repo.git("switch", "--quiet", "topic")
    topic = chain(repo, 2)
    clone = gitrepo.make_repo(tmp_path, "clone")
    clone.git("fetch", "--quiet", "--depth=1", f"file://{repo.path}", "main")
    with githttp.serve(tmp_path, "secret") as server:
        clone.git("remote", "add", "origin", f"{server.url}/acme/infra")
        if kept:
            header = base64.b64encode(b"x-access-token:secret").decode()
            clone.git("config", f"http.{server.url}/.extraheader", f"AUTHORIZATION: basic {header}")
        history = History(clone.path, server=server.url, repository="acme/infra", token="secret")
        history.bring([main, topic])
        assert history.merge_base(main, topic) == point
        assert max(len(headers) for headers in server.seen) == 1
        assert any(not headers for headers in server.seen) is not kept
        if not kept:
            assert "secret" not in (clone.path / ".git" / "config").read_text()
            nobody = History(clone.path, server=server.url, repository="acme/infra", token="wrong")
            with pytest.raises(StepError, match="cannot be fetched"):
                nobody.bring(["ab" * 20])


def test_what_is_configured_by_the_environment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "http.proxy")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "http://proxy.example")
    env = environment(("a.b", "c"))
    found = {env[f"GIT_CONFIG_KEY_{i}"]: env[f"GIT_CONFIG_VALUE_{i}"] for i in range(int(env["GIT_CONFIG_COUNT"]))}
    assert found == {"http.proxy": "http://proxy.example", "safe.directory": "*", "a.b": "c"}
