"""What functions keep of partly known arguments: the exact values, as rules and reports will see them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from partial import Files

from tfratchet.hcl import functions
from tfratchet.hcl.convert import EvalError
from tfratchet.values import REST_KEY, Choice, JsonText, Rest, SetValue, Template, Unknown, canonical, ref

MORE = Unknown("var.more")
REST = Rest(Unknown("var.more[*]"), MORE)


def rest(expression: str) -> Rest:
    """All elements of an unknown list."""
    return Rest(Unknown(f"{expression}[*]"), Unknown(expression))


NAME = ref("aws_iam_user.b", ".name")
ARN = ref("aws_s3_bucket.logs", ".arn")


def call(name: str, *args: Any, files: dict[str, bytes] | None = None) -> Any:
    return functions.call(name, list(args), Files(files))


CASES: list[tuple[str, list[Any], Any]] = [
    ("concat", [[NAME], MORE], [NAME, REST]),
    ("concat", [["a"], [], ["b", MORE]], ["a", "b", MORE]),
    ("flatten", [[["a", NAME], MORE]], ["a", NAME, rest("flatten([var.more])")]),
    ("flatten", [[Rest([Rest({"u": "x"}, Unknown("var.p"))], MORE)]], [Rest({"u": "x"}, Unknown("var.more: var.p"))]),
    ("contains", [["a", MORE], "a"], True),
    ("contains", [["a", REST], "b"], Unknown('contains(["a", var.more...], "b")')),
    ("contains", [[Template(["arn:", MORE])], "b"], False),
    ("distinct", [["a", NAME, "a"]], ["a", Rest(NAME, Unknown(f"[{NAME.expr}]"))]),
    ("compact", [["a", "", None, NAME, MORE]], ["a", NAME, Rest(MORE, Unknown("compact([var.more])"))]),
    ("element", [["a", REST], 0], "a"),
    ("element", [["a", REST], 1], Unknown('element(["a", var.more...], 1)')),
    ("slice", [["a", "b", REST], 0, 1], ["a"]),
    ("length", [["a", MORE]], 2),
    ("length", [["a", REST]], Unknown('length(["a", var.more...])')),
    ("length", [SetValue.of(["a", MORE])], Unknown('length(toset(["a", var.more]))')),
    ("length", [{"a": MORE}], 1),
    ("reverse", [["a", REST]], [REST, "a"]),
    ("sort", [["b", MORE, "a"]], [Rest(MORE, Unknown("[var.more]")), "a", "b", Rest(MORE, Unknown("[var.more]"))]),
    ("one", [[NAME]], NAME),
    ("one", [[NAME, REST]], NAME),
    ("coalesce", [None, "", NAME, "x"], NAME),
    ("coalesce", [MORE, "x"], Choice('(var.more != null && var.more != "")', MORE, "x")),
    ("coalesce", [None, MORE], MORE),
    ("coalescelist", [[], ["a", REST]], ["a", REST]),
    ("coalescelist", [MORE, ["a"]], Choice("(length(var.more) > 0)", MORE, ["a"])),
    ("chunklist", [["a", "b", REST], 2], [["a", "b"], rest("chunklist([var.more...], 2)")]),
    ("alltrue", [[False, MORE]], False),
    ("alltrue", [[True, MORE]], Unknown("alltrue([true, var.more])")),
    ("anytrue", [[True, MORE]], True),
    ("setunion", [["a"], MORE], SetValue.of(["a", REST])),
    (
        "setintersection",
        [["a", "b"], ["a", REST]],
        SetValue.of(["a", Rest("b", Unknown('setintersection(["b"], ["a", var.more...])'))]),
    ),
    ("setsubtract", [["a", "b"], ["a", REST]], SetValue.of([Rest("b", Unknown('setsubtract(["b"], [var.more...])'))])),
    ("setproduct", [["a"], ["x", REST]], [["a", "x"], Rest(["a", Unknown("var.more[*]")], MORE)]),
    (
        "merge",
        [{"a": 1}, MORE, {"b": 2}],
        {REST_KEY: MORE, "a": Choice('contains(keys(var.more), "a")', Unknown('var.more["a"]'), 1), "b": 2},
    ),
    ("merge", [MORE, {"a": 1}], {REST_KEY: MORE, "a": 1}),
    ("merge", [{"a": NAME}, None], {"a": NAME}),
    ("keys", [{"b": 1, "a": MORE}], ["a", "b"]),
    ("keys", [{"a": 1, REST_KEY: MORE}], [rest("keys(var.more)"), "a", rest("keys(var.more)")]),
    ("values", [{"b": MORE, "a": 1}], [1, MORE]),
    ("lookup", [{"a": NAME}, "a", "x"], NAME),
    ("lookup", [MORE, "min", 14], Choice('contains(keys(var.more), "min")', Unknown('var.more["min"]'), 14)),
    ("lookup", [MORE, "min"], Unknown('var.more["min"]')),
    ("lookup", [{"a": 1, REST_KEY: MORE}, "a"], 1),
    ("zipmap", [["a", "b"], ["x", NAME]], {"a": "x", "b": NAME}),
    ("zipmap", [["a"], MORE], {"a": Unknown("var.more[0]")}),
    ("transpose", [{"u": ["g"], "v": ["g", "h"]}], {"g": ["u", "v"], "h": ["v"]}),
    ("tolist", [SetValue.of(["b", "a"])], ["a", "b"]),
    ("tolist", [MORE], MORE),
    ("toset", [["b", NAME, "b"]], SetValue.of(["b", NAME])),
    ("toset", [MORE], SetValue.of([REST])),
    ("toset", [SetValue.of([REST])], SetValue.of([REST])),
    ("tomap", [{"a": 1, "b": NAME}], {"a": 1, "b": NAME}),
    ("tostring", [NAME], NAME),
    ("sensitive", [{"a": NAME}], {"a": NAME}),
    ("nonsensitive", [NAME], NAME),
    ("ephemeralasnull", ["a"], "a"),
    ("upper", [Template(["ab", MORE])], Template(["AB", Unknown("upper(var.more)")])),
    ("startswith", [Template(["arn:aws:", MORE]), "arn:"], True),
    ("startswith", [Template(["arn:aws:", MORE]), "x"], False),
    ("endswith", [Template([ARN, "/*"]), "/*"], True),
    ("strcontains", [Template([ARN, "/logs/", MORE]), "logs"], True),
    ("trimsuffix", [Template([ARN, "/*"]), "/*"], ARN),
    ("trimprefix", [Template(["arn:", MORE]), "arn:"], MORE),
    ("replace", [Template(["a_b", MORE]), "_", "-"], Template(["a-b", Unknown('replace(var.more, "_", "-")')])),
    ("split", ["/", Template(["user/", MORE])], ["user", rest('split("/", var.more)')]),
    ("join", [",", ["a", NAME, "b"]], Template(["a,", NAME, ",b"])),
    ("join", ["-", [NAME]], NAME),
    ("join", [",", ["a", REST]], Template(["a", Unknown('join("", ["," + each in var.more...])')])),
    ("join", [",", MORE], Unknown('join(",", var.more)')),
    ("format", ["%s/*", ARN], Template([ARN, "/*"])),
    ("format", ["%s", NAME], NAME),
    ("format", ["%s-%d", "a", MORE], Template(["a-", Unknown('format("%d", var.more)')])),
    ("formatlist", ["arn:%s", ["a", NAME]], ["arn:a", Template(["arn:", NAME])]),
    ("formatlist", ["%s:%s", "arn", ["a", REST]], ["arn:a", Rest(Template(["arn:", Unknown("var.more[*]")]), MORE)]),
    ("jsonencode", [{"a": [NAME]}], JsonText({"a": [NAME]})),
    ("jsondecode", [JsonText({"a": [NAME]})], {"a": [NAME]}),
    ("jsondecode", [Template(['{"Resource":["', ARN, '/*","x"]}'])], {"Resource": [Template([ARN, "/*"]), "x"]}),
    ("jsondecode", [Template(['{"a":', JsonText({"b": NAME}), "}"])], {"a": {"b": NAME}}),
    ("jsondecode", [Template(['{"a":', MORE, "}"])], {"a": Unknown("jsondecode(var.more)")}),
    ("jsondecode", [Template(["[1,", MORE, "]"])], [1, rest("jsondecode([var.more])")]),
    (
        "yamldecode",
        [Template(["user: ", NAME, "\npath: 'x/", MORE, "'\n"])],
        {"path": Template(["x/", MORE]), "user": Unknown(f"yamldecode({NAME.expr})")},
    ),
    ("basename", [Template([ARN, "/x/policy.json"])], "policy.json"),
    ("dirname", [Template([ARN, "/x/policy.json"])], Template([ARN, "/x"])),
    ("abspath", ["./x/../policy.json"], Template([Unknown("path.cwd"), "/policy.json"])),
    ("sha256", [MORE], Unknown("sha256(var.more)")),
    ("timestamp", [], Unknown("timestamp()")),
    ("plantimestamp", [], Unknown("plantimestamp()")),
    ("uuid", [], Unknown("uuid()")),
    ("bcrypt", ["x"], Unknown('bcrypt("x")')),
    ("max", [1, MORE], Unknown("max(1, var.more)")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "expected"), CASES, ids=lambda x: x if isinstance(x, str) else "")
def test_what_is_known_is_kept(name: str, args: list[Any], expected: Any) -> None:
    result = functions.call(name, list(args), Files())
    assert canonical(result) == canonical(expected)
    assert type(result) is type(expected) or isinstance(result, Unknown)
    if isinstance(expected, list):
        assert list(result) == list(expected)


def test_joined_elements_of_a_policy_are_elements_again() -> None:
    """The idiom ``Resource: ["${join("\\",\\"", concat(["a"], var.more))}"]`` of old heredoc policies."""
    joined = call("join", '","', ["a", REST])
    assert call("jsondecode", Template(['{"Resource":["', *joined.parts, '"]}'])) == {"Resource": ["a", REST]}
    alone = call("join", '","', MORE)
    assert call("jsondecode", Template(['["', alone, '"]'])) == [REST]
    before = call("join", '", "', [REST, "z"])
    assert call("jsondecode", Template(['["', *before.parts, '"]'])) == [REST, "z"]


def test_an_unknown_that_may_break_out_of_its_string_is_any_number_of_elements() -> None:
    hole = Unknown('replace(var.more, ",", "\\",\\"")')
    (element,) = call("jsondecode", Template(['["', hole, '"]']))
    assert isinstance(element, Rest)


def test_a_change_of_the_known_part_leaves_the_unknown_part_alone() -> None:
    """Else removing one known element would look like the removal of the unknown ones, too."""
    for name in ("sort", "toset", "distinct", "concat"):
        both = [
            [c for c in call(name, [*known, REST, NAME]) if not isinstance(c, str)] for known in (["a", "b"], ["a"])
        ]
        assert both[0] == both[1], name
    for name in ("keys", "values"):
        rests = [
            [e for e in call(name, {**known, REST_KEY: MORE}) if isinstance(e, Rest)]
            for known in ({"a": "x"}, {"b": "y"})
        ]
        assert rests[0] == rests[1], name


CHOICE = Choice("var.c", ["a"], [])


def test_a_choice_is_a_choice_of_results() -> None:
    assert call("concat", CHOICE, ["b"]) == Choice("var.c", ["a", "b"], ["b"])
    assert call("length", CHOICE) == Choice("var.c", 1, 0)
    assert call("upper", Choice("var.c", "a", "A")) == "A"
    assert call("concat", CHOICE, Choice("var.c", ["x"], ["y"])) == Choice("var.c", ["a", "x"], ["y"])
    nested = call("concat", CHOICE, Choice("var.d", ["x"], ["y"]))
    assert isinstance(nested, Choice)
    assert isinstance(nested.if_true, Choice)


def test_a_branch_that_fails_is_unknown_and_two_are_an_error() -> None:
    partly = call("element", Choice("var.c", ["a"], []), 0)
    assert partly == Choice("var.c", "a", Unknown("element([], 0)"))
    with pytest.raises(EvalError):
        call("element", Choice("var.c", [], []), 0)


def test_choices_do_not_grow_without_end() -> None:
    args = [Choice(f"var.c{i}", ["a"], ["b"]) for i in range(40)]
    assert isinstance(call("concat", *args), Unknown)


def test_expanded_arguments_that_are_partly_unknown() -> None:
    assert call("concat", ["a"], rest("var.ls"))[0] == "a"
    assert call("merge", {"a": 1}, rest("var.ms")).keys() == {"a", REST_KEY}
    assert call("max", 1, REST) == Unknown("max(1, var.more...)")
    assert call("coalesce", "a", REST) == "a"


def test_names() -> None:
    assert call("core::upper", "a") == "A"
    assert call("provider::aws::arn_parse", "x") == Unknown('provider::aws::arn_parse("x")')
    with pytest.raises(EvalError, match="did you mean 'jsonencode'"):
        call("jsonencod", {})
    with pytest.raises(EvalError, match="there is no function 'zzzzzz'"):
        call("zzzzzz")


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("upper", []),
        ("upper", ["a", "b"]),
        ("upper", [["a"]]),
        ("upper", [None]),
        ("concat", ["a"]),
        ("merge", [["a"]]),
        ("keys", [["a"]]),
        ("regex", ["(", "a"]),
        ("format", ["%z", 1]),
        ("format", ["%d", MORE, 1]),
        ("element", [["a"], 0.5]),
        ("jsondecode", ["{"]),
        ("formatdate", ["YYYY", "yesterday"]),
        ("cidrhost", ["10.0.0.0", 1]),
        ("zipmap", [["a"], []]),
        ("substr", ["a", MORE]),
    ],
)
def test_what_terraform_refuses_is_refused(name: str, args: list[Any]) -> None:
    with pytest.raises(EvalError) as raised:
        call(name, *args)
    assert raised.value.kind == "evaluation"
    assert name in str(raised.value) or len(str(raised.value)) > 10


DEEP: list[Any] = []
for _ in range(20_000):
    DEEP = [DEEP]

BOMB = "a0: &a0 [x,x,x,x,x,x,x,x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 8)}]\n" for i in range(1, 9))
"""A document whose aliases stand for 8 to the power of 9 elements."""


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("range", [10**9]),
        ("range", [0, 10**12]),
        ("setproduct", [list(range(1000))] * 9),
        ("indent", [10**9, "a\nb"]),
        ("replace", ["x" * 100_000, "x", "y" * 100_000]),
        ("replace", ["x" * 100_000, "/x/", "y" * 100_000]),
        ("format", ["%1000000000d", 1]),
        ("format", ["%.999999f", 1]),
        ("tonumber", ["1e999999999"]),
        ("jsondecode", ["1e999999999"]),
        ("jsondecode", ["[" * 100_000]),
        ("jsondecode", ["[" * 400 + "]" * 400]),
        ("jsonencode", [DEEP]),
        ("flatten", [DEEP]),
        ("yamldecode", ["[" * 20_000]),
        ("yamldecode", ["a: 1e999999999"]),
        ("yamldecode", [BOMB]),
        ("csvdecode", ["a\n" + "1\n" * 10_000]),
        ("parseint", ["9" * 100_000, 10]),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)  # fmt: skip
def test_limits_are_named(name: str, args: list[Any]) -> None:
    with pytest.raises(EvalError) as raised:
        call(name, *args)
    assert raised.value.kind == "limit", str(raised.value)


def test_regular_expressions_are_linear() -> None:
    assert call("regexall", "(a*)*b", "a" * 50_000) == []


FILES = {"users.yaml": b"users: [bob]\n", "d/x.txt": b"x", "d/y/z.txt": b"z", "bad": b"\xff", "t.tpl": b"Hi ${name}"}


def test_files() -> None:
    assert call("yamldecode", call("file", "users.yaml", files=FILES)) == {"users": ["bob"]}
    assert call("fileset", ".", "**/*.txt", files=FILES) == SetValue.of(["d/x.txt", "d/y/z.txt"])
    assert call("fileset", "d", "*.txt", files=FILES) == SetValue.of(["x.txt"])
    assert call("file", call("abspath", "users.yaml"), files=FILES) == "users: [bob]\n"
    assert call("file", Template([Unknown("path.cwd"), "/d/x.txt"]), files=FILES) == "x"
    assert call("file", MORE, files=FILES) == Unknown("file(var.more)")
    assert call("templatefile", "t.tpl", {"name": NAME}, files=FILES) == Template(["Hi ", NAME])
    assert call("templatefile", "t.tpl", {REST_KEY: MORE}, files=FILES) == Unknown(
        'templatefile("t.tpl", {... = var.more})'
    )
    for name, path, kind in (("file", "nope", "missing"), ("file", "", "missing"), ("file", "bad", "evaluation")):
        with pytest.raises(EvalError) as raised:
            call(name, path, files=FILES)
        assert raised.value.kind == kind


def test_groups_are_imported_when_one_of_their_functions_is_called() -> None:
    """``tfratchet diff`` starts fast: no group, no regular expression engine and no YAML before it is needed."""
    script = (
        "import sys; from tfratchet.hcl import functions as f; "
        "loaded = [m for m in sys.modules if m.startswith('tfratchet.hcl.functions.')]; assert not loaded, loaded; "
        "f.call('concat', [['a'], ['b']], type('C', (), {'max_elements': 9})()); "
        "assert 'tfratchet.hcl.functions.lists' in sys.modules; "
        "assert not {'re2', 'yaml', 'ipaddress', 'tfratchet.hcl.functions.files'} & set(sys.modules), "
        "sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
