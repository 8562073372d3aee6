output "deny_policy_arn" {
  description = "ARN of the policy that denies without MFA."
  value       = aws_iam_policy.deny_without_mfa.arn
}

output "deny_policy_json" {
  description = "The document of that policy."
  value       = jsonencode(local.deny_document)
}

output "self_service_policy_arn" {
  description = "ARN of the policy that lets users add a device."
  value       = aws_iam_policy.self_service.arn
}

output "self_service_policy_json" {
  description = "The document of that policy."
  value       = jsonencode(local.self_service_document)
}

output "scp_json" {
  description = "The document of the service control policy, attached or not."
  value       = jsonencode(local.scp_document)
}

output "guarded_groups" {
  description = "Names of every group that has the guard."
  value       = local.groups
}
