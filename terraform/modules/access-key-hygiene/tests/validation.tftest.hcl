mock_provider "aws" {
  source = "../../mocks"
}

variables {
  group_names = ["developers"]
}

run "nobody" {
  command = plan
  variables {
    group_names = []
  }
  expect_failures = [var.group_names]
}

run "any_pipeline" {
  command = plan
  variables {
    audit_oidc = {
      provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
      subject      = "repo:example/*"
    }
  }
  expect_failures = [var.audit_oidc]
}

run "any_principal" {
  command = plan
  variables {
    audit_principal_arns = ["*"]
  }
  expect_failures = [var.audit_principal_arns]
}

run "old_keys" {
  command = plan
  variables {
    max_key_age_days = 91
  }
  expect_failures = [var.max_key_age_days]
}

run "unused_keys" {
  command = plan
  variables {
    max_unused_days = 90
  }
  expect_failures = [var.max_unused_days]
}

run "no_day" {
  command = plan
  variables {
    rotation_deadlines = { "soon" = ["backup"] }
  }
  expect_failures = [var.rotation_deadlines]
}

run "deadline_for_nobody" {
  command = plan
  variables {
    rotation_deadlines = { "2027-01-31T00:00:00Z" = [] }
  }
  expect_failures = [var.rotation_deadlines]
}

run "no_time" {
  command = plan
  variables {
    revoke_sessions_before = "2026-02-30T00:00:00Z"
  }
  expect_failures = [var.revoke_sessions_before]
}
