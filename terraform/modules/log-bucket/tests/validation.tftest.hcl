mock_provider "aws" {
  source = "../../mocks"
}

variables {
  bucket_name = "example-logs"
  trail_arn   = "arn:aws:cloudtrail:eu-central-1:123456789012:trail/example"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "short_retention_any_trail_everybody" {
  command = plan

  variables {
    retention_days     = 364
    trail_arn          = "arn:aws:cloudtrail:eu-central-1:123456789012:trail/*"
    administrator_arns = ["arn:aws:iam::123456789012:role/*"]
    organization_id    = "*"
    object_lock_mode   = "NONE"
  }
  expect_failures = [
    var.retention_days,
    var.trail_arn,
    var.administrator_arns,
    var.organization_id,
    var.object_lock_mode,
  ]
}

run "archive_and_lock_beyond_retention" {
  command = plan

  variables {
    retention_days     = 365
    archive_after_days = 365
    object_lock_days   = 400
  }
  expect_failures = [var.archive_after_days, var.object_lock_days]
}
