"""Which resource of base is which of head."""

from __future__ import annotations

import pytest

from build import resource, root
from tfratchet.matching import Matching, covers, without_keys, without_module
from tfratchet.model import Root
from tfratchet.values import Template, Unknown, ref


def became(base: Root, head: Root) -> dict[str, str | None]:
    matching = Matching(base, head)
    return {
        address: (found.address if (found := matching.head_for(r)) is not None else None)
        for address, r in base.resources.items()
        if r.managed
    }


@pytest.mark.parametrize(
    ("address", "block", "bare"),
    [
        ("aws_x.a", "aws_x.a", "aws_x.a"),
        ('aws_x.a["b.c]"]', "aws_x.a", "aws_x.a"),
        ('module.m[0].module.n["k"].aws_x.a[1]', "module.m.module.n.aws_x.a", "aws_x.a"),
        ("module.m[keys(var.x)[*]].aws_x.a", "module.m.aws_x.a", "aws_x.a"),
        ("module.m.data.aws_x.a", "module.m.data.aws_x.a", "data.aws_x.a"),
    ],
)
def test_addresses(address: str, block: str, bare: str) -> None:
    assert without_keys(address) == block
    assert without_module(address) == bare


@pytest.mark.parametrize(
    ("pattern", "address", "tail"),
    [
        ("aws_x.a", "aws_x.a", ""),
        ("aws_x.a", 'aws_x.a["k"]', '["k"]'),
        ("aws_x.a", "aws_x.ab", None),
        ("module.m", "module.m[0].aws_x.a", "[0].aws_x.a"),
        ("module.m", "module.more.aws_x.a", None),
        ("module.m[0]", "module.m[0].aws_x.a", ".aws_x.a"),
        ("module.m[0]", "module.m[1].aws_x.a", None),
    ],
)
def test_covers(pattern: str, address: str, tail: str | None) -> None:
    assert covers(pattern, address) == tail


def test_same_address() -> None:
    base = root({"aws_iam_user.a": {"name": "a", "path": "/x/"}})
    assert became(base, root({"aws_iam_user.a": {"name": "a"}})) == {"aws_iam_user.a": "aws_iam_user.a"}


def test_renamed_block_with_the_same_name() -> None:
    base = root({"aws_iam_user.a": {"name": "alice"}, "aws_iam_user.b": {"name": "bob"}})
    head = root({"aws_iam_user.b": {"name": "alice"}, "module.m.aws_iam_user.this": {"name": "bob"}})
    assert became(base, head) == {"aws_iam_user.a": "aws_iam_user.b", "aws_iam_user.b": "module.m.aws_iam_user.this"}


def test_other_name_at_the_same_address_is_a_rename() -> None:
    base, head = root({"aws_iam_user.a": {"name": "alice"}}), root({"aws_iam_user.a": {"name": "alicia"}})
    matching = Matching(base, head)
    assert became(base, head) == {"aws_iam_user.a": "aws_iam_user.a"}
    assert matching.identity_of_base("aws_iam_user.a") == matching.identity_of_head("aws_iam_user.a")


def test_other_key_and_other_name_is_another_user() -> None:
    base = root({'aws_iam_user.a["alice"]': {"name": "alice"}})
    assert became(base, root({'aws_iam_user.a["bob"]': {"name": "bob"}})) == {'aws_iam_user.a["alice"]': None}


def test_moved_chain_through_modules_and_keys() -> None:
    base = root({"aws_kms_key.a[0]": {"description": "x"}, "aws_kms_key.a[1]": {"description": "y"}})
    moved = [
        ("aws_kms_key.a", "aws_kms_key.b"),
        ("aws_kms_key.b", "module.k.aws_kms_key.this"),
        ("module.k", "module.l"),
    ]
    head = root(
        {"module.l.aws_kms_key.this[0]": {"description": "z"}, "module.l.aws_kms_key.this[1]": {"description": "z"}},
        moved=moved,
    )
    assert became(base, head) == {
        "aws_kms_key.a[0]": "module.l.aws_kms_key.this[0]",
        "aws_kms_key.a[1]": "module.l.aws_kms_key.this[1]",
    }


def test_moved_in_a_circle_ends() -> None:
    base = root({"aws_kms_key.a": {}})
    head = root({"aws_kms_key.c": {}}, moved=[("aws_kms_key.a", "aws_kms_key.b"), ("aws_kms_key.b", "aws_kms_key.a")])
    assert became(base, head) == {"aws_kms_key.a": "aws_kms_key.c"}


def test_moved_from_no_key_to_a_key_happens_once() -> None:
    base = root({"aws_kms_key.a": {}, "module.m.aws_kms_key.b": {}})
    moved = [("aws_kms_key.a", 'aws_kms_key.a["x"]'), ("module.m", "module.m[0]")]
    found = Matching(base, root({'aws_kms_key.a["x"]': {}, "module.m[0].aws_kms_key.b": {}}, moved=moved))
    assert found.moved_to("aws_kms_key.a") == 'aws_kms_key.a["x"]'
    assert found.moved_to("module.m.aws_kms_key.b") == "module.m[0].aws_kms_key.b"
    assert found.moved_to('aws_kms_key.a["y"]') == 'aws_kms_key.a["y"]'


def test_moved_to_a_key() -> None:
    base = root({"aws_kms_key.a[0]": {}, "aws_kms_key.a[1]": {}})
    moved = [("aws_kms_key.a[0]", 'aws_kms_key.a["x"]'), ("aws_kms_key.a[1]", 'aws_kms_key.a["y"]')]
    head = root({'aws_kms_key.a["y"]': {}, 'aws_kms_key.a["x"]': {}}, moved=moved)
    assert became(base, head) == {"aws_kms_key.a[0]": 'aws_kms_key.a["x"]', "aws_kms_key.a[1]": 'aws_kms_key.a["y"]'}


def test_count_comes_and_goes() -> None:
    one, counted = root({"aws_kms_key.a": {"description": "x"}}), root({"aws_kms_key.a[0]": {"description": "y"}})
    assert became(one, counted) == {"aws_kms_key.a": "aws_kms_key.a[0]"}
    assert became(counted, one) == {"aws_kms_key.a[0]": "aws_kms_key.a"}


def test_reindexed_list_keeps_its_parts_together() -> None:
    def att(*users: str) -> Root:
        return root(
            {f"aws_iam_user_policy_attachment.a[{i}]": {"user": u, "policy_arn": "p"} for i, u in enumerate(users)}
        )

    assert became(att("a", "b", "c"), att("b", "c")) == {
        "aws_iam_user_policy_attachment.a[0]": None,
        "aws_iam_user_policy_attachment.a[1]": "aws_iam_user_policy_attachment.a[0]",
        "aws_iam_user_policy_attachment.a[2]": "aws_iam_user_policy_attachment.a[1]",
    }


def test_equal_content_must_be_unique() -> None:
    base = root({"aws_s3_bucket.a": {"tags": {"x": "1"}}, "aws_s3_bucket.b": {"tags": {"x": "2"}}})
    head = root({"aws_s3_bucket.c": {"tags": {"x": "1"}}, "aws_s3_bucket.d": {"tags": {"x": "1"}}})
    assert became(base, head) == {"aws_s3_bucket.a": None, "aws_s3_bucket.b": None}
    head = root({"aws_s3_bucket.c": {"tags": {"x": "1"}}, "aws_s3_bucket.d": {"tags": {"x": "3"}}})
    assert became(base, head) == {"aws_s3_bucket.a": "aws_s3_bucket.c", "aws_s3_bucket.b": None}


def test_parts_follow_what_they_belong_to() -> None:
    base = root(
        {
            "aws_s3_bucket.a": {"bucket": "logs"},
            "aws_s3_bucket_versioning.a": {"bucket": "logs", "versioning_configuration": [{"status": "Enabled"}]},
        }
    )
    head = root(
        {
            "module.l.aws_s3_bucket.this": {"bucket": "logs"},
            "module.l.aws_s3_bucket_versioning.v": {"bucket": "logs", "versioning_configuration": []},
        }
    )
    assert became(base, head)["aws_s3_bucket_versioning.a"] == "module.l.aws_s3_bucket_versioning.v"


def test_references_do_not_make_a_difference() -> None:
    base = root(
        {
            "aws_s3_bucket.a": {"tags": {"x": "1"}},
            "aws_s3_bucket_policy.a": {"bucket": ref("aws_s3_bucket.a", ".id"), "policy": "p"},
        }
    )
    head = root(
        {
            "aws_s3_bucket.b": {"tags": {"x": "1"}},
            "aws_s3_bucket_policy.b": {"bucket": ref("aws_s3_bucket.b", ".id"), "policy": "q"},
        }
    )
    assert became(base, head)["aws_s3_bucket_policy.a"] == "aws_s3_bucket_policy.b"
    matching = Matching(base, head)
    arn = [ref("aws_s3_bucket.a", ".arn"), "/*"], [ref("aws_s3_bucket.b", ".arn"), "/*"]
    assert matching.same(Template(arn[0]), Template(arn[1]))
    assert not matching.same(Template(arn[0]), ref("aws_s3_bucket.b", ".arn"))


def test_data_sources_with_equal_arguments_are_one_thing() -> None:
    base = root({"data.aws_iam_policy.a": {"name": "x"}, "data.aws_iam_policy.c": {"name": "y"}})
    head = root({"module.m.data.aws_iam_policy.b": {"name": "x"}})
    matching = Matching(base, head)
    assert matching.same(ref("data.aws_iam_policy.a", ".arn"), ref("module.m.data.aws_iam_policy.b", ".arn"))
    assert not matching.same(ref("data.aws_iam_policy.c", ".arn"), ref("module.m.data.aws_iam_policy.b", ".arn"))


def test_a_new_resource_at_an_old_address_is_not_the_old_one() -> None:
    base = root({"aws_kms_key.a": {"description": "old"}})
    head = root(
        {"aws_kms_key.b": {"description": "old"}, "aws_kms_key.a": {"description": "new"}},
        moved=[("aws_kms_key.a", "aws_kms_key.b")],
    )
    matching = Matching(base, head)
    assert became(base, head) == {"aws_kms_key.a": "aws_kms_key.b"}
    assert matching.identity_of_head("aws_kms_key.a") != matching.identity_of_base("aws_kms_key.a")
    assert matching.identity_of_head("aws_kms_key.b") == matching.identity_of_base("aws_kms_key.a")


def test_two_accounts_with_users_of_one_name() -> None:
    base = root({"aws_iam_user.a": {"name": "deploy"}, "aws_iam_user.b": {"name": "deploy"}})
    head = root({"aws_iam_user.b": {"name": "deploy"}})
    assert became(base, head) == {"aws_iam_user.a": None, "aws_iam_user.b": "aws_iam_user.b"}


def test_equal_unknown_names() -> None:
    base = root({"aws_iam_user.a": {"name": Unknown("var.user")}})
    head = root({"module.m.aws_iam_user.b": {"name": Unknown("var.user")}})
    assert became(base, head) == {"aws_iam_user.a": "module.m.aws_iam_user.b"}


def test_calls_are_matched_by_address_move_and_content() -> None:
    calls = {"module.a": {"source": "s", "x": "1"}, "module.b": {"source": "s", "x": "2"}, "module.c": {"source": "t"}}
    head = root(
        calls={"module.a": {"source": "s", "x": "9"}, "module.bb": {"source": "s"}, "module.cc": {"source": "t"}},
        moved=[("module.b", "module.bb")],
    )
    base = root(calls=calls)
    matching = Matching(base, head)
    found = {a: (c.address if (c := matching.call_for(call)) else None) for a, call in base.calls.items()}
    assert found == {"module.a": "module.a", "module.b": "module.bb", "module.c": "module.cc"}
    assert matching.same(ref("module.b", ".user_name"), ref("module.bb", ".user_name"))


def test_declared_move() -> None:
    base = root({"aws_kms_key.a[0]": {}, "aws_kms_key.b": {"description": "x"}})
    head = root({"aws_kms_key.a": {}, "aws_kms_key.c": {"description": "x"}})
    matching = Matching(base, head)
    assert matching.declared_move(base.resources["aws_kms_key.a[0]"], head.resources["aws_kms_key.a"])
    assert not matching.declared_move(base.resources["aws_kms_key.b"], head.resources["aws_kms_key.c"])


def test_builder_reads_addresses() -> None:
    found = resource('module.a["x"].aws_iam_user.this["alice"]', {"name": "alice"})
    assert (found.module, found.type, found.name, found.key) == ('module.a["x"]', "aws_iam_user", "this", "alice")
