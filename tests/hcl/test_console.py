"""Functions and operators against ``terraform console``: the expressions in ``console/*.txt``."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from console_oracle import ERROR, UNKNOWN, ask_ours, ask_terraform

from tfratchet.hcl import functions

GROUPS = sorted((Path(__file__).parent / "console").glob("*.txt"))

# Where we differ on purpose: what we say, and why. An entry that no longer differs fails, so the list stays true.
UNTYPED = "values have no types here: a list and a tuple, a map and an object look alike"
DIFFERENCES = {
    'concat(tolist([1]), tolist(["b"]))': ('[1,"b"]', UNTYPED),
    "contains([[1]],[1])": (UNKNOWN, UNTYPED),
    "{a=1} == {a=1}": (UNKNOWN, UNTYPED),
    "[1] == tolist([1])": (UNKNOWN, UNTYPED),
    'lookup(tomap({a=1}),"b","x")': ('"x"', UNTYPED),
    'lookup(tomap({a="1"}),"b",2)': ("2", UNTYPED),
    "tolist([{a=1},null])": ('[{"a":1},null]', "more lenient with null among objects"),
    "toset([]) == toset([])": (UNKNOWN, UNTYPED),
    "tomap({}) == {}": (UNKNOWN, UNTYPED),
    'base64gzip("a")': (UNKNOWN, "Go's compressor gives other bytes than zlib"),
    'templatestring("x", {})': ('"x"', "terraform takes only the name of a template"),
    'templatestring(file("greeting.tftpl"), {name = "n", list = ["l"]})': (
        '"Hello n,l!\\n"',
        "terraform takes only the name of a template",
    ),
    'issensitive("a")': (UNKNOWN, "marks are not followed"),
    'rsadecrypt("a","b")': (UNKNOWN, "secrets are not decrypted"),
    'fileexists("d")': ("false", "a directory is no file; terraform refuses"),
    "range(2000)": (UNKNOWN, "a limit that was crossed is reported, and no error that try() may swallow"),
    "range(1025)": (UNKNOWN, "a limit that was crossed is reported, and no error that try() may swallow"),
    'cidrsubnet("10.0.0.0/8",8,-1)': (ERROR, "terraform calculates an address outside of the network"),
    'cidrsubnet("10.0.0.0/8",-1,0)': (ERROR, "terraform leaves the network"),
    'cidrhost("::ffff:10.0.0.0/104",1)': ('"::ffff:a00:1"', "terraform mixes up mapped IPv4 addresses"),
    'timeadd("9999-12-31T23:59:59Z","1s")': (ERROR, "years 1 to 9999 only"),
    'timeadd("0000-01-01T00:00:00Z","1s")': (ERROR, "years 1 to 9999 only"),
    "log(10,3)*1": ("2.095903274289385", "terraform goes on with the 53 bits of a logarithm, we with its digits"),
    'tonumber("1e100000")': (UNKNOWN, "numbers have a limit of 1000 digits"),
    'jsondecode("-0")': ("0", "zero has no sign here"),
    'tonumber("-0")': ("0", "zero has no sign here"),
    'jsondecode("[]]")': (ERROR, "stricter with text behind the value"),
}


def _expressions(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


@pytest.mark.terraform
@pytest.mark.parametrize("group", GROUPS, ids=lambda p: p.stem)
def test_same_as_terraform(group: Path, terraform_program: str, tmp_path: Path) -> None:
    expressions = _expressions(group)
    answers = [ask_ours(e) for e in expressions]
    unknown = [n for n, answer in enumerate(answers) if answer == UNKNOWN and expressions[n] not in DIFFERENCES]
    expected = ask_terraform(terraform_program, expressions, tmp_path, unknown=unknown)
    wrong = []
    for expression, ours, theirs in zip(expressions, answers, expected, strict=True):
        if expression in DIFFERENCES:
            said, reason = DIFFERENCES[expression]
            if ours != said or ours == theirs:
                wrong.append(f"{expression}: no longer {said!r} against {theirs!r} ({reason}), but {ours!r}")
        elif ours != theirs:
            wrong.append(f"{expression}: terraform says {theirs[:200]!r}, we say {ours[:200]!r}")
    assert not wrong, "\n".join(wrong)


def test_chains_of_conditionals_nest_to_the_right() -> None:
    assert ask_ours('true ? "x" : true ? "y" : "z"') == '"x"'
    assert ask_ours('false ? "x" : false ? "y" : true ? "z" : "w"') == '"z"'


def test_every_difference_is_asked_for() -> None:
    asked = {e for group in GROUPS for e in _expressions(group)}
    assert not set(DIFFERENCES) - asked


def test_every_group_of_functions_has_expressions() -> None:
    assert {p.stem for p in GROUPS} == set(functions._GROUPS) | {"operators"}


def test_every_function_is_tried() -> None:
    text = "\n".join(e for group in GROUPS for e in _expressions(group))
    impure = {"timestamp", "plantimestamp", "uuid", "bcrypt"}  # no two runs agree
    assert not [n for n in functions.NAMES - impure if f"{n}(" not in text]


@pytest.mark.terraform
def test_names_and_signatures_are_those_of_terraform(terraform_program: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [terraform_program, "metadata", "functions", "-json"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    signatures = json.loads(run.stdout)["function_signatures"]
    assert {n for n in signatures if not n.startswith("core::")} == functions.NAMES
    for name in functions.NAMES - {"try", "can"}:
        ours = functions.load(name)
        theirs = signatures[name]
        assert bool(ours.variadic) == ("variadic_parameter" in theirs), name
        least = len(theirs.get("parameters", ()))
        assert len(ours.parameters) in (least, least + bool(ours.variadic)), name
