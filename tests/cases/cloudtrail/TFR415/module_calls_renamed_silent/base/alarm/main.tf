variable "pattern" {}

variable "name" {}

resource "aws_cloudwatch_log_metric_filter" "trail" {
  name           = var.name
  log_group_name = "cloudtrail"
  pattern        = var.pattern

  metric_transformation {
    name      = var.name
    namespace = "CIS"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "trail" {
  alarm_name          = var.name
  comparison_operator = "GreaterThanOrEqualToThreshold"
  evaluation_periods  = 1
  metric_name         = var.name
  namespace           = "CIS"
  period              = 300
  statistic           = "Sum"
  threshold           = 1
  alarm_actions       = ["arn:aws:sns:eu-west-1:111122223333:alarms"]
}
