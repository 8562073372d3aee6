# Renders every policy that the modules make, with nothing in it that is only known after apply. Planned, never applied.

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

locals {
  key         = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  break_glass = ["arn:aws:iam::*:role/break-glass", "arn:aws:iam::*:role/terraform-apply"]
}

module "mfa" {
  source = "../../modules/mfa-enforcement"

  group_names          = ["people"]
  scp_targets          = { root = "r-abcd" }
  scp_exempt_user_arns = ["arn:aws:iam::123456789012:user/backup"]
  self_service = {
    git_credentials      = true
    remove_mfa_device    = true
    signing_certificates = true
    ssh_keys             = true
  }
}

module "mfa_first_sign_in" {
  source = "../../modules/mfa-enforcement"

  group_names                       = ["people"]
  allow_password_change_without_mfa = true
}

module "guard" {
  source = "../../modules/detach-guard"

  group_names                = ["people"]
  break_glass_principal_arns = local.break_glass
  protected_bucket_names     = ["example-logs"]
  protected_key_arns         = [local.key]
  protected_log_group_names  = ["/cloudtrail/example"]
}

module "keys" {
  source = "../../modules/access-key-hygiene"

  group_names            = ["people"]
  revoke_sessions_before = "2026-01-31T00:00:00Z"
}

module "keys_of_programs" {
  source = "../../modules/access-key-hygiene"

  group_names          = ["programs"]
  deny_long_lived_keys = false
  rotation_deadlines   = { "2027-01-31T00:00:00Z" = ["backup"] }
}

module "log_bucket" {
  source = "../../modules/log-bucket"

  bucket_name        = "example-logs"
  trail_arn          = "arn:aws:cloudtrail:eu-central-1:123456789012:trail/example"
  kms_key_arn        = local.key
  administrator_arns = local.break_glass
}

module "cloudtrail" {
  source = "../../modules/cloudtrail"

  name                 = "example"
  existing_bucket_name = "example-logs"
  kms_key_arn          = local.key
}

module "cloudtrail_of_objects" {
  source = "../../modules/cloudtrail"

  name                 = "objects"
  existing_bucket_name = "example-logs"
  kms_key_arn          = local.key

  advanced_data_events = {
    "Objects but scratch" = {
      "resources.type" = { equals = ["AWS::S3::Object"] }
      "resources.ARN"  = { not_starts_with = ["arn:aws:s3:::scratch/"] }
      readOnly         = { equals = ["false"] }
    }
    "Every function" = {
      "resources.type" = { equals = ["AWS::Lambda::Function"] }
    }
  }
}

output "documents" {
  description = "Every policy, by name."
  value = {
    mfa_deny              = module.mfa.deny_policy_json
    mfa_self_service      = module.mfa.self_service_policy_json
    mfa_scp               = module.mfa.scp_json
    first_sign_in_deny    = module.mfa_first_sign_in.deny_policy_json
    first_sign_in_service = module.mfa_first_sign_in.self_service_policy_json
    guard                 = module.guard.policy_json
    guard_scp             = module.guard.scp_json
    keys                  = module.keys.policy_json
    keys_of_programs      = module.keys_of_programs.policy_json
    log_bucket            = module.log_bucket.policy_json
    reader                = module.cloudtrail.reader_policy_json
  }
}

output "event_patterns" {
  description = "Patterns of the EventBridge rules."
  value       = module.guard.event_patterns
}

output "selectors" {
  description = "The advanced selectors of a trail, as JSON: the tests add this output to the module."
  value       = module.cloudtrail_of_objects.harness_selectors
}
