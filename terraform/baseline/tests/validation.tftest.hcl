mock_provider "aws" {
  source = "../mocks"
}

mock_provider "aws" {
  alias  = "global"
  source = "../mocks"

  override_data {
    target = data.aws_region.global
    values = { id = "us-east-1", name = "us-east-1" }
  }
}

variables {
  break_glass_principal_arns = ["arn:aws:iam::*:role/break-glass"]
  log_bucket_name            = "example-logs"
  groups = {
    admins   = { policies = { admin = "arn:aws:iam::aws:policy/AdministratorAccess" } }
    programs = { policies = { read = "arn:aws:iam::aws:policy/ReadOnlyAccess" } }
  }
}

run "refused" {
  command = plan

  variables {
    groups_without_mfa = ["nobody"]
    hard_expiry        = true
  }
  expect_failures = [var.groups_without_mfa, var.hard_expiry]
}

run "nobody" {
  command = plan

  variables {
    groups = {}
  }
  expect_failures = [var.existing_group_names]
}

run "too_many_policies" {
  command = plan

  variables {
    groups = { admins = { policies = { for i in range(6) : "p${i}" => "arn:aws:iam::aws:policy/P${i}" } } }
  }
  expect_failures = [var.groups]
}
