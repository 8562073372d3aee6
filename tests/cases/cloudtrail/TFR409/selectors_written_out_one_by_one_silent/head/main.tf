variable "selectors" {
  type    = list(any)
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

      dynamic "data_resource" {
        for_each = event_selector.value.data_resource

        content {
          type   = data_resource.value.type
          values = data_resource.value.values
        }
      }
    }
  }
}
