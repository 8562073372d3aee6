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

resource "aws_iam_group" "auditors" {
  name = "auditors"
}

module "cloudtrail" {
  source = "../.."

  name               = "example"
  bucket_name        = "example-trail-${data.aws_caller_identity.current.account_id}"
  reader_group_names = [aws_iam_group.auditors.name]

  data_events = {
    "AWS::S3::Object" = ["arn:aws:s3"]
  }

  tags = { Project = "baseline" }
}

output "trail_arn" {
  description = "ARN of the trail."
  value       = module.cloudtrail.trail_arn
}

output "reader_policy_json" {
  description = "What readers may do."
  value       = module.cloudtrail.reader_policy_json
}
