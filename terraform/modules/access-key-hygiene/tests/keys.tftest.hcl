mock_provider "aws" {
  source = "../../mocks"
}

variables {
  group_names = ["developers"]
}

run "people" {
  command = apply

  variables {
    revoke_sessions_before = "2026-01-31T00:00:00Z"
    create_config_rules    = true
    audit_principal_arns   = ["arn:aws:iam::111122223333:role/scheduler"]
  }
  assert {
    condition     = aws_iam_group_policy_attachment.keys["developers"].policy_arn == aws_iam_policy.keys.arn && aws_iam_policy.keys.policy == output.policy_json
    error_message = "the policy is not attached"
  }
  assert {
    condition     = [for s in jsondecode(output.policy_json).Statement : s.Sid] == ["NoKeysForOthers", "NoNewKeyWithoutMfa", "LongLivedKeysOnlyStartSessions", "NoOldSessions"]
    error_message = "a statement is missing"
  }
  assert {
    condition     = alltrue([for s in jsondecode(output.policy_json).Statement : s.Effect == "Deny"])
    error_message = "the policy grants something"
  }
  assert {
    condition     = jsondecode(aws_config_config_rule.this["access-keys-rotated"].input_parameters).maxAccessKeyAge == "90" && jsondecode(aws_config_config_rule.this["unused-credentials"].input_parameters).maxCredentialUsageAge == "45"
    error_message = "the Config rules do not hold the CIS ages"
  }
  assert {
    condition     = alltrue([for a in jsondecode(aws_iam_role_policy.audit[0].policy).Statement[0].Action : can(regex(":(Get|List|Describe|GenerateCredentialReport)", a))])
    error_message = "the audit role may change something"
  }
  assert {
    condition     = jsondecode(aws_iam_role.audit[0].assume_role_policy).Statement[0].Principal.AWS == ["arn:aws:iam::111122223333:role/scheduler"]
    error_message = "others than the scheduler may take on the audit role"
  }
}

run "programs" {
  command = apply

  variables {
    deny_long_lived_keys = false
    rotation_deadlines   = { "2027-01-31T00:00:00Z" = ["backup"] }
  }
  assert {
    condition     = [for s in jsondecode(output.policy_json).Statement : s.Sid] == ["NoKeysForOthers", "NoNewKeyWithoutMfa", "RotateBy20270131"]
    error_message = "a statement is missing"
  }
  assert {
    condition     = length(aws_iam_role.audit) == 0 && output.audit_role_arn == null
    error_message = "an audit role was made for nobody"
  }
}

run "pipeline" {
  command = apply

  variables {
    audit_oidc = {
      provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
      subject      = "repo:example/infrastructure:ref:refs/heads/main"
    }
  }
  assert {
    condition = jsondecode(aws_iam_role.audit[0].assume_role_policy).Statement[0].Condition.StringEquals == {
      "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
      "token.actions.githubusercontent.com:sub" = "repo:example/infrastructure:ref:refs/heads/main"
    }
    error_message = "other pipelines may take on the audit role"
  }
}
