resource "aws_cloudwatch_event_rule" "findings" {
  name          = "findings"
  event_pattern = jsonencode({ source = ["aws.guardduty"], detail = { severity = [7, 7.0, 8.9] } })
}

resource "aws_cloudwatch_event_rule" "trail" {
  name = "trail"
  event_pattern = <<-JSON
    {
      "source": ["aws.cloudtrail"],
      "detail": { "eventName": ["StopLogging"], "weight": [8.9, "high"] }
    }
  JSON
}

resource "aws_cloudwatch_event_target" "trail" {
  rule = aws_cloudwatch_event_rule.trail.name
  arn  = "arn:aws:sns:eu-west-1:123456789012:alerts"
}
