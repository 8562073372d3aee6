output "trail_arn" {
  description = "ARN of the trail."
  value       = aws_cloudtrail.this.arn
}

output "trail_name" {
  description = "Name of the trail."
  value       = aws_cloudtrail.this.name
}

output "bucket_name" {
  description = "Name of the bucket that holds the logs."
  value       = local.bucket_name
}

output "kms_key_arn" {
  description = "ARN of the key that encrypts the logs."
  value       = local.kms_key_arn
}

output "log_group_name" {
  description = "Name of the log group, known when it exists."
  value       = aws_cloudwatch_log_group.this.name
}

output "topic_arn" {
  description = "ARN of the topic that tells of each delivered log file."
  value       = aws_sns_topic.this.arn
}

output "reader_policy_arn" {
  description = "ARN of the policy that lets people read the logs."
  value       = aws_iam_policy.reader.arn
}

output "reader_policy_json" {
  description = "The document of that policy."
  value       = jsonencode(local.reader_document)
}
