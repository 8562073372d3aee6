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
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = ["kms:DescribeKey", "kms:GenerateDataKey*"]
        Resource  = "*"
      },
    ]
  })
}

module "log_bucket" {
  source = "../.."

  bucket_name        = "example-logs-${data.aws_caller_identity.current.account_id}"
  trail_arn          = "arn:aws:cloudtrail:eu-central-1:${data.aws_caller_identity.current.account_id}:trail/example"
  kms_key_arn        = aws_kms_key.logs.arn
  retention_days     = 730
  object_lock_days   = 30
  administrator_arns = ["arn:aws:iam::*:role/break-glass", "arn:aws:iam::*:role/terraform-apply"]

  tags = { Project = "baseline" }
}

output "bucket_name" {
  description = "Name of the bucket."
  value       = module.log_bucket.bucket_name
}

output "policy_json" {
  description = "The bucket policy."
  value       = module.log_bucket.policy_json
}
