"""The audit's rules on passwords, root, MFA, access keys and direct policies: what fires, and what nearly does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from audit_facts import (
    ACCOUNT,
    ADMIN,
    GUARD,
    PASSWORDS,
    days,
    document,
    found,
    group,
    guard,
    ids,
    key,
    policy,
    sound,
    statement,
    unread,
    user,
    with_users,
)

from tfratchet.accept.suppress import address_matches
from tfratchet.account.facts import AccessKey
from tfratchet.config import Settings
from tfratchet.model import Severity

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def test_nothing_is_found_in_a_sound_account() -> None:
    assert found(sound()) == []


# -- password policy


def test_no_password_policy_is_critical() -> None:
    (finding,) = found(sound(password_policy=None))
    assert (finding.rule, finding.severity) == ("TFR601", Severity.CRITICAL)
    assert finding.address == f"arn:aws:iam::{ACCOUNT}:account-password-policy"
    assert finding.root == ACCOUNT


def test_a_policy_that_could_not_be_read_is_not_taken_for_none() -> None:
    refused = unread(("password_policy", "iam:GetAccountPasswordPolicy"))
    assert ids(sound(password_policy=None, unread=refused)) == []


@pytest.mark.parametrize(
    ("name", "weak", "near", "severity"),
    [
        ("minimum_password_length", 13, 15, Severity.HIGH),
        ("password_reuse_prevention", 23, 24, Severity.HIGH),
        ("password_reuse_prevention", 0, 24, Severity.HIGH),
        ("max_password_age", 91, 1, Severity.MEDIUM),
        ("max_password_age", 0, 90, Severity.MEDIUM),  # 0: a password never expires
        ("require_uppercase_characters", False, True, Severity.MEDIUM),
        ("require_lowercase_characters", False, True, Severity.MEDIUM),
        ("require_numbers", False, True, Severity.MEDIUM),
        ("require_symbols", False, True, Severity.MEDIUM),
        ("allow_users_to_change_password", False, True, Severity.MEDIUM),
    ],
)
def test_a_setting_below_its_floor(name: str, weak: Any, near: Any, severity: Severity) -> None:
    (finding,) = found(sound(password_policy={**PASSWORDS, name: weak}))
    assert (finding.rule, finding.severity) == ("TFR602", severity)
    assert finding.address == f'arn:aws:iam::{ACCOUNT}:account-password-policy["{name}"]'
    assert ids(sound(password_policy={**PASSWORDS, name: near})) == []


def test_the_configuration_moves_a_floor() -> None:
    facts = sound(password_policy={**PASSWORDS, "minimum_password_length": 16, "max_password_age": 0})
    assert ids(facts) == ["TFR602"]
    assert ids(facts, Settings(floors={"max_password_age": 0})) == []
    assert ids(facts, Settings(floors={"max_password_age": 0, "minimum_password_length": 17})) == ["TFR602"]


def test_hard_expiry_counts_only_where_the_configuration_takes_a_side() -> None:
    facts = sound(password_policy={**PASSWORDS, "hard_expiry": True})
    assert ids(facts) == []
    assert ids(facts, Settings(floors={"hard_expiry": False})) == ["TFR602"]
    assert ids(facts, Settings(floors={"hard_expiry": True})) == []


# -- root


def test_root_without_mfa() -> None:
    (finding,) = found(sound(root_mfa=False))
    assert (finding.rule, finding.severity) == ("TFR604", Severity.CRITICAL)
    assert ids(sound(root_mfa=False, root_password=None)) == ["TFR604"]  # an older answer does not tell


def test_root_without_any_credentials_needs_no_mfa() -> None:
    assert ids(sound(root_mfa=False, root_password=False)) == []
    assert ids(sound(root_mfa=False, root_password=False, root_keys=True)) == ["TFR604", "TFR605"]


def test_root_that_could_not_be_read_is_neither_safe_nor_found() -> None:
    assert ids(sound(root_mfa=None, root_keys=None, unread=unread(("root", "iam:GetAccountSummary")))) == []


def test_root_keys() -> None:
    assert [(f.rule, f.severity) for f in found(sound(root_keys=True))] == [("TFR605", Severity.CRITICAL)]


# -- MFA of users


def test_console_user_without_mfa() -> None:
    (finding,) = found(with_users(user(mfa=False)))
    assert (finding.rule, finding.severity) == ("TFR603", Severity.HIGH)
    assert finding.address == f"arn:aws:iam::{ACCOUNT}:user/bob"
    assert ids(with_users(user(mfa=False, console=False))) == []


# -- access keys


def test_key_unused_since_the_limit() -> None:
    (finding,) = found(with_users(user(keys=(key(created=80, used=45),))))
    assert (finding.rule, finding.severity) == ("TFR606", Severity.MEDIUM)
    assert finding.address == f'arn:aws:iam::{ACCOUNT}:user/bob["AKIA000000000001"]'
    assert ids(with_users(user(keys=(key(created=80, used=44.9),)))) == []
    assert ids(with_users(user(keys=(key(created=80, used=80, active=False),)))) == []


def test_key_older_than_the_limit() -> None:
    assert ids(with_users(user(keys=(key(created=91),)))) == ["TFR607"]
    assert ids(with_users(user(keys=(key(created=90.9),)))) == []
    assert ids(with_users(user(keys=(key(created=1000, active=False),)))) == []


def test_key_never_used_after_the_grace() -> None:
    assert ids(with_users(user(keys=(key(created=14, used=None),)))) == ["TFR608"]
    assert ids(with_users(user(keys=(key(created=13.9, used=None),)))) == []
    assert ids(with_users(user(keys=(key(created=50, used=None, active=False),)))) == []


def test_two_active_keys() -> None:
    (finding,) = found(with_users(user(keys=(key(1), key(2)))))
    assert finding.rule == "TFR609"
    assert "AKIA000000000001 and AKIA000000000002" in finding.message
    assert ids(with_users(user(keys=(key(1), key(2, active=False))))) == []


def test_the_user_stands_for_all_its_keys_in_an_acceptance() -> None:
    (finding,) = found(with_users(user(keys=(key(created=91),))))
    arn = f"arn:aws:iam::{ACCOUNT}:user/bob"
    assert address_matches(arn, finding.address)
    assert address_matches(f'{arn}["AKIA000000000001"]', finding.address)
    assert not address_matches(f'{arn}["AKIA000000000002"]', finding.address)
    assert not address_matches(f"{arn}by", finding.address)
    assert address_matches("arn:aws:iam::*:user/*", finding.address)


def test_key_without_id_is_found_at_its_user() -> None:
    nameless = AccessKey("", True, days(200), days(1))
    assert [f.address for f in found(with_users(user(keys=(nameless,))))] == [f"arn:aws:iam::{ACCOUNT}:user/bob"]


def test_a_finding_says_the_same_tomorrow() -> None:
    weak = user(keys=(key(1, created=100, used=60),), password_last_used=days(50), password_last_changed=days(50))
    facts = with_users(weak)
    later = replace(facts, taken=days(-1))
    assert [f.fingerprint for f in found(facts)] == [f.fingerprint for f in found(later)]


def test_the_configuration_moves_the_limits() -> None:
    facts = with_users(user(keys=(key(created=40, used=None),)))
    assert ids(facts) == ["TFR608"]
    assert ids(facts, Settings(floors={"access_key_grace_days": 41})) == []
    facts = with_users(user(keys=(key(created=95, used=50),)))
    assert ids(facts) == ["TFR606", "TFR607"]
    assert ids(facts, Settings(floors={"access_key_max_days": 180, "credential_unused_days": 60})) == []


# -- passwords that nobody uses


def test_password_unused() -> None:
    assert ids(with_users(user(password_last_used=days(45), password_last_changed=days(60)))) == ["TFR610"]
    assert ids(with_users(user(password_last_used=days(44)))) == []
    assert ids(with_users(user(password_last_used=None, password_last_changed=days(45)))) == ["TFR610"]
    assert ids(with_users(user(password_last_used=None, password_last_changed=days(5)))) == []
    assert ids(with_users(user(password_last_used=days(300), password_last_changed=days(5)))) == []  # set anew
    assert ids(with_users(user(password_last_used=None, password_last_changed=None))) == ["TFR610"]


@pytest.mark.parametrize("name", ["bob", "b*b", f"arn:aws:iam::{ACCOUNT}:user/bob", "arn:*:user/b*"])
def test_break_glass_users_may_be_idle(name: str) -> None:
    idle = user(
        keys=(key(1, created=80, used=60),), password_last_used=days(60), password_last_changed=days(60), groups=()
    )
    facts = with_users(replace(idle, groups=("admins",)), groups={"admins": group("admins", ADMIN)})
    assert ids(facts) == ["TFR606", "TFR610", "TFR612"]
    assert ids(facts, Settings(break_glass=(name,))) == []
    assert ids(facts, Settings(break_glass=("alice",))) == ["TFR606", "TFR610", "TFR612"]


# -- policies of their own


def test_permissions_of_their_own() -> None:
    facts = with_users(
        user(attached=(READ,), inline={"more": document(statement("Allow", "s3:*"))}),
    )
    facts = replace(facts, policies={**facts.policies, **policy(READ, document(statement("Allow", "s3:Get*")))})
    (finding,) = found(facts)
    assert (finding.rule, finding.severity) == ("TFR611", Severity.LOW)
    assert "ReadOnlyAccess, more" in finding.message


def test_a_guard_on_the_user_is_no_permission() -> None:
    assert ids(with_users(user(attached=(GUARD,), inline={"no": guard()}, boundary=ADMIN))) == []


def test_a_policy_that_could_not_be_read_counts_as_a_permission() -> None:
    assert ids(with_users(user(attached=("arn:aws:iam::aws:policy/Unknown",)))) == ["TFR611"]


# -- settings


def test_rules_are_switched_off_and_their_severity_is_set() -> None:
    facts = sound(password_policy=None, root_keys=True)
    assert ids(facts, Settings(disabled=frozenset(["TFR601"]))) == ["TFR605"]
    assert ids(facts, Settings(disabled=frozenset(["audit"]))) == []
    assert ids(facts, Settings(enabled=frozenset(["TFR605"]))) == ["TFR605"]
    low = found(facts, Settings(severities={"TFR601": Severity.LOW}))
    assert {f.rule: f.severity for f in low} == {"TFR601": Severity.LOW, "TFR605": Severity.CRITICAL}
