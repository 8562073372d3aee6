"""The account's password policy: which settings are weaker, and what only looks so."""

from __future__ import annotations

import pytest
from rulerun import run, run_pair, told

from build import pair as pair_of
from build import root
from tfratchet.config import Settings

POLICY = "aws_iam_account_password_policy.strict"
FULL = """
minimum_password_length        = 14
require_uppercase_characters   = true
require_lowercase_characters   = true
require_numbers                = true
require_symbols                = true
max_password_age               = 90
password_reuse_prevention      = 24
allow_users_to_change_password = true
hard_expiry                    = false
"""


def policy(text: str = FULL, name: str = "strict") -> str:
    return f'resource "aws_iam_account_password_policy" "{name}" {{\n{text}\n}}\n'


def edited(old: str, new: str) -> str:
    key = old.split("=", maxsplit=1)[0].strip()
    lines = [line for line in FULL.splitlines() if not line.strip().startswith(key)]
    assert len(lines) == len(FULL.splitlines()) - 1, old
    return policy("\n".join([*lines, new]))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("minimum_password_length", "minimum_password_length = 8", "TFR202 high"),
        ("minimum_password_length", "", "TFR202 high"),  # the provider sends its default, 6
        ("minimum_password_length", 'minimum_password_length = "12"', "TFR202 high"),
        ("require_uppercase_characters", "require_uppercase_characters = false", "TFR203 high"),
        ("require_lowercase_characters", 'require_lowercase_characters = "false"', "TFR204 high"),
        ("require_numbers", "require_numbers = false", "TFR205 high"),
        ("require_symbols", "require_symbols = false", "TFR206 high"),
        ("max_password_age", "max_password_age = 365", "TFR207 high"),
        ("max_password_age", "max_password_age = 0", "TFR207 high"),  # never
        ("password_reuse_prevention", "password_reuse_prevention = 5", "TFR208 high"),
        ("allow_users_to_change_password", "allow_users_to_change_password = false", "TFR209 medium"),
        ("hard_expiry", "hard_expiry = true", "TFR210 low"),
        ("max_password_age", "", "TFR211 medium"),
        ("require_symbols", "", "TFR211 medium"),
        ("require_symbols", "require_symbols = null", "TFR211 medium"),
        ("password_reuse_prevention", "", "TFR211 medium"),
    ],
)
def test_weaker_setting_is_told_by_its_rule_alone(old: str, new: str, expected: str) -> None:
    assert told(run(policy(), edited(old, new), "password")) == [f"{expected} {POLICY}"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("minimum_password_length", "minimum_password_length = 20"),
        ("minimum_password_length", 'minimum_password_length = "14"'),
        ("require_symbols", 'require_symbols = "true"'),
        ("max_password_age", "max_password_age = 60"),
        ("allow_users_to_change_password", ""),  # the default is true
        ("hard_expiry", ""),  # unset means false
    ],
)
def test_equal_or_stronger_is_silent(old: str, new: str) -> None:
    assert told(run(policy(), edited(old, new), "password")) == []


def test_weaker_yet_above_the_floor_is_medium() -> None:
    found = run(policy("minimum_password_length = 20"), policy("minimum_password_length = 16"), "password")
    assert told(found) == [f"TFR202 medium {POLICY}"]
    assert found[0].base is not None
    assert found[0].head is not None
    assert (found[0].base.value, found[0].head.value) == ("20 characters", "16 characters")
    assert (str(found[0].base.location), str(found[0].head.location)) == ("main.tf:2", "main.tf:2")


def test_the_configured_floor_decides() -> None:
    settings = Settings(floors={"minimum_password_length": 18})
    base, head = policy("minimum_password_length = 20"), policy("minimum_password_length = 16")
    assert told(run(base, head, "password", settings=settings)) == [f"TFR202 high {POLICY}"]


@pytest.mark.parametrize(
    ("stance", "before", "after", "expected"),
    [
        (None, "true", "false", ["TFR210 medium"]),
        (None, "false", "true", ["TFR210 low"]),
        (True, "true", "false", ["TFR210 high"]),
        (True, "false", "true", []),
        (False, "true", "false", []),
        (False, "false", "true", ["TFR210 high"]),
    ],
)
def test_hard_expiry_follows_the_configured_stance(
    stance: bool | None, before: str, after: str, expected: list[str]
) -> None:
    settings = Settings(floors={} if stance is None else {"hard_expiry": stance})
    found = run(policy(f"hard_expiry = {before}"), policy(f"hard_expiry = {after}"), "password", settings=settings)
    assert told(found) == [f"{e} {POLICY}" for e in expected]


def test_never_expiring_passwords_cannot_get_older() -> None:
    assert told(run(policy("max_password_age = 0"), policy(""), "password")) == []
    assert told(run(policy(""), policy("max_password_age = 365"), "password")) == []


def test_removed_policy_is_critical_and_names_what_it_was() -> None:
    found = run(policy("minimum_password_length = 14"), "", "password")
    assert told(found) == [f"TFR201 critical {POLICY}"]
    assert found[0].base is not None
    assert found[0].base.value == "minimum_password_length = 14"
    assert "minimum_password_length >= 14" in found[0].lost


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ("count = 1", "count = 0", ["TFR201 critical aws_iam_account_password_policy.strict[0]"]),
        ("count = 1", "count = var.on ? 1 : 0", ["TFR201 medium? aws_iam_account_password_policy.strict[0]"]),
        ("count = var.on ? 1 : 0", "count = var.on ? 1 : 0", []),
        ("", "count = 1", []),
        ("count = 0", "", []),
    ],
)
def test_counts(base: str, head: str, expected: list[str]) -> None:
    variable = 'variable "on" {}\n'
    assert told(run(variable + policy(FULL + base), variable + policy(FULL + head), "password")) == expected


def test_root_module_that_is_deleted_as_a_whole() -> None:
    found = run_pair(pair_of(root({POLICY: {"minimum_password_length": 14}}), root(exists=False)), "password")
    assert told(found) == [f"TFR201 medium? {POLICY}"]
    assert "password policy" in found[0].lost


def test_forgotten_policy_is_low() -> None:
    head = f"removed {{\n  from = {POLICY}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"
    assert told(run(policy(), head, "password")) == [f"TFR201 low {POLICY}"]


MODULE = {"modules/iam/main.tf": policy()}
CALL = 'module "iam" {\n  source = "./modules/iam"\n}\n'


def test_move_into_a_module_with_equal_values_is_silent() -> None:
    assert told(run(policy(), {"main.tf": CALL, **MODULE}, "password")) == []
    assert told(run({"main.tf": CALL, **MODULE}, policy(), "password")) == []


def test_move_into_a_module_with_a_weaker_default() -> None:
    text = FULL.replace("= 14", "= var.length")
    module = {"modules/iam/main.tf": policy(text) + 'variable "length" { default = 10 }\n'}
    found = run(policy(), {"main.tf": CALL, **module}, "password")
    assert told(found) == ["TFR202 high module.iam.aws_iam_account_password_policy.strict"]
    assert "modules/iam/main.tf" in found[0].message  # where the value comes from


def test_settings_left_out_by_a_new_resource_are_really_lost() -> None:
    head = policy("minimum_password_length = 14", name="other")
    assert told(run(policy("minimum_password_length = 14\nrequire_symbols = true"), head, "password")) == [
        "TFR206 high aws_iam_account_password_policy.other"
    ]


def test_moved_block_keeps_what_the_state_holds() -> None:
    head = policy("minimum_password_length = 14", name="other")
    head += f"moved {{\n  from = {POLICY}\n  to = aws_iam_account_password_policy.other\n}}\n"
    assert told(run(policy("minimum_password_length = 14\nrequire_symbols = true"), head, "password")) == [
        "TFR211 medium aws_iam_account_password_policy.other"
    ]


def test_tfvars_line_that_goes_lets_a_weaker_default_rule() -> None:
    main = policy("minimum_password_length = var.length") + 'variable "length" { default = 8 }\n'
    base = {"main.tf": main, "terraform.tfvars": "length = 16\n"}
    found = run(base, {"main.tf": main, "terraform.tfvars": "\n"}, "password")
    assert told(found) == [f"TFR202 high {POLICY}"]
    assert run(base, base, "password") == []


def test_unknown_values_are_possible_and_named() -> None:
    variable = 'variable "length" {}\n'
    found = run(policy("minimum_password_length = 14"), variable + policy("minimum_password_length = var.length"))
    assert told(found) == [f"TFR202 medium? {POLICY}"]
    assert found[0].depends_on == ("var.length",)
    same = variable + policy("minimum_password_length = var.length")
    assert run(same, same, "password") == []


def test_a_choice_is_judged_branch_by_branch() -> None:
    variable = 'variable "prod" {}\n'
    weaker = variable + policy("minimum_password_length = var.prod ? 14 : 8")
    stronger = variable + policy("minimum_password_length = var.prod ? 20 : 14")
    assert told(run(policy("minimum_password_length = 14"), weaker, "password")) == [f"TFR202 medium? {POLICY}"]
    assert told(run(policy("minimum_password_length = 14"), stronger, "password")) == []
    assert told(run(weaker, stronger, "password")) == []
    assert told(run(stronger, weaker, "password")) == [f"TFR202 medium? {POLICY}"]


def test_two_accounts_are_told_apart_by_their_providers() -> None:
    both = policy(FULL + "provider = aws.a", "a") + policy(FULL + "provider = aws.b", "b")
    head = policy(FULL + "provider = aws.a", "a")
    assert told(run(both, head, "password")) == ["TFR201 critical aws_iam_account_password_policy.b"]


def test_of_two_policies_of_one_account_the_remaining_one_counts() -> None:
    both = policy(FULL, "a") + policy("minimum_password_length = 20", "b")
    assert told(run(both, policy(FULL, "a"), "password")) == ["TFR202 medium aws_iam_account_password_policy.a"]
    assert told(run(policy(FULL, "a") + policy(FULL, "b"), policy(FULL, "a"), "password")) == []


# -- modules that cannot be read ------------------------------------------------------------------------------------

ACCOUNT = "terraform-aws-modules/iam/aws//modules/iam-account"


def calls(base: dict[str, object] | None, head: dict[str, object] | None) -> list[str]:
    sides = [root({}, calls={"module.account": arguments} if arguments else {}) for arguments in (base, head)]
    return told(run_pair(pair_of(sides[0], sides[1]), "password"))


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ({"minimum_password_length": 16}, {"minimum_password_length": 14}, ["TFR202 medium module.account"]),
        ({"minimum_password_length": 16}, {"minimum_password_length": 12}, ["TFR202 high module.account"]),
        ({"maximum_password_age": 90}, {"maximum_password_age": 0}, ["TFR207 high module.account"]),
        ({"maximum_password_age": 380}, {"max_password_age": 190}, []),
        ({"password_reuse_prevention": 24}, {"password_reuse_prevention": 5}, ["TFR208 high module.account"]),
        ({"allow_users_to_change_password": True}, {"allow_users_to_change_password": True}, []),
        # an argument that goes: the module's default rules, and nobody knows it
        (
            {"max_password_age": 90, "minimum_password_length": 14},
            {"minimum_password_length": 14},
            ["TFR207 medium? module.account"],
        ),
        # one that comes, at the floor: stronger or equal, whatever the default was
        ({"max_password_age": 90}, {"max_password_age": 90, "minimum_password_length": 14}, []),
        # names that are only like it
        ({"iam_password_policy_min_length": "16"}, {}, []),
        ({"require_numbers": True}, {"require_numbers": False}, []),
        # an upgrade of the module
        (
            {"minimum_password_length": 14, "source": "example/account/aws", "version": "1.0.0"},
            {"minimum_password_length": 14, "source": "git::https://example.com/account.git?ref=v2"},
            [],
        ),
    ],
)
def test_arguments_of_opaque_modules(base: dict[str, object], head: dict[str, object], expected: list[str]) -> None:
    assert calls(base, head) == expected


def test_known_defaults_of_known_modules() -> None:
    base = {"source": ACCOUNT, "minimum_password_length": 14, "max_password_age": 90}
    assert calls(base, {"source": ACCOUNT, "max_password_age": 90}) == ["TFR202 medium? module.account"]
    assert calls({**base, "require_numbers": True}, base) == []  # the default is true


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        (ACCOUNT, {"create_account_password_policy": False}),
        ("nozaq/secure-baseline/aws", {"create_password_policy": False}),
        ("nozaq/secure-baseline/aws", {"iam_baseline_enabled": "false"}),
        (
            "git::https://github.com/cloudposse/terraform-aws-iam-account-settings.git?ref=tags/0.1.0",
            {"password_policy_enabled": False},
        ),
    ],
)
def test_switched_off_in_a_module(source: str, arguments: dict[str, object]) -> None:
    base: dict[str, object] = {"source": source}
    assert calls(base, {**base, **arguments}) == ["TFR201 critical module.account"]
    assert calls({**base, **arguments}, base) == []


def test_module_call_that_goes() -> None:
    assert calls({"source": ACCOUNT}, None) == ["TFR201 critical module.account"]
    assert calls({"source": "example/vpc/aws", "cidr": "10.0.0.0/8"}, None) == []


def test_context_of_a_module_whose_policy_it_does_not_gate() -> None:
    base: dict[str, object] = {"source": "cloudposse/iam-account-settings/aws", "context": {"enabled": True}}
    assert calls(base, {**base, "context": {"enabled": False}}) == []


def test_resource_gives_way_to_a_module_call() -> None:
    resource = {POLICY: {"minimum_password_length": 14, "max_password_age": 190, "require_symbols": True}}
    source = "cloudposse/iam-account-settings/aws"
    call = {"source": source, "minimum_password_length": 16, "maximum_password_age": 380}
    both = pair_of(root(resource), root({}, calls={"module.settings": call}))
    assert told(run_pair(both, "password")) == ["TFR207 high module.settings"]
    same = {"source": source, "minimum_password_length": 14, "max_password_age": 190}
    assert told(run_pair(pair_of(root(resource), root({}, calls={"module.settings": same})), "password")) == []


def test_unknown_defaults_of_a_new_module_are_only_low() -> None:
    resource = {POLICY: {"minimum_password_length": 14, "require_symbols": True}}
    call = {"source": "example/account/aws", "minimum_password_length": 14}
    both = pair_of(root(resource), root({}, calls={"module.settings": call}))
    assert told(run_pair(both, "password")) == ["TFR206 low? module.settings"]


def test_module_gives_way_to_a_resource() -> None:
    call = {"source": ACCOUNT, "minimum_password_length": 14, "max_password_age": 90}
    both = pair_of(
        root({}, calls={"module.account": call}),
        root({POLICY: {"minimum_password_length": 14, "max_password_age": 90}}),
    )
    # what the module required by default (characters of all kinds) is no longer required
    assert told(run_pair(both, "password")) == [f"TFR20{n} medium? {POLICY}" for n in (3, 4, 5, 6)]


def test_module_that_may_hold_the_policy_makes_the_loss_possible() -> None:
    gone = root({POLICY: {"minimum_password_length": 14}})
    unread = root({}, calls={"module.baseline": {"source": "example/account-baseline/aws"}})
    assert told(run_pair(pair_of(gone, unread), "password")) == [f"TFR201 medium? {POLICY}"]
    unrelated = root({}, calls={"module.vpc": {"source": "example/vpc/aws"}})
    assert told(run_pair(pair_of(gone, unrelated), "password")) == [f"TFR201 critical {POLICY}"]


def test_label_module_switches_through_its_context() -> None:
    """``context = module.this.context``: the flag stands in another call."""
    text = """
    variable "enabled" {}
    module "this" {
      source  = "cloudposse/label/null"
      enabled = var.enabled
    }
    module "account" {
      source                  = "example/account-policy/aws"
      minimum_password_length = 14
      context                 = module.this.context
    }
    """
    on, off = (
        {"main.tf": text, "terraform.tfvars": "enabled = true"},
        {"main.tf": text, "terraform.tfvars": "enabled = false"},
    )
    assert told(run(on, off, "TFR201")) == ["TFR201 critical module.account"]
    assert told(run(off, on, "TFR201")) == []
