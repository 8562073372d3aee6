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
