resource "aws_cloudtrail" "main" {
  name                       = "main"
  s3_bucket_name             = "acme-logs"
  is_multi_region_trail      = true
  enable_log_file_validation = true
  kms_key_id                 = aws_kms_key.trail.arn
}

resource "aws_kms_key" "trail" {
  description             = "trail"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}
