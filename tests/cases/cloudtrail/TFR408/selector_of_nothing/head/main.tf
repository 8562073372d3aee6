resource "aws_cloudtrail" "t" {
  name           = "t"
  s3_bucket_name = "b"
  event_selector {
    include_management_events = false
    read_write_type = "All"
  }
}
