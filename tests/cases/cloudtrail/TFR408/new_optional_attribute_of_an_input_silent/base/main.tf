variable "selectors" {
  type = list(object({
    read_write_type           = string
    include_management_events = bool
  }))
  default = []
}

resource "aws_cloudtrail" "main" {
  name                  = "main"
  s3_bucket_name        = "example-trail"
  is_multi_region_trail = true

  dynamic "event_selector" {
    for_each = var.selectors

    content {
      read_write_type           = event_selector.value.read_write_type
      include_management_events = event_selector.value.include_management_events
    }
  }
}
