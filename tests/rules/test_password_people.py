"""Login profiles and Cognito user pools."""

from __future__ import annotations

import pytest
from rulerun import run, told

PROFILE = "aws_iam_user_login_profile.alice"
POOL = "aws_cognito_user_pool.main"


def profile(text: str) -> str:
    return f'resource "aws_iam_user_login_profile" "alice" {{\n  user = "alice"\n  {text}\n}}\n'


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ("password_reset_required = true", "password_reset_required = false", [f"TFR212 high {PROFILE}"]),
        ("password_reset_required = true", "", [f"TFR212 medium {PROFILE}"]),  # the state still holds it
        ("password_reset_required = true", 'password_reset_required = "true"', []),
        ("", "password_reset_required = true", []),
        ("password_length = 20", "password_length = 16", [f"TFR212 medium {PROFILE}"]),
        ("", "password_length = 8", [f"TFR212 high {PROFILE}"]),  # the default is 20
        ("password_length = 20", "", []),
        ("password_length = 16", "password_length = 32", []),
    ],
)
def test_login_profiles(base: str, head: str, expected: list[str]) -> None:
    assert told(run(profile(base), profile(head), "TFR212")) == expected


def test_login_profile_that_goes_is_no_loss() -> None:
    assert run(profile("password_reset_required = true"), "", "TFR212") == []


def test_login_profiles_over_a_list() -> None:
    text = """
    resource "aws_iam_user_login_profile" "each" {
      for_each                = toset(["alice", "bob"])
      user                    = each.key
      password_reset_required = %s
    }
    """
    found = told(run(text % "true", text % 'each.key == "alice"', "TFR212"))
    assert found == ['TFR212 high aws_iam_user_login_profile.each["bob"]']


def pool(text: str) -> str:
    return f'resource "aws_cognito_user_pool" "main" {{\n  name = "main"\n  {text}\n}}\n'


def block(text: str) -> str:
    return pool(f"password_policy {{\n{text}\n}}")


STRONG = """
minimum_length                   = 12
require_lowercase                = true
require_uppercase                = true
require_numbers                  = true
require_symbols                  = true
temporary_password_validity_days = 3
password_history_size            = 5
"""


@pytest.mark.parametrize(
    ("before", "after", "severities"),
    [
        ("minimum_length                   = 12", "minimum_length = 8", ["medium"]),
        ("minimum_length                   = 12", "minimum_length = 6", ["high"]),
        ("require_symbols                  = true", "require_symbols = false", ["high"]),
        ("require_symbols                  = true", "", ["high"]),  # left out of the block: false
        ("temporary_password_validity_days = 3", "temporary_password_validity_days = 30", ["high"]),
        ("temporary_password_validity_days = 3", "temporary_password_validity_days = 7", ["medium"]),
        ("temporary_password_validity_days = 3", "temporary_password_validity_days = 1", []),
        ("password_history_size            = 5", "", ["medium"]),
        ("minimum_length                   = 12", "minimum_length = 14", []),
    ],
)
def test_user_pool_settings(before: str, after: str, severities: list[str]) -> None:
    assert before in STRONG
    found = run(block(STRONG), block(STRONG.replace(before, after)), "TFR213")
    assert told(found) == [f"TFR213 {s} {POOL}" for s in severities]


def test_block_that_goes_is_compared_with_the_default_of_aws() -> None:
    found = run(block(STRONG), pool(""), "TFR213")
    assert told(found) == [f"TFR213 medium {POOL}"] * 3  # 12 → 8 characters, 3 → 7 days, no history
    weak = "minimum_length = 8\nrequire_symbols = false"
    assert run(block(weak), pool(""), "TFR213") == []


def test_block_that_comes_is_compared_with_the_default_of_aws() -> None:
    found = run(pool(""), block("minimum_length = 10"), "TFR213")
    assert told(found) == [f"TFR213 high {POOL}"] * 4  # the four kinds of characters, sent as false
    assert run(pool(""), block(STRONG), "TFR213") == []


def test_pool_that_goes_or_comes_is_silent() -> None:
    assert run(block(STRONG), "", "TFR213") == []
    assert run("", block("minimum_length = 6"), "TFR213") == []


def test_block_behind_a_dynamic_block() -> None:
    text = """
    variable "policy" { default = { length = 12 } }
    resource "aws_cognito_user_pool" "main" {
      name = "main"
      dynamic "password_policy" {
        for_each = [var.policy]
        content {
          minimum_length    = password_policy.value.length
          require_lowercase = true
          require_uppercase = true
          require_numbers   = true
          require_symbols   = true
        }
      }
    }
    """
    assert told(run(text, text.replace("= 12", "= 9"), "TFR213")) == [f"TFR213 medium {POOL}"]
    assert run(text, text, "TFR213") == []
