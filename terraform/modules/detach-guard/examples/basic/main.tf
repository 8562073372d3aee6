terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0, < 7.0"
    }
  }
}

# The region that holds the events of IAM.
provider "aws" {
  region = "us-east-1"
}

resource "aws_iam_group" "admins" {
  name = "admins"
}

resource "aws_iam_role" "break_glass" {
  name = "break-glass"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:role/security-on-call" }
      Action    = "sts:AssumeRole"
      Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }
    }]
  })
}

resource "aws_cloudwatch_log_group" "trail" {
  name              = "/cloudtrail/example"
  retention_in_days = 365
  kms_key_id        = aws_kms_key.logs.arn
}

data "aws_caller_identity" "current" {}

resource "aws_kms_key" "logs" {
  description         = "Encrypts the example's logs"
  enable_key_rotation = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Effect    = "Allow"
        Principal = { Service = "logs.us-east-1.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
      },
    ]
  })
}

module "guard" {
  source = "../.."

  name        = "example"
  group_names = [aws_iam_group.admins.name]

  # The role that runs Terraform must be among them, or the next apply is refused.
  break_glass_principal_arns = [
    "arn:aws:iam::*:role/break-glass",
    "arn:aws:iam::*:role/terraform-apply",
  ]

  protected_bucket_names    = ["example-logs-111122223333"]
  protected_key_arns        = [aws_kms_key.logs.arn]
  protected_log_group_names = [aws_cloudwatch_log_group.trail.name]

  cloudtrail_log_group_name = aws_cloudwatch_log_group.trail.name

  subscriptions = {
    security = { protocol = "https", endpoint = "https://security.example.com/aws-guard" }
  }

  tags = { Project = "baseline" }
}

output "policy_json" {
  description = "The guard."
  value       = module.guard.policy_json
}

output "scp_json" {
  description = "The guard, as a service control policy."
  value       = module.guard.scp_json
}

output "event_patterns" {
  description = "Patterns of the rules."
  value       = module.guard.event_patterns
}
