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

data "aws_partition" "current" {}

# Users are created without any policy of their own.
resource "aws_iam_user" "this" {
  #checkov:skip=CKV_AWS_273:the baseline is for accounts that have IAM users
  for_each = toset(["alice", "bob"])

  name = each.key
}

module "groups" {
  source = "../.."

  groups = {
    auditors = {
      policies = { security_audit = "arn:${data.aws_partition.current.partition}:iam::aws:policy/SecurityAudit" }
    }
    readers = {
      path     = "/people/"
      policies = { read_only = "arn:${data.aws_partition.current.partition}:iam::aws:policy/ReadOnlyAccess" }
    }
  }

  members = {
    (aws_iam_user.this["alice"].name) = ["auditors", "readers"]
    (aws_iam_user.this["bob"].name)   = ["readers"]
  }
}

output "group_arns" {
  description = "ARNs of the groups."
  value       = module.groups.group_arns
}
