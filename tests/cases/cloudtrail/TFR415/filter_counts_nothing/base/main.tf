resource "aws_cloudwatch_log_metric_filter" "trail_stopped" {
  name           = "trail-stopped"
  log_group_name = "trail"
  pattern        = "{ $.eventName = StopLogging }"

  metric_transformation {
    name      = "TrailStopped"
    namespace = "Security"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "trail_stopped" {
  alarm_name          = "trail-stopped"
  metric_name         = "TrailStopped"
  namespace           = "Security"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 1
  period              = 300
  statistic           = "Sum"
  alarm_actions       = ["arn:aws:sns:eu-west-1:123456789012:alerts"]
}
