output "policy_arn" {
  description = "ARN of the policy."
  value       = aws_iam_policy.keys.arn
}

output "policy_json" {
  description = "The document of the policy."
  value       = jsonencode(local.document)
}

output "audit_role_arn" {
  description = "ARN of the role for the scheduled audit, or null."
  value       = one(aws_iam_role.audit[*].arn)
}
