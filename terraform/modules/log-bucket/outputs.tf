output "bucket_name" {
  description = "Name of the bucket, known when its policy is in place: a trail that uses it comes after."
  value       = aws_s3_bucket.logs.bucket

  depends_on = [aws_s3_bucket_policy.logs]
}

output "bucket_arn" {
  description = "ARN of the bucket."
  value       = local.bucket_arn
}

output "access_log_bucket_name" {
  description = "Name of the bucket that access logs go to."
  value       = local.access_bucket
}

output "policy_json" {
  description = "The document of the bucket policy."
  value       = jsonencode(local.policy_document)
}
