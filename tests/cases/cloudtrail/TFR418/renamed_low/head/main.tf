resource "aws_cloudtrail" "main" {
  name                       = "organization"
  s3_bucket_name             = "acme-logs"
  is_multi_region_trail      = true
  enable_log_file_validation = true
}
