mock_provider "aws" {}

variables {
  groups = {
    admins  = { policies = { admin = "arn:aws:iam::aws:policy/AdministratorAccess" } }
    readers = { policies = { read = "arn:aws:iam::aws:policy/ReadOnlyAccess", audit = "arn:aws:iam::aws:policy/SecurityAudit" } }
  }
  members = {
    alice = ["admins", "readers"]
    bob   = ["readers"]
  }
}

run "no_groups" {
  command = plan

  variables {
    groups  = {}
    members = {}
  }
  expect_failures = [var.groups]
}

run "group_without_policy" {
  command = plan

  variables {
    groups  = { admins = { policies = {} } }
    members = {}
  }
  expect_failures = [var.groups]
}

run "member_without_group" {
  command = plan

  variables {
    members = { alice = [] }
  }
  expect_failures = [var.members]
}

run "member_of_unknown_group" {
  command = plan

  variables {
    members = { alice = ["nobody"] }
  }
  expect_failures = [var.members]
}
