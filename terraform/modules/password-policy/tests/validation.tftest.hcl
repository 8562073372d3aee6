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

run "short" {
  command = plan
  variables {
    minimum_password_length = 13
  }
  expect_failures = [var.minimum_password_length]
}

run "beyond_the_api" {
  command = plan
  variables {
    minimum_password_length = 129
    allow_weaker            = true
  }
  expect_failures = [var.minimum_password_length]
}

run "no_uppercase" {
  command = plan
  variables {
    require_uppercase_characters = false
  }
  expect_failures = [var.require_uppercase_characters]
}

run "no_lowercase" {
  command = plan
  variables {
    require_lowercase_characters = false
  }
  expect_failures = [var.require_lowercase_characters]
}

run "no_numbers" {
  command = plan
  variables {
    require_numbers = false
  }
  expect_failures = [var.require_numbers]
}

run "no_symbols" {
  command = plan
  variables {
    require_symbols = false
  }
  expect_failures = [var.require_symbols]
}

run "old" {
  command = plan
  variables {
    max_password_age = 91
  }
  expect_failures = [var.max_password_age]
}

run "never_expires" {
  command = plan
  variables {
    max_password_age = 0
  }
  expect_failures = [var.max_password_age]
}

run "reuse" {
  command = plan
  variables {
    password_reuse_prevention = 23
  }
  expect_failures = [var.password_reuse_prevention]
}

run "own_password" {
  command = plan
  variables {
    allow_users_to_change_password = false
  }
  expect_failures = [var.allow_users_to_change_password]
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
