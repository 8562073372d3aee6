resource "aws_cloudtrail" "lesser" {
  name           = "lesser"
  s3_bucket_name = "acme-logs"
}
