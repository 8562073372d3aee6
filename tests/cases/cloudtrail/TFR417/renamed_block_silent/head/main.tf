resource "aws_cloudtrail_event_data_store" "main" {
  name = "lake"
}
