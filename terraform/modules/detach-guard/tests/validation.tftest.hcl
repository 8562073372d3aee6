mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name                       = "example"
  group_names                = ["admins"]
  break_glass_principal_arns = ["arn:aws:iam::*:role/break-glass"]
}

run "nobody_passes_nobody_is_guarded" {
  command = plan

  variables {
    break_glass_principal_arns = []
    group_names                = []
    subscriptions              = { security = { protocol = "http", endpoint = "http://security.example.com" } }
    disabled_alarms            = ["iam-policy-changes"]
    protected_bucket_names     = ["*"]
  }
  expect_failures = [
    var.break_glass_principal_arns,
    var.group_names,
    var.subscriptions,
    var.disabled_alarms,
    var.protected_bucket_names,
  ]
}

run "everybody_passes" {
  command = plan

  variables {
    break_glass_principal_arns = ["*"]
    disabled_alarms            = ["weather"]
    scp_targets                = { all = "*" }
  }
  expect_failures = [var.break_glass_principal_arns, var.disabled_alarms, var.scp_targets]
}

run "every_role_passes_groups_without_policy" {
  command = plan

  variables {
    break_glass_principal_arns = ["arn:aws:iam::*:role/*"]
    create_policy              = false
  }
  expect_failures = [var.break_glass_principal_arns, var.group_names]
}

run "too_long_for_a_managed_policy" {
  command = plan

  variables {
    protected_bucket_names = [for i in range(60) : "a-bucket-with-quite-a-long-name-for-logs-${i}"]
    create_event_rules     = false
  }
  expect_failures = [aws_iam_policy.guard]
}

run "too_long_for_a_service_control_policy" {
  command = plan

  variables {
    group_names            = []
    create_policy          = false
    scp_targets            = { root = "r-abcd" }
    protected_bucket_names = [for i in range(20) : "a-bucket-with-quite-a-long-name-for-logs-${i}"]
    create_event_rules     = false
  }
  expect_failures = [aws_organizations_policy.guard]
}
