mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name        = "example"
  bucket_name = "example-logs"
}

run "weaker" {
  command = plan

  variables {
    existing_bucket_name      = "central-logs"
    kms_key_arn               = ""
    is_multi_region_trail     = false
    log_group_retention_days  = 180
    insight_types             = ["Everything"]
    log_reader_principal_arns = ["*"]
    advanced_data_events      = { objects = { "eventCategory" = { equals = ["Data"] } } }
  }
  expect_failures = [
    var.bucket_name,
    var.kms_key_arn,
    var.is_multi_region_trail,
    var.log_group_retention_days,
    var.insight_types,
    var.log_reader_principal_arns,
    var.advanced_data_events,
  ]
}

run "multi_region_without_global_events" {
  command = plan

  variables {
    include_global_service_events = false
    allow_weaker                  = true
  }
  expect_failures = [var.include_global_service_events]
}

run "management_events_are_the_module_s_own" {
  command = plan

  variables {
    advanced_data_events = { "Management events" = { "resources.type" = { equals = ["AWS::S3::Object"] } } }
  }
  expect_failures = [var.advanced_data_events]
}

run "both_kinds_of_selectors" {
  command = plan

  variables {
    data_events          = { "AWS::S3::Object" = ["arn:aws:s3"] }
    advanced_data_events = { objects = { "resources.type" = { equals = ["AWS::S3::Object"] } } }
  }
  expect_failures = [var.data_events]
}
