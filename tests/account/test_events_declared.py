"""Which Terraform declares what was taken away: every way of writing it, what is not known, and what is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from events_records import ACCOUNT, GUARD, detach, record

import gitrepo
from tfratchet.account.events.declared import Answer, State, open_configuration
from tfratchet.account.events.parse import event_of
from tfratchet.errors import UserError

USER = 'resource "aws_iam_user" "alice" {\n  name = "alice"\n}\n'
POLICY = 'resource "aws_iam_policy" "mfa" {\n  name   = "RequireMFA"\n  policy = "{}"\n}\n'
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def ask(folder: Path, made: dict[str, Any], text: str | None = None, **files: str) -> Answer:
    if text is not None:
        (folder / "main.tf").write_text(text)
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".tf").write_text(content)
    event = event_of(made)
    assert event is not None
    return open_configuration(str(folder)).ask(event)


def attachment(user: str, policy: str, more: str = "") -> str:
    return (
        f'resource "aws_iam_user_policy_attachment" "a" {{\n{more}  user       = {user}\n  policy_arn = {policy}\n}}\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        attachment('"alice"', f'"{GUARD}"'),
        USER + POLICY + attachment("aws_iam_user.alice.name", "aws_iam_policy.mfa.arn"),
        'variable "who" {\n  default = "alice"\n}\n' + attachment("var.who", f'"{GUARD}"'),
        POLICY + attachment("each.value", "aws_iam_policy.mfa.arn", '  for_each = toset(["bob", "alice"])\n'),
        'data "aws_caller_identity" "me" {}\n'
        + attachment('"alice"', '"arn:aws:iam::${data.aws_caller_identity.me.account_id}:policy/RequireMFA"'),
        'resource "aws_iam_policy_attachment" "a" {\n  name = "a"\n  users = ["bob", "alice"]\n'
        f'  policy_arn = "{GUARD}"\n}}\n',
        'resource "aws_iam_user_policy_attachments_exclusive" "a" {\n  user_name = "alice"\n'
        f'  policy_arns = ["{GUARD}"]\n}}\n',
    ],
)
def test_declared_in_every_way(tmp_path: Path, text: str) -> None:
    answer = ask(tmp_path, detach(), text)
    assert answer.state is State.DECLARED
    assert str(answer).startswith("declared in main.tf:")
    assert str(answer).endswith("; apply puts it back")


def test_the_line_is_that_of_the_attachment(tmp_path: Path) -> None:
    answer = ask(tmp_path, detach(), USER, users=POLICY + attachment("aws_iam_user.alice.name", f'"{GUARD}"'))
    assert str(answer) == "declared in users.tf:7; apply puts it back"
    assert answer.address == "aws_iam_user_policy_attachment.a"


@pytest.mark.parametrize(
    "text",
    [
        USER + POLICY,
        attachment('"bob"', f'"{GUARD}"'),
        attachment('"alice"', f'"{READ_ONLY}"'),
        POLICY.replace("RequireMFA", "Other") + attachment('"alice"', "aws_iam_policy.mfa.arn"),
        USER.replace('"alice"\n', '"bob"\n') + attachment("aws_iam_user.alice.name", f'"{GUARD}"'),
        attachment('"ops-${var.x}"', f'"{GUARD}"') + 'variable "x" {}\n',
        f'resource "aws_iam_group_policy_attachment" "a" {{\n  group = "alice"\n  policy_arn = "{GUARD}"\n}}\n',
        f'resource "aws_iam_user" "alice" {{\n  name = "alice"\n  permissions_boundary = "{GUARD}"\n}}\n',
    ],
)
def test_not_declared(tmp_path: Path, text: str) -> None:
    answer = ask(tmp_path, detach(), text)
    assert (answer.state, str(answer)) == (State.ABSENT, "not declared")


UNKNOWN = 'variable "x" {}\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (UNKNOWN + attachment("var.x", f'"{GUARD}"'), "var.x"),
        (UNKNOWN + attachment('"al${var.x}"', f'"{GUARD}"'), "al${var.x}"),
        (UNKNOWN + attachment('"alice"', "var.x"), "var.x"),
        (UNKNOWN + attachment('"alice"', '"arn:aws:iam::1:policy/${var.x}MFA"'), "var.x"),
        (UNKNOWN + attachment("each.value", f'"{GUARD}"', "  for_each = toset(var.x)\n"), "var.x"),
        (UNKNOWN + attachment('"alice"', f'"{GUARD}"', "  count = var.x\n"), "var.x"),
        (
            UNKNOWN
            + 'resource "aws_iam_user" "u" {\n  name = var.x\n}\n'
            + attachment("aws_iam_user.u.name", f'"{GUARD}"'),
            "var.x",
        ),
        (
            'resource "aws_iam_policy" "mfa" {\n  policy = "{}"\n}\n' + attachment('"alice"', "aws_iam_policy.mfa.arn"),
            "aws_iam_policy.mfa",
        ),
        (
            'module "m" {\n  source = "acme/users/aws"\n  user_name = "alice"\n'
            f'  policy_arns = ["{GUARD}"]\n}}\n' + USER,
            "",
        ),
    ],
)
def test_what_is_not_known_may_be_it(tmp_path: Path, text: str, why: str) -> None:
    answer = ask(tmp_path, detach(), text)
    assert answer.state is State.POSSIBLE
    assert why in answer.why
    assert str(answer).startswith("may be declared")


def test_what_cannot_be_read_may_be_it(tmp_path: Path) -> None:
    answer = ask(tmp_path, detach(), USER, broken='resource "aws_iam_user_policy_attachment" "a" {{{\n')
    assert answer.state is State.POSSIBLE
    assert "could not be read whole" in str(answer)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (
            record("DetachGroupPolicy", requestParameters={"groupName": "g", "policyArn": GUARD}),
            f'resource "aws_iam_group_policy_attachment" "a" {{\n  group = "g"\n  policy_arn = "{GUARD}"\n}}\n',
        ),
        (
            record("DetachRolePolicy", requestParameters={"roleName": "r", "policyArn": READ_ONLY}),
            f'resource "aws_iam_role_policy_attachment" "a" {{\n  role = "r"\n  policy_arn = "{READ_ONLY}"\n}}\n',
        ),
        (
            record("DeleteUserPolicy", requestParameters={"userName": "alice", "policyName": "p"}),
            'resource "aws_iam_user_policy" "a" {\n  name = "p"\n  user = "alice"\n  policy = "{}"\n}\n',
        ),
        (
            record("RemoveUserFromGroup", requestParameters={"userName": "alice", "groupName": "g"}),
            'resource "aws_iam_user_group_membership" "a" {\n  user = "alice"\n  groups = ["h", "g"]\n}\n',
        ),
        (
            record("RemoveUserFromGroup", requestParameters={"userName": "alice", "groupName": "g"}),
            'resource "aws_iam_group_membership" "a" {\n  name = "x"\n  group = "g"\n  users = ["alice"]\n}\n',
        ),
        (
            record("DeleteGroup", requestParameters={"groupName": "g"}),
            'resource "aws_iam_group" "a" {\n  name = "g"\n}\n',
        ),
        (
            record("DeleteUserPermissionsBoundary", requestParameters={"userName": "alice"}),
            f'resource "aws_iam_user" "a" {{\n  name = "alice"\n  permissions_boundary = "{GUARD}"\n}}\n',
        ),
        (
            record("StopLogging", requestParameters={"name": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"}),
            'resource "aws_cloudtrail" "a" {\n  name = "main"\n  s3_bucket_name = "logs"\n}\n',
        ),
        (record("DeleteAccountPasswordPolicy"), 'resource "aws_iam_account_password_policy" "a" {\n}\n'),
    ],
)
def test_every_kind_of_loss(tmp_path: Path, made: dict[str, Any], text: str) -> None:
    if made["eventName"] == "StopLogging":
        made["eventSource"] = "cloudtrail.amazonaws.com"
    answer = ask(tmp_path, made, text)
    assert (answer.state, answer.location is not None) == (State.DECLARED, True)
    for old, new in (('"alice"', '"bob"'), ('"g"', '"z"'), ('"r"', '"z"'), ('"main"', '"z"')):
        text = text.replace(old, new)
    if "password" not in text:
        assert ask(tmp_path, made, text).state is State.ABSENT


def test_what_is_not_looked_for(tmp_path: Path) -> None:
    assert (
        ask(tmp_path, record("CreateAccessKey", requestParameters={"userName": "alice"}), USER).state is State.UNASKED
    )
    assert ask(tmp_path, detach(requestParameters=None), USER).state is State.UNASKED
    made = record("DetachPolicy", eventSource="organizations.amazonaws.com", requestParameters={"targetId": "1"})
    assert ask(tmp_path, made, USER).state is State.UNASKED


def test_modules_var_files_and_several_roots(tmp_path: Path) -> None:
    files = {
        "modules__people__main": 'variable "users" {\n  type = list(string)\n}\n'
        + attachment("each.value", f'"{GUARD}"', "  for_each = toset(var.users)\n"),
        "prod__main": 'variable "team" {\n  default = []\n}\n'
        'module "people" {\n  source = "../modules/people"\n  users = var.team\n}\n',
        "dev__main": USER,
    }
    (tmp_path / "prod").mkdir()
    (tmp_path / "prod" / "terraform.tfvars").write_text('team = ["alice"]\n')
    answer = ask(tmp_path, detach(), **files)
    assert (answer.state, answer.root) == (State.DECLARED, "prod")
    assert str(answer.location) == "modules/people/main.tf:7"
    assert ask(tmp_path / "dev", detach()).state is State.ABSENT


def test_the_folder_as_it_is_on_disk_or_in_a_revision(tmp_path: Path) -> None:
    repo = gitrepo.make_repo(tmp_path)
    declared = attachment('"alice"', f'"{GUARD}"')
    repo.commit("attached", {"infra/main.tf": declared, "other/main.tf": USER})
    folder = Path(repo.path) / "infra"
    (folder / "main.tf").write_text(USER)
    event = event_of(detach())
    assert event is not None
    assert open_configuration(str(folder)).ask(event).state is State.ABSENT
    found = open_configuration(str(folder), "HEAD").ask(event)
    assert str(found) == "declared in infra/main.tf:3; apply puts it back"
    assert open_configuration(str(folder.parent / "other"), "HEAD").ask(event).state is State.ABSENT
    with pytest.raises(UserError, match="nowhere"):
        open_configuration(str(folder), "nowhere")


def test_modules_beside_a_folder_of_a_repository_are_read(tmp_path: Path) -> None:
    repo = gitrepo.make_repo(tmp_path)
    called = 'module "m" {\n  source = "../../modules/m"\n}\n'
    repo.commit("x", {"modules/m/main.tf": attachment('"alice"', f'"{GUARD}"'), "live/prod/main.tf": called})
    event = event_of(detach())
    assert event is not None
    answer = open_configuration(str(Path(repo.path) / "live" / "prod")).ask(event)
    assert (answer.state, str(answer.location)) == (State.DECLARED, "modules/m/main.tf:3")


def test_buckets_that_trails_write_to(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_cloudtrail" "a" {\n  name = "a"\n  s3_bucket_name = "one"\n}\n'
        'resource "aws_s3_bucket" "b" {\n  bucket = "two"\n}\n'
        'resource "aws_cloudtrail" "b" {\n  name = "b"\n  s3_bucket_name = aws_s3_bucket.b.id\n}\n'
        'variable "x" {}\nresource "aws_cloudtrail" "c" {\n  name = "c"\n  s3_bucket_name = var.x\n}\n'
    )
    assert open_configuration(str(tmp_path)).log_buckets() == {"one", "two"}


def test_folders_that_hold_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no Terraform"):
        open_configuration(str(tmp_path))
    with pytest.raises(UserError, match="not a folder"):
        open_configuration(str(tmp_path / "nothing"))
