variable "selectors" {
  type    = list(any)
  default = []
}

resource "aws_cloudtrail" "main" {
  name                  = "main"
  s3_bucket_name        = "example-trail"
  is_multi_region_trail = true
  event_selector = var.selectors
}
