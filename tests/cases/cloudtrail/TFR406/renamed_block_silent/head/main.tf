resource "aws_cloudtrail" "main" {
  name                       = "main"
  s3_bucket_name             = "acme-logs"
  is_multi_region_trail      = true
  enable_log_file_validation = true
  kms_key_id                 = aws_kms_key.logs.arn
}

resource "aws_kms_key" "logs" {
  description             = "trail"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

moved {
  from = aws_kms_key.trail
  to   = aws_kms_key.logs
}
