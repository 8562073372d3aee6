# Everything: an organization with service control policies and an organization trail, a home region other than the
# one that holds the events of IAM, users, readers of the logs, and a scheduled audit from a pipeline.

provider "aws" {
  region = "eu-central-1"
}

provider "aws" {
  alias  = "global"
  region = "us-east-1"
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

resource "aws_organizations_organization" "this" {
  feature_set                   = "ALL"
  aws_service_access_principals = ["cloudtrail.amazonaws.com"]
  enabled_policy_types          = ["SERVICE_CONTROL_POLICY"]
}

resource "aws_organizations_organizational_unit" "workloads" {
  name      = "workloads"
  parent_id = aws_organizations_organization.this.roots[0].id
}

resource "aws_iam_user" "this" {
  #checkov:skip=CKV_AWS_273:the baseline is for accounts that have IAM users
  for_each = toset(["alice", "backup", "bob"])

  name = each.key
  path = "/people/"
  tags = var.tags
}

module "baseline" {
  source = "../../baseline"

  providers = {
    aws        = aws
    aws.global = aws.global
  }

  name = "complete"

  break_glass_principal_arns = [
    "arn:${data.aws_partition.current.partition}:iam::*:role/break-glass",
    "arn:${data.aws_partition.current.partition}:iam::*:role/terraform-apply",
  ]

  groups = {
    administrators = {
      policies = { administrator = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AdministratorAccess" }
    }
    auditors = {
      policies = { security_audit = "arn:${data.aws_partition.current.partition}:iam::aws:policy/SecurityAudit" }
    }
    programs = {
      policies = { read_only = "arn:${data.aws_partition.current.partition}:iam::aws:policy/ReadOnlyAccess" }
    }
  }

  members = {
    (aws_iam_user.this["alice"].name)  = ["administrators", "auditors"]
    (aws_iam_user.this["backup"].name) = ["programs"]
    (aws_iam_user.this["bob"].name)    = ["auditors"]
  }

  groups_without_mfa = ["programs"]

  minimum_password_length = 20
  hard_expiry             = true

  mfa = {
    # Needed beside hard_expiry: whoever gets a new password must be able to change it before there is a device.
    allow_password_change_without_mfa = true
    scp_exempt_user_arns              = [aws_iam_user.this["backup"].arn]
    self_service = {
      git_credentials      = true
      signing_certificates = true
      ssh_keys             = true
    }
  }

  log_bucket_name = "complete-logs-${data.aws_caller_identity.current.account_id}"
  organization_id = aws_organizations_organization.this.id

  cloudtrail = {
    reader_groups    = ["auditors"]
    retention_days   = 1095
    object_lock_days = 30

    data_events = {
      "AWS::Lambda::Function" = ["arn:${data.aws_partition.current.partition}:lambda"]
      "AWS::S3::Object"       = ["arn:${data.aws_partition.current.partition}:s3"]
    }
  }

  guard = {
    # Nobody looks at these here; the three alarms on the guard itself cannot be switched off.
    disabled_alarms = ["network-acl-changes", "vpc-changes"]
  }

  subscriptions = {
    security = { protocol = "https", endpoint = "https://security.example.com/aws" }
  }

  scp_targets = { workloads = aws_organizations_organizational_unit.workloads.id }

  access_keys = {
    create_config_rules = true

    audit_oidc = {
      provider_arn = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:oidc-provider/token.actions.githubusercontent.com"
      subject      = "repo:example/infrastructure:ref:refs/heads/main"
    }
  }

  tags = var.tags
}
