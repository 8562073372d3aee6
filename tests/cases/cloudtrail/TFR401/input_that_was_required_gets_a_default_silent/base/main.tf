variable "trail" {
  type = object({
    name   = string
    bucket = string
  })
}

resource "aws_cloudtrail" "extra" {
  count = var.trail != null ? 1 : 0

  name                  = var.trail.name
  s3_bucket_name        = var.trail.bucket
  is_multi_region_trail = true
}
