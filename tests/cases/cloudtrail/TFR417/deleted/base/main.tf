resource "aws_cloudtrail_event_data_store" "lake" {
  name = "lake"
}
