mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name        = "example"
  bucket_name = "example-logs"
}

run "two_buckets" {
  command = plan
  variables {
    existing_bucket_name = "central-logs"
  }
  expect_failures = [var.bucket_name]
}

run "no_key" {
  command = plan
  variables {
    kms_key_arn = ""
  }
  expect_failures = [var.kms_key_arn]
}

run "one_region" {
  command = plan
  variables {
    is_multi_region_trail = false
  }
  expect_failures = [var.is_multi_region_trail]
}

run "multi_region_without_global_events" {
  command = plan
  variables {
    include_global_service_events = false
    allow_weaker                  = true
  }
  expect_failures = [var.include_global_service_events]
}

run "short_retention" {
  command = plan
  variables {
    log_group_retention_days = 180
  }
  expect_failures = [var.log_group_retention_days]
}

run "both_kinds_of_selectors" {
  command = plan
  variables {
    data_events          = { "AWS::S3::Object" = ["arn:aws:s3"] }
    advanced_data_events = { objects = { "resources.type" = { equals = ["AWS::S3::Object"] } } }
  }
  expect_failures = [var.data_events]
}

run "management_events_by_hand" {
  command = plan
  variables {
    advanced_data_events = { objects = { "eventCategory" = { equals = ["Data"] } } }
  }
  expect_failures = [var.advanced_data_events]
}

run "unknown_insight" {
  command = plan
  variables {
    insight_types = ["Everything"]
  }
  expect_failures = [var.insight_types]
}
