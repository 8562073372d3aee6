mock_provider "aws" {
  source = "../../mocks"
}

variables {
  group_names = ["admins", "developers"]
}

run "nobody" {
  command = plan
  variables {
    group_names = []
  }
  expect_failures = [var.group_names]
}

run "empty_name" {
  command = plan
  variables {
    group_names = [" "]
  }
  expect_failures = [var.group_names]
}

run "wildcard" {
  command = plan
  variables {
    extra_not_actions = ["iam:*"]
  }
  expect_failures = [var.extra_not_actions]
}

run "wildcard_inside" {
  command = plan
  variables {
    extra_not_actions = ["s3:Get?bject"]
  }
  expect_failures = [var.extra_not_actions]
}

run "protected" {
  command = plan
  variables {
    extra_not_actions = ["iam:DeactivateMFADevice"]
  }
  expect_failures = [var.extra_not_actions]
}

run "protected_in_other_case" {
  command = plan
  variables {
    extra_not_actions = ["iam:createaccesskey"]
  }
  expect_failures = [var.extra_not_actions]
}

run "assume_role" {
  command = plan
  variables {
    extra_not_actions = ["sts:AssumeRole"]
  }
  expect_failures = [var.extra_not_actions]
}

run "no_target" {
  command = plan
  variables {
    scp_targets = { all = "*" }
  }
  expect_failures = [var.scp_targets]
}

run "exempt_everybody" {
  command = plan
  variables {
    scp_exempt_user_arns = ["arn:aws:iam::123456789012:user/*"]
  }
  expect_failures = [var.scp_exempt_user_arns]
}
