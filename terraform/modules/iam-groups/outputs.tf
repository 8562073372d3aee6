output "group_names" {
  description = "Names of the groups, by key."
  value       = { for key, group in aws_iam_group.this : key => group.name }
}

output "group_arns" {
  description = "ARNs of the groups, by key."
  value       = { for key, group in aws_iam_group.this : key => group.arn }
}

output "attachments" {
  description = "Keys of the attachments (`group/policy`)."
  value       = keys(aws_iam_group_policy_attachment.this)
}
