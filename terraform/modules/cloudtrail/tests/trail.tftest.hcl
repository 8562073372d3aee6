mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name        = "example"
  bucket_name = "example-logs"
}

run "defaults" {
  command = apply

  assert {
    condition = alltrue([
      aws_cloudtrail.this.is_multi_region_trail,
      aws_cloudtrail.this.include_global_service_events,
      aws_cloudtrail.this.enable_log_file_validation,
      aws_cloudtrail.this.enable_logging,
      !aws_cloudtrail.this.is_organization_trail,
    ])
    error_message = "a trail by defaults is weaker than the floor"
  }
  assert {
    condition     = aws_cloudtrail.this.kms_key_id == aws_kms_key.this[0].arn && aws_kms_key.this[0].enable_key_rotation
    error_message = "the logs are not encrypted with a key that rotates"
  }
  assert {
    condition     = aws_cloudtrail.this.cloud_watch_logs_group_arn == "${aws_cloudwatch_log_group.this.arn}:*" && aws_cloudtrail.this.cloud_watch_logs_role_arn == aws_iam_role.delivery.arn
    error_message = "events do not reach CloudWatch Logs"
  }
  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 365 && aws_cloudwatch_log_group.this.kms_key_id == aws_kms_key.this[0].arn
    error_message = "the log group is not encrypted, or forgets too early"
  }
  assert {
    condition     = aws_cloudtrail.this.sns_topic_name == aws_sns_topic.this.name && aws_sns_topic.this.kms_master_key_id == aws_kms_key.this[0].arn
    error_message = "deliveries are not told, or in the clear"
  }
  assert {
    condition     = aws_cloudtrail.this.s3_bucket_name == "example-logs" && module.log_bucket[0].bucket_arn == "arn:aws:s3:::example-logs"
    error_message = "the trail does not write to its bucket"
  }
  assert {
    condition     = contains([for s in aws_cloudtrail.this.insight_selector : s.insight_type], "ApiCallRateInsight")
    error_message = "insights are off"
  }
  assert {
    condition     = length(aws_cloudtrail.this.event_selector) == 0
    error_message = "a selector is written that the provider would show as a difference for ever"
  }
}

run "key_policy" {
  command = apply

  assert {
    condition     = [for s in jsondecode(aws_kms_key.this[0].policy).Statement : s.Sid] == ["Administration", "CloudTrailEncrypts", "CloudTrailReadsKey", "CloudTrailNotifies", "CloudWatchLogs"]
    error_message = "a statement of the key policy is missing"
  }
  assert {
    condition = alltrue([
      for s in jsondecode(aws_kms_key.this[0].policy).Statement :
      s.Condition.StringEquals["aws:SourceArn"] == "arn:aws:cloudtrail:eu-central-1:123456789012:trail/example" if startswith(s.Sid, "CloudTrail")
    ])
    error_message = "CloudTrail may use the key for other trails"
  }
  assert {
    condition     = jsondecode(aws_kms_key.this[0].policy).Statement[4].Condition.ArnEquals["kms:EncryptionContext:aws:logs:arn"] == "arn:aws:logs:eu-central-1:123456789012:log-group:/cloudtrail/example"
    error_message = "CloudWatch Logs may use the key for other log groups"
  }
}

run "delivery_role" {
  command = apply

  assert {
    condition     = jsondecode(aws_iam_role.delivery.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceArn"] == "arn:aws:cloudtrail:eu-central-1:123456789012:trail/example"
    error_message = "other trails may take on the role"
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.delivery.policy).Statement[0].Resource == "arn:aws:logs:eu-central-1:123456789012:log-group:/cloudtrail/example:log-stream:*"
    error_message = "the role may write to other log groups"
  }
}

run "organization_and_readers" {
  command = apply

  variables {
    organization_id           = "o-a1b2c3d4e5"
    reader_group_names        = ["auditors"]
    log_reader_principal_arns = ["arn:aws:iam::111122223333:root"]
    data_events               = { "AWS::S3::Object" = ["arn:aws:s3"] }
  }
  assert {
    condition     = aws_cloudtrail.this.is_organization_trail
    error_message = "organization_id does not make an organization trail"
  }
  assert {
    condition     = aws_iam_group_policy_attachment.reader["auditors"].policy_arn == aws_iam_policy.reader.arn
    error_message = "readers do not get the policy"
  }
  assert {
    condition     = contains([for s in jsondecode(aws_kms_key.this[0].policy).Statement : s.Sid], "ReadersDecrypt")
    error_message = "other accounts' readers cannot decrypt"
  }
  assert {
    condition     = aws_cloudtrail.this.event_selector[0].include_management_events && aws_cloudtrail.this.event_selector[0].read_write_type == "All"
    error_message = "data events switch management events off"
  }
  assert {
    condition     = !strcontains(output.reader_policy_json, "Put") && !strcontains(output.reader_policy_json, "Delete") && !strcontains(output.reader_policy_json, "Update")
    error_message = "readers may change something"
  }
}

run "existing_bucket_and_key" {
  command = apply

  variables {
    bucket_name          = null
    existing_bucket_name = "central-logs"
    kms_key_arn          = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  }
  assert {
    condition     = aws_cloudtrail.this.s3_bucket_name == "central-logs" && length(module.log_bucket) == 0 && length(aws_kms_key.this) == 0
    error_message = "a bucket or key was made although there is one"
  }
  assert {
    condition     = aws_cloudtrail.this.kms_key_id == "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    error_message = "the given key is not used"
  }
}

run "weaker_said_aloud" {
  command = plan
  variables {
    is_multi_region_trail         = false
    include_global_service_events = false
    log_group_retention_days      = 30
    allow_weaker                  = true
  }
}
