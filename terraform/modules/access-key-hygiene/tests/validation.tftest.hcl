mock_provider "aws" {
  source = "../../mocks"
}

variables {
  group_names = ["developers"]
}

run "nobody_anybody_old" {
  command = plan

  variables {
    group_names          = []
    audit_principal_arns = ["*"]
    max_key_age_days     = 91
    max_unused_days      = 90
    rotation_deadlines   = { "soon" = ["backup"] }
    audit_oidc = {
      provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
      subject      = "repo:example/*"
    }
  }
  expect_failures = [
    var.group_names,
    var.audit_principal_arns,
    var.max_key_age_days,
    var.max_unused_days,
    var.rotation_deadlines,
    var.audit_oidc,
  ]
}

run "no_time_nobody" {
  command = plan

  variables {
    revoke_sessions_before = "2026-02-30T00:00:00Z"
    rotation_deadlines     = { "2027-01-31T00:00:00Z" = [] }
  }
  expect_failures = [var.revoke_sessions_before, var.rotation_deadlines]
}
