mock_provider "aws" {
  source = "../../mocks"
}

variables {
  bucket_name = "example-logs"
  trail_arn   = "arn:aws:cloudtrail:eu-central-1:123456789012:trail/example"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "short_retention" {
  command = plan
  variables {
    retention_days = 364
  }
  expect_failures = [var.retention_days]
}

run "archive_after_expiry" {
  command = plan
  variables {
    retention_days     = 365
    archive_after_days = 365
  }
  expect_failures = [var.archive_after_days]
}

run "lock_beyond_retention" {
  command = plan
  variables {
    retention_days   = 365
    object_lock_days = 400
  }
  expect_failures = [var.object_lock_days]
}

run "any_trail" {
  command = plan
  variables {
    trail_arn = "arn:aws:cloudtrail:eu-central-1:123456789012:trail/*"
  }
  expect_failures = [var.trail_arn]
}

run "everybody_administers" {
  command = plan
  variables {
    administrator_arns = ["arn:aws:iam::123456789012:role/*"]
  }
  expect_failures = [var.administrator_arns]
}
