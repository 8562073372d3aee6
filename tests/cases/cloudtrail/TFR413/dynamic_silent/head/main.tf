resource "aws_cloudtrail" "main" {
  name                       = "main"
  s3_bucket_name             = "acme-logs"
  is_multi_region_trail      = true
  enable_log_file_validation = true
  dynamic "insight_selector" {
    for_each = ["ApiErrorRateInsight", "ApiCallRateInsight"]

    content {
      insight_type = insight_selector.value
    }
  }
}
