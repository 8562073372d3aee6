"""Pairs of root modules: which rules run, order, moves to another root, what could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from build import root
from tfratchet.compare import Result, RootPair, compare, is_active, pair_roots
from tfratchet.config import Settings
from tfratchet.model import Certainty, Finding, Location, Problem, Root, Severity, Snapshot
from tfratchet.moves import resource_word
from tfratchet.rules import all_rules, live_rules
from tfratchet.rules.base import Rule
from tfratchet.values import Template, ref

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ALICE: dict[str, dict[str, Any]] = {"aws_iam_user.alice": {"name": "alice"}}
ATTACHED: dict[str, dict[str, Any]] = {"aws_iam_user_policy_attachment.alice": {"user": "alice", "policy_arn": READ}}


def run(base: list[Root], head: list[Root], settings: Settings | None = None, **more: Any) -> Result:
    sides = Snapshot("base", base), Snapshot("head", head)
    return compare(*sides, settings or Settings(), all_rules(), **more)


def told(result: Result) -> list[tuple[str, str, str]]:
    return [(f.root, f.rule, f.address) for f in result.findings]


def test_pairs_by_path_and_variant() -> None:
    base = Snapshot("b", [root(path="a"), root(path="a", variant="prod.tfvars"), root(path="gone")])
    head = Snapshot("h", [root(path="a"), root(path="new")])
    found = [(b.path, b.variant, b.exists, h.exists) for b, h in pair_roots(base, head)]
    assert found == [
        ("a", None, True, True),
        ("a", "prod.tfvars", True, False),
        ("gone", None, True, False),
        ("new", None, False, True),
    ]


def test_a_loss_in_each_root_in_order() -> None:
    base = [root({**ALICE, **ATTACHED}, path=p) for p in ("b", "a")]
    result = run(base, [root(ALICE, path="a"), root(ALICE, path="b")])
    address = "aws_iam_user_policy_attachment.alice"
    assert told(result) == [("a", "TFR101", address), ("b", "TFR101", address)]


def test_worst_first_within_a_root() -> None:
    resources = {
        **ALICE,
        **ATTACHED,
        "aws_iam_user.bob": {"name": "bob"},
        "aws_iam_user_policy_attachment.bob": {"user": "bob", "policy_arn": READ},
    }
    result = run([root(resources)], [root(ALICE)])
    assert [f.rule for f in result.findings] == ["TFR101", "TFR106"]


def test_explicit_pairs_of_a_renamed_directory() -> None:
    base, head = root({**ALICE, **ATTACHED}, path="old"), root({**ALICE, **ATTACHED}, path="new")
    assert told(run([base], [head], pairs=[(base, head)])) == []
    lost = root(ALICE, path="new")
    assert told(run([base], [lost], pairs=[(base, lost)])) == [
        ("new", "TFR101", "aws_iam_user_policy_attachment.alice")
    ]


def test_settings_switch_rules_and_weights() -> None:
    base, head = [root({**ALICE, **ATTACHED})], [root(ALICE)]
    assert told(run(base, head, Settings(disabled=frozenset({"detach"})))) == []
    assert told(run(base, head, Settings(disabled=frozenset({"TFR101"})))) == []
    assert told(run(base, head, Settings(enabled=frozenset({"password"})))) == []
    assert len(told(run(base, head, Settings(enabled=frozenset({"TFR101"}))))) == 1
    for other in ("audit", "TFR603"):  # rules of another command: says nothing of these
        assert len(told(run(base, head, Settings(enabled=frozenset({other}))))) == 1
    result = run(base, head, Settings(severities={"TFR101": Severity.LOW}))
    assert [f.severity for f in result.findings] == [Severity.LOW]


def test_groups_of_rules_are_off_until_included() -> None:
    roles = next(r for r in all_rules() if r.id == "TFR121")
    assert not is_active(roles, Settings())
    assert is_active(roles, Settings(include=frozenset({"roles"})))
    assert is_active(roles, Settings(enabled=frozenset({"TFR121"})))
    assert not is_active(roles, Settings(include=frozenset({"roles"}), disabled=frozenset({"TFR121"})))
    plain = next(r for r in all_rules() if r.id == "TFR101")
    assert is_active(plain, Settings(include=frozenset({"roles"})))


def test_what_is_enabled_counts_among_its_like() -> None:
    audit = next(r for r in live_rules() if r.id == "TFR603")
    assert is_active(audit, Settings(enabled=frozenset({"detach", "TFR202"})))
    assert is_active(audit, Settings(enabled=frozenset({"drift"})))
    assert is_active(audit, Settings(enabled=frozenset({"audit", "detach"})))
    assert not is_active(audit, Settings(enabled=frozenset({"TFR604"})))


# -- moves to another root module ------------------------------------------------------------------------------------


def test_a_whole_stack_moves() -> None:
    stack = {**ALICE, **ATTACHED}
    result = run([root(stack, path="a"), root(path="b")], [root(path="a"), root(stack, path="b")])
    assert told(result) == []
    assert [n.kind for n in result.notes] == ["move"]


def test_a_stack_becomes_a_module_of_another_root() -> None:
    inside = {
        "module.people.aws_iam_user.this": {"name": "alice"},
        "module.people.aws_iam_user_policy_attachment.x": {"user": "alice", "policy_arn": READ},
    }
    result = run([root({**ALICE, **ATTACHED}, path="a"), root(path="b")], [root(path="a"), root(inside, path="b")])
    assert told(result) == []


def test_an_attachment_moves_where_the_user_is_not_declared() -> None:
    base = [root({**ALICE, **ATTACHED}, path="a"), root(path="b")]
    assert told(run(base, [root(ALICE, path="a"), root(ATTACHED, path="b")])) == []


def test_no_move_to_another_account() -> None:
    """Root b has a user of that name itself, before and after: somebody else."""
    base = [root({**ALICE, **ATTACHED}, path="a"), root(ALICE, path="b")]
    head = [root(ALICE, path="a"), root({**ALICE, **ATTACHED}, path="b")]
    assert told(run(base, head)) == [("a", "TFR101", "aws_iam_user_policy_attachment.alice")]


def test_no_move_of_another_policy_or_to_a_role() -> None:
    base = [root({**ALICE, **ATTACHED}, path="a"), root(path="b")]
    other = {"aws_iam_user_policy_attachment.x": {"user": "alice", "policy_arn": READ.replace("ReadOnly", "Power")}}
    role = {"aws_iam_role_policy_attachment.x": {"role": "alice", "policy_arn": READ}}
    for elsewhere in (other, role):
        assert told(run(base, [root(ALICE, path="a"), root(elsewhere, path="b")])) == [
            ("a", "TFR101", "aws_iam_user_policy_attachment.alice")
        ]


def test_no_move_of_a_policy_with_another_document() -> None:
    def stack(action: str) -> dict[str, dict[str, Any]]:
        text = f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}'
        return {"aws_iam_user_policy.x": {"name": "x", "user": "ci", "policy": text}}

    base = [root(stack("s3:*"), path="a"), root(path="b")]
    assert told(run(base, [root(path="a"), root(stack("s3:*"), path="b")])) == []
    assert told(run(base, [root(path="a"), root(stack("s3:Get*"), path="b")])) == [
        ("a", "TFR102", "aws_iam_user_policy.x")
    ]


def test_what_was_there_before_is_no_move() -> None:
    both = root(ATTACHED, path="b")
    base = [root({**ALICE, **ATTACHED}, path="a"), both]
    assert told(run(base, [root(ALICE, path="a"), both])) == [("a", "TFR101", "aws_iam_user_policy_attachment.alice")]


def test_words_of_resources_do_not_depend_on_place() -> None:
    one = root({"aws_cloudtrail.a": {"name": "t", "s3_bucket_name": ref("aws_s3_bucket.logs", ".id")}})
    two = root(
        {"module.m.aws_cloudtrail.b[0]": {"name": "t", "s3_bucket_name": ref("module.m.aws_s3_bucket.logs", ".id")}}
    )
    words = {resource_word(r) for side in (one, two) for r in side.resources.values()}
    assert len(words) == 1
    other = root(
        {"aws_cloudtrail.a": {"name": "t", "s3_bucket_name": Template(["x", ref("aws_s3_bucket.logs", ".id")])}}
    )
    assert resource_word(other.resources["aws_cloudtrail.a"]) not in words


class Trail(Rule):
    """A trail is gone.

    ## Why

    A rule of another family that gives its findings the word of the resource.
    """

    id = "TFR999"
    title = "trail gone"
    family = "cloudtrail"
    severity = Severity.CRITICAL
    fix = "put it back"

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        for trail in pair.base.managed("aws_cloudtrail"):
            if pair.matching.head_for(trail) is None:
                yield self.finding(pair, trail.address, "gone", None, None, lost=(resource_word(trail),))


def test_resources_of_other_families_move_too() -> None:
    trail = {"aws_cloudtrail.a": {"name": "t", "enable_logging": True}}
    weaker = {"aws_cloudtrail.a": {"name": "t", "enable_logging": False}}
    base = Snapshot("b", [root(trail, path="a"), root(path="b")])
    for there, count in ((trail, 0), (weaker, 1)):
        head = Snapshot("h", [root(path="a"), root(there, path="b")])
        assert len(compare(base, head, Settings(), [Trail()]).findings) == count


# -- what could not be read ------------------------------------------------------------------------------------------


def with_error(side: Root, kind: str, file: str) -> Root:
    return replace(side, errors=(Problem(kind, "stray token", Location(file, 3)),))


def test_a_syntax_error_in_head_makes_a_loss_possible() -> None:
    base = root({**ALICE, **ATTACHED}, file="users.tf")
    head = with_error(root(ALICE, file="users.tf"), "syntax", "users.tf")
    (finding,) = run([base], [head]).findings
    assert (finding.certainty, finding.severity) == (Certainty.POSSIBLE, Severity.MEDIUM)
    assert any("users.tf" in text for text in finding.depends_on)


def test_a_syntax_error_elsewhere_changes_nothing() -> None:
    base = replace(root({**ALICE, **ATTACHED}, file="users.tf"), files_read=frozenset({"users.tf", "other.tf"}))
    head = with_error(root(ALICE, file="users.tf"), "syntax", "other.tf")
    (finding,) = run([base], [head]).findings
    assert finding.certainty is Certainty.CERTAIN


def test_a_syntax_error_in_a_new_file_may_hide_what_moved_there() -> None:
    base = replace(root({**ALICE, **ATTACHED}, file="users.tf"), files_read=frozenset({"users.tf"}))
    head = with_error(root(ALICE, file="users.tf"), "syntax", "attachments.tf")
    (finding,) = run([base], [head]).findings
    assert finding.certainty is Certainty.POSSIBLE


def test_a_base_that_does_not_parse_is_an_error_and_no_nonsense() -> None:
    base = with_error(root(ALICE), "syntax", "main.tf")
    result = run([base], [root({**ALICE, **ATTACHED})])
    assert result.findings == []
    assert [(e.kind, e.message) for e in result.errors] == [("syntax", "stray token (in base)")]


def test_an_error_of_both_sides_is_told_once() -> None:
    base, head = (with_error(root(ALICE), "syntax", "main.tf") for _ in range(2))
    assert [e.message for e in run([base], [head]).errors] == ["stray token"]


def test_a_limit_in_head_makes_a_loss_possible() -> None:
    head = replace(root(ALICE), errors=(Problem("limit", "too many instances", None),))
    (finding,) = run([root({**ALICE, **ATTACHED})], [head]).findings
    assert finding.certainty is Certainty.POSSIBLE


def test_a_module_that_is_no_longer_read() -> None:
    inside = {"module.m.aws_iam_user_policy_attachment.x": {"user": "alice", "policy_arn": READ}}
    head = root(ALICE, calls={"module.m": {"source": "example/m/aws"}})
    (finding,) = run([root({**ALICE, **inside})], [head]).findings
    assert (finding.certainty, finding.severity) == (Certainty.POSSIBLE, Severity.MEDIUM)
    given = root(ALICE, calls={"module.m": {"source": "example/iam/aws", "user": "alice"}})
    assert run([root({**ALICE, **inside})], [given]).findings == []


class Broken(Trail):
    """A rule that fails.

    ## Why

    Its failure must be told and must hide nothing.
    """

    id = "TFR998"

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        raise ValueError(f"cannot compare {pair.path}")


def test_a_rule_that_fails_is_an_error_beside_the_findings() -> None:
    base, head = Snapshot("b", [root({**ALICE, **ATTACHED})]), Snapshot("h", [root(ALICE)])
    result = compare(base, head, Settings(), [Broken(), *all_rules()])
    assert [e.kind for e in result.errors] == ["internal"]
    assert [f.rule for f in result.findings] == ["TFR101"]


def test_a_deleted_root_is_only_possible_for_users_of_elsewhere() -> None:
    base = [root(ATTACHED, path="a")]
    (finding,) = run(base, []).findings
    assert (finding.rule, finding.certainty) == ("TFR101", Certainty.POSSIBLE)


def test_a_call_that_cannot_be_read_moves() -> None:
    call = {"module.queue": {"source": "github.com/x/sqs?ref=1", "name": "q", "user": "alice"}}
    less = {"module.queue": {"source": "github.com/x/sqs?ref=2", "name": "q"}}
    base = [root(ALICE, path="a", calls=call), root(path="b")]
    assert told(run(base, [root(ALICE, path="a"), root(path="b", calls=call)])) == []
    assert told(run(base, [root(ALICE, path="a"), root(path="b", calls=less)])) == [("a", "TFR102", "module.queue")]
