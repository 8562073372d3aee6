resource "aws_cloudtrail" "main" {
  name                       = "main"
  s3_bucket_name             = aws_s3_bucket.logs.id
  is_multi_region_trail      = true
  enable_log_file_validation = true
}

resource "aws_s3_bucket" "logs" {
  bucket = "example-trail-logs"
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_cloudwatch_event_rule" "guard" {
  name = "guard"
  event_pattern = jsonencode({
    source = ["aws.iam", "aws.cloudtrail"]
    detail = {
      eventName = ["StopLogging", "DeleteTrail", "DetachUserPolicy", "DetachGroupPolicy", "DeleteUserPolicy"]
    }
  })
}

resource "aws_sns_topic" "security" {
  name = "security"
}
