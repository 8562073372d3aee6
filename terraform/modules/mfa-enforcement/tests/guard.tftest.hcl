mock_provider "aws" {
  source = "../../mocks"

  # Two policies, two ARNs: or it would not be seen which of them is attached.
  override_resource {
    target = aws_iam_policy.deny_without_mfa
    values = { arn = "arn:aws:iam::123456789012:policy/deny" }
  }

  override_resource {
    target = aws_iam_policy.self_service
    values = { arn = "arn:aws:iam::123456789012:policy/self-service" }
  }
}

variables {
  group_names = ["admins", "developers"]
}

run "wiring" {
  command = apply

  variables {
    user_names  = ["carol"]
    scp_targets = { root = "r-abcd" }
  }
  assert {
    condition     = toset(keys(aws_iam_group_policy_attachment.deny_without_mfa)) == toset(["admins", "developers"])
    error_message = "the deny is not attached to each group, keyed by its name"
  }
  assert {
    condition     = alltrue([for a in aws_iam_group_policy_attachment.deny_without_mfa : a.policy_arn == aws_iam_policy.deny_without_mfa.arn])
    error_message = "what is attached is not the deny"
  }
  assert {
    condition     = alltrue([for name in ["admins", "developers"] : aws_iam_group_policy_attachment.self_service[name].policy_arn == aws_iam_policy.self_service.arn])
    error_message = "self-service does not reach each group"
  }
  assert {
    condition     = aws_iam_user_group_membership.users["carol"].groups == toset(["baseline-mfa-users"]) && aws_iam_group_policy_attachment.users["deny_without_mfa"].policy_arn == aws_iam_policy.deny_without_mfa.arn
    error_message = "a user without a group is not guarded"
  }
  assert {
    condition     = output.guarded_groups == toset(["admins", "baseline-mfa-users", "developers"])
    error_message = "guarded_groups is not the list of all guarded groups"
  }
  assert {
    condition     = aws_organizations_policy_attachment.deny_without_mfa["root"].target_id == "r-abcd" && aws_organizations_policy.deny_without_mfa[0].type == "SERVICE_CONTROL_POLICY"
    error_message = "the service control policy is not attached"
  }
  assert {
    condition     = aws_iam_policy.deny_without_mfa.policy == output.deny_policy_json && aws_iam_policy.self_service.policy == output.self_service_policy_json && aws_organizations_policy.deny_without_mfa[0].content == output.scp_json
    error_message = "what is applied is not what the outputs show"
  }
}

run "deny_document" {
  command = plan

  assert {
    condition     = length(jsondecode(output.deny_policy_json).Statement) == 1
    error_message = "the deny is not alone in its document"
  }
  assert {
    condition     = jsondecode(output.deny_policy_json).Statement[0].Effect == "Deny" && jsondecode(output.deny_policy_json).Statement[0].Resource == "*"
    error_message = "the deny does not deny everywhere"
  }
  assert {
    condition     = jsondecode(output.deny_policy_json).Statement[0].Condition == { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }
    error_message = "the condition is not exactly BoolIfExists aws:MultiFactorAuthPresent false: each further key would weaken it"
  }
  assert {
    condition = toset(jsondecode(output.deny_policy_json).Statement[0].NotAction) == toset([
      "iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetMFADevice", "iam:GetUser", "iam:ListMFADevices",
      "iam:ListVirtualMFADevices", "iam:ResyncMFADevice", "sts:GetSessionToken",
    ])
    error_message = "NotAction is not exactly MFA self-service"
  }
}

run "first_sign_in" {
  command = plan

  variables {
    allow_password_change_without_mfa = true
    extra_not_actions                 = ["support:DescribeCases"]
  }
  assert {
    condition     = length(setsubtract(["iam:ChangePassword", "iam:GetAccountPasswordPolicy", "support:DescribeCases"], jsondecode(output.deny_policy_json).Statement[0].NotAction)) == 0
    error_message = "the first password change, or an extra action, is still denied without MFA"
  }
}

run "users_alone_will_do" {
  command = plan
  variables {
    group_names = []
    user_names  = ["carol"]
  }
}
