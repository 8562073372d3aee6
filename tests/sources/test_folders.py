"""Two folders as base and head."""

from __future__ import annotations

import os

import pytest

from tfratchet.sources.folders import FolderTree, changed_folders
from tfratchet.sources.tree import TreeError

TEXT = "".join(f"# line {i}\n" for i in range(40))


def write(top, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def test_reading_and_listing(tmp_path):
    write(
        tmp_path,
        {
            "main.tf": "# m\n",
            "a/x.tf": "# x\n",
            "a/b/y.json": "{}",
            ".git/config": "secret",
            "a/.terraform/modules/modules.json": "[]",
            "a/.terraform/modules/iam/main.tf": "# iam\n",
        },
    )
    tree = FolderTree(str(tmp_path), label="before")
    assert tree.label == "before"
    assert FolderTree(str(tmp_path)).label == str(tmp_path)
    assert tree.read("a/b/y.json") == b"{}"
    assert tree.walk(".") == ["a/b/y.json", "a/x.tf", "main.tf"]
    assert tree.walk("a/b") == ["a/b/y.json"]
    assert tree.listdir(".") == ["main.tf"]
    assert not tree.exists(".git/config")
    assert tree.read("a/.terraform/modules/modules.json") == b"[]"
    assert tree.walk("a/.terraform/modules/iam") == ["a/.terraform/modules/iam/main.tf"]
    assert list(tree.grep("# [mx]", [".tf"])) == [("a/x.tf", "# x"), ("main.tf", "# m")]
    for path, kind in (("none.tf", "missing"), ("a", "missing"), (".git/config", "missing"), ("a/../../x", "outside")):
        with pytest.raises(TreeError) as caught:
            tree.read(path)
        assert caught.value.kind == kind, path


def test_no_such_folder(tmp_path):
    write(tmp_path, {"file": ""})
    for name in ("none", "file"):
        with pytest.raises(TreeError, match="no such directory"):
            FolderTree(str(tmp_path / name))


def test_links_devices_and_size(tmp_path):
    top = tmp_path / "top"
    write(
        top, {"common/p.tf": "# p\n", "big.tf": "x" * 101, "lfs.yaml": "version https://git-lfs.github.com/spec/v1\n"}
    )
    write(tmp_path, {"secret.tf": "# secret\n"})
    (top / "in.tf").symlink_to("common/p.tf")
    (top / "dir").symlink_to("common")
    (top / "out.tf").symlink_to("../secret.tf")
    (top / "far.tf").symlink_to(tmp_path / "secret.tf")
    (top / "loop").symlink_to("loop")
    os.mkfifo(top / "fifo.tf")
    tree = FolderTree(str(top), limit=100)
    assert tree.read("in.tf") == tree.read("dir/p.tf") == b"# p\n"
    for path, kind in {
        "out.tf": "outside",
        "far.tf": "outside",
        "loop/x.tf": "outside",
        "fifo.tf": "source",
        "big.tf": "limit",
        "lfs.yaml": "source",
    }.items():
        with pytest.raises(TreeError) as caught:
            tree.read(path)
        assert caught.value.kind == kind, path
    assert tree.links() == {
        "in.tf": "common/p.tf",
        "dir": "common",
        "out.tf": "../secret.tf",
        "far.tf": str(tmp_path / "secret.tf"),
        "loop": "loop",
    }
    assert list(tree.grep("secret", [".tf"])) == []
    assert tree.walk(".") == ["big.tf", "common/p.tf", "far.tf", "fifo.tf", "in.tf", "lfs.yaml", "loop", "out.tf"]


def test_a_device_that_claims_to_be_empty_is_bounded():
    tree = FolderTree("/proc/self", limit=10)
    with pytest.raises(TreeError) as caught:
        tree.read("status")
    assert caught.value.kind == "limit"


def test_what_differs(tmp_path):
    base, head = tmp_path / "base", tmp_path / "head"
    same = {"same.tf": "# s\n", ".terraform/modules/x/main.tf": "# x\n"}
    write(base, {**same, "m.tf": "# 1\n", "gone.tf": "# g\n", "old/main.tf": TEXT, "old/kind": "x", ".git/HEAD": "1"})
    write(head, {**same, "m.tf": "# 2\n", "new.tf": "# n\n", "moved/main.tf": f"{TEXT}# more\n", ".git/HEAD": "2"})
    (head / "old").mkdir()
    (head / "old" / "kind").symlink_to("../m.tf")
    write(head, {".terraform/modules/x/main.tf": "# other\n"})
    changes = changed_folders(FolderTree(str(base)), FolderTree(str(head)))
    assert [(c.status, c.old, c.new) for c in changes] == [
        ("D", "gone.tf", None),
        ("M", "m.tf", "m.tf"),
        ("R", "old/main.tf", "moved/main.tf"),
        ("A", None, "new.tf"),
        ("T", "old/kind", "old/kind"),
    ]


def test_files_that_cannot_be_read_are_compared_as_far_as_known(tmp_path):
    base, head = tmp_path / "base", tmp_path / "head"
    for top in (base, head):
        write(top, {"a.tf": "x" * 20})
        os.mkfifo(top / "fifo")
    write(head, {"a.tf": "x" * 30})
    changes = changed_folders(FolderTree(str(base), limit=10), FolderTree(str(head), limit=10))
    assert [(c.status, c.new) for c in changes] == [("M", "a.tf")]


def test_names_that_are_no_utf8(tmp_path):
    with open(os.fsencode(tmp_path) + b"/n\xff.tf", "wb") as file:
        file.write(b"# raw\n")
    tree = FolderTree(str(tmp_path))
    assert tree.walk(".") == ["n\udcff.tf"]
    assert tree.read("n\udcff.tf") == b"# raw\n"


def test_what_must_not_be_read_is_not_taken_for_gone(tmp_path, monkeypatch):
    """A folder or file without permission is an error: as an empty one, what it holds would look removed (or never
    there). The tests may run as root, whom no mode stops, so the system's answer is put in its place.
    """
    write(tmp_path, {"closed/main.tf": "# c\n", "main.tf": "# m\n"})
    real = os.open

    def refuse(path, flags, *args, **kwargs):
        if os.fsdecode(path) in {"closed", "main.tf"}:
            raise PermissionError(13, "Permission denied", path)
        return real(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    tree = FolderTree(str(tmp_path))
    for look in (tree.listdir, tree.walk):
        with pytest.raises(TreeError, match="closed: the folder cannot be read: Permission denied") as listed:
            look("closed")
        assert listed.value.kind == "source"
    with pytest.raises(TreeError, match=r"main\.tf cannot be read: Permission denied") as read:
        tree.read("main.tf")
    assert read.value.kind == "source"
