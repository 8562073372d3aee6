resource "aws_cloudtrail_event_data_store" "lake" {
  name                 = "lake"
  retention_period     = 2555
  multi_region_enabled = true
}
