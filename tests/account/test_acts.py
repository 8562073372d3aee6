"""Each act against moto (and botocore's Stubber where moto lacks a call): read, do, read again, undo."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from remedy_world import ACCOUNT, FLOORS, GUARD, READ, REGION, TRAIL, World, connect, every_act, weak

from tfratchet.account.acts import (
    ACTS,
    AddToGroup,
    AttachPolicy,
    CreateMfaDevice,
    DeactivateKey,
    DeleteKey,
    ForcePasswordReset,
    PutBoundary,
    PutInlinePolicy,
    PutInsights,
    PutPolicyDocument,
    PutSelectors,
    RefusedError,
    SetPasswordPolicy,
    StartLogging,
    UpdateTrail,
    from_json,
)
from tfratchet.account.acts.trails import with_management
from tfratchet.errors import UserError

KINDS = [act.kind for act in ACTS]
STUBBED = {"put-boundary", "force-password-reset", "put-insight-selectors"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield weak(connect())


@pytest.mark.parametrize("position", range(12))
def test_an_act_makes_what_it_says_and_is_undone(world: World, tmp_path: Path, position: int) -> None:
    act = every_act(world, str(tmp_path / "seeds"))[position]
    before = act.read(world.account)
    assert not act.settled(before)
    act.do(world.account, before)
    after = act.read(world.account)
    assert after == act.target(before)
    assert act.settled(after)
    for state in (before, after):
        assert json.loads(json.dumps(state)) == state  # the journal gives back what it was given
    again = from_json(json.loads(json.dumps(act.as_json())))
    assert again.as_json() == act.as_json()
    assert again.target(before) == after
    if act.reversible:
        act.undo(world.account, before, after)
        assert act.read(world.account) == before
    else:
        with pytest.raises(RefusedError):
            act.undo(world.account, before, after)


def test_the_table_above_has_every_kind(world: World, tmp_path: Path) -> None:
    assert {a.kind for a in every_act(world, str(tmp_path))} | STUBBED == set(KINDS)


def test_a_kind_of_a_later_version_is_refused() -> None:
    with pytest.raises(UserError, match="does not know: paint-it-black"):
        from_json({"kind": "paint-it-black"})


# -- password policy ------------------------------------------------------------------------------------


def test_the_whole_password_policy_is_sent(world: World) -> None:
    act = SetPasswordPolicy({"minimum_password_length": 14})
    before = act.read(world.account)
    act.do(world.account, before)
    now = world.iam.get_account_password_policy()["PasswordPolicy"]
    assert now["MinimumPasswordLength"] == 14
    assert now["RequireNumbers"]  # AWS would have reset it
    assert now["AllowUsersToChangePassword"]


def test_where_there_was_no_policy_undo_deletes_it(world: World) -> None:
    world.iam.delete_account_password_policy()
    act = SetPasswordPolicy(FLOORS)
    before = act.read(world.account)
    assert before == {"policy": None}
    act.do(world.account, before)
    assert act.read(world.account)["policy"]["allow_users_to_change_password"] is True
    act.undo(world.account, before, act.target(before))
    with pytest.raises(botocore.exceptions.ClientError, match="NoSuchEntity"):
        world.iam.get_account_password_policy()


def test_nobody_is_locked_out_by_a_hard_expiry(world: World) -> None:
    world.iam.update_account_password_policy(MinimumPasswordLength=8, HardExpiry=True)
    act = SetPasswordPolicy({"max_password_age": 90})
    with pytest.raises(RefusedError, match="would lock out everybody with an older password"):
        act.do(world.account, act.read(world.account))
    assert world.iam.get_account_password_policy()["PasswordPolicy"]["MaxPasswordAge"] == 0


def test_a_password_reset_is_forced_without_a_new_password(world: World) -> None:
    act = ForcePasswordReset("bob")
    assert act.read(world.account) == {"reset_required": False}
    with Stubber(world.iam) as stub:
        stub.add_response("update_login_profile", {}, {"UserName": "bob", "PasswordResetRequired": True})
        act.do(world.account, {"reset_required": False})
        stub.add_response("update_login_profile", {}, {"UserName": "bob", "PasswordResetRequired": False})
        act.undo(world.account, {"reset_required": False}, {"reset_required": True})
        stub.assert_no_pending_responses()
    with pytest.raises(RefusedError, match="console password of user eve is not there"):
        ForcePasswordReset("eve").read(world.account)


# -- policies -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        AttachPolicy("user", "nobody", GUARD),
        AttachPolicy("group", "nobody", GUARD),
        AttachPolicy("role", "nobody", GUARD),
        PutInlinePolicy("user", "nobody", "read", READ),
        AddToGroup("nobody", "staff"),
        PutBoundary("user", "nobody", GUARD),
        PutPolicyDocument(GUARD.replace("require", "never"), READ),
        DeactivateKey("nobody", "AKIA"),
        CreateMfaDevice("nobody", "/nowhere"),
        StartLogging(TRAIL.replace("main", "none"), REGION),
        UpdateTrail(TRAIL.replace("main", "none"), REGION, {}),
        PutSelectors(TRAIL.replace("main", "none"), REGION),
    ],
    ids=lambda act: act.kind,
)
def test_what_is_gone_is_refused_and_not_an_error_of_aws(world: World, act: Any) -> None:
    with pytest.raises(RefusedError, match="is not there any more"):
        act.read(world.account)


def test_an_inline_policy_goes_back_to_its_old_document(world: World) -> None:
    act = PutInlinePolicy("user", "bob", "all", READ)
    before = act.read(world.account)
    act.do(world.account, before)
    assert act.read(world.account) == {"document": READ}
    act.undo(world.account, before, {"document": READ})
    assert act.read(world.account) == before


def test_a_policy_gets_its_document_back_without_a_new_version(world: World) -> None:
    declared = world.iam.get_policy_version(PolicyArn=GUARD, VersionId="v1")["PolicyVersion"]["Document"]
    world.iam.create_policy_version(PolicyArn=GUARD, PolicyDocument=json.dumps(READ), SetAsDefault=True)
    act = PutPolicyDocument(GUARD, declared)
    before = act.read(world.account)
    assert before == {"document": READ}
    act.do(world.account, before)
    versions = {
        v["VersionId"]: v["IsDefaultVersion"] for v in world.iam.list_policy_versions(PolicyArn=GUARD)["Versions"]
    }
    assert versions == {"v1": True, "v2": False}
    act.undo(world.account, before, act.target(before))
    assert act.read(world.account) == before
    world.iam.set_default_policy_version(PolicyArn=GUARD, VersionId="v1")
    world.iam.delete_policy_version(PolicyArn=GUARD, VersionId="v2")
    with pytest.raises(RefusedError, match="the version that was the default is deleted"):
        act.undo(world.account, before, act.target(before))


def test_a_policy_with_all_its_versions_is_told(world: World) -> None:
    for number in range(4):
        document = {**READ, "Statement": [{"Effect": "Allow", "Action": f"s3:Get{number}", "Resource": "*"}]}
        world.iam.create_policy_version(PolicyArn=GUARD, PolicyDocument=json.dumps(document), SetAsDefault=True)
    act = PutPolicyDocument(GUARD, READ)
    with pytest.raises(RefusedError, match="has 5 versions, as many as there can be"):
        act.do(world.account, act.read(world.account))


def test_boundaries(world: World) -> None:
    # moto cannot put a boundary (it answers 500), so botocore's own check of the calls has to do.
    act = PutBoundary("user", "bob", GUARD)
    user = world.iam.get_user(UserName="bob")["User"]
    with Stubber(world.iam) as stub:
        stub.add_response("get_user", {"User": user}, {"UserName": "bob"})
        assert act.read(world.account) == {"boundary": None}
        stub.add_response("put_user_permissions_boundary", {}, {"UserName": "bob", "PermissionsBoundary": GUARD})
        act.do(world.account, {"boundary": None})
        boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": GUARD}
        stub.add_response("get_user", {"User": {**user, "PermissionsBoundary": boundary}}, {"UserName": "bob"})
        assert act.settled(act.read(world.account))
        stub.add_response("delete_user_permissions_boundary", {}, {"UserName": "bob"})
        act.undo(world.account, {"boundary": None}, {"boundary": GUARD})
        stub.add_response(
            "put_user_permissions_boundary",
            {},
            {"UserName": "bob", "PermissionsBoundary": "arn:aws:iam::123456789012:policy/old"},
        )
        act.undo(world.account, {"boundary": "arn:aws:iam::123456789012:policy/old"}, {"boundary": GUARD})
        stub.assert_no_pending_responses()


# -- MFA devices ----------------------------------------------------------------------------------------


def test_the_seed_is_in_a_private_file_and_nowhere_else(
    world: World, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    act = CreateMfaDevice("bob", str(tmp_path / "seeds"))
    before = act.read(world.account)
    act.do(world.account, before)
    path = tmp_path / "seeds" / "bob.mfa-seed"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["bob.mfa-seed"]  # nothing half-written is left
    lines = path.read_text().splitlines()
    assert lines[0] == f"serial number: arn:aws:iam::{ACCOUNT}:mfa/bob"
    seed = lines[1].removeprefix("seed: ")
    assert len(seed) >= 32
    assert lines[2].startswith("otpauth://totp/")
    told = capfd.readouterr()
    after = act.read(world.account)
    assert seed not in f"{told.out}{told.err}{after}{act.as_json()}{act.what()}"


def test_a_seed_is_never_overwritten(world: World, tmp_path: Path) -> None:
    act = CreateMfaDevice("bob", str(tmp_path))
    before = act.read(world.account)
    (tmp_path / "bob.mfa-seed").write_text("precious")
    with pytest.raises(RefusedError, match="not overwritten"):
        act.do(world.account, before)
    assert (tmp_path / "bob.mfa-seed").read_text() == "precious"
    assert world.iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []


def test_a_device_that_somebody_else_made_is_left_alone(world: World, tmp_path: Path) -> None:
    world.iam.create_virtual_mfa_device(VirtualMFADeviceName="bob")
    act = CreateMfaDevice("bob", str(tmp_path))
    with pytest.raises(RefusedError, match="there is an MFA device called bob already"):
        act.do(world.account, act.read(world.account))


def test_a_seed_that_cannot_be_written_makes_no_device(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    act = CreateMfaDevice("bob", str(tmp_path / "file"))
    with pytest.raises(RefusedError, match="the seed could not be written"):
        act.do(world.account, {"device": "none", "seed_file": False})
    assert world.iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []


def test_a_full_disk_takes_the_device_back(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from tfratchet.account.acts import mfa

    def full(descriptor: int, text: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(mfa, "_write", full)
    act = CreateMfaDevice("bob", str(tmp_path))
    with pytest.raises(RefusedError, match="No space left on device; the device is deleted again"):
        act.do(world.account, act.read(world.account))
    assert world.iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert os.listdir(tmp_path) == []


def test_an_enabled_device_is_not_what_the_act_left(world: World, tmp_path: Path) -> None:
    act = CreateMfaDevice("bob", str(tmp_path))
    act.do(world.account, act.read(world.account))
    serial = f"arn:aws:iam::{ACCOUNT}:mfa/bob"
    world.iam.enable_mfa_device(
        UserName="bob", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    assert act.read(world.account)["device"] == "assigned"


# -- keys -----------------------------------------------------------------------------------------------


def test_an_active_key_is_never_deleted(world: World) -> None:
    act = DeleteKey("bob", world.key)
    with pytest.raises(RefusedError, match="is active again"):
        act.do(world.account, act.read(world.account))
    assert len(world.iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]) == 1


def test_a_key_that_is_gone_needs_nothing(world: World) -> None:
    world.iam.delete_access_key(UserName="bob", AccessKeyId=world.key)
    act = DeactivateKey("bob", world.key)
    assert act.settled(act.read(world.account))


# -- trails ---------------------------------------------------------------------------------------------


def test_data_events_are_kept_when_management_events_come_back(world: World) -> None:
    act = PutSelectors(TRAIL, REGION)
    act.do(world.account, act.read(world.account))
    (selector,) = world.cloudtrail.get_event_selectors(TrailName="main")["EventSelectors"]
    assert selector["ReadWriteType"] == "All"
    assert selector["DataResources"] == [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::b/"]}]


def test_advanced_selectors_get_one_for_management_events() -> None:
    data = {"Name": "data", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}
    found = with_management([data])
    management = [{"Field": "eventCategory", "Equals": ["Management"]}]
    assert sorted(map(str, (s["FieldSelectors"] for s in found))) == sorted(
        map(str, (management, data["FieldSelectors"]))
    )
    assert with_management(found) == found


def test_all_regions_never_without_global_events(world: World) -> None:
    world.cloudtrail.update_trail(Name="main", IncludeGlobalServiceEvents=False)
    act = UpdateTrail(TRAIL, REGION, {"multi_region": True})
    act.do(world.account, act.read(world.account))
    trail = world.cloudtrail.get_trail(Name="main")["Trail"]
    assert trail["IsMultiRegionTrail"]
    assert trail["IncludeGlobalServiceEvents"]


def test_insights(world: World) -> None:
    act = PutInsights(TRAIL, REGION, ("ApiCallRateInsight",))
    client = world.account.client("cloudtrail", REGION)
    with Stubber(client) as stub:
        stub.add_client_error("get_insight_selectors", "InsightNotEnabledException")
        before = act.read(world.account)
        assert before == {"insights": []}
        selectors = [{"InsightType": "ApiCallRateInsight"}]
        stub.add_response("put_insight_selectors", {}, {"TrailName": TRAIL, "InsightSelectors": selectors})
        act.do(world.account, before)
        stub.add_response("put_insight_selectors", {}, {"TrailName": TRAIL, "InsightSelectors": []})
        act.undo(world.account, before, act.target(before))
        stub.assert_no_pending_responses()


# -- what a run needs -----------------------------------------------------------------------------------


def test_each_act_names_the_permissions_that_it_needs(world: World, tmp_path: Path) -> None:
    """Every call that reading, doing and undoing make is among ``needs``, and nothing else is."""
    made: set[str] = set()
    account = world.account
    for service in ("iam", "cloudtrail"):
        events = account.client(service).meta.events
        prefix = "cloudtrail" if service == "cloudtrail" else "iam"
        events.register("before-call.*", lambda model, prefix=prefix, **_: made.add(f"{prefix}:{model.name}"))
    for act in every_act(world, str(tmp_path / "seeds")):
        made.clear()
        before = act.read(account)
        act.do(account, before)
        if act.reversible:
            act.undo(account, before, act.read(account))
        assert made <= set(act.needs), act.kind
