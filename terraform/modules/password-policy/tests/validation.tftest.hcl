# Floors of the password policy: each weaker value is refused by its own variable, and accepted when said aloud.
mock_provider "aws" {}

run "defaults_are_the_floors" {
  command = apply

  assert {
    condition = alltrue([
      aws_iam_account_password_policy.this.minimum_password_length == 14,
      aws_iam_account_password_policy.this.require_uppercase_characters,
      aws_iam_account_password_policy.this.require_lowercase_characters,
      aws_iam_account_password_policy.this.require_numbers,
      aws_iam_account_password_policy.this.require_symbols,
      aws_iam_account_password_policy.this.max_password_age == 90,
      aws_iam_account_password_policy.this.password_reuse_prevention == 24,
      aws_iam_account_password_policy.this.allow_users_to_change_password,
      !aws_iam_account_password_policy.this.hard_expiry,
    ])
    error_message = "a default is weaker than the floor"
  }
}

# One run, eight refusals: each variable has to refuse its own value.
run "weaker" {
  command = plan

  variables {
    minimum_password_length        = 13
    require_uppercase_characters   = false
    require_lowercase_characters   = false
    require_numbers                = false
    require_symbols                = false
    max_password_age               = 91
    password_reuse_prevention      = 23
    allow_users_to_change_password = false
  }
  expect_failures = [
    var.minimum_password_length,
    var.require_uppercase_characters,
    var.require_lowercase_characters,
    var.require_numbers,
    var.require_symbols,
    var.max_password_age,
    var.password_reuse_prevention,
    var.allow_users_to_change_password,
  ]
}

run "beyond_the_api_and_never" {
  command = plan

  variables {
    minimum_password_length   = 129
    max_password_age          = 0
    password_reuse_prevention = 25
  }
  expect_failures = [var.minimum_password_length, var.max_password_age, var.password_reuse_prevention]
}

run "hard_expiry_without_age" {
  command = plan
  variables {
    hard_expiry      = true
    max_password_age = 0
    allow_weaker     = true
  }
  expect_failures = [var.hard_expiry]
}

run "weaker_said_aloud" {
  command = plan
  variables {
    minimum_password_length        = 8
    require_uppercase_characters   = false
    require_lowercase_characters   = false
    require_numbers                = false
    require_symbols                = false
    max_password_age               = 0
    password_reuse_prevention      = 5
    allow_users_to_change_password = false
    allow_weaker                   = true
  }
  assert {
    condition     = aws_iam_account_password_policy.this.minimum_password_length == 8
    error_message = "allow_weaker does not reach the policy"
  }
}

run "stronger" {
  command = plan
  variables {
    minimum_password_length = 20
    max_password_age        = 60
    hard_expiry             = true
  }
  assert {
    condition     = aws_iam_account_password_policy.this.minimum_password_length == 20 && aws_iam_account_password_policy.this.hard_expiry
    error_message = "stronger values do not reach the policy"
  }
}
