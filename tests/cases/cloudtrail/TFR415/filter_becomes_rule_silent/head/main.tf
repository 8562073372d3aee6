resource "aws_cloudwatch_event_rule" "trail" {
  name = "trail"
  event_pattern = jsonencode({
    source        = ["aws.cloudtrail"]
    "detail-type" = ["AWS API Call via CloudTrail"]
    detail        = { eventName = ["StopLogging", "DeleteTrail", "UpdateTrail"] }
  })
}

resource "aws_cloudwatch_event_target" "trail" {
  rule = aws_cloudwatch_event_rule.trail.name
  arn  = "arn:aws:sns:eu-west-1:111122223333:alarms"
}
