resource "aws_cloudwatch_event_rule" "trail" {
  name = "trail"
  event_pattern = jsonencode({
    source        = ["aws.cloudtrail"]
    "detail-type" = ["AWS API Call via CloudTrail"]
    detail        = { eventName = ["StopLogging"] }
  })
}
