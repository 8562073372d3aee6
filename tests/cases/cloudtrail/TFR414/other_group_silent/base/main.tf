
resource "aws_cloudwatch_log_group" "web" {
  name              = "web"
  retention_in_days = 365
}
