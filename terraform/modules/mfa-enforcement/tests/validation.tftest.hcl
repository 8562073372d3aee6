mock_provider "aws" {
  source = "../../mocks"
}

variables {
  group_names = ["admins", "developers"]
}

run "nobody_and_wildcards" {
  command = plan

  variables {
    group_names          = []
    extra_not_actions    = ["iam:*"]
    scp_targets          = { all = "*" }
    scp_exempt_user_arns = ["arn:aws:iam::123456789012:user/*"]
  }
  expect_failures = [var.group_names, var.extra_not_actions, var.scp_targets, var.scp_exempt_user_arns]
}

run "empty_name_and_wildcard_inside" {
  command = plan

  variables {
    group_names       = [" "]
    extra_not_actions = ["s3:Get?bject"]
  }
  expect_failures = [var.group_names, var.extra_not_actions]
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
