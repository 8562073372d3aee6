resource "aws_cloudwatch_log_metric_filter" "trail" {
  name           = "trail"
  log_group_name = "cloudtrail"
  pattern        = "{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) }"

  metric_transformation {
    name      = "TrailChanges"
    namespace = "CIS"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "trail" {
  alarm_name          = "trail"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  evaluation_periods  = 1
  metric_name         = "TrailChanges"
  namespace           = "CIS"
  period              = 300
  statistic           = "Sum"
  threshold           = 1
  alarm_actions       = []
}
