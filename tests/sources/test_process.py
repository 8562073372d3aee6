"""Running git: output as it comes, and what must not cost memory."""

from __future__ import annotations

import io
import random

import pytest

from gitrepo import Repo
from tfratchet.sources import process
from tfratchet.sources.process import GitError, read_all, read_records
from tfratchet.sources.reach import reach


def records(data: bytes, limit: int) -> list[tuple[str, str]]:
    return read_records(io.BytesIO(data), limit)


def test_records_of_odd_names_and_lines():
    data = b"a b.tf\0one\nnew\nline.tf\0two\0with zero\n\xff.tf\0\n"
    expected = [("a b.tf", "one"), ("new\nline.tf", "two\0with zero"), ("\udcff.tf", "")]
    assert records(data, 1000) == expected
    assert records(data, 20) == expected


def test_a_file_with_more_than_the_limit_is_cut_and_the_others_are_whole(monkeypatch):
    monkeypatch.setattr(process, "_CHUNK", 7)
    data = b"a.tf\0first\n" + b"b.tf\0" + b"x" * 500 + b"\n" + b"b.tf\0short\n" + b"c.tf\0last\n"
    assert records(data, 40) == [("a.tf", "first"), ("c.tf", "last")]
    many = b"".join(b"b.tf\0line %d\n" % i for i in range(100)) + b"c.tf\0last\n"
    found = records(many, 40)
    assert found[-1] == ("c.tf", "last")
    assert 0 < sum(len(line) for path, line in found if path == "b.tf") <= 40


@pytest.mark.parametrize("seed", range(20))
def test_where_the_chunks_end_does_not_matter(seed, monkeypatch):
    rng = random.Random(seed)
    lines = [(f"{rng.choice('abc')}/{rng.choice('xyz')}.tf", "s" * rng.randrange(30)) for _ in range(60)]
    lines.sort()
    data = "".join(f"{path}\0{line}\n" for path, line in lines).encode()
    limit = rng.randrange(400, 800)
    monkeypatch.setattr(process, "_CHUNK", rng.randrange(1, 50))
    assert len(data) > limit
    assert records(data, limit) == lines


def test_output_without_end_is_an_error(monkeypatch):
    monkeypatch.setattr(process, "OUTPUT_LIMIT", 10)
    assert read_all(io.BytesIO(b"0123456789")) == b"0123456789"
    with pytest.raises(GitError, match="printed more than"):
        read_all(io.BytesIO(b"0123456789x"))


def test_too_much_output_of_git_is_an_error(repo: Repo, opened, monkeypatch):
    repo.commit(files={"a.tf": "# a\n"})
    monkeypatch.setattr(process, "OUTPUT_LIMIT", 10)
    with pytest.raises(GitError, match="printed more than"):
        opened(repo)


def test_a_huge_file_does_not_hide_the_others(repo: Repo, opened):
    # One line of twelve megabytes that calls a module half a million times, and a file of as many lines.
    call = 'source = "../b" '
    repo.commit(
        files={
            "a/main.tf": 'module "b" {\n  source = "../b"\n}\n',
            "b/main.tf": "# 1\n",
            "c/main.tf": call * 750_000,
            "d/main.tf": f"{call}\n" * 750_000,
        }
    )
    repo.write({"b/main.tf": "# 2\n"})
    repo.stage()
    found = opened(repo)
    base, head = found.tree("HEAD"), found.tree("INDEX")
    targets = reach(base, head, found.changed("HEAD", "INDEX")).targets
    assert "a" in [t.path for t in targets]
