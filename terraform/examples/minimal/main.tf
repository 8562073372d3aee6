# The least that the baseline needs: who breaks the glass, one group, and a name for the log bucket.

provider "aws" {
  region = "us-east-1"
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

module "baseline" {
  source = "../../baseline"

  # The trail lives where the events of IAM are, so one provider does for both.
  providers = {
    aws        = aws
    aws.global = aws
  }

  break_glass_principal_arns = [
    "arn:${data.aws_partition.current.partition}:iam::*:role/break-glass",
    "arn:${data.aws_partition.current.partition}:iam::*:role/terraform-apply",
  ]

  groups = {
    administrators = {
      policies = { administrator = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AdministratorAccess" }
    }
  }

  log_bucket_name = "minimal-logs-${data.aws_caller_identity.current.account_id}"
}
