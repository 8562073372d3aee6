mock_provider "aws" {
  source = "../../mocks"
}

variables {
  bucket_name = "example-logs"
  trail_arn   = "arn:aws:cloudtrail:eu-central-1:123456789012:trail/example"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "policy" {
  command = apply

  variables {
    organization_id    = "o-a1b2c3d4e5"
    key_prefix         = "logs"
    administrator_arns = ["arn:aws:iam::*:role/break-glass"]
  }
  assert {
    condition     = [for s in jsondecode(output.policy_json).Statement : s.Sid] == ["CloudTrailReadsAcl", "CloudTrailWrites", "DenyInsecureTransport", "DenyOldTls", "DenyTampering"]
    error_message = "a statement of the bucket policy is missing"
  }
  assert {
    condition     = alltrue([for s in jsondecode(output.policy_json).Statement : s.Condition.StringEquals["aws:SourceArn"] == var.trail_arn if s.Effect == "Allow"])
    error_message = "a statement lets CloudTrail in without binding it to this trail"
  }
  assert {
    condition     = jsondecode(output.policy_json).Statement[1].Resource == ["arn:aws:s3:::example-logs/logs/AWSLogs/123456789012/*", "arn:aws:s3:::example-logs/logs/AWSLogs/o-a1b2c3d4e5/*"]
    error_message = "CloudTrail may write elsewhere, or not where it should"
  }
  assert {
    condition     = aws_s3_bucket_policy.logs.policy == output.policy_json
    error_message = "what is applied is not what the output shows"
  }
  assert {
    condition = alltrue([
      for block in [aws_s3_bucket_public_access_block.logs, aws_s3_bucket_public_access_block.access[0]] :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ])
    error_message = "a bucket may become public"
  }
}

run "no_administrators" {
  command = apply

  assert {
    condition     = !contains([for s in jsondecode(output.policy_json).Statement : s.Sid], "DenyTampering")
    error_message = "without administrators the bucket policy would lock everybody out"
  }
}

run "other_access_bucket" {
  command = apply

  variables {
    access_log_bucket_name = "central-access-logs"
  }
  assert {
    condition     = length(aws_s3_bucket.access) == 0 && output.access_log_bucket_name == "central-access-logs"
    error_message = "a bucket for access logs was made although there is one"
  }
}
