resource "aws_cloudtrail" "second" {
  name                       = "second"
  s3_bucket_name             = "acme-logs"
  is_multi_region_trail      = true
  enable_log_file_validation = true
}
