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

run "wiring" {
  command = apply

  assert {
    condition     = toset(output.attachments) == toset(["admins/admin", "readers/audit", "readers/read"])
    error_message = "attachments are not keyed by group and policy"
  }
  assert {
    condition     = aws_iam_group_policy_attachment.this["readers/audit"].group == "readers" && aws_iam_group_policy_attachment.this["readers/audit"].policy_arn == "arn:aws:iam::aws:policy/SecurityAudit"
    error_message = "an attachment does not join its group and policy"
  }
  assert {
    condition     = toset(aws_iam_user_group_membership.this["alice"].groups) == toset(["admins", "readers"]) && toset(aws_iam_user_group_membership.this["bob"].groups) == toset(["readers"])
    error_message = "a member is not in its groups"
  }
}

# What follows the first policy keeps its address when the first one goes.
run "a_policy_leaves" {
  command = apply

  variables {
    groups = {
      admins  = { policies = { admin = "arn:aws:iam::aws:policy/AdministratorAccess" } }
      readers = { policies = { read = "arn:aws:iam::aws:policy/ReadOnlyAccess" } }
    }
  }
  assert {
    condition     = toset(output.attachments) == toset(["admins/admin", "readers/read"])
    error_message = "addresses of the attachments that stay have changed"
  }
}
