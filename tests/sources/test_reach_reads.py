"""Files that are no configuration: which modules could read them, and cases (var files)."""

from __future__ import annotations

import pytest
from reaching import BACKEND, LIBRARY, RESOURCE, call, roots

from tfratchet.sources.reads import READ, Read, can_mean, reads_in
from tfratchet.sources.tree import TreeError

HOLE = "\0"


def local(expression_text: str) -> str:
    return f"locals {{\n  x = {expression_text}\n}}\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('x = file("a.json")', [Read("relative", "a.json")]),
        ('x = file("${path.module}/a/b.json")', [Read("module", "/a/b.json")]),
        ('x = templatefile("${path.root}/a.tpl", { b = 1 })', [Read("root", "/a.tpl")]),
        ('yamldecode(file( "${ path.cwd }/u.yaml" ))', [Read("cwd", "/u.yaml")]),
        ('file("${path.module}/${each.key}.json")', [Read("module", f"/{HOLE}.json")]),
        ('file("${var.dir}/x.json")', [Read("anywhere", f"{HOLE}/x.json")]),
        ('file("${lookup(var.m, "a}b", "c")}.json")', [Read("anywhere", f"{HOLE}.json")]),
        ('file("${path.module}-data/x.json")', [Read("anywhere", f"{HOLE}-data/x.json")]),
        ('fileset(path.module, "users/*.yaml")', [Read("module", f"/users/{HOLE}.yaml")]),
        ('fileset("${path.module}/u", "**/{a,b}.y?ml")', [Read("module", f"/u/{HOLE}/{HOLE}.y{HOLE}ml")]),
        ("fileset(path.module, var.pattern)", [Read("module", f"/{HOLE}")]),
        ("file(var.f)", [None]),
        ('file(join("/", [path.module, "x"]))', [None]),
        ("templatefile(", [None]),
        ('file("a" == "b" ? "c" : "d")', [None]),
        ('file("a\\u002fb")', [None]),
        ('file("a$${b}")', [Read("relative", "a$${b}")]),
        ('a = [filebase64("x"), filesha256 ("y")]', [Read("relative", "x"), Read("relative", "y")]),
        ('core::file("x")', [Read("relative", "x")]),
        ('profile("x") + nofile("y") + file_name("z") + filex("w")', []),
        ('"${file("${path.module}/in.json")}"', [Read("module", "/in.json")]),
    ],
)
def test_what_a_line_reads(line, expected):
    assert list(reads_in(line)) == expected


@pytest.mark.parametrize(
    ("directory", "text", "path", "expected"),
    [
        ("a/b", "/x.json", "a/b/x.json", True),
        ("a/b", "../x.json", "a/x.json", True),
        ("a/b", "../../../x.json", "x.json", False),
        (".", "x/./y.json", "x/y.json", True),
        ("a", f"/{HOLE}.json", "a/q/r.json", True),
        ("a", f"/{HOLE}.json", "b/q.json", False),
        ("a", f"/{HOLE}/x.json", "a/x.json", True),
        ("a", f"/u{HOLE}/x.json", "a/u1/x.json", True),
        ("a", f"/u{HOLE}/x.json", "a/v1/x.json", False),
        ("a", "/x.json", "a/x.jsonx", False),
        ("a", f"/{HOLE}/../x.json", "b/x.json", True),
        (None, f"{HOLE}/x.json", "x.json", True),
        (None, f"{HOLE}/d/x.json", "q/r/d/x.json", True),
        (None, f"{HOLE}/d/x.json", "q/rd/x.json", False),
        (None, f"{HOLE}-data/x.json", "q/m-data/x.json", True),
        ("a.b", "/x.json", "aXb/x.json", False),
    ],
)
def test_what_a_path_can_mean(directory, text, path, expected):
    assert can_mean(directory, text, path) is expected


def test_the_search_finds_every_function_that_terraform_has(repo, opened):
    # All functions of Terraform 1.11 that take the path of a file.
    names = (
        "file filebase64 filebase64sha256 filebase64sha512 fileexists filemd5 fileset filesha1 filesha256 filesha512"
    )
    text = "".join(f'  a = {n}("x")\n' for n in [*names.split(), "templatefile"])
    repo.commit(files={"main.tf": f"locals {{\n{text}  b = profile()\n}}\n"})
    assert len(list(opened(repo).tree("HEAD").grep(READ, [".tf"]))) == 11


def test_a_file_beside_the_module(change):
    change.base(
        {
            "a/main.tf": local('yamldecode(file("${path.module}/users.yaml"))'),
            "a/users.yaml": "- a\n- b\n",
            "b/main.tf": local('yamldecode(file("${path.module}/users.yaml"))'),
            "b/users.yaml": "- a\n",
        }
    )
    found = change.head({"a/users.yaml": "- a\n"})
    assert roots(found) == ["a"]
    assert found.targets[0].why == "reads a/users.yaml"


def test_a_file_that_goes_comes_or_moves(staged):
    text = "- a\n" * 9
    staged.base({"a/main.tf": local('fileset(path.module, "u/*.yaml")'), "a/u/x.yaml": text, "b/main.tf": RESOURCE})
    assert roots(staged.head({"a/u/x.yaml": None, "elsewhere/x.yaml": text})) == ["a"]
    staged.repo.commit()
    assert roots(staged.head({"elsewhere/x.yaml": None, "a/u/y.yaml": text})) == ["a"]


def test_a_file_that_a_called_module_reads(staged):
    staged.base(
        {
            "root/main.tf": call("../m"),
            "m/main.tf": local('templatefile("${path.module}/policies/mfa.json.tpl", {})'),
            "m/policies/mfa.json.tpl": "{}",
        }
    )
    assert roots(staged.head({"m/policies/mfa.json.tpl": "{ }"})) == ["root"]


def test_a_plain_path_is_relative_to_the_root_that_runs(staged):
    staged.base(
        {
            "r1/main.tf": call("../m"),
            "r2/main.tf": call("../m"),
            "m/main.tf": local('[file("users.yaml"), file("${path.root}/more.yaml")]'),
            "r1/users.yaml": "1",
            "r2/more.yaml": "1",
            "m/users.yaml": "1",
            "x/users.yaml": "1",
        }
    )
    assert roots(staged.head({"x/users.yaml": "2"})) == []
    assert roots(staged.head({"r1/users.yaml": "2"})) == ["r1", "r2"]  # m is touched, and both call it
    staged.repo.commit()
    assert roots(staged.head({"r2/more.yaml": "2"})) == ["r1", "r2"]


@pytest.mark.parametrize(
    "text",
    [
        local('file("../../config/users.yaml")'),
        local('file("${path.module}/../../config/users.yaml")'),
        local('file("${path.module}/../../config/${var.name}.yaml")'),
        local('file("${path.cwd}/config/users.yaml")'),
        local('file("${local.top}/config/users.yaml")'),
        local("file(\n    local.f)") + local('"../../config/users.yaml"').replace("x =", "f ="),
        local("file(local.f)") + local('"../../config/${var.e}.yaml"').replace("x =", "f ="),
        local('file("${path.module}/${local.f}")') + local('"../../config/${var.e}.yaml"').replace("x =", "f ="),
        local('templatefile(format("%s/%s", "../../config", "users.yaml"), {})'),
        local("[for f in fileset(local.d, local.p) : f]") + 'locals {\n  d = "../../config"\n  p = "*"\n}\n',
    ],
)
def test_every_way_to_a_file_elsewhere(staged, text):
    staged.base({"envs/prod/main.tf": text, "config/users.yaml": "- a\n", "other/main.tf": RESOURCE, "o/x.yaml": "1"})
    assert roots(staged.head({"config/users.yaml": "- b\n"})) == ["envs/prod"]


def test_a_path_given_by_the_caller_or_a_var_file(staged):
    staged.base(
        {
            "r/main.tf": call("../m").replace("}\n", '  f = "../config/users.yaml"\n}\n'),
            "m/main.tf": 'variable "f" {}\n' + local("file(var.f)"),
            "s/main.tf": 'variable "f" {}\n' + local("file(var.f)"),
            "s/terraform.tfvars": 'f = "../config/users.yaml"\n',
            "t/main.tf": 'variable "f" {}\n' + local("file(var.f)"),
            "config/users.yaml": "- a\n",
        }
    )
    assert roots(staged.head({"config/users.yaml": "- b\n"})) == ["r", "s"]


def test_a_computed_path_touches_what_lies_below_the_root_that_runs(staged):
    staged.base(
        {
            "r1/main.tf": call("../m"),
            "r2/main.tf": call("../m"),
            "m/main.tf": 'variable "f" {}\n' + local("file(var.f)"),
            "r1/deep/any.txt": "1",
            "top.txt": "1",
        }
    )
    assert roots(staged.head({"r1/deep/any.txt": "2"})) == ["r1"]
    staged.repo.commit()
    assert roots(staged.head({"top.txt": "2"})) == []


def test_a_file_read_through_links(staged):
    staged.base({"a/main.tf": local('file("${path.module}/u.yaml")'), "b/main.tf": local('file("d/x.yaml")')})
    staged.repo.write({"shared/users.yaml": "1", "shared/deep/x.yaml": "1"})
    (staged.repo.path / "a" / "u.yaml").symlink_to("../shared/users.yaml")
    (staged.repo.path / "b" / "d").symlink_to("../shared/deep")
    staged.repo.commit()
    assert roots(staged.head({"shared/users.yaml": "2"})) == ["a"]
    staged.repo.commit()
    assert roots(staged.head({"shared/deep/x.yaml": "2"})) == ["b"]


def test_a_file_read_in_json_configuration(staged):
    text = '{"locals": {"x": "${jsondecode(file(\\"${path.module}/p.json\\"))}"}}'
    staged.base({"a/main.tf.json": text, "a/p.json": "1", "b/p.json": "1", "b/main.tf": RESOURCE})
    assert roots(staged.head({"a/p.json": "2"})) == ["a"]
    staged.repo.commit()
    assert roots(staged.head({"b/p.json": "2"})) == []


def test_a_reader_that_comes_with_the_change(change):
    change.base({"a/main.tf": "# 1\n", "a/u.yaml": "1"})
    assert roots(change.head({"a/main.tf": local('file("${path.module}/u.yaml")'), "a/u.yaml": "2"})) == ["a"]


# Cases


@pytest.mark.parametrize(
    ("files", "var_file", "expected"),
    [
        ({"r/main.tf": LIBRARY}, "r/prod.tfvars", ["r"]),
        ({"r/main.tf": LIBRARY}, "r/envs/prod.tfvars", ["r"]),
        ({"r/main.tf": LIBRARY}, "r/envs/prod/terraform.tfvars", ["r"]),
        ({"r/main.tf": LIBRARY}, "r/envs/prod.tfvars.json", ["r"]),
        ({"main.tf": LIBRARY, "x/main.tf": LIBRARY}, "envs/a/b/prod.tfvars", ["."]),
        ({"terraform/main.tf": LIBRARY, "net/main.tf": RESOURCE}, "vars/prod.tfvars", ["terraform"]),
        ({"main.tf": RESOURCE, "s/tf/main.tf": LIBRARY}, "s/vars/prod.tfvars", ["s/tf"]),
        ({"main.tf": RESOURCE}, "vars/prod.tfvars", ["."]),
        ({"a/b/main.tf": LIBRARY}, "c/d/prod.tfvars", []),
    ],
)
def test_a_changed_var_file_is_a_case_of_its_root(staged, files, var_file, expected):
    old, new = ('{"name": "a"}', '{"name": "b"}') if var_file.endswith("json") else ('name = "a"\n', 'name = "b"\n')
    staged.base({**files, var_file: old})
    found = staged.head({var_file: new})
    assert roots(found) == expected
    assert [t.variants for t in found.targets] == [(var_file,)] * len(expected)
    assert [t.why for t in found.targets] == [f"{var_file} changed"] * len(expected)
    assert len(found.notes) == (0 if expected else 1)
    assert all(var_file in n.message for n in found.notes)


def test_the_default_case_comes_first_when_more_than_var_files_changed(change):
    change.base({"r/main.tf": LIBRARY, "r/prod.tfvars": 'name = "a"\n', "r/dev.tfvars": 'name = "a"\n'})
    found = change.head({"r/main.tf": LIBRARY + "# 2\n", "r/prod.tfvars": 'name = "b"\n'})
    assert [t.variants for t in found.targets] == [(None, "r/prod.tfvars")]


def test_a_var_file_that_only_one_side_has_is_no_case(staged):
    staged.base({"r/main.tf": LIBRARY, "r/old.tfvars": "x = 1\n" * 9})
    found = staged.head({"r/old.tfvars": None, "r/new.tfvars": 'name = "b"\n'})
    assert roots(found) == []
    assert sorted(n.message[:25] for n in found.notes) == ["var file r/new.tfvars is ", "var file r/old.tfvars is "]


def test_a_renamed_var_file_is_one_case(staged):
    text = "".join(f'n{i} = "x"\n' for i in range(20))
    staged.base({"r/main.tf": LIBRARY, "r/prd.tfvars": text})
    found = staged.head({"r/prd.tfvars": None, "r/prod.tfvars": text + 'name = "b"\n'})
    assert [t.variants for t in found.targets] == [("r/prod.tfvars",)]
    assert found.notes == []


def test_var_files_that_the_configuration_names(staged):
    staged.base(
        {
            "r/main.tf": LIBRARY,
            "r/envs/prod.tfvars": 'name = "a"\n',
            "s/main.tf": LIBRARY,
            "s/envs/prod.tfvars": 'name = "a"\n',
            "t/main.tf": LIBRARY,
        }
    )
    change_all = {f"{d}/main.tf": LIBRARY + "# 2\n" for d in "rst"}
    found = staged.head(change_all, var_files=["r/envs/prod.tfvars"])
    assert {t.path: t.variants for t in found.targets} == {
        "r": (None, "r/envs/prod.tfvars"),
        "s": (None,),
        "t": (None,),
    }
    with pytest.raises(TreeError, match=r"prdo\.tfvars"):
        staged.head({}, var_files=["envs/prdo.tfvars"])


def test_paths_and_cases(staged):
    staged.base({"r/main.tf": LIBRARY, "r/e/p.tfvars": "x = 1\n", "s/main.tf": LIBRARY, "s/e/p.tfvars": "x = 1\n"})
    files = {"r/e/p.tfvars": "x = 2\n", "s/e/p.tfvars": "x = 2\n"}
    assert roots(staged.head(files)) == ["r", "s"]
    assert roots(staged.head({}, paths=["s"])) == ["s"]
    assert roots(staged.head({}, paths=["r/e/p.tfvars"])) == ["r"]


def test_a_root_renamed_with_its_var_file(staged):
    text = BACKEND + RESOURCE + "# text\n" * 9
    staged.base({"old/main.tf": text, "old/prod.tfvars": 'name = "a"\n' * 9})
    found = staged.head(
        {"old/main.tf": None, "old/prod.tfvars": None, "new/main.tf": text, "new/prod.tfvars": 'name = "a"\n' * 9}
    )
    assert [(t.base_path, t.head_path, t.variants) for t in found.targets] == [
        ("old", "new", (None, "new/prod.tfvars"))
    ]
