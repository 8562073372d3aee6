"""The configuration file: what it may say, how mistakes are told, and which version of it rules."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import fakes
from tfratchet.configfile import Config, IgnoreEntry, Vocabulary, from_file, from_trees, parse
from tfratchet.errors import UserError
from tfratchet.model import Location, Severity

VOCABULARY = Vocabulary(
    rules=frozenset({"TFR101", "TFR102", "TFR202"}),
    families=frozenset({"detach", "password"}),
    groups=frozenset({"roles"}),
    floors={"minimum_password_length": int, "require_symbols": bool},
)

FULL = """
include = ["roles"]
enable = ["detach", "TFR202"]
disable = ["TFR102"]
break_glass = ["arn:aws:iam::*:role/BreakGlass"]
paths = ["infra"]
exclude = ["infra/sandbox/**"]
var_files = ["envs/prod.tfvars"]
fail_on = "high"
new_ignores = "refuse"

[severity]
TFR101 = "critical"

[floors]
minimum_password_length = 16
require_symbols = false

[[ignore]]
rule = "TFR101"
address = "aws_iam_user_policy_attachment.old"
reason = "left the company"
expires = 2027-01-31

[[ignore]]
rule = "TFR202"
address = "aws_iam_account_password_policy.this"
root = "infra/dev"
reason = "dev account"
expires = "2027-02-01"
"""


def config(text: str, file: str = "tfratchet.toml") -> Config:
    parsed = parse(text, file, VOCABULARY)
    assert parsed is not None
    return parsed


def test_everything_that_it_can_say() -> None:
    got = config(FULL)
    assert got == Config(
        include=("roles",),
        enable=("detach", "TFR202"),
        disable=("TFR102",),
        severity={"TFR101": Severity.CRITICAL},
        floors={"minimum_password_length": 16, "require_symbols": False},
        break_glass=("arn:aws:iam::*:role/BreakGlass",),
        paths=("infra",),
        exclude=("infra/sandbox/**",),
        var_files=("envs/prod.tfvars",),
        fail_on="high",
        new_ignores="refuse",
        ignore=(
            IgnoreEntry("TFR101", "aws_iam_user_policy_attachment.old", "left the company", None, date(2027, 1, 31)),
            IgnoreEntry("TFR202", "aws_iam_account_password_policy.this", "dev account", "infra/dev", date(2027, 2, 1)),
        ),
    )
    assert [i.location for i in got.ignore] == [Location("tfratchet.toml", 19), Location("tfratchet.toml", 25)]


def test_an_empty_file_means_the_defaults() -> None:
    assert config("") == Config()


def test_pyproject_has_its_own_table() -> None:
    text = '[project]\nname = "x"\n[tool.tfratchet]\nfail_on = "low"\n[tool.tfratchet.floors]\nrequire_symbols = true\n'
    assert config(text, "pyproject.toml") == Config(fail_on="low", floors={"require_symbols": True})
    assert parse('[tool.other]\nfail_on = "low"\n', "pyproject.toml", VOCABULARY) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('\nfail_onn = "low"\n', "tfratchet.toml:2: unknown key 'fail_onn' (did you mean 'fail_on'?)"),
        ("floor = {}\n", "tfratchet.toml:1: unknown key 'floor' (did you mean 'floors'?)"),
        ('fail_on = "hihg"\n', "tfratchet.toml:1: unknown value 'hihg' (did you mean 'high'?)"),
        ('disable = ["TFR1O1"]\n', "tfratchet.toml:1: unknown rule or family 'TFR1O1' (did you mean 'TFR101'?)"),
        ('enable = ["passwords"]\n', "tfratchet.toml:1: unknown rule or family 'passwords' (did you mean 'password'?)"),
        ('include = ["x"]\n', "tfratchet.toml:1: unknown rule group 'x' (known: roles)"),
        ('[severity]\nTFR999 = "low"\n', "tfratchet.toml:2: unknown rule 'TFR999'"),
        ('[severity]\n\nTFR101 = "hi"\n', "tfratchet.toml:3: unknown value 'hi' (did you mean 'high'?)"),
        ("[floors]\nminimum_length = 8\n", "unknown floor 'minimum_length' (did you mean 'minimum_password_length'?)"),
        (
            '[floors]\nminimum_password_length = "16"\n',
            "tfratchet.toml:2: floors.minimum_password_length must be a whole number, not a string",
        ),
        (
            "[floors]\nminimum_password_length = true\n",
            "floors.minimum_password_length must be a whole number, not a boolean",
        ),
        ("[floors]\nrequire_symbols = 1\n", "floors.require_symbols must be true or false, not a number"),
        ('include = "roles"\n', "tfratchet.toml:1: include must be a list of strings, not a string"),
        ("paths = [1]\n", "tfratchet.toml:1: paths[0] must be a string, not a number"),
        ('paths = [" "]\n', "tfratchet.toml:1: paths[0] is empty"),
        ("severity = 3\n", "tfratchet.toml:1: severity must be a table, not a number"),
        ('ignore = "TFR101"\n', "tfratchet.toml:1: ignore must be tables: write [[ignore]], not a string"),
        (
            '[[ignore]]\nrule = "TFR101"\naddress = "a.b"\n',
            "tfratchet.toml:1: this [[ignore]] has no reason; rule, address and reason are required",
        ),
        ('[[ignore]]\nrule = "TFR101"\naddress = "a.b"\nreason = ""\n', "tfratchet.toml:4: ignore[0].reason is empty"),
        (
            '[[ignore]]\nrule="TFR101"\naddress="a"\nreason="r"\n[[ignore]]\nrule="TFR101"\nadress="a"\nreason="r"\n',
            "tfratchet.toml:7: unknown key 'adress' (did you mean 'address'?)",
        ),
        (
            '[[ignore]]\nrule="TFR101"\naddress="a"\nreason="r"\nexpires="soon"\n',
            "tfratchet.toml:5: ignore[0].expires must be a day such as 2027-01-31, not a string",
        ),
        (
            '[[ignore]]\nrule="TFR101"\naddress="a"\nreason="r"\nexpires=2027-01-31T10:00:00\n',
            "ignore[0].expires must be a day such as 2027-01-31, not a date or time",
        ),
        ('fail_on = "low"\nfail_on = "high"\n', "tfratchet.toml:2: not valid TOML"),
        ("x = [[[[\n", "not valid TOML"),
    ],
)
def test_mistakes_are_told_with_their_line_and_the_right_word(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        config(text)
    assert message in str(caught.value)


def test_a_mistake_in_pyproject_has_its_line() -> None:
    with pytest.raises(UserError, match=r"^pyproject.toml:4: unknown key 'floor'"):
        config('[project]\nname = "x"\n\n[tool.tfratchet.floor]\nx = 1\n', "pyproject.toml")


def test_a_named_file_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'fail_on = "\xff"')
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    for name, message in {
        "none.toml": "cannot read the configuration: No such file or directory",
        "latin.toml": "the configuration is not UTF-8",
        "pyproject.toml": "has no table [tool.tfratchet]",
    }.items():
        with pytest.raises(UserError) as caught:
            from_file(str(tmp_path / name), VOCABULARY)
        assert str(caught.value) == f"{tmp_path / name}: {message}"


# -- which version rules


def loaded(base: dict[str, str | bytes], head: dict[str, str | bytes]) -> tuple[Config, list[str], list[str], int]:
    got = from_trees(fakes.FakeTree(base, "HEAD"), fakes.FakeTree(head, "WORKTREE"), lambda: VOCABULARY)
    return got.config, [n.message for n in got.notes], [e.message for e in got.errors], len(got.new_ignores)


IGNORE = '[[ignore]]\nrule = "TFR101"\naddress = "a.b"\nreason = "because"\n'


def test_no_file_at_all_asks_for_no_vocabulary() -> None:
    def never() -> Vocabulary:
        raise AssertionError

    got = from_trees(fakes.FakeTree({}), fakes.FakeTree({"pyproject.toml": "[project]"}), never)
    assert got.config == Config()


def test_a_change_cannot_loosen_its_own_judge() -> None:
    base = {"tfratchet.toml": 'fail_on = "low"\n'}
    head = {"tfratchet.toml": 'fail_on = "never"\ndisable = ["TFR101", "TFR102"]\n[floors]\nrequire_symbols = false\n'}
    got, notes, errors, _ = loaded(base, head)
    assert got == Config(fail_on="low")
    assert not errors
    (note,) = notes
    assert "disable: +TFR101, +TFR102" in note
    assert "fail_on: low to never" in note
    assert "floors: require_symbols" in note
    assert "what base says holds until it is merged" in note


def test_a_new_or_deleted_file_changes_nothing_yet() -> None:
    text = {"tfratchet.toml": 'disable = ["TFR101"]\n'}
    got, notes, _, _ = loaded({}, text)
    assert got == Config()
    assert "disable: +TFR101" in notes[0]
    got, notes, _, _ = loaded(text, {})
    assert got == Config(disable=("TFR101",))
    assert "disable: -TFR101" in notes[0]


def test_the_same_file_on_both_sides_is_no_news() -> None:
    text = {"tfratchet.toml": FULL}
    got, notes, errors, new = loaded(text, text)
    assert (got.fail_on, notes, errors, new) == ("high", [], [], 0)


def test_accepted_findings_come_from_head_and_new_ones_are_known() -> None:
    other = IGNORE.replace("TFR101", "TFR102")
    got, _, _, new = loaded({"tfratchet.toml": IGNORE}, {"tfratchet.toml": "# more\n" + IGNORE + other})
    assert [i.rule for i in got.ignore] == ["TFR101", "TFR102"]
    assert new == 1
    got, _, _, _ = loaded({"tfratchet.toml": IGNORE}, {"tfratchet.toml": ""})
    assert got.ignore == ()


def test_an_ignore_with_another_reason_or_day_is_new() -> None:
    later = IGNORE + "expires = 2030-01-01\n"
    assert loaded({"tfratchet.toml": later}, {"tfratchet.toml": later.replace("2030", "2040")})[3] == 1


@pytest.mark.parametrize("side", ["base", "head", "both"])
def test_a_broken_file_is_an_error_on_either_side(side: str) -> None:
    good: dict[str, str | bytes] = {"tfratchet.toml": 'fail_on = "low"\n'}
    bad: dict[str, str | bytes] = {"tfratchet.toml": "fail_on = 3\n"}
    got, _, errors, _ = loaded(bad if side != "head" else good, bad if side != "base" else good)
    assert errors
    assert all("tfratchet.toml:1: fail_on must be a string, not a number" in e for e in errors)
    assert got.fail_on == ("low" if side == "head" else "medium")


def test_a_file_that_is_not_utf8_is_an_error() -> None:
    _, _, errors, _ = loaded({}, {"tfratchet.toml": b"\xff"})
    assert errors == ["tfratchet.toml: the configuration is not UTF-8 [WORKTREE]"]


def test_tfratchet_toml_goes_before_pyproject() -> None:
    both: dict[str, str | bytes] = {
        "tfratchet.toml": 'fail_on = "low"\n',
        "pyproject.toml": '[tool.tfratchet]\nfail_on = "high"\n',
    }
    assert loaded(both, both)[0].fail_on == "low"
    del both["tfratchet.toml"]
    assert loaded(both, both)[0].fail_on == "high"


def test_a_pyproject_that_only_depends_on_tfratchet_is_left_alone() -> None:
    text: dict[str, str | bytes] = {"pyproject.toml": '[project]\ndependencies = ["tfratchet"]\nbroken = [[[['}
    assert loaded(text, text)[0] == Config()
