module "trail" {
  source         = "trussworks/cloudtrail/aws"
  version        = "4.0.0"
  s3_bucket_name = "acme-logs"
}
