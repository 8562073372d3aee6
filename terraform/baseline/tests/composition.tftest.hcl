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

run "every_group_is_guarded" {
  command = apply

  assert {
    condition     = module.mfa.guarded_groups == toset(["admins", "programs"])
    error_message = "a group goes without MFA"
  }
  assert {
    condition     = length(module.guard_global) == 1 && length(output.topic_arns) == 2
    error_message = "nobody watches the region that holds the events of IAM"
  }
  assert {
    condition     = strcontains(module.guard.policy_json, "arn:aws:s3:::example-logs/*") && strcontains(module.guard.policy_json, "log-group:/cloudtrail/baseline*")
    error_message = "the guard does not protect the logs"
  }
  assert {
    condition     = length(module.guard.alarm_names) == 15
    error_message = "the alarms of the CIS benchmark are missing"
  }
}

run "one_region" {
  command = plan

  override_data {
    target = data.aws_region.home
    values = { id = "us-east-1", name = "us-east-1" }
  }
  assert {
    condition     = length(module.guard_global) == 0
    error_message = "the same rules exist twice in one region"
  }
}

run "programs_without_mfa" {
  command = plan

  variables {
    trail_name           = "older-trail"
    existing_group_names = ["elsewhere"]
    groups_without_mfa   = ["programs"]
  }
  assert {
    condition     = module.cloudtrail.trail_name == "older-trail"
    error_message = "trail_name does not name the trail"
  }
  assert {
    condition     = module.mfa.guarded_groups == toset(["admins", "elsewhere"])
    error_message = "groups_without_mfa does not leave out its groups, or leaves out more"
  }
}
