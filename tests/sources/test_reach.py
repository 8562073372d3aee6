"""Which root modules a change reaches: calls, renames, circles, examples, paths."""

from __future__ import annotations

import pytest
from reaching import BACKEND, LIBRARY, RESOURCE, call, roots, sides

from gitrepo import Repo, make_repo
from tfratchet.sources.folders import FolderTree, changed_folders
from tfratchet.sources.reach import Reach, reach
from tfratchet.sources.tree import TreeError


def test_a_changed_root_module_is_the_only_target(change):
    change.base({"a/main.tf": RESOURCE, "b/main.tf": RESOURCE, "main.tf": BACKEND})
    found = change.head({"a/main.tf": "# weaker\n"})
    assert roots(found) == ["a"]
    assert found.targets[0].variants == (None,)
    assert found.targets[0].why == "a/main.tf changed"
    assert not found.targets[0].standalone
    assert found.notes == []


def test_the_top_is_a_module_too(change):
    change.base({"main.tf": RESOURCE, "x/main.tf": RESOURCE})
    assert roots(change.head({"main.tf": "# weaker\n"})) == ["."]


def test_callers_of_a_changed_module_over_several_calls(change):
    change.base(
        {
            "envs/prod/main.tf": call("../../modules/iam"),
            "envs/dev/main.tf": call("../../modules/iam"),
            "envs/other/main.tf": call("../../modules/net"),
            "modules/iam/main.tf": LIBRARY + call("./users"),
            "modules/iam/users/main.tf": LIBRARY,
            "modules/net/main.tf": LIBRARY,
        }
    )
    found = change.head({"modules/iam/users/main.tf": "# nothing left\n"})
    assert roots(found) == ["envs/dev", "envs/prod"]
    assert {t.why for t in found.targets} == {"calls modules/iam"}


def test_calls_in_json_in_one_line_and_with_odd_spaces(staged):
    staged.base(
        {
            "a/main.tf.json": '{"module": {"x": {"source": "../m"}}}',
            "b/main.tf": 'module "x" { source = "../m" }\n',
            "c/main.tf": 'module "x" {\n  source="..//m/"\n}\n',
            "d/main.tf": 'module "x" {\n\tsource   =\t"./../m"\r\n}\r\n',
            "e/main.tf": 'module "x" {\n  source = "../../above/m"\n}\n',
            "f/g/main.tf": 'module "x" {\n  source = "../"\n}\n',
            "m/main.tf": LIBRARY,
            "f/main.tf": LIBRARY,
        }
    )
    assert roots(staged.head({"m/main.tf": "# 2\n", "f/main.tf": "# 2\n"})) == ["a", "b", "c", "d", "f/g"]


@pytest.mark.parametrize(
    "text",
    [
        '# source = "../m"\n',
        'module "m" {\n  // source = "../m"\n  source = "example/x/aws"\n}\n',
        '/*\nmodule "m" {\n  source = "../m"\n}\n*/\n',
        'locals {\n  text = <<EOT\n  source = "../m"\n  EOT\n}\n',
    ],
)
def test_what_only_looks_like_a_call_hides_no_module(staged, text):
    staged.base({"a/main.tf": text, "m/main.tf": LIBRARY})
    assert roots(staged.head({"m/main.tf": LIBRARY + "# 2\n"})) == ["m"]


def test_a_real_call_beside_comments_counts(staged):
    text = f'/* old:\n source = "../x"\n*/\nlocals {{\n  t = <<E\n# x\nE\n}}\n{call("../m")}'
    staged.base({"a/main.tf": text, "m/main.tf": LIBRARY})
    assert roots(staged.head({"m/main.tf": "# 2\n"})) == ["a"]


def test_a_library_that_nobody_calls_is_evaluated_on_its_own(change):
    change.base({"modules/iam/main.tf": LIBRARY, "README.md": "# lib\n"})
    found = change.head({"modules/iam/main.tf": LIBRARY + "# 2\n"})
    assert roots(found) == ["modules/iam"]
    assert found.targets[0].standalone


@pytest.mark.parametrize(
    "files",
    [
        {"backend.tf": BACKEND},
        {"providers.tf": 'provider "aws" {}\n'},
        {"terraform.tfvars": 'name = "x"\n'},
        {"x.auto.tfvars.json": '{"name": "x"}\n'},
        {".terraform.lock.hcl": "# lock\n"},
        {"cloud.tf.json": '{"terraform": {"cloud": {}}}\n'},
    ],
)
def test_what_looks_like_a_root_is_no_library(staged, files):
    staged.base({"m/main.tf": LIBRARY, **{f"m/{n}": t for n, t in files.items()}})
    assert [t.standalone for t in staged.head({"m/main.tf": LIBRARY + "# 2\n"}).targets] == [False]


@pytest.mark.parametrize("folder", ["examples/complete", "modules/iam/examples/simple", "test", "tests/fixtures/x"])
def test_examples_are_no_callers(staged, folder):
    up = "../" * (folder.count("/") + 1)
    staged.base({"modules/iam/main.tf": LIBRARY, f"{folder}/main.tf": call(f"{up}modules/iam")})
    found = staged.head({"modules/iam/main.tf": LIBRARY + "# 2\n"})
    assert [(t.path, t.standalone) for t in found.targets] == [("modules/iam", True)]


def test_a_real_caller_beside_an_example(staged):
    staged.base(
        {
            "modules/iam/main.tf": LIBRARY,
            "examples/x/main.tf": call("../../modules/iam"),
            "live/main.tf": call("../modules/iam"),
        }
    )
    assert roots(staged.head({"modules/iam/main.tf": "# 2\n"})) == ["live"]


def test_calls_inside_a_folder_of_examples_count_there(staged):
    staged.base({"examples/x/main.tf": call("../common"), "examples/common/main.tf": LIBRARY})
    assert roots(staged.head({"examples/common/main.tf": "# 2\n"})) == ["examples/x"]


def test_a_changed_example_is_its_own_target(staged):
    staged.base({"modules/iam/main.tf": LIBRARY, "examples/x/main.tf": call("../../modules/iam")})
    assert roots(staged.head({"examples/x/main.tf": call("../../modules/iam") + "# 2\n"})) == ["examples/x"]


def test_an_environment_called_test_is_no_test(staged):
    # Beside envs/prod, or with a state of its own, it is a root module like any other.
    staged.base(
        {
            "modules/iam/main.tf": LIBRARY,
            "envs/prod/main.tf": call("../../modules/iam"),
            "envs/test/main.tf": call("../../modules/iam"),
            "modules/net/main.tf": LIBRARY,
            "net/test/main.tf": BACKEND + call("../../modules/net"),
        }
    )
    found = staged.head({"modules/iam/main.tf": "# 2\n", "modules/net/main.tf": "# 2\n"})
    assert roots(found) == ["envs/prod", "envs/test", "net/test"]


def test_a_called_module_that_looks_like_a_root_is_a_target_with_its_callers(staged):
    staged.base(
        {"a/main.tf": call("../b"), "b/main.tf": BACKEND + RESOURCE, "c/main.tf": call("../d"), "d/x.tf": LIBRARY}
    )
    assert roots(staged.head({"b/main.tf": BACKEND, "d/x.tf": "# 2\n"})) == ["a", "b", "c"]


def test_modules_that_call_each_other_or_themselves(change):
    change.base(
        {
            "a/main.tf": call("../b"),
            "b/main.tf": call("../a"),
            "self/main.tf": call("./") + call("../self"),
            "root/main.tf": call("../c"),
            "c/main.tf": call("../d"),
            "d/main.tf": call("../c") + LIBRARY,
        }
    )
    found = change.head(
        {"a/main.tf": call("../b") + "# 2\n", "self/main.tf": call("./") + "# 2\n", "d/main.tf": call("../c")}
    )
    assert roots(found) == ["a", "root", "self"]


def test_a_module_that_loses_its_last_caller(staged):
    staged.base({"root/main.tf": call("../m"), "m/main.tf": LIBRARY})
    assert roots(staged.head({"root/main.tf": "# no call\n"})) == ["root"]


def test_a_module_that_loses_its_last_caller_and_changes(staged):
    staged.base({"root/main.tf": call("../m"), "m/main.tf": LIBRARY})
    assert roots(staged.head({"root/main.tf": "# no call\n", "m/main.tf": "# 2\n"})) == ["root"]


def test_a_module_that_gets_its_first_caller(staged):
    staged.base({"root/main.tf": "# nothing\n", "m/main.tf": LIBRARY})
    assert roots(staged.head({"root/main.tf": call("../m"), "m/main.tf": LIBRARY + "# 2\n"})) == ["root"]


def test_caller_and_module_go_together(staged):
    staged.base({"root/main.tf": call("../m"), "m/main.tf": LIBRARY, "keep.md": "#"})
    assert sides(staged.head({"root/main.tf": None, "m/main.tf": None})) == [("root", None)]


def test_new_and_deleted_root_modules(change):
    change.base({"old/main.tf": RESOURCE * 3, "same/main.tf": RESOURCE})
    found = change.head({"old/main.tf": None, "new/main.tf": BACKEND + LIBRARY * 2})
    assert sides(found) == [(None, "new"), ("old", None)]


def test_a_directory_renamed_as_a_whole_is_one_target(change):
    text = {n: RESOURCE + f"# {n}\n" * 5 for n in ("iam.tf", "main.tf", "trail.tf")}
    change.base({f"stacks/{n}": t for n, t in text.items()} | {"x/main.tf": RESOURCE})
    moved = {f"stacks/{n}": None for n in text} | {f"live/a/{n}": t for n, t in text.items()}
    moved["live/a/trail.tf"] = text["trail.tf"] + "# 2\n"
    found = change.head(moved | {"live/a/new.tf": "# new\n"})
    assert sides(found) == [("stacks", "live/a")]


def test_a_directory_moved_into_an_existing_one_is_two_targets(staged):
    text = RESOURCE + "# text\n" * 9
    staged.base({"d/iam.tf": text, "e/main.tf": BACKEND})
    assert sides(staged.head({"d/iam.tf": None, "e/iam.tf": text})) == [("d", None), ("e", "e")]


def test_a_directory_that_stays_is_not_renamed(staged):
    text = RESOURCE + "# text\n" * 9
    staged.base({"d/iam.tf": text, "d/main.tf": BACKEND})
    assert sides(staged.head({"d/iam.tf": None, "e/iam.tf": text})) == [("d", "d"), (None, "e")]


def test_two_directories_change_places(staged):
    one, two = RESOURCE + "# one\n" * 9, LIBRARY + "# two\n" * 9
    staged.base({"a/main.tf": one, "b/main.tf": two})
    assert sides(staged.head({"a/main.tf": two, "b/main.tf": one})) == [("a", "a"), ("b", "b")]


def test_a_called_module_renamed_with_its_caller(staged):
    staged.base({"root/main.tf": call("../old"), "old/main.tf": LIBRARY})
    found = staged.head({"root/main.tf": call("../new"), "old/main.tf": None, "new/main.tf": LIBRARY})
    assert sides(found) == [("root", "root")]


def test_a_renamed_file_touches_both_directories(staged):
    text = RESOURCE + "# text\n" * 9
    staged.base({"a/main.tf": "# a\n", "a/iam.tf": text, "b/main.tf": "# b\n"})
    assert roots(staged.head({"a/iam.tf": None, "b/iam.tf": text})) == ["a", "b"]


def test_var_files_that_terraform_loads_touch_their_directory(change):
    names = ["terraform.tfvars", "x.auto.tfvars", "terraform.tfvars.json", "y.auto.tfvars.json"]
    change.base({f"r{i}/{n}": "" for i, n in enumerate(names)} | {f"r{i}/main.tf": LIBRARY for i in range(5)})
    found = change.head({f"r{i}/{n}": "{}" if n.endswith("json") else 'name = "x"\n' for i, n in enumerate(names)})
    assert roots(found) == ["r0", "r1", "r2", "r3"]
    assert all(t.variants == (None,) for t in found.targets)


@pytest.mark.parametrize("name", [".hidden.tf", "main.tf~", "#main.tf#", "main.tf.bak", "main.tofu", "x.tftest.hcl"])
def test_files_that_terraform_does_not_load(staged, name):
    staged.base({"main.tf": RESOURCE, name: "# 1\n"})
    assert roots(staged.head({name: "# 2\n"})) == []


@pytest.mark.parametrize("name", ["override.tf", "iam_override.tf", "override.tf.json"])
def test_override_files(staged, name):
    staged.base({"main.tf": RESOURCE})
    assert roots(staged.head({name: "{}" if name.endswith("json") else "# 2\n"})) == ["."]


def test_nothing_that_terraform_reads(change):
    change.base({"main.tf": RESOURCE, "README.md": "# 1\n", "docs/x.txt": "1"})
    found = change.head({"README.md": "# 2\n", "docs/x.txt": "2", ".github/workflows/ci.yml": "on: push\n"})
    assert found == Reach([], [])


def test_no_change_and_no_terraform_at_all(staged):
    staged.base({"README.md": "# 1\n"})
    assert staged.head({}) == Reach([], [])
    assert staged.head({"README.md": "# 2\n"}) == Reach([], [])


def test_a_changed_submodule_is_a_note(staged, tmp_path):
    inner = make_repo(tmp_path, "inner")
    inner.commit(files={"main.tf": LIBRARY})
    staged.base({"main.tf": call("./modules/inner")})
    path = f"file://{inner.path}"
    staged.repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", path, "modules/inner")
    staged.repo.commit()
    Repo(staged.repo.path / "modules" / "inner").commit(files={"main.tf": "# 2\n"})
    found = staged.head({})
    assert roots(found) == []
    assert [(n.kind, "modules/inner" in n.message) for n in found.notes] == [("source", True)]


def test_a_linked_file_touches_the_directories_that_have_it(change):
    change.base({"common/iam.tf": RESOURCE, "a/main.tf": BACKEND, "b/main.tf": BACKEND})
    for name in ("a", "b"):
        (change.repo.path / name / "iam.tf").symlink_to("../common/iam.tf")
    change.repo.commit()
    assert roots(change.head({"common/iam.tf": "# weaker\n"})) == ["a", "b", "common"]


def test_calls_in_a_linked_file_are_calls_of_every_directory_that_has_it(staged):
    staged.base({"common/main.tf": call("../m"), "m/main.tf": LIBRARY, "a/x.tf": BACKEND})
    (staged.repo.path / "a" / "main.tf").symlink_to("../common/main.tf")
    staged.repo.commit()
    assert roots(staged.head({"m/main.tf": "# 2\n"})) == ["a", "common"]


def test_calls_through_a_linked_directory(change):
    change.base(
        {"modules/iam/main.tf": LIBRARY, "envs/prod/main.tf": call("./modules/iam"), "x/main.tf": call("../lib")}
    )
    (change.repo.path / "envs" / "prod" / "modules").symlink_to("../../modules")
    (change.repo.path / "lib").symlink_to("modules/iam")
    change.repo.commit()
    assert roots(change.head({"modules/iam/main.tf": "# 2\n"})) == ["envs/prod", "x"]


def test_a_directory_link_that_leads_elsewhere_now(change):
    change.base({"one/main.tf": LIBRARY, "two/main.tf": LIBRARY, "root/main.tf": call("../current")})
    link = change.repo.path / "current"
    link.symlink_to("one")
    change.repo.commit()
    link.unlink()
    link.symlink_to("two")
    assert roots(change.head({})) == ["root"]


def test_paths_restrict_the_targets(staged):
    staged.base(
        {
            "envs/prod/main.tf": call("../../modules/iam"),
            "envs/dev/main.tf": call("../../modules/net"),
            "modules/iam/main.tf": LIBRARY,
            "modules/net/main.tf": LIBRARY,
            "other/main.tf": RESOURCE,
            "data/main.tf": 'locals {\n  u = file("../users/list.yaml")\n}\n',
            "users/list.yaml": "- a\n",
        }
    )
    files = {
        "modules/iam/main.tf": "# 2\n",
        "modules/net/main.tf": "# 2\n",
        "other/main.tf": "# 2\n",
        "users/list.yaml": "- b\n",
    }
    assert roots(staged.head(files)) == ["data", "envs/dev", "envs/prod", "other"]
    for paths, expected in {
        (".",): ["data", "envs/dev", "envs/prod", "other"],
        ("other",): ["other"],
        ("other/main.tf",): ["other"],
        ("envs",): ["envs/dev", "envs/prod"],
        ("envs/prod",): ["envs/prod"],
        ("modules/iam",): ["envs/prod"],
        ("modules/net", "other"): ["envs/dev", "other"],
        ("users",): ["data"],
    }.items():
        assert roots(staged.head({}, paths=paths)) == expected, paths


def test_a_root_that_reaches_a_module_below_a_path_is_chosen_for_it(staged):
    staged.base({"a/main.tf": call("../modules/iam"), "b/main.tf": RESOURCE, "modules/iam/main.tf": LIBRARY})
    files = {"a/main.tf": call("../modules/iam") + "# 2\n", "b/main.tf": "# 2\n"}
    assert roots(staged.head(files, paths=["modules"])) == ["a"]


def test_a_path_that_exists_nowhere_is_an_error(staged):
    staged.base({"main.tf": RESOURCE, "gone/main.tf": RESOURCE})
    with pytest.raises(TreeError, match="envs/prd"):
        staged.head({"main.tf": "# 2\n"}, paths=["envs/prd"])
    assert sides(staged.head({"gone/main.tf": None}, paths=["gone"])) == [("gone", None)]


def test_tracked_downloaded_modules_touch_the_module_that_has_them(staged):
    staged.base({"r/main.tf": 'module "x" {\n  source = "a/b/c"\n}\n', "r/.terraform/modules/x/main.tf": LIBRARY})
    assert roots(staged.head({"r/.terraform/modules/x/main.tf": "# 2\n"})) == ["r"]


def test_names_with_spaces_and_other_scripts(change):
    change.base({"konto à/main.tf": call("../mod üle/x"), "mod üle/x/main.tf": LIBRARY})
    assert roots(change.head({"mod üle/x/main.tf": "# 2\n"})) == ["konto à"]


def test_two_folders(tmp_path):
    for side, extra in (("base", ""), ("head", "# 2\n")):
        for name, text in {"r/main.tf": call("../m"), "m/main.tf": LIBRARY + extra, "o/main.tf": RESOURCE}.items():
            path = tmp_path / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    base, head = FolderTree(str(tmp_path / "base")), FolderTree(str(tmp_path / "head"))
    assert roots(reach(base, head, changed_folders(base, head))) == ["r"]


def test_a_repository_without_commits(staged):
    found = staged.head({"a/main.tf": call("../m"), "m/main.tf": LIBRARY})
    assert sides(found) == [(None, "a")]


def test_a_broken_file_is_a_target_like_any_other(staged):
    staged.base({"r/main.tf": call("../m"), "m/main.tf": LIBRARY})
    assert roots(staged.head({"m/main.tf": 'resource "x {{{\n'})) == ["r"]
    assert roots(staged.head({"r/main.tf": '/* open\nmodule "m" {\n  source = "../m"\n'})) == ["r"]
