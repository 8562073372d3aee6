mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name                       = "example"
  group_names                = ["admins"]
  break_glass_principal_arns = ["arn:aws:iam::*:role/break-glass"]
}

run "nobody_passes" {
  command = plan
  variables {
    break_glass_principal_arns = []
  }
  expect_failures = [var.break_glass_principal_arns]
}

run "everybody_passes" {
  command = plan
  variables {
    break_glass_principal_arns = ["*"]
  }
  expect_failures = [var.break_glass_principal_arns]
}

run "every_role_passes" {
  command = plan
  variables {
    break_glass_principal_arns = ["arn:aws:iam::*:role/*"]
  }
  expect_failures = [var.break_glass_principal_arns]
}

run "nobody_is_guarded" {
  command = plan
  variables {
    group_names = []
  }
  expect_failures = [var.group_names]
}

run "groups_without_policy" {
  command = plan
  variables {
    create_policy = false
  }
  expect_failures = [var.group_names]
}

run "plain_http" {
  command = plan
  variables {
    subscriptions = { security = { protocol = "http", endpoint = "http://security.example.com" } }
  }
  expect_failures = [var.subscriptions]
}

run "alarm_on_the_guard_stays" {
  command = plan
  variables {
    disabled_alarms = ["iam-policy-changes"]
  }
  expect_failures = [var.disabled_alarms]
}

run "unknown_alarm" {
  command = plan
  variables {
    disabled_alarms = ["weather"]
  }
  expect_failures = [var.disabled_alarms]
}

run "bucket_pattern" {
  command = plan
  variables {
    protected_bucket_names = ["*"]
  }
  expect_failures = [var.protected_bucket_names]
}

run "too_long_for_a_managed_policy" {
  command = plan
  variables {
    protected_bucket_names = [for i in range(60) : "a-bucket-with-quite-a-long-name-for-logs-${i}"]
    create_event_rules     = false
  }
  expect_failures = [aws_iam_policy.guard]
}
