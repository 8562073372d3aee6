"""Whole modules through the evaluator, on trees in memory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from memtree import MemTree
from tfratchet.hcl.load import load_root
from tfratchet.model import Location, Root
from tfratchet.values import REST_KEY, JsonText, Rest, SetValue, Unknown, ref


def load(source: str, **files: str) -> Root:
    named = {k.replace("__", "/").replace("_dot_", "."): v for k, v in files.items()}
    return load_root(MemTree({"main.tf": source, **named}), ".")


def value(expression: str, source: str = "", **files: str) -> Any:
    """The value of an expression, by way of an argument of a resource."""
    root = load(
        f'{source}\nresource "aws_iam_user" "probe" {{\n  name = "probe"\n  value = {expression}\n}}\n', **files
    )
    assert not root.errors, root.errors
    return root.resources["aws_iam_user.probe"].get("value")


class TestVariables:
    def test_default(self) -> None:
        assert value("var.x", 'variable "x" { default = 3 }') == 3

    def test_without_default_is_unknown(self) -> None:
        assert value("var.x", 'variable "x" {}') == Unknown("var.x")

    def test_terraform_tfvars_over_default_and_auto_over_it(self) -> None:
        files = {"terraform.tfvars": 'x = "t"\ny = "t"\n', "b.auto.tfvars": 'y = "b"\n', "a.auto.tfvars": 'y = "a"\n'}
        tree = MemTree({"main.tf": _XY, **files})
        user = load_root(tree, ".").resources["aws_iam_user.u"]
        assert (user.get("name"), user.get("path")) == ("t", "b")

    def test_var_file_over_auto_and_literal_over_all(self) -> None:
        tree = MemTree({"main.tf": _XY, "a.auto.tfvars": 'x = "a"\ny = "a"\n', "prod.tfvars": 'x = "p"\ny = "p"\n'})
        user = load_root(tree, ".", variant="prod.tfvars", variables={"y": "cli"}).resources["aws_iam_user.u"]
        assert (user.get("name"), user.get("path")) == ("p", "cli")

    def test_json_tfvars(self) -> None:
        tree = MemTree({"main.tf": _XY, "terraform.tfvars.json": '{"x": "j", "y": "k"}'})
        assert load_root(tree, ".").resources["aws_iam_user.u"].get("name") == "j"

    def test_set_type_sorts_and_drops_duplicates(self) -> None:
        found = value("var.x", 'variable "x" {\n type = set(string)\n default = ["b", "a", "b"]\n}')
        assert isinstance(found, SetValue)
        assert found == ["a", "b"]

    def test_optional_object_attributes(self) -> None:
        source = """
        variable "x" {
          type    = map(object({ policies = optional(list(string), ["p"]), path = optional(string) }))
          default = { alice = {}, bob = { policies = [] } }
        }"""
        assert value("var.x", source) == {
            "alice": {"path": None, "policies": ["p"]},
            "bob": {"path": None, "policies": []},
        }

    def test_not_nullable_takes_the_default(self) -> None:
        call = 'module "m" {\n source = "./m"\n x = null\n}\n'
        inner = 'variable "x" {\n default = "d"\n nullable = false\n}\noutput "o" { value = var.x }\n'
        assert value("module.m.o", call, m__main_dot_tf=inner) == "d"

    def test_list_of_old_terraform(self) -> None:
        assert value("var.x", 'variable "x" {\n type = "list"\n default = ["a"]\n}') == ["a"]


_XY = 'variable "x" {}\nvariable "y" {}\nresource "aws_iam_user" "u" {\n  name = var.x\n  path = var.y\n}\n'


class TestReferences:
    def test_configured_name(self) -> None:
        assert value("aws_iam_user.a.name", 'resource "aws_iam_user" "a" { name = "alice" }') == "alice"

    def test_id_of_a_user_is_its_name(self) -> None:
        assert value("aws_iam_user.a.id", 'resource "aws_iam_user" "a" { name = "alice" }') == "alice"

    def test_computed_attribute_refers_to_the_address(self) -> None:
        found = value("aws_iam_policy.p.arn", 'resource "aws_iam_policy" "p" { name = "p" }')
        assert found == ref("aws_iam_policy.p", ".arn")
        assert found.refs == ("aws_iam_policy.p",)

    def test_id_of_a_policy_is_its_arn(self) -> None:
        assert value("aws_iam_policy.p.id", 'resource "aws_iam_policy" "p" {}') == ref("aws_iam_policy.p", ".arn")

    def test_for_each_instance(self) -> None:
        source = 'resource "aws_iam_user" "u" {\n for_each = toset(["a", "b"])\n name = "u-${each.key}"\n}'
        assert value('aws_iam_user.u["b"].name', source) == "u-b"
        assert value("[for k, u in aws_iam_user.u : u.name]", source) == ["u-a", "u-b"]
        assert value("values(aws_iam_user.u)[*].name", source) == ["u-a", "u-b"]

    def test_count_splat(self) -> None:
        source = 'resource "aws_iam_user" "u" {\n count = 2\n name = "u${count.index}"\n}'
        assert value("aws_iam_user.u[*].name", source) == ["u0", "u1"]
        assert value("aws_iam_user.u.*.name[1]", source) == "u1"
        assert value("aws_iam_user.u.1.name", source) == "u1"

    def test_whoever_declares_the_partition_it_is_the_same(self) -> None:
        one = value("data.aws_partition.a.partition", 'data "aws_partition" "a" {}')
        assert one == value("data.aws_partition.b.partition", 'data "aws_partition" "b" {}')

    def test_a_name_that_is_not_declared_is_an_unknown_and_a_note(self) -> None:
        root = load('resource "aws_iam_user" "u" { name = aws_iam_user.gone.name }')
        assert root.resources["aws_iam_user.u"].get("name") == Unknown("aws_iam_user.gone.name")
        assert "not declared" in root.notes[0].message
        assert root.notes[0].location == Location("main.tf", 1)

    def test_a_local_that_needs_itself(self) -> None:
        root = load('locals {\n a = local.b\n b = local.a\n}\nresource "aws_iam_user" "u" { name = local.a }')
        assert any("refers to itself" in n.message for n in root.notes)


class TestPartialValues:
    def test_concat_keeps_what_is_known(self) -> None:
        more = Rest(Unknown("var.more[*]"), Unknown("var.more"))
        assert value('concat(["a"], var.more)', 'variable "more" {}') == ["a", more]

    def test_for_over_an_unknown(self) -> None:
        found = value("[for x in var.more : upper(x)]", 'variable "more" {}')
        assert len(found) == 1
        assert isinstance(found[0], Rest)

    def test_for_each_over_an_unknown_is_one_symbolic_instance(self) -> None:
        root = load('variable "x" {}\nresource "aws_iam_user" "u" {\n for_each = var.x\n name = each.key\n}')
        (user,) = root.managed("aws_iam_user")
        assert user.symbolic
        assert user.condition == Unknown("var.x")

    def test_for_each_over_known_and_unknown_elements(self) -> None:
        each = 'for_each = toset(concat(["a"], var.x))'
        source = f'variable "x" {{}}\nresource "aws_iam_user" "u" {{\n {each}\n name = each.key\n}}'
        users = {u.address: u.symbolic for u in load(source).managed("aws_iam_user")}
        assert users.pop('aws_iam_user.u["a"]') is False
        assert list(users.values()) == [True]

    def test_count_by_an_unknown_condition(self) -> None:
        source = 'variable "x" {}\nresource "aws_iam_user" "u" {\n count = var.x ? 1 : 0\n name = "u"\n}'
        (user,) = load(source).managed("aws_iam_user")
        assert (user.address, user.symbolic) == ("aws_iam_user.u[0]", True)

    def test_conditional_with_equal_branches_is_known(self) -> None:
        assert value('var.x ? "a" : "a"', 'variable "x" {}') == "a"

    def test_unknown_key_of_an_object(self) -> None:
        found = value("{ a = 1, (var.x) = 2 }", 'variable "x" {}')
        assert found["a"] == 1
        assert REST_KEY in found

    def test_an_equal_unknown_key_finds_its_entry(self) -> None:
        source = (
            'variable "x" {}\nvariable "y" {}\nlocals {\n m = { for k in [var.x, var.y] : k => "v-${k == var.x}" }\n}'
        )
        assert value("{ (var.x) = 2 }[var.x]", 'variable "x" {}') == 2
        assert isinstance(value("{ (var.x) = 2 }[var.y]", 'variable "x" {}\nvariable "y" {}'), Unknown)
        assert value("{ for k in [var.x, var.y] : k => 3 }[var.y]", source) == 3

    def test_of_two_entries_under_one_unknown_key_none_is_certain(self) -> None:
        assert isinstance(value("{ for k in [1, 2] : var.x => k... }[var.x]", 'variable "x" {}'), Unknown)

    def test_jsonencode_with_an_unknown_keeps_the_structure(self) -> None:
        found = value("jsonencode({ Resource = aws_s3_bucket.b.arn })", 'resource "aws_s3_bucket" "b" {}')
        assert isinstance(found, JsonText)
        assert found.value == {"Resource": ref("aws_s3_bucket.b", ".arn")}

    def test_try_takes_the_first_that_works(self) -> None:
        assert value('try(local.x.b, "d")', "locals { x = { a = 1 } }") == "d"
        assert value("can(local.x.b)", "locals { x = { a = 1 } }") is False


class TestBlocks:
    def test_dynamic(self) -> None:
        source = """resource "aws_cloudtrail" "t" {
          dynamic "event_selector" {
            for_each = ["All", "WriteOnly"]
            content {
              read_write_type = event_selector.value
              data_resource { type = "AWS::S3::Object" }
            }
          }
        }"""
        trail = load(source).resources["aws_cloudtrail.t"]
        assert [b["read_write_type"] for b in trail.blocks("event_selector")] == ["All", "WriteOnly"]
        assert trail.get("event_selector.1.data_resource.0.type") == "AWS::S3::Object"
        assert trail.where("event_selector.1.read_write_type") == Location("main.tf", 5)

    def test_dynamic_with_iterator_over_an_unknown(self) -> None:
        source = """variable "x" {}
        resource "aws_cloudtrail" "t" {
          dynamic "event_selector" {
            for_each = var.x
            iterator = it
            content { read_write_type = it.value }
          }
        }"""
        (block,) = load(source).resources["aws_cloudtrail.t"].blocks("event_selector")
        assert isinstance(block, Rest)
        assert block.of == Unknown("var.x")

    def test_lifecycle(self) -> None:
        lifecycle = "lifecycle {\n prevent_destroy = true\n ignore_changes = [tags, name]\n }"
        source = f'resource "aws_iam_user" "u" {{\n {lifecycle}\n}}'
        lifecycle = load(source).resources["aws_iam_user.u"].lifecycle
        assert lifecycle.prevent_destroy
        assert lifecycle.ignore_changes == ("tags", "name")

    def test_a_value_is_traced_to_where_it_was_written(self) -> None:
        tree = MemTree(
            {
                "main.tf": 'variable "n" { default = 8 }\nmodule "m" {\n  source = "./m"\n  length = var.n\n}\n',
                "m/main.tf": 'variable "length" {}\nresource "aws_iam_account_password_policy" "p" {\n'
                "  minimum_password_length = var.length\n}\n",
                "terraform.tfvars": "\nn = 14\n",
            }
        )
        policy = load_root(tree, ".").resources["module.m.aws_iam_account_password_policy.p"]
        assert policy.get("minimum_password_length") == 14
        assert policy.where("minimum_password_length") == Location("m/main.tf", 3)
        assert policy.origins["minimum_password_length"] == Location("terraform.tfvars", 2)

    def test_moved_and_removed(self) -> None:
        source = """
        moved {
          from = aws_iam_user.a
          to   = aws_iam_user.b["x"]
        }
        removed {
          from = aws_iam_user.c
          lifecycle { destroy = false }
        }"""
        root = load(source)
        assert (root.moved[0].source, root.moved[0].target) == ("aws_iam_user.a", 'aws_iam_user.b["x"]')
        assert (root.removed[0].source, root.removed[0].destroy) == ("aws_iam_user.c", False)


MODULE_DIR = ".terraform/modules/m"


class TestModules:
    def test_for_each_and_nesting(self) -> None:
        tree = MemTree(
            {
                "main.tf": 'module "a" {\n  source = "./a"\n  for_each = { x = "1", y = "2" }\n  v = each.value\n}\n',
                "a/main.tf": 'variable "v" {}\nmodule "b" {\n  source = "../b"\n  w = "${var.v}!"\n}\n',
                "b/main.tf": 'variable "w" {}\nresource "aws_iam_user" "u" { name = var.w }\n',
            }
        )
        root = load_root(tree, ".")
        assert root.resources['module.a["y"].module.b.aws_iam_user.u'].get("name") == "2!"
        assert root.calls['module.a["x"].module.b'].source == "../b"

    def test_a_registry_module_stays_opaque_with_its_arguments(self) -> None:
        root = load('module "m" {\n  source = "terraform-aws-modules/iam/aws"\n  version = "5.0.0"\n  name = "x"\n}')
        call = root.calls["module.m"]
        assert call.opaque
        assert (call.version, dict(call.arguments)) == ("5.0.0", {"name": "x"})
        assert call.where("name") == Location("main.tf", 4)

    def test_an_output_of_an_opaque_module_refers_to_it(self) -> None:
        assert value("module.m.user_name", 'module "m" { source = "a/b/c" }') == ref("module.m", ".user_name")

    @pytest.mark.parametrize(("recorded", "wanted", "found"), [("5.1.0", "~> 5.0", True), ("4.9.0", "~> 5.0", False)])
    def test_a_downloaded_module_is_evaluated_when_its_version_fits(
        self, recorded: str, wanted: str, found: bool
    ) -> None:
        entry = {"Key": "m", "Source": "registry.terraform.io/a/b/c", "Version": recorded, "Dir": MODULE_DIR}
        manifest = json.dumps({"Modules": [entry]})
        tree = MemTree(
            {
                "main.tf": f'module "m" {{\n  source = "a/b/c"\n  version = "{wanted}"\n}}\n',
                ".terraform/modules/modules.json": manifest,
                f"{MODULE_DIR}/main.tf": 'resource "aws_iam_user" "u" { name = "u" }\n',
            }
        )
        assert ("module.m.aws_iam_user.u" in load_root(tree, ".").resources) is found

    def test_override_files(self) -> None:
        tree = MemTree(
            {
                "main.tf": 'resource "aws_cloudtrail" "t" {\n name = "a"\n event_selector {}\n event_selector {}\n}\n',
                "x_override.tf": 'resource "aws_cloudtrail" "t" {\n name = "b"\n event_selector {}\n}\n',
            }
        )
        trail = load_root(tree, ".").resources["aws_cloudtrail.t"]
        assert (trail.get("name"), len(trail.blocks("event_selector"))) == ("b", 1)

    def test_json_syntax(self) -> None:
        text = """{
          "variable": {"n": {"default": "alice"}},
          "resource": {"aws_iam_user": {"u": {"name": "${var.n}-x", "lifecycle": {"prevent_destroy": true}}}},
          "module": {"m": {"source": "a/b/c", "x": 1}}
        }"""
        root = load_root(MemTree({"main.tf.json": text}), ".")
        user = root.resources["aws_iam_user.u"]
        assert user.get("name") == "alice-x"
        assert user.where("name") == Location("main.tf.json", 3)
        assert user.lifecycle.prevent_destroy
        assert root.calls["module.m"].arguments == {"x": 1}


class TestFiles:
    def test_yamldecode_of_a_file(self) -> None:
        tree = MemTree(
            {
                "main.tf": 'resource "aws_iam_user" "u" {\n'
                '  for_each = toset(yamldecode(file("${path.module}/users.yaml")))\n  name = each.key\n}\n',
                "users.yaml": "- alice\n- bob\n",
            }
        )
        root = load_root(tree, ".")
        assert sorted(root.resources) == ['aws_iam_user.u["alice"]', 'aws_iam_user.u["bob"]']
        assert "users.yaml" in root.files_read

    def test_old_template_file(self) -> None:
        source = 'data "template_file" "t" {\n template = "${file("t.json")}"\n vars = { a = "x" }\n}\n'
        assert value("data.template_file.t.rendered", source, t_dot_json='{"a": "${a}"}') == '{"a": "x"}'

    def test_a_resource_by_its_long_name(self) -> None:
        source = 'resource "aws_iam_group" "g" { name = "staff" }\n'
        assert value("resource.aws_iam_group.g.name", source) == "staff"

    def test_an_argument_and_a_block_of_one_name(self) -> None:
        root = load('resource "aws_iam_policy_document" "d" {\n  policy = { sid = "a" }\n  policy { sid = "b" }\n}\n')
        assert not root.errors

    def test_a_resource_that_is_declared_twice_is_there_twice(self) -> None:
        root = load('resource "aws_iam_user" "u" { name = "a" }\nresource "aws_iam_user" "u" { name = "b" }\n')
        assert [r.get("name") for r in root.managed("aws_iam_user")] == ["a", "b"]
        assert [n.message for n in root.notes] == ["resource aws_iam_user.u is declared twice"]

    @pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "~/.aws/credentials"])
    def test_nothing_outside_is_read(self, path: str) -> None:
        root = load(f'resource "aws_iam_user" "u" {{ name = try(file("{path}"), "x") }}')
        assert [e.kind for e in root.errors] == ["outside"]
