"""What a change adds, and what stays around a loss: worked out for the reports that ask, never part of the verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

import fakes
from build import root
from tfratchet.compare import compare
from tfratchet.config import Settings
from tfratchet.gains import _guard
from tfratchet.model import Certainty, Finding, Problem, Snapshot
from tfratchet.more import ATTACHED, KEPT, NEW, STRONGER, More
from tfratchet.pipeline import DiffOptions, diff
from tfratchet.rules.base import Rule
from tfratchet.words import edge, listed

CASES = Path(__file__).parent / "cases"

PASSWORD = 'resource "aws_iam_account_password_policy" "this" {\n  minimum_password_length = %d\n}\n'
PEOPLE = """
resource "aws_iam_user" "alice" { name = "alice" }
resource "aws_iam_user" "bob" { name = "bob" }
resource "aws_iam_group" "dev" { name = "dev" }
resource "aws_iam_policy" "mfa" {
  name = "require-mfa"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "*", Resource = "*",
    Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } } }] })
}
resource "aws_iam_group_policy_attachment" "mfa" {
  group      = aws_iam_group.dev.name
  policy_arn = aws_iam_policy.mfa.arn
}
"""
JOIN = """
resource "aws_iam_user_group_membership" "%s" {
  user   = "%s"
  groups = [aws_iam_group.dev.name]
}
"""
ATTACH = """
resource "aws_iam_user_policy_attachment" "%s" {
  user       = aws_iam_user.%s.name
  policy_arn = %s
}
"""
READ = '"arn:aws:iam::aws:policy/ReadOnlyAccess"'


def more(folder: Path, base: dict[str, str], head: dict[str, str]) -> tuple[More, list[Finding]]:
    for side, files in (("base", base), ("head", head)):
        for name, text in files.items():
            (folder / side / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / side / name).write_text(text)
    result = diff(DiffOptions(base_dir=str(folder / "base"), head_dir=str(folder / "head"))).result
    return result.more(), list(result.findings)


def told(folder: Path, base: str, head: str) -> list[tuple[str, str]]:
    found, _ = more(folder, {"main.tf": base}, {"main.tf": head})
    return [(g.kind, g.text) for g in found.gains]


def test_a_setting_that_is_stronger(tmp_path: Path) -> None:
    found, findings = more(tmp_path, {"a/p.tf": PASSWORD % 8}, {"a/p.tf": "# now\n" + PASSWORD % 14})
    assert findings == []
    (gain,) = found.gains
    assert (gain.kind, gain.text, gain.rule) == (STRONGER, "minimum password length: 8 → 14 characters", "TFR202")
    assert (gain.root, gain.address, str(gain.location)) == ("a", "aws_iam_account_password_policy.this", "a/p.tf:3")


def test_nothing_is_added_by_nothing_or_by_a_loss(tmp_path: Path) -> None:
    assert told(tmp_path, PASSWORD % 14, PASSWORD % 14 + "# a comment\n") == []
    assert told(tmp_path, PASSWORD % 14, PASSWORD % 8) == []


def test_a_first_trail_and_a_first_password_policy(tmp_path: Path) -> None:
    trail = 'resource "aws_cloudtrail" "main" {\n  name = "main"\n  s3_bucket_name = "logs"\n}\n'
    found = told(tmp_path, "# empty\n", trail + PASSWORD % 14)
    assert found == [(STRONGER, "the account gets a password policy"), (STRONGER, "trail main added")]


def test_a_guard_is_stronger_and_a_policy_only_attached(tmp_path: Path) -> None:
    added = ATTACH % ("a", "alice", "aws_iam_policy.mfa.arn") + ATTACH % ("b", "alice", READ)
    found = told(tmp_path, PEOPLE, PEOPLE + added + ATTACH % ("c", "bob", READ))
    assert (STRONGER, "guard require-mfa attached to user alice") in found
    assert [text for kind, text in found if kind == ATTACHED] == [
        "policy ReadOnlyAccess attached to users alice and bob"
    ]


def test_groups_and_boundaries(tmp_path: Path) -> None:
    bounded = PEOPLE.replace('{ name = "bob" }', '{\n name = "bob"\n permissions_boundary = aws_iam_policy.mfa.arn\n}')
    found = told(tmp_path, PEOPLE, bounded + JOIN % ("alice", "alice"))
    assert (STRONGER, "group dev (it carries a guard) joined by user alice") in found
    assert (STRONGER, "permissions boundary require-mfa set for user bob") in found


def test_what_a_permission_set_gets(tmp_path: Path) -> None:
    base = 'resource "aws_ssoadmin_permission_set" "ops" { name = "ops" }\n'
    named = "{\n  permission_set_arn = aws_ssoadmin_permission_set.ops.arn\n  %s\n}\n"
    attachment = named % f"managed_policy_arn = {READ}"
    limit = named % f"permissions_boundary {{\n    managed_policy_arn = {READ}\n  }}"
    head = (
        f'{base}resource "aws_ssoadmin_managed_policy_attachment" "a" {attachment}'
        f'resource "aws_ssoadmin_permissions_boundary_attachment" "b" {limit}'
    )
    assert told(tmp_path, base, head) == [
        (STRONGER, "permissions boundary ReadOnlyAccess set for permission set ops"),
        (ATTACHED, "policy ReadOnlyAccess attached to permission set ops"),
    ]


def test_a_boundary_in_place_of_another_is_no_gain(tmp_path: Path) -> None:
    one = PEOPLE.replace('{ name = "bob" }', '{\n name = "bob"\n permissions_boundary = aws_iam_policy.mfa.arn\n}')
    assert (
        told(
            tmp_path,
            one,
            one.replace("permissions_boundary = aws_iam_policy.mfa.arn", f"permissions_boundary = {READ}"),
        )
        == []
    )


def test_a_name_that_is_an_expression_may_have_been_there_before(tmp_path: Path) -> None:
    users = 'variable "who" {}\nresource "aws_iam_user" "x" { name = "x-${var.who}" }\n'
    attach = """
resource "aws_iam_user_policy_attachment" "x" {
  user       = "%s"
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
"""
    before = users + attach % "y-${var.who}"
    assert told(tmp_path, before, users + attach % "y-${lower(var.who)}") == []


def test_less_that_is_allowed_is_a_gain_unless_a_policy_is_detached(tmp_path: Path) -> None:
    inline = """
resource "aws_iam_user_policy" "work" {
  name = "work"
  user = aws_iam_user.alice.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = %s, Resource = "*" }] })
}
"""
    wide, narrow = (inline % f'["s3:GetObject", "{action}"]' for action in ("iam:DetachUserPolicy", "s3:ListBucket"))
    found = told(tmp_path / "narrowed", PEOPLE + wide, PEOPLE + narrow)
    assert found == [(STRONGER, "alice can no longer call iam:DetachUserPolicy")]
    assert told(tmp_path / "detached", PEOPLE + wide + ATTACH % ("b", "bob", READ), PEOPLE + narrow) == []


def test_a_new_user_is_no_news(tmp_path: Path) -> None:
    new = 'resource "aws_iam_user" "carol" { name = "carol" }\n' + ATTACH % ("carol", "carol", READ)
    assert told(tmp_path, PEOPLE, PEOPLE + new) == []


def test_a_move_and_a_rename_add_nothing(tmp_path: Path) -> None:
    moved = """
moved {
  from = aws_iam_account_password_policy.this
  to   = aws_iam_account_password_policy.strict
}
"""
    renamed = (PASSWORD % 8).replace('"this"', '"strict"')
    assert told(tmp_path / "rename", PASSWORD % 8, renamed + moved) == []
    both = told(tmp_path / "both", PASSWORD % 8, (PASSWORD % 14).replace('"this"', '"strict"') + moved)
    assert both == [(STRONGER, "minimum password length: 8 → 14 characters")]
    # A block that has been there for long leads nowhere any more.
    old = (PASSWORD % 8).replace('"this"', '"strict"') + moved
    assert told(tmp_path / "old", old, old.replace("8", "14")) == both
    found, _ = more(
        tmp_path / "roots",
        {"a/p.tf": PASSWORD % 8, "b/x.tf": PEOPLE},
        {"a/p.tf": "# empty", "b/x.tf": PEOPLE, "b/p.tf": PASSWORD % 8},
    )
    assert found.gains == ()


def test_a_new_root_module_and_one_with_an_error_are_passed_over(tmp_path: Path) -> None:
    found, _ = more(tmp_path / "new", {"a/p.tf": PASSWORD % 8}, {"a/p.tf": PASSWORD % 8, "b/p.tf": PASSWORD % 14})
    assert found.gains == ()
    found, _ = more(
        tmp_path / "broken", {"p.tf": PASSWORD % 8, "q.tf": "resource {"}, {"p.tf": PASSWORD % 14, "q.tf": "resource {"}
    )
    assert found.gains == ()


def test_an_unknown_value_is_no_gain(tmp_path: Path) -> None:
    unknown = (PASSWORD % 8).replace("8", "var.length") + 'variable "length" {}\n'
    assert told(tmp_path, PASSWORD % 8, unknown) == []


def test_a_rule_that_is_switched_off_tells_no_gain(tmp_path: Path) -> None:
    for side, length in (("base", 8), ("head", 14)):
        (tmp_path / side).mkdir()
        (tmp_path / side / "p.tf").write_text(PASSWORD % length)
    options = DiffOptions(
        base_dir=str(tmp_path / "base"),
        head_dir=str(tmp_path / "head"),
        settings=Settings(disabled=frozenset({"TFR202"})),
    )
    assert diff(options).result.more().gains == ()


def test_it_is_worked_out_once_and_only_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tfratchet.gains

    asked = []

    def gains(*_: object) -> tuple[tuple[()], tuple[()]]:
        asked.append(1)
        return (), ()

    monkeypatch.setattr(tfratchet.gains, "gains", gains)
    for side, length in (("base", 8), ("head", 14)):
        (tmp_path / side).mkdir()
        (tmp_path / side / "p.tf").write_text(PASSWORD % length)
    result = diff(DiffOptions(base_dir=str(tmp_path / "base"), head_dir=str(tmp_path / "head"))).result
    assert asked == []
    assert result.more() is result.more()
    assert asked == [1]


def test_a_rule_that_breaks_on_the_way_back_is_told_and_fails_nothing() -> None:
    class Breaks(Rule):
        """Finds nothing, and breaks when base is weaker than head."""

        id, title, family, fix = "TFR999", "breaks", "password", "no"

        def compare(self, pair):  # type: ignore[no-untyped-def]
            if "aws_iam_user.b" in pair.base.resources:
                raise ValueError("no way back")
            return iter(())

    base, head = root({"aws_iam_user.a": {"name": "a"}}), root({"aws_iam_user.b": {"name": "b"}})
    result = compare(Snapshot("base", (base,)), Snapshot("head", (head,)), Settings(), [Breaks()])
    assert result.errors == []
    text = "rule TFR999 failed on .: ValueError: no way back (asked what the change adds)"
    assert result.more().notes == (Problem("internal", text),)


FOLDERS = sorted(p.parent for family in ("password", "cloudtrail") for p in (CASES / family).glob("*/*/expect.toml"))


def test_every_loss_of_a_setting_is_a_gain_on_the_way_back() -> None:
    checked = 0
    for folder in FOLDERS:
        there = diff(DiffOptions(base_dir=str(folder / "base"), head_dir=str(folder / "head"))).result
        losses = [
            f
            for f in there.findings
            if f.certainty is Certainty.CERTAIN and " is weaker: " in f.message and f.rule != "TFR210"
        ]
        if not losses:
            continue
        back = diff(DiffOptions(base_dir=str(folder / "head"), head_dir=str(folder / "base"))).result
        if back.findings or there.errors:
            continue  # a change for the better here and for the worse there: other tests tell what each is
        gains = {(g.rule, g.text) for g in back.more().gains}
        for loss in losses:
            assert loss.base is not None
            assert any(r == loss.rule and text.endswith(f"→ {loss.base.value}") for r, text in gains), (folder, loss)
            checked += 1
        assert all(g.kind == STRONGER for g in back.more().gains)
    assert checked > 30


# -- what stays around a loss -----------------------------------------------------------------------------------------


def test_what_is_kept_and_what_is_new_around_a_loss(tmp_path: Path) -> None:
    common = PEOPLE + JOIN % ("bob", "bob") + ATTACH % ("keep", "alice", '"arn:aws:iam::aws:policy/SecurityAudit"')
    lost = ATTACH % ("gone", "alice", READ) + JOIN % ("alice", "alice")
    new = ATTACH % ("new", "alice", '"arn:aws:iam::aws:policy/PowerUserAccess"')
    found, findings = more(tmp_path, {"main.tf": common + lost}, {"main.tf": common + new})
    assert {"TFR103"} <= {f.rule for f in findings}
    assert {(e.source, e.target, e.state) for e in found.edges} == {
        ("user alice", "policy SecurityAudit", KEPT),
        ("user alice", "policy PowerUserAccess", NEW),
        ("user bob", "group dev", KEPT),
        ("group dev", "policy require-mfa", KEPT),
    }
    assert all(e.certain and (e.root, e.variant) == (".", None) for e in found.edges)


def test_nothing_is_drawn_of_those_who_lose_nothing(tmp_path: Path) -> None:
    others = ATTACH % ("bob", "bob", READ)
    found, findings = more(
        tmp_path,
        {
            "a/main.tf": PEOPLE + others + ATTACH % ("a", "alice", '"arn:aws:iam::aws:policy/SecurityAudit"'),
            "b/m.tf": PEOPLE,
        },
        {"a/main.tf": PEOPLE + others, "b/m.tf": PEOPLE + others},
    )
    assert [f.rule for f in findings] == ["TFR101"]
    assert found.edges == ()


def test_the_number_of_edges_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tfratchet.edges

    monkeypatch.setattr(tfratchet.edges, "MOST", 5)
    users = "".join(
        f'resource "aws_iam_user" "u{i}" {{ name = "u{i}" }}\n' + JOIN % (f"u{i}", f"u{i}") for i in range(20)
    )
    lost = 'resource "aws_iam_group_policy_attachment" "r" {\n  group = aws_iam_group.dev.name\n  policy_arn = %s\n}\n'
    found, _ = more(tmp_path, {"main.tf": PEOPLE + users + lost % READ}, {"main.tf": PEOPLE + users})
    assert len(found.edges) == 5


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("user bob has policy read [0123456789ab]", ("user bob", "policy read")),
        ("every user in var.x has boundary limit", ("every user in var.x", "boundary limit")),
        ("user bob is in group dev", ("user bob", "group dev")),
        ("user bob is created elsewhere", None),
        ("trail", None),
    ],
)
def test_words_are_edges(word: str, wanted: tuple[str, str] | None) -> None:
    assert edge(word) == wanted


def test_names_are_listed() -> None:
    assert listed(["user a"]) == "user a"
    assert listed(["user a", "user b"]) == "users a and b"
    assert listed(["user a", "group b"]) == "user a and group b"
    assert listed(["user a", "user b", "user c", "user d"]) == "users a, b, c and d"
    assert listed([f"user u{i}" for i in range(1003)]) == "users u0, u1, u2 and 1,000 more"
    assert listed(["every user in a", "every user in b"]) == "every user in a and every user in b"


@pytest.mark.parametrize("who", ["keys(var.robots)[*]", "group team-${var.name}"])
def test_a_guard_that_reaches_an_expression_is_not_told(who: str) -> None:
    sentence = "Without MFA, {} could not call iam:GetUser (statement 1 of x denied it); with this change {} can"
    assert _guard(fakes.finding(message=sentence.format(who, who))) is None
    assert (
        _guard(fakes.finding(message=sentence.format("bob", "bob")))
        == "Without MFA, bob can no longer call iam:GetUser"
    )
