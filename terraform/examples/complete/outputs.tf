output "trail_arn" {
  description = "ARN of the trail."
  value       = module.baseline.trail_arn
}

output "log_bucket_name" {
  description = "Name of the bucket that holds the logs."
  value       = module.baseline.log_bucket_name
}

output "mfa_deny_policy_json" {
  description = "The policy that denies without MFA."
  value       = module.baseline.mfa_deny_policy_json
}

output "mfa_self_service_policy_json" {
  description = "What users may do before they have a device."
  value       = module.baseline.mfa_self_service_policy_json
}

output "guard_policy_json" {
  description = "The guard."
  value       = module.baseline.guard_policy_json
}

output "access_key_policy_json" {
  description = "The access key policy."
  value       = module.baseline.access_key_policy_json
}

output "audit_role_arn" {
  description = "ARN of the role for the scheduled audit."
  value       = module.baseline.audit_role_arn
}

output "organizational_unit_id" {
  description = "Id of the organizational unit that workloads live in."
  value       = aws_organizations_organizational_unit.workloads.id
}

output "topic_arns" {
  description = "ARNs of the topics that notifications go to."
  value       = module.baseline.topic_arns
}
