locals {
  made_groups = merge({}, module.iam_groups[*].group_names...)
  group_names = setunion(values(local.made_groups), var.existing_group_names)

  home_region   = data.aws_region.home.id
  global_region = data.aws_region.global.id
}

data "aws_region" "home" {}

data "aws_region" "global" {
  provider = aws.global
}

module "password_policy" {
  source = "../modules/password-policy"

  minimum_password_length        = var.minimum_password_length
  require_uppercase_characters   = var.require_uppercase_characters
  require_lowercase_characters   = var.require_lowercase_characters
  require_numbers                = var.require_numbers
  require_symbols                = var.require_symbols
  max_password_age               = var.max_password_age
  password_reuse_prevention      = var.password_reuse_prevention
  allow_users_to_change_password = var.allow_users_to_change_password
  hard_expiry                    = var.hard_expiry
  allow_weaker                   = var.allow_weaker_password_policy
}

module "iam_groups" {
  source = "../modules/iam-groups"
  count  = length(var.groups) > 0 ? 1 : 0

  groups  = var.groups
  members = var.members
}

module "mfa" {
  source = "../modules/mfa-enforcement"

  name                              = var.name
  group_names                       = setsubtract(local.group_names, var.groups_without_mfa)
  extra_not_actions                 = var.mfa.extra_not_actions
  allow_password_change_without_mfa = var.mfa.allow_password_change_without_mfa
  self_service                      = var.mfa.self_service
  scp_targets                       = var.scp_targets
  scp_exempt_user_arns              = var.mfa.scp_exempt_user_arns
  tags                              = var.tags
}

module "cloudtrail" {
  source = "../modules/cloudtrail"

  name                      = var.trail_name == null ? var.name : var.trail_name
  bucket_name               = var.log_bucket_name
  existing_bucket_name      = var.existing_log_bucket_name
  organization_id           = var.organization_id
  key_prefix                = var.cloudtrail.key_prefix
  data_events               = var.cloudtrail.data_events
  advanced_data_events      = var.cloudtrail.advanced_data_events
  insight_types             = var.cloudtrail.insight_types
  kms_key_arn               = var.cloudtrail.kms_key_arn
  log_group_retention_days  = var.cloudtrail.log_group_retention_days
  log_reader_principal_arns = var.cloudtrail.log_reader_principal_arns
  reader_group_names        = [for group in var.cloudtrail.reader_groups : lookup(local.made_groups, group, group)]
  tags                      = var.tags

  log_bucket = {
    retention_days         = var.cloudtrail.retention_days
    archive_after_days     = var.cloudtrail.archive_after_days
    object_lock_days       = var.cloudtrail.object_lock_days
    object_lock_mode       = var.cloudtrail.object_lock_mode
    mfa_delete             = var.cloudtrail.mfa_delete
    access_log_bucket_name = var.cloudtrail.access_log_bucket_name
    administrator_arns     = var.break_glass_principal_arns
  }
}

module "guard" {
  source = "../modules/detach-guard"

  name                       = var.name
  break_glass_principal_arns = var.break_glass_principal_arns
  group_names                = local.group_names
  scp_targets                = var.scp_targets
  allow_own_access_keys      = var.mfa.self_service.access_keys
  allow_own_mfa_removal      = var.mfa.self_service.remove_mfa_device
  protected_bucket_names     = [module.cloudtrail.bucket_name]
  protected_key_arns         = [module.cloudtrail.kms_key_arn]
  protected_log_group_names  = [module.cloudtrail.log_group_name]
  cloudtrail_log_group_name  = module.cloudtrail.log_group_name
  disabled_alarms            = var.guard.disabled_alarms
  event_target_arns          = var.guard.event_target_arns
  subscriptions              = var.subscriptions
  tags                       = var.tags
}

# IAM, Organizations and sign-ins report to one region only. When the trail lives elsewhere, a second copy of the rules
# watches there; it has no policy and no alarms.
module "guard_global" {
  source = "../modules/detach-guard"
  count  = local.home_region == local.global_region ? 0 : 1

  providers = { aws = aws.global }

  name                       = var.name
  create_policy              = false
  break_glass_principal_arns = var.break_glass_principal_arns
  protected_bucket_names     = [module.cloudtrail.bucket_name]
  subscriptions              = var.subscriptions
  tags                       = var.tags
}

module "access_keys" {
  source = "../modules/access-key-hygiene"

  name                   = var.name
  group_names            = setsubtract(local.group_names, var.groups_without_mfa)
  deny_long_lived_keys   = var.access_keys.deny_long_lived_keys
  rotation_deadlines     = var.access_keys.rotation_deadlines
  revoke_sessions_before = var.access_keys.revoke_sessions_before
  create_config_rules    = var.access_keys.create_config_rules
  audit_principal_arns   = var.access_keys.audit_principal_arns
  audit_oidc             = var.access_keys.audit_oidc
  tags                   = var.tags
}
