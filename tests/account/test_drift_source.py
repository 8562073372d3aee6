"""What drift reads: folders of configuration, their modules and var files, and states."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from drift_cases import ACCOUNT, IAM, clean, named, role, told, user

from tfratchet.account.drift.run import assignments
from tfratchet.account.drift.source import from_folder, from_state
from tfratchet.account.facts import Facts
from tfratchet.errors import UserError

USER = 'variable "name" {}\nresource "aws_iam_user" "this" {\n  name = var.name\n}\n'


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def names(folder: Path, **more: Any) -> list[Any]:
    found = from_folder(str(folder), **more)
    assert not found.errors, found.errors
    return [r.values.get("name") for root in found.roots for r in root.managed("aws_iam_user")]


def test_a_folder_with_its_var_files_in_order(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": USER, "a.tfvars": 'name = "a"', "b.tfvars": 'name = "b"'})
    files = [str(tmp_path / "a.tfvars"), str(tmp_path / "b.tfvars")]
    assert names(tmp_path, var_files=files) == ["b"]
    assert names(tmp_path, var_files=files[::-1]) == ["a"]
    assert names(tmp_path, variables={"name": "c"}) == ["c"]
    assert not isinstance(names(tmp_path)[0], str)  # unknown


def test_modules_beside_the_folder_are_found_without_git(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "modules/user/main.tf": USER,
            "live/prod/main.tf": 'module "bob" {\n  source = "../../modules/user"\n  name = "bob"\n}\n',
        },
    )
    found = from_folder(str(tmp_path / "live" / "prod"))
    assert names(tmp_path / "live" / "prod") == ["bob"]
    assert os.path.samefile(found.top, tmp_path)
    (resource,) = found.roots[0].managed("aws_iam_user")
    assert str(resource.location) == "modules/user/main.tf:2"


def test_all_root_modules_below_a_folder(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "modules/user/main.tf": USER,
            "shared/main.tf": USER,
            "prod/main.tf": 'module "a" {\n  source = "../modules/user"\n  name = "a"\n}\n',
            "dev/main.tf": 'module "b" {\n  source = "../shared"\n  name = "b"\n}\n',
            "examples/x/main.tf": 'resource "aws_iam_user" "x" {\n  name = "x"\n}\n',
        },
    )
    assert sorted(names(tmp_path)) == ["a", "b"]  # called modules and examples are no root modules


@pytest.mark.parametrize(
    ("path", "files", "message"),
    [
        ("none", [], "is not a folder"),
        (".", [], "no Terraform configuration"),
        (".", ["none.tfvars"], "no such file"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, path: str, files: list[str], message: str) -> None:
    if files:
        write(tmp_path, {"main.tf": USER})
    with pytest.raises(UserError, match=message):
        from_folder(str(tmp_path / path), [str(tmp_path / f) for f in files])


def test_a_var_file_elsewhere_is_refused_with_what_to_do(tmp_path: Path) -> None:
    write(tmp_path, {"repo/.git/HEAD": "", "repo/main.tf": USER, "elsewhere.tfvars": 'name = "x"'})
    with pytest.raises(UserError, match="put it beside the configuration"):
        from_folder(str(tmp_path / "repo"), [str(tmp_path / "elsewhere.tfvars")])


def test_variables_of_the_command_line() -> None:
    assert assignments(["a=1", "b=x=y"]) == {"a": "1", "b": "x=y"}
    with pytest.raises(UserError, match="is not NAME=VALUE"):
        assignments(["a"])


# -- states -------------------------------------------------------------------------------------------------------

SHOWN = {
    "format_version": "1.0",
    "values": {
        "root_module": {
            "resources": [
                {
                    "address": 'aws_iam_user_policy_attachment.a["alice"]',
                    "mode": "managed",
                    "type": "aws_iam_user_policy_attachment",
                    "name": "a",
                    "index": "alice",
                    "values": {"user": "alice", "policy_arn": f"{IAM}:policy/require-mfa", "id": "x"},
                },
                {"address": "aws_iam_access_key.k", "mode": "managed", "type": "aws_iam_access_key", "name": "k"},
            ],
            "child_modules": [
                {
                    "address": "module.m",
                    "resources": [
                        {
                            "address": "module.m.aws_iam_user.alice",
                            "mode": "managed",
                            "type": "aws_iam_user",
                            "name": "alice",
                            "values": {"name": "alice", "permissions_boundary": None, "tags": {}},
                        }
                    ],
                }
            ],
        }
    },
}
FILE = {
    "version": 4,
    "resources": [
        {
            "mode": "managed",
            "type": "aws_iam_user_policy_attachment",
            "name": "a",
            "instances": [
                {
                    "index_key": "alice",
                    "attributes": {"user": "alice", "policy_arn": f"{IAM}:policy/require-mfa"},
                },
                {"deposed": "0a", "attributes": {"user": "gone", "policy_arn": "x"}},
            ],
        },
        {
            "module": "module.m",
            "mode": "managed",
            "type": "aws_iam_user",
            "name": "alice",
            "instances": [{"attributes": {"name": "alice"}}],
        },
        {"mode": "data", "type": "aws_iam_user", "name": "d", "instances": [{"attributes": {"name": "d"}}]},
    ],
}


@pytest.mark.parametrize("state", [SHOWN, FILE], ids=["shown", "file"])
def test_both_forms_of_a_state(tmp_path: Path, state: Any) -> None:
    (tmp_path / "state.json").write_text(json.dumps(state))
    (root,) = from_state(str(tmp_path / "state.json")).roots
    assert sorted(root.resources) == [
        'aws_iam_user_policy_attachment.a["alice"]',
        "module.m.aws_iam_user.alice",
    ]
    assert [r for r, _ in told(root, clean())] == ["TFR665"]  # the attachment is there; the membership is in no state
    facts = Facts(ACCOUNT, users=named(user("alice")))
    assert [r for r, _ in told(root, facts)] == ["TFR660"]


def test_a_state_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(SHOWN)))
    assert len(from_state("-").roots[0].resources) == 2


def test_an_empty_state_declares_nothing(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"format_version":"1.0"}')
    assert from_state(str(tmp_path / "s.json")).roots[0].resources == {}


def test_secrets_of_a_state_are_not_even_taken_in(tmp_path: Path) -> None:
    key = {"address": "aws_iam_access_key.k", "mode": "managed", "type": "aws_iam_access_key", "name": "k"}
    key["values"] = {"secret": "wJalr"}  # type: ignore[assignment]
    (tmp_path / "s.json").write_text(
        json.dumps({"format_version": "1.0", "values": {"root_module": {"resources": [key]}}})
    )
    assert "wJalr" not in repr(from_state(str(tmp_path / "s.json")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no JSON"),
        ("[]", "no Terraform state"),
        ('{"format_version":"1.2","planned_values":{},"resource_changes":[]}', "this is a plan, not a state"),
        ('{"version":3,"modules":[]}', "the state has version 3"),
    ],
)
def test_what_is_no_state(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(UserError, match=message):
        from_state(str(tmp_path / "s.json"))
    with pytest.raises(UserError, match="cannot read the state"):
        from_state(str(tmp_path / "none.json"))


def test_what_a_state_says_of_a_role_may_have_been_attached_by_hand(tmp_path: Path) -> None:
    """``managed_policy_arns`` and ``inline_policy`` are computed: a state lists whatever the last refresh saw."""
    resource = {
        "mode": "managed",
        "type": "aws_iam_role",
        "name": "r",
        "instances": [
            {
                "attributes": {
                    "name": "r",
                    "managed_policy_arns": [f"{IAM}:policy/seen"],
                    "inline_policy": [{"name": "", "policy": ""}],
                }
            }
        ],
    }
    (tmp_path / "s.json").write_text(json.dumps({"version": 4, "resources": [resource]}))
    (root,) = from_state(str(tmp_path / "s.json")).roots
    arns = (f"{IAM}:policy/seen", f"{IAM}:policy/new")
    found = told(root, Facts(ACCOUNT, roles=named(role("r", attached=arns))))
    assert sorted(r for r, _ in found) == ["TFR661", "TFR661?"]
    assert told(root, Facts(ACCOUNT, roles=named(role("r")))) == []  # nobody says that it was declared
