"""Which files are plans, and what is said of those that are none, or that are not whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import planjson
from tfratchet.errors import UserError
from tfratchet.sources.plan.document import decode, read

FIXTURE = Path(__file__).parents[1] / "fixtures" / "plans" / "head.json"
ALICE = {"name": "alice", "path": "/"}


def refused(text: str) -> str:
    with pytest.raises(UserError) as caught:
        read(text, "plan.json")
    assert caught.value.where == "plan.json"
    return str(caught.value)


def test_a_plan_is_read() -> None:
    document = read(FIXTURE.read_text(), "head.json")
    assert document.terraform_version == "1.11.4"
    assert len(document.prior) == 12
    assert len(document.changes) == 12
    assert not document.problems
    (bob,) = [c for c in document.changes if c.address == 'aws_iam_user_policy_attachment.mfa["bob"]']
    assert (bob.actions, bob.reason, bob.after.values) == (("delete",), "delete_because_each_key", None)
    assert bob.before.key == "bob"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("Terraform will perform the following actions:", "is not JSON"),
        ("[]", "is JSON, and no plan"),
        ("null", "is JSON, and no plan"),
        ('"plan"', "is JSON, and no plan"),
        ("{}", "is JSON, and no plan"),
        ('{"version": 4, "serial": 3, "lineage": "x", "resources": []}', "is a state file, not a plan"),
        ('{"format_version": "1.0", "values": {"root_module": {}}}', "is the JSON of a state"),
        ('{"format_version": "1.0", "provider_schemas": {}}', "JSON of terraform, and no plan"),
        ('{"@level":"info","@message":"Terraform 1.11.4"}\n{"@level":"info"}', "the log of `terraform plan -json`"),
        ('{"@level":"info","@message":"Terraform 1.11.4"}', "the log of `terraform plan -json`"),
        ('{"format_version": "1.2", "planned_values": {}, "x": NaN}', "NaN is no value of JSON"),
        ('{"format_version": "1.2", "planned_values": {}, "x": 1e999999999}', "out of range"),
        ('{"format_version": "1.2", "planned_values": {}, "x": 1' + "0" * 5000 + "}", "is not JSON"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)
def test_what_is_no_plan_is_told_as_what_it_is(text: str, said: str) -> None:
    assert said in refused(text)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_plan_that_is_cut_off(share: float) -> None:
    text = FIXTURE.read_text().rstrip()
    said = refused(text[: int(len(text) * share)])
    assert "is not JSON" in said


def test_a_plan_without_its_last_character_seems_cut_off() -> None:
    assert "seems to be cut off" in refused(FIXTURE.read_text().rstrip()[:-1])


@pytest.mark.parametrize("version", ["2.0", "10.1", "1", "", "one", 1.2, 1, [], {}])
def test_an_unknown_major_version_could_not_be_compared(version: object) -> None:
    said = refused(planjson.text(planjson.plan(format_version=version)))
    assert "could not be compared" in said


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.2", "1.99"])
def test_minor_versions_are_read_and_unknown_keys_passed_over(version: str) -> None:
    changes = [planjson.change("aws_iam_user.alice", ALICE, None, news={"x": [1]})]
    plan = planjson.plan(changes, format_version=version, brand_new={"a": []}, action_invocations=[{"x": 1}])
    assert len(read(planjson.text(plan), "plan.json").changes) == 1


def test_what_is_not_whole_is_a_problem() -> None:
    def problems(**more: object) -> str:
        return " ".join(read(planjson.text(planjson.plan(**more)), "plan.json").problems)  # type: ignore[arg-type]

    assert problems() == ""
    assert "ended with an error" in problems(errored=True)
    assert "not complete" in problems(complete=False)
    assert "puts off 1 change" in problems(deferred_changes=[{"reason": "provider_config_unknown"}])


def test_older_plans_do_not_say_whether_they_are_whole() -> None:
    plan = planjson.plan()
    del plan["complete"], plan["errored"]
    assert not read(planjson.text(plan), "plan.json").problems


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("resource_changes",), {}),
        (("resource_changes",), "x"),
        (("resource_changes", 0), None),
        (("resource_changes", 0, "change"), None),
        (("resource_changes", 0, "change"), []),
        (("resource_changes", 0, "change", "actions"), "delete"),
        (("resource_changes", 0, "change", "actions"), []),
        (("resource_changes", 0, "change", "actions"), [None]),
        (("resource_changes", 0, "change", "actions"), ["update"]),
        (("resource_changes", 0, "change", "actions"), ["no-op"]),
        (("resource_changes", 0, "change", "before"), [1]),
        (("resource_changes", 0, "change", "after"), "gone"),
        (("resource_changes", 0, "address"), None),
        (("resource_changes", 0, "address"), 3),
        (("resource_changes", 0, "type"), ""),
        (("resource_changes", 0, "mode"), None),
        (("prior_state",), []),
        (("prior_state", "values"), 7),
        (("prior_state", "values", "root_module"), "x"),
        (("prior_state", "values", "root_module", "resources"), {}),
        (("prior_state", "values", "root_module", "resources", 0), "x"),
        (("prior_state", "values", "root_module", "resources", 0, "values"), []),
        (("prior_state", "values", "root_module", "child_modules"), [None]),
        (("configuration",), "x"),
        (("errored",), "yes"),
        (("complete",), 1),
    ],
)
def test_what_is_not_as_the_format_has_it_is_refused(path: tuple[str | int, ...], value: object) -> None:
    """Passing over it could hide a loss."""
    plan = planjson.plan([planjson.change("aws_iam_user.alice", ALICE, None)])
    target: object = plan
    for step in path[:-1]:
        target = target[step]  # type: ignore[index]
    target[path[-1]] = value  # type: ignore[index]
    assert "is no plan as the format has it" in refused(planjson.text(plan))


def test_a_plan_whose_changes_were_cut_out() -> None:
    """``jq`` had it: without the list of changes nothing would seem to change."""
    plan = json.loads(FIXTURE.read_text())
    del plan["resource_changes"]
    assert "resource_changes is not there, though values are planned" in refused(json.dumps(plan))


def test_modules_nested_without_end() -> None:
    module: dict[str, object] = {}
    for _ in range(200):
        module = {"child_modules": [module]}
    plan = planjson.plan(prior_state={"values": {"root_module": module}})
    assert "nested too deeply" in refused(planjson.text(plan))


def test_the_encodings_that_shells_write() -> None:
    text = FIXTURE.read_text()
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert json.loads(decode(text.encode(encoding), "plan.json")) == json.loads(text)
    with pytest.raises(UserError, match="neither JSON nor a plan file"):
        decode(b"\x80\x81\x82", "plan.json")


def test_ephemeral_resources_and_what_is_deposed_are_no_resources() -> None:
    changes = [
        planjson.change("aws_iam_user.alice", None, ALICE) | {"mode": "ephemeral"},
        planjson.change("aws_iam_user.alice", ALICE, None, deposed="ab12cd34"),
    ]
    document = read(planjson.text(planjson.plan(changes, prior={})), "plan.json")
    assert [c.deposed for c in document.changes] == ["ab12cd34"]
