output "policy_arn" {
  description = "ARN of the guard, or null."
  value       = one(aws_iam_policy.guard[*].arn)
}

output "policy_json" {
  description = "The document of the guard."
  value       = jsonencode(local.guard_document)
}

output "scp_json" {
  description = "The document of the service control policy, attached or not."
  value       = jsonencode(local.scp_document)
}

output "event_patterns" {
  description = "Patterns of the EventBridge rules, by group of actions."
  value       = { for group, pattern in local.rules : group => jsonencode(pattern) }
}

output "event_rule_names" {
  description = "Names of the EventBridge rules, by group of actions."
  value       = { for group, rule in aws_cloudwatch_event_rule.guard : group => rule.name }
}

output "alarm_names" {
  description = "Names of the CIS alarms."
  value       = [for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name]
}

output "topic_arn" {
  description = "ARN of the topic that notifications go to, or null."
  value       = one(aws_sns_topic.guard[*].arn)
}
