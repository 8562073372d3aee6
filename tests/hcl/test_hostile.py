"""Hostile configurations end in a named error, and everything else in them is still read."""

from __future__ import annotations

import pytest

from memtree import MemTree
from tfratchet.hcl.load import load_root
from tfratchet.hcl.syntax import MAX_FILE_BYTES
from tfratchet.model import Root

OK = 'resource "aws_iam_user" "ok" {\n  name = "ok"\n}\n'


def user(name: str) -> str:
    return f'resource "aws_iam_user" "bad" {{\n  name = {name}\n}}\n{OK}'


def load(source: str | bytes, **files: str) -> Root:
    tree = {k.replace("__", "/") + ".tf": v for k, v in files.items()}
    return load_root(MemTree({"main.tf": source, **tree}), ".")


TEN = "[for %s in local.ten : "
CASES = {
    "brackets": user("[" * 20_000 + "]" * 20_000),
    "parentheses": user("(" * 20_000 + "1" + ")" * 20_000),
    "conditionals": user("true ? 1 : " * 10_000 + "1"),
    "operators": user("1" + " + 1" * 20_000),
    "blocks": "a {" * 20_000 + "}" * 20_000 + "\n" + OK,
    "count": 'resource "aws_iam_user" "bad" {\n  count = 1000000000\n  name  = "x"\n}\n' + OK,
    "range": user("range(1000000000)"),
    "nested loops": "locals {\n ten = range(10)\n}\n" + user("".join(TEN % c for c in "abcdefg") + "a" + "]" * 7),
    "doubling text": 'locals {\n a0 = "xxxxxxxxxx"\n'
    + "".join(f' a{i + 1} = "${{local.a{i}}}${{local.a{i}}}"\n' for i in range(40))
    + "}\n"
    + user("local.a40"),
    "long chain": "locals {\n a0 = 1\n"
    + "".join(f" a{i + 1} = local.a{i}\n" for i in range(5000))
    + "}\n"
    + user("local.a5000"),
    "module that calls itself": 'module "m" {\n  source = "./"\n}\n' + OK,
    "too large": OK + "# " + "x" * MAX_FILE_BYTES,
}


@pytest.mark.parametrize("name", CASES)
def test_a_limit_is_named(name: str) -> None:
    root = load(CASES[name])
    assert "limit" in {e.kind for e in root.errors}
    assert all(e.location is not None and e.location.file == "main.tf" for e in root.errors)
    if name != "too large":
        assert root.resources["aws_iam_user.ok"].get("name") == "ok"


def test_modules_that_multiply() -> None:
    call = 'module "m" {\n  source = "../m%d"\n  count  = 50\n}\n' + OK
    root = load(
        'module "m" {\n  source = "./m0"\n  count  = 50\n}\n' + OK, **{f"m{i}__main": call % (i + 1) for i in range(8)}
    )
    assert "limit" in {e.kind for e in root.errors}
    assert "aws_iam_user.ok" in root.resources


def test_modules_that_call_each_other() -> None:
    call = 'module "m" {\n  source = "%s"\n}\n'
    root = load(call % "./a" + OK, a__main=call % "../b", b__main=call % "../a")
    assert [e.kind for e in root.errors] == ["limit"]


BROKEN = {
    "stray brace": "}\n",
    "block that is not closed": 'resource "aws_iam_user" "b" {\n  name = "b"\n  tags = {\n    a = 1\n\n',
    "list that is not closed": 'resource "aws_iam_user" "b" {\n  name = ["b"\n}\n',
    "string that is not closed": 'resource "aws_iam_user" "b" {\n  name = "b\n}\n',
    "heredoc that is not closed": 'resource "aws_iam_user" "b" {\n  name = <<EOF\nabc\n}\n',
    "conflict marks": "<<<<<<< HEAD\n" + OK.replace("ok", "b") + "=======\n" + OK.replace("ok", "c") + ">>>>>>> x\n",
    "prose": "this is not a configuration\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_stands_around_a_syntax_error_is_read(name: str) -> None:
    root = load(OK.replace("ok", "before") + BROKEN[name] + OK)
    assert {e.kind for e in root.errors} == {"syntax"}
    assert root.resources["aws_iam_user.before"].get("name") == "before"
    after = root.resources["aws_iam_user.ok"]
    assert after.get("name") == "ok"
    assert after.location is not None
    assert after.location.line == 4 + BROKEN[name].count("\n")


def test_invalid_utf8() -> None:
    root = load(OK.encode() + b"# \xff\xfe\n")
    assert [(e.kind, e.location.line if e.location else 0) for e in root.errors] == [("syntax", 4)]
    assert "aws_iam_user.ok" in root.resources


def test_a_module_outside_of_the_tree() -> None:
    root = load('module "m" {\n  source = "../../elsewhere"\n}\n' + OK)
    assert [e.kind for e in root.errors] == ["outside"]
    assert root.calls["module.m"].opaque


def test_commas_of_terraform_0_11_are_no_errors() -> None:
    source = """data "aws_iam_policy_document" "d" {
  statement {
    effect = "Allow",
    actions = [
      "s3:GetObject",
    ],
    resources = ["*"],
  }
}
"""
    root = load(source)
    assert not root.errors
    (statement,) = root.resources["data.aws_iam_policy_document.d"].blocks("statement")
    assert statement == {"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["*"]}


def test_lists_in_strings_of_terraform_0_11_are_flat() -> None:
    root = load(
        'variable "users" { default = ["a", "b"] }\nresource "aws_iam_user" "u" { tags = ["x", "${var.users}"] }\n'
    )
    assert root.resources["aws_iam_user.u"].get("tags") == ["x", "a", "b"]
