terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0, < 7.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

resource "aws_iam_user" "carol" {
  #checkov:skip=CKV_AWS_273:the baseline is for accounts that have IAM users
  name = "carol"
}

resource "aws_iam_group" "this" {
  for_each = toset(["admins", "developers"])

  name = each.key
}

module "mfa" {
  source = "../.."

  name        = "example"
  group_names = [for group in aws_iam_group.this : group.name]
  user_names  = [aws_iam_user.carol.name]

  # New users get a password that they must change when they first sign in, before they can have a device.
  allow_password_change_without_mfa = true

  self_service = {
    ssh_keys = true
  }

  tags = { Project = "baseline" }
}

output "deny_policy_json" {
  description = "The guard."
  value       = module.mfa.deny_policy_json
}

output "self_service_policy_json" {
  description = "What users may do for themselves."
  value       = module.mfa.self_service_policy_json
}
