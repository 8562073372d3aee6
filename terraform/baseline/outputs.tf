output "group_names" {
  description = "Names of the groups that were made here, by key."
  value       = local.made_groups
}

output "password_policy" {
  description = "The password policy as it was applied."
  value       = module.password_policy.settings
}

output "mfa_deny_policy_arn" {
  description = "ARN of the policy that denies without MFA."
  value       = module.mfa.deny_policy_arn
}

output "mfa_deny_policy_json" {
  description = "The document of that policy."
  value       = module.mfa.deny_policy_json
}

output "mfa_self_service_policy_json" {
  description = "The document of the policy that lets users add a device."
  value       = module.mfa.self_service_policy_json
}

output "guard_policy_arn" {
  description = "ARN of the guard."
  value       = module.guard.policy_arn
}

output "guard_policy_json" {
  description = "The document of the guard."
  value       = module.guard.policy_json
}

output "access_key_policy_json" {
  description = "The document of the access key policy."
  value       = module.access_keys.policy_json
}

output "audit_role_arn" {
  description = "ARN of the role for the scheduled audit, or null."
  value       = module.access_keys.audit_role_arn
}

output "trail_arn" {
  description = "ARN of the trail."
  value       = module.cloudtrail.trail_arn
}

output "log_bucket_name" {
  description = "Name of the bucket that holds the logs."
  value       = module.cloudtrail.bucket_name
}

output "log_reader_policy_arn" {
  description = "ARN of the policy that lets people read the logs."
  value       = module.cloudtrail.reader_policy_arn
}

output "topic_arns" {
  description = "ARNs of the topics that notifications go to: home region first."
  value       = compact(concat([module.guard.topic_arn], module.guard_global[*].topic_arn))
}
